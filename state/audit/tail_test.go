package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string, known *Head) *Log {
	t.Helper()
	l, err := Open(dir, testKey, known)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// What could not be written is not counted as logged: it is written when it comes again, behind the last whole record.
func TestAppendAgainAfterAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir, nil)
	if _, err := l.Append([]Entry{entry(0)}); err != nil {
		t.Fatal(err)
	}
	l.file.Close() // as if the disk were gone
	if head, err := l.Append([]Entry{entry(1), entry(2)}); err == nil || head.Seq != 1 {
		t.Fatalf("got %v, %v", head, err)
	}
	path := filepath.Join(dir, "2026-10.jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, `{"seq":2,"ti`) // and had got this far
	file.Close()
	head, err := l.Append([]Entry{entry(1), entry(2)})
	if err != nil || head.Seq != 3 {
		t.Fatalf("got %v, %v", head, err)
	}
	if report, err := Verify(dir, testKey, &head); err != nil || report.Records != 3 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// Records that are removed while nobody has the log open are missed when it is opened, and not only when somebody verifies it: the next records
// would cover it up.
func TestMissedAtTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := write(t, dir, 0, 2)
	head := write(t, dir, 2, 4)
	path := filepath.Join(dir, "2026-10.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open(t, dir, &before) // a data file from a backup knows less
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for name, text := range map[string][]byte{
		"records are missing at the end": bytes.Join(lines[:3], nil),
		"changed":                        bytes.Replace(whole, []byte(`"n":3`), []byte(`"n":4`), 1),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, testKey, &head); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "move the folder away") {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
	// Moved away, as the error says: a new log goes on after what is known, so the gap is seen.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	head, err = open(t, dir, &head).Append([]Entry{entry(4)})
	if report, failed := Verify(dir, testKey, &head); err != nil || failed != nil || report.First != 5 || report.Pruned != 0 {
		t.Errorf("a new log: %+v, %v, %v", report, err, failed)
	}
}

// Of a long log only the end is read.
func TestLongLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large, err := json.Marshal(strings.Repeat("x", 200<<10))
	if err != nil {
		t.Fatal(err)
	}
	var all []Entry
	for i := range 60 {
		all = append(all, Entry{ID: fmt.Sprint(i), Time: entry(0).Time, Data: large})
	}
	if _, err := open(t, dir, nil).Append(all); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir, nil)
	head, err := l.Append([]Entry{all[59], entry(1)})
	if err != nil || head.Seq != 61 || len(l.order) > 45 {
		t.Fatalf("got %v, %v with %d records read", head, err, len(l.order))
	}
	if _, err := Verify(dir, testKey, &head); err != nil {
		t.Error(err)
	}
}

// What Prune removes is known to have been removed; what somebody else removes is missed.
func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	november, december := entry(11).Time, entry(0).Time.AddDate(0, 1, 1)
	write(t, dir, 0, 11)
	head, err := open(t, dir, nil).Append([]Entry{{ID: "later", Time: december, Data: json.RawMessage("1")}})
	if err != nil {
		t.Fatal(err)
	}
	middle, err := os.ReadFile(filepath.Join(dir, "2026-11.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []time.Time{november, december} {
		if n, err := Prune(dir, testKey, before, time.Now()); n != 1 || err != nil {
			t.Errorf("before %v: pruned %d, %v", before, n, err)
		}
		if report, err := Verify(dir, testKey, &head); err != nil || report.First != report.Pruned+1 || report.First == 1 {
			t.Errorf("before %v: %+v, %v", before, report, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "2026-11.jsonl"), middle, 0o600); err != nil { // as if a crash had come in between
		t.Fatal(err)
	}
	if report, err := Verify(dir, testKey, &head); err != nil || report.First > report.Pruned {
		t.Errorf("half pruned: %+v, %v", report, err)
	}
	if n, err := Prune(dir, testKey, december, time.Now()); n != 1 || err != nil {
		t.Errorf("pruned again: %d, %v", n, err)
	}
	if err := os.WriteFile(filepath.Join(dir, anchorName), bytes.SplitAfter(middle, []byte("\n"))[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir, testKey, &head); err == nil {
		t.Error("a record is taken for what Prune leaves")
	}
	os.Remove(filepath.Join(dir, anchorName))
	if report, err := Verify(dir, testKey, &head); err != nil || report.First <= report.Pruned+1 {
		t.Errorf("without what Prune leaves: %+v, %v", report, err)
	}
	damaged := filepath.Join(dir, "2026-12.jsonl")
	if err := os.WriteFile(damaged, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Prune(dir, testKey, december.AddDate(1, 0, 0), time.Now()); err == nil {
		t.Error("a damaged log is pruned")
	} else if _, broken := errors.AsType[*BrokenError](err); !broken {
		t.Error(err)
	}
}

// BenchmarkOpen opens a log of 200,000 records.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	l, err := Open(dir, testKey, nil)
	if err != nil {
		b.Fatal(err)
	}
	data := json.RawMessage(`{"event":"decision","outcome":"allowed","surface":"slack","actor":"U0123456789","channel":"C0123456789","command":"summarize"}`)
	for batch := range 200 {
		var all []Entry
		for i := range 1000 {
			all = append(all, Entry{ID: fmt.Sprintf("%020d-%d", batch, i), Time: entry(0).Time, Data: data})
		}
		if _, err := l.Append(all); err != nil {
			b.Fatal(err)
		}
	}
	head := l.Head()
	l.Close()
	for b.Loop() {
		if _, err := Open(dir, testKey, &head); err != nil {
			b.Fatal(err)
		}
	}
}
