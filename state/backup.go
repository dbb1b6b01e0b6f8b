package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// How many backups are kept: the newest, and of the days before, the newest of each.
const (
	keepHourly = 24
	keepDaily  = 7
)

// backupName is the time of a backup as its file's name; sorted by name, backups are sorted by time.
const backupName = "2006-01-02T15-04-05Z.db"

// SaveBackup writes a checked backup into dir, removes those that are no longer kept, and returns its path. A crash leaves no half backup.
func (db *DB) SaveBackup(ctx context.Context, dir string, now time.Time) (path string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path = filepath.Join(dir, now.UTC().Format(backupName))
	if err := writeWhole(path, func(w io.Writer) error { return db.Backup(ctx, w) }); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return path, prune(dir, now)
}

// LastBackup is when the newest backup in dir was made; the zero Time when there is none.
func LastBackup(dir string) time.Time {
	names := backups(dir)
	if len(names) == 0 {
		return time.Time{}
	}
	t, _ := time.Parse(backupName, names[len(names)-1]) // backups only lists names that parse
	return t
}

// backups lists the files in dir that are named like backups, oldest first.
func backups(dir string) (names []string) {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read holds no backups
	for _, e := range entries {
		if _, err := time.Parse(backupName, e.Name()); err == nil {
			names = append(names, e.Name())
		}
	}
	return names
}

// prune removes the backups that are no longer kept. Other files in the folder are left alone.
func prune(dir string, now time.Time) error {
	names := backups(dir)
	slices.Reverse(names)
	days := map[string]bool{}
	oldest := now.UTC().AddDate(0, 0, -keepDaily).Format(backupName)
	var errs []error
	for i, name := range names {
		day, _, _ := strings.Cut(name, "T")
		keep := i < keepHourly || name >= oldest && !days[day]
		days[day] = true
		if !keep {
			errs = append(errs, os.Remove(filepath.Join(dir, name)))
		}
	}
	return errors.Join(errs...)
}

// Restore makes the file at path a copy of the backup. What was there is kept beside it, under the name that is returned; "" when nothing was.
// A backup that is damaged, and a file that is in use, are refused.
func Restore(backup, path string, now time.Time) (kept string, err error) {
	if err := CheckFile(backup); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		if err := idle(path); err != nil {
			return "", err
		}
		kept = path + "." + now.UTC().Format("20060102T150405Z")
		if err := os.Link(path, kept); err != nil {
			return "", fmt.Errorf("keep the present data file: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return kept, err
	}
	return kept, writeWhole(path, func(w io.Writer) error {
		from, err := os.Open(backup)
		if err != nil {
			return err
		}
		defer from.Close()
		_, err = io.Copy(w, from)
		return err
	})
}

// idle returns an error when another process has the file open, whatever is in it.
func idle(path string) error {
	file, _, err := openBolt(path, false)
	if file != nil {
		return file.Close()
	}
	if _, damaged := errors.AsType[*FileError](err); damaged {
		return nil
	}
	return err
}

// copyFile lays a checked copy of an open file at path.
func copyFile(file *bolt.DB, path string) error {
	return writeWhole(path, func(w io.Writer) error {
		return file.View(func(tx *bolt.Tx) error {
			_, err := tx.WriteTo(w)
			return err
		})
	})
}

// writeWhole makes a store's file at path with what write writes: checked, durable, and whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".part-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	err = write(tmp)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := readFile(tmp.Name(), func(file *bolt.DB) error { return file.View(checkStructure) }); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
