package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/slack"
	"shipmate/state"
)

// A full data file makes the bot unready and not dead: whoever restarts what is dead would do so for ever.
func TestFullIsNotDead(t *testing.T) {
	t.Parallel()
	db, err := state.Open(state.Options{Path: filepath.Join(t.TempDir(), "x.db"), MaxBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := &app{db: db}
	if err := apply(t.Context(), db, state.Op{Key: "st/x", Value: []byte("1")}); !errors.Is(err, state.ErrFull) {
		t.Fatalf("a full file takes more: %v", err)
	}
	if err := a.alive(t.Context()); err != nil {
		t.Errorf("dead: %v", err)
	}
	if ok, detail := a.takesWrites(t.Context()); ok || !strings.Contains(detail, "shipmate dead list") {
		t.Errorf("got %v, %q", ok, detail)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.alive(ended); err == nil {
		t.Error("alive without a commit")
	}
}

// A gatedPoster shows nothing until its gate is closed.
type gatedPoster struct {
	*slack.Client
	called, gate chan struct{}
}

func (p gatedPoster) Post(ctx context.Context, to bot.Place, ref, key string, r bot.Reply) (string, error) {
	select {
	case p.called <- struct{}{}:
	default:
	}
	<-p.gate
	return p.Client.Post(ctx, to, ref, key, r)
}

// While the bot ends it still says how it is: alive, and not ready.
func TestAskedWhileItEnds(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	cfg.Listen = freeAddress(t)
	a := assembled(t, cfg)
	poster := gatedPoster{a.slack, make(chan struct{}, 1), make(chan struct{})}
	a.bot.Posters[bot.Slack] = poster
	stop, ended := a.start(t)
	at := "http://" + cfg.Listen
	wait(t, "readiness", func() bool { status, _ := get(t, at+"/readyz"); return status == http.StatusOK })
	tr := &trial{t: t, url: stand.URL()}
	tr.say(tr.channel("eng"), "", "@shipmate help")
	<-poster.called
	go func() { _ = stop() }() // waits for the gate
	wait(t, "the end", a.ending.Load)
	if status, text := get(t, at+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "it is ending") {
		t.Errorf("while it ends /readyz says %d %s", status, text)
	}
	if status, text := get(t, at+"/healthz"); status != http.StatusOK {
		t.Errorf("while it ends /healthz says %d %s", status, text)
	}
	close(poster.gate)
	if err := ended(); err != nil {
		t.Error(err)
	}
}

// An audit log that takes no records is told, and none is lost.
func TestAuditThatFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, err := openData(t.Context(), folder, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	auditor, err := newAuditor(t.Context(), db, folder, Secret{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer auditor.log.Close()
	row := state.Op{Key: bot.AuditPrefix + "1", Value: []byte(`{"time":"2026-11-25T12:00:00Z","event":"decision"}`)}
	if err := apply(t.Context(), db, row); err != nil {
		t.Fatal(err)
	}
	blocker := filepath.Join(auditDir(folder), "2026-11.jsonl")
	if err := os.Mkdir(blocker, 0o700); err != nil { // no file can be made there
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	var said bytes.Buffer
	go func() {
		auditor.run(ctx, slog.New(slog.NewTextHandler(&said, nil)))
		close(done)
	}()
	wait(t, "a word about it", func() bool { return strings.Contains(auditor.failing(), "nothing is added to the audit log") })
	if err := os.Remove(blocker); err != nil {
		t.Fatal(err)
	}
	wait(t, "the record", func() bool { return auditor.failing() == "" })
	stop()
	<-done
	if strings.Count(said.String(), "nothing is added") != 1 {
		t.Errorf("the log says %s", said.String())
	}
	if got := auditor.log.Head().Seq; got != 1 {
		t.Errorf("%d records were logged, want 1", got)
	}
	if _, ok, err := db.Get(t.Context(), row.Key); ok || err != nil {
		t.Errorf("the row is still there: %v, %v", ok, err)
	}
}
