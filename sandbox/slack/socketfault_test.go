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
	var order []string
	for range 5 {
		order = append(order, text(b.read(conn)))
	}
	if got := strings.Join(order, ""); got != "acdbe" {
		t.Errorf("got %s, want acdbe", got)
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

func TestSocketFaultsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, in := range []map[string]any{{"what": "boredom"}, {"what": "refuse", "reason": "boredom"}, {"what": "duplicate", "count": 1 << 40}, {"what": "pad", "count": -1}} {
		if status, _ := b.tryControl("socketfault", in, nil); status != http.StatusBadRequest {
			t.Errorf("%v: got %d, want 400", in, status)
		}
	}
}
