// Package segments keeps immutable files in a folder: each is written once, whole and durably, and later read or dropped as a whole. Unlike the values
// of the store they may be large.
//
// A segment NAME is the file NAME.seg: "SMSF" | version, 1 byte | CRC-32 (Castagnoli), 4 bytes big endian, of the name and the data | data. Files that are
// being written begin with ".part-"; what a crash leaves of them is removed when the folder is next opened. Damaged files are moved into the folder
// "damaged". The file "lock" is held by the process that has the folder open, and says which one that is. Other files are left alone.
package segments

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	magic    = "SMSF"
	version  = 1
	headSize = len(magic) + 1 + 4
	ending   = ".seg"
	partial  = ".part-"
	damaged  = "damaged" // a folder
)

// Errors, to be tested with errors.Is.
var (
	// ErrDamaged is wrapped by Read's error when a file is not what was written. It has been moved aside.
	ErrDamaged = errors.New("the segment is damaged")
	// ErrNewer is wrapped by Read's error when a newer program wrote the file. It stays where it is.
	ErrNewer = errors.New("a newer Shipmate wrote this segment: run that version")
	// ErrExists is wrapped by Add's error when there is a segment of that name with other data.
	ErrExists = errors.New("there is another segment of this name, and segments never change")
	// ErrFull is wrapped by Add's error when there is no room on the disk.
	ErrFull = errors.New("the disk is full")
	// ErrInUse is wrapped by Open's error when another process has the folder open.
	ErrInUse = errors.New("the folder is in use")
	// ErrClosed is what calls after Close return.
	ErrClosed = errors.New("the segments are closed")
)

// A Store is an open folder of segments. Its methods are safe for concurrent use.
type Store struct {
	dir   string
	point func(name string) error // tests: called where a crash or an error matters

	mu   sync.Mutex // held while the folder is changed
	lock *os.File   // nil when closed
}

// A File is one segment.
type File struct {
	Name string
	Size int64     // of the data
	Time time.Time // when it was added; a copy of the folder may have another
}

// validName is what a segment may be called: nothing that a file system, or somebody who lists the folder, could stumble over.
var validName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$`)

// Open opens a folder, which is made when nothing is there, and removes what a crash left. Only one Store can have it open: for a second one the error
// wraps ErrInUse and says who probably has it.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of segments: %w", err)
	}
	lock, err := take(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("open the segments in %s: %w", dir, err)
	}
	s := &Store{dir: dir, lock: lock, point: func(string) error { return nil }}
	if err := s.tidy(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the segments in %s: %w", dir, err), s.Close())
	}
	return s, nil
}

// take locks a file and notes in it who does so; the note only serves the error message of another process.
func take(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		holder := make([]byte, 200)
		n, _ := file.Read(holder)
		return nil, errors.Join(inUse(err, string(holder[:n])), file.Close())
	}
	note := fmt.Sprintf("process %d, since %s", os.Getpid(), time.Now().Format(time.DateTime))
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(note), 0)
	}
	return file, nil
}

// inUse is the error of a lock that could not be had.
func inUse(err error, holder string) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	who := strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, holder)
	if who == "" {
		who = "another process"
	}
	return fmt.Errorf("%w, probably by %s", ErrInUse, who)
}

// tidy removes what was being written when a process ended.
func (s *Store) tidy() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), partial) {
			if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil {
				return fmt.Errorf("remove what a crash left: %w", err)
			}
		}
	}
	return nil
}

// Close lets another process open the folder. What was added is durable already.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	lock := s.lock
	s.lock = nil
	return lock.Close()
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name+ending) }

// change runs f unless the store is closed or ctx has ended, alone.
func (s *Store) change(ctx context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// Add keeps data under a name and returns when it is durable. After an error, or a crash, the segment is there whole or not at all; added again, it is
// there. A name may consist of letters and digits of ASCII, ".", "_" and "-", up to 200, and does not begin with "." or "-".
func (s *Store) Add(ctx context.Context, name string, data []byte) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("add a segment: %.80q is no name for one", name)
	}
	err := s.change(ctx, func() error {
		switch now, err := os.ReadFile(s.path(name)); {
		case err == nil && bytes.Equal(now, sealed(name, data)):
			return syncDir(s.dir) // the sync may be what failed the last time
		case err == nil && intact(name, now):
			return ErrExists
		case err == nil:
			if err := s.putAside(name); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		return s.write(s.path(name), sealed(name, data))
	})
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = errors.Join(ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("add the segment %s: %w", name, err)
	}
	return nil
}

// sealed is data as it is in its file.
func sealed(name string, data []byte) []byte {
	out := make([]byte, headSize, headSize+len(data))
	copy(out, magic)
	out[len(magic)] = version
	binary.BigEndian.PutUint32(out[len(magic)+1:], checksum(name, data))
	return append(out, data...)
}

// intact reports whether a file is what was written under its name, by whatever version.
func intact(name string, file []byte) bool {
	_, err := unsealed(name, file)
	return err == nil || errors.Is(err, ErrNewer)
}

// unsealed is the data of a file.
func unsealed(name string, file []byte) ([]byte, error) {
	switch {
	case len(file) < headSize || string(file[:len(magic)]) != magic || file[len(magic)] == 0:
		return nil, ErrDamaged
	case file[len(magic)] > version && binary.BigEndian.Uint32(file[len(magic)+1:]) != checksum(name, file[headSize:]):
		return nil, ErrDamaged
	case file[len(magic)] > version:
		return nil, ErrNewer
	case binary.BigEndian.Uint32(file[len(magic)+1:]) != checksum(name, file[headSize:]):
		return nil, ErrDamaged
	}
	return file[headSize:], nil
}

// checksum covers the name, too, so that data cannot turn up under another one unnoticed.
func checksum(name string, data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte(name), table), table, data)
}

// write makes a file beside path and moves it there once it is durable, so that a crash leaves either nothing or all of it.
func (s *Store) write(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), partial) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	half := len(data) / 2
	steps := []struct {
		name string
		do   func() error
	}{
		{"made", func() error { _, err := tmp.Write(data[:half]); return err }},
		{"half written", func() error { _, err := tmp.Write(data[half:]); return err }},
		{"written", tmp.Sync},
		{"synced", tmp.Close},
		{"closed", func() error { return os.Rename(tmp.Name(), path) }},
		{"renamed", func() error { return syncDir(filepath.Dir(path)) }},
	}
	for _, step := range steps {
		err := s.point(step.name)
		if err == nil {
			err = step.do()
		}
		if err != nil {
			_ = tmp.Close() // it may be closed already
			return err
		}
	}
	return s.point("durable")
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
