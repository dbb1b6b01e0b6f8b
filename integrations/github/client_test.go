package github

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

func TestNew(t *testing.T) {
	t.Parallel()
	good := Options{Token: testToken, Repos: []string{"octo/widgets"}}
	tests := []struct {
		change     func(*Options)
		base, host string // of the client; or
		err        string
	}{
		{func(o *Options) {}, "https://api.github.com/", "github.com", ""},
		{func(o *Options) { o.BaseURL = "https://ghe.example.com" }, "https://ghe.example.com/api/v3/", "ghe.example.com", ""},
		{func(o *Options) { o.BaseURL = "https://GHE.example.com:8443/api/v3" }, "https://GHE.example.com:8443/api/v3/", "ghe.example.com:8443", ""},
		{func(o *Options) { o.BaseURL = "https://api.acme.ghe.com" }, "https://api.acme.ghe.com/", "acme.ghe.com", ""},
		{func(o *Options) { o.BaseURL = "http://127.0.0.1:8080/api/v3/" }, "http://127.0.0.1:8080/api/v3/", "127.0.0.1:8080", ""},
		{func(o *Options) { o.BaseURL = "http://[::1]:8080" }, "http://[::1]:8080/api/v3/", "[::1]:8080", ""},
		{func(o *Options) { o.BaseURL = "http://ghe.example.com" }, "", "", "only https"},
		{func(o *Options) { o.BaseURL = "http://127.0.0.1.example.com" }, "", "", "only https"},
		{func(o *Options) { o.BaseURL = "ftp://127.0.0.1" }, "", "", "only https"},
		{func(o *Options) { o.BaseURL = "github.com" }, "", "", "no address"},
		{func(o *Options) { o.BaseURL = "https://me@github.com" }, "", "", "must not contain a user"},
		{func(o *Options) { o.BaseURL = "https://github.com/?x=1" }, "", "", "must not contain a user"},
		{func(o *Options) { o.BaseURL = "https://ghe.example.com/" }, "https://ghe.example.com/api/v3/", "ghe.example.com", ""},
		{func(o *Options) { o.BaseURL = "https://ghe.example.com/api/graphql" }, "", "", "write https://ghe.example.com/"},
		{func(o *Options) { o.BaseURL = "https://ghe.example.com/octo/widgets" }, "", "", "write https://ghe.example.com/"},
		{func(o *Options) { o.BaseURL = "https://github.com/" }, "", "", "write https://api.github.com/"},
		{func(o *Options) { o.BaseURL = "https://www.github.com/api/v3/" }, "", "", "write https://api.github.com/"},
		{func(o *Options) { o.BaseURL = "https://api.github.com/api/v3/" }, "", "", "write https://api.github.com/"},
		{func(o *Options) { o.BaseURL = "https://acme.ghe.com/" }, "", "", "write https://api.acme.ghe.com/"},
		{func(o *Options) { o.App = &AppOptions{ID: 5, Key: testKeyPEM()} }, "", "", "a token and an app"},
		{func(o *Options) { o.Token, o.App = "", &AppOptions{Key: testKeyPEM()} }, "", "", "numbers that GitHub gave them"},
		{func(o *Options) { o.PollShare = -1 }, "", "", "cannot be negative"},
		{func(o *Options) { o.Token = "" }, "", "", "token is empty"},
		{func(o *Options) { o.Token += "\n" }, "", "", "characters that no token has"},
		{func(o *Options) { o.Repos = nil }, "", "", "name at least one"},
		{func(o *Options) { o.Repos = []string{"octo/widgets", "widgets"} }, "", "", `"widgets" is not of the form`},
		{func(o *Options) { o.Repos = []string{"octo/.."} }, "", "", `"octo/.." is not of the form`},
		{func(o *Options) { o.Repos = []string{"octo/a/b"} }, "", "", "is not of the form"},
		{func(o *Options) { o.MarkerKey = []byte("short") }, "", "", "marker key has 5 bytes"},
		{func(o *Options) { o.Poll = -1 }, "", "", "cannot be negative"},
	}
	for _, tt := range tests {
		o := good
		tt.change(&o)
		c, err := New(o)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), testToken) {
				t.Errorf("New(%q): error %v, want %q", o.BaseURL, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("New(%q): %v", o.BaseURL, err)
			continue
		}
		if c.base.String() != tt.base || c.host != tt.host || c.Refs().Hosts[0] != tt.host {
			t.Errorf("New(%q) asks %s and reads on %s, want %s and %s", o.BaseURL, c.base, c.host, tt.base, tt.host)
		}
	}
}

