package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// What GitHub's refusals mean, and whether a second request reaches the server.
func TestLimits(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	const permission = `{"message":"Resource not accessible by integration"}`
	const secondary = `{"message":"You have exceeded a secondary rate limit","documentation_url":"https://docs.github.com/x#abuse-rate-limits"}`
	tests := []struct {
		name      string
		status    int
		header    map[string]string
		body      string
		wait      time.Duration // until the limit ends; 0: no limit
		secondary bool
	}{
		{"primary, 403", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(10 * time.Minute)}, "{}", 10 * time.Minute, false},
		{"primary, 429", 429, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(10 * time.Minute)}, "{}", 10 * time.Minute, false},
		{"primary, reset unknown", 403, map[string]string{"X-RateLimit-Remaining": "0"}, "{}", time.Minute, false},
		{"primary, reset past", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(-time.Hour)}, "{}", time.Minute, false},
		{"primary, reset absurd", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(9999 * time.Hour)}, "{}", 61 * time.Minute, false},
		{"Retry-After wins", 403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": in(time.Hour), "Retry-After": "90"}, "{}", 90 * time.Second, false},
		{"Retry-After, 403", 403, map[string]string{"Retry-After": "30", "X-RateLimit-Remaining": "4000"}, "{}", 30 * time.Second, true},
		{"Retry-After, 429", 429, map[string]string{"Retry-After": "30"}, "{}", 30 * time.Second, true},
		{"Retry-After, a date", 429, map[string]string{"Retry-After": now.Add(3 * time.Minute).UTC().Format(http.TimeFormat)}, "{}", 3 * time.Minute, true},
		{"Retry-After, absurd", 429, map[string]string{"Retry-After": "99999999999"}, "{}", time.Hour, true},
		{"Retry-After, zero", 429, map[string]string{"Retry-After": "0"}, "{}", time.Minute, true},
		{"Retry-After, negative", 403, map[string]string{"Retry-After": "-5"}, secondary, time.Minute, true},
		{"Retry-After, no number", 429, map[string]string{"Retry-After": "soon"}, "{}", time.Minute, true},
		{"secondary, 403, words only", 403, nil, secondary, time.Minute, true},
		{"secondary, 429, words only", 429, nil, secondary, time.Minute, true},
		{"429 with nothing", 429, nil, "not json", time.Minute, true},
		{"permission", 403, map[string]string{"X-RateLimit-Remaining": "4000"}, permission, 0, false},
		{"403 with nothing", 403, nil, "<html>", 0, false},
		{"406 too large", 406, nil, `{"errors":[{"code":"too_large"}]}`, 0, false},
		{"500", 500, map[string]string{"Retry-After": "30"}, "", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.status("GET /repos/octo/widgets/pulls/12", tt.status, tt.header, tt.body)
			c := f.client(t, nil)
			_, _, err := c.snapshot(t.Context(), widget)
			raw := c.fail("x", func() error { _, _, err := c.api.PullRequests.Get(t.Context(), "octo", "widgets", 12); return err }())
			limit, limited := errors.AsType[*LimitError](raw)
			if err == nil || limited != (tt.wait > 0) {
				t.Fatalf("errors %v, then %v; want a limit: %v", err, raw, tt.wait > 0)
			}
			reached := count(f.log(), "/pulls/12")
			if want := map[bool]int{true: 1, false: 2}[limited]; reached != want {
				t.Errorf("%d requests reached the server, want %d", reached, want)
			}
			if !limited {
				return
			}
			// Counted from when the test began or from now, however long that was: clocks may differ by a few seconds.
			if until := limit.Until.Add(-tt.wait); until.Before(now.Add(-3*time.Second)) || until.After(time.Now().Add(3*time.Second)) {
				t.Errorf("limit ends in %v, want %v", time.Until(limit.Until), tt.wait)
			}
			if limit.Secondary != tt.secondary {
				t.Errorf("secondary = %v, want %v", limit.Secondary, tt.secondary)
			}
		})
	}
}

