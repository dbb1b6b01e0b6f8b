package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	api "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// A bench is a workspace behind a server, with the real client of an app that uses it.
type bench struct {
	t      testing.TB
	w      *Workspace
	server *httptest.Server
	client *api.Client
}

func newBench(t testing.TB, o Options) *bench {
	t.Helper()
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, w: w, server: httptest.NewServer(w.Handler())}
	b.client = api.New(BotToken, api.OptionAPIURL(b.server.URL+"/api/"), api.OptionAppLevelToken(AppToken))
	t.Cleanup(b.close)
	return b
}

// close may be called more than once.
func (b *bench) close() {
	if b.w == nil {
		return
	}
	if err := b.w.Close(); err != nil {
		b.t.Errorf("close: %v", err)
	}
	b.server.Close()
	b.w = nil
}

// connect runs the real Socket Mode client until the test ends and returns its events once it is greeted.
func (b *bench) connect() (*socketmode.Client, <-chan socketmode.Event) {
	b.t.Helper()
	sm := socketmode.New(b.client, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { sm.RunContext(ctx) })
	b.t.Cleanup(func() { cancel(); wg.Wait() })
	for e := range sm.Events {
		if e.Type == socketmode.EventTypeHello {
			break
		}
	}
	return sm, sm.Events
}

// next waits for the next envelope of the app.
func next(t testing.TB, events <-chan socketmode.Event) socketmode.Event {
	t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Request != nil && e.Request.EnvelopeID != "" || e.Type == socketmode.EventTypeErrorBadMessage {
				return e
			}
		case <-timeout:
			t.Fatal("no envelope came")
		}
	}
}

// inner is the Events API event inside an envelope.
func inner[T any](t testing.TB, e socketmode.Event) *T {
	t.Helper()
	outer, ok := e.Data.(slackevents.EventsAPIEvent)
	if !ok {
		t.Fatalf("got %T, want an Events API event", e.Data)
	}
	got, ok := outer.InnerEvent.Data.(*T)
	if !ok {
		t.Fatalf("got %T, want %T", outer.InnerEvent.Data, got)
	}
	return got
}

// eventID is the event_id of an Events API envelope.
func eventID(t testing.TB, e socketmode.Event) string {
	t.Helper()
	var p struct {
		EventID string `json:"event_id"`
	}
	if err := json.Unmarshal(e.Request.Payload, &p); err != nil {
		t.Fatal(err)
	}
	return p.EventID
}

// control calls the control API and decodes its answer into out.
func (b *bench) control(path string, in, out any) {
	b.t.Helper()
	if status, text := b.tryControl(path, in, out); status != http.StatusOK {
		b.t.Fatalf("POST %s: %d %s", path, status, text)
	}
}

func (b *bench) tryControl(path string, in, out any) (int, string) {
	b.t.Helper()
	var resp *http.Response
	var err error
	if in == nil {
		resp, err = http.Get(b.server.URL + "/control/slack/" + path)
	} else {
		body, _ := json.Marshal(in)
		resp, err = http.Post(b.server.URL+"/control/slack/"+path, "application/json", bytes.NewReader(body))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if out != nil && resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(data, out); err != nil {
			b.t.Fatalf("%s: %v", path, err)
		}
	}
	return resp.StatusCode, string(data)
}

// say posts as ada and returns the timestamp.
func (b *bench) say(channel, text, thread string) string {
	b.t.Helper()
	var out struct{ TS string }
	b.control("say", deed{Channel: channel, Text: text, ThreadTS: thread}, &out)
	return out.TS
}

// messages reads a channel, or a thread of it, through the control API.
func (b *bench) messages(channel, thread string) []message {
	b.t.Helper()
	var out struct{ Messages []message }
	b.control("messages?channel="+channel+"&thread_ts="+thread, nil, &out)
	return out.Messages
}

// logged waits until the log has n calls of a method and returns them.
func (b *bench) logged(method string, n int) []Call {
	b.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(time.Millisecond) {
		calls := b.w.calls.list(method)
		if len(calls) >= n {
			return calls
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("the log has %d calls of %s, want %d", len(calls), method, n)
		}
	}
}

func TestMentionRoundTrip(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	sm, events := b.connect()
	ts := b.say("C0ENG", "@shipmate summarize #123 & <more>, see https://example.com/a?b=1&c=2.", "")

	first, second := next(t, events), next(t, events)
	mention, twin := inner[slackevents.AppMentionEvent](t, first), inner[slackevents.MessageEvent](t, second)
	const want = "<@U0SHIPMATE> summarize #123 &amp; &lt;more&gt;, see <https://example.com/a?b=1&amp;c=2>."
	if mention.Text != want || mention.TimeStamp != ts || mention.User != AdaID || mention.Channel != "C0ENG" {
		t.Errorf("app_mention: got %+v, want text %q at %s", mention, want, ts)
	}
	if twin.TimeStamp != ts || twin.Text != want || twin.ChannelType != "channel" || twin.ClientMsgID == "" {
		t.Errorf("message: got %+v, want the mention's twin", twin)
	}
	if len(twin.Blocks.BlockSet) != 1 || twin.Blocks.BlockSet[0].BlockType() != api.MBTRichText {
		t.Errorf("message blocks: got %+v, want one rich_text block", twin.Blocks)
	}
	if a, c := eventID(t, first), eventID(t, second); a == c || a == "" {
		t.Errorf("event ids: got %q and %q, want two different ones", a, c)
	}
	sm.Ack(*first.Request)
	sm.Ack(*second.Request)

	_, replyTS, err := b.client.PostMessage("C0ENG", api.MsgOptionText("on it", true), api.MsgOptionTS(ts))
	if err != nil {
		t.Fatal(err)
	}
	own := inner[slackevents.MessageEvent](t, next(t, events))
	if own.BotID != BotID || own.User != BotUserID || own.ThreadTimeStamp != ts {
		t.Errorf("own message: got %+v, want one of the app in the thread", own)
	}
	thread := b.messages("C0ENG", ts)
	if len(thread) != 2 || thread[0].ReplyCount != 1 || thread[0].LatestReply != replyTS || thread[0].ThreadTS != ts {
		t.Errorf("thread: got %+v, want the parent with one reply", thread)
	}
	for _, c := range b.logged("envelope.ack", 2) {
		if !c.OK {
			t.Errorf("acknowledgement: got %+v, want ok", c)
		}
	}
}