// What people are told when a pull request cannot be read, and what is left to the log.
func TestPullFails(t *testing.T) {
	t.Parallel()
	reset := time.Now().Add(30 * time.Minute)
	tests := []struct {
		name   string
		ref    Ref
		set    func(*fake)
		said   string // to people
		logged string // by the client, or by whoever gets the error
		status int
	}{
		{"missing", widget, func(*fake) {}, "There is no pull request octo/widgets#12, or I cannot see it.", "", 0},
		{"an issue", widget, func(f *fake) { f.json("GET /repos/octo/widgets/issues/12", obj{"number": 12}) },
			"octo/widgets#12 is an issue, not a pull request.", "", 0},
		{"another repository", Ref{"octo", "secret", 1}, func(*fake) {}, "I do not read octo/secret. I read octo/widgets.", "", 0},
		{"limit", widget, func(f *fake) {
			f.status("GET /repos/octo/widgets/pulls/12", 403, map[string]string{
				"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10)}, "{}")
		}, "GitHub lets me ask nothing more until " + clock(reset.Truncate(time.Second)), "", 0},
		{"token", widget, failing(401), "GitHub no longer accepts my token.", "does not accept the token (401)", 0},
		{"permission", widget, failing(403), "GitHub does not let me read this.", "does not permit this (403)", 0},
		{"gone", widget, failing(410), "GitHub has withdrawn this", "has withdrawn it (410)", 0},
		{"legal", widget, failing(451), "GitHub has withdrawn this", "has withdrawn it (451)", 0},
		{"server", widget, failing(502), "GitHub is failing just now (502).", "is failing (502)", 0},
		{"strange", widget, failing(418), "", "refuses the request (418)", 418},
		{"not JSON", widget, func(f *fake) { f.json("GET /repos/octo/widgets/pulls/12", "<html>") }, "", "pull request octo/widgets#12: invalid", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			tt.set(f)
			var logged bytes.Buffer
			c := f.client(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
			_, err := c.Snapshot(t.Context(), tt.ref)
			said, ok := errors.AsType[*bot.UserError](err)
			switch {
			case tt.said != "" && (!ok || !strings.HasPrefix(said.Text, tt.said) || !strings.Contains(logged.String(), tt.logged)):
				t.Errorf("error %v, want the sentence %q, and %q in the log:\n%s", err, tt.said, tt.logged, &logged)
			case tt.said == "" && (ok || err == nil || !strings.Contains(err.Error(), tt.logged) || status(err) != tt.status):
				t.Errorf("error %v (status %d), want %q (%d)", err, status(err), tt.logged, tt.status)
			}
		})
	}
}

func failing(status int) func(*fake) {
	return func(f *fake) { f.status("GET /repos/octo/widgets/pulls/12", status, nil, `{"message":"because"}`) }
}

// A limit that go-github remembers by itself is the same to people as one that the transport met.
func TestLimitOfGoGitHub(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.handle("GET /repos/octo/widgets/pulls/12", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		answerWith(w, 200, `{"number":12}`)
	})
	c := f.client(t, nil)
	if _, err := c.Pull(t.Context(), widget); err != nil {
		t.Fatal(err)
	}
	_, err := c.Pull(t.Context(), widget)
	if said, ok := errors.AsType[*bot.UserError](err); !ok || !strings.HasPrefix(said.Text, "GitHub lets me ask nothing more") {
		t.Errorf("error %v, want a sentence about the limit", err)
	}
	if got := f.log(); len(got) != 1 {
		t.Errorf("%d requests, want 1", len(got))
	}
}

// The token is in no error and no log line, even when a server repeats it.
func TestTokenIsNeverTold(t *testing.T) {
	t.Parallel()
	hostile := []func(http.ResponseWriter, *http.Request){
		func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 401, `{"message":"Bad `+testToken+`"}`) },
		func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 500, testToken) },
		func(w http.ResponseWriter, _ *http.Request) {
			answerWith(w, 403, `{"message":"`+testToken+`","documentation_url":"x"}`)
		},
		func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 200, `{"`+testToken+`":`) },
		func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 200, testToken) },
		func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 202, testToken) },
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/"+testToken, http.StatusFound)
		},
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+testToken+"\x7f%", http.StatusFound)
		},
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", testToken)
			answerWith(w, 429, testToken)
		},
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-GitHub-OTP", "required; app")
			answerWith(w, 401, `{"message":"`+testToken+`"}`)
		},
	}
	for i, h := range hostile {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.Server.Config.Handler = http.HandlerFunc(h)
			var logged bytes.Buffer
			for name, call := range everyCall() {
				c := f.client(t, func(o *Options) {
					o.Login, o.Log = "", slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
				err := call(t.Context(), c)
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, testToken) {
					t.Errorf("%s: the error has the token: %s", name, text)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), testToken) {
						t.Errorf("%s: a wrapped error has the token: %v", name, e)
					}
				}
			}
			if strings.Contains(logged.String(), testToken) {
				t.Errorf("the log has the token: %s", logged.String())
			}
		})
	}
}

