package sandbox_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/sandbox"
)

func TestEveryPartAnswersOnOneAddress(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	a := s.Access()
	if a.Repo != "octo/widgets" {
		t.Errorf("repository: got %q, want octo/widgets, from remote.origin.url", a.Repo)
	}
	slackAuth := http.Header{"Authorization": {"Bearer " + a.SlackBotToken}}
	githubAuth := http.Header{"Authorization": {"Bearer " + a.GitHubToken}}
	for _, tt := range []struct {
		method, url string
		header      http.Header
		want        string
	}{
		{"GET", s.URL() + "/", nil, "<!doctype html>"},
		{"GET", s.URL() + "/js/app.js", nil, "@module"},
		{"GET", s.URL() + "/healthz", nil, "ok\n"},
		{"POST", a.SlackAPIURL + "auth.test", slackAuth, `"ok":true`},
		{"POST", a.SlackAPIURL + "apps.connections.open", http.Header{"Authorization": {"Bearer " + a.SlackAppToken}}, `"url":"ws://127.0.0.1:`},
		{"GET", a.GitHubBaseURL + "user", githubAuth, a.GitHubLogin},
		{"GET", a.GitHubBaseURL + "repos/" + a.Repo + "/pulls/7", githubAuth, `"number":7`},
		{"GET", s.URL() + "/control/slack/state", nil, `"U0SHIPMATE"`},
		{"GET", s.URL() + "/control/github/pulls?state=all", nil, `"total":3`},
	} {
		res, body := do(t, tt.method, tt.url, "", tt.header)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s: got %s %.200s, want 200 and %q in it", tt.method, tt.url, res.Status, body, tt.want)
		}
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{
		"/octo/widgets/pull/7":              "/#/pulls/7",
		"/octo/widgets/pull/7/files":        "/#/pulls/7/files",
		"/archives/C0ENG/p1795469261118194": "/#/c/C0ENG/1795469261.118194",
	} {
		res, err := stay.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
	if res, _ := do(t, "GET", s.URL()+"/nothing/here", "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown path: got %s, want 404", res.Status)
	}
}

func TestForeignHostsAndOriginsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	port := s.URL()[strings.LastIndex(s.URL(), ":"):]
	const say = "/control/slack/say"
	const message = `{"channel":"C0ENG","text":"hello"}`
	for _, tt := range []struct {
		name, method, path, body string
		header                   http.Header
		want                     int
	}{
		{"its own address", "GET", "/healthz", "", nil, 200},
		{"localhost", "GET", "/healthz", "", http.Header{"Host": {"localhost" + port}}, 200},
		{"localhost without a port", "GET", "/healthz", "", http.Header{"Host": {"LOCALHOST"}}, 200},
		{"IPv6 loopback", "GET", "/healthz", "", http.Header{"Host": {"[::1]" + port}}, 200},
		{"a name that was pointed here", "GET", "/", "", http.Header{"Host": {"evil.example" + port}}, 403},
		{"a name that begins like this machine", "GET", "/", "", http.Header{"Host": {"127.0.0.1.evil.example"}}, 403},
		{"an address of the network", "GET", "/", "", http.Header{"Host": {"192.168.0.9" + port}}, 403},
		{"a program", "POST", say, message, nil, 200},
		{"the page itself", "POST", say, message, http.Header{"Origin": {s.URL()}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		{"a form on another site", "POST", say, message, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 403},
		{"an old browser on another site", "POST", say, message, http.Header{"Origin": {"https://evil.example"}}, 403},
		{"a script on another site reading", "GET", "/control/slack/state", "", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"cors"}}, 403},
		{"a link on another site", "GET", "/", "", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}, 200},
		{"the Web API from another site", "POST", "/api/auth.test", "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := do(t, tt.method, s.URL()+tt.path, tt.body, tt.header)
			if res.StatusCode != tt.want {
				t.Errorf("got %s, want %d: %.200s", res.Status, tt.want, body)
			}
			if allow := res.Header.Get("Access-Control-Allow-Origin"); allow != "" {
				t.Errorf("Access-Control-Allow-Origin: got %q, want none", allow)
			}
		})
	}
}

