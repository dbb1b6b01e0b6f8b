package slack

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	sandbox "shipmate/sandbox/slack"
)

// In a bubble with the stand-in workspace and both sockets open, a fault test.
func fault(t *testing.T, name string, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, sandbox.Options{}, Options{Roles: Roles{Viewer: []string{"members"}}, Meter: &tally{}})
			w.run()
			time.Sleep(time.Minute)
			if n := len(w.sockets()); n != 2 {
				t.Fatalf("%d sockets are open, want two", n)
			}
			test(t, w)
		})
	})
}

func (w *world) reconnects(reason string) int {
	return w.client.meter.(*tally).of("slack_reconnects_total", "reason", reason)
}

// alive checks that what somebody writes now comes through at once, on every socket.
func (w *world) alive() {
	w.t.Helper()
	for range 4 {
		id := w.say(dm, "", "alive?")
		time.Sleep(time.Second)
		if n := w.taken.times(id); n != 1 {
			w.t.Errorf("a message came %d times, want once", n)
		}
	}
}

// Connections that break around an acknowledgement.
func TestFaultsOfAcknowledging(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]string{
		"fault 01 the socket drops before the acknowledgement is written: it comes again and is taken once":         sandbox.FaultCut,
		"fault 02 the socket drops after what was taken is durable: it comes again, is taken once and acknowledged": sandbox.FaultCutAtAck,
		"fault 02 the acknowledgement is lost and the socket stays: it comes again, is taken once and acknowledged": sandbox.FaultDropAck,
		"fault 09 the envelope is cut in the middle and the connection with it: it comes again and is taken once":   sandbox.FaultTruncate,
		"fault 13 the first delivery is lost: the retry is taken although it is the first to come":                  sandbox.FaultSwallow,
	} {
		fault(t, name, func(t *testing.T, w *world) {
			w.space.InjectSocket(sandbox.SocketFault{What: f})
			id := w.say(dm, "", "hello")
			time.Sleep(2 * time.Minute)
			w.taken.want(t, id)
			if n := len(w.sockets()); n != 2 {
				t.Errorf("%d sockets are open afterwards, want two", n)
			}
			if lost := w.calls("envelope.lost"); lost != 0 {
				t.Errorf("%d envelopes were never acknowledged", lost)
			}
			w.alive()
		})
	}
	t.Run("fault 03 half of the acknowledgement is written: it comes again and is taken once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, sandbox.Options{}, Options{})
			var broken atomic.Bool
			dial := w.client.dialer.NetDialContext
			w.client.dialer.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dial(ctx, network, addr)
				return &halfWriter{Conn: conn, next: &broken}, err
			}
			w.run()
			time.Sleep(time.Minute)
			broken.Store(true)
			id := w.say(dm, "", "hello")
			time.Sleep(2 * time.Minute)
			w.taken.want(t, id)
			if n := w.taken.times(id); n != 2 {
				t.Errorf("it came %d times, want twice", n)
			}
			w.alive()
		})
	})
}

// A halfWriter writes half of the text frame that comes next, and breaks.
type halfWriter struct {
	net.Conn
	next *atomic.Bool
}

func (h *halfWriter) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0]&0x0f == websocket.TextMessage && p[0]&0x80 != 0 && h.next.CompareAndSwap(true, false) {
		h.Conn.Write(p[:len(p)/2])
		return len(p) / 2, errors.New("connection reset by peer")
	}
	return h.Conn.Write(p)
}

func TestFaultsOfDisconnecting(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested"} {
		fault(t, "fault 04 "+reason+": the other socket carries on and a new one is there at once", func(t *testing.T, w *world) {
			for round := range 4 {
				w.control("disconnect", map[string]any{"reason": reason, "socket": w.sockets()[0]})
				if n := len(w.sockets()); n == 0 {
					t.Fatal("no socket is open")
				}
				w.alive()
				if n := len(w.sockets()); n < 2 {
					t.Errorf("round %d: %d sockets are open four seconds later, want two", round, n)
				}
				time.Sleep(time.Minute)
			}
			if n := w.reconnects(reason); n != 4 {
				t.Errorf("%d reconnects were counted, want four", n)
			}
			if s := w.client.Stats(); s.Sockets != 2 || s.Opens != 6 {
				t.Errorf("got %+v, want two sockets of six that were opened", s)
			}
		})
	}
	fault(t, "fault 06 link_disabled: Run ends with a fatal error and opens nothing more", func(t *testing.T, w *world) {
		before := w.client.Stats().Opens
		w.control("disconnect", map[string]any{"reason": "link_disabled"})
		time.Sleep(time.Hour)
		if s := w.client.Stats(); s.Sockets != 0 || s.Opens > before+1 {
			t.Errorf("got %+v, want no socket and none opened after %d", s, before)
		}
	})
	fault(t, "fault 23 the app token is revoked: Run ends with a fatal error and opens nothing more", func(t *testing.T, w *world) {
		w.space.Inject(sandbox.Fault{Method: openMethod, Error: "token_revoked", Times: -1})
		before := w.client.Stats().Opens
		w.control("disconnect", map[string]any{"reason": "refresh_requested"})
		time.Sleep(time.Hour)
		if s := w.client.Stats(); s.Sockets != 0 || s.Opens > before+2 {
			t.Errorf("got %+v, want no socket and no further tries", s)
		}
	})
	fault(t, "fault 07 no sign of life: noticed within 35 seconds", func(t *testing.T, w *world) {
		w.space.InjectSocket(sandbox.SocketFault{What: sandbox.FaultSilence, Socket: w.sockets()[0]})
		ids := []string{w.say(dm, "", "one"), w.say(dm, "", "two")} // one of them goes to the silent socket
		time.Sleep(36 * time.Second)
		if n := w.reconnects(silent); n != 1 {
			t.Errorf("%d silent sockets were noticed, want one", n)
		}
		time.Sleep(2 * time.Minute)
		w.taken.want(t, ids...)
		w.space.ClearFaults()
		w.alive()
	})
}

