package github

import (
	"context"
	"time"
)

// A Cursor says how far the comments of a repository have been read. It stays a little behind the newest, because GitHub lists some comments
// later than others that were made after them.
type Cursor struct {
	// Since is from when on comments are asked for, by GitHub's clock; zero: nothing was read yet.
	Since time.Time `json:"since"`
	// Taken are the comments changed since then that have been read, and when they were changed.
	Taken map[int64]time.Time `json:"taken,omitempty"`
}

// overlap is how much later than a newer one GitHub may list a comment for it to be heard still.
const overlap = 30 * time.Second

// has reports whether a comment was read as it is.
func (c Cursor) has(id int64, changed time.Time) bool {
	at, ok := c.Taken[id]
	return ok && at.Equal(changed)
}

// with returns the cursor after a comment was read.
func (c Cursor) with(id int64, changed time.Time) Cursor {
	taken := map[int64]time.Time{id: changed}
	since := c.Since
	if from := changed.Add(-overlap); from.After(since) {
		since = from
	}
	for other, at := range c.Taken {
		if other != id && !at.Before(since) {
			taken[other] = at
		}
	}
	return Cursor{Since: since, Taken: taken}
}

// cursorStore keeps a Cursor for each list of comments: "owner/name" for those below pull requests, "owner/name#review" for review comments.
// Load returns the zero Cursor when there is none; Save is durable when it returns nil.
type cursorStore interface {
	Load(ctx context.Context, list string) (Cursor, error)
	Save(ctx context.Context, list string, c Cursor) error
}
