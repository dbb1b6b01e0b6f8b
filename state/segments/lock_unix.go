//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package segments

import (
	"os"
	"syscall"
)

// lock takes an exclusive lock, which ends with the file's closing or the process; it does not wait.
func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
