package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/state"
)

// do runs the program as somebody at a terminal would.
func do(t testing.TB, args ...string) string {
	t.Helper()
	var out buffer
	if err := run(t.Context(), args, os.Getenv, strings.NewReader(""), &out, &out); err != nil {
		return out.String() + "error: " + err.Error()
	}
	return out.String()
}

// lay puts a dead letter into a data folder, as a bot that gave up would.
func lay(t *testing.T, folder, id string, r bot.Request) {
	t.Helper()
	db, err := openData(t.Context(), folder, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	letter, err := json.Marshal(map[string]any{"ID": id, "Trace": id, "Request": r, "Attempts": 5, "Err": "first line\nsecond\x1b[31m line", "Time": time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := apply(t.Context(), db, state.Op{Key: "dlq/" + time.Now().UTC().Format(time.DateOnly) + "/" + id, Value: letter}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDeadLetterCommands gives orders to the data folder while nobody runs on it, and then to the bot that does.
func TestDeadLetterCommands(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	eng := tr.channel("eng")
	thread := tr.say(eng, "", "a thread")
	folder := t.TempDir()
	for _, id := range []string{"aaaa", "bbbb", "cccc"} {
		lay(t, folder, id, bot.Request{ID: id, Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "U0ADA"}, Text: "help\x1b[31m",
			ReplyTo: bot.Place{Surface: bot.Slack, Channel: eng, Thread: thread, Message: thread}, Time: time.Now()})
	}
	orders := func(running bool) {
		if got := do(t, "dead", "list", "--data", folder); !strings.Contains(got, "cccc") || !strings.Contains(got, "first line") || strings.ContainsRune(got, '\x1b') {
			t.Errorf("running %v: dead list says %q", running, got)
		}
		if got := do(t, "dead", "show", "cccc", "--data", folder); !strings.Contains(got, "second") || !strings.Contains(got, "what:   help") || strings.ContainsRune(got, '\x1b') {
			t.Errorf("running %v: dead show says %q", running, got)
		}
		if got := do(t, "dead", "retry", "dddd", "--data", folder); !strings.Contains(got, "no dead letter") {
			t.Errorf("running %v: dead retry says %q", running, got)
		}
		backup := regexp.MustCompile(`\S+\.db`).FindString(do(t, "backup", "--data", folder))
		if got := do(t, "check", "--file", backup); !strings.Contains(got, "is good") {
			t.Errorf("running %v: the backup %q: %s", running, backup, got)
		}
	}
	orders(false)
	if got := do(t, "dead", "drop", "bbbb", "--data", folder); !strings.Contains(got, "forgotten") {
		t.Errorf("dead drop says %q", got)
	}
	stop, _ := assembled(t, sandboxConfig(stand.Access(), folder)).start(t)
	wait(t, "the socket", func() bool { _, err := os.Stat(filepath.Join(folder, "shipmate.sock")); return err == nil })
	orders(true)
	if got := do(t, "dead", "retry", "aaaa", "--data", folder); !strings.Contains(got, "tried again") {
		t.Errorf("dead retry says %q", got)
	}
	wait(t, "the answer", func() bool { return len(tr.messages(eng, thread)) > 1 })
	if got := do(t, "dead", "list", "--data", folder); strings.Contains(got, "aaaa") || strings.Contains(got, "bbbb") || !strings.Contains(got, "cccc") {
		t.Errorf("in the end dead list says %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := do(t, "dead", "list", "--data", t.TempDir()); !strings.Contains(got, "no data file") {
		t.Errorf("without a data file: %q", got)
	}
}
