package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Buckets of the file: all data, and what the file says of itself.
var (
	dataBucket = []byte("data")
	metaBucket = []byte("meta")
	metaKey    = []byte("shipmate")
)

// schemaVersion is the version of the key layout in the package comment.
const schemaVersion = 1

// meta is what a file says of itself.
type meta struct {
	Schema  int       `json:"schema"`
	Created time.Time `json:"created"`
}

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = 2 * time.Second

// Open opens the store at path, and makes it, with its folder, when nothing is there. Only one process can have it open: Open waits two
// seconds and then says who probably has it.
//
// A file that is empty, damaged, not Shipmate's, or written by a newer Shipmate is refused and left as it is. Every stored value is checked.
func Open(path string) (*DB, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make the data file %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("data file: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("data file %s is not a file", path)
	case info.Size() == 0:
		return nil, refused(path, "is empty, although it exists: it was probably cut off")
	}
	return openExisting(path)
}

// openExisting opens a file and checks it whole. Damage makes bbolt panic, or touch memory beyond the end of the file: both become errors here.
func openExisting(path string) (db *DB, err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	var file *bolt.DB
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, refused(path, fmt.Sprintf("is damaged (%v)", p))
		}
		if err != nil && file != nil {
			func() {
				defer func() { _ = recover() }() // closing a damaged file may panic again; it is only read from
				_ = file.Close()
			}()
		}
	}()
	file, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("data file %s is in use%s: stop that process, or use another --data folder", path, heldBy(path))
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, refused(path, fmt.Sprintf("is no data file of Shipmate, or is damaged (%v)", err))
	case err != nil:
		return nil, fmt.Errorf("open data file %s: %w", path, err)
	}
	if err := file.View(func(tx *bolt.Tx) error { return inspect(tx, path) }); err != nil {
		return nil, err
	}
	db = &DB{bolt: file, holder: path + ".holder"}
	db.hold()
	return db, nil
}

// inspect refuses a file that is not ours, too new, cut off, or has a damaged value.
func inspect(tx *bolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return refused(path, fmt.Sprintf("was cut off: %d of %d bytes are there", info.Size(), tx.Size()))
	}
	own := tx.Bucket(metaBucket)
	if own == nil || tx.Bucket(dataBucket) == nil {
		return refused(path, "belongs to another program")
	}
	var m meta
	if err := json.Unmarshal(own.Get(metaKey), &m); err != nil {
		return refused(path, "belongs to another program")
	}
	if m.Schema > schemaVersion {
		return refused(path, fmt.Sprintf("was written by a newer Shipmate (schema %d, this one knows %d)", m.Schema, schemaVersion))
	}
	err = tx.Bucket(dataBucket).ForEach(func(k, v []byte) error {
		_, err := decode(string(k), v)
		return err
	})
	if err != nil {
		return refused(path, fmt.Sprintf("is damaged (%v)", err))
	}
	return nil
}

func refused(path, why string) error {
	return fmt.Errorf("data file %s %s. It was left as it is: put a good copy in its place, or move it away to begin anew", path, why)
}

// create makes an empty store beside path and moves it there whole, so that a crash leaves either nothing or a usable file.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	fresh := filepath.Join(tmp, filepath.Base(path))
	file, err := bolt.Open(fresh, 0o600, &bolt.Options{Timeout: lockWait})
	if err != nil {
		return err
	}
	err = file.Update(func(tx *bolt.Tx) error {
		own, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		if _, err := tx.CreateBucket(dataBucket); err != nil {
			return err
		}
		m, err := json.Marshal(meta{Schema: schemaVersion, Created: time.Now().UTC()})
		if err != nil {
			return err
		}
		return own.Put(metaKey, m)
	})
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	// Link, unlike rename, never replaces a file that another process made meanwhile; that one is opened then.
	if err := os.Link(fresh, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(fresh, path) // a file system without links
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// hold leaves a note beside the file that says who has it open. It only serves the error message of another process.
func (db *DB) hold() {
	note := fmt.Sprintf("process %d (%s), since %s", os.Getpid(), strings.Join(os.Args[:min(2, len(os.Args))], " "), time.Now().Format(time.DateTime))
	_ = os.WriteFile(db.holder, []byte(note), 0o600)
}

func heldBy(path string) string {
	note, err := os.ReadFile(path + ".holder")
	if err != nil || len(note) > 1000 {
		return " by another process"
	}
	return ", probably by " + strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, string(note))
}

// Close ends all use of the store. Reads and writes after it fail.
func (db *DB) Close() error {
	err := db.bolt.Close()
	_ = os.Remove(db.holder)
	return err
}
