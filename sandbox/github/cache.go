package github

import (
	"container/list"
	"context"
	"sync"
)

// A cache keeps computed values, the most recently used ones up to a total cost.
// Callers that want the same missing value wait for one computation. Failures are
// not kept. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	limit int
	cost  func(V) int

	mu      sync.Mutex
	entries map[K]*list.Element
	recent  list.List // of *cacheEntry[K, V], most recently used first
	total   int
	running map[K]chan struct{} // closed when the computation ended
}

type cacheEntry[K comparable, V any] struct {
	key   K
	value V
	cost  int
}

func newCache[K comparable, V any](limit int, cost func(V) int) *cache[K, V] {
	return &cache[K, V]{limit: limit, cost: cost, entries: make(map[K]*list.Element), running: make(map[K]chan struct{})}
}

// get returns the value of key, from compute when it is not kept.
func (c *cache[K, V]) get(ctx context.Context, key K, compute func(context.Context) (V, error)) (V, error) {
	for {
		c.mu.Lock()
		if e, ok := c.entries[key]; ok {
			c.recent.MoveToFront(e)
			c.mu.Unlock()
			return e.Value.(*cacheEntry[K, V]).value, nil
		}
		wait, busy := c.running[key]
		if !busy {
			break // still holding the lock
		}
		c.mu.Unlock()
		select {
		case <-wait: // look again; when that computation failed, compute
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
	done := make(chan struct{})
	c.running[key] = done
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.running, key)
		c.mu.Unlock()
		close(done)
	}()
	value, err := compute(ctx)
	if err == nil {
		c.put(key, value)
	}
	return value, err
}

// put keeps value and drops the least recently used ones beyond the limit. A
// value that alone exceeds the limit is kept until the next one comes.
func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &cacheEntry[K, V]{key: key, value: value, cost: c.cost(value)}
	c.entries[key] = c.recent.PushFront(e)
	c.total += e.cost
	for c.total > c.limit && c.recent.Len() > 1 {
		last := c.recent.Remove(c.recent.Back()).(*cacheEntry[K, V])
		delete(c.entries, last.key)
		c.total -= last.cost
	}
}
