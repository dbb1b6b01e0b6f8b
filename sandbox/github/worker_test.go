package github

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
)

func TestWorkersComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	if err := os.WriteFile(dir+"/a", []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	repo, err := openRepository(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	id, err := repo.text(t.Context(), "hash-object", "-w", "--", "a")
	if err != nil {
		t.Fatal(err)
	}
	objects := newObjectReader(repo)
	read := func(when string) {
		t.Helper()
		if got, err := objects.read(t.Context(), id, "blob"); err != nil || string(got.data) != "hello" {
			t.Errorf("%s: %q, %v", when, got.data, err)
		}
	}
	read("first")
	killed := objects.crew.idle[0].cmd.Process
	if err := killed.Kill(); err != nil {
		t.Fatal(err)
	}
	read("after git was killed")
	if n := objects.crew.idle[0].cmd.Process.Pid; n == killed.Pid {
		t.Error("the killed process is still used")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := objects.read(ctx, id, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
	read("after a cancelled request")
	for _, name := range []string{"", "HEAD", id[:3], id + "\n" + id, "deadbeef"} {
		if _, err := objects.read(t.Context(), name, ""); !errors.Is(err, errNoObject) {
			t.Errorf("object %q: %v, want none", name, err)
		}
	}
	objects.crew.close()
	if _, err := objects.read(t.Context(), id, ""); !errors.Is(err, errClosed) {
		t.Errorf("after close: %v", err)
	}
}