// everyCall is everything that a Client can be asked.
func everyCall() map[string]func(context.Context, *Client) error {
	to := bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: "12", Message: "5"}
	request := bot.Request{From: bot.Actor{Surface: bot.GitHub, ID: "ada"}, ReplyTo: to}
	return map[string]func(context.Context, *Client) error{
		"Check":    func(ctx context.Context, c *Client) error { return c.Check(ctx) },
		"Login":    func(ctx context.Context, c *Client) error { _, err := c.Login(ctx); return err },
		"Snapshot": func(ctx context.Context, c *Client) error { _, err := c.Snapshot(ctx, widget); return err },
		"Pulls": func(ctx context.Context, c *Client) error {
			_, err := c.Pulls(ctx, "octo", "widgets", "", 0)
			return err
		},
		"fileAt": func(ctx context.Context, c *Client) error {
			_, _, err := c.fileAt(ctx, "octo", "widgets", "a", "b")
			return err
		},
		"Texts": func(ctx context.Context, c *Client) error {
			pr := PullRequest{Ref: widget, Base: Branch{SHA: "base"}, Head: Branch{SHA: "head"}}
			texts, err := c.Texts(ctx, pr, []File{{Path: "a.go", Status: "added"}, {Path: "b.go", Status: "modified"}})
			return cmp.Or(err, fmt.Errorf("%+v", texts))
		},
		"Role": func(ctx context.Context, c *Client) error { _, err := c.Role(ctx, request); return err },
		"Find": func(ctx context.Context, c *Client) error { _, _, err := NewPoster(c).Find(ctx, to, "k"); return err },
		"Post": func(ctx context.Context, c *Client) error {
			_, err := NewPoster(c).Post(ctx, to, "5", "k", bot.Reply{Title: "x"})
			return err
		},
		"react": func(ctx context.Context, c *Client) error {
			_, err := NewPoster(c).Post(ctx, to, "", "k", bot.Reply{Unknown: true})
			return err
		},
		"commits": func(ctx context.Context, c *Client) error { _, err := c.commits(ctx, widget, 1); return err },
		"files": func(ctx context.Context, c *Client) error {
			_, _, err := c.files(ctx, PullRequest{Ref: widget})
			return err
		},
		"issues": func(ctx context.Context, c *Client) error {
			c.readIssues(ctx, PullRequest{Ref: widget, Body: "#3"})
			return nil
		},
		"poll": func(ctx context.Context, c *Client) error {
			return NewSource(c, &memoryCursors{}).poll("octo/widgets", plain(), (&ear{}).accept).step(ctx)
		},
	}
}
