package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"shipmate/sandbox"
)

// A testBot plays the bot's part: one socket on which everything is acknowledged, and bare calls of the two APIs.
type testBot struct {
	t      *testing.T
	access sandbox.Access
	heard  chan heard
}

// heard is what an envelope was about.
type heard struct {
	Type    string
	Payload struct {
		Event struct {
			Type, Text, User, Channel, TS string
			ThreadTS                      string `json:"thread_ts"`
		}
		Type    string
		User    struct{ ID string }
		Actions []struct {
			ActionID string `json:"action_id"`
			BlockID  string `json:"block_id"`
			Value    string
		}
		TriggerID string `json:"trigger_id"`
		View      struct {
			State struct {
				Values map[string]map[string]struct{ Value string }
			}
		}
	}
}

// connect opens the bot's socket for the time of the test.
func connect(t *testing.T, s *sandbox.Server) *testBot {
	t.Helper()
	b := &testBot{t: t, access: s.Access(), heard: make(chan heard, 100)}
	var opened struct{ URL string }
	b.call("apps.connections.open", b.access.SlackAppToken, nil, &opened)
	socket, _, err := websocket.DefaultDialer.DialContext(t.Context(), opened.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go b.listen(socket) // ends when the socket is closed
	return b
}

func (b *testBot) listen(socket *websocket.Conn) {
	for {
		_, frame, err := socket.ReadMessage()
		if err != nil {
			return
		}
		var id struct {
			EnvelopeID string `json:"envelope_id"`
		}
		var e heard
		if json.Unmarshal(frame, &id) != nil || id.EnvelopeID == "" || json.Unmarshal(frame, &e) != nil {
			continue
		}
		if socket.WriteJSON(map[string]any{"envelope_id": id.EnvelopeID}) != nil {
			return
		}
		b.heard <- e
	}
}

// wait returns the next envelope that fits.
func (b *testBot) wait(what string, fits func(heard) bool) heard {
	b.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		select {
		case e := <-b.heard:
			if fits(e) {
				return e
			}
		case <-deadline:
			b.t.Fatalf("the bot never heard %s", what)
		}
	}
}

// call uses a method of Slack's Web API; out may be nil.
func (b *testBot) call(method, token string, args url.Values, out any) {
	b.t.Helper()
	_, body := do(b.t, "POST", b.access.SlackAPIURL+method, args.Encode(), http.Header{
		"Authorization": {"Bearer " + token}, "Content-Type": {"application/x-www-form-urlencoded"},
	})
	if !strings.Contains(body, `"ok":true`) {
		b.t.Fatalf("%s: %s", method, body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(body), out); err != nil {
			b.t.Fatalf("%s: %v in %s", method, err, body)
		}
	}
}

// post writes a message with blocks, in a thread unless threadTS is empty.
func (b *testBot) post(channel, threadTS, text string, blocks []any) {
	b.t.Helper()
	args := url.Values{"channel": {channel}, "text": {text}}
	if threadTS != "" {
		args.Set("thread_ts", threadTS)
	}
	if blocks != nil {
		raw, err := json.Marshal(blocks)
		if err != nil {
			b.t.Fatal(err)
		}
		args.Set("blocks", string(raw))
	}
	b.call("chat.postMessage", b.access.SlackBotToken, args, nil)
}

// comment writes a comment on a pull request through GitHub's REST API.
func (b *testBot) comment(number, body string) {
	b.t.Helper()
	text, err := json.Marshal(map[string]string{"body": body})
	if err != nil {
		b.t.Fatal(err)
	}
	res, got := do(b.t, "POST", b.access.GitHubBaseURL+"repos/"+b.access.Repo+"/issues/"+number+"/comments", string(text),
		http.Header{"Authorization": {"Bearer " + b.access.GitHubToken}})
	if res.StatusCode != http.StatusCreated {
		b.t.Fatalf("comment: %s %s", res.Status, got)
	}
}
