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

func TestRole(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		users := map[string]string{
			"UADA": ``, "UBEN": ``, "UCLO": ``,
			"UGUEST": `,"is_restricted":true`, "UONE": `,"is_ultra_restricted":true`, "UGONE": `,"deleted":true`, "UBOT2": `,"is_bot":true`,
			"USTRANGE": `,"is_stranger":true`, "UFLOW": `,"is_workflow_bot":true`, "UINVITED": `,"is_invited_user":true`,
		}
		r.ParseForm()
		id := r.Form.Get("user")
		more, known := users[id]
		switch {
		case r.URL.Path == "/api/auth.test":
			io.WriteString(w, `{"ok":true,"team_id":"T1","user_id":"UBOT","bot_id":"BBOT"}`)
		case r.URL.Path == "/api/usergroups.users.list" && r.Form.Get("usergroup") == "SOPS":
			io.WriteString(w, `{"ok":true,"users":["UBEN","UGUEST"]}`)
		case r.URL.Path == "/api/usergroups.users.list":
			io.WriteString(w, `{"ok":false,"error":"no_such_subteam"}`)
		case id == "WELSE":
			io.WriteString(w, `{"ok":true,"user":{"id":"WELSE","team_id":"T2"}}`)
		case id == "WORG":
			io.WriteString(w, `{"ok":true,"user":{"id":"WORG","team_id":"T2","enterprise_user":{"teams":["T2","T1"]}}}`)
		case id == "UWRONG":
			io.WriteString(w, `{"ok":true,"user":{"id":"UADA","team_id":"T1"}}`)
		case known:
			fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"team_id":"T1"%s}}`, id, more)
		default:
			io.WriteString(w, `{"ok":false,"error":"user_not_found"}`)
		}
	}))
	t.Cleanup(server.Close)
	everybody := Roles{Viewer: []string{"members"}, Operator: []string{"SOPS"}, Admin: []string{"UADA", "UGUEST", "UBOT2"}}
	for _, tt := range []struct {
		id    string
		bot   bool
		roles Roles
		want  bot.Role
		fails bool
	}{
		{id: "UADA", roles: everybody, want: bot.Admin},
		{id: "UBEN", roles: everybody, want: bot.Operator},
		{id: "UCLO", roles: everybody, want: bot.Viewer},
		{id: "WORG", roles: everybody, want: bot.Viewer},
		{id: "UADA", roles: Roles{}},
		{id: "UCLO", roles: Roles{Admin: []string{"UADA"}, Viewer: []string{"UBEN"}}},
		{id: "UGUEST", roles: everybody}, {id: "UONE", roles: everybody}, {id: "UGONE", roles: everybody}, {id: "UBOT2", roles: everybody},
		{id: "USTRANGE", roles: everybody}, {id: "UFLOW", roles: everybody}, {id: "UINVITED", roles: everybody}, {id: "WELSE", roles: everybody},
		{id: "UADA", bot: true, roles: everybody},
		{id: "UUNKNOWN", roles: everybody, fails: true},
		{id: "UWRONG", roles: everybody, fails: true},
		{id: "ada", roles: everybody, fails: true},
		{id: "", roles: everybody, fails: true},
		{id: "UCLO", roles: Roles{Admin: []string{"SGONE"}, Viewer: []string{"members"}}, fails: true},
	} {
		c, _ := newClient(t, server.URL, Options{Roles: tt.roles})
		got, err := c.Role(t.Context(), bot.Request{From: bot.Actor{Surface: bot.Slack, ID: tt.id, Bot: tt.bot}})
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%q (bot %v) with %+v: got %v, %v, want %v, error %v", tt.id, tt.bot, tt.roles, got, err, tt.want, tt.fails)
		}
	}
	c, _ := newClient(t, server.URL, Options{Roles: everybody})
	if got, err := c.Role(t.Context(), bot.Request{From: bot.Actor{Surface: bot.GitHub, ID: "UADA"}}); got != bot.Nobody || err != nil {
		t.Errorf("somebody on GitHub: got %v, %v", got, err)
	}
	server.Close()
	if got, err := c.Role(t.Context(), bot.Request{From: bot.Actor{Surface: bot.Slack, ID: "UADA"}}); got != bot.Nobody || err == nil {
		t.Errorf("without Slack: got %v, %v, want nobody and an error", got, err)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	c := newCache[int](time.Hour)
	fetched := 0
	get := func(key string, err error) (int, error) {
		return c.get(key, func() (int, error) { fetched++; return fetched, err })
	}
	if _, err := get("a", errors.New("down")); err == nil {
		t.Error("the error is lost")
	}
	for range 3 {
		if v, err := get("a", nil); v != 2 || err != nil {
			t.Errorf("got %d, %v, want 2: fetched again after the error, then held", v, err)
		}
	}
	for i := range maxCached + 10 {
		get(fmt.Sprint(i), nil)
	}
	if len(c.held) > maxCached {
		t.Errorf("the cache holds %d", len(c.held))
	}
	old := newCache[int](-1)
	old.get("a", func() (int, error) { return 1, nil })
	if v, _ := old.get("a", func() (int, error) { return 2, nil }); v != 2 {
		t.Errorf("got %d, want a fresh value", v)
	}
}

func TestKeyedLocks(t *testing.T) {
	t.Parallel()
	var k keyedLocks
	unlock, err := k.lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	other, err := k.lock(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.lock(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a refusal while the lock is held", err)
	}
	unlock()
	if unlock, err = k.lock(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	unlock()
	if len(k.held) != 0 {
		t.Errorf("%d locks are kept for nobody", len(k.held))
	}
}

func TestZone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("user") == "UADA" {
			io.WriteString(w, `{"ok":true,"user":{"id":"UADA","team_id":"T1","tz":"Europe/Vienna"}}`)
			return
		}
		io.WriteString(w, `{"ok":false,"error":"user_not_found"}`)
	}))
	t.Cleanup(server.Close)
	c, _ := newClient(t, server.URL, Options{})
	for id, want := range map[string]string{"UADA": "Europe/Vienna", "UNOBODY": "", "ada": ""} {
		if got := c.Zone(t.Context(), id); got != want {
			t.Errorf("zone of %s is %q, want %q", id, got, want)
		}
	}
}
