package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"shipmate/bot"
)

const hello = `{"type":"hello","num_connections":1,"debug_info":{"host":"h"},"connection_info":{"app_id":"AAPP"}}`

// A script is a Slack of which the test writes every frame.
type script struct {
	opens  atomic.Int32
	server *httptest.Server
}

// newScript serves auth.test, apps.connections.open and sockets, each of which serve plays; n counts them from 1.
func newScript(t *testing.T, serve func(n int, conn *websocket.Conn)) *script {
	t.Helper()
	s := &script{}
	handler, wait := s.handler(serve)
	s.server = httptest.NewServer(handler)
	t.Cleanup(func() { s.server.Close(); wait() })
	return s
}

// handler is the script's HTTP side; wait waits until its sockets have ended.
func (s *script) handler(serve func(n int, conn *websocket.Conn)) (h http.Handler, wait func()) {
	var serving sync.WaitGroup
	mux := http.NewServeMux()
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"ok":true,"team_id":"T1","user_id":"UBOT","bot_id":"BBOT"}`)
	})
	mux.HandleFunc("/api/apps.connections.open", func(w http.ResponseWriter, r *http.Request) {
		n := s.opens.Add(1)
		fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link/?ticket=verysecret-%d"}`, r.Host, n)
	})
	mux.HandleFunc("/link/", func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		var n int
		fmt.Sscanf(r.URL.Query().Get("ticket"), "verysecret-%d", &n)
		serve(n, conn)
	})
	return mux, serving.Wait
}

func say(conn *websocket.Conn, frames ...string) {
	for _, f := range frames {
		conn.WriteMessage(websocket.TextMessage, []byte(f))
	}
}

// acks reads until the connection ends and passes on the envelope IDs; it returns what ended it.
func acks(conn *websocket.Conn, to chan<- string) error {
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		var ack struct {
			EnvelopeID string `json:"envelope_id"`
		}
		if json.Unmarshal(data, &ack) == nil && to != nil {
			to <- ack.EnvelopeID
		}
	}
}

// start runs a Client against the script until stop.
func (s *script) start(t *testing.T, change func(*times), accept func(context.Context, bot.Request) error) (c *Client, log *logBuffer, stop func() error) {
	t.Helper()
	c, log = newClient(t, s.server.URL, Options{})
	if change != nil {
		change(&c.times)
	}
	if accept == nil {
		accept = func(context.Context, bot.Request) error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, accept) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(60 * time.Second):
			return errors.New("Run did not end in time")
		}
	})
	t.Cleanup(func() { stop() })
	return c, log, stop
}

func messageFrame(envelope, channel, ts, text string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":"events_api","payload":{"type":"event_callback","event":{"type":"message","user":"UADA","channel":%q,"channel_type":"channel","ts":%q,"text":%q}}}`,
		envelope, channel, ts, text)
}

// A server that shows no sign of life is left.
func TestSilentSocketIsLeft(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := newScript(t, func(_ int, conn *websocket.Conn) {
		say(conn, hello)
		<-release // neither reads nor writes, so our pings stay unanswered
	})
	c, _, stop := s.start(t, func(t *times) { t.silence = 100 * time.Millisecond }, nil)
	wait(t, "second socket", func() bool { return s.opens.Load() >= 2 })
	close(release)
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if c.Stats().Reconnects == 0 {
		t.Error("the reconnect was not counted")
	}
}

// Our pings keep a quiet connection: the server's pongs are signs of life.
func TestQuietSocketStays(t *testing.T) {
	t.Parallel()
	const silence = 2 * time.Second
	var pings atomic.Int32
	var stalled atomic.Bool // the machine was too slow to tell
	s := newScript(t, func(_ int, conn *websocket.Conn) {
		last := time.Now()
		conn.SetPingHandler(func(data string) error {
			pings.Add(1)
			if time.Since(last) > silence/2 {
				stalled.Store(true)
			}
			last = time.Now()
			return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		})
		say(conn, hello)
		acks(conn, nil)
	})
	s.start(t, func(t *times) { t.ping, t.silence = 20*time.Millisecond, silence }, nil)
	wait(t, "pings for twice the silence", func() bool { return pings.Load() >= 200 })
	if n := s.opens.Load(); n != 1 && !stalled.Load() {
		t.Errorf("got %d sockets, want the first one to stay", n)
	}
}