// roundTripper answers without a network, so that time can be faked.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func fakeTransport(t *testing.T, answer roundTripper) *transport {
	base, err := parseBase("")
	if err != nil {
		t.Fatal(err)
	}
	tr := newTransport(base, fixedToken(testToken), time.Now, bot.NoMeter{}, 1)
	tr.next = answer
	return tr
}

func reply(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func get(t *testing.T, rt http.RoundTripper, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rt.RoundTrip(r)
}

func TestSecondaryLimitDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := true
		tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
			if failing {
				return reply(r, 429, ""), nil
			}
			return reply(r, 200, "{}"), nil
		})
		meet := func() time.Duration {
			_, err := get(t, tr, "https://api.github.com/x")
			limit, ok := errors.AsType[*LimitError](err)
			if !ok {
				t.Fatalf("error %v, want a limit", err)
			}
			return time.Until(limit.Until)
		}
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			if got := meet(); got != want*time.Minute {
				t.Fatalf("limit of %v, want %v", got, want*time.Minute)
			}
			time.Sleep(want * time.Minute)
		}
		failing = false
		if _, err := get(t, tr, "https://api.github.com/x"); err != nil {
			t.Fatal(err)
		}
		failing = true
		if got := meet(); got != time.Minute {
			t.Errorf("after a success the limit is %v, want a minute", got)
		}
	})
}

func TestShortLimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				return reply(r, 403, "", "Retry-After", "2"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		if _, err := get(t, tr, "https://api.github.com/x"); err == nil {
			t.Fatal("no error for the limit itself")
		}
		start := time.Now()
		if _, err := get(t, tr, "https://api.github.com/x"); err != nil || time.Since(start) != 2*time.Second {
			t.Errorf("second request: error %v after %v, want none after 2s", err, time.Since(start))
		}
	})
}

// A read that fails for a moment is sent once more; a write, and a failure of another kind, is not.
func TestReadsAreSentAgain(t *testing.T) {
	for _, tt := range []struct {
		method  string
		answers []int
		again   string // Retry-After
		want    int
		calls   int
	}{
		{"GET", []int{502, 200}, "", 200, 2}, {"GET", []int{503, 504, 200}, "", 504, 2}, {"GET", []int{500, 200}, "", 500, 1},
		{"GET", []int{404, 200}, "", 404, 1}, {"GET", []int{503, 200}, "60", 503, 1}, {"POST", []int{502, 200}, "", 502, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
				calls++
				return reply(r, tt.answers[calls-1], "{}", "Retry-After", tt.again), nil
			})
			r, err := http.NewRequestWithContext(t.Context(), tt.method, "https://api.github.com/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.RoundTrip(r)
			if err != nil || resp.StatusCode != tt.want || calls != tt.calls {
				t.Errorf("%s answered %v: %v, %v after %d requests, want %d after %d", tt.method, tt.answers, resp, err, calls, tt.want, tt.calls)
			}
		})
	}
}

// A query of GraphQL is a read, though it is sent by POST.
func TestQueriesAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			sent = append(sent, string(body))
			return reply(r, map[bool]int{true: 502, false: 200}[len(sent) == 1], "{}"), err
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.github.com/graphql", strings.NewReader("query"))
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := tr.RoundTrip(r); err != nil || resp.StatusCode != 200 || !slices.Equal(sent, []string{"query", "query"}) {
			t.Errorf("%v, %v after %q", resp, err, sent)
		}
	})
}

// A renamed repository answers reads with 301 and writes with 307; both arrive, with all of their body.
func TestRenamedRepository(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	move := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", strings.Replace(r.URL.Path, "/repos/octo/widgets/", "/repositories/77/", 1))
			answerWith(w, status, `{"message":"Moved Permanently"}`)
		}
	}
	f.handle("GET /repos/octo/widgets/issues/12/comments", move(301))
	f.json("GET /repositories/77/issues/12/comments", []obj{})
	f.handle("POST /repos/octo/widgets/issues/12/comments", move(307))
	f.handle("POST /repositories/77/issues/12/comments", func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "**Hello**") || r.Header.Get("Authorization") != "Bearer "+testToken {
			t.Errorf("arrived: %q", body)
		}
		answerWith(w, 201, `{"id":900}`)
	})
	if ref := mustPost(t, NewPoster(f.client(t, nil)), place(12, ""), "", "k", bot.Reply{Title: "Hello"}); ref != "900" {
		t.Errorf("Post = %q, want the comment", ref)
	}
}

