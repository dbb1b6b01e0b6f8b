package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// batchAtMost is how many transactions share one fsync.
const batchAtMost = 1000

// A pending is one transaction that waits to be committed.
type pending struct {
	ctx    context.Context // of the caller, who may have left
	guards []Guard
	ops    []Op
	result outcome
	done   chan outcome // receives once
}

type outcome struct {
	ok  bool
	rev Rev
	err error
}

// Txn implements Store. Transactions that wait at the same time are committed together, with one fsync; none waits for others to come.
func (db *DB) Txn(ctx context.Context, guards []Guard, ops []Op) (ok bool, rev Rev, err error) {
	if err := ctx.Err(); err != nil {
		return false, 0, err
	}
	if err := db.valid(ops); err != nil {
		return false, 0, err
	}
	p := &pending{ctx: ctx, guards: guards, ops: ops, done: make(chan outcome, 1)}
	if !db.enqueue(p) {
		return false, 0, ErrClosed
	}
	select {
	case o := <-p.done:
		if errors.Is(o.err, ErrDamaged) {
			for _, g := range guards {
				db.putAside(g.Key)
			}
		}
		return o.ok, o.rev, o.err
	case <-ctx.Done():
		return false, 0, ctx.Err()
	}
}

// valid refuses what no store would do, before it can spoil the transactions that it would be committed with.
func (db *DB) valid(ops []Op) error {
	seen := make(map[string]bool, len(ops))
	for _, op := range ops {
		switch _, rest, day := splitDay(op.Key); {
		case op.Key == "" || day && rest == "" && !op.Prefix:
			return fmt.Errorf("key %q: %w", op.Key, ErrInvalid)
		case len(op.Key) > MaxKey || len(op.Value) > MaxValue:
			return fmt.Errorf("key %.40q of %d bytes with a value of %d: %w", op.Key, len(op.Key), len(op.Value), ErrInvalid)
		case seen[op.Key]:
			return fmt.Errorf("two ops on key %q: %w", op.Key, ErrInvalid)
		case op.Value != nil && op.Prefix, op.Session != nil && op.Value == nil:
			return fmt.Errorf("key %q: an op sets a value or deletes: %w", op.Key, ErrInvalid)
		case op.Value != nil && db.limit > 0 && db.used.Load() > db.limit:
			return fmt.Errorf("%s has reached its limit of %d bytes: %w", db.path, db.limit, ErrFull)
		}
		if s, ok := op.Session.(*session); op.Session != nil && (!ok || s.db != db) {
			return fmt.Errorf("key %q: a session of another store: %w", op.Key, ErrInvalid)
		}
		seen[op.Key] = true
	}
	return nil
}

func (db *DB) enqueue(p *pending) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return false
	}
	db.waiting = append(db.waiting, p)
	db.nudge()
	return true
}

// nudge wakes the committer.
func (db *DB) nudge() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// commitAll commits whatever waits, again and again, until the store is closed and nothing waits.
func (db *DB) commitAll() {
	defer close(db.committed)
	for range db.wake {
		for {
			db.mu.Lock()
			n := min(len(db.waiting), batchAtMost)
			batch := db.waiting[:n:n]
			db.waiting = db.waiting[n:]
			closed := db.closed
			db.mu.Unlock()
			if n == 0 && closed {
				return
			}
			if n == 0 {
				break
			}
			db.commit(batch)
		}
	}
}

// commit makes a batch in one transaction of the engine. When that fails, each is tried alone, so that one of them cannot take the others along.
func (db *DB) commit(batch []*pending) {
	err := db.write(batch)
	if err != nil && len(batch) > 1 {
		for _, p := range batch {
			db.commit([]*pending{p})
		}
		return
	}
	for _, p := range batch {
		if err != nil {
			p.result = outcome{err: err}
		} else if p.result.ok {
			db.tell(p.ops)
		}
		p.done <- p.result
	}
}

