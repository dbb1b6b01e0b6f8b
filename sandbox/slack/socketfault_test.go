package slack

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// patient is a retry schedule on which nothing comes again unless a test makes it.
func patient() Options { return Options{AckTimeout: time.Hour} }

// again is one on which everything not acknowledged soon comes again, as often as it takes.
func again() Options {
	return Options{AckTimeout: 50 * time.Millisecond, RetryAfter: slices.Repeat([]time.Duration{0}, 10_000)}
}

// text is what the message in an envelope says.
func text(frame map[string]any) string {
	return frame["payload"].(map[string]any)["event"].(map[string]any)["text"].(string)
}

// ended reads until the connection is over and returns how it ended.
func (b *bench) ended(conn *websocket.Conn) error {
	b.t.Helper()
	conn.SetReadDeadline(time.Now().Add(60 * time.Second))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return err
		}
	}
}

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

func TestBrokenAroundAnEnvelope(t *testing.T) {
	t.Parallel()
	for what, acked := range map[string]bool{FaultCut: false, FaultCutAtAck: true} {
		b := newBench(t, again())
		conn, _ := b.dial()
		b.w.InjectSocket(SocketFault{What: what})
		b.say("C0ENG", "hello", "")
		frame := b.read(conn)
		if acked {
			b.ack(conn, frame)
		}
		if err := b.ended(conn); websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("%s: got %v, want no close frame", what, err)
		}
		fresh, _ := b.dial()
		retry := b.read(fresh)
		b.ack(fresh, retry)
		if text(retry) != "hello" || retry["retry_attempt"] == 0.0 {
			t.Errorf("%s: got %v, want a retry", what, retry)
		}
	}
}

func TestAcknowledgementsThatDoNotCount(t *testing.T) {
	t.Parallel()
	b := newBench(t, again())
	conn, _ := b.dial()
	b.w.InjectSocket(SocketFault{What: FaultDropAck})
	b.say("C0ENG", "hello", "")
	b.ack(conn, b.read(conn))
	if c := b.logged("envelope.ack", 1)[0]; c.OK || c.Error != "fault: drop_ack" {
		t.Errorf("got %+v, want it noted", c)
	}
	if frame := b.read(conn); text(frame) != "hello" || frame["retry_attempt"] != 1.0 {
		t.Errorf("got %v, want a retry", frame)
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		b := newBench(t, patient())
		conn, _ := b.dial()
		b.w.InjectSocket(SocketFault{What: FaultDuplicate, Count: 3, Fresh: fresh})
		b.say("C0ENG", "hello", "")
		b.say("C0ENG", "bye", "")
		envelopes, events := map[any]bool{}, map[any]bool{}
		for range 4 {
			frame := b.read(conn)
			if frame["retry_attempt"] != 0.0 {
				t.Errorf("got %v, want attempt 0", frame)
			}
			envelopes[frame["envelope_id"]], events[frame["payload"].(map[string]any)["event_id"]] = true, true
		}
		if len(events) != 1 || len(envelopes) != map[bool]int{false: 1, true: 4}[fresh] {
			t.Errorf("fresh %v: got %d events in %d envelopes", fresh, len(events), len(envelopes))
		}
		if frame := b.read(conn); text(frame) != "bye" {
			t.Errorf("then: got %v", frame)
		}
	}
}

func TestReorderedAndDelayed(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	conn, _ := b.dial()
	b.w.InjectSocket(SocketFault{What: FaultHold, Count: 2, Skip: 1})
	for _, word := range []string{"a", "b", "c", "d", "e"} {
		b.say("C0ENG", word, "")
	}
	order := ""
	for range 5 {
		order += text(b.read(conn))
	}
	if order != "acdbe" {
		t.Errorf("got %s, want acdbe", order)
	}
	b.control("socketfault", map[string]any{"what": "delay", "delay_ms": 30}, nil)
	start := time.Now()
	b.say("C0ENG", "late", "")
	if text(b.read(conn)) != "late" || time.Since(start) < 30*time.Millisecond {
		t.Errorf("it came after %v, want 30 ms", time.Since(start))
	}
}

