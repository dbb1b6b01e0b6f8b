package github_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
	"shipmate/sandbox/openapitest"
)

// A bench is a stand-in that serves on loopback, and the real SDK as its client.
type bench struct {
	t      testing.TB
	server *github.Server
	url    string // without a slash at the end
	owner  string
	repo   string
	client *gh.Client // with the bot's token
}

// start serves a repository. Every exchange of client is held to GitHub's
// description.
func start(t testing.TB, o github.Options) *bench {
	t.Helper()
	return serve(t, o, openapitest.Validate)
}

// startLax is start for tests that send wrong requests.
func startLax(t testing.TB, o github.Options) *bench {
	t.Helper()
	return serve(t, o, openapitest.ValidateAnswers)
}

func serve(t testing.TB, o github.Options, validate func(testing.TB, http.Handler) http.Handler) *bench {
	t.Helper()
	s, err := github.New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(validate(t, s.Handler()))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		web.Close()
	})
	owner, repo, _ := strings.Cut(s.Repository(), "/")
	b := &bench{t: t, server: s, url: web.URL, owner: owner, repo: repo}
	b.client = b.as(github.BotToken())
	return b
}

// as returns a client with the given token.
func (b *bench) as(token string) *gh.Client {
	b.t.Helper()
	c, err := gh.NewClient(nil).WithAuthToken(token).WithEnterpriseURLs(b.url, b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// send makes one request with the bot's token and returns the answer, whose body
// was read, and the body.
func (b *bench) send(method, path, body string, header ...string) (*http.Response, []byte) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+github.BotToken())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // redirects are not followed
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, got
}

// control calls the control API, expects status, and decodes the answer into v
// unless v is nil.
func (b *bench) control(status int, method, path string, in, v any) {
	b.t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			b.t.Fatal(err)
		}
	}
	resp, got := b.send(method, "/control/github/"+path, string(body))
	if resp.StatusCode != status {
		b.t.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, status, got)
	}
	if v != nil {
		if err := json.Unmarshal(got, v); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, got)
		}
	}
}

// must fails the test on an error and returns the value.
func must[T any](t testing.TB) func(v T, _ *gh.Response, err error) T {
	return func(v T, _ *gh.Response, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
