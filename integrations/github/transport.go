package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
)

const (
	requestTimeout = 60 * time.Second
	maxBody        = 32 << 20        // bytes of one answer
	cacheBytes     = 32 << 20        // of stored answers
	maxWait        = 2 * time.Second // a limit that ends sooner is waited for
	readAgain      = 300 * time.Millisecond
	secondaryWait  = time.Minute // after a secondary limit that names no time; doubles each time
	longestWait    = time.Hour
)

// A transport is the http.RoundTripper under go-github. It adds the token, revalidates what it has stored, and stands still while GitHub's
// limits do not let requests through. Redirects to other hosts are refused, and the token is sent to one host only.
//
// Limits: 403 or 429 with Retry-After, with X-RateLimit-Remaining: 0, or saying that a secondary limit was met, becomes a *LimitError, and
// so does every request until the limit ends, without reaching GitHub. A limit that ends within two seconds is waited for instead.
//
// Failing: a read that is answered 502, 503 or 504 is sent once more, a moment later. A write never is.
//
// Storing: an answer with an ETag is kept, and a 304 becomes the stored answer with X-From-Cache: 1, which go-github knows.
type transport struct {
	base  *url.URL
	token string
	next  http.RoundTripper
	now   func() time.Time
	meter bot.Meter
	cache *cache
	gate  gate
}

func newTransport(base *url.URL, token string, now func() time.Time, meter bot.Meter) *transport {
	next := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
	}
	return &transport{base: base, token: token, next: next, now: now, meter: meter, cache: newCache(cacheBytes)}
}

// RoundTrip sends one request. The whole answer is in memory when it returns.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.base.Scheme || req.URL.Host != t.base.Host {
		closeBody(req)
		return nil, errors.New("github: refused to send a request to another host")
	}
	if err := t.gate.wait(req.Context(), t.now, maxWait); err != nil {
		closeBody(req)
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+t.token)
	key := req.URL.String() + "\n" + req.Header.Get("Accept")
	var stored *answer
	if req.Method == http.MethodGet {
		if stored = t.cache.get(key); stored != nil {
			req.Header.Set("If-None-Match", stored.header.Get("ETag"))
		}
	}
	resp, err := t.send(req)
	if err != nil {
		return nil, err
	}
	return t.receive(resp, key, stored)
}

// send sends a request, and a read once more when GitHub fails for a moment.
func (t *transport) send(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil || req.Method != http.MethodGet || resp.Header.Get("Retry-After") != "" {
		return resp, err
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if sleep(req.Context(), readAgain) != nil {
			return resp, nil
		}
		resp.Body.Close()
		return t.next.RoundTrip(req)
	}
	return resp, nil
}

// receive reads the answer and decides what it means for the gate and the cache.
func (t *transport) receive(resp *http.Response, key string, stored *answer) (*http.Response, error) {
	body, err := readBody(resp)
	if err != nil {
		return nil, err
	}
	t.gate.observe(resp.Header, t.now())
	if limit := t.gate.limited(resp, body, t.now()); limit != nil {
		t.meter.Add("rate_limited_total", 1, "api", "github", "method", resp.Request.Method)
		return nil, limit
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && stored != nil:
		return stored.response(resp), nil
	case resp.StatusCode == http.StatusOK && resp.Request.Method == http.MethodGet && resp.Header.Get("ETag") != "":
		t.cache.put(key, &answer{header: resp.Header.Clone(), body: body})
	}
	return resp, nil
}

// readBody replaces the answer's body by its content, so that the connection is free again.
func readBody(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read github's answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("github's answer is longer than %d bytes", maxBody)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// closeBody does what RoundTrip owes a request that is not sent.
func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// sameHost follows redirects (a renamed repository) on the same host only.
func sameHost(req *http.Request, via []*http.Request) error {
	if req.URL.Scheme != via[0].URL.Scheme || req.URL.Host != via[0].URL.Host {
		return errors.New("github redirects to another host")
	}
	if len(via) >= 5 {
		return errors.New("github redirects in circles")
	}
	return nil
}

// loopback reports whether a host name without port means this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// A LimitError says that GitHub takes no more requests with this token until a time.
type LimitError struct {
	Until     time.Time // by this machine's clock
	Secondary bool      // too fast, as opposed to too many in the hour
}

// Error says which limit it is and when it ends.
func (e *LimitError) Error() string {
	kind := "rate limit"
	if e.Secondary {
		kind = "secondary rate limit"
	}
	return fmt.Sprintf("github %s until %s", kind, e.Until.UTC().Format(time.RFC3339))
}

// Outcome tells the bot that nothing was written, and when something may be.
func (e *LimitError) Outcome() (o bot.Outcome, after time.Duration) {
	return bot.NotShown, time.Until(e.Until)
}

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

// retryAfter reads Retry-After, in seconds or as a date by GitHub's clock; 0 when there is none that lies ahead.
func retryAfter(h http.Header, server time.Time) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(n, int(longestWait/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(server)
	}
	return 0
}

// saysSecondary reports whether the body of a 403 blames a secondary limit, which GitHub also did under the name of abuse.
func saysSecondary(body []byte) bool {
	var e struct {
		Message string `json:"message"`
		Docs    string `json:"documentation_url"`
	}
	if json.Unmarshal(body, &e) != nil {
		return false
	}
	return strings.HasSuffix(e.Docs, "secondary-rate-limits") || strings.HasSuffix(e.Docs, "#abuse-rate-limits") ||
		strings.Contains(strings.ToLower(e.Message), "secondary rate limit")
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
