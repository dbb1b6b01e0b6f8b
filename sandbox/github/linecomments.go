package github

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lineCommentDoc is a comment on a line of a diff. It belongs to no review here.
func (c *call) lineCommentDoc(m lineComment) doc {
	id, n := itoa(m.ID), strconv.Itoa(m.Number)
	self, html, pull := c.repo("/pulls/comments/"+id), c.html("/pull/"+n+"#discussion_r"+id), c.repo("/pulls/"+n)
	d := doc{
		"id": m.ID, "node_id": nodeID("PullRequestReviewComment", id), "pull_request_review_id": nil, "url": self, "html_url": html,
		"pull_request_url": pull, "user": c.user(m.User), "body": m.Body, "path": m.Path, "diff_hunk": m.Hunk,
		"commit_id": m.Commit, "original_commit_id": m.Commit, "line": m.Line, "original_line": m.Line, "side": m.Side,
		"start_line": nil, "original_start_line": nil, "start_side": nil, "subject_type": "line",
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated),
		"author_association": c.server.people.get(m.User).association, "reactions": c.rollup(comment{Reactions: m.Reactions}, self),
		"_links": doc{"self": doc{"href": self}, "html": doc{"href": html}, "pull_request": doc{"href": pull}},
	}
	if m.InReplyTo != 0 {
		d["in_reply_to_id"] = m.InReplyTo
	}
	return d
}

// listAllLineComments lists those of the whole repository, listLineComments those
// of one pull request.
func listAllLineComments(_ context.Context, c *call) (answer, error) {
	return c.lineComments(0)
}

func listLineComments(_ context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	return c.lineComments(p.number)
}

// lineComments lists the comments in the order of their ids, which is that of
// their creation; direction counts only together with sort.
func (c *call) lineComments(number int) (answer, error) {
	since, err := c.since()
	if err != nil {
		return answer{}, err
	}
	list := slices.DeleteFunc(c.server.store.lineComments(number, since), func(m lineComment) bool { return c.index.find(m.Number) == nil })
	q := c.URL.Query()
	by := q.Get("sort")
	if !slices.Contains([]string{"", "created", "created_at", "updated"}, by) {
		return answer{}, invalid(fieldError{Resource: "PullRequestReviewComment", Field: "sort", Code: "invalid"})
	}
	if by == "updated" {
		slices.SortStableFunc(list, func(a, b lineComment) int { return a.Updated.Compare(b.Updated) })
	}
	if by != "" && cmp.Or(q.Get("direction"), "desc") == "desc" {
		slices.Reverse(list)
	}
	page, links := paged(c, list)
	rows := make([]doc, len(page))
	var modified time.Time
	for i, m := range page {
		rows[i], modified = c.lineCommentDoc(m), later(modified, m.Updated)
	}
	return answer{body: rows, links: links, modified: modified}, nil
}

func oneLineComment(_ context.Context, c *call) (answer, error) {
	id, err := c.number("id")
	if err != nil {
		return answer{}, err
	}
	m, ok := c.server.store.lineComment(id)
	if !ok || c.index.find(m.Number) == nil {
		return answer{}, notFound()
	}
	return answer{body: c.lineCommentDoc(m), modified: m.Updated}, nil
}

// A lineWord is what is asked for when somebody comments on a line.
type lineWord struct {
	Body      string `json:"body"`
	Path      string `json:"path"`
	Line      int    `json:"line"`
	Side      string `json:"side"` // "" is RIGHT
	InReplyTo int64  `json:"in_reply_to"`
}

func addLineReaction(_ context.Context, c *call) (answer, error) {
	id, err := c.number("id")
	if err != nil {
		return answer{}, err
	}
	emoji, err := c.reaction()
	if err != nil {
		return answer{}, err
	}
	r, created, ok := c.server.store.reactToLine(id, c.who.login, emoji)
	switch {
	case !ok:
		return answer{}, notFound()
	case created:
		return answer{status: http.StatusCreated, body: c.reactionDoc(r)}, nil
	}
	return answer{body: c.reactionDoc(r)}, nil
}

func createLineComment(ctx context.Context, c *call) (answer, error) {
	var in lineWord
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	return c.addLineComment(ctx, in)
}

