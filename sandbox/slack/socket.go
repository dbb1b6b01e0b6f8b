package slack

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	writeTimeout = 10 * time.Second

	// connectionSeconds is what hello promises as the life of a connection; a client should expect a refresh by then.
	connectionSeconds = 18060
)

// A socket is one open Socket Mode connection. Frames are queued and written by the socket's own goroutine, so a client that
// does not read holds nobody up.
type socket struct {
	id    string
	conn  *websocket.Conn
	wire  *frameWatcher
	wake  chan struct{} // has room for one
	ended chan struct{} // closed when the reading side has stopped

	mu    sync.Mutex
	queue []outgoing
}

// ticket returns a new single-use token for a Socket Mode URL.
func (h *hub) ticket() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for t, until := range h.tickets {
		if now.After(until) {
			delete(h.tickets, t)
		}
	}
	t := rand.Text()
	h.tickets[t] = now.Add(ticketLife)
	return t
}

func (h *hub) redeem(ticket string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	until, ok := h.tickets[ticket]
	delete(h.tickets, ticket)
	return ok && time.Now().Before(until)
}

// serveLink turns a request with a ticket into a Socket Mode connection and serves it until it ends.
func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	if !w.hub.redeem(r.URL.Query().Get("ticket")) {
		w.calls.add(Call{Method: "socket.refused", Status: http.StatusForbidden, Error: "unknown, used or expired ticket"})
		http.Error(rw, "unknown, used or expired ticket", http.StatusForbidden)
		return
	}
	watcher := &frameWatcher{}
	upgrader := websocket.Upgrader{
		ReadBufferSize: 4096, // its own buffer, so that everything read passes the watcher
		// Clients send Slack's own origin; the ticket is what admits them.
		CheckOrigin: func(*http.Request) bool { return true },
	}
	conn, err := upgrader.Upgrade(&watchedWriter{ResponseWriter: rw, watcher: watcher}, r, nil)
	if err != nil {
		w.calls.add(Call{Method: "socket.refused", Status: http.StatusBadRequest, Error: err.Error()})
		return
	}
	conn.SetReadLimit(maxRequestBytes)
	s := &socket{
		id: newID("S"), conn: conn, wire: watcher, wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	w.hub.serve(s, r.Host)
}

// serve runs one connection until it ends.
func (h *hub) serve(s *socket, host string) {
	defer s.conn.Close()
	if reason := h.admit(s, host); reason != "" {
		h.calls.add(Call{Method: "socket.disconnect", Socket: s.id, Error: reason})
		s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		s.conn.WriteMessage(websocket.TextMessage, disconnectFrame(reason, host))
		s.sayClose(websocket.CloseNormalClosure, reason)
		return
	}
	defer h.running.Done()
	s.conn.SetPingHandler(func(data string) error {
		_ = s.control(&h.faults, websocket.PongMessage, []byte(data)) // a connection that broke ends the reading by itself
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() { s.writeLoop(h.pingEvery, &h.faults) })
	err := h.readLoop(s)
	close(s.ended)
	wg.Wait()
	h.leave(s, err)
}

// admit adds a socket, greets it and gives it the events that waited. It returns the reason when the socket may not stay.
func (h *hub) admit(s *socket, host string) (refused string) {
	f := h.faults.take(atConnect, "")
	h.mu.Lock()
	switch {
	case h.closed:
		refused = reasonRefresh
	case h.disabled:
		refused = reasonDisabled
	case f.What == FaultRefuse:
		refused = f.Reason
	case len(h.sockets) >= maxSockets:
		refused = reasonTooMany
	}
	if refused != "" {
		h.mu.Unlock()
		return refused
	}
	h.running.Add(1)
	h.open = append(h.open, s)
	if f.What != "" {
		h.slight(s, f.What, host)
		h.mu.Unlock()
		return ""
	}
	h.sockets = append(h.sockets, s)
	n := len(h.sockets)
	s.write(helloFrame(n, host))
	h.calls.add(Call{Method: "socket.open", OK: true, Socket: s.id, Connections: n})
	waited := h.waiting
	h.waiting = nil
	for _, d := range waited {
		d.timer.Stop()
		d.tries = max(d.tries, 1) + 1
		h.send(s, d)
	}
	h.mu.Unlock()
	h.changed()
	return ""
}

// slight serves a socket that gets no events, because of a fault: it is not greeted, or closed after the greeting. The caller
// holds the lock.
func (h *hub) slight(s *socket, what, host string) {
	h.calls.add(Call{Method: "socket.open", OK: true, Socket: s.id, Connections: len(h.sockets), Error: "fault: " + what})
	if what == FaultHelloClose {
		s.write(helloFrame(len(h.sockets)+1, host))
		s.end(websocket.CloseNormalClosure, "")
	}
}

func (h *hub) leave(s *socket, err error) {
	h.mu.Lock()
	same := func(o *socket) bool { return o == s }
	h.sockets, h.open = slices.DeleteFunc(h.sockets, same), slices.DeleteFunc(h.open, same)
	n := len(h.sockets)
	h.mu.Unlock()
	call := Call{Method: "socket.close", OK: true, Socket: s.id, Connections: n}
	if err != nil {
		call.Error = err.Error()
	}
	h.calls.add(call)
	h.changed()
}

func (h *hub) readLoop(s *socket) error {
	for {
		kind, frame, err := s.conn.ReadMessage()
		if err != nil {
			return err
		}
		fragmented := s.wire.pop()
		if kind == websocket.TextMessage && !h.faults.lasts(FaultSilence, s.id) {
			h.acknowledge(s, frame, fragmented)
		}
	}
}

// connected counts the open sockets.
func (h *hub) connected() int { return len(h.ids()) }

// ids are those of the open sockets, oldest first.
func (h *hub) ids() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]string, len(h.sockets))
	for i, s := range h.sockets {
		ids[i] = s.id
	}
	return ids
}