func TestFault06TenSocketsAreOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newSpace(t, sandbox.Options{}, Options{})
		other := w.another()
		for range 9 {
			s, err := other.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			go acks(s.conn, nil)
		}
		w.run()
		time.Sleep(time.Hour)
		s := w.client.Stats()
		if s.Opens < 10 || s.Opens > 20 {
			t.Errorf("%d sockets were asked for in an hour, want a few at first and then one in five minutes", s.Opens)
		}
		if s.Sockets != 1 {
			t.Errorf("%d sockets work, want one", s.Sockets)
		}
		if !strings.Contains(w.log.String(), "other processes are connected") {
			t.Error("nobody was told of the other processes")
		}
	})
}

// Two sockets of one process are no reason to warn of others.
func TestOwnSocketsAreNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newSpace(t, sandbox.Options{}, Options{Sockets: 4})
		w.run()
		for range 5 {
			time.Sleep(5 * time.Minute)
			w.control("disconnect", map[string]any{"reason": "warning"})
		}
		time.Sleep(time.Minute)
		if n := w.client.Stats().Sockets; n != 4 {
			t.Errorf("%d sockets are open, want four", n)
		}
		if strings.Contains(w.log.String(), "other processes are connected") {
			t.Error("the Client took its own sockets for those of others")
		}
	})
}

// A socket that was told to go delivers as long as it can while no new one is to be had; afterwards it ends with a CLOSE frame.
func TestFault04TheOldSocketIsKeptUntilTheNewOneIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		say4, ending, acked := make(chan struct{}), make(chan error, 1), make(chan string, 10)
		h, wait := (&script{}).handler(func(n int, conn *websocket.Conn) {
			say(conn, hello)
			if n > 1 {
				acks(conn, nil)
				return
			}
			say(conn, `{"type":"disconnect","reason":"warning"}`)
			go func() { // the only writer from now on
				<-say4
				say(conn, messageFrame("late", "C1", "1700000000.000001", "x"))
			}()
			ending <- acks(conn, acked)
		})
		t.Cleanup(wait)
		w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if down.Load() && strings.HasSuffix(r.URL.Path, openMethod) {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			h.ServeHTTP(rw, r)
			down.CompareAndSwap(false, strings.HasSuffix(r.URL.Path, openMethod)) // after the first
		}), Options{Sockets: 1})
		w.run()
		time.Sleep(4 * time.Minute)
		close(say4)
		if id := <-acked; id != "late" {
			t.Errorf("got acknowledgement of %q", id)
		}
		down.Store(false)
		began := time.Now()
		if err := <-ending; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("the old socket ended with %v, want a CLOSE frame", err)
		}
		if took := time.Since(began); took > 50*time.Second {
			t.Errorf("the old socket ended %v later", took)
		}
	})
}

// A Client that ends while a socket is being opened leaves no ghost.
func TestEveryConnectionGetsItsCloseFrame(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{"before the greeting": "", "told to go instead": `{"type":"disconnect","reason":"too_many_websockets"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ending := make(chan error, 10)
				h, wait := (&script{}).handler(func(_ int, conn *websocket.Conn) {
					if greeting != "" {
						say(conn, greeting)
					}
					ending <- acks(conn, nil)
				})
				t.Cleanup(wait)
				w := newWorld(t, h, Options{Sockets: 1})
				stop, _ := w.run()
				time.Sleep(5 * time.Second)
				if err := stop(); err != nil {
					t.Errorf("Run: %v", err)
				}
				if err := <-ending; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
					t.Errorf("the server saw %v, want a CLOSE frame", err)
				}
				if n := w.client.counters.connections.Load(); n != 0 {
					t.Errorf("%d connections are counted as open", n)
				}
			})
		})
	}
}
