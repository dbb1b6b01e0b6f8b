package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const (
	seenDays   = 3      // how long a request's names are remembered: the longest repetition seen came after six minutes
	seenValue  = "true" // what is kept under a name that is known
	acceptTime = 2500 * time.Millisecond
)

// ErrBusy is what accept returns when too many requests wait: the source does not acknowledge, and the request comes again.
var ErrBusy = errors.New("too many requests are waiting")

// ErrKnown is what accept returns for a request that was Found and holds nothing new: it was taken before, or nobody wants it.
var ErrKnown = errors.New("nothing new")

// errClosing is what accept returns once the bot is ending.
var errClosing = errors.New("the bot is ending")

// accept makes a request durable: its names and its row in one transaction. One that was accepted before is not taken again, and that is no
// error, except for one that was Found. The source acknowledges after accept has returned nil, and not otherwise.
func (p *pipeline) accept(ctx context.Context, r Request) error {
	if p.ending() {
		return errClosing
	}
	if p.tooMuch(r) {
		p.bot.meter().Add("requests_refused_total", 1, "kind", string(r.Kind))
		return ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, acceptTime)
	defer cancel()
	r.Text = storable(r.Text)
	switch {
	case r.Kind == Edited || r.Kind == Deleted:
		return p.amend(ctx, r)
	case r.Kind == Message && !p.wanted(ctx, r):
		return known(r)
	case r.Of != "":
		if done, err := p.replace(ctx, r); done || err != nil {
			return err
		}
	}
	return p.take(ctx, r)
}

// known is what accept returns for a request that it does not take.
func known(r Request) error {
	if r.Found {
		return ErrKnown
	}
	return nil
}

// take writes a request down unless it is known.
func (p *pipeline) take(ctx context.Context, r Request) error {
	now := time.Now()
	if r.Time.IsZero() {
		r.Time = now
	}
	verdict := p.limits.count(r, now)
	guards, changes := seen(r, now)
	if verdict == overLimit {
		changes = append(changes, p.decided(r, decision{outcome: "limited"})...)
	} else {
		row, err := p.ask(p.rowName(r), r, verdict == lastWord)
		if err != nil {
			return err
		}
		changes = append(changes, row)
		p.waiting.Add(1)
	}
	p.accepting.Add(1)
	defer p.accepting.Add(-1)
	p.bot.point("before accept")
	ok, err := p.bot.Store.Txn(ctx, guards, changes)
	p.bot.point("after accept")
	if !ok {
		p.limits.uncount(r, now)
	}
	if !ok && verdict != overLimit {
		p.waiting.Add(-1)
	}
	if ok || err != nil {
		p.wake(key(r.conversation())) // also after an error: the row may be there
	}
	if !ok && err == nil {
		p.bot.meter().Add("events_duplicate_total", 1, "source", string(r.From.Surface))
		return known(r)
	}
	return err
}

// seen are the conditions that a request is not known by any of its names, and the changes that make it known.
func seen(r Request, now time.Time) (guards []Guard, changes []Change) {
	for _, name := range []string{r.ID, r.Alias} {
		if name == "" {
			continue
		}
		for back := range seenDays {
			guards = append(guards, Guard{Key: seenKey(now.AddDate(0, 0, -back), name)})
		}
		changes = append(changes, Change{Key: seenKey(now, name), Value: []byte(seenValue)})
	}
	if r.Of != "" { // a scan must not take the message that this stands for
		changes = append(changes, Change{Key: seenKey(now, r.Of), Value: []byte(seenValue)})
	}
	return guards, changes
}

func seenKey(t time.Time, name string) string { return seenPrefix + key(day(t), name) }

// ask is the change that has a request answered; its first attempt is counted with it. limited has it answered with why it is not.
func (p *pipeline) ask(name string, r Request, limited bool) (Change, error) {
	return put(r.inKey(name), inRow{Request: r, Attempts: 1, Run: p.run, Limited: limited})
}

// longestText is how long the stored form of a request's text may be, in bytes; the longest question of use is a small part of it.
const longestText = 150 << 10

// storable cuts a text whose stored form would be too long for the store.
func storable(text string) string {
	for {
		if data, _ := json.Marshal(text); len(data) <= longestText {
			return text
		}
		text = strings.ToValidUTF8(text[:len(text)/2], "")
	}
}

// wanted reports whether an unaddressed message may be for the bot: a command wants it, or its conversation has questions whose answers will
// say so. What people write to each other is not written down.
func (p *pipeline) wanted(ctx context.Context, r Request) bool {
	waiting, err := p.bot.Store.Scan(ctx, inPrefix+key(r.conversation())+"/", "", 1)
	if err != nil || len(waiting) > 0 {
		return true
	}
	yes := true // also when a command panics: its turn will tell
	_ = guard(func() error { yes = p.bot.Router.Wants(ctx, r, NewMemory(p.bot.Store, nil)); return nil })
	return yes
}

// deadDays is how long dead letters are kept.
const deadDays = 30

// forgetDays deletes the IDs of requests that were accepted too long ago to come again, and old dead letters.
func forgetDays(ctx context.Context, s Store, now time.Time) error {
	for prefix, days := range map[string]int{seenPrefix: seenDays, deadPrefix: deadDays} {
		oldest := prefix + day(now.AddDate(0, 0, 1-days))
		for {
			found, err := s.Scan(ctx, prefix, "", 1)
			if err != nil {
				return err
			}
			if len(found) == 0 || found[0].Key >= oldest {
				break
			}
			if _, err := s.Txn(ctx, nil, []Change{{Key: prefix + secondPart(found[0].Key) + "/", Prefix: true}}); err != nil {
				return err
			}
		}
	}
	return nil
}
