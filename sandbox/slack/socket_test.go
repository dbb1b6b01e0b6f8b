package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// quick is Slack's retry schedule on a faster clock.
func quick() Options {
	return Options{AckTimeout: 30 * time.Millisecond, RetryAfter: []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond}}
}

// link opens a Socket Mode URL.
func (b *bench) link() string {
	b.t.Helper()
	_, url, err := b.client.StartSocketModeContext(b.t.(*testing.T).Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return url
}

// dial opens a plain socket and reads its greeting.
func (b *bench) dial() (*websocket.Conn, map[string]any) {
	b.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(b.link(), http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn, b.read(conn)
}

func (b *bench) read(conn *websocket.Conn) map[string]any {
	b.t.Helper()
	conn.SetReadDeadline(time.Now().Add(60 * time.Second))
	var frame map[string]any
	if err := conn.ReadJSON(&frame); err != nil {
		b.t.Fatal(err)
	}
	return frame
}

func (b *bench) ack(conn *websocket.Conn, frame map[string]any) {
	b.t.Helper()
	if err := conn.WriteJSON(map[string]any{"envelope_id": frame["envelope_id"]}); err != nil {
		b.t.Fatal(err)
	}
}

func TestHelloAndTickets(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	url := b.link()
	if want := "ws" + strings.TrimPrefix(b.server.URL, "http") + "/link/?ticket="; !strings.HasPrefix(url, want) {
		t.Fatalf("url: got %s, want %s…", url, want)
	}
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hello := b.read(conn)
	if hello["type"] != "hello" || hello["num_connections"] != 1.0 || hello["connection_info"].(map[string]any)["app_id"] != AppID {
		t.Errorf("hello: got %v, want one connection of %s", hello, AppID)
	}
	if seconds := hello["debug_info"].(map[string]any)["approximate_connection_time"]; seconds != 18060.0 {
		t.Errorf("approximate_connection_time: got %v, want 18060", seconds)
	}
	if _, resp, err := websocket.DefaultDialer.Dial(url, nil); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a second use of the URL: got %v, want 403", err)
	}
}

func TestPings(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{PingEvery: 5 * time.Millisecond})
	conn, _ := b.dial()
	pinged := make(chan struct{}, 100)
	conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	go conn.ReadMessage()
	for range 2 {
		select {
		case <-pinged:
		case <-time.After(60 * time.Second):
			t.Fatal("no ping came")
		}
	}
}

func TestRoundRobin(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	first, _ := b.dial()
	second, hello := b.dial()
	if hello["num_connections"] != 2.0 {
		t.Errorf("num_connections: got %v, want 2", hello["num_connections"])
	}
	b.say("C0ENG", "one", "")
	b.say("C0ENG", "two", "")
	texts := map[any]bool{}
	for _, conn := range []*websocket.Conn{first, second} {
		frame := b.read(conn)
		b.ack(conn, frame)
		texts[frame["payload"].(map[string]any)["event"].(map[string]any)["text"]] = true
	}
	if !texts["one"] || !texts["two"] {
		t.Errorf("got %v, want one event on each socket", texts)
	}
}

func TestEleventhSocketIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for range maxSockets {
		b.dial()
	}
	conn, frame := b.dial()
	if frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
		t.Errorf("got %v, want disconnect too_many_websockets", frame)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("then: got %v, want a close frame", err)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	b := newBench(t, quick())
	conn, _ := b.dial()
	b.say("C0ENG", "hello", "")
	ids := map[any]bool{}
	for attempt := range 4 {
		frame := b.read(conn)
		reason := "timeout"
		if attempt == 0 {
			reason = ""
		}
		if frame["retry_attempt"] != float64(attempt) || frame["retry_reason"] != reason {
			t.Errorf("delivery %d: got retry_attempt %v, retry_reason %q", attempt, frame["retry_attempt"], frame["retry_reason"])
		}
		ids[frame["payload"].(map[string]any)["event_id"]] = true
	}
	if len(ids) != 1 {
		t.Errorf("event ids: got %v, want the same one each time", ids)
	}
	b.logged("envelope.lost", 1)
	if n := len(b.w.calls.list("envelope.send")); n != 4 {
		t.Errorf("deliveries: got %d, want 4", n)
	}
}

func TestLateAcknowledgementEndsRetries(t *testing.T) {
	t.Parallel()
	o := quick()
	o.RetryAfter = []time.Duration{0, time.Hour}
	b := newBench(t, o)
	conn, _ := b.dial()
	b.say("C0ENG", "hello", "")
	first := b.read(conn)
	b.read(conn)
	b.ack(conn, first) // the first delivery's id, after the second delivery
	if c := b.logged("envelope.ack", 1)[0]; !c.OK {
		t.Errorf("got %+v, want it accepted", c)
	}
	b.w.hub.mu.Lock()
	defer b.w.hub.mu.Unlock()
	if len(b.w.hub.inFlight) != 0 {
		t.Errorf("in flight: got %d, want none", len(b.w.hub.inFlight))
	}
}

