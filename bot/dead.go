package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A DeadLetter is a request that failed too often, or a reply or an effect that could not be brought about.
type DeadLetter struct {
	ID       string    `json:"id"` // as in the log and in apologies; with an ending for a reply or an effect
	Time     time.Time `json:"time"`
	Attempts int       `json:"attempts"`
	Err      string    `json:"err"`
	// Request is what was asked; nil when a reply or an effect was given up, or when what was stored could not be read.
	Request *Request `json:"request,omitempty"`
	// Reply is what was to be shown, and Effect what was to be done; nil otherwise.
	Reply  *Post   `json:"reply,omitempty"`
	Effect *Effect `json:"effect,omitempty"`

	place Place // of the effect
}

// ErrNoLetter is returned for an id under which there is no dead letter.
var ErrNoLetter = errors.New("there is no dead letter with this id")

// DeadLetters lists the dead letters of a store, oldest first. They are kept for 30 days.
func DeadLetters(ctx context.Context, s Store) ([]DeadLetter, error) {
	var letters []DeadLetter
	err := eachDead(ctx, s, func(_ Entry, l deadLetter) bool {
		letters = append(letters, l.public())
		return true
	})
	return letters, err
}

// RetryDead has a dead letter's request asked again, or its reply shown, as if it were new, and removes the letter. The next start of
// the bot does it; Bot.RetryDead does not wait for that.
func RetryDead(ctx context.Context, s Store, id string) (DeadLetter, error) {
	e, l, err := findDead(ctx, s, id)
	if err != nil {
		return DeadLetter{}, err
	}
	now := time.Now().UTC()
	name := fmt.Sprintf("%020d-%08d-%s", now.UnixNano(), 0, l.Trace)
	var change Change
	switch {
	case l.Request != nil:
		change, err = put(l.Request.inKey(name), inRow{Request: *l.Request, Changed: true})
	case l.Reply != nil:
		row := *l.Reply
		row.Attempts, row.Since, row.After, row.Planned = 0, time.Time{}, time.Time{}, now
		change, err = put(row.To.outKey(name, 0), row)
	default:
		return DeadLetter{}, fmt.Errorf("dead letter %s could not be read when it was given up, so there is nothing to try again", id)
	}
	if err != nil {
		return DeadLetter{}, err
	}
	return l.public(), settle(ctx, s, e, l, "retried", change)
}

// DropDead removes a dead letter for good.
func DropDead(ctx context.Context, s Store, id string) (DeadLetter, error) {
	e, l, err := findDead(ctx, s, id)
	if err != nil {
		return DeadLetter{}, err
	}
	return l.public(), settle(ctx, s, e, l, "dropped")
}

// settle removes a dead letter, with a record of that, and makes more changes with it.
func settle(ctx context.Context, s Store, e Entry, l deadLetter, outcome string, more ...Change) error {
	more = append(more, Change{Key: e.Key}, record(AuditRecord{Trace: l.Trace, Event: "dead letter", Outcome: outcome, Surface: Console}, 0))
	ok, err := s.Txn(ctx, []Guard{{e.Key, e.Rev}}, more)
	if err == nil && !ok {
		err = ErrNoLetter // somebody was faster
	}
	return err
}

func findDead(ctx context.Context, s Store, id string) (found Entry, letter deadLetter, err error) {
	err = eachDead(ctx, s, func(e Entry, l deadLetter) bool {
		if l.ID == id {
			found, letter = e, l
		}
		return found.Key == ""
	})
	if err == nil && found.Key == "" {
		err = fmt.Errorf("%w: %s", ErrNoLetter, id)
	}
	return found, letter, err
}

// eachDead calls f with the dead letters, oldest first, until it returns false.
func eachDead(ctx context.Context, s Store, f func(Entry, deadLetter) bool) error {
	for after := ""; ; {
		entries, err := s.Scan(ctx, deadPrefix, after, 100)
		if err != nil {
			return err
		}
		for _, e := range entries {
			l, err := read[deadLetter](e)
			if err != nil {
				l = deadLetter{ID: nameOf(e), Trace: nameOf(e), Err: "it cannot be read"}
			}
			if !f(e, l) {
				return nil
			}
			after = e.Key
		}
		if len(entries) < 100 {
			return nil
		}
	}
}

func (l deadLetter) public() DeadLetter {
	out := DeadLetter{ID: l.ID, Time: l.Time, Attempts: l.Attempts, Err: l.Err, Request: l.Request}
	if l.Reply != nil {
		out.Effect, out.place = l.Reply.Effect, l.Reply.To
		if out.Effect == nil {
			out.Reply = &Post{To: l.Reply.To, Reply: l.Reply.Reply}
		}
	}
	return out
}

// RetryDead is RetryDead for the store of a bot that may be running: it is done at once.
func (b *Bot) RetryDead(ctx context.Context, id string) (DeadLetter, error) {
	l, err := RetryDead(ctx, b.Store, id)
	p := b.pipeline.Load()
	if err != nil || p == nil {
		return l, err
	}
	if l.Request != nil {
		p.waiting.Add(1)
	}
	p.wake(key(l.conversation()))
	return l, nil
}

// conversation is where what the letter is about belongs.
func (l DeadLetter) conversation() string {
	switch {
	case l.Request != nil:
		return l.Request.conversation()
	case l.Reply != nil:
		return l.Reply.To.Conversation()
	}
	return l.place.Conversation()
}

// Stats say how much there is to do.
type Stats struct {
	Waiting int       // requests accepted and not yet answered
	Oldest  time.Time // when the oldest of them was asked; zero when there is none
	Dead    int       // dead letters
}

// Stats counts what is in the store.
func (b *Bot) Stats(ctx context.Context) (s Stats, err error) {
	for after := ""; ; {
		entries, err := b.Store.Scan(ctx, inPrefix, after, 1000)
		if err != nil {
			return s, err
		}
		for _, e := range entries {
			after = e.Key
			s.Waiting++
			if t, ok := askedAt(e); ok && (s.Oldest.IsZero() || t.Before(s.Oldest)) {
				s.Oldest = t
			}
		}
		if len(entries) < 1000 {
			break
		}
	}
	err = eachDead(ctx, b.Store, func(Entry, deadLetter) bool { s.Dead++; return true })
	return s, err
}
