package slack

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestRefusedConnections(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	b.w.InjectSocket(SocketFault{What: FaultRefuse, Times: -1})
	for range 3 {
		if conn, frame := b.dial(); frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
			t.Errorf("got %v, want too_many_websockets", frame)
		} else if err := b.ended(conn); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("then: got %v, want a close frame", err)
		}
	}
	b.w.ClearFaults()
	b.w.InjectSocket(SocketFault{What: FaultRefuse, Reason: "warning", Skip: 1})
	for _, want := range []any{"hello", "disconnect", "hello"} {
		if _, frame := b.dial(); frame["type"] != want {
			t.Errorf("got %v, want %v", frame, want)
		}
	}
}

func TestConnectionsThatAreNoUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{AckTimeout: time.Hour, PingEvery: 5 * time.Millisecond})
	b.control("socketfault", map[string]any{"what": "hello_close"}, nil)
	conn, frame := b.dial()
	if err := b.ended(conn); frame["type"] != "hello" || !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("got %v and %v, want hello and the end", frame, err)
	}
	b.w.InjectSocket(SocketFault{What: FaultNoHello})
	mute, _, err := websocket.DefaultDialer.Dial(b.link(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	b.logged("socket.open", 2) // the fault is used up
	pinged := make(chan struct{}, 1000)
	mute.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	heard := make(chan error, 1)
	go func() { _, _, err := mute.ReadMessage(); heard <- err }()
	good, _ := b.dial()
	b.say("C0ENG", "one", "")
	b.say("C0ENG", "two", "")
	if got := text(b.read(good)) + text(b.read(good)); got != "onetwo" {
		t.Errorf("got %q, want every event on the socket that was greeted", got)
	}
	<-pinged
	select {
	case err := <-heard:
		t.Errorf("the other socket heard something: %v", err)
	default:
	}
}

func TestAliveButSilent(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{AckTimeout: time.Hour, PingEvery: 5 * time.Millisecond})
	conn, _ := b.dial()
	pinged := make(chan struct{}, 1000)
	conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	b.w.InjectSocket(SocketFault{What: FaultSwallow, Times: -1})
	b.say("C0ENG", "lost", "")
	heard := make(chan map[string]any, 1)
	go func() { heard <- b.read(conn) }()
	for range 2 {
		<-pinged
	}
	b.w.ClearFaults()
	b.say("C0ENG", "heard", "")
	if got := text(<-heard); got != "heard" {
		t.Errorf("got %q, want nothing of what was said in the silence", got)
	}
}

func TestHalfOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{AckTimeout: time.Hour, PingEvery: 5 * time.Millisecond})
	b.w.InjectSocket(SocketFault{What: FaultSilence})
	conn, _ := b.dial()
	b.say("C0ENG", "lost", "")
	heard := 0
	conn.SetPingHandler(func(string) error { heard++; return nil })
	conn.SetPongHandler(func(string) error { heard++; return nil })
	conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Minute))
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, _, err := conn.ReadMessage(); heard != 0 || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v and %d pings or pongs, want silence", err, heard)
	}
}

func TestHalfOpenIsDeaf(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	conn, _ := b.dial()
	other, _ := b.dial()
	b.say("C0ENG", "one", "")
	frame := b.read(conn)
	b.w.InjectSocket(SocketFault{What: FaultSilence, Socket: b.w.hub.ids()[0]})
	b.ack(conn, frame)
	conn.Close()
	b.logged("socket.close", 1) // and everything before it was read
	if n := len(b.w.calls.list("envelope.ack")); n != 0 {
		t.Errorf("%d acknowledgements counted, want none", n)
	}
	b.say("C0ENG", "two", "")
	if text(b.read(other)) != "two" {
		t.Error("the other socket is silent as well")
	}
}

func TestStalled(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{AckTimeout: time.Hour, PingEvery: 5 * time.Millisecond})
	conn, _ := b.dial()
	start := time.Now()
	b.w.InjectSocket(SocketFault{What: FaultStall, For: 50 * time.Millisecond})
	b.say("C0ENG", "one", "")
	b.say("C0ENG", "two", "")
	if got := text(b.read(conn)) + text(b.read(conn)); got != "onetwo" || time.Since(start) < 40*time.Millisecond {
		t.Errorf("got %q after %v, want both, late", got, time.Since(start))
	}
}

func TestOneSocketIsToldToGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	first, _ := b.dial()
	second, _ := b.dial()
	ids := b.w.hub.ids()
	b.control("disconnect", map[string]string{"reason": "refresh_requested", "socket": ids[1]}, nil)
	if frame := b.read(second); frame["reason"] != "refresh_requested" {
		t.Errorf("got %v, want to be told", frame)
	}
	b.say("C0ENG", "hello", "")
	if frame := b.read(first); text(frame) != "hello" {
		t.Errorf("the other socket: got %v, want the event", frame)
	}
}

func TestSocketModeURLsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, f := range []Fault{{Error: "invalid_auth"}, {Error: "ratelimited", Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "30"}}} {
		f.Method = "apps.connections.open"
		b.w.Inject(f)
		if _, _, err := b.client.StartSocketModeContext(t.Context()); err == nil {
			t.Errorf("%+v: got a URL", f)
		}
	}
	b.link()
}