func TestBadAcknowledgementsAreDropped(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		size   int
		buffer int // a message longer than the writer's buffer goes out in several frames
		ok     bool
	}{
		"largest":    {maxAckBytes - 1, 32 << 10, true},
		"too large":  {maxAckBytes, 32 << 10, false},
		"fragmented": {200, 100, false},
		"small":      {200, 1000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patience := 300 * time.Millisecond
			if tt.ok {
				patience = time.Minute // however slow the machine is, the acknowledgement is in time
			}
			b := newBench(t, Options{AckTimeout: patience, RetryAfter: []time.Duration{0}})
			dialer := websocket.Dialer{WriteBufferSize: tt.buffer}
			conn, _, err := dialer.Dial(b.link(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			b.read(conn) // hello
			b.say("C0ENG", "hello", "")
			frame := fmt.Sprintf(`{"envelope_id":%q}`, b.read(conn)["envelope_id"])
			frame += strings.Repeat(" ", tt.size-len(frame))
			if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
				t.Fatal(err)
			}
			if c := b.logged("envelope.ack", 1)[0]; c.OK != tt.ok {
				t.Errorf("got %+v, want ok %v", c, tt.ok)
			}
			if !tt.ok {
				if again := b.read(conn); again["retry_attempt"] != 1.0 {
					t.Errorf("got %v, want a retry", again)
				}
			}
		})
	}
}

func TestFragmentsAreSeen(t *testing.T) {
	t.Parallel()
	var f frameWatcher
	frame := func(first byte, payload int) []byte {
		b := []byte{first, 0x80 | 126, byte(payload >> 8), byte(payload), 1, 2, 3, 4}
		return append(b, make([]byte, payload)...)
	}
	var stream []byte
	stream = append(stream, frame(0x81, 300)...) // a whole message
	stream = append(stream, frame(0x01, 5)...)   // the beginning of one
	stream = append(stream, 0x89, 0x80, 1, 2, 3, 4)
	stream = append(stream, frame(0x80, 5)...) // its end, after a ping
	stream = append(stream, frame(0x81, 0)...)
	for _, c := range stream { // byte by byte
		f.follow([]byte{c})
	}
	for i, want := range []bool{false, true, false} {
		if got := f.pop(); got != want {
			t.Errorf("message %d: got fragmented %v, want %v", i, got, want)
		}
	}
}

func TestEventsWaitForASocket(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.say("C0ENG", "anybody there?", "")
	conn, _ := b.dial()
	frame := b.read(conn)
	if frame["retry_attempt"] != 1.0 || frame["retry_reason"] != "timeout" {
		t.Errorf("got %v, want it to come as the first retry", frame)
	}
}

func TestWaitingEventsAreGivenUp(t *testing.T) {
	t.Parallel()
	o := quick()
	o.RetryAfter = []time.Duration{0}
	b := newBench(t, o)
	b.say("C0ENG", "anybody there?", "")
	if c := b.logged("envelope.lost", 1)[0]; c.Error != "no socket was open" {
		t.Errorf("got %+v, want it given up", c)
	}
}

func TestLateAcknowledgementOfAWaitingEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{AckTimeout: 20 * time.Millisecond, RetryAfter: slices.Repeat([]time.Duration{0}, 10_000)})
	old, _ := b.dial()
	b.say("C0ENG", "one", "")
	frame := b.read(old)
	b.w.hub.mu.Lock()
	b.w.hub.sockets = nil // as after a disconnect whose close frame the app has not answered yet
	b.w.hub.mu.Unlock()
	b.logged("envelope.wait", 1)
	b.ack(old, frame)
	if c := b.logged("envelope.ack", 1)[0]; !c.OK {
		t.Fatalf("got %+v, want it accepted", c)
	}
	fresh, _ := b.dial()
	b.say("C0ENG", "two", "")
	if text := b.read(fresh)["payload"].(map[string]any)["event"].(map[string]any)["text"]; text != "two" {
		t.Errorf("got %v, want only what was not acknowledged", text)
	}
}

func TestDisconnectReasons(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	conn, _ := b.dial()
	var out struct{ Sockets int }
	b.control("disconnect", map[string]string{"reason": "link_disabled"}, &out)
	if out.Sockets != 1 {
		t.Errorf("sockets told: got %d, want 1", out.Sockets)
	}
	if frame := b.read(conn); frame["type"] != "disconnect" || frame["reason"] != "link_disabled" {
		t.Errorf("got %v, want disconnect link_disabled", frame)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("then: got %v, want a close frame", err)
	}
	if _, frame := b.dial(); frame["reason"] != "link_disabled" {
		t.Errorf("while disabled: got %v, want link_disabled", frame)
	}
	b.control("disconnect", map[string]string{"reason": "enable"}, nil)
	if _, frame := b.dial(); frame["type"] != "hello" {
		t.Errorf("enabled again: got %v, want hello", frame)
	}
	if status, text := b.tryControl("disconnect", map[string]string{"reason": "boredom"}, nil); status != http.StatusBadRequest {
		t.Errorf("unknown reason: got %d %s, want 400", status, text)
	}
}

func TestRealClientReconnects(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	sm, events := b.connect()
	b.control("disconnect", map[string]string{"reason": "refresh_requested"}, nil)
	b.logged("socket.open", 2)
	b.say("D0ADA", "still there?", "")
	e := next(t, events)
	if m := inner[slackevents.MessageEvent](t, e); m.ChannelType != "im" || m.Text != "still there?" {
		t.Errorf("got %+v, want the direct message", m)
	}
	sm.Ack(*e.Request)
}

func TestPoisonIsRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t, quick())
	_, events := b.connect()
	b.control("event", map[string]any{"event": map[string]any{"type": "app_mention", "ts": 12.5}}, nil)
	for range 4 { // the client cannot parse it and so never acknowledges it
		e := next(t, events)
		if e.Type != socketmode.EventTypeErrorBadMessage {
			t.Fatalf("got %s, want an unparsable message", e.Type)
		}
	}
	b.control("raw", map[string]string{"text": `{"type":"surprise","envelope_id":"e1"}`}, nil)
	bad := next(t, events).Data.(*socketmode.ErrorBadMessage)
	if !json.Valid(bad.Message) || !strings.Contains(string(bad.Message), "surprise") {
		t.Errorf("got %s, want the raw frame", bad.Message)
	}
}
