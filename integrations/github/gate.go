package github

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	spent     map[string]*LimitError // by what has a limit of its own, such as "search": what it has used up
}

// ownLimit names the limit of its own that a request draws on, as X-RateLimit-Resource does; "" when it draws on that of all the others.
func ownLimit(base, asked *url.URL) string {
	switch {
	case strings.HasPrefix(asked.Path, base.Path+"search/"):
		return "search"
	case strings.HasSuffix(asked.Path, "/graphql"):
		return "graphql"
	}
	return ""
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
	case resp.Header.Get("X-RateLimit-Remaining") == "0" && g.spent[resp.Header.Get("X-RateLimit-Resource")] != nil:
		return g.spent[resp.Header.Get("X-RateLimit-Resource")]
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

// wait returns when requests may pass: at once, after a short wait, or never within longest, which is the *LimitError. own is as of ownLimit.
func (g *gate) wait(ctx context.Context, own string, now func() time.Time, longest time.Duration) error {
	for {
		closed, left := g.shut(own, now())
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

// shut returns the limit that keeps requests from passing, and for how long.
func (g *gate) shut(own string, now time.Time) (closed *LimitError, left time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil && !g.closed.Until.After(now) {
		g.closed = nil
	}
	closed = g.closed
	if spent := g.spent[own]; spent != nil && (closed == nil || spent.Until.After(closed.Until)) {
		closed = spent
	}
	if closed != nil {
		left = closed.Until.Sub(now)
	}
	return closed, left
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
		g.observeOwn(r, h, now)
		return
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

// observeOwn remembers whether a budget beside the usual one is used up. The lock must be held.
func (g *gate) observeOwn(resource string, h http.Header, now time.Time) {
	if h.Get("X-RateLimit-Remaining") != "0" {
		delete(g.spent, resource)
		return
	}
	if g.spent == nil {
		g.spent = map[string]*LimitError{}
	}
	g.spent[resource] = &LimitError{Until: resetOf(h, now)}
}

// resetOf reads from an answer's headers when the budget is renewed that they tell of, by this machine's clock; a minute from now when they tell
// of none to come.
func resetOf(h http.Header, now time.Time) time.Time {
	at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return now.Add(secondaryWait)
	}
	server, err := http.ParseTime(h.Get("Date"))
	if err != nil || server.Sub(now).Abs() <= clockNoise {
		server = now
	}
	left := time.Unix(at, 0).Sub(server)
	if left <= 0 {
		left = secondaryWait
	}
	return now.Add(min(left, longestWait))
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
