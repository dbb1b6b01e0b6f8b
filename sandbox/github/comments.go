package github

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"
)

// since reads the query's since; zero when there is none.
func (c *call) since() (time.Time, error) {
	text := c.URL.Query().Get("since")
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, invalid(fieldError{Resource: "IssueComment", Field: "since", Code: "invalid"})
	}
	return t, nil
}

func (c *call) commentDocs(list []comment) []doc {
	rows := make([]doc, len(list))
	for i, m := range list {
		rows[i] = c.commentDoc(m)
	}
	return rows
}

// newest is the time of the last change among comments; zero without any.
func newest(list []comment) (last time.Time) {
	for _, m := range list {
		last = later(last, m.Updated)
	}
	return last
}

// listAllComments lists the repository's comments. Without sort they are ordered
// by id and direction is ignored; since includes its own second.
func listAllComments(_ context.Context, c *call) (answer, error) {
	since, err := c.since()
	if err != nil {
		return answer{}, err
	}
	list := slices.DeleteFunc(c.server.store.comments(0, since), func(m comment) bool { return c.index.find(m.Number) == nil })
	q := c.URL.Query()
	by := q.Get("sort")
	if by != "" && by != "created" && by != "updated" {
		return answer{}, invalid(fieldError{Resource: "IssueComment", Field: "sort", Code: "invalid"})
	}
	if by != "" {
		down := cmp.Or(q.Get("direction"), "desc") == "desc"
		slices.SortFunc(list, func(a, b comment) int {
			order := a.Created.Compare(b.Created)
			if by == "updated" {
				order = a.Updated.Compare(b.Updated)
			}
			order = cmp.Or(order, cmp.Compare(a.ID, b.ID))
			if down {
				return -order
			}
			return order
		})
	}
	page, links := paged(c, list)
	return answer{body: c.commentDocs(page), links: links, modified: newest(page)}, nil
}

func listComments(_ context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	since, err := c.since()
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, c.server.store.comments(p.number, since))
	return answer{body: c.commentDocs(page), links: links, modified: newest(page)}, nil
}

// body reads the text of a comment from the request.
func (c *call) body() (string, error) {
	var in struct {
		Body string `json:"body"`
	}
	if err := c.decode(&in); err != nil {
		return "", err
	}
	if problem := checkBody(in.Body); problem != nil {
		return "", invalid(*problem)
	}
	return in.Body, nil
}

func createComment(_ context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	text, err := c.body()
	if err != nil {
		return answer{}, err
	}
	m := c.server.store.addComment(p.number, c.who.login, text)
	c.server.commented(c.index, c.who.login, "created", "", m)
	d := c.commentDoc(m)
	return answer{status: http.StatusCreated, body: d, location: d["url"].(string)}, nil
}

// comment returns the comment the route names.
func (c *call) comment() (comment, error) {
	id, err := c.number("id")
	if err != nil {
		return comment{}, err
	}
	m, ok := c.server.store.comment(id)
	if !ok || c.index.find(m.Number) == nil {
		return comment{}, notFound()
	}
	return m, nil
}

// ownComment is comment for somebody who wants to change it.
func (c *call) ownComment() (comment, error) {
	m, err := c.comment()
	if err == nil && m.User != c.who.login && !c.who.mayEdit() {
		err = &apiError{status: http.StatusForbidden, message: "Must have admin rights to Repository."}
	}
	return m, err
}

func oneComment(_ context.Context, c *call) (answer, error) {
	m, err := c.comment()
	if err != nil {
		return answer{}, err
	}
	return answer{body: c.commentDoc(m), modified: m.Updated}, nil
}

func editComment(_ context.Context, c *call) (answer, error) {
	m, err := c.ownComment()
	if err != nil {
		return answer{}, err
	}
	text, err := c.body()
	if err != nil {
		return answer{}, err
	}
	before := m.Body
	m, ok := c.server.store.editComment(m.ID, text)
	if !ok {
		return answer{}, notFound()
	}
	c.server.commented(c.index, c.who.login, "edited", before, m)
	return answer{body: c.commentDoc(m)}, nil
}

func deleteComment(_ context.Context, c *call) (answer, error) {
	m, err := c.ownComment()
	if err != nil {
		return answer{}, err
	}
	m, ok := c.server.store.deleteComment(m.ID)
	if !ok {
		return answer{}, notFound()
	}
	c.server.commented(c.index, c.who.login, "deleted", "", m)
	return answer{status: http.StatusNoContent}, nil
}

func listReactions(_ context.Context, c *call) (answer, error) {
	m, err := c.comment()
	if err != nil {
		return answer{}, err
	}
	only := c.URL.Query().Get("content")
	page, links := paged(c, slices.DeleteFunc(m.Reactions, func(r reaction) bool { return only != "" && r.Content != only }))
	rows := make([]doc, len(page))
	for i, r := range page {
		rows[i] = c.reactionDoc(r)
	}
	return answer{body: rows, links: links}, nil
}

// reaction reads which reaction a request wants.
func (c *call) reaction() (string, error) {
	var in struct {
		Content string `json:"content"`
	}
	if err := c.decode(&in); err != nil {
		return "", err
	}
	if !slices.Contains(reactionContents[:], in.Content) {
		return "", invalid(fieldError{Resource: "Reaction", Field: "content", Code: "invalid"})
	}
	return in.Content, nil
}

func addReaction(_ context.Context, c *call) (answer, error) {
	m, err := c.comment()
	if err != nil {
		return answer{}, err
	}
	emoji, err := c.reaction()
	if err != nil {
		return answer{}, err
	}
	r, m, isNew, ok := c.server.store.react(m.ID, c.who.login, emoji)
	if !ok {
		return answer{}, notFound()
	}
	if !isNew {
		return answer{body: c.reactionDoc(r)}, nil
	}
	c.server.tell("reaction", m)
	return answer{status: http.StatusCreated, body: c.reactionDoc(r)}, nil
}

func deleteReaction(_ context.Context, c *call) (answer, error) {
	m, err := c.comment()
	if err != nil {
		return answer{}, err
	}
	id, err := c.number("reaction")
	if err != nil {
		return answer{}, err
	}
	m, ok := c.server.store.unreact(m.ID, id, c.who.login)
	if !ok {
		return answer{}, notFound()
	}
	c.server.tell("reaction", m)
	return answer{status: http.StatusNoContent}, nil
}
