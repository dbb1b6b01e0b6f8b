package slack

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sandbox "shipmate/sandbox/slack"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := Options{AppToken: "xapp" + "-1-aaaa", BotToken: "xoxb" + "-bbbb"}
	for name, tt := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"plain http":              {func(o *Options) { o.APIURL = "http://slack.example/api/" }, "must begin with https://"},
		"another scheme":          {func(o *Options) { o.APIURL = "file:///api/" }, "must look like"},
		"password in URL":         {func(o *Options) { o.APIURL = "https://u:p@slack.example/" }, "must look like"},
		"tokens mixed up":         {func(o *Options) { o.AppToken, o.BotToken = o.BotToken, o.AppToken }, "mixed up"},
		"no app token":            {func(o *Options) { o.AppToken = "" }, "app-level token is missing"},
		"no bot token":            {func(o *Options) { o.BotToken = "" }, "bot token is missing"},
		"a user token":            {func(o *Options) { o.BotToken = "xoxp" + "-secret" }, "of another kind"},
		"a bot token for the app": {func(o *Options) { o.AppToken = o.BotToken }, "app-level token is of another kind"},
		"fewer than no sockets":   {func(o *Options) { o.Sockets = -1 }, "from 1 to 4"},
		"too many sockets":        {func(o *Options) { o.Sockets = 5 }, "from 1 to 4"},
		"a name for a role":       {func(o *Options) { o.Roles.Admin = []string{"@ada"} }, "role admin"},
	} {
		o := good
		tt.change(&o)
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, tt.want)
		}
		for _, secret := range []string{"aaaa", "bbbb", "secret", "u:p"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows a secret: %v", name, err)
			}
		}
	}
	for _, u := range []string{"", "https://slack-gov.com/api", "http://127.0.0.1:1/api/", "http://[::1]:1/api", "http://localhost:1/api"} {
		o := good
		o.APIURL = u
		if _, err := New(o); err != nil {
			t.Errorf("%q: %v", u, err)
		}
	}
}

// answer serves every call of the Web API with one function.
func answer(t *testing.T, f http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	c, _ := newClient(t, server.URL, Options{})
	return c
}

func TestCheck(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{})
	c, _ := newClient(t, server.URL, Options{})
	got, err := c.Check(t.Context())
	if err != nil || got.UserID != sandbox.BotUserID || got.TeamID != sandbox.TeamID || got.BotID != sandbox.BotID {
		t.Errorf("got %+v, %v", got, err)
	}

	few := newWorkspace(t, sandbox.Options{Scopes: []string{"chat:write", "app_mentions:read"}})
	c, _ = newClient(t, few.URL, Options{})
	_, err = c.Check(t.Context())
	if code(err) != "missing_scope" || !strings.Contains(err.Error(), "commands") || strings.Contains(err.Error(), "chat:write,") {
		t.Errorf("got %v, want the missing scopes", err)
	}

	older := newWorkspace(t, sandbox.Options{Scopes: slices.DeleteFunc(manifestScopes(), func(s string) bool { return s == "im:read" })})
	c, log := newClient(t, older.URL, Options{})
	if _, err := c.Check(t.Context()); err != nil || !strings.Contains(log.String(), "scope=im:read") {
		t.Errorf("got %v, want only a warning of what the look for missed messages needs:\n%s", err, log)
	}

	for body, want := range map[string]string{
		`{"ok":false,"error":"invalid_auth"}`: "Slack does not know this token",
		`{"ok":true}`:                         "is the API URL right",
		`{"ok":false}`:                        "is the API URL right",
		`<html>`:                              "auth.test",
		``:                                    "auth.test",
	} {
		c := answer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", body, err, want)
		}
	}
}
