package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/state"
)

// auditedFolder is a data folder with an audit log of October and November.
func auditedFolder(t *testing.T) string {
	t.Helper()
	folder, log := t.TempDir(), slog.New(slog.DiscardHandler)
	db, err := openData(t.Context(), folder, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, err := newAuditor(t.Context(), db, folder, Secret{}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer a.log.Close()
	for i, day := range []string{"2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"} {
		row := fmt.Sprintf(`{"time":"%sT12:00:00Z","event":"decision","outcome":"allowed"}`, day)
		if err := apply(t.Context(), db, state.Op{Key: fmt.Sprint(bot.AuditPrefix, i), Value: []byte(row)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.move(t.Context()); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Months that audit prune removes are known to be gone; months that somebody else removes are missed, unless that is said.
func TestAuditPrune(t *testing.T) {
	t.Parallel()
	folder := auditedFolder(t)
	october := filepath.Join(auditDir(folder), "2026-10.jsonl")
	kept, err := os.ReadFile(october)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(october)
	if got := do(t, "audit", "verify", "--data", folder); !strings.Contains(got, "begins with record 3") {
		t.Errorf("without October audit verify says %q", got)
	}
	if got := do(t, "audit", "verify", "--data", folder, "--archived"); !strings.Contains(got, "2 records in 1 files") {
		t.Errorf("with --archived it says %q", got)
	}
	if err := os.WriteFile(october, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := do(t, "audit", "prune", "--data", folder); !strings.Contains(got, "--before") {
		t.Errorf("audit prune without a day says %q", got)
	}
	if got := do(t, "audit", "prune", "--data", folder, "--before", "2026-11-30"); !strings.Contains(got, "1 files were removed") {
		t.Errorf("audit prune says %q", got)
	}
	if got := do(t, "audit", "verify", "--data", folder); !strings.Contains(got, "2 records in 1 files are as they were logged, up to record 4") {
		t.Errorf("after audit prune audit verify says %q", got)
	}
}

// Whoever cuts the log while nothing runs is found out at the next start, before anything more is logged.
func TestCutAuditLogIsNoticedAtTheStart(t *testing.T) {
	t.Parallel()
	folder, log := auditedFolder(t), slog.New(slog.DiscardHandler)
	november := filepath.Join(auditDir(folder), "2026-11.jsonl")
	text, err := os.ReadFile(november)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(november, bytes.SplitAfter(text, []byte("\n"))[0], 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := openData(t.Context(), folder, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := newAuditor(t.Context(), db, folder, Secret{}, log); err == nil || !strings.Contains(err.Error(), "records are missing at the end: 4 were logged") {
		t.Errorf("started with %v", err)
	}
}
