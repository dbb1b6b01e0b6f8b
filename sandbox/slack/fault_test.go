package slack

import (
	"errors"
	"net/http"
	"testing"

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
