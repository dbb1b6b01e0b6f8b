//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package slack

import (
	"path/filepath"
	"testing"
	"time"
)

// A lock that is given back a moment later is waited for; one that is held is told of.
func TestLockIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "workspace.json")
	first, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(path); err == nil {
		t.Error("two have the lock")
	}
	time.AfterFunc(100*time.Millisecond, func() { first.Close() })
	second, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}
