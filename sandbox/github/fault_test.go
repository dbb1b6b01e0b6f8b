package github_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

// startBare is start without checks, which would buffer the answers.
func startBare(t testing.TB, o github.Options) *bench {
	t.Helper()
	return serve(t, o, func(_ testing.TB, h http.Handler) http.Handler { return h })
}

func TestLostAndSlowAnswers(t *testing.T) {
	t.Parallel()
	b := startBare(t, github.Options{Repo: widgets(t).dir, NoLimits: true})
	const slow = 40 * time.Millisecond
	for _, tt := range []struct {
		name     string
		fault    github.Fault
		ok, done bool
	}{
		{"slow", github.Fault{Delay: slow}, true, true},
		{"lost", github.Fault{After: true}, false, true},
		{"slow, then lost", github.Fault{After: true, Delay: slow}, false, true},
		{"done, and 502", github.Fault{After: true, Status: 502}, false, true},
		{"truncated", github.Fault{Truncate: true}, false, true},
		{"refused", github.Fault{Status: 403, Headers: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}}, false, false},
		{"secondary", github.Fault{Status: 403, Headers: map[string]string{"Retry-After": "1"}, Body: `{"message":"You have exceeded a secondary rate limit"}`}, false, false},
		{"half of the JSON", github.Fault{Status: 201, After: true, Body: `{"id":1`}, false, true},
	} {
		before := len(b.bodies(nil))
		tt.fault.Method = "POST"
		b.server.Inject(tt.fault)
		began := time.Now()
		_, _, err := b.as(github.BotToken()).Issues.CreateComment(t.Context(), b.owner, b.repo, 2, &gh.IssueComment{Body: new("x")})
		late := time.Since(began) >= tt.fault.Delay
		if done := len(b.bodies(nil)) > before; (err == nil) != tt.ok || done != tt.done || !late {
			t.Errorf("%s: %v, done %v, late %v", tt.name, err, done, late)
		}
	}
}

func TestFaultsSkipAndWait(t *testing.T) {
	t.Parallel()
	b := startBare(t, github.Options{Repo: widgets(t).dir})
	b.control(200, "POST", "fault", map[string]any{"path_contains": "/user", "status": 500, "skip": 2}, nil)
	for i, want := range []int{200, 200, 500, 200} {
		if resp, _ := b.send("GET", "/api/v3/user", ""); resp.StatusCode != want {
			t.Errorf("request %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	b.control(200, "POST", "fault", map[string]any{"method": "POST", "delay_ms": 3_600_000}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := b.client.Issues.CreateComment(ctx, b.owner, b.repo, 2, &gh.IssueComment{Body: new("x")}); err == nil {
		t.Error("got an answer")
	}
	if n := len(b.bodies(nil)); n != 0 {
		t.Errorf("%d comments of a caller who did not wait, want none", n)
	}
}
