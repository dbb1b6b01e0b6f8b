package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

const (
	eng = "C0ENG"
	dm  = "D0ADA"
)

func TestMentionIsAnsweredInItsThread(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	ts := b.control("say", map[string]any{"channel": eng, "text": "@shipmate summarize #12"})["ts"].(string)
	first, second := b.next(), b.next()
	if first.ID != second.ID || first.Kind != bot.Ask || second.Kind != bot.Ask || first.Text != second.Text {
		t.Errorf("mention and its message differ: %+v and %+v", first, second)
	}
	want := bot.Place{Surface: bot.Slack, Channel: eng, Thread: ts, Message: ts}
	if first.ReplyTo != want || first.Text != "summarize #12" || first.From.ID != sandbox.AdaID {
		t.Errorf("got %+v, want %q by %s at %+v", first, "summarize #12", sandbox.AdaID, want)
	}
	ref, err := b.client.Post(t.Context(), first.ReplyTo, "", "key-1", bot.Reply{Title: "Fixes the <flux> & more", Blocks: bot.Blocks{bot.P(bot.Text("two files"))}})
	if err != nil {
		t.Fatal(err)
	}
	thread := messages(t, b.server, eng, ts)
	if len(thread) != 2 || thread[1].TS != ref || thread[1].Text != "Fixes the &lt;flux&gt; &amp; more" {
		t.Fatalf("got thread %+v, want the escaped answer %s", thread, ref)
	}
	if found, ok, err := b.client.Find(t.Context(), first.ReplyTo, "key-1"); err != nil || !ok || found != ref {
		t.Errorf("Find: got %q, %v, %v, want %q", found, ok, err, ref)
	}
	if found, ok, err := b.client.Find(t.Context(), first.ReplyTo, "key-2"); err != nil || ok || found != "" {
		t.Errorf("Find of another key: got %q, %v, %v", found, ok, err)
	}
	wait(t, "acknowledgements", func() bool { return len(calls(t, b.server, "envelope.ack")) >= 3 })
	if err := b.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	wait(t, "end of the socket", func() bool { return len(calls(t, b.server, "socket.close")) == 1 })
	if closed := calls(t, b.server, "socket.close"); !strings.Contains(closed[0].Error, "1000") {
		t.Errorf("got socket end %+v, want close code 1000", closed[0])
	}
}

func TestEditsReuseMessages(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true})
	c, _ := newClient(t, server.URL, Options{})
	to := bot.Place{Surface: bot.Slack, Channel: eng}
	long := longReply(3)
	ref, err := c.Post(t.Context(), to, "", "k", long)
	if err != nil {
		t.Fatal(err)
	}
	parts := splitRef(ref)
	if len(parts) != 3 {
		t.Fatalf("got %d messages, want 3", len(parts))
	}
	if thread := messages(t, server, eng, parts[0]); len(thread) != 3 {
		t.Errorf("got %d messages in the thread of the first, want 3", len(thread))
	}
	if found, ok, err := c.Find(t.Context(), to, "k"); err != nil || !ok || found != ref {
		t.Errorf("Find: got %q, %v, %v, want %q", found, ok, err, ref)
	}
	short := bot.Reply{Title: "short"}
	if ref, err = c.Post(t.Context(), to, ref, "k2", short); err != nil || ref != parts[0] {
		t.Fatalf("edit: got %q, %v, want %q", ref, err, parts[0])
	}
	if thread := messages(t, server, eng, parts[0]); len(thread) != 1 || thread[0].Text != "short" {
		t.Errorf("got %+v, want one message %q", thread, "short")
	}
	if ref, err = c.Post(t.Context(), to, ref, "k3", long); err != nil || len(splitRef(ref)) != 3 || splitRef(ref)[0] != parts[0] {
		t.Fatalf("edit: got %q, %v, want three messages, the first %q", ref, err, parts[0])
	}
}

