package slack

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// A wire is a network in memory, so that a Client and its Slack can live in a synctest bubble, where minutes pass at once and no machine is slow.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), done: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error { w.once.Do(func() { close(w.done) }); return nil }

func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// dial is a DialContext that reaches the wire's server, whatever the address.
func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	there, back := newStream(), newStream()
	select {
	case w.conns <- &wireConn{in: there, out: back}:
		return &wireConn{in: back, out: there}, nil
	case <-w.done:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A wireConn is one end of a connection. Unlike net.Pipe it buffers what is written, as a network does.
type wireConn struct{ in, out *stream }

func (c *wireConn) Read(p []byte) (int, error)       { return c.in.read(p) }
func (c *wireConn) Write(p []byte) (int, error)      { return c.out.write(p) }
func (c *wireConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (c *wireConn) RemoteAddr() net.Addr             { return c.LocalAddr() }
func (c *wireConn) SetWriteDeadline(time.Time) error { return nil }
func (c *wireConn) SetDeadline(t time.Time) error    { return c.SetReadDeadline(t) }

func (c *wireConn) Close() error {
	c.in.change(func(s *stream) { s.closed = true })
	c.out.change(func(s *stream) { s.closed = true })
	return nil
}

func (c *wireConn) SetReadDeadline(t time.Time) error {
	c.in.change(func(s *stream) { s.deadline = t })
	return nil
}

// A stream is one direction of a connection.
type stream struct {
	mu       sync.Mutex
	data     []byte
	closed   bool
	deadline time.Time     // of reading; zero: none
	changed  chan struct{} // closed with the next change
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) change(how func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) write(p []byte) (n int, err error) {
	s.change(func(s *stream) {
		if s.closed {
			err = io.ErrClosedPipe
			return
		}
		s.data, n = append(s.data, p...), len(p)
	})
	return n, err
}

func (s *stream) read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		n := copy(p, s.data)
		s.data = s.data[n:]
		closed, deadline, changed := s.closed, s.deadline, s.changed
		s.mu.Unlock()
		switch {
		case n > 0 || len(p) == 0:
			return n, nil
		case closed:
			return 0, io.EOF
		case !deadline.IsZero() && !time.Now().Before(deadline):
			return 0, os.ErrDeadlineExceeded
		}
		var late <-chan time.Time
		if !deadline.IsZero() {
			late = time.After(time.Until(deadline))
		}
		select {
		case <-changed:
		case <-late:
		}
	}
}
