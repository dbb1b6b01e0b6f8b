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

var testKey = bytes.Repeat([]byte{7}, KeySize)

func entry(i int) Entry {
	at := time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC).Add(time.Duration(i) * 10 * time.Second)
	return Entry{ID: fmt.Sprint("e", i), Time: at, Data: json.RawMessage(fmt.Sprintf(`{"n":%d,"reason":"<=cmd>"}`, i))}
}

// write logs the entries from..to, which run into a second month, and closes the log.
func write(t *testing.T, dir string, from, to int) Head {
	t.Helper()
	l, err := Open(dir, testKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var all []Entry
	for i := from; i < to; i++ {
		all = append(all, entry(i))
	}
	head, err := l.Append(all)
	if err != nil {
		t.Fatal(err)
	}
	return head
}

func TestLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 0, 4)
	write(t, dir, 2, 10) // some came twice, as after a crash
	head := write(t, dir, 9, 12)
	report, err := Verify(dir, testKey, &head)
	if err != nil || report != (Report{Files: 2, Records: 12, First: 1, Last: head}) || head.Seq != 12 {
		t.Fatalf("got %+v, %v", report, err)
	}
	var lines, table bytes.Buffer
	if err := Export(dir, &lines, entry(3).Time, entry(5).Time, nil); err != nil || strings.Count(lines.String(), "\n") != 2 || !strings.Contains(lines.String(), `"id":"e4"`) {
		t.Errorf("exported %s, %v", lines.String(), err)
	}
	if err := Export(dir, &table, entry(11).Time, time.Time{}, []string{"n", "none", "reason"}); err != nil || table.String() != "seq,time,id,n,none,reason\n12,2026-11-01T00:00:50Z,e11,11,,<=cmd>\n" {
		t.Errorf("exported %q, %v", table.String(), err)
	}
}

// Whatever is done to the files, it is noticed, and named by its line.
func TestTampering(t *testing.T) {
	t.Parallel()
	first, second := "2026-10.jsonl", "2026-11.jsonl"
	for name, tamper := range map[string]func(lines map[string][]string){
		"a record is changed":   func(f map[string][]string) { f[first][1] = strings.Replace(f[first][1], `"n":1`, `"n":7`, 1) },
		"a record is removed":   func(f map[string][]string) { f[first] = append(f[first][:2], f[first][3:]...) },
		"two change places":     func(f map[string][]string) { f[first][1], f[first][2] = f[first][2], f[first][1] },
		"one comes twice":       func(f map[string][]string) { f[first] = append(f[first][:2], f[first][1:]...) },
		"one is added":          func(f map[string][]string) { f[second] = append(f[second], `{"seq":13}`) },
		"a line is empty":       func(f map[string][]string) { f[first] = append(f[first], "") },
		"the end is cut off":    func(f map[string][]string) { f[second] = f[second][:len(f[second])-1] },
		"the last file is gone": func(f map[string][]string) { delete(f, second) },
		"everything is gone":    func(f map[string][]string) { delete(f, first); delete(f, second) },
		"the middle is gone":    func(f map[string][]string) { f[first] = f[first][:2] },
		"the first line is gone": func(f map[string][]string) {
			f[first] = f[first][1:]
			f[first][0] = strings.Replace(f[first][0], `"seq":2`, `"seq":1`, 1)
		},
	} {
		dir := t.TempDir()
		head := write(t, dir, 0, 12)
		content := map[string][]string{}
		for _, f := range []string{first, second} {
			data, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			content[f] = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
			os.Remove(filepath.Join(dir, f))
		}
		tamper(content)
		for f, lines := range content {
			if err := os.WriteFile(filepath.Join(dir, f), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Verify(dir, testKey, &head)
		if _, broken := errors.AsType[*BrokenError](err); !broken {
			t.Errorf("%s: got %v", name, err)
		}
	}
	dir := t.TempDir()
	head := write(t, dir, 0, 12)
	if _, err := Verify(dir, bytes.Repeat([]byte{8}, KeySize), &head); err == nil || !strings.Contains(err.Error(), "2026-10.jsonl, line 1 (record 1)") {
		t.Errorf("with another key: %v", err)
	}
	os.Remove(filepath.Join(dir, first))
	if report, err := Verify(dir, testKey, &head); err != nil || report.First != 7 {
		t.Errorf("with the first file archived: %+v, %v", report, err)
	}
}

// A change of any single byte is noticed, in every file, to whatever it is changed.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 0, 4)
	if n, err := Prune(dir, testKey, entry(11).Time, time.Now()); n != 0 || err != nil {
		t.Fatalf("pruned the only file: %d, %v", n, err)
	}
	head := write(t, dir, 4, 9)
	if n, err := Prune(dir, testKey, entry(8).Time, time.Now()); n != 1 || err != nil {
		t.Fatalf("pruned %d files, %v", n, err)
	}
	for _, name := range []string{"2026-11.jsonl", anchorName} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range good {
			for _, flip := range []byte{1, byte(2 + i%254)} {
				bad := bytes.Clone(good)
				bad[i] ^= flip
				if err := os.WriteFile(path, bad, 0o600); err != nil {
					t.Fatal(err)
				}
				if report, err := Verify(dir, testKey, &head); err == nil && report.First <= report.Pruned+1 {
					t.Fatalf("the byte %d of %s was changed unnoticed: %q", i, name, bad)
				}
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Verify(dir, testKey, &head); err != nil {
		t.Errorf("as it was written: %v", err)
	}
}

// A crash while a record is written leaves a line that is not whole: the log goes on behind the last whole one, and the entry comes again.
func TestTornLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 0, 3)
	path := filepath.Join(dir, "2026-10.jsonl")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, good[:len(good)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	if report, err := Verify(dir, testKey, nil); err != nil || report.Records != 2 || report.Torn == 0 {
		t.Errorf("while it is torn: %+v, %v", report, err)
	}
	l, err := Open(dir, testKey, nil)
	if err != nil || l.Healed == 0 {
		t.Fatalf("healed %+v, %v", l, err)
	}
	head, err := l.Append([]Entry{entry(1), entry(2)})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if report, err := Verify(dir, testKey, &head); err != nil || report.Records != 3 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, 0, 3)
	if _, err := Open(dir, bytes.Repeat([]byte{8}, KeySize), nil); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("with another key: %v", err)
	}
	if _, err := Open(dir, []byte("short"), nil); err == nil {
		t.Error("a short key is taken")
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, dir := filepath.Join(folder, "audit.key"), filepath.Join(folder, "audit")
	made, err := LoadKey(path, dir)
	if err != nil || len(made) != KeySize {
		t.Fatalf("made %x, %v", made, err)
	}
	if again, err := LoadKey(path, dir); err != nil || !bytes.Equal(again, made) {
		t.Errorf("read %x, %v, want %x", again, err, made)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	write(t, dir, 0, 1)
	os.Remove(path)
	if _, err := LoadKey(path, dir); err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("without the key of a log: %v", err)
	}
	if _, err := ParseKey("xyz"); err == nil || strings.Contains(err.Error(), "xyz") {
		t.Errorf("a key that is none: %v", err)
	}
}
