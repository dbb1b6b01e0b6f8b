package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the matrix test expects of the bot.
const (
	answered = "This is what you can ask me"
	refused  = "You may not use"
	noWord   = ""
)

// A principal is a kind of person or program, and what the bot says to it.
type principal struct {
	name  string
	is    map[string]any // of the sandbox's person
	want  string
	human bool
	id    string
	actor string // the ID under which the bot knows it
	im    string
}

func principals() []*principal {
	return []*principal{
		{name: "member", want: answered, human: true},
		{name: "deactivated", is: map[string]any{"deleted": true}, want: refused, human: true},
		{name: "guest", is: map[string]any{"is_restricted": true}, want: refused, human: true},
		{name: "single-channel guest", is: map[string]any{"is_restricted": true, "is_ultra_restricted": true}, want: refused, human: true},
		{name: "stranger", is: map[string]any{"is_stranger": true, "team_id": "T0OTHER"}, want: refused, human: true},
		{name: "member of another workspace", is: map[string]any{"team_id": "T0OTHER"}, want: refused, human: true},
		{name: "listed bot", is: map[string]any{"is_bot": true}, want: answered},
		{name: "unlisted bot", is: map[string]any{"is_bot": true}, want: noWord},
	}
}

// A happening is a kind of event: do makes it happen and returns the thread in which the bot would say something. Programs type and press nothing,
// and say nothing in direct messages.
type happening struct {
	name   string
	humans bool                                 // only people can
	direct bool                                 // it makes sense in direct messages
	want   func(who *principal, im bool) string // nil: what the principal is told
	do     func(m *matrix, who *principal, channel string) (thread string)
}

func nothing(*principal, bool) string { return noWord }

func happenings() []happening {
	return []happening{
		{name: "mention", do: func(m *matrix, who *principal, channel string) string {
			return m.say(who, channel, "", "@shipmate help")
		}},
		{name: "mention in a thread", do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(m.ada, channel, "", "a thread")
			m.say(who, channel, thread, "@shipmate help")
			return thread
		}},
		{name: "message in a direct message", humans: true, direct: true, do: func(m *matrix, who *principal, channel string) string {
			if channel != who.im {
				return "" // of somebody else, who alone can write there
			}
			return m.say(who, channel, "", "help")
		}},
		{name: "message without a mention", want: nothing, do: func(m *matrix, who *principal, channel string) string { return m.say(who, channel, "", "help") }},
		{name: "edit that adds the mention", humans: true, do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(who, channel, "", "help")
			m.tr.call("slack/edit", map[string]string{"user": who.id, "channel": channel, "ts": thread, "text": "@shipmate help"}, nil)
			return thread
		}},
		{name: "edit without a mention", humans: true, want: nothing, do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(who, channel, "", "hepl")
			m.tr.call("slack/edit", map[string]string{"user": who.id, "channel": channel, "ts": thread, "text": "help"}, nil)
			return thread
		}},
		{name: "deletion of a message without a mention", humans: true, want: nothing, do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(m.ada, channel, "", "a thread")
			ts := m.say(who, channel, thread, "help")
			m.tr.call("slack/delete", map[string]string{"user": who.id, "channel": channel, "ts": ts}, nil)
			return thread
		}},
		{name: "reaction", want: nothing, do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(m.ada, channel, "", "@ shipmate help")
			m.tr.call("slack/react", map[string]string{"user": who.id, "channel": channel, "ts": thread, "name": "eyes"}, nil)
			return thread
		}},
		{name: "button", humans: true, do: func(m *matrix, who *principal, channel string) string {
			thread := m.say(m.ada, channel, "", "@shipmate help")
			m.press(who, channel, thread)
			return thread
		}},
		{name: "slash command", humans: true, do: func(m *matrix, who *principal, channel string) string {
			m.tr.call("slack/slash", map[string]string{"user": who.id, "channel": channel, "command": "/shipmate", "text": "help"}, nil)
			return ""
		}},
	}
}

type matrix struct {
	tr  *trial
	ada *principal
}

func (m *matrix) say(who *principal, channel, thread, text string) string {
	var said struct{ TS string }
	m.tr.call("slack/say", map[string]string{"user": who.id, "channel": channel, "thread_ts": thread, "text": text}, &said)
	return said.TS
}

// press presses the first button of the bot's message in a thread.
func (m *matrix) press(who *principal, channel, thread string) {
	answer := m.tr.answer(channel, thread, 1)
	var blocks []struct {
		BlockID  string `json:"block_id"`
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string
		}
	}
	if err := json.Unmarshal(answer.Blocks, &blocks); err != nil {
		m.tr.t.Fatal(err)
	}
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.ActionID != "" {
				m.tr.call("slack/click", map[string]string{"user": who.id, "channel": channel, "ts": answer.TS, "block_id": b.BlockID, "action_id": e.ActionID, "value": e.Value}, nil)
				return
			}
		}
	}
	m.tr.t.Fatalf("no button in %s", answer.Blocks)
}

