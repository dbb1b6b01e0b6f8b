//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package segments

import "os"

// lock does nothing where there is no flock: the data file's own lock has to do.
func lock(*os.File) error { return nil }