func TestDeletedMessageIsPostedAnew(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true})
	c, _ := newClient(t, server.URL, Options{})
	to := bot.Place{Surface: bot.Slack, Channel: eng}
	ref, err := c.Post(t.Context(), to, "", "k", longReply(2))
	if err != nil {
		t.Fatal(err)
	}
	first := splitRef(ref)[0]
	if _, _, err := c.api.DeleteMessageContext(t.Context(), eng, first); err != nil {
		t.Fatal(err)
	}
	again, err := c.Post(t.Context(), to, ref, "k", bot.Reply{Title: "again"})
	if err != nil || again == first || strings.Contains(again, ",") {
		t.Fatalf("got %q, %v, want one new message", again, err)
	}
	deleted := calls(t, server, "chat.delete")
	if len(deleted) != 2 || !deleted[1].OK {
		t.Errorf("got deletions %+v, want the first message by hand and the rest of the old reply", deleted)
	}
}

// longReply is a reply of n messages.
func longReply(n int) bot.Reply {
	r := bot.Reply{Title: "long"}
	for i := range n * 3 {
		r.Blocks = append(r.Blocks, bot.P(bot.Text(fmt.Sprintf("%d %s", i, strings.Repeat("word ", 500)))))
	}
	return r
}

func TestWhatIsNotAcceptedComesAgain(t *testing.T) {
	t.Parallel()
	b := &bench{t: t, got: make(chan bot.Request, 10)}
	b.server = newWorkspace(t, sandbox.Options{AckTimeout: 100 * time.Millisecond, RetryAfter: []time.Duration{0, 50 * time.Millisecond}})
	b.client, b.log = newClient(t, b.server.URL, Options{})
	tries := 0 // the lane of a conversation is one goroutine
	b.run(func(_ context.Context, r bot.Request) error {
		if tries++; tries == 1 {
			return errors.New("the disk is full")
		}
		b.got <- r
		return nil
	})
	b.control("say", map[string]any{"channel": dm, "text": "help"})
	if r := b.next(); r.Text != "help" || r.ReplyTo.Thread != "" || r.Kind != bot.Ask {
		t.Errorf("got %+v, want help in the direct message", r)
	}
	wait(t, "count of one refused and one accepted", func() bool { s := b.client.Stats(); return s.Refused == 1 && s.Accepted == 1 })
}

func TestStatusIsShownAndCleared(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{})
	c, _ := newClient(t, server.URL, Options{})
	root, err := c.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: eng}, "", "k", bot.Reply{Title: "root"})
	if err != nil {
		t.Fatal(err)
	}
	to := bot.Place{Surface: bot.Slack, Channel: eng, Thread: root}
	const method = "assistant.threads.setStatus"
	c.Working(t.Context(), to)
	wait(t, "status", func() bool { return len(calls(t, server, method)) == 1 })
	if _, err := c.Post(t.Context(), to, "", "k2", bot.Reply{Title: "answer"}); err != nil {
		t.Fatal(err)
	}
	wait(t, "cleared status", func() bool { return len(calls(t, server, method)) == 2 })

	c.times.status = time.Hour
	c.Working(t.Context(), to)
	if _, err := c.Post(t.Context(), to, "", "k3", bot.Reply{Title: "quick answer"}); err != nil {
		t.Fatal(err)
	}
	c.Working(t.Context(), bot.Place{Surface: bot.Slack, Channel: dm})
	c.pending.Wait()
	if got := len(calls(t, server, method)); got != 2 {
		t.Errorf("got %d status calls, want 2: an answer that comes at once needs none, and outside threads there is none", got)
	}
}

