package github

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultShare = 0.4   // of the hour's requests that polling may use
	usualLimit   = 5_000 // requests in an hour, until GitHub has said
	// GitHub counts requests by the minute as well, those that cost nothing included: 900 points, of which a read takes one and a write five.
	pollsPerMinute = 400
	pollBurst      = 50 // above that, after a pause
	pollsAtOnce    = 8  // under way; GitHub allows a hundred requests
)

// A budget lets polls ask in the order in which they come, and only as often that all of them together use no more than a share of the hour's
// requests: a third of it at once, the rest evenly. An answer that nothing has changed costs nothing, and gives back what was set aside for it.
// While less than a tenth of everything is left, which people's questions need, no poll asks.
type budget struct {
	gate  *gate
	now   func() time.Time
	share float64 // 1 or more: without bound

	turn  chan struct{} // has one element while no poll waits to begin
	freed chan struct{} // has one element after a poll has ended

	mu      sync.Mutex
	paid    bucket // requests that cost
	all     bucket
	running int
}

func newBudget(g *gate, now func() time.Time, share float64) *budget {
	b := &budget{gate: g, now: now, share: share, turn: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
	b.turn <- struct{}{}
	return b
}

// costKey is the key of the counter in the context of a poll's requests.
type costKey struct{}

// do lets a poll ask in its turn. An error of ctx before that means that it did not.
func (b *budget) do(ctx context.Context, ask func(context.Context) error) error {
	var cost atomic.Int64
	if b.share < 1 {
		if err := b.begin(ctx); err != nil {
			return err
		}
		defer func() { b.end(float64(cost.Load())) }()
	}
	return ask(context.WithValue(ctx, costKey{}, &cost))
}

// charge counts an answer that a poll has asked for.
func (t *transport) charge(ctx context.Context, resp *http.Response) {
	n, ok := ctx.Value(costKey{}).(*atomic.Int64)
	switch {
	case !ok:
	case resp.StatusCode == http.StatusNotModified:
		t.meter.Add("github_polls_total", 1, "cost", "free")
	default:
		t.meter.Add("github_polls_total", 1, "cost", "paid")
		n.Add(1)
	}
}

// begin waits for a poll's turn.
func (b *budget) begin(ctx context.Context) error {
	select {
	case <-b.turn: // those who wait get it in their order
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { b.turn <- struct{}{} }()
	for {
		wait := b.reserve()
		if wait == 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-b.freed:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
	}
}

// reserve sets aside what one request may cost, or returns how long to wait before there is enough.
func (b *budget) reserve() (wait time.Duration) {
	now := b.now()
	if renewed := b.gate.low(now); !renewed.IsZero() {
		return renewed.Sub(now)
	}
	share := b.share * float64(b.gate.hourly())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paid.fill(now, share/3, share*2/3/time.Hour.Seconds())
	b.all.fill(now, pollBurst, pollsPerMinute/time.Minute.Seconds())
	if b.running >= pollsAtOnce {
		return time.Minute // one ends before that
	}
	if wait := max(b.paid.wait(), b.all.wait()); wait > 0 {
		return wait
	}
	b.paid.level--
	b.all.level--
	b.running++
	return 0
}

// end gives back what was set aside and takes what the poll cost.
func (b *budget) end(cost float64) {
	b.mu.Lock()
	b.paid.level += 1 - cost
	b.running--
	b.mu.Unlock()
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

// A bucket fills evenly, up to a level. It may owe something. The zero bucket is full.
type bucket struct {
	level, perSecond float64
	at               time.Time // zero: never filled
}

func (b *bucket) fill(now time.Time, most, perSecond float64) {
	most = max(most, 1)
	if b.at.IsZero() {
		b.level = most
	}
	b.level = min(most, b.level+now.Sub(b.at).Seconds()*perSecond)
	b.at, b.perSecond = now, perSecond
}

// wait is how long until there is enough for one.
func (b *bucket) wait() time.Duration {
	if b.level >= 1 {
		return 0
	}
	return time.Duration((1-b.level)/b.perSecond*float64(time.Second)) + time.Millisecond
}
