package slack

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The kinds of envelopes.
const (
	kindEvents      = "events_api"
	kindInteractive = "interactive"
	kindSlash       = "slash_commands"
)

const (
	maxSockets   = 10               // connections one app may have open
	maxAckBytes  = 20_000           // an acknowledgement this long or longer is dropped
	ticketLife   = 30 * time.Second // how long an unused Socket Mode URL works
	warningGrace = 10 * time.Second // from a disconnect with reason "warning" to the end of the connection
)

// The reasons of disconnect messages.
const (
	reasonWarning  = "warning"
	reasonRefresh  = "refresh_requested"
	reasonTooMany  = "too_many_websockets"
	reasonDisabled = "link_disabled"
)

var disconnectReasons = []string{reasonWarning, reasonRefresh, reasonTooMany, reasonDisabled}

// A delivery is one thing to tell the app, through as many envelopes as it takes.
type delivery struct {
	kind    string
	eventID string // of events; empty otherwise
	payload json.RawMessage
	born    time.Time
	// done, for interactive payloads and slash commands, runs once: with the response payload of the acknowledgement (nil
	// when it had none) and true, or with false when none came in time.
	done func(payload json.RawMessage, acked bool)

	tries     int // deliveries attempted so far, also those that found no socket open
	envelopes []string
	timer     *time.Timer
	stored    bool // it is in the journal
}

func (d *delivery) record() record {
	return record{Op: opEvent, EventID: d.eventID, Payload: d.payload, Tries: d.tries, Time: d.born.UnixMilli()}
}

// A hub holds the open sockets and what has been sent over them but not acknowledged.
type hub struct {
	ackTimeout, giveUp, pingEvery time.Duration
	retryAfter                    []time.Duration
	calls                         *callLog
	changed                       func()   // called without the lock after a socket came or went
	journal                       *journal // where events that wait are kept; nil keeps nothing
	faults                        socketFaults

	mu       sync.Mutex
	sockets  []*socket // those that get events
	open     []*socket // all that are being served
	next     int       // whose turn it is
	tickets  map[string]time.Time
	inFlight map[string]*delivery // by envelope id, every one of a delivery's
	waiting  []*delivery          // events that found no socket
	held     []heldFrame
	unheard  map[string]string // envelopes whose acknowledgement does not count, and the fault that makes it so
	disabled bool              // Socket Mode is switched off
	closed   bool
	running  sync.WaitGroup // sockets being served
}

func newHub(o Options, calls *callLog, changed func()) *hub {
	giveUp := o.AckTimeout
	for _, d := range o.RetryAfter {
		giveUp += d + o.AckTimeout
	}
	return &hub{
		ackTimeout: o.AckTimeout, giveUp: giveUp, pingEvery: o.PingEvery, retryAfter: o.RetryAfter, calls: calls,
		changed: changed, tickets: map[string]time.Time{}, inFlight: map[string]*delivery{},
		unheard: map[string]string{},
	}
}

// deliver sends d over one of the open sockets. Without one an event waits for a socket and then comes as a retry;
// anything else is lost, which done and the result tell.
func (h *hub) deliver(d *delivery) bool {
	h.mu.Lock()
	sent := h.attempt(d)
	h.mu.Unlock()
	if !sent && d.done != nil {
		d.done(nil, false)
	}
	return sent
}

// attempt tries once. The caller holds the lock.
func (h *hub) attempt(d *delivery) bool {
	if h.closed {
		return false
	}
	d.tries++
	h.remember(d)
	if len(h.sockets) == 0 {
		if d.kind == kindEvents {
			h.wait(d)
		} else {
			h.calls.add(Call{Method: "envelope.lost", Error: "no socket is open"})
		}
		return false
	}
	s := h.sockets[h.next%len(h.sockets)]
	h.next++
	h.send(s, d)
	return true
}

// timedOut handles the end of the time an envelope had to be acknowledged in.
func (h *hub) timedOut(d *delivery, envelopeID string) {
	h.mu.Lock()
	if h.closed || h.inFlight[envelopeID] != d {
		h.mu.Unlock()
		return
	}
	retry := d.tries - 1
	if d.kind != kindEvents || retry >= len(h.retryAfter) {
		h.forget(d)
		h.calls.add(Call{Method: "envelope.lost", EventID: d.eventID, EnvelopeID: envelopeID, Kind: d.kind, Error: "not acknowledged"})
		h.mu.Unlock()
		if d.done != nil {
			d.done(nil, false)
		}
		return
	}
	d.timer = time.AfterFunc(h.retryAfter[retry], func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.inFlight[envelopeID] == d {
			h.attempt(d)
		}
	})
	h.mu.Unlock()
}

