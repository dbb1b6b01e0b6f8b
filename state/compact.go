package state

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// compactFrom is the size in bytes from which a file is worth being made smaller.
const compactFrom = 4 << 20

// openSmall opens a checked file, and makes it smaller first when more than half of it is free.
func openSmall(path string, log *slog.Logger) (*bolt.DB, error) {
	for {
		file, opened, err := openBolt(path, false)
		if err != nil {
			return nil, err
		}
		same, err := sameFile(opened, path)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if same && !mostlyFree(file) {
			return file, nil
		}
		if same { // else another process put a smaller file in its place while this one waited for the lock
			if err := compact(file, path); err != nil {
				log.Warn("the data file could not be made smaller", "err", err)
				return file, nil
			}
			log.Info("the data file was made smaller")
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

func sameFile(opened os.FileInfo, path string) (bool, error) {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(opened, now), err
}

func mostlyFree(file *bolt.DB) (yes bool) {
	_ = file.View(func(tx *bolt.Tx) error { // reading the sizes cannot fail
		yes = tx.Size() >= compactFrom && usedBytes(tx, file) < tx.Size()/2
		return nil
	})
	return yes
}

// compact puts a smaller copy in the place of the open file. The open file keeps its lock until it is closed.
func compact(file *bolt.DB, path string) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(path), ".small-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	small := filepath.Join(tmp, "db")
	to, err := bolt.Open(small, 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	err = bolt.Compact(to, file, 1<<20)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return err
	}
	if err := CheckFile(small); err != nil {
		return err
	}
	if err := os.Rename(small, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
