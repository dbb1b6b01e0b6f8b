package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// shownFaults is how many faults of one kind an error lists.
const shownFaults = 10

// A FileError says why a data file is not opened. The file is left as it is.
type FileError struct{ Path, Why string }

// Error says what to do, too.
func (e *FileError) Error() string {
	return fmt.Sprintf("data file %s %s. It was left as it is: put a good copy in its place (shipmate restore), or move it away to begin anew", e.Path, e.Why)
}

// CheckFile reads the file at path whole and returns what is wrong with it: a *FileError when it cannot be used, ErrDamaged for values that
// will be put aside. It changes nothing, and may run while another process has the file open for reading only.
//
// Damage can end the process in ways that Go cannot catch: run it in a child process where that matters.
func CheckFile(path string) error {
	return readFile(path, func(file *bolt.DB) error {
		return file.View(func(tx *bolt.Tx) error {
			if err := inspect(tx, path); err != nil {
				return err
			}
			if err := checkStructure(tx); err != nil {
				return &FileError{path, fmt.Sprintf("is damaged (%v)", err)}
			}
			return checkValues(tx)
		})
	})
}

// readFile opens a file for reading and closes it again. Damage makes bbolt panic, or touch memory beyond the end of the file: both become errors.
func readFile(path string, use func(*bolt.DB) error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	var file *bolt.DB
	defer func() {
		if p := recover(); p != nil {
			err = &FileError{path, fmt.Sprintf("is damaged (%v)", p)}
			if _, ok := p.(runtime.Error); ok { // memory beyond the end of the file was touched, or such
				err = &FileError{path, "is damaged, and was probably cut off"}
			}
		}
		if file != nil {
			defer func() { _ = recover() }() // closing a damaged file may panic again
			err = errors.Join(err, file.Close())
		}
	}()
	if file, _, err = openBolt(path, true); err != nil {
		return err
	}
	return use(file)
}

// openBolt opens an existing file, and says in words why that fails. opened is the file that it has: another may have taken its place since.
func openBolt(path string, readOnly bool) (file *bolt.DB, opened os.FileInfo, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("data file: %w", err)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("data file %s is not a file", path)
	case info.Size() == 0:
		return nil, nil, &FileError{path, "is empty, although it exists: it was probably cut off"}
	}
	open := func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
		if err == nil {
			opened, err = f.Stat()
		}
		return f, err
	}
	file, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, FreelistType: bolt.FreelistMapType, ReadOnly: readOnly, PreLoadFreelist: true, OpenFile: open,
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, nil, fmt.Errorf("data file %s is in use%s: stop that process, or use another --data folder", path, heldBy(path))
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, nil, &FileError{path, fmt.Sprintf("is no data file of Shipmate, or is damaged (%v)", err)}
	case err != nil:
		return nil, nil, fmt.Errorf("open data file %s: %w", path, err)
	}
	return file, opened, nil
}

// inspect refuses a file that is not ours, too new, or cut off.
func inspect(tx *bolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return &FileError{path, fmt.Sprintf("was cut off: %d of %d bytes are there", info.Size(), tx.Size())}
	}
	own := tx.Bucket(metaBucket)
	if own == nil || tx.Bucket(dataBucket) == nil {
		return &FileError{path, "belongs to another program"}
	}
	var m meta
	if err := json.Unmarshal(own.Get(metaKey), &m); err != nil {
		return &FileError{path, "belongs to another program"}
	}
	if schema := schemaOf(migrations); m.Schema > schema {
		return &FileError{path, fmt.Sprintf("was written by a newer Shipmate (schema %d, this one knows %d)", m.Schema, schema)}
	}
	return nil
}

// checkStructure follows every page of the file.
func checkStructure(tx *bolt.Tx) error {
	var faults []error
	for err := range tx.Check() { // until it is closed, or its goroutine would be left behind
		if len(faults) < shownFaults {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// checkValues reads every value; the error wraps ErrDamaged.
func checkValues(tx *bolt.Tx) error {
	var faults []error
	tree{tx.Bucket(dataBucket)}.scan("", "", func(key string, stored []byte) bool {
		if _, err := decode(key, stored); err != nil {
			faults = append(faults, err)
		}
		return len(faults) < shownFaults
	})
	return errors.Join(faults...)
}

// putAside moves damaged values out of the way, into a bucket where somebody can look at them, so that their keys are absent from now on.
// It is called after the damage was seen, and looks again: the key may have been written since.
func (db *DB) putAside(keys ...string) {
	if len(keys) == 0 {
		return
	}
	var moved []string
	err := db.bolt.Update(func(tx *bolt.Tx) (err error) {
		moved, err = putAside(tx, keys)
		return err
	})
	if err != nil {
		db.log.Error("damaged values could not be put aside", "keys", keys, "err", err)
	} else if len(moved) > 0 {
		db.log.Error("damaged values were put aside", "keys", moved)
	}
}

func putAside(tx *bolt.Tx, keys []string) (moved []string, err error) {
	t := tree{tx.Bucket(dataBucket)}
	for _, key := range keys {
		stored := t.get(key)
		if stored == nil {
			continue
		}
		if _, err := decode(key, stored); err == nil {
			continue
		}
		if err := tx.Bucket(asideBucket).Put([]byte(key), stored); err != nil {
			return nil, err
		}
		if err := applyOp(tx, t, Op{Key: key}, 0); err != nil {
			return nil, err
		}
		moved = append(moved, key)
	}
	return moved, nil
}

// damagedKeys are all keys whose value does not match its checksum.
func damagedKeys(tx *bolt.Tx) (keys []string) {
	tree{tx.Bucket(dataBucket)}.scan("", "", func(key string, stored []byte) bool {
		if _, err := decode(key, stored); err != nil {
			keys = append(keys, key)
		}
		return true
	})
	return keys
}
