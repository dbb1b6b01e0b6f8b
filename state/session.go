package state

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A session of the embedded engine lives as long as its process has the file open: nobody else can take over before that, so there is nothing
// to expire.
type session struct {
	db   *DB
	id   string
	done chan struct{}
	end  sync.Once
}

// sessionKey holds the number of the last session in the meta bucket, in decimal digits.
var sessionKey = []byte("session")

// NewSession implements Store; ttl has no meaning for an embedded engine.
func (db *DB) NewSession(ctx context.Context, _ time.Duration) (Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, ErrClosed
	}
	s := &session{db: db, done: make(chan struct{})}
	err := db.bolt.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		last, _ := strconv.Atoi(string(meta.Get(sessionKey))) // absent is 0
		s.id = strconv.Itoa(last + 1)
		return meta.Put(sessionKey, []byte(s.id))
	})
	if err != nil {
		return nil, err
	}
	db.sessions[s] = struct{}{}
	return s, nil
}

// ID implements Session.
func (s *session) ID() string { return s.id }

// Done implements Session.
func (s *session) Done() <-chan struct{} { return s.done }

// Close implements Session.
func (s *session) Close(ctx context.Context) error {
	s.end.Do(func() { close(s.done) })
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	ops := make([]Op, 0, len(keys))
	for _, key := range keys {
		ops = append(ops, Op{Key: key})
	}
	if _, _, err := s.db.Txn(ctx, nil, ops); err != nil {
		return err
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	delete(s.db.sessions, s)
	return nil
}

// keys are those that belong to the session.
func (s *session) keys(ctx context.Context) (keys []string, err error) {
	err = s.db.view(ctx, func(tx *bolt.Tx) error {
		return tx.Bucket(sessionBucket).ForEach(func(key, owner []byte) error {
			if string(owner) == s.id {
				keys = append(keys, string(key))
			}
			return nil
		})
	})
	return keys, err
}

// endDeadSessions deletes what the sessions of an earlier process left behind.
func endDeadSessions(tx *bolt.Tx) error {
	var keys []string
	owners := tx.Bucket(sessionBucket)
	if err := owners.ForEach(func(key, _ []byte) error { keys = append(keys, string(key)); return nil }); err != nil {
		return err
	}
	for _, key := range keys {
		if err := applyOp(tx, tree{tx.Bucket(dataBucket)}, Op{Key: key}, 0); err != nil {
			return err
		}
	}
	return nil
}

// A watcher is told of writes under a prefix.
type watcher struct {
	prefix string
	hint   chan struct{}
}

// Watch implements Store.
func (db *DB) Watch(ctx context.Context, prefix string) (<-chan struct{}, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, ErrClosed
	}
	w := &watcher{prefix, make(chan struct{}, 1)}
	db.watchers[w] = struct{}{}
	context.AfterFunc(ctx, func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		delete(db.watchers, w)
	})
	return w.hint, nil
}

// tell gives the watchers of the written keys their hint.
func (db *DB) tell(ops []Op) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for w := range db.watchers {
		for _, op := range ops {
			if strings.HasPrefix(op.Key, w.prefix) || op.Prefix && strings.HasPrefix(w.prefix, op.Key) {
				select {
				case w.hint <- struct{}{}:
				default: // it has one that it has not taken yet
				}
				break
			}
		}
	}
}
