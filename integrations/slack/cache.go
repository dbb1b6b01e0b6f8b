package slack

import (
	"context"
	"sync"
	"time"
)

// maxCached bounds a cache: it is emptied when it is full, which costs a few calls.
const maxCached = 4096

// A cache keeps answers for a while. It is safe for concurrent use.
type cache[T any] struct {
	keep time.Duration

	mu   sync.Mutex
	held map[string]held[T]
}

type held[T any] struct {
	value T
	until time.Time
}

func newCache[T any](keep time.Duration) *cache[T] {
	return &cache[T]{keep: keep, held: map[string]held[T]{}}
}

// get returns the value of key, from fetch when it is not held or too old. Errors are not held. Two callers may fetch at the same time.
func (c *cache[T]) get(key string, fetch func() (T, error)) (T, error) {
	c.mu.Lock()
	h, ok := c.held[key]
	c.mu.Unlock()
	if ok && time.Now().Before(h.until) {
		return h.value, nil
	}
	value, err := fetch()
	if err != nil {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= maxCached {
		clear(c.held)
	}
	c.held[key] = held[T]{value, time.Now().Add(c.keep)}
	return value, nil
}

// keyedLocks are mutexes by name that can be waited for with a context. The zero value is ready.
type keyedLocks struct {
	mu   sync.Mutex
	held map[string]*keyedLock
}

type keyedLock struct {
	free  chan struct{} // holds one token while nobody has the lock
	users int           // who have it or wait for it
}

// lock waits for the lock of key and returns the function that gives it back, or ctx's error.
func (k *keyedLocks) lock(ctx context.Context, key string) (unlock func(), err error) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*keyedLock{}
	}
	l := k.held[key]
	if l == nil {
		l = &keyedLock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		k.held[key] = l
	}
	l.users++
	k.mu.Unlock()
	done := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(k.held, key)
		}
	}
	select {
	case <-l.free:
		return func() { l.free <- struct{}{}; done() }, nil
	case <-ctx.Done():
		done()
		return nil, ctx.Err()
	}
}