func replyToLineComment(ctx context.Context, c *call) (answer, error) {
	var in lineWord
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	id, err := c.number("id")
	if err != nil {
		return answer{}, err
	}
	in.InReplyTo = id
	return c.addLineComment(ctx, in)
}

func (c *call) addLineComment(ctx context.Context, in lineWord) (answer, error) {
	p, d, err := c.details(ctx)
	if err != nil {
		return answer{}, err
	}
	m, problem, err := c.server.commentOnLine(ctx, p, d, c.who, in)
	if err != nil {
		return answer{}, err
	}
	if problem != nil {
		return answer{}, invalid(*problem)
	}
	c.announceLine(p, d, m)
	out := c.lineCommentDoc(m)
	return answer{status: http.StatusCreated, body: out, location: out["url"].(string)}, nil
}

// commentOnLine stores a comment on a line that the diff shows, or a reply to one.
// The problem, if there is one, says what is wrong with the request.
func (s *Server) commentOnLine(ctx context.Context, p *pull, d *details, who person, in lineWord) (lineComment, *fieldError, error) {
	wrong := func(field, message string) *fieldError {
		return &fieldError{Resource: "PullRequestReviewComment", Field: field, Code: "custom", Message: message}
	}
	m := lineComment{Number: p.number, User: who.login, Body: in.Body, Path: in.Path, Line: in.Line, Side: cmp.Or(in.Side, "RIGHT"), Commit: d.head.id}
	if problem := checkBody(in.Body); problem != nil {
		problem.Resource = "PullRequestReviewComment"
		return m, problem, nil
	}
	if in.InReplyTo != 0 {
		parent, ok := s.store.lineComment(in.InReplyTo)
		if !ok || parent.Number != p.number {
			return m, wrong("in_reply_to", "in_reply_to is no comment of this pull request"), nil
		}
		m.Path, m.Line, m.Side, m.Commit, m.Hunk = parent.Path, parent.Line, parent.Side, parent.Commit, parent.Hunk
		m.InReplyTo = cmp.Or(parent.InReplyTo, parent.ID) // a thread has one level
		return s.store.addLineComment(m), nil, nil
	}
	changes, err := s.reader.diffOf(ctx, d)
	if err != nil {
		return m, nil, err
	}
	i := slices.IndexFunc(changes.files, func(f fileChange) bool { return validPath(f.path) == m.Path })
	if i < 0 {
		return m, wrong("path", "path is not in the diff"), nil
	}
	if m.Side != "RIGHT" && m.Side != "LEFT" {
		return m, wrong("side", "side must be LEFT or RIGHT"), nil
	}
	if m.Hunk = hunkTo(changes.files[i].patch, m.Line, m.Side); m.Hunk == "" {
		return m, wrong("line", "line must be part of the diff"), nil
	}
	return s.store.addLineComment(m), nil, nil
}

// hunkTo is the part of a patch from the head of a hunk down to a line of one
// side, or "" when the patch does not show the line.
func hunkTo(patch string, line int, side string) string {
	start, at := 0, 0 // where the hunk starts, and where the next line does
	left, right := 0, 0
	for text := range strings.Lines(patch) {
		if strings.HasPrefix(text, "@@") {
			start = at
			left, right = hunkStart(text)
		} else {
			old, fresh := text[0] != '+' && text[0] != '\\', text[0] != '-' && text[0] != '\\'
			if side == "LEFT" && old && left == line || side == "RIGHT" && fresh && right == line {
				return strings.TrimSuffix(patch[start:at+len(text)], "\n")
			}
			if old {
				left++
			}
			if fresh {
				right++
			}
		}
		at += len(text)
	}
	return ""
}

// hunkStart reads the first lines of both sides from "@@ -1,2 +3,4 @@".
func hunkStart(head string) (left, right int) {
	for word := range strings.FieldsSeq(head) {
		n, _, _ := strings.Cut(strings.TrimLeft(word, "-+"), ",")
		switch first, err := strconv.Atoi(n); {
		case err != nil:
		case word[0] == '-':
			left = first
		case word[0] == '+':
			return left, first
		}
	}
	return left, right
}
