package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/sandbox"
	"shipmate/state"
	"shipmate/state/audit"
)

// builtProgram is the path of the program as a binary.
func builtProgram(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "shipmate")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return binary
}

// benchConfig writes the configuration of a bot for a sandbox, without limits, and returns its path and where the bot says how it is.
func benchConfig(b *testing.B, stand *sandbox.Server, folder string) (path, listen string) {
	b.Helper()
	text, err := sandboxFile(stand.Access(), folder)
	if err != nil {
		b.Fatal(err)
	}
	path, listen = filepath.Join(b.TempDir(), "sandbox.yaml"), freeAddress(b)
	if err := os.WriteFile(path, []byte(text+"listen: "+listen+"\nlimits: {per_minute: 0}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	return path, listen
}

// fill leaves a data folder as a bot does: 100,000 rows of names of the last day, remembered conversations, and 2,000 requests that wait.
func fill(b *testing.B, folder string) {
	b.Helper()
	db, err := openData(b.Context(), folder, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	var ops []state.Op
	for i := range 100_000 {
		op := state.Op{Key: fmt.Sprintf("st/conversation/slack:C1:%d", i), Value: []byte(`{"value":{"command":"summarize","subject":"octo/widgets#123"}}`)}
		switch {
		case i%50 == 0:
			r := bot.Request{ID: fmt.Sprint(i), Kind: bot.Ask, Text: "help", ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1", Thread: fmt.Sprint(i)}}
			row, err := json.Marshal(map[string]any{"Request": r})
			if err != nil {
				b.Fatal(err)
			}
			op = state.Op{Key: fmt.Sprintf("in/slack:C1:%d/%020d-00000001-aaaaaaaaaa", i, i), Value: row}
		case i%2 == 0:
			op = state.Op{Key: fmt.Sprintf("d/%s/slack:T1%%2FC1%%2F%d", time.Now().UTC().Format(time.DateOnly), i), Value: []byte("true")}
		}
		if ops = append(ops, op); len(ops) == 1000 {
			if err := apply(b.Context(), db, ops...); err != nil {
				b.Fatal(err)
			}
			ops = nil
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkStart opens such a data file, until it is open and what waits is known.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	fill(b, folder)
	for b.Loop() {
		db, err := openData(b.Context(), folder, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		stats, err := (&bot.Bot{Store: store{db}}).Stats(b.Context())
		if err != nil || stats.Waiting != 2000 {
			b.Fatalf("%+v, %v", stats, err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// logMuch leaves an audit log of 100,000 records.
func logMuch(b *testing.B, folder string) {
	b.Helper()
	key, err := auditKey(folder, Secret{})
	if err != nil {
		b.Fatal(err)
	}
	l, err := audit.Open(auditDir(folder), key, nil)
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(bot.AuditRecord{Time: time.Now(), Trace: "0123456789", Event: "decision", Outcome: "allowed", Surface: bot.Slack, Actor: "U0123456789", Command: "summarize"})
	if err != nil {
		b.Fatal(err)
	}
	for batch := range 100 {
		entries := make([]audit.Entry, 0, 1000)
		for i := range 1000 {
			entries = append(entries, audit.Entry{ID: fmt.Sprintf("%020d-%08d-0123456789", batch, i), Time: time.Now(), Data: data})
		}
		if _, err := l.Append(entries); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// startedReady starts the program and returns when it says that it hears Slack and can answer, with the time when it was started. What it logs goes to log.
func startedReady(b *testing.B, binary, config, folder, listen string, log io.Writer) (cmd *exec.Cmd, start time.Time) {
	b.Helper()
	cmd = exec.Command(binary, "run", "--config", config, "--data", folder)
	cmd.Stderr = log
	start = time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	wait(b, "readiness", func() bool { status, _ := get(b, "http://"+listen+"/readyz"); return status == http.StatusOK })
	return cmd, start
}

// BenchmarkReady is the time from the start of the program, a binary of its own, with such a data file and 100,000 records in the audit log, until
// /readyz says that it hears Slack and can answer.
func BenchmarkReady(b *testing.B) {
	binary := builtProgram(b)
	stand, err := sandbox.Start(b.Context(), sandbox.Options{Repo: repoOf30Files(b), NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	defer stand.Close()
	left := b.TempDir()
	fill(b, left)
	logMuch(b, left)
	var longest, all time.Duration
	runs := 0
	for b.Loop() {
		folder := b.TempDir()
		if err := os.CopyFS(folder, os.DirFS(left)); err != nil {
			b.Fatal(err)
		}
		config, listen := benchConfig(b, stand, folder)
		cmd, start := startedReady(b, binary, config, folder, listen, io.Discard)
		took := time.Since(start)
		longest, all, runs = max(longest, took), all+took, runs+1
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	b.ReportMetric(ms(all)/float64(runs), "ms")
	b.ReportMetric(ms(longest), "max-ms")
	b.ReportMetric(0, "ns/op")
}
