package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// A DB is a Store in one bbolt file.
type DB struct {
	bolt   *bolt.DB
	path   string
	holder string // path of the file that says who has the database open
	limit  int64  // bytes that may be used; 0: no limit
	log    *slog.Logger
	took   func(time.Duration)
	used   atomic.Int64 // bytes that hold something

	wake      chan struct{} // nudges the committer
	committed chan struct{} // closed when the committer has ended

	mu       sync.Mutex
	waiting  []*pending
	closed   bool
	watchers map[*watcher]struct{}
	sessions map[*session]struct{}
}

var _ Store = (*DB)(nil)

// Usage returns how many bytes of the file hold something, and how many may; limit is 0 when there is none.
func (db *DB) Usage() (used, limit int64) { return db.used.Load(), db.limit }

// FreePages is how many pages of the file can be used again.
func (db *DB) FreePages() int {
	stats := db.bolt.Stats()
	return stats.FreePageN + stats.PendingPageN
}

// Get implements Store.
func (db *DB) Get(ctx context.Context, key string) (item Item, ok bool, err error) {
	err = db.view(ctx, func(tx *bolt.Tx) error {
		stored := tree{tx.Bucket(dataBucket)}.get(key)
		if stored == nil {
			return nil
		}
		item, err = decode(key, stored)
		ok = err == nil
		return err
	})
	if errors.Is(err, ErrDamaged) {
		db.putAside(key)
	}
	return item, ok, err
}

// Scan implements Store. A damaged value is left out, and put aside: one bad row must not stop the others.
func (db *DB) Scan(ctx context.Context, prefix, after string, limit int) (items []Item, err error) {
	var damaged []string
	err = db.view(ctx, func(tx *bolt.Tx) error {
		if limit <= 0 {
			return nil
		}
		tree{tx.Bucket(dataBucket)}.scan(prefix, after, func(key string, stored []byte) bool {
			if item, err := decode(key, stored); err == nil {
				items = append(items, item)
			} else {
				damaged = append(damaged, key)
			}
			return len(items) < limit
		})
		return nil
	})
	db.putAside(damaged...)
	return items, err
}

// view runs f in a reading transaction. bbolt panics on pages that make no sense: that is an error here.
func (db *DB) view(ctx context.Context, f func(*bolt.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is damaged: %v", db.path, p)
		}
	}()
	err = db.bolt.View(f)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// Backup implements Store.
func (db *DB) Backup(ctx context.Context, w io.Writer) error {
	return db.view(ctx, func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(writerUntil{ctx, w})
		return err
	})
}

// A writerUntil fails once its context has ended.
type writerUntil struct {
	ctx context.Context
	w   io.Writer
}

func (w writerUntil) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// Check implements Store.
func (db *DB) Check(ctx context.Context) error {
	return db.view(ctx, func(tx *bolt.Tx) error { return errors.Join(checkStructure(tx), checkValues(tx)) })
}

// Close implements Store.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	sessions := make([]*session, 0, len(db.sessions))
	for s := range db.sessions {
		sessions = append(sessions, s)
	}
	db.mu.Unlock()
	var errs []error
	for _, s := range sessions {
		errs = append(errs, s.Close(context.Background()))
	}
	db.mu.Lock()
	db.closed = true
	db.mu.Unlock()
	db.nudge()
	<-db.committed
	errs = append(errs, db.bolt.Close())
	_ = os.Remove(db.holder)
	return errors.Join(errs...)
}