func TestAttemptNumbers(t *testing.T) {
	t.Parallel()
	b := newBench(t, again())
	conn, _ := b.dial()
	b.w.InjectSocket(SocketFault{What: FaultAttempt, Times: 3})
	b.say("C0ENG", "hello", "")
	for range 3 { // every delivery says that it is the first
		if frame := b.read(conn); frame["retry_attempt"] != 0.0 || frame["retry_reason"] != "" {
			t.Errorf("got %v, want attempt 0", frame)
		}
	}
	last := b.read(conn)
	b.ack(conn, last)
	if last["retry_attempt"] != 3.0 {
		t.Errorf("then: got %v, want attempt 3", last)
	}
	b.logged("envelope.ack", 1)
	b.w.InjectSocket(SocketFault{What: FaultSwallow})
	b.say("C0ENG", "only as a retry", "")
	frame := b.read(conn)
	for text(frame) == "hello" { // deliveries from before the acknowledgement
		frame = b.read(conn)
	}
	if text(frame) != "only as a retry" || frame["retry_attempt"] != 1.0 {
		t.Errorf("got %v, want attempt 1 first", frame)
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

func TestFramesThatAreTooLongOrTooShort(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	conn, _ := b.dial()
	b.w.InjectSocket(SocketFault{What: FaultPad, Count: 20 << 20})
	b.say("C0ENG", "long", "")
	conn.SetReadDeadline(time.Now().Add(60 * time.Second))
	if _, data, err := conn.ReadMessage(); err != nil || len(data) != 20<<20 {
		t.Fatalf("got %d bytes, %v", len(data), err)
	}
	b.w.InjectSocket(SocketFault{What: FaultTruncate})
	b.say("C0ENG", "short", "")
	if _, _, err := conn.ReadMessage(); !errors.Is(err, io.ErrUnexpectedEOF) && !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		t.Errorf("got %v, want the end in the middle of a frame", err)
	}
}

func TestRawFrames(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	for _, tt := range []struct {
		in   rawFrame
		kind int
		want string
	}{
		{rawFrame{Text: "{"}, websocket.TextMessage, "{"},
		{rawFrame{}, websocket.TextMessage, ""},
		{rawFrame{Kind: "binary", Text: "\x00\x01"}, websocket.BinaryMessage, "\x00\x01"},
		{rawFrame{Text: `{"type":"?"}`, Size: 70_000}, websocket.TextMessage, `{"type":"?"}` + strings.Repeat(" ", 70_000-12)},
		{rawFrame{Kind: "continuation", Text: "x"}, 0, ""},
		{rawFrame{Kind: "truncated", Text: "xxxxxxxx"}, 0, ""},
	} {
		conn, _ := b.dial()
		ids := b.w.hub.ids()
		tt.in.Socket = ids[len(ids)-1]
		b.control("raw", tt.in, nil)
		conn.SetReadDeadline(time.Now().Add(60 * time.Second))
		kind, data, err := conn.ReadMessage()
		if tt.kind == 0 && err == nil || tt.kind != 0 && (err != nil || kind != tt.kind || string(data) != tt.want) {
			t.Errorf("%+v: got %d, %.80q, %v", tt.in, kind, data, err)
		}
		conn.Close()
	}
	if status, _ := b.tryControl("raw", rawFrame{Kind: "moth"}, nil); status != http.StatusBadRequest {
		t.Errorf("unknown kind: got %d, want 400", status)
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

func TestSocketFaultsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, in := range []map[string]any{{"what": "boredom"}, {"what": "refuse", "reason": "boredom"}, {"what": "duplicate", "count": 1 << 40}, {"what": "pad", "count": -1}} {
		if status, _ := b.tryControl("socketfault", in, nil); status != http.StatusBadRequest {
			t.Errorf("%v: got %d, want 400", in, status)
		}
	}
}
