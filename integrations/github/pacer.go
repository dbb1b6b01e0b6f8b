package github

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"shipmate/bot"
)

// An urgency says which writes go first.
type urgency int

const (
	answering urgency = iota // somebody waits for it
	telling                  // nobody does
	urgencies
)

// A writeLimit allows so many writes within any stretch of time.
type writeLimit struct {
	most int
	per  time.Duration
}

// writeLimits are GitHub's on what creates content: comments, edits, reactions.
func writeLimits() []writeLimit { return []writeLimit{{80, time.Minute}, {500, time.Hour}} }

const (
	longestLine = 30 * time.Second // that a write waits for its turn; what is tried again later holds up nobody
	longestPer  = time.Hour        // of the limits
)

// A pacer lets one write happen at a time, a new one not sooner than gap after the end of the last, and no more of them than the limits allow.
// Those that somebody waits for go first, and otherwise the first to come.
type pacer struct {
	gap    time.Duration
	limits []writeLimit

	mu      sync.Mutex
	busy    bool
	began   []time.Time // of the last hour's writes, oldest first; empty without limits
	ended   time.Time   // of the last write
	lines   [urgencies][]*ticket
	changed chan struct{} // closed when what is above has changed
}

// A ticket is one write's place in its line.
type ticket struct{ urgency urgency }

func newPacer(gap time.Duration, limits []writeLimit) *pacer {
	return &pacer{gap: gap, limits: limits, changed: make(chan struct{})}
}

// A BusyError says that a write was not done, because too many others come first.
type BusyError struct {
	Until time.Time // when it may be its turn, by this machine's clock
}

// Error says when it may be written.
func (e *BusyError) Error() string {
	return fmt.Sprintf("so much was written on github that this has to wait until %s", e.Until.UTC().Format(time.RFC3339))
}

// Outcome tells the bot that nothing was written, and when something may be.
func (e *BusyError) Outcome() (o bot.Outcome, after time.Duration) {
	return bot.NotShown, time.Until(e.Until)
}

// do calls write when its turn has come. A *BusyError, at once when the turn will not come in time, and an error of ctx before the turn mean
// that it was not called.
func (p *pacer) do(ctx context.Context, u urgency, write func() error) error {
	if err := p.enter(ctx, u); err != nil {
		return err
	}
	defer p.leave()
	return write()
}

// enter waits for the turn, and takes it.
func (p *pacer) enter(ctx context.Context, u urgency) error {
	me := &ticket{u}
	last := time.Now().Add(longestLine)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[u] = append(p.lines[u], me)
	defer p.drop(me)
	for {
		now := time.Now()
		ahead := p.ahead(me)
		due := p.due(now, ahead)
		switch {
		case ahead == 0 && !p.busy && !due.After(now):
			p.take(now)
			return nil
		case due.After(last), !now.Before(last):
			return &BusyError{Until: latest(due, now.Add(p.gap))}
		case ahead > 0 || p.busy:
			due = last // or something changes
		}
		if err := p.wait(ctx, due.Sub(now)); err != nil {
			return err
		}
	}
}

// wait waits a while, or until something changes. The lock, which must be held, is free meanwhile.
func (p *pacer) wait(ctx context.Context, d time.Duration) error {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// take begins a write. The lock must be held, as for all that follow.
func (p *pacer) take(now time.Time) {
	p.busy = true
	if len(p.limits) == 0 {
		return
	}
	old, _ := slices.BinarySearchFunc(p.began, now.Add(-longestPer), time.Time.Compare)
	p.began = append(p.began[old:], now)
}

// drop takes a ticket out of its line.
func (p *pacer) drop(me *ticket) {
	p.lines[me.urgency] = slices.DeleteFunc(p.lines[me.urgency], func(t *ticket) bool { return t == me })
	p.tell()
}

// tell wakes those who wait.
func (p *pacer) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// ahead is how many come before a ticket.
func (p *pacer) ahead(me *ticket) (n int) {
	for u := range me.urgency {
		n += len(p.lines[u])
	}
	return n + slices.Index(p.lines[me.urgency], me)
}

// due is when a write may begin at the soonest that so many others come before.
func (p *pacer) due(now time.Time, ahead int) time.Time {
	began := slices.Clone(p.began)
	at := latest(now, p.ended.Add(p.gap))
	if p.busy {
		at = now.Add(p.gap)
	}
	for ; ; ahead-- {
		for _, l := range p.limits {
			if len(began) >= l.most {
				at = latest(at, began[len(began)-l.most].Add(l.per))
			}
		}
		if ahead == 0 {
			return at
		}
		began = append(began, at)
		at = at.Add(p.gap)
	}
}

// leave ends a write.
func (p *pacer) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy, p.ended = false, time.Now()
	p.tell()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