// write applies a batch durably and sets each result; an error means that nothing was written.
func (db *DB) write(batch []*pending) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	var tx *bolt.Tx
	defer func() {
		if p := recover(); p != nil { // bbolt panics on pages that make no sense
			err = fmt.Errorf("%s is damaged: %v", db.path, p)
		}
		if tx != nil {
			func() {
				defer func() { _ = recover() }()
				_ = tx.Rollback() // after a commit it does nothing
			}()
		}
	}()
	if tx, err = db.bolt.Begin(true); err != nil {
		return fmt.Errorf("write %s: %w", db.path, err)
	}
	rev := nextRev(tx)
	wrote := false
	for _, p := range batch {
		if gone := p.ctx.Err(); gone != nil {
			p.result = outcome{err: gone} // nobody waits for it
			continue
		}
		if p.result = db.apply(tx, p, rev); p.result.err != nil {
			return p.result.err // some of its ops may be in tx
		}
		if p.result.ok && len(p.ops) > 0 {
			wrote = true
			rev++
		}
	}
	if !wrote {
		return nil
	}
	if err := setRev(tx, rev-1); err != nil {
		return err
	}
	began := time.Now()
	err = tx.Commit()
	db.took(time.Since(began))
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, bolterrors.ErrMaxSizeReached) {
			err = errors.Join(ErrFull, err)
		}
		return fmt.Errorf("write %s: %w", db.path, err)
	}
	db.measure()
	return nil
}

// apply makes one transaction inside tx.
func (db *DB) apply(tx *bolt.Tx, p *pending, rev Rev) outcome {
	t := tree{tx.Bucket(dataBucket)}
	for _, g := range p.guards {
		now := Rev(0)
		if stored := t.get(g.Key); stored != nil {
			item, err := decode(g.Key, stored)
			if err != nil {
				return outcome{err: err}
			}
			now = item.Rev
		}
		if now != g.Rev {
			return outcome{}
		}
	}
	for _, op := range p.ops {
		if err := applyOp(tx, t, op, rev); err != nil {
			return outcome{err: fmt.Errorf("key %q: %w", op.Key, err)}
		}
	}
	return outcome{ok: true, rev: rev}
}

func applyOp(tx *bolt.Tx, t tree, op Op, rev Rev) error {
	owners := tx.Bucket(sessionBucket)
	switch {
	case op.Prefix:
		return errors.Join(t.deletePrefix(op.Key), tree{owners}.deletePrefix(op.Key))
	case op.Value == nil:
		return errors.Join(t.delete(op.Key), owners.Delete([]byte(op.Key)))
	case op.Session == nil:
		return errors.Join(t.put(op.Key, encode(op.Key, op.Value, rev)), owners.Delete([]byte(op.Key)))
	}
	s := op.Session.(*session) // valid has made sure
	select {
	case <-s.done:
		return fmt.Errorf("the session %s has ended: %w", s.id, ErrInvalid)
	default:
	}
	return errors.Join(t.put(op.Key, encode(op.Key, op.Value, rev)), owners.Put([]byte(op.Key), []byte(s.id)))
}

// revKey holds the last revision in the meta bucket: 8 bytes, big endian. bbolt's own transaction number starts anew in a compacted file.
var revKey = []byte("rev")

func nextRev(tx *bolt.Tx) Rev {
	data := tx.Bucket(metaBucket).Get(revKey)
	if len(data) != 8 {
		return 1
	}
	return Rev(binary.BigEndian.Uint64(data)) + 1
}

func setRev(tx *bolt.Tx, rev Rev) error {
	return tx.Bucket(metaBucket).Put(revKey, binary.BigEndian.AppendUint64(nil, uint64(rev)))
}

// measure notes how much of the file holds something.
func (db *DB) measure() {
	_ = db.bolt.View(func(tx *bolt.Tx) error { // reading the sizes cannot fail
		db.used.Store(usedBytes(tx, db.bolt))
		return nil
	})
}

// usedBytes is how much of the file holds something; tx must be a reading transaction that sees the last commit.
func usedBytes(tx *bolt.Tx, file *bolt.DB) int64 {
	stats := file.Stats()
	return tx.Size() - int64(stats.FreePageN+stats.PendingPageN)*int64(file.Info().PageSize)
}
