package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func open(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func put(t *testing.T, db *DB, kv ...string) {
	t.Helper()
	var ops []Op
	for i := 0; i < len(kv); i += 2 {
		ops = append(ops, Op{kv[i], []byte(kv[i+1])})
	}
	if err := db.Apply(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
}

func TestValuesSurviveClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "shipmate.db")
	db := open(t, path)
	put(t, db, "a", `1`, "b", `2`, "b", `3`, "c", `4`)
	if err := db.Apply(t.Context(), []Op{{Key: "c"}, {Key: "never was"}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	for key, want := range map[string]string{"a": "1", "b": "3", "c": ""} {
		item, ok, err := db.Get(t.Context(), key)
		if err != nil || ok != (want != "") || string(item.Value) != want {
			t.Errorf("Get(%q) = %q, %v, %v; want %q", key, item.Value, ok, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestScan(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "db"))
	put(t, db, "a/1", `1`, "a/2", `2`, "a/3", `3`, "b/1", `4`)
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"a/", "", 10, "a/1 a/2 a/3"}, {"a/", "a/1", 10, "a/2 a/3"}, {"a/", "a/15", 10, "a/2 a/3"}, {"a/", "", 2, "a/1 a/2"},
		{"", "", 10, "a/1 a/2 a/3 b/1"}, {"a/", "a/3", 10, ""}, {"c", "", 10, ""}, {"a/", "", 0, ""}, {"b/", "a/2", 10, "b/1"},
	} {
		items, err := db.Scan(t.Context(), test.prefix, test.after, test.limit)
		var keys []string
		for _, i := range items {
			keys = append(keys, i.Key)
		}
		if got := strings.Join(keys, " "); err != nil || got != test.want {
			t.Errorf("Scan(%q, %q, %d) = %q, %v; want %q", test.prefix, test.after, test.limit, got, err, test.want)
		}
	}
}

func TestApplyIsAllOrNothing(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "db"))
	err := db.Apply(t.Context(), []Op{{"good", []byte(`1`)}, {strings.Repeat("k", bolt.MaxKeySize+1), []byte(`1`)}})
	if err == nil {
		t.Fatal("a key that is too long was taken")
	}
	if _, ok, _ := db.Get(t.Context(), "good"); ok {
		t.Error("half of the changes were kept")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Apply(ctx, []Op{{"late", []byte(`1`)}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: got %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "db"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 10 {
				key := fmt.Sprintf("%d/%d", g, i)
				if err := db.Apply(t.Context(), []Op{{key, []byte(`"` + key + `"`)}}); err != nil {
					t.Error(err)
				}
				if item, ok, err := db.Get(t.Context(), key); !ok || err != nil || string(item.Value) != `"`+key+`"` {
					t.Errorf("Get(%q) = %q, %v, %v", key, item.Value, ok, err)
				}
			}
		})
	}
	wg.Wait()
}

// damaged makes a store with some values at path and returns its bytes.
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
	flip := bytes.Replace(bytes.Clone(good), []byte("value 100"), []byte("value 999"), -1)
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
		"a wrong value":    {flip, "damaged"},
		"another program":  {theirs, "another program"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shipmate.db")
			if err := os.WriteFile(path, test.data, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := Open(path)
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

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shipmate.db")
	db := open(t, path)
	err := db.bolt.Update(func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(metaKey, []byte(`{"schema":999}`)) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "newer Shipmate") {
		t.Errorf("got %v", err)
	}
}

// TestLockedFile opens the store in a child process; the parent is told who has it.
func TestLockedFile(t *testing.T) {
	if path := os.Getenv("STATE_TEST_HOLD"); path != "" {
		if _, err := Open(path); err != nil {
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
	_, err = Open(path)
	if want := fmt.Sprintf("in use, probably by process %d", child.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	_ = in.Close()
	_ = child.Wait()
	open(t, path)
}

func FuzzValue(f *testing.F) {
	f.Add("key", []byte(`{"a":1}`), 7)
	f.Add("", []byte{}, 0)
	f.Fuzz(func(t *testing.T, key string, value []byte, at int) {
		stored := encode(key, value)
		got, err := decode(key, stored)
		if err != nil || !bytes.Equal(got, value) {
			t.Fatalf("decode(encode(%q)) = %q, %v", value, got, err)
		}
		if at = at % len(stored); at < 0 {
			at = -at
		}
		stored[at] ^= 0x40
		if got, err := decode(key, stored); err == nil {
			t.Errorf("a flipped bit at %d was not noticed: %q", at, got)
		}
		if _, err := decode(key+"x", encode(key, value)); !errors.Is(err, ErrDamaged) {
			t.Errorf("a value under another key: got %v", err)
		}
	})
}

func TestKeysAreOrdered(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "db"))
	put(t, db, "b", `1`, "a", `1`, "ä", `1`, "a/", `1`)
	items, err := db.Scan(t.Context(), "", "", 10)
	if err != nil || !slices.IsSortedFunc(items, func(a, b Item) int { return strings.Compare(a.Key, b.Key) }) {
		t.Errorf("got %v, %v", items, err)
	}
}

func BenchmarkApply(b *testing.B) {
	db, err := Open(filepath.Join(b.TempDir(), "db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	value := []byte(`"` + strings.Repeat("x", 200) + `"`)
	for i := 0; b.Loop(); i++ {
		if err := db.Apply(b.Context(), []Op{{fmt.Sprint("k/", i%1000), value}}); err != nil {
			b.Fatal(err)
		}
	}
}
