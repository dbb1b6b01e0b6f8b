package github

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// appServer is GitHub for an App without a network, so that time can be faked. Its tokens are named by the installation and a number.
type appServer struct {
	mu      sync.Mutex
	skew    time.Duration              // of its clock
	fail    map[string]int             // statuses by "METHOD path"
	seen    []string                   // "METHOD path token"
	respond func(path string) []string // headers for what is asked with a token
}

func (a *appServer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	now := time.Now().Add(a.skew)
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	head := []string{"Date", now.UTC().Format(http.TimeFormat), "Content-Type", "application/json"}
	path := r.URL.Path
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if !timely(parts[1], now) {
			return reply(r, 401, `{"message":"'Issued at' claim ('iat') must be an Integer"}`, head...), nil
		}
		token = "jwt"
	}
	a.seen = append(a.seen, r.Method+" "+path+" "+token)
	if code := a.fail[r.Method+" "+path]; code != 0 {
		return reply(r, code, `{"message":"no"}`, head...), nil
	}
	owner := strings.Split(path+"///", "/")[2]
	switch {
	case strings.HasSuffix(path, "/installation"):
		return reply(r, 200, fmt.Sprintf(`{"id":%d}`, len(owner)), head...), nil
	case strings.HasSuffix(path, "/access_tokens"):
		text := fmt.Sprintf(`{"token":"ghs_%s_%d","expires_at":%q}`, strings.Split(path, "/")[3], len(a.seen), now.Add(time.Hour).Format(time.RFC3339))
		return reply(r, 201, text, head...), nil
	}
	if a.respond != nil {
		head = append(head, a.respond(path)...)
	}
	return reply(r, 200, `{"id":1,"number":12}`, head...), nil
}

// timely holds the times of a JWT against GitHub's rules.
func timely(claims string, now time.Time) bool {
	var c struct{ Iat, Exp int64 }
	raw, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return false
	}
	return c.Iat <= now.Unix() && c.Exp > now.Unix() && c.Exp <= now.Add(10*time.Minute).Unix()
}

// log returns what was asked since the last call.
func (a *appServer) log() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.seen
	a.seen = nil
	return seen
}

func (a *appServer) client(t *testing.T, change func(*Options)) *Client {
	t.Helper()
	o := Options{App: &AppOptions{ID: 5, Key: testKeyPEM()}, Repos: []string{"octo/widgets"}, PollShare: 1, Pace: time.Nanosecond}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append(c.wires.each(), c.app.wire) {
		w.next = a
	}
	return c
}

func mustPull(t *testing.T, c *Client, owner string) {
	t.Helper()
	if _, _, err := c.api.PullRequests.Get(t.Context(), owner, "widgets", 12); err != nil {
		t.Error(c.fail("pull", err))
	}
}

// Tokens are renewed five minutes early; while that fails, the old one is used to its end.
func TestAppTokensAreRenewed(t *testing.T) {
	testKeyPEM()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
		a := &appServer{fail: map[string]int{}}
		c := a.client(t, nil)
		asked := func(want int, what string) {
			t.Helper()
			mustPull(t, c, "octo")
			if got := count(a.log(), "access_tokens"); got != want {
				t.Errorf("%s: %d tokens asked for, want %d", what, got, want)
			}
		}
		asked(1, "first")
		time.Sleep(54 * time.Minute)
		asked(0, "six minutes before the end")
		a.fail["POST /app/installations/4/access_tokens"] = 502
		time.Sleep(2 * time.Minute)
		asked(1, "four minutes before the end, failing")
		asked(0, "right after a failure")
		time.Sleep(renewAgain)
		asked(1, "half a minute after a failure")
		delete(a.fail, "POST /app/installations/4/access_tokens")
		time.Sleep(renewAgain)
		asked(1, "when it works again")
		asked(0, "with the new one")
	})
}

// GitHub's clock may be far from this machine's: the first JWT is refused, and the next one is by GitHub's clock.
func TestAppWithWrongClock(t *testing.T) {
	testKeyPEM()
	for _, skew := range []time.Duration{-50 * time.Second, 50 * time.Second, -2 * time.Hour, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			a := &appServer{skew: skew}
			mustPull(t, a.client(t, nil), "octo")
		})
	}
}

// A token that is refused is renewed once. When the next one is refused as well, that is the answer.
func TestAppTokenIsRefused(t *testing.T) {
	testKeyPEM()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
		a := &appServer{fail: map[string]int{"GET /repos/octo/widgets/pulls/12": 401}}
		c := a.client(t, nil)
		_, _, err := c.api.PullRequests.Get(t.Context(), "octo", "widgets", 12)
		if seen := a.log(); status(c.fail("x", err)) != 401 || count(seen, "access_tokens") != 2 || count(seen, "/pulls/12") != 2 {
			t.Errorf("error %v after\n%s", err, strings.Join(seen, "\n"))
		}
	})
}

