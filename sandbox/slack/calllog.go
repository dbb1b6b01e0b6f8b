package slack

import (
	"sync"
	"time"
)

// maxLogEntries is how many calls the log remembers.
const maxLogEntries = 20_000

// A Call is one entry of the control log: a Web API call, or something that happened on a socket. It never holds a token, a
// trigger, a ticket or what a message says.
type Call struct {
	Time        time.Time `json:"time"`
	Method      string    `json:"method"` // "chat.postMessage", "socket.open", "envelope.send", "envelope.ack" …
	UserAgent   string    `json:"user_agent,omitempty"`
	Status      int       `json:"status,omitempty"` // HTTP status
	OK          bool      `json:"ok"`
	Error       string    `json:"error,omitempty"`
	Channel     string    `json:"channel,omitempty"`
	TS          string    `json:"ts,omitempty"`
	ThreadTS    string    `json:"thread_ts,omitempty"`
	MS          float64   `json:"ms"` // how long the call took in the sandbox
	Socket      string    `json:"socket,omitempty"`
	Connections int       `json:"connections,omitempty"` // open sockets afterwards
	EnvelopeID  string    `json:"envelope_id,omitempty"`
	EventID     string    `json:"event_id,omitempty"`
	Kind        string    `json:"kind,omitempty"`  // of an envelope: events_api, interactive, slash_commands
	Retry       int       `json:"retry,omitempty"` // retry_attempt of an envelope
	Bytes       int       `json:"bytes,omitempty"` // length of an acknowledgement
}

// A callLog is a ring of the newest calls.
type callLog struct {
	mu    sync.Mutex
	calls []Call
	start int // where the oldest is, once the ring is full
	limit int
}

func newCallLog(limit int) *callLog { return &callLog{limit: limit} }

// add appends a call, with the present time unless it has one.
func (l *callLog) add(c Call) {
	if c.Time.IsZero() {
		c.Time = time.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) < l.limit {
		l.calls = append(l.calls, c)
		return
	}
	l.calls[l.start] = c
	l.start = (l.start + 1) % l.limit
}

// list returns the calls oldest first, only those of method unless it is empty.
func (l *callLog) list(method string) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []Call{}
	for i := range l.calls {
		if c := l.calls[(l.start+i)%len(l.calls)]; method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}