// admit has the workspace know all principals, and the configuration the bot that is to be listed; it returns the members of a channel with everybody.
func (tr *trial) admit(cfg *Config, everyone []*principal) (members []string) {
	tr.t.Helper()
	members = []string{"U0SHIPMATE", "U0ADA"}
	for _, who := range everyone {
		body := map[string]any{"name": strings.ReplaceAll(who.name, " ", "-")}
		maps.Copy(body, who.is)
		var made struct {
			ID  string
			Bot string `json:"bot_id"`
			IM  string
		}
		tr.call("slack/person", body, &made)
		who.id, who.actor, who.im = made.ID, made.ID, made.IM
		members = append(members, made.ID)
		if who.name == "listed bot" {
			who.actor, cfg.Access.Bots = made.Bot, []string{made.Bot}
		}
	}
	return members
}

// TestPermissionMatrix makes every kind of event happen in every kind of conversation by every kind of principal.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	everyone := principals()
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	members := tr.admit(&cfg, everyone)
	places := map[string]string{}
	for kind, more := range map[string]map[string]any{"public": nil, "private": {"is_private": true}, "group": {"is_mpim": true}} {
		body := map[string]any{"name": "matrix-" + kind, "members": members}
		maps.Copy(body, more)
		var made struct{ Channel string }
		tr.call("slack/channel", body, &made)
		places[kind] = made.Channel
	}
	a := assembled(t, cfg)
	stop, _ := a.start(t)
	m := &matrix{tr, &principal{id: "U0ADA"}}
	m.all(everyone, places)
	if got := do(t, "audit", "verify", "--data", cfg.Data); !strings.Contains(got, "are as they were logged") {
		t.Errorf("while the bot runs, audit verify says %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	a.close()
	m.audited(cfg.Data, everyone)
}

// audited holds the audit log against what was allowed and refused, and against being changed.
func (m *matrix) audited(folder string, everyone []*principal) {
	t := m.tr.t
	t.Helper()
	if got := do(t, "audit", "verify", "--data", folder); !strings.Contains(got, "are as they were logged") {
		t.Errorf("audit verify says %q", got)
	}
	table := do(t, "audit", "export", "--data", folder, "--format", "csv")
	for _, who := range everyone {
		allowed, denied := strings.Count(table, "decision,allowed,slack,"+who.actor), strings.Count(table, "decision,refused,slack,"+who.actor)
		if who.want == answered != (allowed > 0) || who.want == answered != (denied == 0) {
			t.Errorf("%s: %d decisions for and %d against are logged", who.name, allowed, denied)
		}
	}
	if strings.Contains(table, "what you can ask") || strings.Contains(table, "a thread") {
		t.Error("what was written is in the audit log")
	}
	name := filepath.Join(auditDir(folder), time.Now().UTC().Format("2006-01")+".jsonl")
	log, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(log, []byte(`"refused"`), []byte(`"allowed"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := do(t, "audit", "verify", "--data", folder); !strings.Contains(got, "it was changed") {
		t.Errorf("after a change, audit verify says %q", got)
	}
}

// A cell is one combination that happened.
type cell struct {
	name, channel, thread, want string
	before                      int // messages of the bot that were there
}

// all makes everything happen, waits until everything that is to be said is, and then judges.
func (m *matrix) all(everyone []*principal, places map[string]string) {
	t := m.tr.t
	t.Helper()
	var cells []cell
	for _, h := range happenings() {
		for _, who := range everyone {
			for kind, channel := range places {
				if h.humans && !who.human || h.direct || h.name == "slash command" {
					continue
				}
				cells = append(cells, m.happen(h, who, kind, channel))
			}
			if h.direct && who.human {
				cells = append(cells, m.happen(h, who, "direct message", who.im))
			}
		}
	}
	for _, c := range cells {
		if c.want != noWord {
			wait(t, "what is said to "+c.name, func() bool { return len(m.said(c)) > c.before })
		}
	}
	m.tr.answer(places["public"], m.say(m.ada, places["public"], "", "@shipmate help"), 1) // what was not to be said would be said by now
	for _, c := range cells {
		got := strings.Join(m.said(c)[min(c.before, len(m.said(c))):], "\n")
		if c.want == noWord && got != "" || !strings.Contains(got, c.want) || c.want == answered && strings.Contains(got, refused) {
			t.Errorf("%s: said %.200q, want %q", c.name, got, c.want)
		}
	}
	if len(cells) < 150 {
		t.Errorf("only %d cells", len(cells))
	}
}

func (m *matrix) happen(h happening, who *principal, kind, channel string) cell {
	want := who.want
	if h.want != nil {
		want = h.want(who, kind == "direct message")
	}
	c := cell{name: fmt.Sprintf("%s, %s, %s", h.name, kind, who.name), channel: channel, want: want}
	c.thread = h.do(m, who, channel)
	if h.name == "button" {
		c.before = 1
		if want == answered {
			c.want = "Who may use it" // the button's command explains one command
		}
	}
	return c
}

// said is what the bot said in the thread of a cell, or after it in a direct message.
func (m *matrix) said(c cell) (texts []string) {
	thread := c.thread
	if c.channel[0] == 'D' {
		thread = ""
	}
	for _, one := range m.tr.messages(c.channel, thread) {
		if one.User == "U0SHIPMATE" {
			texts = append(texts, one.all())
		}
	}
	return texts
}
