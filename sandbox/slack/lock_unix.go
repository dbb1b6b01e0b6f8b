//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package slack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockFile takes the right to use the file at path, which two processes must not write at once. It holds a lock on a file
// beside it, because path itself is replaced by a new file now and then; closing the result, or the end of the process,
// gives the lock back.
func lockFile(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockSoon(f); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is in use, probably by another sandbox; stop that one, or choose another folder with --data", path)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// lockSoon takes the lock, and waits a moment for whoever is about to give it back: a lock that was given up is held on for a few milliseconds by a
// process that is being started just then (git, for one), until it runs its program and so closes what it has inherited.
func lockSoon(f *os.File) error {
	const tries, pause = 20, 25 * time.Millisecond
	for i := 0; ; i++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || i == tries {
			return err
		}
		time.Sleep(pause)
	}
}
