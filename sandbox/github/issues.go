package github

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

func listIssues(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	state := cmp.Or(q.Get("state"), "open")
	since, err := c.since()
	if err != nil {
		return answer{}, err
	}
	said := c.server.store.remarks()
	list := slices.DeleteFunc(slices.Clone(c.index.pulls), func(p *pull) bool {
		return state != "all" && p.state != state || later(p.updated, said[p.number].last).Before(since)
	})
	by := q.Get("sort")
	if by == "comments" {
		by = "popularity"
	}
	sortPulls(list, said, by, cmp.Or(q.Get("direction"), "desc"))
	page, links := paged(c, list)
	rows, err := c.issues(ctx, page, said)
	return answer{body: rows, links: links}, err
}

func (c *call) issues(ctx context.Context, list []*pull, said map[int]remarks) ([]doc, error) {
	all, err := c.server.reader.detailsForAll(ctx, list)
	if err != nil {
		return nil, err
	}
	rows := make([]doc, len(list))
	for i, p := range list {
		rows[i] = c.issue(p, all[i], said[p.number])
	}
	return rows, nil
}

func oneIssue(ctx context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	said := c.server.store.remarks()
	rows, err := c.issues(ctx, []*pull{p}, said)
	if err != nil {
		return answer{}, err
	}
	return answer{body: rows[0], modified: later(p.updated, said[p.number].last)}, nil
}

// searchIssues understands repo:, user:, org:, is:, state:, author:, reviewed-by: and words of the title.
func searchIssues(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	if strings.TrimSpace(q.Get("q")) == "" {
		return answer{}, invalid(fieldError{Resource: "Search", Field: "q", Code: "missing"})
	}
	list := slices.Clone(c.index.pulls)
	for word := range strings.FieldsSeq(q.Get("q")) {
		list = slices.DeleteFunc(list, func(p *pull) bool { return !c.fits(p, word) })
	}
	said := c.server.store.remarks()
	sortPulls(list, said, q.Get("sort"), cmp.Or(q.Get("order"), "desc"))
	page, links := paged(c, list[:min(len(list), 1000)])
	rows, err := c.issues(ctx, page, said)
	if err != nil {
		return answer{}, err
	}
	for _, row := range rows {
		row["score"] = 1
	}
	return answer{body: doc{"total_count": len(list), "incomplete_results": false, "search_type": "lexical", "items": rows}, links: links}, nil
}

// fits reports whether a pull request matches one word of a search.
func (c *call) fits(p *pull, word string) bool {
	key, value, ok := strings.Cut(word, ":")
	if !ok {
		return strings.Contains(strings.ToLower(p.title), strings.ToLower(word))
	}
	switch key + ":" + strings.ToLower(value) {
	case "is:pr", "type:pr":
		return true
	case "is:open", "state:open":
		return p.state == "open"
	case "is:closed", "state:closed":
		return p.state == "closed"
	case "is:merged":
		return p.merged()
	case "is:unmerged":
		return !p.merged()
	case "is:draft", "draft:true":
		return p.draft()
	}
	switch key {
	case "repo":
		return strings.EqualFold(value, c.server.Repository())
	case "user", "org":
		return strings.EqualFold(value, c.server.owner)
	case "author":
		return strings.EqualFold(value, p.author)
	case "reviewed-by":
		return slices.ContainsFunc(c.server.store.reviews(p.number), func(v review) bool { return strings.EqualFold(v.User, value) })
	}
	return false
}
