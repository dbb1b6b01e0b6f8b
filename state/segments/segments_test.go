package segments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func names(t *testing.T, s *Store) (list []string) {
	t.Helper()
	files, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		list = append(list, f.Name)
	}
	return list
}

// entries are the names of all files in a folder.
func entries(t *testing.T, dir string) (list []string) {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		list = append(list, e.Name())
	}
	return list
}

func TestAddReadList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	s := open(t, dir)
	data := map[string][]byte{"b-2": []byte("two"), "a.1": {}, "c_3": bytes.Repeat([]byte{0, 255}, 100_000)}
	for name, d := range data {
		for range 2 { // the second time changes nothing
			if err := s.Add(t.Context(), name, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Add(t.Context(), "b-2", []byte("three")); !errors.Is(err, ErrExists) {
		t.Errorf("other data under a name: %v", err)
	}
	for range 2 {
		if got := names(t, s); !slices.Equal(got, []string{"a.1", "b-2", "c_3"}) {
			t.Errorf("listed: %q", got)
		}
		for name, want := range data {
			if got, err := s.Read(t.Context(), name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
		if n, aside, err := s.Usage(t.Context()); n != 200_003+3*int64(headSize) || aside != 0 || err != nil {
			t.Errorf("usage: %d, %d, %v", n, aside, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir)
	}
	if _, err := s.Read(t.Context(), "d"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	_ = s.Close()
	if err := s.Add(t.Context(), "e", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestNames(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", "-rf", "a b", "ü", "a\x00", strings.Repeat("a", 201)} {
		if err := s.Add(t.Context(), name, []byte("x")); err == nil || !strings.Contains(err.Error(), "no name") {
			t.Errorf("add %q: %v", name, err)
		}
		if _, err := s.Read(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("read %q: %v", name, err)
		}
	}
	if got := names(t, s); len(got) != 0 {
		t.Errorf("listed: %q", got)
	}
}

// Whatever byte of a file changes, the file is put aside and named; everything else goes on, and the segment can be added again.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	good := sealed("x", []byte("some data"))
	tests := map[string][]byte{"empty": {}, "cut off": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "another's": sealed("y", []byte("some data"))}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		tests[fmt.Sprint("byte ", i)] = flipped
	}
	if err := s.Add(t.Context(), "other", []byte("o")); err != nil {
		t.Fatal(err)
	}
	n := 0
	for what, file := range tests {
		if err := os.WriteFile(filepath.Join(dir, "x.seg"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		n++
		if n%2 == 0 { // Add finds it, too
			if err := s.Add(t.Context(), "x", []byte("some data")); err != nil {
				t.Fatal(err)
			}
		} else if _, err := s.Read(t.Context(), "x"); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), filepath.Join(dir, "damaged")) {
			t.Errorf("%s: %v", what, err)
		} else if _, err := s.Read(t.Context(), "x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s, read again: %v", what, err)
		}
		if _, aside, err := s.Usage(t.Context()); aside != n || err != nil {
			t.Fatalf("%s: %d files are aside, want %d: %v", what, aside, n, err)
		}
		_ = os.Remove(filepath.Join(dir, "x.seg"))
	}
	if got := names(t, s); !slices.Equal(got, []string{"other"}) {
		t.Errorf("left: %q", got)
	}
}

func TestNewerVersion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	file := sealed("x", []byte("data"))
	file[len(magic)] = version + 1
	if err := os.WriteFile(filepath.Join(dir, "x.seg"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), "x"); !errors.Is(err, ErrNewer) {
		t.Errorf("got %v", err)
	}
	if err := s.Add(t.Context(), "x", []byte("data")); !errors.Is(err, ErrExists) {
		t.Errorf("added over it: %v", err)
	}
	if got := names(t, s); !slices.Equal(got, []string{"x"}) {
		t.Errorf("it was moved: %q", got)
	}
}

func TestContext(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Add(ctx, "x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := names(t, s); len(got) != 0 {
		t.Errorf("added: %q", got)
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 4 {
		name := fmt.Sprint("s", i)
		if err := s.Add(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
		age := time.Duration(i) * 24 * time.Hour
		if err := os.Chtimes(filepath.Join(dir, name+".seg"), time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	limit := time.Now().Add(-36 * time.Hour)
	n, err := s.Prune(t.Context(), func(f File) bool { return f.Time.Before(limit) })
	if got := names(t, s); n != 2 || err != nil || !slices.Equal(got, []string{"s0", "s1"}) {
		t.Errorf("%d removed, %v; left: %q", n, err, got)
	}
	paths, err := s.Files(t.Context())
	if err != nil || !slices.Equal(paths, []string{filepath.Join(dir, "s0.seg"), filepath.Join(dir, "s1.seg")}) {
		t.Errorf("files: %q, %v", paths, err)
	}
}

// A backup grows with the folder, leaves out what is damaged and says so, and brings back what was lost.
func TestBackup(t *testing.T) {
	dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	s := open(t, dir)
	for i, want := range []int{1, 1, 0} {
		if i < 2 {
			if err := s.Add(t.Context(), fmt.Sprint("s", i), []byte{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.CopyTo(t.Context(), backup); n != want || err != nil {
			t.Errorf("copied %d, %v; want %d", n, err, want)
		}
	}
	if err := os.Truncate(filepath.Join(backup, "s1.seg"), 3); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CopyTo(t.Context(), backup); n != 1 || err != nil {
		t.Errorf("a backup that was cut off: copied %d, %v", n, err)
	}
	for name, data := range map[string]string{"s0": "spoiled", "s2": "spoiled, too"} {
		if err := os.WriteFile(filepath.Join(dir, name+".seg"), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(t.Context(), "s3", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CopyTo(t.Context(), backup); n != 1 || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "s0") || !strings.Contains(err.Error(), "s2") {
		t.Errorf("copied %d, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b := open(t, backup)
	if n, err := b.CopyTo(t.Context(), dir); n != 1 || err != nil {
		t.Errorf("brought back %d, %v", n, err)
	}
	s = open(t, dir)
	if data, err := s.Read(t.Context(), "s0"); err != nil || !bytes.Equal(data, []byte{0}) {
		t.Errorf("%v, %v", data, err)
	}
}

// FuzzUnsealed: no bytes of a file are taken for data but those that were written under its name.
func FuzzUnsealed(f *testing.F) {
	f.Add("x", sealed("x", []byte("data")))
	f.Add("x", []byte(magic))
	f.Fuzz(func(t *testing.T, name string, file []byte) {
		if data, err := unsealed(name, file); err == nil && !bytes.Equal(sealed(name, data), file) {
			t.Errorf("%q under %q was taken for %q", file, name, data)
		}
		if data, err := unsealed(name, sealed(name, file)); err != nil || !bytes.Equal(data, file) {
			t.Errorf("%q: %q, %v", file, data, err)
		}
	})
}

// BenchmarkAdd is a segment of 100 kB, durable.
func BenchmarkAdd(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	data := bytes.Repeat([]byte("x"), 100_000)
	for i := 0; b.Loop(); i++ {
		if err := s.Add(b.Context(), fmt.Sprint("s", i), data); err != nil {
			b.Fatal(err)
		}
	}
}
