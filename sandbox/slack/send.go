package slack

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// An envelope is what travels over the socket.
type envelope struct {
	EnvelopeID      string          `json:"envelope_id"`
	Payload         json.RawMessage `json:"payload"`
	Type            string          `json:"type"`
	AcceptsResponse bool            `json:"accepts_response_payload"`
	RetryAttempt    *int            `json:"retry_attempt,omitempty"`
	RetryReason     *string         `json:"retry_reason,omitempty"`
}

// A heldFrame is an envelope that a fault holds back until left more have been sent.
type heldFrame struct {
	socket *socket
	frame  []byte
	left   int
}

// send writes d to a socket and starts the clock for its acknowledgement. The caller holds the lock.
func (h *hub) send(s *socket, d *delivery) {
	f := h.faults.take(atEnvelope, s.id)
	attempt, copies := d.tries-1, 1
	switch f.What {
	case FaultAttempt:
		attempt = f.Count
	case FaultDuplicate:
		copies += f.Count
	}
	id := newUUID()
	for i := range copies {
		if i > 0 && f.Fresh {
			id = newUUID()
		}
		if !h.sendOnce(s, d, id, attempt, f) {
			return
		}
	}
	d.timer = time.AfterFunc(h.ackTimeout, func() { h.timedOut(d, id) })
}

// sendOnce writes one envelope, or what a fault makes of it. It returns false when it cannot be encoded.
func (h *hub) sendOnce(s *socket, d *delivery, id string, attempt int, f SocketFault) bool {
	e := envelope{EnvelopeID: id, Payload: d.payload, Type: d.kind, AcceptsResponse: d.kind != kindEvents}
	if d.kind == kindEvents {
		reason := ""
		if attempt > 0 {
			reason = "timeout"
		}
		e.RetryAttempt, e.RetryReason = &attempt, &reason
	}
	frame, err := json.Marshal(e)
	if err != nil {
		h.calls.add(Call{Method: "envelope.lost", EventID: d.eventID, Error: err.Error()})
		return false
	}
	if h.inFlight[id] != d {
		d.envelopes = append(d.envelopes, id)
		h.inFlight[id] = d
	}
	call := Call{Method: "envelope.send", OK: true, Socket: s.id, EnvelopeID: id, EventID: d.eventID, Kind: d.kind, Retry: attempt}
	if h.faults.lasts(FaultSilence, s.id) {
		f = SocketFault{What: FaultSwallow}
	}
	if f.What != "" {
		call.Error = "fault: " + f.What
	}
	h.calls.add(call)
	h.write(s, id, frame, f)
	return true
}

// write puts the frame of an envelope on the socket, in the way the fault has it. The caller holds the lock.
func (h *hub) write(s *socket, id string, frame []byte, f SocketFault) {
	switch f.What {
	case FaultSwallow:
		return
	case FaultHold:
		h.held = append(h.held, heldFrame{s, frame, f.Count})
		return
	case FaultDelay:
		time.AfterFunc(f.Delay, func() { s.write(frame) })
	case FaultCut:
		s.enqueue(outgoing{frame: frame, cut: true})
	case FaultTruncate:
		s.enqueue(truncated(frame))
	case FaultPad:
		s.write(padded(frame, f.Count))
	case FaultCutAtAck, FaultDropAck:
		h.unheard[id] = f.What
		s.write(frame)
	default:
		s.write(frame)
	}
	h.release()
}

// release counts an envelope that was sent, and sends those that were held back for it. The caller holds the lock.
func (h *hub) release() {
	held := h.held
	h.held = nil
	for _, one := range held {
		if one.left--; one.left > 0 {
			h.held = append(h.held, one)
		} else {
			one.socket.write(one.frame)
		}
	}
}

// truncated is the first half of a text frame, and the end of the connection.
func truncated(frame []byte) outgoing {
	wire := wireFrame(opText, frame)
	return outgoing{wire: wire[:len(wire)-(len(frame)+1)/2], cut: true}
}

// padded is JSON with spaces behind it, size bytes in all.
func padded(frame []byte, size int) []byte {
	return append(slices.Clone(frame), bytes.Repeat([]byte{' '}, max(0, size-len(frame)))...)
}
