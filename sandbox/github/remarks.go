package github

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// commentLimit is the most characters a comment may have.
const commentLimit = 65_536

// reactionContents are the emoji GitHub allows, in the order of its totals.
var reactionContents = [...]string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

// checkBody returns the problem with a comment's text, or nil.
func checkBody(body string) *fieldError {
	switch {
	case len(body) == 0:
		return &fieldError{Resource: "IssueComment", Field: "body", Code: "missing_field", Message: "body can't be blank"}
	case utf8.RuneCountInString(body) > commentLimit:
		return &fieldError{Resource: "IssueComment", Field: "body", Code: "custom", Message: "body is too long (maximum is 65536 characters)"}
	default:
		return nil
	}
}

// copy returns c with reactions of its own.
func (c comment) copy() comment {
	c.Reactions = slices.Clone(c.Reactions)
	return c
}

// addComment stores a new comment.
func (s *store) addComment(number int, user, body string) comment {
	now := s.time()
	var added comment
	s.keep(func(c *content) {
		added = comment{ID: c.nextID(), Number: number, User: user, Body: body, Created: now, Updated: now}
		c.Comments = append(c.Comments, added)
	})
	return added
}

// at returns the place of the comment with the given id, or -1.
func (c *content) at(id int64) int {
	i, ok := slices.BinarySearchFunc(c.Comments, id, func(c comment, id int64) int { return cmp.Compare(c.ID, id) })
	if !ok {
		return -1
	}
	return i
}

// comment returns the comment with the given id.
func (s *store) comment(id int64) (comment, bool) {
	var found comment
	ok := false
	s.view(func(c *content) {
		if i := c.at(id); i >= 0 {
			found, ok = c.Comments[i].copy(), true
		}
	})
	return found, ok
}

// editComment replaces a comment's text.
func (s *store) editComment(id int64, body string) (comment, bool) {
	now := s.time()
	var edited comment
	ok := false
	s.keep(func(c *content) {
		if i := c.at(id); i >= 0 {
			c.Comments[i].Body, c.Comments[i].Updated = body, now
			edited, ok = c.Comments[i].copy(), true
		}
	})
	return edited, ok
}

// deleteComment removes a comment and returns it.
func (s *store) deleteComment(id int64) (comment, bool) {
	var deleted comment
	ok := false
	s.keep(func(c *content) {
		if i := c.at(id); i >= 0 {
			deleted, ok = c.Comments[i], true
			c.Comments = slices.Delete(c.Comments, i, i+1)
		}
	})
	return deleted, ok
}

// comments returns the comments on a pull request, or all when number is 0, that
// were changed at since or later, ordered by id.
func (s *store) comments(number int, since time.Time) []comment {
	list := []comment{}
	s.view(func(c *content) {
		for _, one := range c.Comments {
			if (number == 0 || one.Number == number) && !one.Updated.Before(since) {
				list = append(list, one.copy())
			}
		}
	})
	return list
}

// remarks is how much was said about a pull request.
type remarks struct {
	comments int
	last     time.Time // when a comment, a review or a request for one last changed what GitHub calls updated; zero when none did
}

// remarks counts the comments on each pull request.
func (s *store) remarks() map[int]remarks {
	got := make(map[int]remarks)
	s.view(func(c *content) {
		for _, one := range c.Comments {
			r := got[one.Number]
			got[one.Number] = remarks{r.comments + 1, later(r.last, one.Updated)}
		}
		touch := func(number int, at time.Time) {
			r := got[number]
			got[number] = remarks{r.comments, later(r.last, at)}
		}
		for _, one := range c.Reviews {
			touch(one.Number, one.Submitted)
		}
		for _, one := range c.LineComments {
			touch(one.Number, one.Updated)
		}
		for _, one := range c.Asked {
			touch(one.Number, one.At)
		}
	})
	return got
}

