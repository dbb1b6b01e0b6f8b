package slack

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

func TestButtonBecomesClick(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	for _, place := range []bot.Place{{Surface: bot.Slack, Channel: eng}, {Surface: bot.Slack, Channel: dm}} {
		ref, err := b.client.Post(t.Context(), place, "", "k", bot.Reply{Title: "done", Next: []bot.Action{{Label: "Risk", Text: "risk #12"}}})
		if err != nil {
			t.Fatal(err)
		}
		b.control("click", map[string]any{"channel": place.Channel, "ts": ref, "action_id": "shipmate:1"})
		got := b.next()
		want := bot.Place{Surface: bot.Slack, Channel: place.Channel, Message: ref}
		if place.Channel == eng {
			want.Thread = ref
		}
		if got.Kind != bot.Click || got.Text != "risk #12" || got.ReplyTo != want || got.From.ID != sandbox.AdaID {
			t.Errorf("got %+v, want a click on %q at %+v", got, "risk #12", want)
		}
	}
}

func TestSlashCommandIsAnnounced(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	for _, channel := range []string{eng, dm} {
		b.control("slash", map[string]any{"channel": channel, "command": "/shipmate", "text": "summarize #12 <!channel>"})
		got := b.next()
		said := messages(t, b.server, channel, "")
		root := said[len(said)-1]
		if got.Kind != bot.Ask || !strings.HasPrefix(got.Text, "summarize #12") || got.ReplyTo.Message != root.TS {
			t.Errorf("got %+v, want the command under %+v", got, root)
		}
		wantThread := root.TS
		if channel == dm {
			wantThread = ""
		}
		if got.ReplyTo.Thread != wantThread {
			t.Errorf("%s: got thread %q, want %q", channel, got.ReplyTo.Thread, wantThread)
		}
		if !strings.HasPrefix(root.Text, "@ada asked: summarize #12") || strings.Contains(root.Text, "<!") {
			t.Errorf("got announcement %q", root.Text)
		}
	}
}

// A slash command in a conversation that the bot cannot write to is answered by a sentence that only its author sees.
func TestSlashCommandWhereTheBotIsNot(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"not_in_channel": sayNotHere, "internal_error": sayTrouble} {
		b := connect(t, sandbox.Options{})
		control(t, b.server, "fault", map[string]any{"method": "chat.postMessage", "error": code})
		stream, err := http.Get(b.server.URL + "/control/slack/events")
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Body.Close()
		b.control("slash", map[string]any{"channel": eng, "command": "/shipmate", "text": "help"})
		lines := bufio.NewScanner(stream.Body)
		for lines.Scan() && !strings.Contains(lines.Text(), `"ephemeral"`) {
		}
		if !strings.Contains(lines.Text(), want) {
			t.Errorf("%s: got %q, want %q", code, lines.Text(), want)
		}
		if len(b.got) != 0 {
			t.Errorf("%s: the command was taken all the same", code)
		}
	}
}

// A slash command that is not taken leaves no announcement behind.
func TestSlashCommandNotTaken(t *testing.T) {
	t.Parallel()
	b := &bench{t: t, server: newWorkspace(t, sandbox.Options{})}
	b.client, b.log = newClient(t, b.server.URL, Options{})
	b.run(func(context.Context, bot.Request) error { return bot.ErrBusy })
	b.control("slash", map[string]any{"channel": eng, "command": "/shipmate", "text": "help"})
	wait(t, "withdrawal", func() bool { return len(calls(t, b.server, "chat.delete")) == 1 })
	if got := messages(t, b.server, eng, ""); len(got) != 0 {
		t.Errorf("got %+v, want an empty channel", got)
	}
}

// A slash command is acknowledged in time however slow the Web API is, and holds up nobody else.
func TestSlashCommandWhileSlackIsSlow(t *testing.T) {
	t.Parallel()
	for _, slow := range []string{"chat.postMessage", "chat.delete"} {
		acked, enough := make(chan string, 10), make(chan struct{})
		s := newScript(t, func(_ int, conn *websocket.Conn) {
			say(conn, hello,
				`{"envelope_id":"slash","type":"slash_commands","payload":{"channel_id":"C1","user_id":"UADA","trigger_id":"1.2","text":"help"}}`,
				messageFrame("message", "C1", "1700000000.000001", "x"))
			acks(conn, acked)
		})
		mux := s.server.Config.Handler.(*http.ServeMux)
		for _, method := range []string{"chat.postMessage", "chat.delete"} {
			mux.HandleFunc("/api/"+method, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body) // else the end of the connection is not noticed
				if method == slow {
					select {
					case <-r.Context().Done():
					case <-enough:
					}
				}
				io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1700000000.000002"}`)
			})
		}
		// A call that is waited for is waited for longer than the test takes.
		s.start(t, func(t *times) { t.accept, t.retract = 300*time.Millisecond, time.Hour }, func(_ context.Context, r bot.Request) error {
			if strings.Contains(r.ID, "/slash/") {
				return bot.ErrBusy
			}
			return nil
		})
		got := map[string]bool{}
		for late := time.After(time.Minute); len(got) < 2; {
			select {
			case id := <-acked:
				got[id] = true
			case <-late:
				t.Fatalf("%s is slow: acknowledged %v, want both", slow, got)
			}
		}
		close(enough)
	}
}
