package slack

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

// newTestIntake reads payloads as the bot UBOT of app AAPP in workspace T1.
func newTestIntake() *intake {
	c := &Client{log: slog.New(slog.DiscardHandler), times: defaultTimes(), meter: bot.NoMeter{}}
	c.who.setApp("AAPP")
	return &intake{c: c, who: Workspace{TeamID: "T1", UserID: "UBOT", BotID: "BBOT"}}
}

// outer wraps an inner event as the Events API does.
func outer(inner string) []byte {
	return fmt.Appendf(nil, `{"token":"x","team_id":"T1","api_app_id":"AAPP","type":"event_callback","event_id":"Ev1","event_time":1700000000,"event":%s}`, inner)
}

const at = `"ts":"1700000000.000100","event_ts":"1700000000.000100"`

func TestEvents(t *testing.T) {
	t.Parallel()
	ada := bot.Actor{Surface: bot.Slack, ID: "UADA"}
	inChannel := bot.Place{Surface: bot.Slack, Channel: "C1", Thread: "1700000000.000100", Message: "1700000000.000100"}
	inThread := bot.Place{Surface: bot.Slack, Channel: "C1", Thread: "1699999999.000001", Message: "1700000000.000100"}
	direct := bot.Place{Surface: bot.Slack, Channel: "UADA", Message: "1700000000.000100"}
	tests := []struct {
		name, event string
		want        bot.Request // Kind "": nothing for the bot
	}{
		{"mention", `{"type":"app_mention","user":"UADA","text":"<@UBOT> summarize #12","channel":"C1",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: inChannel, Text: "summarize #12"}},
		{"its twin", `{"type":"message","client_msg_id":"c1","user":"UADA","text":"<@UBOT> summarize #12","channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: inChannel, Text: "summarize #12", Alias: "slack:T1/cmid/c1"}},
		{"empty mention", `{"type":"app_mention","user":"UADA","text":"<@UBOT>","channel":"C1",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: inChannel}},
		{"mention in a thread", `{"type":"app_mention","user":"UADA","text":"<@UBOT> risk?","thread_ts":"1699999999.000001","channel":"C1",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: inThread, Text: "risk?"}},
		{"reply in a thread", `{"type":"message","user":"UADA","text":"risk?","thread_ts":"1699999999.000001","channel":"C1","channel_type":"group",` + at + `}`,
			bot.Request{Kind: bot.Message, From: ada, ReplyTo: inThread, Text: "risk?"}},
		{"reply shown in the channel", `{"type":"message","subtype":"thread_broadcast","user":"UADA","text":"x","thread_ts":"1699999999.000001","root":{"ts":"1699999999.000001"},"channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Message, From: ada, ReplyTo: inThread, Text: "x"}},
		{"message", `{"type":"message","user":"UADA","text":"lunch?","channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Message, From: ada, ReplyTo: inChannel, Text: "lunch?"}},
		{"direct message", `{"type":"message","user":"UADA","text":"help","channel":"D1","channel_type":"im",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: direct, Text: "help"}},
		{"direct message in a thread", `{"type":"message","user":"UADA","text":"help","thread_ts":"1699999999.000001","channel":"D1","channel_type":"im",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "UADA", Thread: "1699999999.000001", Message: direct.Message}, Text: "help"}},
		{"group direct message", `{"type":"message","user":"UADA","text":"help","channel":"C1","channel_type":"mpim",` + at + `}`,
			bot.Request{Kind: bot.Message, From: ada, ReplyTo: inChannel, Text: "help"}},
		{"file with a mention", `{"type":"message","subtype":"file_share","user":"UADA","text":"<@UBOT|shipmate>: look","files":[{"id":1}],"channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: ada, ReplyTo: inChannel, Text: "look"}},
		{"blocks of an unknown shape", `{"type":"message","user":"UADA","text":"x","blocks":[{"type":"rich_text","elements":7},null],"attachments":{"a":1},"channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Message, From: ada, ReplyTo: inChannel, Text: "x"}},
		{"stranger in a shared channel", `{"type":"message","user":"WELSE","user_team":"T2","source_team":"T2","text":"<@UBOT> help","channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "WELSE"}, ReplyTo: inChannel, Text: "help"}},
		{"other bot", `{"type":"message","user":"UDEP","bot_id":"BDEP","app_id":"ADEP","username":"deployer","text":"<@UBOT> deployed","channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UDEP", Name: "deployer", Bot: true}, ReplyTo: inChannel, Text: "deployed"}},
		{"webhook", `{"type":"message","subtype":"bot_message","bot_id":"BHOOK","username":"alerts","text":"disk &lt;90%&gt;","channel":"C1","channel_type":"channel",` + at + `}`,
			bot.Request{Kind: bot.Message, From: bot.Actor{Surface: bot.Slack, ID: "BHOOK", Name: "alerts", Bot: true}, ReplyTo: inChannel, Text: "disk <90%>"}},
		{"other bot in a direct message", `{"type":"message","user":"UDEP","bot_id":"BDEP","text":"help","channel":"D1","channel_type":"im",` + at + `}`,
			bot.Request{Kind: bot.Message, From: bot.Actor{Surface: bot.Slack, ID: "UDEP", Bot: true}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "D1", Message: direct.Message}, Text: "help"}},
		{"mention by another bot", `{"type":"app_mention","user":"UDEP","bot_id":"BDEP","text":"<@UBOT> help","channel":"C1",` + at + `}`,
			bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UDEP", Bot: true}, ReplyTo: inChannel, Text: "help"}},
		{"own by user", `{"type":"message","user":"UBOT","text":"x","channel":"C1","channel_type":"channel",` + at + `}`, bot.Request{}},
		{"own by bot", `{"type":"message","subtype":"bot_message","bot_id":"BBOT","text":"x","channel":"C1","channel_type":"channel",` + at + `}`, bot.Request{}},
		{"own by app", `{"type":"message","bot_id":"BOLD","app_id":"AAPP","text":"x","channel":"C1","channel_type":"channel",` + at + `}`, bot.Request{}},
		{"nobody's", `{"type":"message","text":"x","channel":"C1","channel_type":"channel",` + at + `}`, bot.Request{}},
		{"mention added by an edit", `{"type":"app_mention","user":"UADA","text":"<@UBOT> x","edited":{"user":"UADA","ts":"1700000001.000000"},"channel":"C1",` + at + `}`, bot.Request{}},
		{"join", `{"type":"message","subtype":"channel_join","user":"UADA","text":"joined","channel":"C1",` + at + `}`, bot.Request{}},
		{"another event", `{"type":"reaction_added","user":"UADA","item":{"ts":7}}`, bot.Request{}},
	}
	in := newTestIntake()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, found, err := in.event(outer(tt.event))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want.Kind != "" {
				channel := strings.Replace(want.ReplyTo.Channel, "UADA", "D1", 1) // their direct message
				want.ID = "slack:T1/" + channel + "/1700000000.000100"
				want.Time = time.Unix(1700000000, 100_000).UTC()
			}
			if found != (want.Kind != "") || got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestUnreadableEvents(t *testing.T) {
	t.Parallel()
	in := newTestIntake()
	for name, payload := range map[string]string{
		"nothing":        ``,
		"no object":      `[]`,
		"no inner event": `{"type":"event_callback"}`,
		"inner list":     string(outer(`[1]`)),
		"no type":        string(outer(`{"user":"U1"}`)),
		"ts a number":    string(outer(`{"type":"message","user":"U1","channel":"C1","ts":1700000000.1}`)),
		"ts a word":      string(outer(`{"type":"message","user":"U1","channel":"C1","ts":"now"}`)),
		"ts out of form": string(outer(`{"type":"message","user":"U1","channel":"C1","ts":"1700000000.-00001"}`)),
		"no channel":     string(outer(`{"type":"message","user":"U1","ts":"1700000000.000100"}`)),
		"text a number":  string(outer(`{"type":"app_mention","user":"U1","text":7,"channel":"C1","ts":"1700000000.000100"}`)),
	} {
		if _, found, err := in.event([]byte(payload)); found || !errors.Is(err, errUnreadable) {
			t.Errorf("%s: got %v, %v, want errUnreadable", name, found, err)
		}
	}
	if _, found, err := in.event([]byte(`{"type":"app_rate_limited","minute_rate_limited":1}`)); found || err != nil {
		t.Errorf("app_rate_limited: got %v, %v", found, err)
	}
}

// pressed is a block_actions payload in the shape that Slack sends.
func pressed(action, more string) []byte {
	return []byte(`{"type":"block_actions","user":{"id":"UADA","username":"ada","name":"ada","team_id":"T1"},"api_app_id":"AAPP","token":"x",` +
		`"container":{"type":"message","message_ts":"1700000000.000100","channel_id":"C1","is_ephemeral":false},"channel":{"id":"C1","name":"eng"},` +
		`"state":{"values":{}},"response_url":"https://hooks.example/","actions":[` + action + `]` + more + `}`)
}

func TestClicks(t *testing.T) {
	t.Parallel()
	const button = `{"action_id":"shipmate:1","block_id":"b","text":{"type":"plain_text","text":"Risk"},"value":"risk #12","type":"button","action_ts":"1700000001.000200"}`
	message := `,"message":{"type":"message","ts":"1700000000.000100"}`
	threaded := `,"message":{"type":"message","ts":"1700000000.000100","thread_ts":"1699999999.000001"}`
	in := newTestIntake()
	click := func(id, thread string) bot.Request {
		return bot.Request{
			ID: id, Kind: bot.Click, From: bot.Actor{Surface: bot.Slack, ID: "UADA", Name: "ada"}, Text: "risk #12",
			ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1", Thread: thread, Message: "1700000000.000100"},
			Time:    time.Unix(1700000001, 200_000).UTC(),
		}
	}
	for name, tt := range map[string]struct {
		payload []byte
		want    bot.Request
	}{
		"button":              {pressed(button, message+`,"trigger_id":"1.2.a"`), click("slack:T1/click/1.2.a", "1700000000.000100")},
		"in a thread":         {pressed(button, threaded+`,"trigger_id":"1.2.a"`), click("slack:T1/click/1.2.a", "1699999999.000001")},
		"without trigger":     {pressed(button, message), click("slack:T1/click/1700000001.000200+UADA+shipmate:1", "1700000000.000100")},
		"of another app":      {pressed(strings.Replace(button, "shipmate:1", "approve", 1), message), bot.Request{}},
		"prefix inside":       {pressed(strings.Replace(button, "shipmate:1", "x-shipmate:1", 1), message), bot.Request{}},
		"a menu":              {pressed(strings.Replace(button, `"type":"button"`, `"type":"static_select"`, 1), message), bot.Request{}},
		"without value":       {pressed(strings.Replace(button, `"value":"risk #12",`, ``, 1), message), bot.Request{}},
		"no action":           {pressed(``, message), bot.Request{}},
		"another interaction": {[]byte(`{"type":"view_submission","view":{"id":7}}`), bot.Request{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found, err := in.click(tt.payload)
			if err != nil || found != (tt.want.Kind != "") || got != tt.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
	// Whatever command a button may carry comes back whole.
	long := strings.Repeat("ä", maxValueBytes/2)
	if d := (&document{}); !d.button("Long", long) {
		t.Fatal("the renderer makes no button of it")
	}
	if got, _, err := in.click(pressed(strings.Replace(button, "risk #12", long, 1), message)); err != nil || got.Text != long {
		t.Errorf("a command of %d bytes came back as %d bytes, %v", len(long), len(got.Text), err)
	}
	for _, payload := range []string{`7`, `{}`, `{"type":"block_actions","actions":7}`, `{"type":"block_actions","actions":[` + button + `]}`} {
		if _, found, err := in.click([]byte(payload)); found || !errors.Is(err, errUnreadable) {
			t.Errorf("%s: got %v, %v, want errUnreadable", payload, found, err)
		}
	}
}

func TestReadText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, want  string
		mentioned bool
	}{
		{"", "", false},
		{"plain", "plain", false},
		{"<@UBOT>", "", true},
		{"  <@UBOT>: summarize  #12 ", "summarize  #12", true},
		{"<@UBOT> <@UBOT|shipmate>, help", "help", true},
		{"hey <@UBOT> summarize #12", "summarize #12", true},
		{"summarize #12 <@UBOT>", "summarize #12", true},
		{"<@UBOT> who is <@UADA|ada> or <@UBEN>", "who is @ada or @UBEN", true},
		{"a &lt;b&gt; &amp;amp; c", "a <b> &amp; c", false},
		{"&lt;!channel&gt;", "<!channel>", false},
		{"<!channel> <!here|here> <!everyone> <!subteam^S1|@oncall> <!subteam^S2>", "@channel @here @everyone @oncall @S2", false},
		{"<!date^1700000000^{date}|14 November>", "14 November", false},
		{"<#C1|eng> <#C2> <#C3|>", "#eng #C2 #C3", false},
		{"see <https://h.example/a?x=1&amp;y=2|the log>", "see https://h.example/a?x=1&y=2", false},
		{"files in <http://readme.md|readme.md>", "files in readme.md", false},
		{"<https://h.example/>", "https://h.example/", false},
		{"<https://evil.example|https://good.example>", "https://evil.example", false},
		{"<mailto:a@b.example|a@b.example>", "a@b.example", false},
		{"cut <@UBO", "cut <@UBO", false},
		{"a\x00b\u202ec\xff \u200bd", "abc\uFFFD d", false},
		{"two\nlines", "two\nlines", false},
		{"<>x", "x", false},
		{"<@UBOT> `summarize #12`", "summarize #12", true},
		{"<@UBOT> files #12 `a b.go` ```c.go```", "files #12 a b.go c.go", true},
		{"one ` alone", "one ` alone", false},
	} {
		got, mentioned := readText(tt.in, "UBOT")
		if got != tt.want || mentioned != tt.mentioned {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.in, got, mentioned, tt.want, tt.mentioned)
		}
	}
	if got, _ := readText(strings.Repeat("é", maxText), "UBOT"); len(got) != maxText || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("got %d bytes of a long text, want %d and no broken character", len(got), maxText)
	}
}

func FuzzReadText(f *testing.F) {
	for _, s := range []string{"<@UBOT> help", "<!subteam^S1|@oncall> <#C1|x>", "<http://a.b|a.b", "&lt;&amp;gt;", "<@UBOT|<@UBOT>>", "\xff<\x00>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, mentioned := readText(s, "UBOT")
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && r != '\t' && r != '\u200d' && bot.Invisible(r) }); i >= 0 {
			t.Errorf("%q has an invisible character at %d", got, i)
		}
		if strings.TrimSpace(got) != got || mentioned && !strings.Contains(s, "<@UBOT") {
			t.Errorf("%q: got %q, %v", s, got, mentioned)
		}
	})
}

func TestEnvelopeID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"envelope_id":"a","type":7}`:                 "a",
		`{"envelope_id" : "a","payload":{"truncated":`: "a",
		`{"type":"hello"}`:                             "",
		`garbage`:                                      "",
	} {
		if got := envelopeID([]byte(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}
