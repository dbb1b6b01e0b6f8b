package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxFrame    = 16 << 20 // bytes
	writingTime = 5 * time.Second
)

// A socket is one Socket Mode connection that has been greeted.
type socket struct {
	c     *Client
	conn  *websocket.Conn
	since time.Time // of the greeting
	early [][]byte  // frames that came before the greeting

	writing sync.Mutex // one writer of frames at a time

	lastSign atomic.Int64 // of life, in Unix nanoseconds
	ending   sync.Mutex
	retired  bool // no sign of life extends its time

	leaving chan struct{} // closed when the next socket should be opened
	once    sync.Once
	reason  string // of Slack's disconnect frame, or one of ours; set before leaving is closed
	broken  error  // why reading ended without one of Slack's; set before leaving is closed
}

// The reasons for which a socket is given up without being told to.
const (
	replaced = "replaced" // the client has it replaced
	silent   = "silent"   // it showed no sign of life
	lost     = "lost"     // it ended without a word
)

// A frame is what Slack sends over the socket: a greeting, a farewell or an envelope.
type frame struct {
	Type           string          `json:"type"`
	EnvelopeID     string          `json:"envelope_id"`
	Payload        json.RawMessage `json:"payload"`
	Reason         string          `json:"reason"`
	NumConnections int             `json:"num_connections"`
	ConnectionInfo struct {
		AppID string `json:"app_id"`
	} `json:"connection_info"`
}

// close ends a socket that nobody reads any more, with a CLOSE frame, without which Slack would go on counting it.
func (s *socket) close() {
	_ = s.goodbye() // fails on a connection that is gone
	s.conn.Close()
	s.c.counters.connections.Add(-1)
}

// verdict says why the socket ended: graceful when Slack only wants a fresh one, an error otherwise.
func (s *socket) verdict() (graceful bool, err error) {
	switch s.reason {
	case lost, silent:
		return false, s.broken
	case "warning", "refresh_requested", replaced:
		return true, nil
	case "link_disabled":
		return false, &Error{Method: "socket", Code: s.reason, Class: Fatal, detail: fatalCodes[s.reason]}
	case tooMany:
		return false, &Error{Method: "socket", Code: s.reason, Class: Temporary, detail: "ten sockets of this app are open: is it running elsewhere too?"}
	}
	return false, &Error{Method: "socket", Class: Temporary, detail: "Slack ended the connection: " + s.c.redact.text(clip(s.reason, 80))}
}

// serve reads the socket until it ends or ctx does, and says goodbye.
func (s *socket) serve(ctx context.Context, in *intake) {
	s.c.counters.sockets.Add(1)
	defer s.c.counters.sockets.Add(-1)
	ended := make(chan struct{})
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keep(ctx, ended) })
	s.leave(s.read(in))
	s.close()
	close(ended)
	keeper.Wait()
}

// leave has the next socket opened, for Slack's reason or because reading failed. The first reason counts. The socket may go on delivering
// until it is retired.
func (s *socket) leave(reason string, broken error) {
	s.once.Do(func() {
		s.reason, s.broken = reason, broken
		close(s.leaving)
	})
}

// retire ends a socket that was replaced, after the time for what is on its way.
func (s *socket) retire() {
	s.ending.Lock()
	defer s.ending.Unlock()
	s.retired = true
	_ = s.conn.NetConn().SetReadDeadline(time.Now().Add(s.c.times.handover)) // fails on a connection that is gone
}

// alive notes a sign of life, which extends the read deadline of a socket that is not retired.
func (s *socket) alive() error {
	now := time.Now()
	s.lastSign.Store(now.UnixNano())
	s.c.counters.lastSign.Store(now.UnixNano())
	s.ending.Lock()
	defer s.ending.Unlock()
	if s.retired {
		return nil
	}
	return s.conn.NetConn().SetReadDeadline(now.Add(s.c.times.silence))
}

// read hands every envelope to the intake until the connection ends, and says why it did.
func (s *socket) read(in *intake) (reason string, err error) {
	s.conn.SetPongHandler(func(string) error { return s.alive() })
	answer := s.conn.PingHandler()
	s.conn.SetPingHandler(func(data string) error {
		if err := s.alive(); err != nil {
			return err
		}
		return answer(data)
	})
	for _, data := range s.early {
		in.envelope(s, data)
	}
	for {
		if err := s.alive(); err != nil {
			return lost, s.c.fault("socket", err)
		}
		kind, data, err := s.conn.ReadMessage()
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return silent, &Error{Method: "socket", Class: Temporary, detail: fmt.Sprintf("no sign of life for %v", s.c.times.silence)}
		}
		if err != nil {
			return lost, s.c.fault("socket", err)
		}
		if kind != websocket.TextMessage {
			continue
		}
		if reason, farewell := disconnect(data); farewell {
			s.c.log.Info("slack asks for a new socket", "reason", clip(reason, 80))
			s.leave(reason, nil)
		} else {
			in.envelope(s, data)
		}
	}
}

// disconnect reports whether a frame is Slack's farewell, and its reason.
func disconnect(data []byte) (string, bool) {
	if len(data) > 4096 {
		return "", false
	}
	var f frame
	if json.Unmarshal(data, &f) != nil || f.Type != "disconnect" {
		return "", false
	}
	if f.Reason == "" {
		f.Reason = "no reason"
	}
	return f.Reason, true
}

// goodbye sends the CLOSE frame.
func (s *socket) goodbye() error {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	return s.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(s.c.times.goodbye))
}

// keep pings until the socket has ended, or ctx has: then it says goodbye and gives the server a moment to answer.
func (s *socket) keep(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(s.c.times.ping)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writingTime)); err != nil {
				s.conn.Close() // the reader tells why
			}
		case <-ctx.Done():
			if err := s.goodbye(); err != nil {
				s.conn.Close()
			}
			select {
			case <-ended:
			case <-time.After(s.c.times.goodbye):
				s.conn.Close()
			}
			return
		}
	}
}

// ack acknowledges an envelope, in one frame. It carries no payload: Slack drops large ones silently, and an answer belongs to the poster.
func (s *socket) ack(envelopeID string) error {
	data, err := json.Marshal(struct {
		EnvelopeID string `json:"envelope_id"`
	}{envelopeID})
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writingTime)); err != nil {
		return s.c.fault("socket", err)
	}
	if err := s.conn.WriteMessage(websocket.TextMessage, data); err != nil {
		s.conn.Close() // half a frame may be out: nothing after it would be understood
		return s.c.fault("socket", err)
	}
	return nil
}
