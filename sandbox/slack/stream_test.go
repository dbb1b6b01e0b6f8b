package slack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	api "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// A follower reads the event stream.
type follower struct {
	t      testing.TB
	events chan streamEvent
}

func (b *bench) follow() follower {
	b.t.Helper()
	resp, err := http.Get(b.server.URL + "/control/slack/events")
	if err != nil {
		b.t.Fatal(err)
	}
	f := follower{b.t, make(chan streamEvent, 100)}
	b.t.Cleanup(func() { resp.Body.Close() })
	go func() {
		defer close(f.events)
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e streamEvent
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &e) == nil {
				f.events <- e
			}
		}
	}()
	f.wait("sockets") // it has begun
	return f
}

// wait returns the next event of a type.
func (f follower) wait(kind string) streamEvent {
	f.t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		select {
		case e, ok := <-f.events:
			if !ok {
				f.t.Fatalf("the stream ended before %s", kind)
			}
			if e.Type == kind {
				return e
			}
		case <-timeout:
			f.t.Fatalf("no %s came", kind)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	stream := b.follow()
	b.connect()
	if e := stream.wait("sockets"); *e.Connected != 1 {
		t.Errorf("sockets: got %d, want 1", *e.Connected)
	}
	ts := b.say("C0ENG", "hello", "")
	if e := stream.wait("message"); e.Message.TS != ts || e.Channel != "C0ENG" {
		t.Errorf("message: got %+v", e)
	}
	if err := b.client.SetAssistantThreadsStatus(api.AssistantThreadsSetStatusParameters{ChannelID: "C0ENG", ThreadTS: ts, Status: "is reading"}); err != nil {
		t.Fatal(err)
	}
	if e := stream.wait("status"); *e.Status != "is reading" || e.ThreadTS != ts {
		t.Errorf("status: got %+v", e)
	}
	if _, _, err := b.client.PostMessage("C0ENG", api.MsgOptionText("done", false), api.MsgOptionTS(ts)); err != nil {
		t.Fatal(err)
	}
	if e := stream.wait("message_changed"); e.Message.TS != ts || e.Message.ReplyCount != 1 {
		t.Errorf("the parent: got %+v, want its reply count", e)
	}
	if e := stream.wait("status"); *e.Status != "" {
		t.Errorf("status after the answer: got %q, want it cleared", *e.Status)
	}
	b.control("react", deed{Channel: "C0ENG", TS: ts, Name: "eyes"}, nil)
	if e := stream.wait("reaction"); e.Name != "eyes" || e.User != AdaID || e.Removed {
		t.Errorf("reaction: got %+v", e)
	}
	if _, err := b.client.PostEphemeral("C0ENG", AdaID, api.MsgOptionText("psst", false)); err != nil {
		t.Fatal(err)
	}
	if e := stream.wait("ephemeral"); e.Message.Text != "psst" || e.User != AdaID {
		t.Errorf("ephemeral: got %+v", e)
	}
	b.control("delete", deed{Channel: "C0ENG", TS: b.messages("C0ENG", ts)[1].TS, User: BotUserID}, nil)
	if e := stream.wait("message_deleted"); e.Message.Text != "done" {
		t.Errorf("message_deleted: got %+v", e)
	}
}

func TestPeopleChangeThings(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{NoLimits: true})
	sm, events := b.connect()
	ts := b.say("D0ADA", "helo", "")
	sm.Ack(*next(t, events).Request)
	b.control("edit", deed{Channel: "D0ADA", TS: ts, Text: "hello"}, nil)
	e := next(t, events)
	sm.Ack(*e.Request)
	changed := inner[slackevents.MessageEvent](t, e)
	if changed.SubType != "message_changed" || changed.Message.Text != "hello" || changed.PreviousMessage.Text != "helo" || changed.Message.Edited.User != AdaID {
		t.Errorf("edit: got %+v", changed)
	}
	b.control("react", deed{Channel: "D0ADA", TS: ts, Name: "wave"}, nil)
	e = next(t, events)
	sm.Ack(*e.Request)
	if r := inner[slackevents.ReactionAddedEvent](t, e); r.Reaction != "wave" || r.Item.Timestamp != ts || r.ItemUser != AdaID {
		t.Errorf("reaction: got %+v", r)
	}
	b.control("react", deed{Channel: "D0ADA", TS: ts, Name: "wave", Remove: true}, nil)
	e = next(t, events)
	sm.Ack(*e.Request)
	inner[slackevents.ReactionRemovedEvent](t, e)
	b.control("delete", deed{Channel: "D0ADA", TS: ts}, nil)
	e = next(t, events)
	sm.Ack(*e.Request)
	if d := inner[slackevents.MessageEvent](t, e); d.SubType != "message_deleted" || d.DeletedTimeStamp != ts {
		t.Errorf("delete: got %+v", d)
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"@shipmate help":             "<@U0SHIPMATE> help",
		"hey @ben, @chloe.":          "hey <@U0BEN>, <@U0CHLOE>.",
		"mail me@ben.example":        "mail me@ben.example",
		"@nobody @shipmates":         "@nobody @shipmates",
		"<@U0BEN> <@U0NONE>":         "<@U0BEN> &lt;@U0NONE&gt;",
		"see #eng and #123":          "see <#C0ENG|eng> and #123",
		"@oncall @here":              "<!subteam^S0ONCALL> <!here>",
		"(https://example.com/a?b).": "(<https://example.com/a?b>).",
		"a < b && c > d":             "a &lt; b &amp;&amp; c &gt; d",
	} {
		if got, _ := w.compose(typed); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestControlLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	url := b.clickForURL(b.card())
	b.link()
	if _, err := b.client.OpenView("1.2.3", modal("x")); err == nil {
		t.Error("an invented trigger: got no error")
	}
	resp, err := http.Get(b.server.URL + "/control/slack/log")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{BotToken, AppToken, url[strings.LastIndex(url, "/")+1:], "ticket=", "1.2.3", "secret sauce"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(string(text), `"method":"views.open"`) {
		t.Errorf("got %s, want the calls in it", text)
	}
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	l := newCallLog(3)
	for i := range 5 {
		l.add(Call{Method: fmt.Sprint(i)})
	}
	var got []string
	for _, c := range l.list("") {
		got = append(got, c.Method)
	}
	if want := "[2 3 4]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
