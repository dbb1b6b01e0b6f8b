package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// Whatever Slack answers, the Client does not hammer it.
func TestNoHotLoop(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(int, *websocket.Conn){
		"too_many_websockets without hello": func(_ int, conn *websocket.Conn) { say(conn, `{"type":"disconnect","reason":"too_many_websockets"}`) },
		"refresh after refresh": func(_ int, conn *websocket.Conn) {
			say(conn, hello, `{"type":"disconnect","reason":"refresh_requested"}`)
		},
		"closed after hello":     func(_ int, conn *websocket.Conn) { say(conn, hello) },
		"closed at once":         func(int, *websocket.Conn) {},
		"garbage":                func(_ int, conn *websocket.Conn) { conn.NetConn().Write([]byte("\xff\xff\xff\xff")) },
		"a frame over the limit": func(_ int, conn *websocket.Conn) { say(conn, hello, strings.Repeat("x", maxFrame+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, serve)
			began := time.Now()
			_, _, stop := s.start(t, func(t *times) { t.backoff, t.maxWait = 40*time.Millisecond, 10*time.Second }, nil)
			wait(t, "reconnects", func() bool { return s.opens.Load() >= 4 })
			// One reconnect may be at once, the next ones wait 40 and 80 ms, a fifth less at the least.
			if took := time.Since(began); took < 90*time.Millisecond {
				t.Errorf("four sockets in %v", took)
			}
			if err := stop(); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	c := &Client{times: defaultTimes(), meter: bot.NoMeter{}}
	for failures, want := range map[int]time.Duration{0: 0, 1: 500 * time.Millisecond, 2: time.Second, 5: 8 * time.Second, 7: 30 * time.Second, 1000: 30 * time.Second} {
		for range 20 {
			if got := c.delay(failures, nil); got > want || got < want*8/10-1 {
				t.Errorf("after %d failures: got %v, want about %v", failures, got, want)
			}
		}
	}
	if got := c.delay(1, &Error{RetryAfter: time.Minute}); got != time.Minute {
		t.Errorf("got %v, want what Slack asked for", got)
	}
}

// When the bot leaves, what was received is accepted and acknowledged, the socket gets its CLOSE frame, and no goroutine stays.
func TestLeaving(t *testing.T) {
	before := runtime.NumGoroutine()
	acked := make(chan string, 10)
	ending := make(chan error, 1)
	s := newScript(t, func(_ int, conn *websocket.Conn) {
		say(conn, hello, messageFrame("e1", "C1", "1700000000.000001", "x"))
		ending <- acks(conn, acked)
	})
	accepting, finish := make(chan struct{}), make(chan struct{})
	c, _, stop := s.start(t, nil, func(ctx context.Context, _ bot.Request) error {
		close(accepting)
		<-finish
		return ctx.Err()
	})
	<-accepting
	left := make(chan error, 1)
	go func() { left <- stop() }()
	select {
	case <-left:
		t.Fatal("Run ended while a request was being accepted")
	case <-time.After(20 * time.Millisecond):
	}
	close(finish)
	if err := <-left; err != nil {
		t.Errorf("Run: %v", err)
	}
	if id := <-acked; id != "e1" {
		t.Errorf("got acknowledgement of %q, want e1", id)
	}
	if err := <-ending; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the server saw %v, want a normal CLOSE frame", err)
	}
	c.Close()
	s.server.Close()
	wait(t, "end of every goroutine", func() bool {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		return runtime.NumGoroutine() <= before
	})
}

// Slack refusing the app token, or any call of it at the start, ends Run; a server that is down does not.
func TestRunEndsOnlyForGood(t *testing.T) {
	t.Parallel()
	for method, code := range map[string]string{"auth.test": "account_inactive", "apps.connections.open": "not_allowed_token_type"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, method) {
				fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
				return
			}
			io.WriteString(w, `{"ok":true,"team_id":"T1","user_id":"UBOT"}`)
		}))
		t.Cleanup(server.Close)
		c, _ := newClient(t, server.URL, Options{})
		err := c.Run(t.Context(), nil)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != code || e.Class != Fatal {
			t.Errorf("%s: got %v, want a fatal %s", method, err, code)
		}
	}
	var tries atomic.Int32
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(down.Close)
	c, _ := newClient(t, down.URL, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, nil) }()
	wait(t, "tries", func() bool { return tries.Load() >= 3 })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// No token, and no ticket of a socket, appears in an error or in the log, wherever the fault is.
func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	secrets := []string{sandbox.AppToken, sandbox.BotToken, "verysecret"}
	var out bytes.Buffer
	note := func(err error) {
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
		}
	}
	place := bot.Place{Surface: bot.Slack, Channel: "C1", Thread: "1.000001"}
	everything := func(c *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := c.open(ctx)
		note(err)
		_, err = c.Check(ctx)
		note(err)
		_, err = c.Post(ctx, place, "", "k", bot.Reply{Title: "x"})
		note(err)
		_, _, err = c.Find(ctx, place, "k")
		note(err)
		_, err = c.Role(ctx, bot.Request{From: bot.Actor{Surface: bot.Slack, ID: "UADA"}})
		note(err)
		c.Working(ctx, place)
		c.pending.Wait()
	}
	for _, answer := range []http.HandlerFunc{
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, r *http.Request) { // echoes everything it was sent
			r.ParseForm()
			fmt.Fprintf(w, `{"ok":false,"error":%q}`, "bad token "+r.Form.Get("token")+r.Header.Get("Authorization"))
		},
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/?token="+sandbox.BotToken, http.StatusTemporaryRedirect)
		},
		func(w http.ResponseWriter, r *http.Request) { // a socket nobody serves
			fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link/?ticket=verysecret"}`, r.Host)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"ok":true,"url":"ws://127.0.0.1:1/link/?ticket=verysecret"}`)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"ok":true,"url":"ws://%zz/?ticket=verysecret"}`)
		},
	} {
		server := httptest.NewServer(answer)
		c, log := newClient(t, server.URL, Options{})
		everything(c)
		server.Close()
		everything(c)
		out.WriteString(log.String())
	}
	for _, s := range secrets {
		if i := strings.Index(out.String(), s); i >= 0 {
			t.Errorf("a secret leaks: %q", out.String()[max(0, i-200):i+len(s)])
		}
	}
	if !strings.Contains(out.String(), "apps.connections.open") {
		t.Errorf("the test saw no errors:\n%s", out.String())
	}
}
