package slack

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
)

// postBurst is how many messages may follow each other in a channel before they are paced
// (https://docs.slack.dev/apis/web-api/rate-limits: one a second and channel, short bursts are tolerated).
const postBurst = 3

// A pace spaces out what is written in each channel, or what is asked of each method.
type pace struct {
	every time.Duration // less than 0: no limit
	burst int           // how many may follow each other at once

	mu    sync.Mutex
	next  map[string]time.Time // when the channel's allowance is full again
	ahead map[string]int       // messages that were waited for and are not written yet
}

// Pace implements bot.Pacer.
func (c *Client) Pace(ctx context.Context, to bot.Place) error {
	if c.pace.every < 0 {
		return ctx.Err()
	}
	if err := c.pace.wait(ctx, to.Channel); err != nil {
		return err
	}
	c.pace.mu.Lock()
	defer c.pace.mu.Unlock()
	if c.pace.ahead == nil {
		c.pace.ahead = map[string]int{}
	}
	c.pace.ahead[to.Channel]++
	return nil
}

// paid takes back a message that was waited for; false when there is none.
func (p *pace) paid(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ahead[channel] == 0 {
		return false
	}
	if p.ahead[channel]--; p.ahead[channel] == 0 {
		delete(p.ahead, channel)
	}
	return true
}

// wait waits until one more may go to a channel or a method, or returns ctx's error.
func (p *pace) wait(ctx context.Context, channel string) error {
	if p.every < 0 {
		return ctx.Err()
	}
	if !sleep(ctx, p.take(channel, time.Now())) {
		return ctx.Err()
	}
	return nil
}

// take counts one more and returns how long it has to wait.
func (p *pace) take(channel string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == nil || len(p.next) >= maxCached {
		p.next = map[string]time.Time{}
	}
	full := p.next[channel]
	if full.Before(now) {
		full = now
	}
	full = full.Add(p.every)
	p.next[channel] = full
	return full.Sub(now) - time.Duration(p.burst)*p.every
}

// limitedMethods are the methods that Slack wants to be left alone for a while. The zero value is ready.
type limitedMethods struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// set notes that a method is limited for d from now.
func (l *limitedMethods) set(method string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= maxCached {
		l.until = map[string]time.Time{}
	}
	if until := time.Now().Add(d); until.After(l.until[method]) {
		l.until[method] = until
	}
}

// left is how long a method is still limited.
func (l *limitedMethods) left(method string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.until[method])
}

// A limitedTransport answers calls of a method that Slack wants left alone as Slack would, so that those beside the one that was told do not ask
// in vain.
type limitedTransport struct {
	next    http.RoundTripper
	methods *limitedMethods
	meter   bot.Meter
}

func (t *limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	method := path.Base(r.URL.Path)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		method = "upload" // its address is a key
	}
	if wait := t.methods.left(method); wait > 0 {
		if r.Body != nil {
			r.Body.Close()
		}
		return &http.Response{
			Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Retry-After": {strconv.FormatFloat(wait.Seconds(), 'f', 3, 64)}}, Body: http.NoBody, Request: r,
		}, nil
	}
	resp, err := t.next.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		t.meter.Add("rate_limited_total", 1, "api", "slack", "method", method)
		t.methods.set(method, limitedFor(resp.Header.Get("Retry-After"), time.Now()))
	}
	return resp, err
}
