package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An entry is one request in the call log. It never holds a token.
type entry struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Query     string    `json:"query"`
	Status    int       `json:"status"` // 0 when the connection was broken off on purpose
	Cached    bool      `json:"not_modified"`
	Login     string    `json:"login"` // whose token it was; "" without a valid one
	UserAgent string    `json:"user_agent"`
	MS        float64   `json:"ms"`
}

// A callLog remembers the latest requests to the REST API.
type callLog struct {
	mu      sync.Mutex
	entries []entry
}

const callLimit = 10_000

func newCallLog() *callLog { return new(callLog) }

func (l *callLog) add(r *http.Request, login string, status int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= callLimit {
		l.entries = slices.Delete(l.entries, 0, callLimit/10)
	}
	l.entries = append(l.entries, entry{
		Time: time.Now().UTC(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Status: status,
		Cached: status == http.StatusNotModified, Login: login, UserAgent: r.UserAgent(), MS: float64(took.Microseconds()) / 1000,
	})
}

// list returns the entries whose method and path fit; "" fits all.
func (l *callLog) list(method, path string) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := []entry{}
	for _, e := range l.entries {
		if (method == "" || strings.EqualFold(e.Method, method)) && strings.Contains(e.Path, path) {
			got = append(got, e)
		}
	}
	return got
}

// A feed hands events to everybody who listens.
type feed struct {
	mu        sync.Mutex
	listeners map[chan []byte]bool
	closed    bool
}

const feedBuffer = 256

func newFeed() *feed { return &feed{listeners: make(map[chan []byte]bool)} }

// send hands an event to the listeners. One that does not keep up is cut off.
func (f *feed) send(event any) error {
	line, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encoding an event: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.listeners {
		select {
		case l <- line:
		default:
			delete(f.listeners, l)
			close(l)
		}
	}
	return nil
}

// listen returns a channel of events that is closed when the feed ends, and a
// function that ends it.
func (f *feed) listen() (events <-chan []byte, leave func()) {
	l := make(chan []byte, feedBuffer)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(l)
		return l, func() {}
	}
	f.listeners[l] = true
	return l, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.listeners[l] {
			delete(f.listeners, l)
			close(l)
		}
	}
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for l := range f.listeners {
		close(l)
	}
	clear(f.listeners)
}

const heartbeat = 15 * time.Second

// serve writes events to a browser until it leaves or the feed ends.
func (f *feed) serve(w http.ResponseWriter, r *http.Request) {
	events, leave := f.listen()
	defer leave()
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // not every server has one
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	_, err := fmt.Fprint(w, ": connected\n\n")
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for err == nil {
		if err = control.Flush(); err != nil {
			return
		}
		select {
		case line, ok := <-events:
			if !ok {
				return
			}
			_, err = fmt.Fprintf(w, "data: %s\n\n", line)
		case <-tick.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}
