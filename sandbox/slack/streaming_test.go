package slack

import (
	"net/url"
	"strings"
	"testing"
)

func TestStreamedMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	parent := b.say("C0ENG", "write something", "")
	call := func(method string, values url.Values) map[string]any {
		t.Helper()
		values.Set("channel", "C0ENG")
		_, got := b.post(method, BotToken, form, values.Encode())
		return got
	}
	start := url.Values{"thread_ts": {parent}, "recipient_user_id": {AdaID}, "recipient_team_id": {TeamID}, "markdown_text": {"*one* "}}
	started := call("chat.startStream", start)
	ts, _ := started["ts"].(string)
	if ts == "" {
		t.Fatalf("chat.startStream: got %v", started)
	}
	if got := call("chat.update", url.Values{"ts": {ts}, "text": {"x"}}); got["error"] != "streaming_state_conflict" {
		t.Errorf("chat.update of a stream: got %v, want streaming_state_conflict", got)
	}
	if got := call("chat.appendStream", url.Values{"ts": {ts}, "chunks": {`[{"type":"markdown_text","text":"two "}]`}}); got["ok"] != true {
		t.Errorf("chat.appendStream: got %v", got)
	}
	got := call("chat.stopStream", url.Values{"ts": {ts}, "markdown_text": {"three"}, "blocks": {`[{"type":"divider"}]`}})
	if got["ok"] != true {
		t.Fatalf("chat.stopStream: got %v", got)
	}
	m := b.messages("C0ENG", parent)[1]
	if m.Text != "*one* two three" || m.StreamingState != streamed || !strings.Contains(string(m.Blocks), `"divider"`) || !strings.Contains(string(m.Blocks), `two three`) {
		t.Errorf("the message: got %+v", m)
	}
	start.Del("recipient_team_id")
	for _, tt := range []struct {
		method string
		values url.Values
		want   string
	}{
		{"chat.startStream", url.Values{"markdown_text": {"x"}}, "invalid_thread_ts"},
		{"chat.startStream", url.Values{"thread_ts": {parent}}, "missing_recipient_user_id"},
		{"chat.startStream", start, "missing_recipient_team_id"},
		{"chat.appendStream", url.Values{"ts": {ts}, "markdown_text": {"x"}}, "message_not_in_streaming_state"},
		{"chat.appendStream", url.Values{"ts": {parent}, "markdown_text": {"x"}}, "message_not_owned_by_app"},
		{"chat.appendStream", url.Values{"ts": {"1.000001"}, "markdown_text": {"x"}}, "message_not_found"},
	} {
		if got := call(tt.method, tt.values); got["error"] != tt.want {
			t.Errorf("%s %v: got %v, want %s", tt.method, tt.values, got, tt.want)
		}
	}
}
