package slack

import (
	"encoding/binary"
	"net/http"
)

// The opcodes of data frames (RFC 6455, section 5.2).
const (
	opContinuation = 0
	opText         = 1
	opBinary       = 2
)

// Bounds of what is made up.
const (
	maxFrameBytes = 64 << 20
	maxCopies     = 1000
)

// A rawFrame is a frame that says whatever it says.
type rawFrame struct {
	Text string `json:"text"`
	// Kind is text, also when empty; binary; continuation, of no message; or truncated: half of a text frame, and then the
	// end of the connection.
	Kind   string `json:"kind"`
	Size   int    `json:"size"`   // Text is filled up with spaces to this many bytes
	Times  int    `json:"times"`  // how often it is written; 0 means once
	Socket string `json:"socket"` // the id of the socket; "" takes the open ones in turn
}

// outgoing is the frame as it goes over the wire; ok is false for an unknown kind.
func (f rawFrame) outgoing() (o outgoing, ok bool) {
	payload := padded([]byte(f.Text), f.Size)
	switch f.Kind {
	case "", "text":
		return outgoing{wire: wireFrame(opText, payload)}, true
	case "binary":
		return outgoing{wire: wireFrame(opBinary, payload)}, true
	case "continuation":
		return outgoing{wire: wireFrame(opContinuation, payload)}, true
	case "truncated":
		return truncated(payload), true
	}
	return o, false
}

// wireFrame is a whole frame of a server, final and not masked.
func wireFrame(opcode byte, payload []byte) []byte {
	head := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return append(head, payload...)
}

// controlRaw writes a frame, whatever it says, to open sockets.
func (w *Workspace) controlRaw(_ *http.Request, f rawFrame) (any, error) {
	o, ok := f.outgoing()
	if !ok || f.Size < 0 || f.Size > maxFrameBytes || f.Times > maxCopies {
		return nil, fail("invalid_arguments", "kind must be text, binary, continuation or truncated, size from 0 to %d, times up to %d", maxFrameBytes, maxCopies)
	}
	for range max(f.Times, 1) {
		if !w.hub.raw(o, f.Socket) {
			return nil, fail("no_socket", "no socket is open, or none with that id")
		}
	}
	return response{"ok": true}, nil
}
