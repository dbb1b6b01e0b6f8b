package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
)

const (
	testToken = "ghp_planted" + "SecretToken0123456789"
	testKey   = "0123456789abcdef0123456789abcdef"
)

// A fake is a server with answers for a few paths, which remembers what it was asked.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	routes  map[string]http.HandlerFunc // by "METHOD /path" below /api/v3
	asked   []string                    // "METHOD /path?query"
	headers []http.Header
}

func newFake(t *testing.T) *fake {
	f := &fake{routes: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v3")
		f.mu.Lock()
		f.asked = append(f.asked, strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?"))
		f.headers = append(f.headers, r.Header.Clone())
		h := f.routes[r.Method+" "+path]
		f.mu.Unlock()
		if h == nil {
			answerWith(w, http.StatusNotFound, `{"message":"Not Found"}`)
			return
		}
		h(w, r)
	}))
	t.Cleanup(f.Close)
	f.json("GET /user", `{"login":"shipmate[bot]","type":"Bot"}`)
	f.json("GET /repos/octo/widgets", `{"id":77,"full_name":"octo/widgets","private":false}`)
	return f
}

func answerWith(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func (f *fake) handle(route string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.routes[route] = h
}

// json answers route with a value: a string is the body itself.
func (f *fake) json(route string, v any) {
	body, ok := v.(string)
	if !ok {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		body = string(data)
	}
	f.handle(route, func(w http.ResponseWriter, _ *http.Request) { answerWith(w, http.StatusOK, body) })
}

// status answers route with an error.
func (f *fake) status(route string, code int, header map[string]string, body string) {
	f.handle(route, func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		answerWith(w, code, body)
	})
}

// log returns what was asked since the last call, and forgets it.
func (f *fake) log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

// snapshotLog returns what was asked since log was called.
func (f *fake) snapshotLog() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// client makes a client of the fake; change may alter its options.
func (f *fake) client(t *testing.T, change func(*Options)) *Client {
	t.Helper()
	o := Options{
		BaseURL: f.URL + "/api/v3/", Token: testToken, Login: "shipmate[bot]", Repos: []string{"octo/widgets"}, MarkerKey: []byte(testKey),
		Poll: 5 * time.Millisecond, Pace: time.Nanosecond, PollShare: 1,
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return c
}

// widget is the pull request that most tests are about.
var widget = Ref{Owner: "octo", Repo: "widgets", Number: 12}

// obj is a JSON object.
type obj = map[string]any

// pull is GitHub's answer about widget, with changes.
func pull(changes obj) obj {
	p := obj{
		"number": 12, "title": "Add a parser", "body": "", "state": "open", "user": obj{"login": "ada", "type": "User"},
		"html_url": "https://github.com/octo/widgets/pull/12", "additions": 3, "deletions": 1, "changed_files": 1, "commits": 1,
		"head": obj{"ref": "parser", "sha": "aaaa000000000000000000000000000000000000", "repo": obj{"full_name": "octo/widgets"}},
		"base": obj{"ref": "main", "sha": "bbbb000000000000000000000000000000000000", "repo": obj{"full_name": "octo/widgets"}},
	}
	maps.Copy(p, changes)
	return p
}

// query reads the query of a logged request.
func query(t *testing.T, request string) url.Values {
	t.Helper()
	_, raw, _ := strings.Cut(request, "?")
	v, err := url.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// count returns how many requests contain a text.
func count(requests []string, text string) int {
	return len(slices.DeleteFunc(slices.Clone(requests), func(r string) bool { return !strings.Contains(r, text) }))
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// runSource lets a source run until the test ends.
func runSource(t *testing.T, s bot.Source, e *ear) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx, e.accept) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// A counter is a meter that remembers.
type counter struct {
	bot.NoMeter
	mu     sync.Mutex
	counts map[string]int // by name and labels, with spaces between
}

func (c *counter) Add(name string, n int, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[strings.Join(append([]string{name}, labels...), " ")] += n
}

func (c *counter) of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[name]
}