// Repositories of several owners are reached by an installation each, with budgets of their own; a renamed one by that of its old name.
func TestAppAtSeveralOwners(t *testing.T) {
	testKeyPEM()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
		a := &appServer{fail: map[string]int{"GET /repos/Octo/gone/installation": 404}}
		a.respond = func(path string) []string {
			switch {
			case strings.HasPrefix(path, "/repos/acme-inc/"):
				return []string{"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix())}
			}
			return []string{"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4000"}
		}
		c := a.client(t, func(o *Options) { o.Repos = []string{"Octo/gone", "octo/widgets", "acme-inc/widgets"} })
		for range 2 {
			mustPull(t, c, "octo")
			mustPull(t, c, "acme-inc")
		}
		seen := a.log()
		if got := count(seen, "access_tokens"); got != 2 {
			t.Errorf("%d tokens asked for, want 2:\n%s", got, strings.Join(seen, "\n"))
		}
		for _, line := range seen {
			owner := strings.Split(line, "/")[2]
			if id := fmt.Sprintf(" ghs_%d_", len(owner)); strings.Contains(line, "/pulls/") && !strings.Contains(line, id) {
				t.Errorf("%s: want a token of %s", line, id)
			}
		}
		if l := c.Stats().Limit; l.Remaining != 0 {
			t.Errorf("limit %+v, want that of the installation that is worst off", l)
		}
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://api.github.com/repositories/7/pulls/12", nil)
		before, _ := http.NewRequestWithContext(t.Context(), "GET", "https://api.github.com/repos/OCTO/widgets/pulls/12", nil)
		req.Response = &http.Response{Request: before}
		if resp, err := c.wires.RoundTrip(req); err != nil || resp.StatusCode != 200 || count(a.log(), " ghs_4_") != 1 {
			t.Errorf("a renamed repository: %v, %v", resp, err)
		}
		if _, err := get(t, c.wires, "https://api.github.com/repos/stranger/widgets"); err == nil || len(a.log()) != 0 {
			t.Errorf("another owner: %v, want an error without asking", err)
		}
	})
	_, err := New(Options{App: &AppOptions{ID: 5, Installation: 9, Key: testKeyPEM()}, Repos: []string{"octo/widgets", "acme/gears"}})
	if err == nil || !strings.Contains(err.Error(), "an installation is of one owner") {
		t.Errorf("one installation for two owners: %v", err)
	}
}

// Whoever gives up does not take the token from the others who wait for it.
func TestAppTokenOutlivesItsAsker(t *testing.T) {
	testKeyPEM()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
		a := &appServer{}
		c := a.client(t, nil)
		release := make(chan struct{})
		c.app.wire.next = roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case <-release:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return a.RoundTrip(r)
		})
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() { _, _, err := c.api.PullRequests.Get(ctx, "octo", "widgets", 12); first <- err }()
		synctest.Wait()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { mustPull(t, c, "octo") })
		}
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		close(release)
		wg.Wait()
		if got := count(a.log(), "access_tokens"); got != 1 {
			t.Errorf("%d tokens asked for, want 1", got)
		}
	})
}

// Neither the key nor a token is in an error or the log, whatever a server repeats.
func TestAppSecretsAreNeverTold(t *testing.T) {
	t.Parallel()
	line := strings.Split(testKeyPEM(), "\n")[3]
	var logged bytes.Buffer
	var secrets []string
	a := &appServer{}
	c := a.client(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	hostile := roundTripper(func(r *http.Request) (*http.Response, error) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		secrets = append(secrets, token)
		if strings.HasSuffix(r.URL.Path, "/installation") || strings.HasSuffix(r.URL.Path, "/access_tokens") && len(secrets) < 9 {
			return a.RoundTrip(r)
		}
		return reply(r, []int{400, 401, 403, 422, 500}[len(secrets)%5], fmt.Sprintf(`{"message":"%s %s"}`, token, line)), nil
	})
	for _, w := range append(c.wires.each(), c.app.wire) {
		w.next = hostile
	}
	for range 20 {
		for name, call := range everyCall() {
			err := call(t.Context(), c)
			for _, secret := range append(secrets, line, "ghs_4_") {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
					t.Fatalf("%s: the error has %s: %s", name, secret, text)
				}
				if strings.Contains(logged.String(), secret) {
					t.Fatalf("%s: the log has %s: %s", name, secret, logged.String())
				}
			}
		}
	}
	if len(secrets) < 20 {
		t.Errorf("only %d requests", len(secrets))
	}
}
