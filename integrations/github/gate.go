package github

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A gate knows until when GitHub takes no requests, and what is left of the budget.
type gate struct {
	mu        sync.Mutex
	closed    *LimitError   // the limit that ends last; nil: none, or it was seen to be over
	backoff   time.Duration // of the last secondary limit that named no time
	limit     int           // requests in an hour; 0: unknown
	remaining int
	reset     time.Time // by this machine's clock
	skew      time.Duration
}

// limited returns what kind of limit the answer tells of, and closes the gate for it; nil when it tells of none.
func (g *gate) limited(resp *http.Response, body []byte, now time.Time) *LimitError {
	g.mu.Lock()
	defer g.mu.Unlock()
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		if resp.StatusCode < http.StatusBadRequest {
			g.backoff = 0
		}
		return nil
	}
	e := &LimitError{}
	switch wait := retryAfter(resp.Header, now.Add(g.skew)); {
	case wait > 0:
		e.Until, e.Secondary = now.Add(min(wait, longestWait)), resp.Header.Get("X-RateLimit-Remaining") != "0"
	case resp.Header.Get("X-RateLimit-Remaining") == "0":
		e.Until = now.Add(secondaryWait)
		if g.reset.After(now) {
			e.Until = g.reset
		}
	case resp.StatusCode == http.StatusTooManyRequests, saysSecondary(body):
		g.backoff = min(max(secondaryWait, 2*g.backoff), longestWait)
		e.Until, e.Secondary = now.Add(g.backoff), true
	default:
		return nil // a matter of permission
	}
	if g.closed == nil || e.Until.After(g.closed.Until) {
		g.closed = e
	}
	return e
}

// wait returns when requests may pass: at once, after a short wait, or never within longest, which is the *LimitError.
func (g *gate) wait(ctx context.Context, now func() time.Time, longest time.Duration) error {
	for {
		g.mu.Lock()
		closed := g.closed
		left := time.Duration(0)
		if closed != nil {
			left = closed.Until.Sub(now())
		}
		if left <= 0 {
			g.closed = nil
		}
		g.mu.Unlock()
		switch {
		case left <= 0:
			return nil
		case left > longest:
			return closed
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// clockNoise is a difference of clocks that may be none: Date has whole seconds, and its answer was on the way for a while.
const clockNoise = 2 * time.Second

// observe remembers the budget and the clock that an answer's headers tell of.
func (g *gate) observe(h http.Header, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		g.skew = 0
		if skew := date.Sub(now); skew.Abs() > clockNoise {
			g.skew = skew
		}
	}
	if r := h.Get("X-RateLimit-Resource"); r != "" && r != "core" {
		return // GraphQL has a budget of its own
	}
	limit, err1 := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	reset, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err3 == nil {
		g.reset = earlier(time.Unix(reset, 0).Add(-g.skew), now.Add(longestWait+time.Minute)) // the budget is for an hour
	}
	if err1 == nil && err2 == nil {
		g.limit, g.remaining = limit, remaining
	}
}

// resetOf reads from an answer's headers when the budget is renewed that they tell of; a minute from now when they tell of none.
func resetOf(h http.Header, now time.Time) time.Time {
	if at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		return earlier(time.Unix(at, 0), now.Add(longestWait))
	}
	return now.Add(secondaryWait)
}

// low returns when the budget is renewed, if less than a tenth of it is left; the zero time otherwise.
func (g *gate) low(now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit > 0 && g.remaining*10 < g.limit && g.reset.After(now) {
		return g.reset
	}
	return time.Time{}
}

// hourly is how many requests the budget has in an hour.
func (g *gate) hourly() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit > 0 {
		return g.limit
	}
	return usualLimit
}

// serverTime is what GitHub's clock says, give or take clockNoise.
func (g *gate) serverTime(now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Add(g.skew)
}

// sleep waits, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
