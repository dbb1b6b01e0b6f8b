package pulls

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"shipmate/integrations/github"
)

// Checks is how the checks on the head stand.
type Checks struct {
	Total   int            `json:"total"` // of those that say something: without skipped ones
	Passed  int            `json:"passed"`
	Failed  int            `json:"failed"`
	Running int            `json:"running"`
	Failing []FailedCheck  `json:"failing"` // by name
	Pending []PendingCheck `json:"pending"` // those that run or wait, by name
	Missing []string       `json:"missing"` // the base branch demands them, and nobody has reported them
	Reruns  []string       `json:"reruns"`  // passed, after an earlier run of the same name had failed
	// Branch is the base branch that failed checks were looked for on; "" when nobody looked.
	Branch string   `json:"branch,omitempty"`
	Notes  []string `json:"notes"` // what was not read of the checks
}

// FailedCheck is a check that did not pass.
type FailedCheck struct {
	Name       string `json:"name"`
	URL        string `json:"url,omitempty"`
	Conclusion string `json:"conclusion,omitempty"`
	Required   bool   `json:"required,omitempty"` // the base branch takes no pull request without it
	OnBase     bool   `json:"on_base,omitempty"`  // it fails on the base branch, too
	Cause      *Cause `json:"cause,omitempty"`    // nil: not asked for, or not found
}

// PendingCheck is a check without a result.
type PendingCheck struct {
	Name    string `json:"name"`
	URL     string `json:"url,omitempty"`
	Waiting bool   `json:"waiting,omitempty"` // it has not begun
	Seconds int    `json:"seconds,omitempty"` // since it began; 0: not known
}

// Cause is why a check failed. Nothing in it looks like a secret: that is hidden before.
type Cause struct {
	Text string `json:"text"`           // in a line
	Test string `json:"test,omitempty"` // name of the first failing test
	File string `json:"file,omitempty"` // in the repository where From is annotation, or as the log has it
	Line int    `json:"line,omitempty"`
	From string `json:"from"` // annotation, log, or title: what the check says of itself
	// Lines are those of the log that say it, at most 12.
	Lines []string `json:"lines"`
}

// checkDetails reads why checks failed.
func checkDetails(ctx context.Context, source reader, s *github.Snapshot) error {
	d := source.CheckDetails(ctx, s.PullRequest, s.Checks)
	s.Details = &d
	return ctx.Err()
}

// checks counts check runs and commit statuses. GitHub lists the newest first; an older one of the same name does not count.
func checks(s github.Snapshot) Checks {
	out := Checks{Failing: []FailedCheck{}, Pending: []PendingCheck{}, Missing: []string{}, Reruns: []string{}, Notes: checkNotes(s)}
	newest := map[string]github.Check{}
	for _, c := range s.Checks {
		if n, seen := newest[c.Name]; seen {
			if n.Conclusion == "success" && rerunOf(c, n) && !slices.Contains(out.Reruns, c.Name) {
				out.Reruns = append(out.Reruns, c.Name)
			}
			continue
		}
		newest[c.Name] = c
		switch {
		case c.Status != "completed":
			out.Running++
			out.Pending = append(out.Pending, pending(c, s.Details))
		case c.Failed():
			out.Failed++
			out.Failing = append(out.Failing, failed(c, s))
		case c.Conclusion == "success":
			out.Passed++
		default: // skipped, neutral, stale
			continue
		}
		out.Total++
	}
	if s.Details != nil {
		out.Branch = s.Base.Name
		for _, name := range s.Details.Required {
			if _, there := newest[name]; !there && complete(s) {
				out.Missing = append(out.Missing, name)
			}
		}
	}
	slices.SortStableFunc(out.Failing, func(a, b FailedCheck) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(out.Pending, func(a, b PendingCheck) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(out.Reruns)
	return out
}

// complete reports whether all checks of the head were read.
func complete(s github.Snapshot) bool {
	return !slices.ContainsFunc(s.Gaps, aboutChecks)
}

func aboutChecks(g github.Gap) bool { return g.What == "check runs" || g.What == "commit statuses" }

// rerunOf reports whether newer is another try of a failed run. Two that ran at the same time are namesakes.
func rerunOf(older, newer github.Check) bool {
	return older.Failed() && !older.Completed.IsZero() && !newer.Started.Before(older.Completed)
}

func pending(c github.Check, d *github.CheckDetails) PendingCheck {
	out := PendingCheck{Name: c.Name, URL: c.URL, Waiting: c.Status != "in_progress"}
	if d != nil && !out.Waiting && !c.Started.IsZero() {
		out.Seconds = max(int(d.At.Sub(c.Started)/time.Second), 0)
	}
	return out
}

// failed is a failed check, with its cause if that was asked for and is found.
func failed(c github.Check, s github.Snapshot) FailedCheck {
	out := FailedCheck{Name: c.Name, URL: c.URL, Conclusion: c.Conclusion}
	if s.Details == nil {
		return out
	}
	out.Required = slices.Contains(s.Details.Required, c.Name)
	for _, f := range s.Details.Failures {
		if f.Check == c.Name {
			out.OnBase = f.OnBase
			out.Cause = causeOf(f, c.Title, s.Files)
			break
		}
	}
	return out
}

// checkNotes says what of the checks was not read.
func checkNotes(s github.Snapshot) []string {
	gaps := slices.DeleteFunc(slices.Clone(s.Gaps), func(g github.Gap) bool { return !aboutChecks(g) })
	if s.Details != nil {
		gaps = append(gaps, s.Details.Gaps...)
	}
	out := []string{}
	for _, g := range gaps {
		out = append(out, shorten(strings.TrimSpace(g.What+" not read: "+cmp.Or(g.Why, "unknown reason")), 200))
	}
	return out
}
