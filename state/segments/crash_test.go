package segments

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// held names, in the environment of a child, the folder that it opens; point names where it is to be killed.
const held, killedAt = "SEGMENTS_TEST_DIR", "SEGMENTS_TEST_POINT"

// child runs a test of this file in a process of its own.
func child(t *testing.T, test, dir, point string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	c.Env = append(os.Environ(), held+"="+dir, killedAt+"="+point)
	return c
}

func TestInUse(t *testing.T) {
	if dir := os.Getenv(held); dir != "" {
		if _, err := Open(dir); err != nil {
			t.Fatal(err)
		}
		fmt.Println("open")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent closes the pipe
		return
	}
	dir := t.TempDir()
	c := child(t, "TestInUse", dir, "")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	if want := fmt.Sprintf("open the segments in %s: the folder is in use, probably by process %d, since ", dir, c.Process.Pid); !errors.Is(err, ErrInUse) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	_ = in.Close()
	_ = c.Wait()
	open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("twice in one process: %v", err)
	}
}

// points are where a process may die while it adds a segment.
var points = []string{"made", "half written", "written", "synced", "closed", "renamed", "durable"}

// TestKilled lets a process die at each point of its third segment. What it said to have added is there, the third is there whole or not at all, and
// nothing else is left.
func TestKilled(t *testing.T) {
	content := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 10_000) }
	if dir := os.Getenv(held); dir != "" {
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			s.point = func(name string) error {
				if i == 2 && name == os.Getenv(killedAt) {
					_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
					select {} // until it arrives
				}
				return nil
			}
			if err := s.Add(t.Context(), fmt.Sprint("s", i), content(i)); err != nil {
				t.Fatal(err)
			}
			fmt.Println("added", i)
		}
		return
	}
	for n, point := range points {
		t.Run(point, func(t *testing.T) {
			dir := t.TempDir()
			out, err := child(t, "TestKilled", dir, point).Output()
			if err == nil || strings.Count(string(out), "added") != 2 {
				t.Fatalf("the process was not killed at its third segment: %v, %s", err, out)
			}
			before := entries(t, dir)
			if left := slices.ContainsFunc(before, func(name string) bool { return strings.HasPrefix(name, partial) }); left != (n < 5) {
				t.Errorf("before: %q", before)
			}
			s := open(t, dir)
			want := []string{"s0", "s1", "s2"}[:2+n/5]
			if got := names(t, s); !slices.Equal(got, want) {
				t.Errorf("left: %q, want %q", got, want)
			}
			for i, name := range want {
				if data, err := s.Read(t.Context(), name); err != nil || !bytes.Equal(data, content(i)) {
					t.Errorf("%s: %d bytes, %v", name, len(data), err)
				}
			}
			if got := entries(t, dir); len(got) != len(want)+1 {
				t.Errorf("the folder has %q", got)
			}
			if err := s.Add(t.Context(), "s2", content(2)); err != nil {
				t.Errorf("added again: %v", err)
			}
		})
	}
}

// An error at any step leaves nothing, or the whole segment; what is on the disk stays readable, and the next try succeeds.
func TestErrorsWhileWriting(t *testing.T) {
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			if err := s.Add(t.Context(), "before", []byte("b")); err != nil {
				t.Fatal(err)
			}
			s.point = func(name string) error {
				if name == point {
					return &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
				}
				return nil
			}
			if err := s.Add(t.Context(), "x", []byte("data")); !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("got %v", err)
			}
			s.point = func(string) error { return nil }
			if got, err := s.Read(t.Context(), "before"); err != nil || string(got) != "b" {
				t.Errorf("%q, %v", got, err)
			}
			for _, name := range entries(t, dir) {
				if strings.HasPrefix(name, partial) {
					t.Errorf("%s was left", name)
				}
			}
			if err := s.Add(t.Context(), "x", []byte("data")); err != nil {
				t.Errorf("the next try: %v", err)
			}
			if got, err := s.Read(t.Context(), "x"); err != nil || string(got) != "data" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
