package slack

import (
	"io"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

const (
	maxRetries  = 10               // calls repeated because of a rate limit, as long as the context allows
	maxAnswer   = 16 << 20         // bytes of an answer
	callTime    = 15 * time.Second // for one HTTP exchange
	maxLimited  = 5 * time.Minute  // longest pause that a rate limit is believed to ask for
	someLimited = 5 * time.Second  // pause when Slack does not say how long
)

func newHTTPTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.ResponseHeaderTimeout = callTime
	return t
}

// newHTTPClient returns the client for the Web API. It follows no redirects: the token is in the request and is for one host.
func newHTTPClient(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     &carefulTransport{t},
		Timeout:       callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A carefulTransport bounds answers and gives every 429 a Retry-After in whole seconds, whatever the server sent.
type carefulTransport struct{ next http.RoundTripper }

func (t *carefulTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = boundedBody{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	if resp.StatusCode == http.StatusTooManyRequests {
		wait := limitedFor(resp.Header.Get("Retry-After"), time.Now())
		resp.Header.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	return resp, nil
}

type boundedBody struct {
	io.Reader
	io.Closer
}

// limitedFor reads a Retry-After header (RFC 9110, section 10.2.3): seconds or a date. It is at least a second and at most maxLimited.
func limitedFor(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	wait := someLimited
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && !math.IsNaN(seconds) {
		wait = time.Duration(min(max(seconds, 1), maxLimited.Seconds()) * float64(time.Second))
	} else if date, err := http.ParseTime(header); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, time.Second), maxLimited)
}

// A rateLimitHandler repeats a call that Slack refused with 429, after the pause it asked for, if the context lives that long. Nothing else
// is repeated: after a lost connection nobody knows whether the call was carried out.
type rateLimitHandler struct{}

// ShouldRetry implements slack.RetryHandler.
func (rateLimitHandler) ShouldRetry(state *slack.RetryState, req *http.Request, resp *http.Response, _ error) (bool, time.Duration) {
	if resp == nil || resp.StatusCode != http.StatusTooManyRequests || state.Attempt >= state.MaxRetries ||
		path.Base(req.URL.Path) == openMethod { // whoever opens sockets counts the calls
		return false, 0
	}
	wait := limitedFor(resp.Header.Get("Retry-After"), time.Now())
	if until, ok := req.Context().Deadline(); ok && time.Until(until) < wait {
		return false, 0
	}
	return true, wait
}
