package slack

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What can go wrong on sockets: the values of SocketFault.What.
const (
	// With a new connection.
	FaultRefuse     = "refuse"      // told to disconnect, with Reason, instead of greeted
	FaultNoHello    = "no_hello"    // open, but never greeted, and without events
	FaultHelloClose = "hello_close" // greeted and closed right after

	// With an envelope that is sent.
	FaultCut       = "cut"        // the connection breaks right after the envelope
	FaultCutAtAck  = "cut_at_ack" // the connection breaks when the acknowledgement comes, which does not count
	FaultDropAck   = "drop_ack"   // the acknowledgement does not count
	FaultDelay     = "delay"      // sent Delay later
	FaultDuplicate = "duplicate"  // sent Count more times, with the same envelope_id unless Fresh
	FaultHold      = "hold"       // sent after the next Count envelopes
	FaultTruncate  = "truncate"   // half of the frame is sent, then the connection breaks
	FaultPad       = "pad"        // the frame is filled up with spaces to Count bytes
	FaultSwallow   = "swallow"    // counted as sent, but not sent; pings go on
	FaultAttempt   = "attempt"    // its retry_attempt is Count

	// With a socket, as long as the fault lasts. Skip and Times do not apply.
	FaultSilence = "silence" // half open: no envelope, no ping and no pong is sent, and acknowledgements do not count
	FaultStall   = "stall"   // nothing is sent until the fault is over, then everything
)

var (
	atConnect  = []string{FaultRefuse, FaultNoHello, FaultHelloClose}
	atEnvelope = []string{
		FaultCut, FaultCutAtAck, FaultDropAck, FaultDelay, FaultDuplicate, FaultHold, FaultTruncate, FaultPad, FaultSwallow, FaultAttempt,
	}
	atSocket = []string{FaultSilence, FaultStall}
)

// A SocketFault is something that goes wrong on Socket Mode connections. An envelope it keeps from the app, or whose
// acknowledgement it keeps from counting, is delivered again on the usual schedule. A frame that makes no sense is written
// with the control call raw; an apps.connections.open that fails is a Fault.
type SocketFault struct {
	What   string        `json:"what"`
	Socket string        `json:"socket"` // the id of the one socket it meets, as in the log; "" is any. No matter to new connections.
	Reason string        `json:"reason"` // of refuse; "" is too_many_websockets
	Count  int           `json:"count"`  // of duplicate and hold, where 0 means one, and of pad and attempt
	Fresh  bool          `json:"fresh"`  // of duplicate: each has an envelope_id of its own
	Delay  time.Duration `json:"-"`      // of delay; JSON has it as delay_ms
	For    time.Duration `json:"-"`      // the fault is over this long after it was injected; 0 is never. JSON has it as for_ms.
	Skip   int           `json:"skip"`   // how many connections or envelopes pass before the first it meets
	Times  int           `json:"times"`  // how many it meets; 0 means one, a negative number all

	until time.Time // zero is for ever
}

// socketFaults are those that lie ahead or last.
type socketFaults struct {
	mu   sync.Mutex
	list []*SocketFault
}

// InjectSocket makes f go wrong. Of several that fit, the one injected first is used first.
func (w *Workspace) InjectSocket(f SocketFault) {
	f.Times, f.Reason = cmp.Or(f.Times, 1), cmp.Or(f.Reason, reasonTooMany)
	if f.What == FaultDuplicate || f.What == FaultHold {
		f.Count = max(f.Count, 1)
	}
	if f.For > 0 {
		f.until = time.Now().Add(f.For)
	}
	w.hub.faults.mu.Lock()
	defer w.hub.faults.mu.Unlock()
	w.hub.faults.list = append(w.hub.faults.list, &f)
}

func (f *socketFaults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take returns the fault of one of the kinds that meets a connection or an envelope, and uses it up. The zero fault is none.
func (f *socketFaults) take(kinds []string, socketID string) SocketFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(func(one *SocketFault) bool {
		return slices.Contains(kinds, one.What) && (one.Socket == "" || one.Socket == socketID) && passed(&one.Skip)
	})
	if i < 0 {
		return SocketFault{}
	}
	found := f.list[i]
	if found.Times--; found.Times == 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
	return *found
}

// lasts reports whether a fault of atSocket holds for a socket.
func (f *socketFaults) lasts(what, socketID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.find(func(one *SocketFault) bool {
		return one.What == what && (one.Socket == "" || one.Socket == socketID)
	}) >= 0
}

// find returns where the first fault is that fits and is not over, or -1. The caller holds the lock.
func (f *socketFaults) find(fits func(*SocketFault) bool) int {
	now := time.Now()
	f.list = slices.DeleteFunc(f.list, func(one *SocketFault) bool { return !one.until.IsZero() && now.After(one.until) })
	return slices.IndexFunc(f.list, fits)
}

func (w *Workspace) controlSocketFault(_ *http.Request, in struct {
	SocketFault
	DelayMS int `json:"delay_ms"`
	ForMS   int `json:"for_ms"`
}) (any, error) {
	f := in.SocketFault
	if !slices.Contains(slices.Concat(atConnect, atEnvelope, atSocket), f.What) {
		return nil, fail("invalid_arguments", "what must be one of %v", slices.Concat(atConnect, atEnvelope, atSocket))
	}
	if f.Reason != "" && !slices.Contains(disconnectReasons, f.Reason) {
		return nil, fail("invalid_arguments", "reason must be one of %v", disconnectReasons)
	}
	most := maxCopies
	if f.What == FaultPad {
		most = maxFrameBytes
	}
	if f.Count < 0 || f.Count > most {
		return nil, fail("invalid_arguments", "count must be from 0 to %d", most)
	}
	f.Delay, f.For = time.Duration(in.DelayMS)*time.Millisecond, time.Duration(in.ForMS)*time.Millisecond
	w.InjectSocket(f)
	return response{"ok": true}, nil
}
