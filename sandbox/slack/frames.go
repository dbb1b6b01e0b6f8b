package slack

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// A frameWatcher is a connection that follows the WebSocket frames (RFC 6455, section 5.2) arriving on it, because the
// WebSocket library joins the frames of a message without telling, and Slack treats an acknowledgement in several frames as
// none.
type frameWatcher struct {
	net.Conn
	head []byte // the bytes of a frame header seen so far
	skip uint64 // payload bytes still to come

	mu         sync.Mutex
	fragments  int    // frames of the message under way
	fragmented []bool // for each whole message not yet popped, whether it came in several frames
}

func (f *frameWatcher) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	f.follow(p[:n])
	return n, err
}

// follow advances over bytes that arrived.
func (f *frameWatcher) follow(p []byte) {
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(p)))
			f.skip -= n
			p = p[n:]
			continue
		}
		f.head = append(f.head, p[0])
		p = p[1:]
		if length, ok := payloadLength(f.head); ok {
			f.frame(f.head[0])
			f.head, f.skip = f.head[:0], length
		}
	}
}

// payloadLength reads the payload's length from a header, once the header is whole.
func payloadLength(head []byte) (uint64, bool) {
	if len(head) < 2 {
		return 0, false
	}
	size, short := 2, uint64(head[1]&0x7f)
	extended := 0
	switch short {
	case 126:
		extended = 2
	case 127:
		extended = 8
	}
	size += extended
	if head[1]&0x80 != 0 {
		size += 4 // the masking key
	}
	if len(head) < size {
		return 0, false
	}
	if extended == 0 {
		return short, true
	}
	var length uint64
	for _, b := range head[2 : 2+extended] {
		length = length<<8 | uint64(b)
	}
	return length, true
}

// frame counts one frame by the first byte of its header: the final bit and the opcode. Control frames (opcodes from 8) may
// stand between the frames of a message and are no part of it.
func (f *frameWatcher) frame(first byte) {
	if first&0x0f >= 8 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fragments++
	if first&0x80 != 0 {
		f.fragmented = append(f.fragmented, f.fragments > 1)
		f.fragments = 0
	}
}

// pop reports whether the oldest whole message came in several frames.
func (f *frameWatcher) pop() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.fragmented) == 0 {
		return false
	}
	first := f.fragmented[0]
	f.fragmented = f.fragmented[1:]
	return first
}

// A watchedWriter hands the upgrader a connection whose incoming frames the watcher sees.
type watchedWriter struct {
	http.ResponseWriter
	watcher *frameWatcher
}

func (w *watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.watcher.Conn = conn
	return w.watcher, rw, nil
}
