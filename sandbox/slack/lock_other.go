//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package slack

import (
	"os"
	"path/filepath"
)

// lockFile does not lock on this system: nothing keeps two processes from using one file.
func lockFile(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
}
