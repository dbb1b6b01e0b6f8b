package slack

import (
	"testing"

	api "github.com/slack-go/slack"
)

// BenchmarkMention measures a whole round: a person's mention over the control API, its two events through Socket Mode, and a
// reply over the Web API, all through real clients.
func BenchmarkMention(b *testing.B) {
	for name, o := range map[string]Options{
		"memory": {NoLimits: true},
		"file":   {NoLimits: true, Data: b.TempDir() + "/workspace"},
	} {
		b.Run(name, func(b *testing.B) {
			s := newBench(b, o)
			sm, events := s.connect()
			for b.Loop() {
				ts := s.say("C0ENG", "@shipmate summarize #123", "")
				for range 2 {
					sm.Ack(*next(b, events).Request)
				}
				if _, _, err := s.client.PostMessage("C0ENG", api.MsgOptionText("done", false), api.MsgOptionTS(ts)); err != nil {
					b.Fatal(err)
				}
				sm.Ack(*next(b, events).Request)
			}
		})
	}
}

// BenchmarkPost measures chat.postMessage in a channel with many messages.
func BenchmarkPost(b *testing.B) {
	w, err := New(Options{NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	for range 20_000 {
		if _, err := w.say("", AdaID, "C0ENG", "filler", ""); err != nil {
			b.Fatal(err)
		}
	}
	c := &call{name: "chat.postMessage", args: args{"channel": "C0ENG", "text": "x", "blocks": `[{"type":"section","text":{"type":"mrkdwn","text":"*x*"}}]`}}
	m := w.methods["chat.postMessage"]
	for b.Loop() {
		if _, err := w.run(c, m); err != nil {
			b.Fatal(err)
		}
	}
}