func TestReconnects(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested", "too_many_websockets"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			b := connect(t, sandbox.Options{})
			b.control("disconnect", map[string]any{"reason": reason})
			wait(t, "second socket", func() bool { return len(calls(t, b.server, "socket.open")) == 2 })
			b.control("say", map[string]any{"channel": dm, "text": "still there?"})
			if r := b.next(); r.Text != "still there?" {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestLinkDisabledEndsRun(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	b.control("disconnect", map[string]any{"reason": "link_disabled"})
	wait(t, "end", func() bool { return b.client.Stats().Sockets == 0 })
	err := b.stop()
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != "link_disabled" || e.Class != Fatal || !strings.Contains(err.Error(), "Socket Mode") {
		t.Errorf("got %v, want a fatal link_disabled that says what to do", err)
	}
}

func TestPoisonIsAcknowledged(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	for _, frame := range []string{
		`{"envelope_id":"raw-1","type":"from_the_future","payload":{}}`,
		`{"envelope_id":"raw-2","type":"events_api","payload":{"type":"event_callback","event":{"type":"message","ts":1700000000.1,"channel":"C1"}}}`,
		`{"envelope_id":"raw-3","type":"interactive"}`,
		`{"envelope_id":"raw-4","type":"slash_commands","payload":[]}`,
		`{"type":7,"envelope_id":"raw-5"}`,
		`{"envelope_id":"raw-6","type":"events_api","payload":{"type":"event_callback"}`,
		`no JSON at all, secret text`,
		``,
	} {
		b.control("raw", map[string]any{"text": frame})
	}
	wait(t, "acknowledgements", func() bool { return len(calls(t, b.server, "envelope.ack")) >= 6 && b.client.Stats().Unreadable >= 8 })
	b.control("say", map[string]any{"channel": dm, "text": "alive?"})
	if r := b.next(); r.Text != "alive?" {
		t.Errorf("got %+v after the poison", r)
	}
	if log := b.log.String(); strings.Contains(log, "secret text") || !strings.Contains(log, "from_the_future") {
		t.Errorf("the log must name the type and keep the content out:\n%s", log)
	}
}

// After a lost answer nobody knows whether the message was posted; Find does.
func TestLostAnswerIsFound(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true})
	c, _ := newClient(t, server.URL, Options{})
	for name, to := range map[string]bot.Place{"channel": {Surface: bot.Slack, Channel: eng}, "person": {Surface: bot.Slack, Channel: sandbox.AdaID}} {
		control(t, server, "fault", map[string]any{"method": "chat.postMessage", "after": true})
		_, err := c.Post(t.Context(), to, "", "lost-"+name, bot.Reply{Title: "once"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != Ambiguous {
			t.Fatalf("%s: got %v, want an ambiguous error", name, err)
		}
		ref, found, err := c.Find(t.Context(), to, "lost-"+name)
		if err != nil || !found {
			t.Fatalf("%s: Find: got %v, %v", name, found, err)
		}
		if again, err := c.Post(t.Context(), to, ref, "lost-"+name, bot.Reply{Title: "once"}); err != nil || again != ref {
			t.Errorf("%s: got %q, %v, want %q edited", name, again, err, ref)
		}
	}
	if got := len(messages(t, server, eng, "")) + len(messages(t, server, dm, "")); got != 2 {
		t.Errorf("got %d messages, want one in each place", got)
	}
}

// A reply of which only part was shown is completed, not shown twice.
func TestHalfShownReplyIsCompleted(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true})
	c, _ := newClient(t, server.URL, Options{})
	root, err := c.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: eng}, "", "root", bot.Reply{Title: "root"})
	if err != nil {
		t.Fatal(err)
	}
	to := bot.Place{Surface: bot.Slack, Channel: eng, Thread: root, Message: root}
	shown, err := c.Post(t.Context(), to, "", "k", longReply(1))
	if err != nil {
		t.Fatal(err)
	}
	control(t, server, "fault", map[string]any{"method": "chat.postMessage", "error": "service_unavailable"})
	half, err := c.Post(t.Context(), to, shown, "k", longReply(3))
	if e, ok := errors.AsType[*Error](err); !ok || e.Class != Temporary || half != shown {
		t.Fatalf("got %q, %v, want %q and a temporary error", half, err, shown)
	}
	ref, found, err := c.Find(t.Context(), to, "k")
	if err != nil || found || ref != shown {
		t.Fatalf("Find: got %q, %v, %v, want the part %q and not found", ref, found, err, shown)
	}
	whole, err := c.Post(t.Context(), to, ref, "k", longReply(3))
	if err != nil || len(splitRef(whole)) != 3 {
		t.Fatalf("got %q, %v, want three parts", whole, err)
	}
	if ref, found, err := c.Find(t.Context(), to, "k"); err != nil || !found || ref != whole {
		t.Errorf("Find: got %q, %v, %v, want %q", ref, found, err, whole)
	}
	if got := len(messages(t, server, eng, root)); got != 4 {
		t.Errorf("got %d messages in the thread, want the root and three parts", got)
	}
}