// remember keeps an event on disk until it is forgotten, so that the end of the process does not lose what the app has not
// acknowledged. The caller holds the lock.
func (h *hub) remember(d *delivery) {
	if d.kind == kindEvents && !d.stored {
		d.stored = true
		h.journal.append(d.record())
	}
}

// wait keeps an event until a socket opens, or gives it up when its last retry would be over. The caller holds the lock.
func (h *hub) wait(d *delivery) {
	h.waiting = append(h.waiting, d)
	h.calls.add(Call{Method: "envelope.wait", EventID: d.eventID, Kind: d.kind})
	d.timer = time.AfterFunc(h.giveUp-time.Since(d.born), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if slices.Contains(h.waiting, d) {
			h.forget(d)
			h.calls.add(Call{Method: "envelope.lost", EventID: d.eventID, Kind: d.kind, Error: "no socket was open"})
		}
	})
}

// forget ends a delivery. The caller holds the lock.
func (h *hub) forget(d *delivery) {
	if d.timer != nil {
		d.timer.Stop()
	}
	for _, id := range d.envelopes {
		delete(h.inFlight, id)
		delete(h.unheard, id)
	}
	if i := slices.Index(h.waiting, d); i >= 0 {
		h.waiting = slices.Delete(h.waiting, i, i+1)
	}
	if d.stored {
		h.journal.append(record{Op: opEventDone, EventID: d.eventID})
	}
}

// acknowledge handles a frame from the app.
func (h *hub) acknowledge(s *socket, frame []byte, fragmented bool) {
	call := Call{Method: "envelope.ack", Socket: s.id, Bytes: len(frame)}
	if len(frame) >= maxAckBytes || fragmented {
		call.Error = "dropped: an acknowledgement is one frame of less than 20 KB"
		h.calls.add(call)
		return
	}
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &ack); err != nil || ack.EnvelopeID == "" {
		call.Error = "no acknowledgement"
		h.calls.add(call)
		return
	}
	h.mu.Lock()
	d := h.inFlight[ack.EnvelopeID]
	call.EnvelopeID = ack.EnvelopeID
	fault := h.unheard[ack.EnvelopeID]
	switch {
	case d == nil:
		call.Error = "unknown or already finished envelope"
	case fault != "":
		d, call.Error = nil, "fault: "+fault
	default:
		h.forget(d)
		call.OK, call.EventID, call.Kind = true, d.eventID, d.kind
	}
	h.mu.Unlock()
	h.calls.add(call)
	if fault == FaultCutAtAck {
		s.conn.Close()
	}
	if d != nil && d.done != nil {
		d.done(ack.Payload, true)
	}
}

// keep makes j the place where waiting events are kept.
func (h *hub) keep(j *journal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.journal = j
}

// restore queues an event of an earlier run, unless its retries are over.
func (h *hub) restore(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.stored = true
	if time.Since(d.born) < h.giveUp {
		h.wait(d)
	}
}

// drop forgets a restored event that a later record says was dealt with.
func (h *hub) drop(eventID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = slices.DeleteFunc(h.waiting, func(d *delivery) bool {
		if d.eventID == eventID {
			d.timer.Stop()
		}
		return d.eventID == eventID
	})
}

// close ends every socket. Events that were not acknowledged stay in the journal.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.faults.clear()
	sockets := slices.Clone(h.open)
	for _, d := range h.waiting {
		d.timer.Stop()
	}
	var unanswered []*delivery
	for _, d := range h.inFlight {
		d.timer.Stop()
		if d.done != nil {
			unanswered = append(unanswered, d)
		}
	}
	clear(h.inFlight)
	h.mu.Unlock()
	for _, d := range unanswered {
		d.done(nil, false)
	}
	for _, s := range sockets {
		s.end(websocket.CloseGoingAway, "shutting down")
	}
	h.running.Wait()
}
