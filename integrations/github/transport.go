package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
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

// A transport is one way to GitHub under go-github, an http.RoundTripper. It adds the token, revalidates what it has stored, and stands still while GitHub's
// limits do not let requests through. Redirects to other hosts are refused, and the token is sent to one host only.
//
// Limits: 403 or 429 with Retry-After, with X-RateLimit-Remaining: 0, or saying that a secondary limit was met, becomes a *LimitError, and
// so does every request until the limit ends, without reaching GitHub: where searching or GraphQL has used up what is its own, only those. A limit
// that ends within two seconds is waited for instead.
//
// Failing: a read that is answered 502, 503 or 504 is sent once more, a moment later. A write never is. What is answered 401 is sent once more
// with another token, if there is one: then nothing has happened.
//
// Storing: an answer with an ETag is kept, and a 304 becomes the stored answer with X-From-Cache: 1, which go-github knows.
type transport struct {
	base   *url.URL
	tokens tokenSource
	next   http.RoundTripper
	now    func() time.Time
	meter  bot.Meter
	cache  *cache
	gate   gate
	polls  *budget
}

func newTransport(base *url.URL, tokens tokenSource, now func() time.Time, meter bot.Meter, share float64) *transport {
	next := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
	}
	t := &transport{base: base, tokens: tokens, next: next, now: now, meter: meter, cache: newCache(cacheBytes)}
	t.polls = newBudget(&t.gate, now, share)
	return t
}

// RoundTrip sends one request. The whole answer is in memory when it returns.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.base.Scheme || req.URL.Host != t.base.Host {
		closeBody(req)
		return nil, errors.New("github: refused to send a request to another host")
	}
	if err := t.gate.wait(req.Context(), ownLimit(t.base, req.URL), t.now, maxWait); err != nil {
		closeBody(req)
		return nil, err
	}
	token, err := t.tokens.token(req.Context())
	if err != nil {
		closeBody(req)
		return nil, err
	}
	req = withToken(req, token)
	key := req.URL.String() + "\n" + req.Header.Get("Accept")
	var stored *answer
	if req.Method == http.MethodGet {
		if stored = t.cache.get(key); stored != nil {
			req.Header.Set("If-None-Match", stored.header.Get("ETag"))
		}
	}
	resp, err := t.send(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		resp, err = t.sendRenewed(req, resp, token)
	}
	if err != nil {
		return nil, err
	}
	return t.receive(resp, key, stored)
}

func withToken(req *http.Request, token string) *http.Request {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

// sendRenewed sends a request once more after its token was refused. It returns the refusal when there is no other token.
func (t *transport) sendRenewed(req *http.Request, refusal *http.Response, token string) (*http.Response, error) {
	var body io.ReadCloser
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return refusal, nil
		}
		var err error
		if body, err = req.GetBody(); err != nil {
			return refusal, nil
		}
	}
	t.gate.observe(refusal.Header, t.now()) // it may be this machine's clock that is refused
	next, err := t.tokens.renew(req.Context(), token)
	if err == nil && next == "" {
		return refusal, nil
	}
	refusal.Body.Close()
	if err != nil {
		return nil, err
	}
	req = withToken(req, next)
	req.Body = body
	return t.send(req)
}

// send sends a request, and a read once more when GitHub fails for a moment.
func (t *transport) send(req *http.Request) (*http.Response, error) {
	resp, err := t.once(req)
	if err != nil || !t.reads(req) || resp.Header.Get("Retry-After") != "" {
		return resp, err
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if sleep(req.Context(), readAgain) != nil {
			return resp, nil
		}
		if req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return resp, nil
			}
			req = req.Clone(req.Context())
			req.Body = body
		}
		resp.Body.Close()
		return t.once(req)
	}
	return resp, nil
}

// reads reports whether a request changes nothing. What GraphQL is sent are queries only.
func (t *transport) reads(req *http.Request) bool {
	return req.Method == http.MethodGet || ownLimit(t.base, req.URL) == "graphql"
}

func (t *transport) once(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		t.charge(req.Context(), resp)
	}
	return resp, err
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
