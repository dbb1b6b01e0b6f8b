package github

import (
	"bytes"
	"container/list"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// An answer is a stored 200. Nobody changes it.
type answer struct {
	header http.Header
	body   []byte
}

// response makes the stored answer out of a 304: with what the 304 says about limits, and the mark that go-github knows.
func (a *answer) response(notModified *http.Response) *http.Response {
	h := a.header.Clone()
	for name, values := range notModified.Header {
		if name != "Content-Length" && name != "Content-Type" {
			h[name] = values
		}
	}
	h.Set("X-From-Cache", "1")
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: notModified.Proto, ProtoMajor: notModified.ProtoMajor, ProtoMinor: notModified.ProtoMinor,
		Header: h, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: notModified.Request,
	}
}

// A cache keeps the answers used last, up to a number of bytes. The identity is not part of its keys, because each identity has a
// transport, and so a cache, of its own.
type cache struct {
	mu      sync.Mutex
	max     int
	size    int
	order   *list.List // of *entry, the one used last in front
	entries map[string]*list.Element
}

type entry struct {
	key    string
	answer *answer
	size   int
}

func newCache(maxBytes int) *cache {
	return &cache{max: maxBytes, order: list.New(), entries: map[string]*list.Element{}}
}

func (c *cache) get(key string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).answer
}

// put stores an answer, unless it would fill more than a quarter of the cache.
func (c *cache) put(key string, a *answer) {
	const overhead = 1024 // of headers and bookkeeping, roughly
	size := len(key) + len(a.body) + overhead
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[key]; ok {
		c.remove(old)
	}
	if size > c.max/4 {
		return
	}
	c.entries[key] = c.order.PushFront(&entry{key, a, size})
	c.size += size
	for c.size > c.max {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(e *list.Element) {
	old := c.order.Remove(e).(*entry)
	delete(c.entries, old.key)
	c.size -= old.size
}
