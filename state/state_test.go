package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"shipmate/state"
	"shipmate/state/statetest"
)

func TestContract(t *testing.T) {
	dirs := map[string]string{}
	path := func(t *testing.T, name string) string {
		if dirs[t.Name()] == "" {
			dirs[t.Name()] = t.TempDir()
		}
		return filepath.Join(dirs[t.Name()], "folder", name)
	}
	statetest.Run(t, statetest.Bench{
		Open: func(t *testing.T, name string) state.Store { return open(t, path(t, name)) },
		Restore: func(t *testing.T, name string, backup []byte) {
			from := filepath.Join(t.TempDir(), "backup")
			if err := os.WriteFile(from, backup, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := state.Restore(from, path(t, name), time.Now()); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// open opens a store that is closed after the test at the latest.
func open(t *testing.T, path string) *state.DB {
	t.Helper()
	db, err := state.Open(state.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// put sets keys, which alternate with their values.
func put(t *testing.T, db *state.DB, kv ...string) {
	t.Helper()
	var ops []state.Op
	for i := 0; i < len(kv); i += 2 {
		ops = append(ops, state.Op{Key: kv[i], Value: []byte(kv[i+1])})
	}
	if _, _, err := db.Txn(t.Context(), nil, ops); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "shipmate.db")
	open(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

// sample makes a store with some values at path and returns its bytes.
func sample(t *testing.T, path string) []byte {
	t.Helper()
	db := open(t, path)
	for i := range 200 {
		put(t, db, fmt.Sprintf("key/%03d", i), fmt.Sprintf(`"value %03d %s"`, i, strings.Repeat("x", 100)))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBadFilesAreRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	good := sample(t, filepath.Join(dir, "good.db"))
	foreign := filepath.Join(dir, "foreign.db")
	other, err := bolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }); err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
	theirs, _ := os.ReadFile(foreign)

	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "is empty"},
		"text":             {[]byte(strings.Repeat("not a database\n", 1000)), "no data file of Shipmate"},
		"short":            {[]byte("x"), "data file"},
		"cut in half":      {good[:len(good)/2], "left as it is"},
		"cut to two pages": {good[:8192], "left as it is"},
		"another program":  {theirs, "another program"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shipmate.db")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := state.Open(state.Options{Path: path})
			if err == nil {
				_ = db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %q, want the path and %q", err, test.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, test.data) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestLockedFile opens the store in a child process; the parent is told who has it.
func TestLockedFile(t *testing.T) {
	if path := os.Getenv("STATE_TEST_HOLD"); path != "" {
		if _, err := state.Open(state.Options{Path: path}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("open")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent closes the pipe
		return
	}
	path := filepath.Join(t.TempDir(), "shipmate.db")
	child := exec.Command(os.Args[0], "-test.run=^TestLockedFile$")
	child.Env = append(os.Environ(), "STATE_TEST_HOLD="+path)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(state.Options{Path: path})
	if want := fmt.Sprintf("in use, probably by process %d", child.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	_ = in.Close()
	_ = child.Wait()
	open(t, path)
}

// A value whose bytes changed on the disk is put aside: its key is absent, and everything else goes on.
func TestDamagedValueIsPutAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shipmate.db")
	data := sample(t, path)
	data = bytes.ReplaceAll(data, []byte("value 100"), []byte("value 999"))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := state.CheckFile(path); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("CheckFile: %v, want ErrDamaged", err)
	}
	var logged strings.Builder
	db, err := state.Open(state.Options{Path: path, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, ok, err := db.Get(t.Context(), "key/100"); ok || err != nil {
		t.Errorf("the damaged value: %v, %v", ok, err)
	}
	if items, err := db.Scan(t.Context(), "key/", "", 1000); len(items) != 199 || err != nil {
		t.Errorf("%d values, %v; want the other 199", len(items), err)
	}
	if !strings.Contains(logged.String(), "key/100") {
		t.Errorf("logged %q: it does not name the key", logged.String())
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	put(t, db, "key/100", `"new"`)
}

func TestFullFile(t *testing.T) {
	db, err := state.Open(state.Options{Path: filepath.Join(t.TempDir(), "db"), MaxBytes: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	value := []byte(`"` + strings.Repeat("x", 10_000) + `"`)
	for i := 0; err == nil && i < 1000; i++ {
		_, _, err = db.Txn(t.Context(), nil, []state.Op{{Key: fmt.Sprintf("k/%03d", i), Value: value}})
	}
	if !errors.Is(err, state.ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if used, limit := db.Usage(); used < limit {
		t.Errorf("full with %d of %d bytes used", used, limit)
	}
	if _, ok, err := db.Get(t.Context(), "k/000"); !ok || err != nil {
		t.Errorf("reading a full file: %v, %v", ok, err)
	}
	if _, _, err := db.Txn(t.Context(), nil, []state.Op{{Key: "k/", Prefix: true}}); err != nil {
		t.Errorf("deleting from a full file: %v", err)
	}
	put(t, db, "again", `1`, "and again", `2`)
}

func TestMostlyEmptyFileIsMadeSmaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := open(t, path)
	value := `"` + strings.Repeat("x", 100_000) + `"`
	var kv []string
	for i := range 80 {
		kv = append(kv, fmt.Sprintf("big/%d", i), value)
	}
	put(t, db, kv...)
	put(t, db, "small", `1`)
	before, _, _ := db.Get(t.Context(), "small")
	if _, _, err := db.Txn(t.Context(), nil, []state.Op{{Key: "big/", Prefix: true}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	was, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	now, err := os.Stat(path)
	if err != nil || now.Size() > was.Size()/10 || now.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, mode %v, %v; was %d", now.Size(), now.Mode(), err, was.Size())
	}
	after, ok, err := db.Get(t.Context(), "small")
	if !ok || err != nil || after.Rev != before.Rev {
		t.Errorf("what is left: %+v, %v, %v", after, ok, err)
	}
	if _, rev, err := db.Txn(t.Context(), nil, []state.Op{{Key: "next", Value: []byte(`1`)}}); rev <= before.Rev || err != nil {
		t.Errorf("revision %d, %v; want more than %d", rev, err, before.Rev)
	}
}

func TestBackupsAreKeptByHourAndDay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	db := open(t, filepath.Join(t.TempDir(), "db"))
	put(t, db, "a", `1`)
	start := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	for hour := range 10 * 24 {
		if _, err := db.SaveBackup(t.Context(), dir, start.Add(time.Duration(hour)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	last := start.Add((10*24 - 1) * time.Hour)
	if got := state.LastBackup(dir); !got.Equal(last) {
		t.Errorf("last backup %v, want %v", got, last)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) != 24+7 {
		t.Errorf("%d backups are kept, %v; want 24 hourly and 7 of earlier days", len(files), err)
	}
	for _, f := range files {
		if err := state.CheckFile(f); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shipmate.db")
	db := open(t, path)
	put(t, db, "a", `1`)
	backup, err := db.SaveBackup(t.Context(), filepath.Join(dir, "backups"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	put(t, db, "a", `2`)
	if _, err := state.Restore(backup, path, time.Now()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("restoring a file in use: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(dir, "torn.db")
	data, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(torn, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Restore(torn, path, time.Now()); err == nil {
		t.Error("half a backup was restored")
	}
	kept, err := state.Restore(backup, path, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{path: "1", kept: "2"} {
		item, _, err := open(t, file).Get(t.Context(), "a")
		if err != nil || string(item.Value) != want {
			t.Errorf("%s has %s, %v; want %s", file, item.Value, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "damaged.db"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Restore(backup, filepath.Join(dir, "damaged.db"), time.Now()); err != nil {
		t.Errorf("restoring over a damaged file: %v", err)
	}
}
