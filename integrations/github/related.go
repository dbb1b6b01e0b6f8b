package github

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// related is what a summary wants beside the pull request's own lists.
type related struct {
	base     baseText
	settings string
	issues   []Issue
	gaps     []Gap
}

// maxTitles is how many titles of linked issues are asked for.
const maxTitles = 10

// basePlaces are the files of the base that are read: .gitattributes, and CODEOWNERS in the order in which GitHub looks.
func basePlaces() []string {
	return []string{".gitattributes", ".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
}

// readRelated reads the base's files, the repository's settings and the titles of the issues that the description names: with one request of
// GraphQL, and with none when the files of this base and the settings are known and no issue is named. Where there is no GraphQL it takes a request for each.
func (c *Client) readRelated(ctx context.Context, pr PullRequest) related {
	if c.noGraph.Load() {
		return c.relatedByREST(ctx, pr)
	}
	issues, numbers := c.linked(pr)
	r, q := related{issues: issues}, newGraphQuery(pr.Ref)
	key := baseKey(pr.Ref, pr.Base.SHA)
	base, known := remembered(&c.facts.mu, c.facts.commits, key)
	if r.base = base; !known {
		for i, path := range basePlaces() {
			q.file(fileAlias(i), pr.Base.SHA, path)
		}
	}
	settings, fresh := c.knownSettings(pr.Ref)
	if r.settings = settings; !fresh {
		q.file(settingsAlias, defaultBranch, settingsPath)
	}
	titles := 0
	for i, number := range numbers {
		if number > 0 && titles < maxTitles {
			titles++
			q.title(titleAlias(i), number)
		}
	}
	if known && fresh && titles == 0 {
		return r
	}
	nodes, problems, err := c.graph(ctx, q)
	if errors.Is(err, errNoGraph) {
		c.noGraph.Store(true)
		return c.relatedByREST(ctx, pr)
	}
	if !fresh {
		r.settings, r.gaps = c.settingsOf(pr.Ref, settings, nodes, problems, err)
		if err != nil && known { // else what fails altogether is told of the base
			r.gaps = c.gap(settingsPath, err)
		}
	}
	if !known {
		var baseErr error
		if r.base, baseErr = baseOf(nodes, problems, err); baseErr == nil {
			c.facts.keepCommit(key, r.base)
		}
		r.gaps = append(c.gap(baseGap, baseErr), r.gaps...)
	}
	r.gaps = append(r.gaps, c.entitle(r.issues, nodes, problems, err)...)
	return r
}

// settingsOf reads the repository's settings out of an answer; old are those that were known before.
func (c *Client) settingsOf(ref Ref, old string, nodes map[string]*graphNode, problems map[string]error, err error) (string, []Gap) {
	if err != nil {
		return old, nil
	}
	if problem := problems[settingsAlias]; problem != nil {
		return old, c.gap(settingsPath, problem)
	}
	text, _ := nodes[settingsAlias].usable()
	c.keepSettings(ref, text)
	return text, nil
}

const (
	settingsAlias = "settings"
	defaultBranch = "HEAD" // as git and GraphQL name it
)

func fileAlias(i int) string  { return "file" + strconv.Itoa(i) }
func titleAlias(i int) string { return "issue" + strconv.Itoa(i) }

// baseOf reads the base's files out of an answer.
func baseOf(nodes map[string]*graphNode, problems map[string]error, err error) (baseText, error) {
	if err != nil {
		return baseText{}, err
	}
	var t baseText
	for i := range basePlaces() {
		err = cmp.Or(err, problems[fileAlias(i)])
	}
	if err != nil {
		return t, err
	}
	t.attributes, _ = nodes[fileAlias(0)].usable()
	for i := 1; i < len(basePlaces()); i++ {
		if text, found := nodes[fileAlias(i)].usable(); found {
			t.owners = text
			break
		}
	}
	return t, nil
}

// entitle gives the issues their titles out of an answer. One that there is no title for stays without.
func (c *Client) entitle(issues []Issue, nodes map[string]*graphNode, problems map[string]error, err error) []Gap {
	for i := range issues {
		if n := nodes[titleAlias(i)]; n != nil {
			issues[i].Title = n.Title
		}
		if problem := problems[titleAlias(i)]; problem != nil && status(problem) != http.StatusNotFound {
			err = cmp.Or(err, problem)
		}
	}
	if len(issues) == 0 {
		return nil
	}
	return c.gap("titles of linked issues", err)
}

// relatedByREST is readRelated without GraphQL.
func (c *Client) relatedByREST(ctx context.Context, pr PullRequest) (r related) {
	var wg sync.WaitGroup
	var baseGaps, settingsGaps []Gap
	wg.Go(func() { r.settings, settingsGaps = c.readSettings(ctx, pr) })
	wg.Go(func() {
		t, err := c.baseTexts(ctx, pr.Ref, pr.Base.SHA)
		r.base, baseGaps = t, c.gap(baseGap, err)
	})
	r.issues, r.gaps = c.readIssues(ctx, pr)
	wg.Wait()
	r.gaps = slices.Concat(baseGaps, r.gaps, settingsGaps)
	return r
}
