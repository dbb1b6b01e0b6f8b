package github

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"shipmate/bot"
)

// Who may do what. Everything unknown is Nobody.
func TestRole(t *testing.T) {
	t.Parallel()
	said := func(permission string) func(*fake) {
		return func(f *fake) {
			f.json("GET /repos/octo/widgets/collaborators/ada/permission", obj{"permission": permission, "user": obj{"login": "Ada"}})
		}
	}
	private := func(f *fake) {
		said("read")(f)
		f.json("GET /repos/octo/widgets", `{"id":77,"private":true}`)
	}
	answered := func(status int) func(*fake) {
		return func(f *fake) {
			f.status("GET /repos/octo/widgets/collaborators/ada/permission", status, nil, `{"permission":"admin","user":{"login":"ada"}}`)
		}
	}
	tests := []struct {
		name   string
		set    func(*fake)
		change func(*bot.Request)
		want   bot.Role
		fails  bool
	}{
		{"admin", said("admin"), nil, bot.Admin, false},
		{"write", said("write"), nil, bot.Operator, false},
		{"read, public", said("read"), nil, bot.Nobody, false},
		{"read, private", private, nil, bot.Viewer, false},
		{"read, visibility unknown", func(f *fake) { said("read")(f); f.status("GET /repos/octo/widgets", 500, nil, "") }, nil, bot.Nobody, true},
		{"none", said("none"), nil, bot.Nobody, false},
		{"a new word", said("owner"), nil, bot.Nobody, false},
		{"empty", said(""), nil, bot.Nobody, false},
		{"no collaborator", answered(404), nil, bot.Nobody, false},
		{"forbidden", answered(403), nil, bot.Nobody, true},
		{"broken", answered(500), nil, bot.Nobody, true},
		{"limited", answered(429), nil, bot.Nobody, true},
		{"not ready", answered(202), nil, bot.Nobody, true},
		{"no JSON", func(f *fake) { f.json("GET /repos/octo/widgets/collaborators/ada/permission", "admin") }, nil, bot.Nobody, true},
		{"about somebody else", func(f *fake) {
			f.json("GET /repos/octo/widgets/collaborators/ada/permission", `{"permission":"admin","user":{"login":"eve"}}`)
		}, nil, bot.Nobody, true},
		{"about nobody", func(f *fake) {
			f.json("GET /repos/octo/widgets/collaborators/ada/permission", `{"permission":"admin"}`)
		}, nil, bot.Nobody, true},
		{"a bot", said("admin"), func(r *bot.Request) { r.From.Bot = true }, bot.Nobody, false},
		{"no login", said("admin"), func(r *bot.Request) { r.From.ID = "" }, bot.Nobody, false},
		{"a path for a login", said("admin"), func(r *bot.Request) { r.From.ID = "eve/../ada" }, bot.Nobody, false},
		{"from Slack", said("admin"), func(r *bot.Request) { r.From.Surface = bot.Slack }, bot.Nobody, true},
		{"another surface", said("admin"), func(r *bot.Request) { r.ReplyTo.Surface = bot.Slack }, bot.Nobody, true},
		{"another repository", said("admin"), func(r *bot.Request) { r.ReplyTo.Channel = "octo/secret" }, bot.Nobody, true},
		{"no repository", said("admin"), func(r *bot.Request) { r.ReplyTo.Channel = "" }, bot.Nobody, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			tt.set(f)
			r := bot.Request{From: bot.Actor{Surface: bot.GitHub, ID: "ada"}, ReplyTo: bot.Place{Surface: bot.GitHub, Channel: "octo/widgets", Thread: "12"}}
			if tt.change != nil {
				tt.change(&r)
			}
			if got, err := f.client(t, nil).Role(t.Context(), r); got != tt.want || (err != nil) != tt.fails {
				t.Errorf("Role = %v, %v; want %v, error: %v", got, err, tt.want, tt.fails)
			}
		})
	}
}

// A permission is believed for five minutes, a failure not at all, and the number of people remembered is bounded.
func TestRoleIsRemembered(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	now := time.Now()
	c := f.client(t, func(o *Options) { o.Now = func() time.Time { return now } })
	role := func(login string) bot.Role {
		role, _ := c.Role(t.Context(), bot.Request{
			From: bot.Actor{Surface: bot.GitHub, ID: login}, ReplyTo: bot.Place{Surface: bot.GitHub, Channel: "octo/widgets"}})
		return role
	}
	const path = "GET /repos/octo/widgets/collaborators/ada/permission"
	f.status(path, 500, nil, "")
	if got := role("ada"); got != bot.Nobody {
		t.Errorf("after a failure the role is %v", got)
	}
	f.json(path, `{"permission":"write","user":{"login":"ada"}}`)
	for range 3 {
		if got := role("ada"); got != bot.Operator {
			t.Errorf("role is %v, want operator", got)
		}
	}
	if got := len(f.log()); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
	f.json(path, `{"permission":"none","user":{"login":"ada"}}`)
	now = now.Add(keepLevel - time.Second)
	if got := role("ada"); got != bot.Operator {
		t.Errorf("before five minutes the role is %v", got)
	}
	now = now.Add(2 * time.Second)
	if got := role("ada"); got != bot.Nobody {
		t.Errorf("after five minutes the role is %v, want nobody", got)
	}
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answerWith(w, 404, "{}") })
	for i := range maxLevels + 10 {
		c.levels.said[fmt.Sprint(i)] = level{}
		if i%500 == 0 {
			role(fmt.Sprintf("user%d", i))
		}
	}
	role("last")
	if got := len(c.levels.said); got > maxLevels {
		t.Errorf("%d people are remembered, at most %d are allowed", got, maxLevels)
	}
}
