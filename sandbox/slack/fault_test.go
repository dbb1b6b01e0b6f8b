package slack

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	api "github.com/slack-go/slack"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	post := func() error {
		_, _, err := b.client.PostMessage("C0ENG", api.MsgOptionText("x", false))
		return err
	}
	posted := func() int { return len(b.messages("C0ENG", "")) }

	b.w.Inject(Fault{Method: "chat.postMessage"})
	if err := post(); err == nil || posted() != 0 {
		t.Errorf("a broken connection: got %v and %d messages, want an error and none", err, posted())
	}
	b.w.Inject(Fault{Method: "chat.postMessage", After: true})
	if err := post(); err == nil || posted() != 1 {
		t.Errorf("a lost answer: got %v and %d messages, want an error and one", err, posted())
	}
	b.control("fault", Fault{Error: "internal_error"}, nil)
	if err := post(); err == nil || err.Error() != "internal_error" {
		t.Errorf("an error: got %v, want internal_error", err)
	}
	b.w.Inject(Fault{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "7"}, Times: 2})
	for range 2 {
		if limited, ok := errors.AsType[*api.RateLimitedError](post()); !ok || limited.RetryAfter.Seconds() != 7 {
			t.Errorf("a rate limit: got %v, want seven seconds", limited)
		}
	}
	b.w.Inject(Fault{Status: http.StatusOK, Headers: map[string]string{"Content-Type": "text/html"}, Body: "<html>proxy</html>"})
	if err := post(); err == nil {
		t.Error("an HTML page: got no error")
	}
	if err := post(); err != nil || posted() != 2 {
		t.Errorf("after the faults: got %v and %d messages, want two", err, posted())
	}
	b.w.Inject(Fault{Times: -1})
	for range 3 {
		if post() == nil {
			t.Error("a lasting fault: got no error")
		}
	}
	b.w.ClearFaults()
	if err := post(); err != nil {
		t.Errorf("cleared: %v", err)
	}
	if calls := b.w.calls.list("chat.postMessage"); calls[0].Error != "fault" || calls[1].Error != "fault" {
		t.Errorf("log: got %+v, want the faults noted", calls[:2])
	}
}

// timed calls f and returns its error and whether it took at least as long as the delay of the faults below.
func timed(f func() error) (error, bool) {
	start := time.Now()
	err := f()
	return err, time.Since(start) >= slowness
}

const slowness = 40 * time.Millisecond

func TestSlowAndTruncatedAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	post := func() error {
		_, _, err := b.client.PostMessage("C0ENG", api.MsgOptionText("x", false))
		return err
	}
	for _, tt := range []struct {
		name       string
		fault      Fault
		ok, posted bool
	}{
		{"slow", Fault{Delay: slowness}, true, true},
		{"slow, then lost", Fault{Delay: slowness, After: true}, false, true},
		{"slow, then an error", Fault{Delay: slowness, Status: 502}, false, false},
		{"truncated", Fault{Truncate: true}, false, true},
		{"half of the JSON", Fault{Status: 200, After: true, Body: `{"ok":tr`}, false, true},
		{"nothing", Fault{Status: 200}, false, false},
		{"no error", Fault{Status: 200, Body: `{"ok":false}`}, true, false}, // which the client takes for success
	} {
		before := len(b.messages("C0ENG", ""))
		b.w.Inject(tt.fault)
		err, late := timed(post)
		posted := len(b.messages("C0ENG", "")) > before
		if (err == nil) != tt.ok || posted != tt.posted || tt.fault.Delay > 0 && !late {
			t.Errorf("%s: got %v, posted %v, late %v", tt.name, err, posted, late)
		}
	}
	b.control("fault", map[string]any{"delay_ms": 40, "skip": 1}, nil)
	for i, want := range []bool{false, true} {
		if err, late := timed(post); err != nil || want && !late {
			t.Errorf("call %d: got %v, late %v", i, err, late)
		}
	}
}

func TestCallerThatDoesNotWait(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.w.Inject(Fault{Method: "chat.postMessage", Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	posted := make(chan error, 1)
	go func() {
		_, _, err := b.client.PostMessageContext(ctx, "C0ENG", api.MsgOptionText("x", false))
		posted <- err
	}()
	for left := 1; left > 0; time.Sleep(time.Millisecond) { // until the call has met the fault
		b.w.faults.mu.Lock()
		left = len(b.w.faults.list)
		b.w.faults.mu.Unlock()
	}
	cancel()
	if err := <-posted; err == nil {
		t.Error("got an answer")
	}
	if c := b.logged("chat.postMessage", 1)[0]; c.OK || len(b.messages("C0ENG", "")) != 0 {
		t.Errorf("got %+v, want nothing posted", c)
	}
}

func TestFaultsAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.w.Inject(Fault{Times: -1})
	b.w.InjectSocket(SocketFault{What: FaultRefuse, Times: -1})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, b.server.URL+"/control/slack/faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %v, %v", resp, err)
	}
	resp.Body.Close()
	if _, frame := b.dial(); frame["type"] != "hello" {
		t.Errorf("got %v, want hello", frame)
	}
}

func TestEphemeralsAreListed(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, word := range []string{"one", "two"} {
		if _, err := b.client.PostEphemeral("C0ENG", AdaID, api.MsgOptionText(word, false)); err != nil {
			t.Fatal(err)
		}
	}
	for user, want := range map[string]int{"": 2, "ada": 2, "ben": 0} {
		var out struct{ Messages []message }
		b.control("ephemerals?channel=C0ENG&user="+user, nil, &out)
		if len(out.Messages) != want || want > 0 && out.Messages[1].Text != "two" {
			t.Errorf("%q: got %+v, want %d", user, out.Messages, want)
		}
	}
}

func TestEditsMentionAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, patient())
	ts := b.say("C0ENG", "help", "")
	conn, _ := b.dial()
	b.read(conn)
	for _, tt := range []struct {
		text      string
		mentioned bool
	}{{"@shipmate help", true}, {"@shipmate risk", true}, {"risk", false}} {
		b.control("edit", deed{Channel: "C0ENG", TS: ts, Text: tt.text}, nil)
		inner := func() map[string]any { return b.read(conn)["payload"].(map[string]any)["event"].(map[string]any) }
		e := inner()
		if tt.mentioned {
			if e["type"] != "app_mention" || e["ts"] != ts || e["edited"].(map[string]any)["user"] != AdaID {
				t.Errorf("%s: got %v, want a mention with edited", tt.text, e)
			}
			e = inner()
		}
		if e["subtype"] != "message_changed" || e["previous_message"].(map[string]any)["ts"] != ts {
			t.Errorf("%s: got %v, want message_changed", tt.text, e)
		}
	}
	b.control("delete", deed{Channel: "C0ENG", TS: ts}, nil)
	e := b.read(conn)["payload"].(map[string]any)["event"].(map[string]any)
	if e["subtype"] != "message_deleted" || e["deleted_ts"] != ts || e["previous_message"].(map[string]any)["text"] != "risk" {
		t.Errorf("got %v, want message_deleted", e)
	}
}