// A warning leaves the old socket working until the server ends it: nothing is lost in between.
func TestSocketsOverlap(t *testing.T) {
	t.Parallel()
	acked := make(chan string, 10)
	second := make(chan struct{})
	s := newScript(t, func(n int, conn *websocket.Conn) {
		say(conn, hello)
		if n == 1 {
			say(conn, `{"type":"disconnect","reason":"warning"}`)
			<-second
			say(conn, messageFrame("on-the-old-one", "C1", "1700000000.000001", "x"))
		} else {
			close(second)
		}
		acks(conn, acked)
	})
	s.start(t, nil, nil)
	select {
	case id := <-acked:
		if id != "on-the-old-one" {
			t.Errorf("got acknowledgement of %q", id)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the old socket was given up while it still delivered")
	}
}

// A socket that was told to go and is not ended by Slack is closed with a CLOSE frame: without it Slack would go on counting it.
func TestOldSocketSaysGoodbye(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := newScript(t, func(n int, conn *websocket.Conn) {
		say(conn, hello)
		if n > 1 {
			acks(conn, nil)
			return
		}
		say(conn, `{"type":"disconnect","reason":"warning"}`)
		ended <- acks(conn, nil)
	})
	s.start(t, func(t *times) { t.handover = 50 * time.Millisecond }, nil)
	select {
	case err := <-ended:
		if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("the old socket ended with %v, want a CLOSE frame", err)
		}
	case <-time.After(60 * time.Second):
		t.Error("the old socket was never closed")
	}
}

// The requests of a conversation are accepted in order; a request that is not accepted in time is not acknowledged.
func TestOrderAndDeadline(t *testing.T) {
	t.Parallel()
	const n = 100
	acked := make(chan string, 3*n)
	s := newScript(t, func(_ int, conn *websocket.Conn) {
		say(conn, hello, messageFrame("late", "C9", "1700000000.000001", "late"))
		for i := range n {
			for _, ch := range []string{"C1", "C2"} {
				// One thread in each channel.
				f := messageFrame(fmt.Sprintf("%s-%03d", ch, i), ch, fmt.Sprintf("1700000001.%06d", i), fmt.Sprint(i))
				say(conn, strings.Replace(f, `"user"`, `"thread_ts":"1700000000.000000","user"`, 1))
			}
		}
		acks(conn, acked)
	})
	var mu sync.Mutex
	got := map[string][]string{}
	c, _, _ := s.start(t, func(t *times) { t.accept = 500 * time.Millisecond }, func(ctx context.Context, r bot.Request) error {
		if r.Text == "late" {
			<-ctx.Done()
			return ctx.Err()
		}
		mu.Lock()
		defer mu.Unlock()
		got[r.ReplyTo.Channel] = append(got[r.ReplyTo.Channel], r.Text)
		return nil
	})
	wait(t, "requests", func() bool { st := c.Stats(); return st.Accepted+st.Refused == 2*n+1 })
	for range c.Stats().Accepted {
		if id := <-acked; id == "late" {
			t.Error("a request that was not accepted was acknowledged")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for ch, texts := range got {
		for i, text := range texts[1:] {
			var a, b int
			fmt.Sscan(texts[i], &a)
			fmt.Sscan(text, &b)
			if a >= b {
				t.Fatalf("%s: %q came before %q", ch, texts[i], text)
			}
		}
	}
	if c.Stats().Refused == 0 {
		t.Error("the late request was not counted as refused")
	}
}

// After the end of the intake an envelope is neither taken nor acknowledged: it comes again when the bot is back.
func TestNothingIsTakenAfterTheEnd(t *testing.T) {
	t.Parallel()
	in := newTestIntake()
	in = in.c.newIntake(t.Context(), in.who, func(context.Context, bot.Request) error {
		t.Error("a request was accepted")
		return nil
	})
	in.drain()
	in.envelope(nil, []byte(messageFrame("e1", "C1", "1700000000.000001", "x"))) // acknowledging needs a socket: it would panic
	in.envelope(nil, []byte(`{"envelope_id":"e2","type":"slash_commands","payload":{"channel_id":"C1","user_id":"UADA","trigger_id":"1.2"}}`))
	in.work.Wait()
}
