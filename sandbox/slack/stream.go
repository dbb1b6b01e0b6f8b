package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	streamBuffer    = 1024 // events a slow reader may be behind before it is cut off and has to load everything anew
	streamHeartbeat = 15 * time.Second
)

// A streamEvent is one line of the control API's event stream.
type streamEvent struct {
	// Type is message, message_changed, message_deleted, reaction, status, ephemeral, view or sockets.
	Type    string   `json:"type"`
	Channel string   `json:"channel,omitempty"`
	Message *message `json:"message,omitempty"`
	// User is who reacted, or the only one who sees an ephemeral message or a view.
	User    string `json:"user,omitempty"`
	Name    string `json:"name,omitempty"`    // of a reaction's emoji
	Removed bool   `json:"removed,omitempty"` // the reaction was taken back, or the ephemeral message is gone
	// ThreadTS and Status are of the assistant status; "" clears it.
	ThreadTS string  `json:"thread_ts,omitempty"`
	Status   *string `json:"status,omitempty"`
	// Action is what happened to a view: open, push, update, close or errors.
	Action    string            `json:"action,omitempty"`
	View      *view             `json:"view,omitempty"`
	Errors    map[string]string `json:"errors,omitempty"` // by block id
	Connected *int              `json:"connected,omitempty"`
}

// A broadcaster copies events to everybody reading the stream.
type broadcaster struct {
	mu      sync.Mutex
	readers map[chan []byte]bool
	closed  bool
}

func newBroadcaster() *broadcaster { return &broadcaster{readers: map[chan []byte]bool{}} }

// publish tells everybody who reads the stream. The caller holds the workspace's lock, so that they see things in the order
// they happened.
func (w *Workspace) publish(e streamEvent) {
	b := w.stream
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.readers) == 0 {
		return
	}
	line, err := json.Marshal(e)
	if err != nil {
		w.log.Error("slack sandbox: encode stream event", "error", err)
		return
	}
	for r := range b.readers {
		select {
		case r <- line:
		default:
			b.drop(r)
		}
	}
}

// subscribe returns a channel of encoded events; it is closed when the reader fell behind or the workspace closes.
func (b *broadcaster) subscribe() chan []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := make(chan []byte, streamBuffer)
	if b.closed {
		close(r)
		return r
	}
	b.readers[r] = true
	return r
}

func (b *broadcaster) unsubscribe(r chan []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(r)
}

func (b *broadcaster) drop(r chan []byte) {
	if b.readers[r] {
		delete(b.readers, r)
		close(r)
	}
}

func (b *broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for r := range b.readers {
		b.drop(r)
	}
}

// socketsChanged tells the page how many sockets the app has open.
func (w *Workspace) socketsChanged() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.publish(streamEvent{Type: "sockets", Connected: new(w.hub.connected())})
}

// serveStream writes events as server-sent events (WHATWG HTML, section 9.2) until the reader goes. It starts with the number
// of open sockets.
func (w *Workspace) serveStream(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	events := w.stream.subscribe()
	defer w.stream.unsubscribe(events)
	flusher := http.NewResponseController(rw)
	fmt.Fprintf(rw, "data: {\"type\":\"sockets\",\"connected\":%d}\n\n", w.hub.connected())
	flusher.Flush()
	beat := time.NewTicker(streamHeartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			fmt.Fprint(rw, ": still here\n\n")
		case line, ok := <-events:
			if !ok {
				return
			}
			fmt.Fprintf(rw, "data: %s\n\n", line)
		}
		if flusher.Flush() != nil {
			return
		}
	}
}
