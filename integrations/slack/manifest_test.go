package slack

import (
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"shipmate/bot"
)

// The bot scopes that methods and events need, from the reference page of each; "": none.
var (
	methodScopes = map[string]string{
		"auth.test": "", "apps.connections.open": "", "chat.postMessage": "chat:write", "chat.update": "chat:write", "chat.delete": "chat:write",
		"assistant.threads.setStatus": "chat:write", "conversations.open": "im:write", "conversations.replies": "channels:history",
		"conversations.history": "channels:history", "users.info": "users:read", "usergroups.users.list": "usergroups:read",
		"users.conversations": "channels:read groups:read im:read mpim:read", "chat.postEphemeral": "chat:write",
		"files.getUploadURLExternal": "files:write", "files.completeUploadExternal": "files:write",
	}
	eventScopes = map[string]string{
		"app_mention": "app_mentions:read", "message.channels": "channels:history", "message.groups": "groups:history",
		"message.im": "im:history", "message.mpim": "mpim:history",
	}
)

// Every method of the Web API that the Client calls has its scope in the manifest, and the manifest asks for no scope without a use.
func TestManifestCoversWhatIsCalled(t *testing.T) {
	t.Parallel()
	called := callEverything(t)
	for method := range methodScopes {
		if !slices.Contains(called, method) {
			t.Errorf("%s was not called: the test or the list is out of date", method)
		}
	}
	wanted := map[string]bool{"commands": true}
	for _, method := range called {
		scope, known := methodScopes[method]
		if !known {
			t.Errorf("%s is called and its scope is not in the list", method)
		}
		for s := range strings.FieldsSeq(scope) {
			wanted[s] = true
		}
	}
	for _, e := range readManifest(t, "shipmate").Settings.Events.Bot {
		if eventScopes[e] == "" {
			t.Errorf("the event %s has no scope in the list", e)
		}
		wanted[eventScopes[e]] = true
	}
	delete(wanted, "")
	if got, want := slices.Sorted(slices.Values(manifestScopes())), slices.Sorted(maps.Keys(wanted)); !slices.Equal(got, want) {
		t.Errorf("got scopes %v, want %v", got, want)
	}
}

// callEverything has a Client make each of its calls and returns their methods.
func callEverything(t *testing.T) []string {
	t.Helper()
	answers := map[string]string{
		"auth.test":                  `"team_id":"T1","user_id":"UBOT"`,
		"files.getUploadURLExternal": `"upload_url":"{{base}}/upload","file_id":"F012345678"`,
		"users.info":                 `"user":{"id":"UADA","team_id":"T1"}`,
		"conversations.open":         `"channel":{"id":"D1"}`,
		"conversations.history":      `"messages":[{"user":"UBOT","ts":"1.000001","metadata":{"event_type":"shipmate_reply","event_payload":{"key":"k","part":1,"parts":2}}}]`,
	}
	var mu sync.Mutex
	called := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := strings.TrimPrefix(r.URL.Path, "/api/")
		mu.Lock()
		if method != "/upload" { // no method
			called[method] = true
		}
		mu.Unlock()
		io.WriteString(w, `{"ok":true,`+cmp.Or(strings.ReplaceAll(answers[method], "{{base}}", "http://"+r.Host), `"channel":"C1","ts":"1.000001"`)+`}`)
	}))
	defer server.Close()
	c, _ := newClient(t, server.URL, Options{Roles: Roles{Viewer: []string{"SOPS"}}, Draw: dot})
	ctx := t.Context()
	c.open(ctx)
	c.Role(ctx, bot.Request{From: bot.Actor{Surface: bot.Slack, ID: "UADA"}})
	c.Find(ctx, bot.Place{Channel: "C1"}, "k")
	in := newTestIntake()
	in.c = c
	(&catchUp{c: c, in: in}).scan(ctx)
	in.ctx = ctx
	in.sayBusy(bot.Request{From: bot.Actor{ID: "UADA"}, ReplyTo: bot.Place{Channel: "C1"}})
	c.channel(ctx, "UADA")
	c.Working(ctx, bot.Place{Channel: "C1", Thread: "1.000001"})
	c.pending.Wait()
	for _, ref := range []string{"", "1.000001,1.000002"} { // new; edited, with one message too many
		if _, err := c.Post(ctx, bot.Place{Channel: "C1"}, ref, "k", bot.Reply{Title: "x", Blocks: bot.Blocks{banded(3)}}); err != nil {
			t.Error(err)
		}
	}
	return slices.Sorted(maps.Keys(called))
}

// A manifestFile is what the tests read of a manifest.
type manifestFile struct {
	Features struct {
		Commands []struct{ Command string } `json:"slash_commands"`
	}
	Settings struct {
		Events struct {
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `json:"is_enabled"`
		}
		SocketMode bool `json:"socket_mode_enabled"`
	}
}

func readManifest(t *testing.T, name string) manifestFile {
	t.Helper()
	data, err := Manifest(name)
	if err != nil {
		t.Fatal(err)
	}
	var m manifestFile
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestNames(t *testing.T) {
	t.Parallel()
	m := readManifest(t, "harbour")
	if !m.Settings.SocketMode || !m.Settings.Interactivity.Enabled || len(m.Features.Commands) != 1 || m.Features.Commands[0].Command != "/harbour" {
		t.Errorf("got %+v", m)
	}
	for _, name := range []string{"", "Ship Mate", `a"b`, "-x", strings.Repeat("a", 32), "Shipmate"} {
		if _, err := Manifest(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

// Previews need one event and two scopes more, and the hosts.
func TestManifestWithPreviews(t *testing.T) {
	t.Parallel()
	data, err := Manifest("shipmate", "github.com", "git.example.com")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Features struct {
			Domains []string `json:"unfurl_domains"`
		}
		OAuth struct {
			Scopes struct{ Bot []string }
		} `json:"oauth_config"`
		Settings struct {
			Events struct {
				Bot []string `json:"bot_events"`
			} `json:"event_subscriptions"`
		}
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Features.Domains, []string{"github.com", "git.example.com"}) {
		t.Errorf("domains %q", m.Features.Domains)
	}
	if want := append(manifestScopes(), linkScopes()...); !slices.Equal(m.OAuth.Scopes.Bot, want) {
		t.Errorf("scopes %q, want %q", m.OAuth.Scopes.Bot, want)
	}
	if events := m.Settings.Events.Bot; events[len(events)-1] != "link_shared" || len(events) != 6 {
		t.Errorf("events %q", events)
	}
}
