package slack

import (
	"context"
	"errors"
	"strings"
	"testing"

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
		} else {
			want.Channel = sandbox.AdaID
		}
		if got.Kind != bot.Click || got.Text != "risk #12" || got.ReplyTo != want || got.From.ID != sandbox.AdaID {
			t.Errorf("got %+v, want a click on %q at %+v", got, "risk #12", want)
		}
	}
}

func TestSlashCommandIsUnseen(t *testing.T) {
	t.Parallel()
	b := connect(t, sandbox.Options{})
	for _, channel := range []string{eng, dm} {
		b.control("slash", map[string]any{"channel": channel, "command": "/shipmate", "text": "summarize #12 <!channel> &amp; a"})
		got := b.next()
		want := bot.Place{Surface: bot.Slack, Channel: channel}
		if channel == dm { // answered in the direct message with the bot, whatever direct message it was typed in
			want.Channel = sandbox.AdaID
		}
		if got.Kind != bot.Ask || got.ReplyTo != want || got.Unseen != (channel == eng) || !strings.HasPrefix(got.Text, "summarize #12 ") {
			t.Errorf("%s: got %+v, want the command for %+v", channel, got, want)
		}
		if got.From != (bot.Actor{Surface: bot.Slack, ID: sandbox.AdaID, Name: "ada"}) {
			t.Errorf("%s: got it from %+v", channel, got.From)
		}
	}
	wait(t, "acknowledgements", func() bool { return len(calls(t, b.server, "envelope.ack")) == 2 })
	for _, l := range calls(t, b.server, "") {
		if strings.HasPrefix(l.Method, "chat.") || strings.HasPrefix(l.Method, "conversations.") {
			t.Errorf("the source called %s", l.Method)
		}
	}
}

// A slash command that is not taken is not acknowledged, so that Slack tells its author; one that is makes nobody wait for the Web API.
func TestSlashCommandIsAcknowledgedWhenTaken(t *testing.T) {
	t.Parallel()
	acked := make(chan string, 10)
	s := newScript(t, func(_ int, conn *websocket.Conn) {
		for _, id := range []string{"refused", "taken"} {
			say(conn, `{"envelope_id":"`+id+`","type":"slash_commands","payload":{"channel_id":"C1","user_id":"UADA","trigger_id":"`+id+`","text":"help"}}`)
		}
		say(conn, hello)
		acks(conn, acked)
	})
	c, _, _ := s.start(t, nil, func(_ context.Context, r bot.Request) error {
		if strings.HasSuffix(r.ID, "/slash/refused") {
			return errors.New("the disk is full")
		}
		return nil
	})
	wait(t, "both commands", func() bool { return c.Stats().Refused == 1 && c.Stats().Accepted == 1 })
	if id := <-acked; id != "taken" || len(acked) > 0 {
		t.Errorf("acknowledged %q and %d more, want only the one that was taken", id, len(acked))
	}
}