// The date that GitHub names is by its own clock, which may not be ours.
func TestLimitWithWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs := time.Now().Add(-20 * time.Minute)
		tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
			return reply(r, 403, "", "Date", theirs.UTC().Format(http.TimeFormat), "X-RateLimit-Remaining", "0", "X-RateLimit-Limit", "5000",
				"X-RateLimit-Reset", strconv.FormatInt(theirs.Add(5*time.Minute).Unix(), 10)), nil
		})
		_, err := get(t, tr, "https://api.github.com/x")
		if limit, ok := errors.AsType[*LimitError](err); !ok || time.Until(limit.Until).Round(time.Minute) != 5*time.Minute {
			t.Errorf("error %v, want a limit that ends in 5 minutes", err)
		}
		if tr.gate.low(time.Now()).IsZero() {
			t.Error("the budget counts as full")
		}
	})
}

// A budget is for an hour: a server that says otherwise does not silence the bot for longer.
func TestAbsurdReset(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 200, "{}", "X-RateLimit-Remaining", "1", "X-RateLimit-Limit", "5000", "X-RateLimit-Reset", strconv.FormatInt(now.Add(9999*time.Hour).Unix(), 10)), nil
	})
	if _, err := get(t, tr, "https://api.github.com/x"); err != nil {
		t.Fatal(err)
	}
	if wait := tr.gate.low(now).Sub(now); wait <= 0 || wait > longestWait+2*time.Minute {
		t.Errorf("the budget is renewed in %v, want about an hour at most", wait)
	}
}

func TestAnswersAreRevalidated(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	version := 1
	f.handle("GET /repos/octo/widgets/pulls/12", func(w http.ResponseWriter, r *http.Request) {
		tag := fmt.Sprintf(`"v%d"`, version)
		w.Header().Set("ETag", tag)
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", "1")
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		answerWith(w, 200, fmt.Sprintf(`{"number":12,"title":"v%d"}`, version))
	})
	c := f.client(t, nil)
	for i, want := range []struct {
		version int
		cached  string
	}{{1, ""}, {1, "1"}, {1, "1"}, {2, ""}, {2, "1"}} {
		version = want.version
		pr, resp, err := c.api.PullRequests.Get(t.Context(), "octo", "widgets", 12)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if got := resp.Header.Get("X-From-Cache"); got != want.cached || pr.GetTitle() != fmt.Sprintf("v%d", want.version) {
			t.Errorf("request %d: title %q, X-From-Cache %q, want v%d, %q", i, pr.GetTitle(), got, want.version, want.cached)
		}
	}
	if got := len(f.log()); got != 5 {
		t.Errorf("%d requests reached the server, want 5: every answer is revalidated", got)
	}
}