// react adds a reaction; created is false when the person's reaction was there.
// ok is false when the comment does not exist.
func (s *store) react(id int64, user, emoji string) (r reaction, c comment, created, ok bool) {
	now := s.time()
	s.keep(func(data *content) {
		i := data.at(id)
		if i < 0 {
			return
		}
		ok = true
		to := &data.Comments[i]
		had := slices.IndexFunc(to.Reactions, func(r reaction) bool { return r.User == user && r.Content == emoji })
		if had >= 0 {
			r, c = to.Reactions[had], to.copy()
			return
		}
		created = true
		r = reaction{ID: data.nextID(), User: user, Content: emoji, Created: now}
		to.Reactions = append(to.Reactions, r)
		c = to.copy()
	})
	return r, c, created, ok
}

// unreact removes the reaction with the given id, which must be user's.
func (s *store) unreact(id, reactionID int64, user string) (comment, bool) {
	var from comment
	ok := false
	s.keep(func(data *content) {
		i := data.at(id)
		if i < 0 {
			return
		}
		before := len(data.Comments[i].Reactions)
		data.Comments[i].Reactions = slices.DeleteFunc(data.Comments[i].Reactions, func(r reaction) bool {
			return r.ID == reactionID && r.User == user
		})
		ok = len(data.Comments[i].Reactions) < before
		from = data.Comments[i].copy()
	})
	return from, ok
}

// addReview stores a review and returns it with its id and time.
func (s *store) addReview(r review) review {
	r.Submitted = s.time()
	s.keep(func(c *content) {
		r.ID = c.nextID()
		c.Reviews = append(c.Reviews, r)
		c.Asked = slices.DeleteFunc(c.Asked, func(a request) bool { return a.Number == r.Number && a.User == r.User })
	})
	return r
}

// reviews returns the reviews of a pull request, oldest first.
func (s *store) reviews(number int) []review {
	list := []review{}
	s.view(func(c *content) {
		for _, r := range c.Reviews {
			if r.Number == number {
				list = append(list, r)
			}
		}
	})
	return list
}

// ask records that user was asked for a review.
func (s *store) ask(number int, user string) {
	now := s.time()
	s.keep(func(c *content) {
		if !slices.ContainsFunc(c.Asked, func(a request) bool { return a.Number == number && a.User == user }) {
			c.Asked = append(c.Asked, request{number, user, now})
		}
	})
}

// requests returns who still owes a review, and since when.
func (s *store) requests(number int) (list []request) {
	s.view(func(c *content) {
		for _, a := range c.Asked {
			if a.Number == number {
				list = append(list, a)
			}
		}
	})
	return list
}

// asked returns the logins of who still owes a review.
func (s *store) asked(number int) []string {
	list := []string{}
	for _, a := range s.requests(number) {
		list = append(list, a.User)
	}
	return list
}

// addCheck stores a check run and returns it with its id.
func (s *store) addCheck(r checkRun) checkRun {
	r.Started = s.time()
	if r.Status == "completed" {
		r.Completed = r.Started
	}
	s.keep(func(c *content) {
		r.ID = c.nextID()
		c.Checks = append(c.Checks, r)
	})
	return r
}

// checks returns the check runs of a commit, newest first. Without all, only the
// newest of each name.
func (s *store) checks(commit string, all bool) []checkRun {
	list := []checkRun{}
	s.view(func(c *content) {
		for _, r := range slices.Backward(c.Checks) {
			older := slices.ContainsFunc(list, func(n checkRun) bool { return n.Name == r.Name })
			if r.Commit == commit && (all || !older) {
				list = append(list, r)
			}
		}
	})
	return list
}

// check returns the check run with the given id.
func (s *store) check(id int64) (checkRun, bool) {
	var found checkRun
	ok := false
	s.view(func(c *content) {
		if i := slices.IndexFunc(c.Checks, func(r checkRun) bool { return r.ID == id }); i >= 0 {
			found, ok = c.Checks[i], true
		}
	})
	return found, ok
}