// disconnect asks every open socket, or the one with the id, to go, as Slack does: "warning" leaves ten seconds,
// "refresh_requested", "too_many_websockets" and "link_disabled" end the connection at once; the last also switches Socket
// Mode off. It returns how many sockets were told.
func (h *hub) disconnect(reason, id string) int {
	h.mu.Lock()
	sockets := h.chosen(id)
	if reason == reasonDisabled {
		h.disabled = true
	}
	h.mu.Unlock()
	for _, s := range sockets {
		h.calls.add(Call{Method: "socket.disconnect", Socket: s.id, Error: reason})
		s.write(disconnectFrame(reason, s.conn.LocalAddr().String()))
		if reason == reasonWarning {
			time.AfterFunc(warningGrace, func() { h.retire(s, reason) })
			continue
		}
		h.retire(s, reason)
	}
	return len(sockets)
}

// retire sends nothing more over a socket and closes it.
func (h *hub) retire(s *socket, reason string) {
	h.mu.Lock()
	h.sockets = slices.DeleteFunc(h.sockets, func(o *socket) bool { return o == s })
	h.mu.Unlock()
	s.end(websocket.CloseNormalClosure, reason)
}

// chosen lists the open sockets, or the one with the id. The caller holds the lock.
func (h *hub) chosen(id string) []*socket {
	return slices.DeleteFunc(slices.Clone(h.sockets), func(s *socket) bool { return id != "" && s.id != id })
}

// raw writes a frame to one of the open sockets, in turn, or to the one with the id.
func (h *hub) raw(o outgoing, id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	sockets := h.chosen(id)
	if len(sockets) == 0 {
		return false
	}
	sockets[h.next%len(sockets)].enqueue(o)
	h.next++
	return true
}

// enable switches Socket Mode on again after a disconnect with reason "link_disabled".
func (h *hub) enable() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disabled = false
}

func helloFrame(n int, host string) []byte {
	return fmt.Appendf(nil, `{"type":"hello","num_connections":%d,"debug_info":{"host":%s,"build_number":1,"approximate_connection_time":%d},"connection_info":{"app_id":%q}}`,
		n, strconv.Quote(host), connectionSeconds, AppID)
}

func disconnectFrame(reason, host string) []byte {
	frame, _ := json.Marshal(map[string]any{ // strings always encode
		"type": "disconnect", "reason": reason, "debug_info": map[string]string{"host": host},
	})
	return frame
}
