package slack

import (
	"errors"
	"strings"
	"testing"

	"shipmate/bot"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	in := newTestIntake()
	const id = "slack:T1/C1/1700000000.000100"
	at := bot.Place{Surface: bot.Slack, Channel: "C1", Thread: "1700000000.000100", Message: "1700000000.000100"}
	direct := bot.Place{Surface: bot.Slack, Channel: "UADA", Message: "1700000000.000100"}
	ada := bot.Actor{Surface: bot.Slack, ID: "UADA"}
	changed := func(before, after, more string) string {
		return `{"type":"message","subtype":"message_changed","channel":"C1","channel_type":"channel","ts":"1700000009.000000",` +
			`"message":{"type":"message","user":"UADA","text":"` + after + `","ts":"1700000000.000100","client_msg_id":"c1","edited":{"user":"UADA","ts":"1700000009.000000"}` + more + `},` +
			`"previous_message":{"type":"message","user":"UADA","text":"` + before + `","ts":"1700000000.000100"}}`
	}
	inDirect := func(event string) string {
		return strings.NewReplacer(`"channel":"C1"`, `"channel":"D1"`, `"channel_type":"channel"`, `"channel_type":"im"`).Replace(event)
	}
	for _, tt := range []struct {
		name, event string
		want        bot.Request // Kind "": nothing for the bot
	}{
		{"the text changes", changed("<@UBOT> help", "<@UBOT> risk #1", ""),
			bot.Request{Kind: bot.Edited, ID: id + "/edit/1700000009.000000", Of: id, From: ada, ReplyTo: at, Text: "risk #1"}},
		{"the mention is added", changed("help", "<@UBOT> help", ""), bot.Request{Kind: bot.Ask, ID: id + "/mention", Of: id, From: ada, ReplyTo: at, Text: "help"}},
		{"the mention is removed", changed("<@UBOT> help", "help", ""),
			bot.Request{Kind: bot.Edited, ID: id + "/edit/1700000009.000000", Of: id, From: ada, ReplyTo: at, Text: "help"}},
		{"chatter changes", changed("a", "b", ""), bot.Request{Kind: bot.Edited, ID: id + "/edit/1700000009.000000", Of: id, From: ada, ReplyTo: at, Text: "b"}},
		{"in a direct message", inDirect(changed("help", "<@UBOT> risk", "")), bot.Request{Kind: bot.Edited, ID: "slack:T1/D1/1700000000.000100/edit/1700000009.000000",
			Of: "slack:T1/D1/1700000000.000100", From: ada, ReplyTo: direct, Text: "risk"}},
		{"a preview is added", strings.Replace(changed("<@UBOT> x", "<@UBOT> x", ""), `,"edited":{"user":"UADA","ts":"1700000009.000000"}`, "", 1), bot.Request{}},
		{"the same text", changed("<@UBOT> x", "<@UBOT> x", ""), bot.Request{}},
		{"our own", strings.ReplaceAll(changed("a", "<@UBOT> b", ""), "UADA", "UBOT"), bot.Request{}},
		{"by a tombstone", changed("<@UBOT> x", "This message was deleted.", `,"subtype":"tombstone"`), bot.Request{Kind: bot.Deleted, ID: id + "/deleted", Of: id, From: ada, ReplyTo: at}},
		{"deleted", `{"type":"message","subtype":"message_deleted","channel":"C1","channel_type":"channel","deleted_ts":"1700000000.000100",` +
			`"previous_message":{"type":"message","user":"UADA","text":"<@UBOT> x","ts":"1700000000.000100"}}`,
			bot.Request{Kind: bot.Deleted, ID: id + "/deleted", Of: id, From: ada, ReplyTo: at}},
		{"deleted, of which nothing is said", `{"type":"message","subtype":"message_deleted","channel":"C1","channel_type":"channel","deleted_ts":"1700000000.000100"}`,
			bot.Request{Kind: bot.Deleted, ID: id + "/deleted", Of: id, From: bot.Actor{Surface: bot.Slack, ID: "UNKNOWN"}, ReplyTo: at}},
		{"our own is deleted", `{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1700000000.000100",` +
			`"previous_message":{"type":"message","user":"UBOT","bot_id":"BBOT","text":"x","ts":"1700000000.000100"}}`, bot.Request{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, found, err := in.event(outer(tt.event))
			if err != nil {
				t.Fatal(err)
			}
			got.Time = tt.want.Time // of the change
			if found != (tt.want.Kind != "") || got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	for name, event := range map[string]string{
		"no channel":   `{"type":"message","subtype":"message_deleted","deleted_ts":"1700000000.000100"}`,
		"no time":      `{"type":"message","subtype":"message_deleted","channel":"C1","deleted_ts":"1.2"}`,
		"no message":   `{"type":"message","subtype":"message_changed","channel":"C1"}`,
		"message list": `{"type":"message","subtype":"message_changed","channel":"C1","message":[]}`,
	} {
		if _, found, err := in.event(outer(event)); found || !errors.Is(err, errUnreadable) {
			t.Errorf("%s: got %v, %v, want errUnreadable", name, found, err)
		}
	}
}
