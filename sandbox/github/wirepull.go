package github

import (
	"strconv"
	"strings"
	"time"
)

// side is a pull request's head or base.
func (c *call) side(owner, ref, sha string, repository doc) doc {
	return doc{"label": owner + ":" + ref, "ref": ref, "sha": sha, "user": c.user(owner), "repo": repository}
}

// pullSimple is a pull request in a list. repository is c.repository(), made once
// for a whole list.
func (c *call) pullSimple(p *pull, d *details, said remarks, repository doc) doc {
	n := strconv.Itoa(p.number)
	self, html, issue := c.repo("/pulls/"+n), c.html("/pull/"+n), c.repo("/issues/"+n)
	statuses := c.repo("/statuses/" + p.head)
	comment := c.repo("/pulls/comments{/number}")
	owner := c.server.owner
	headOwner := p.headOwner
	if headOwner == "" {
		headOwner = owner
	}
	href := func(url string) doc { return doc{"href": url} }
	reviewers := []doc{}
	for _, login := range c.server.store.asked(p.number) {
		reviewers = append(reviewers, c.user(login))
	}
	id := c.server.issueID(p.number)
	return doc{
		"id": id, "node_id": nodeID("PullRequest", itoa(id)), "number": p.number, "state": p.state, "locked": false,
		"title": p.title, "body": nullable(d.body), "user": c.user(d.author), "draft": p.draft(),
		"created_at": stamp(p.created), "updated_at": stamp(later(p.updated, said.last)),
		"closed_at": stamp(p.closedAt()), "merged_at": stamp(p.mergedAt), "merge_commit_sha": nullable(p.merge),
		"assignee": nil, "assignees": []doc{}, "requested_reviewers": reviewers, "requested_teams": []doc{},
		"labels": []doc{}, "milestone": nil, "auto_merge": nil, "active_lock_reason": nil,
		"author_association": c.server.people.get(d.author).association,
		"head":               c.side(headOwner, p.headRef, d.head.id, repository),
		"base":               c.side(owner, c.index.defaultBranch, d.base, repository),
		"url":                self, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue,
		"commits_url": self + "/commits", "review_comments_url": self + "/comments", "review_comment_url": comment,
		"comments_url": issue + "/comments", "statuses_url": statuses,
		"_links": doc{
			"self": href(self), "html": href(html), "issue": href(issue), "comments": href(issue + "/comments"),
			"review_comments": href(self + "/comments"), "review_comment": href(comment),
			"commits": href(self + "/commits"), "statuses": href(statuses),
		},
	}
}

// nullable is s, or null for the empty string.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// closedAt is when a pull request was closed; zero while it is open.
func (p *pull) closedAt() time.Time {
	switch {
	case p.merged():
		return p.mergedAt
	case p.state == "closed":
		return p.updated
	default:
		return time.Time{}
	}
}

// draft reports whether a branch says that it is not ready.
func (p *pull) draft() bool {
	return p.state == "open" && (strings.HasPrefix(p.headRef, "draft/") || strings.HasPrefix(p.headRef, "wip/"))
}

// issueID is the id of a pull request, which is not its number.
func (s *Server) issueID(number int) int64 { return s.repositoryID()*1_000_000 + int64(number) }

// issue is a pull request as the issue it also is.
func (c *call) issue(p *pull, d *details, said remarks) doc {
	n := strconv.Itoa(p.number)
	self := c.repo("/issues/" + n)
	id := c.server.issueID(p.number)
	pr := c.html("/pull/" + n)
	var closer any
	if p.mergedBy != "" {
		closer = c.user(p.mergedBy)
	}
	return doc{
		"id": id, "node_id": nodeID("PullRequest", itoa(id)), "number": p.number, "state": p.state, "state_reason": nil, "locked": false,
		"title": p.title, "body": d.body, "user": c.user(d.author), "labels": []doc{}, "assignee": nil, "assignees": []doc{},
		"milestone": nil, "comments": said.comments, "draft": p.draft(), "author_association": c.server.people.get(d.author).association,
		"created_at": stamp(p.created), "updated_at": stamp(later(p.updated, said.last)), "closed_at": stamp(p.closedAt()), "closed_by": closer,
		"url": self, "html_url": pr, "repository_url": c.repo(""), "labels_url": self + "/labels{/name}",
		"comments_url": self + "/comments", "events_url": self + "/events", "active_lock_reason": nil,
		"pull_request": doc{"url": c.repo("/pulls/" + n), "html_url": pr, "diff_url": pr + ".diff", "patch_url": pr + ".patch", "merged_at": stamp(p.mergedAt)},
	}
}
