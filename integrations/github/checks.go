package github

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"
)

// Bounds of what is read behind the checks of a head.
const (
	maxFailures    = 5       // failed checks that are looked into
	maxAnnotations = 10      // of one check
	maxMessage     = 4 << 10 // bytes of an annotation
)

// CheckDetails reads what is behind the checks of a pull request: which ones its base branch demands, why the first five of the failed ones
// failed, and whether they fail on the base branch, too. It takes two requests, one or two more when a check failed, and at most three for each
// of those five. What cannot be read is told by a Gap.
func (c *Client) CheckDetails(ctx context.Context, pr PullRequest, checks []Check) CheckDetails {
	d := CheckDetails{At: c.now()}
	if _, _, err := c.allowed(pr.Owner, pr.Repo); err != nil {
		d.Gaps = []Gap{{"why checks failed", "I do not read this repository"}}
		return d
	}
	failed := failedChecks(checks)
	looked := failed[:min(len(failed), maxFailures)]
	var (
		wg       sync.WaitGroup
		onBase   map[string]bool
		baseGaps []Gap
		demands  []Gap
		gaps     = make([][]Gap, len(looked))
	)
	d.Failures = make([]Failure, len(looked))
	wg.Go(func() { d.Required, demands = c.required(ctx, pr) })
	wg.Go(func() { onBase, baseGaps = c.failedOnBase(ctx, pr, failed) })
	for i, check := range looked {
		wg.Go(func() { d.Failures[i], gaps[i] = c.failure(ctx, pr.Ref, check) })
	}
	wg.Wait()
	for _, check := range failed[len(looked):] {
		d.Failures = append(d.Failures, Failure{Check: check.Name})
	}
	for i := range d.Failures {
		d.Failures[i].OnBase = onBase[d.Failures[i].Check]
	}
	d.Gaps = slices.Concat(append(gaps, baseGaps, demands)...)
	if n := len(failed) - len(looked); n > 0 {
		d.Gaps = append(d.Gaps, Gap{fmt.Sprintf("the causes of %d more", n), fmt.Sprintf("I look into the first %d failed checks", maxFailures)})
	}
	return d
}

// failedChecks are those of which the newest run failed, by name. GitHub lists the newest first.
func failedChecks(checks []Check) []Check {
	seen := map[string]bool{}
	var out []Check
	for _, check := range checks {
		if !seen[check.Name] && check.Failed() {
			out = append(out, check)
		}
		seen[check.Name] = true
	}
	slices.SortFunc(out, func(a, b Check) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// failedOnBase tells which of the checks fail at the tip of the base branch. Once a pull request is merged its own failures are there, and
// it is not asked.
func (c *Client) failedOnBase(ctx context.Context, pr PullRequest, failed []Check) (map[string]bool, []Gap) {
	if len(failed) == 0 || pr.State != "open" || pr.Base.Name == "" {
		return nil, nil
	}
	var (
		list []Check
		err  error
		tip  = "heads/" + pr.Base.Name
	)
	if slices.ContainsFunc(failed, func(check Check) bool { return check.ID != 0 }) {
		list, _, err = c.checkRuns(ctx, pr.Ref, tip)
	}
	if err == nil && slices.ContainsFunc(failed, func(check Check) bool { return check.ID == 0 }) {
		var statuses []Check
		statuses, _, err = c.statuses(ctx, pr.Ref, tip)
		list = append(list, statuses...)
	}
	out := map[string]bool{}
	for _, check := range failedChecks(list) {
		out[check.Name] = true
	}
	return out, c.gap("checks of "+pr.Base.Name, err)
}

// failure reads why a check failed: from its annotations, which stay when logs are gone, else from the log of its job.
func (c *Client) failure(ctx context.Context, ref Ref, check Check) (Failure, []Gap) {
	f := Failure{Check: check.Name}
	var gaps []Gap
	if check.Annotations > 0 {
		var err error
		f.Annotations, err = c.annotations(ctx, ref, check.ID)
		gaps = c.gap("annotations of "+check.Name, err)
	}
	job := c.jobOf(check)
	if len(f.Annotations) > 0 || job == 0 {
		return f, gaps
	}
	end, err := c.jobLog(ctx, ref, job)
	f.Log = end.lines(c.withoutSecrets)
	if err == nil && end.cut {
		gaps = append(gaps, Gap{"the end of the log of " + check.Name, fmt.Sprintf("it has more than %d MiB", maxLog>>20)})
	}
	return f, append(gaps, c.gap("log of "+check.Name, err)...)
}

// sayNothing matches annotations that the log says more than: that a step failed, as opposed to why. Exit code 137 says why: it was killed.
var sayNothing = regexp.MustCompile(`(?i)^\s*(?:error:\s*)?(?:process completed with exit code \d+|the operation was cancell?ed|the job was cancell?ed|` +
	`the process '.*' failed with exit code \d+|command failed with exit code \d+|.{0,60}failed with exit code \d+|script failed)[.!]?\s*$`)

// annotations reads the annotations of a check run that say why it failed.
func (c *Client) annotations(ctx context.Context, ref Ref, id int64) ([]Annotation, error) {
	list, _, err := c.api.Checks.ListCheckRunAnnotations(ctx, ref.Owner, ref.Repo, id, &github.ListOptions{PerPage: pageSize})
	if err != nil {
		return nil, c.fail("annotations", err)
	}
	var out []Annotation
	for _, a := range list {
		idle := sayNothing.MatchString(a.GetMessage()) && !strings.Contains(a.GetMessage(), "exit code 137")
		if a.GetAnnotationLevel() != "failure" || idle || len(out) == maxAnnotations {
			continue
		}
		n := Annotation{Path: a.GetPath(), Line: a.GetStartLine(), Title: a.GetTitle(), Message: c.readable(a.GetMessage(), maxMessage)}
		if n.Path == ".github" { // what GitHub writes for want of a file
			n.Path, n.Line = "", 0
		}
		out = append(out, n)
	}
	return out, nil
}

// readable cuts a text to a number of bytes, and takes tokens out of it.
func (c *Client) readable(s string, most int) string {
	s = c.withoutSecrets(s)
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// jobPath is the path of a job's page. GitHub's check runs have it as their details; other apps may write what they like.
var jobPath = regexp.MustCompile(`^/[^/]+/[^/]+/actions/runs/\d+(?:/attempts/\d+)?/jobs?/(\d{1,18})$`)

// jobOf returns the number of a check's job; 0 when it is none of GitHub Actions.
func (c *Client) jobOf(check Check) int64 {
	u, err := url.Parse(check.DetailsURL)
	if err != nil || u.Scheme != c.base.Scheme || !strings.EqualFold(u.Host, c.host) || u.User != nil {
		return 0
	}
	m := jobPath.FindStringSubmatch(u.Path)
	if m == nil {
		return 0
	}
	id, _ := strconv.ParseInt(m[1], 10, 64) // digits, and few enough
	return id
}
