package github

import (
	"slices"
	"time"
)

// A lineComment is somebody's remark on a line of a pull request's diff, which
// GitHub calls a review comment.
type lineComment struct {
	ID        int64      `json:"id"`
	Number    int        `json:"number"` // of the pull request
	User      string     `json:"user"`   // login
	Body      string     `json:"body"`
	Path      string     `json:"path"`
	Line      int        `json:"line"`
	Side      string     `json:"side"`   // RIGHT, or LEFT for a removed line
	Commit    string     `json:"commit"` // the pull request's head at that time
	Hunk      string     `json:"hunk"`   // of the diff, down to the line
	InReplyTo int64      `json:"in_reply_to,omitempty"`
	Resolved  bool       `json:"resolved,omitempty"` // of a thread's first comment: somebody resolved the thread
	Reactions []reaction `json:"reactions,omitempty"`
	Created   time.Time  `json:"created"`
	Updated   time.Time  `json:"updated"`
}

// addLineComment stores a comment and returns it with its id and times.
func (s *store) addLineComment(m lineComment) lineComment {
	m.Created = s.time()
	m.Updated = m.Created
	s.keep(func(c *content) {
		m.ID = c.nextID()
		c.LineComments = append(c.LineComments, m)
	})
	return m
}

// resolve marks the thread that begins with a comment as resolved, or not.
func (s *store) resolve(id int64, resolved bool) (ok bool) {
	s.keep(func(c *content) {
		for i := range c.LineComments {
			if m := &c.LineComments[i]; m.ID == id && m.InReplyTo == 0 {
				m.Resolved, ok = resolved, true
			}
		}
	})
	return ok
}

// reactToLine adds a reaction; created is false when the person's reaction was
// there. ok is false when the comment does not exist.
func (s *store) reactToLine(id int64, user, emoji string) (r reaction, created, ok bool) {
	now := s.time()
	s.keep(func(c *content) {
		i := slices.IndexFunc(c.LineComments, func(m lineComment) bool { return m.ID == id })
		if i < 0 {
			return
		}
		ok = true
		to := &c.LineComments[i]
		if had := slices.IndexFunc(to.Reactions, func(r reaction) bool { return r.User == user && r.Content == emoji }); had >= 0 {
			r = to.Reactions[had]
			return
		}
		created, r = true, reaction{ID: c.nextID(), User: user, Content: emoji, Created: now}
		to.Reactions = slices.Concat(to.Reactions, []reaction{r}) // readers have what was there
	})
	return r, created, ok
}

// lineComment returns the comment with the given id.
func (s *store) lineComment(id int64) (lineComment, bool) {
	var found lineComment
	ok := false
	s.view(func(c *content) {
		if i := slices.IndexFunc(c.LineComments, func(m lineComment) bool { return m.ID == id }); i >= 0 {
			found, ok = c.LineComments[i], true
		}
	})
	return found, ok
}

// lineComments returns the comments on the lines of a pull request, or all when
// number is 0, that were changed at since or later, ordered by id.
func (s *store) lineComments(number int, since time.Time) []lineComment {
	list := []lineComment{}
	s.view(func(c *content) {
		for _, m := range c.LineComments {
			if (number == 0 || m.Number == number) && !m.Updated.Before(since) {
				list = append(list, m)
			}
		}
	})
	return list
}
