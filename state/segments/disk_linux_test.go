package segments

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A folder that may not be written is refused in words, and when it becomes so later, what is in it stays readable.
func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "segments")
	s := open(t, dir)
	if err := s.Add(t.Context(), "x", []byte("data")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if os.Geteuid() == 0 { // whom no mode stops: this thread looks at files as nobody, who owns the folder
		for _, path := range []string{filepath.Dir(filepath.Dir(dir)), filepath.Dir(dir), dir, filepath.Join(dir, "x.seg"), filepath.Join(dir, "lock")} {
			if err := os.Chown(path, 65534, 65534); err != nil {
				t.Skip("cannot give the folder away: ", err)
			}
		}
		runtime.LockOSThread() // never unlocked: the thread ends with the test
		if err := syscall.Setfsuid(65534); err != nil {
			t.Skip("cannot look at files as somebody else: ", err)
		}
		if _, err := os.Stat(dir); err != nil {
			t.Skip("nobody may not look into the folder for temporary files: ", err)
		}
	}
	if err := s.Add(t.Context(), "y", []byte("data")); !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "add the segment y: ") {
		t.Errorf("Add: %v", err)
	}
	if data, err := s.Read(t.Context(), "x"); err != nil || string(data) != "data" {
		t.Errorf("Read: %q, %v", data, err)
	}
	if _, err := Open(filepath.Join(dir, "deeper")); !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "make the folder of segments: ") {
		t.Errorf("Open: %v", err)
	}
}

// On a disk that is really full Add says so, leaves nothing, and succeeds once there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("cannot mount a small disk; TestErrorsWhileWriting stands in for it: ", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	s := open(t, dir)
	defer s.Close()
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		err = s.Add(t.Context(), fmt.Sprint("s", n), bytes.Repeat([]byte{byte(n)}, 50_000))
	}
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "the disk is full") {
		t.Fatalf("after %d: %v", n, err)
	}
	if got := entries(t, dir); len(got) != n { // with the lock, without the last one
		t.Errorf("after %d: %q", n, got)
	}
	if removed, err := s.Prune(t.Context(), func(f File) bool { return f.Name == "s0" }); removed != 1 || err != nil {
		t.Fatal(removed, err)
	}
	if err := s.Add(t.Context(), fmt.Sprint("s", n-1), bytes.Repeat([]byte{1}, 40_000)); err != nil {
		t.Errorf("with room: %v", err)
	}
}