func TestThePageMayRunOnlyItsOwnCode(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	res, body := do(t, "GET", s.URL()+"/", "", nil)
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("Content-Security-Policy: got %q, want %q in it", policy, want)
		}
	}
	if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: got %q, want nosniff", got)
	}
	for _, inline := range []string{"style=", "onclick=", "<style", "https://"} {
		if strings.Contains(body, inline) {
			t.Errorf("index.html contains %q", inline)
		}
	}
	etag := http.Header{"If-None-Match": {res.Header.Get("ETag")}}
	if res, _ := do(t, "GET", s.URL()+"/", "", etag); res.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: got %s, want 304", res.Status)
	}
	if res, _ := do(t, "POST", s.URL()+"/", "", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /: got %s, want 405", res.Status)
	}
}

func TestAddressesThatCannotBeServed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct{ addr, want string }{
		{taken.Addr().String(), "address " + taken.Addr().String() + " is in use; choose another with --addr"},
		{"0.0.0.0:0", "not on loopback"},
		{":0", "not on loopback"},
		{"192.0.2.1:0", "not on loopback"},
		{"example.com:0", "not on loopback"},
		{"8137", "not host:port"},
	} {
		s, err := sandbox.Start(t.Context(), sandbox.Options{Addr: tt.addr, Repo: t.TempDir()})
		if err == nil {
			s.Close()
			t.Errorf("address %q: got no error, want %q", tt.addr, tt.want)
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("address %q: got %q, want %q in it", tt.addr, err, tt.want)
		}
	}
}

func TestAFolderThatIsNoRepository(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Repo: dir})
	if err == nil {
		s.Close()
		t.Fatal("got no error")
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("got %q, want an error that names %s", err, dir)
	}
}

func TestMessagesAndCommentsSurviveARestart(t *testing.T) {
	t.Parallel()
	o := sandbox.Options{Repo: newRepository(t), Data: filepath.Join(t.TempDir(), "new", "data")}
	s := start(t, o)
	control[any](t, s, "POST", "slack/say", map[string]any{"channel": "C0ENG", "text": "remember <this> & that"})
	control[any](t, s, "POST", "github/comment", map[string]any{"number": 7, "body": "kept"})
	before := control[said](t, s, "GET", "slack/messages?channel=C0ENG", nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, o)
	after := control[said](t, s, "GET", "slack/messages?channel=C0ENG", nil)
	if len(after.Messages) != 1 || after.Messages[0] != before.Messages[0] {
		t.Errorf("messages after the restart: got %v, want %v", after.Messages, before.Messages)
	}
	pull := control[struct {
		Comments []struct{ Body, Author string }
	}](t, s, "GET", "github/pulls/7", nil)
	if len(pull.Comments) != 1 || pull.Comments[0].Body != "kept" || pull.Comments[0].Author != "ada" {
		t.Errorf("comments after the restart: got %v, want ada's", pull.Comments)
	}
}

func TestADamagedDataFileIsNamedAndKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"workspace.json", "github.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			path := filepath.Join(data, name)
			if err := os.WriteFile(path, []byte("not what was written"), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := sandbox.Start(t.Context(), sandbox.Options{Repo: newRepository(t), Data: data})
			if err == nil {
				s.Close()
				t.Fatal("got no error")
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("got %q, want an error that names %s", err, path)
			}
			if kept, err := os.ReadFile(path); err != nil || string(kept) != "not what was written" {
				t.Errorf("the file afterwards: got %q, %v, want it untouched", kept, err)
			}
		})
	}
}

func TestTheEndOfTheContextEndsStreamsAndServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := sandbox.Start(ctx, sandbox.Options{Repo: newRepository(t)})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(s.URL() + "/control/slack/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	cancel()
	// A stream that is waited for is cut off in the end, which is an error here.
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("reading the stream to its end: %v", err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("wait: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := http.Get(s.URL() + "/healthz"); err == nil {
		t.Error("it still answers after its context ended")
	}
}