func TestAnswersAreKeptByAccept(t *testing.T) {
	t.Parallel()
	tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("If-None-Match") != "" {
			return reply(r, 304, ""), nil
		}
		return reply(r, 200, r.Header.Get("Accept"), "ETag", `"x"`), nil
	})
	for _, accept := range []string{"a", "b", "a", "b"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.github.com/x", nil)
		r.Header.Set("Accept", accept)
		resp, err := tr.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != accept {
			t.Errorf("Accept %s got the answer for %s", accept, body)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(100_000)
	put := func(key string, n int) { c.put(key, &answer{body: make([]byte, n)}) }
	put("huge", 30_000)
	if c.get("huge") != nil {
		t.Error("an answer larger than a quarter is kept")
	}
	put("used", 20_000)
	for i := range 50 {
		put(strconv.Itoa(i), 9_000)
		if c.get("used") == nil {
			t.Fatalf("the entry in use is dropped after %d others", i)
		}
		if c.size > c.max {
			t.Fatalf("%d bytes kept, at most %d are allowed", c.size, c.max)
		}
	}
	if c.get("0") != nil || c.get("49") == nil || len(c.entries) != c.order.Len() {
		t.Errorf("kept oldest %v, newest %v, %d entries in a list of %d", c.get("0") != nil, c.get("49") != nil, len(c.entries), c.order.Len())
	}
	put("49", 10)
	if got := len(c.get("49").body); got != 10 {
		t.Errorf("a replaced answer has %d bytes, want 10", got)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
		resp := reply(r, 200, "")
		resp.Body = io.NopCloser(io.LimitReader(zeros{}, maxBody+1))
		return resp, nil
	})
	if _, err := get(t, tr, "https://api.github.com/x"); err == nil {
		t.Error("an answer without end is read")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestTokenStaysOnItsHost(t *testing.T) {
	t.Parallel()
	other := newFake(t)
	other.json("GET /repositories/77/pulls/12", `{"number":12}`)
	f := newFake(t)
	f.handle("GET /repos/octo/widgets/pulls/12", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/api/v3/repositories/77/pulls/12", http.StatusMovedPermanently)
	})
	f.handle("GET /repos/octo/widgets/pulls/13", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/v3/repositories/77/pulls/13", http.StatusMovedPermanently)
	})
	f.json("GET /repositories/77/pulls/13", `{"number":13,"title":"renamed"}`)
	c := f.client(t, nil)
	if _, err := c.Pull(t.Context(), widget); err == nil {
		t.Error("a redirect to another host is followed")
	}
	if got := other.log(); len(got) != 0 {
		t.Errorf("the other host was asked %v", got)
	}
	pr, err := c.Pull(t.Context(), Ref{"octo", "widgets", 13})
	if err != nil || pr.Title != "renamed" {
		t.Errorf("a renamed repository: %v, %v, want the pull request", pr.Title, err)
	}
	if _, err := get(t, c.wires, other.URL+"/api/v3/x"); err == nil || len(other.log()) != 0 {
		t.Errorf("a request to another host: error %v, want one before it is sent", err)
	}
}

// Searching and GraphQL have limits of their own: nothing else waits for them, and they wait for nothing else's. The clock is an hour slow.
func TestLimitsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, left := map[string]int{}, map[string]string{"core": "4000", "search": "0", "graphql": "0"}
		tr := fakeTransport(t, func(r *http.Request) (*http.Response, error) {
			server, resource, status, until := time.Now().Add(time.Hour), "core", 200, time.Hour
			switch {
			case strings.HasPrefix(r.URL.Path, "/search/"):
				resource, status, until = "search", 403, time.Minute
			case r.URL.Path == "/graphql": // says so with 200
				resource, until = "graphql", 20*time.Minute
			}
			asked[resource]++
			if left[resource] != "0" {
				status = 200
			}
			return reply(r, status, "{}", "Date", server.UTC().Format(http.TimeFormat), "X-RateLimit-Resource", resource, "X-RateLimit-Limit", "5000",
				"X-RateLimit-Remaining", left[resource], "X-RateLimit-Reset", strconv.FormatInt(server.Add(until).Unix(), 10)), nil
		})
		const at = "https://api.github.com/"
		refused := func(path string, want time.Duration) {
			t.Helper()
			_, err := get(t, tr, at+path)
			limit, ok := errors.AsType[*LimitError](err)
			if !ok || time.Until(limit.Until).Round(time.Minute) != want || limit.Secondary {
				t.Errorf("%s: %v, want a limit that ends in %v", path, err, want)
			}
		}
		given := func(path string) {
			t.Helper()
			if _, err := get(t, tr, at+path); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		given("repos/octo/widgets")
		refused("search/issues", time.Minute)
		refused("search/issues", time.Minute)
		given("graphql")
		refused("graphql", 20*time.Minute)
		given("repos/octo/widgets")
		if asked["search"] != 1 || asked["graphql"] != 1 || asked["core"] != 2 {
			t.Errorf("asked %v", asked)
		}
		time.Sleep(time.Minute + time.Second)
		left["search"] = "29"
		given("search/issues")
		given("search/issues")
		refused("graphql", 19*time.Minute)
	})
}
