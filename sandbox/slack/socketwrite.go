package slack

import (
	"time"

	"github.com/gorilla/websocket"
)

// An outgoing item is a text frame, or bytes that need not be a frame, or, when there are neither, the close frame that ends
// the connection.
type outgoing struct {
	frame  []byte
	wire   []byte
	cut    bool // breaks the connection off afterwards
	code   int
	reason string
}

// write queues a text frame.
func (s *socket) write(frame []byte) { s.enqueue(outgoing{frame: frame}) }

// end queues a close frame behind whatever is queued already.
func (s *socket) end(code int, reason string) { s.enqueue(outgoing{code: code, reason: reason}) }

func (s *socket) enqueue(o outgoing) {
	s.mu.Lock()
	s.queue = append(s.queue, o)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// writeLoop writes what is queued, and pings, until the reading side stops. A failed write ends the reading too.
func (s *socket) writeLoop(pingEvery time.Duration, faults *socketFaults) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		closing := false
		select {
		case <-s.ended:
			return
		case <-ping.C:
			err = s.control(faults, websocket.PingMessage, []byte("Ping from sandbox"))
		case <-s.wake:
		}
		if err == nil && !faults.lasts(FaultStall, s.id) {
			closing, err = s.flush()
		}
		if err != nil {
			s.conn.Close()
		}
		if err != nil || closing {
			<-s.ended
			return
		}
	}
}

// control writes a ping or a pong, unless a fault keeps the socket from it.
func (s *socket) control(faults *socketFaults, kind int, data []byte) error {
	if faults.lasts(FaultSilence, s.id) || faults.lasts(FaultStall, s.id) {
		return nil
	}
	return s.conn.WriteControl(kind, data, time.Now().Add(writeTimeout))
}

// flush writes everything queued; closing reports that the end of the connection was among it. After a close frame the peer
// has a second to answer it.
func (s *socket) flush() (closing bool, err error) {
	s.mu.Lock()
	queue := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, o := range queue {
		if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return false, err
		}
		switch {
		case o.wire != nil:
			_, err = s.conn.NetConn().Write(o.wire)
		case o.frame != nil:
			err = s.conn.WriteMessage(websocket.TextMessage, o.frame)
		default:
			s.sayClose(o.code, o.reason)
			return true, s.conn.SetReadDeadline(time.Now().Add(time.Second))
		}
		if err != nil {
			return false, err
		}
		if o.cut {
			return true, s.conn.Close()
		}
	}
	return false, nil
}

func (s *socket) sayClose(code int, reason string) {
	s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
}
