package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// metaKey holds what a file says of itself, in the meta bucket.
var metaKey = []byte("shipmate")

type meta struct {
	Schema  int       `json:"schema"`
	Created time.Time `json:"created"`
}

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = 2 * time.Second

// Options say which file is opened, and how.
type Options struct {
	// Path is the file. It is made, with its folder, when nothing is there.
	Path string
	// Check, unless nil, is called with the path of an existing file before it is opened: CheckFile in another process, so that damage cannot
	// end this one. Its error, unless it wraps ErrDamaged, is Open's. Nil: CheckFile in this process.
	Check func(path string) error
	// MaxBytes is how much the file may hold before transactions that add to it fail with ErrFull; 0: no limit.
	MaxBytes int64
	// Committed, unless nil, is told how long each durable write of the file took.
	Committed func(time.Duration)
	// Log is told of damaged values that were put aside; nil: nobody is.
	Log *slog.Logger
}

// Open opens the store. Only one process can have it open: Open waits two seconds and then says who probably has it.
//
// A file that is empty, damaged in its structure, not Shipmate's, or written by a newer Shipmate is refused with a *FileError and left as it is.
// Single damaged values are put aside. An older file is migrated, each time after a copy of it was laid beside it. A large file that is mostly
// empty is made smaller.
func Open(o Options) (*DB, error) {
	if o.Check == nil {
		o.Check = CheckFile
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Committed == nil {
		o.Committed = func(time.Duration) {}
	}
	if _, err := os.Stat(o.Path); errors.Is(err, fs.ErrNotExist) {
		if err := create(o.Path); err != nil {
			return nil, fmt.Errorf("make the data file %s: %w", o.Path, err)
		}
	} else if err := o.Check(o.Path); err != nil && !errors.Is(err, ErrDamaged) {
		return nil, err
	}
	file, err := openSmall(o.Path, o.Log)
	if err != nil {
		return nil, err
	}
	db := &DB{
		bolt: file, path: o.Path, holder: o.Path + ".holder", limit: o.MaxBytes, log: o.Log, took: o.Committed,
		wake: make(chan struct{}, 1), committed: make(chan struct{}),
		watchers: map[*watcher]struct{}{}, sessions: map[*session]struct{}{},
	}
	if err := db.prepare(migrations); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	db.hold()
	go db.commitAll() // ends with Close
	return db, nil
}

// prepare migrates the file, ends the sessions of earlier processes, and puts damaged values aside.
func (db *DB) prepare(steps []migration) error {
	if err := migrate(db.bolt, db.path, steps); err != nil {
		return err
	}
	defer db.measure()
	return db.bolt.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{sessionBucket, asideBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		moved, err := putAside(tx, damagedKeys(tx))
		if len(moved) > 0 {
			db.log.Error("damaged values were put aside", "keys", moved)
		}
		return errors.Join(err, endDeadSessions(tx))
	})
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
		for _, name := range [][]byte{dataBucket, metaBucket, sessionBucket, asideBucket} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return putMeta(tx, meta{Schema: schemaOf(migrations), Created: time.Now().UTC()})
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

func putMeta(tx *bolt.Tx, m meta) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(metaKey, data)
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
