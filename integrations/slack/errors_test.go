package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"shipmate/bot"
)

func TestErrorsAreClassified(t *testing.T) {
	t.Parallel()
	slackError := func(code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"ok":false,"error":%q}`, code) }
	}
	status := func(n int, header string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(n)
			io.WriteString(w, "<html>")
		}
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		class  Class
	}{
		"channel_not_found": {slackError("channel_not_found"), Permanent},
		"is_archived":       {slackError("is_archived"), Permanent},
		"msg_too_long":      {slackError("msg_too_long"), Permanent},
		"missing_scope":     {slackError("missing_scope"), Permanent},
		"ekm_access_denied": {slackError("ekm_access_denied"), Permanent},
		"ratelimited":       {slackError("ratelimited"), Temporary},
		"internal_error":    {slackError("internal_error"), Ambiguous},
		"token_revoked":     {slackError("token_revoked"), Fatal},
		"account_inactive":  {slackError("account_inactive"), Fatal},
		"HTTP 500":          {status(500, ""), Ambiguous},
		"HTTP 404":          {status(404, ""), Permanent},
		"redirect":          {status(307, ""), Permanent},
		"429 for an hour":   {status(429, "3600"), Temporary},
		"429 of nonsense":   {status(429, "1e9"), Temporary},
		"HTML with 200":     {status(200, ""), Ambiguous},
		"no answer":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Ambiguous},
		"ok without ts":     {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":true}`) }, Ambiguous},
		"ok false, no name": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":false}`) }, Ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answer(t, tt.answer)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err := c.Post(ctx, bot.Place{Surface: bot.Slack, Channel: "C1"}, "", "k", bot.Reply{Title: "x"})
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Class != tt.class {
				t.Errorf("got %v (%v), want class %v", err, e, tt.class)
			}
		})
	}
	t.Run("not reachable", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		c, _ := newClient(t, server.URL, Options{})
		_, err := c.Post(t.Context(), bot.Place{Channel: "C1"}, "", "k", bot.Reply{Title: "x"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != Temporary {
			t.Errorf("got %v, want a temporary error: nothing was sent", err)
		}
	})
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		c := answer(t, func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-release
		})
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Post(ctx, bot.Place{Channel: "C1"}, "", "k", bot.Reply{Title: "x"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != Ambiguous || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want an ambiguous deadline", err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": time.Second, "-5": time.Second, "1.5": 1500 * time.Millisecond, "": someLimited, "abc": someLimited,
		"1e9": maxLimited, "NaN": someLimited, "+Inf": maxLimited, "Fri, 02 Jan 2026 03:04:25 GMT": 20 * time.Second, "Fri, 02 Jan 2025 03:04:25 GMT": time.Second,
	} {
		if got := limitedFor(header, now); got != want {
			t.Errorf("Retry-After %q: got %v, want %v", header, got, want)
		}
	}
}
