package slack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

func TestState(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	var got struct {
		Team     struct{ ID, Name string }
		Bot      map[string]string
		Me       string
		Users    []map[string]any
		Channels []struct {
			ID, Name, User string
			IsIM           bool `json:"is_im"`
		}
		Commands []slashCommand
	}
	b.control("state", nil, &got)
	if got.Team.ID != TeamID || got.Me != AdaID || got.Bot["user_id"] != BotUserID || got.Bot["bot_id"] != BotID {
		t.Errorf("got %+v, want the workspace's identity", got)
	}
	if len(got.Users) != 6 || len(got.Channels) != 7 || len(got.Commands) != 1 || got.Commands[0].Command != "/shipmate" {
		t.Errorf("got %d users, %d channels, commands %v", len(got.Users), len(got.Channels), got.Commands)
	}
	if dm := got.Channels[3]; dm.ID != "D0ADA" || !dm.IsIM || dm.User != AdaID {
		t.Errorf("got %+v, want ada's direct message", dm)
	}
}

func TestControlErrorsAreSentences(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.control("channel", map[string]any{"name": "old", "is_archived": true}, nil)
	old := b.w.channels[len(b.w.channels)-1].ID
	for _, tt := range []struct {
		path string
		in   any
		want string
	}{
		{"say", deed{Channel: "C0ENG", Text: " "}, "nothing to post"},
		{"say", deed{Channel: "C0ENG", Text: chars(maxText + 1)}, "more than 40000 characters"},
		{"say", deed{Channel: "C0NONE", Text: "x"}, "no channel"},
		{"say", deed{User: "nobody", Channel: "C0ENG", Text: "x"}, "no person"},
		{"say", deed{User: "gus", Channel: "C0FINOPS", Text: "x"}, "gus is not in that channel"},
		{"say", deed{Channel: old, Text: "x"}, "archived"},
		{"say", deed{Channel: "C0ENG", Text: "x", ThreadTS: "1.000000"}, "no message 1.000000"},
		{"say", "hello", "no JSON of the right form"},
		{"edit", deed{Channel: "C0ENG", TS: "1.000000", Text: "x"}, "no message"},
		{"react", deed{Channel: "C0ENG", TS: "1.000000", Name: "eyes"}, "no message"},
		{"submit", submission{ViewID: "V0"}, "no modal"},
		{"event", map[string]any{}, "event is missing"},
		{"raw", map[string]string{"text": "x"}, "no socket is open"},
		{"messages?channel=C0ENG&limit=x", nil, "limit must be a number"},
		{"messages?channel=C0NONE", nil, "no channel"},
	} {
		status, text := b.tryControl(tt.path, tt.in, nil)
		var out struct{ Error string }
		if err := json.Unmarshal([]byte(text), &out); err != nil || status != http.StatusBadRequest || !strings.Contains(out.Error, tt.want) {
			t.Errorf("%s %+v: got %d %.200s, want an error with %q", tt.path, tt.in, status, text, tt.want)
		}
	}
	ben := b.say("C0ENG", "mine", "")
	if status, text := b.tryControl("edit", deed{User: "ben", Channel: "C0ENG", TS: ben, Text: "x"}, nil); status != http.StatusBadRequest || !strings.Contains(text, "not ben's own") {
		t.Errorf("editing another's message: got %d %s", status, text)
	}
}

func TestOtherBotsMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	conn, _ := b.dial()
	b.control("say", deed{User: "deployer", Channel: "C0ENG", Text: "@shipmate deployed v3"}, nil)
	kinds := map[any]bool{}
	for range 2 {
		frame := b.read(conn)
		b.ack(conn, frame)
		event := frame["payload"].(map[string]any)["event"].(map[string]any)
		if kinds[event["type"]] = true; event["bot_id"] != deployerBotID || event["client_msg_id"] != nil {
			t.Errorf("got %v, want another bot's message", event)
		}
	}
	if !kinds["message"] || !kinds["app_mention"] {
		t.Errorf("got %v, want a message and an app_mention", kinds)
	}
	bot, err := b.client.GetBotInfo(api.GetBotInfoParameters{Bot: deployerBotID})
	if err != nil || bot.Name != "deployer" || bot.UserID != deployerID {
		t.Errorf("bots.info: got %+v, %v", bot, err)
	}
}

func TestNoEventsFromChannelsWithoutTheApp(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	conn, _ := b.dial()
	var made struct{ Channel string }
	b.control("channel", map[string]any{"name": "apart"}, &made)
	b.say(made.Channel, "@shipmate can you hear me?", "")
	b.say("C0ENG", "here", "")
	frame := b.read(conn)
	if text := frame["payload"].(map[string]any)["event"].(map[string]any)["text"]; text != "here" {
		t.Errorf("got %v, want only what was said where the app is", text)
	}
}

func TestAttachmentsAndUnfurls(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ts := b.say("C0ENG", "https://example.com/1", "")
	if _, _, _, err := b.client.UnfurlMessage("C0ENG", ts, map[string]api.Attachment{"https://example.com/1": {Title: "One"}}); err != nil {
		t.Fatal(err)
	}
	if m := b.messages("C0ENG", "")[0]; !strings.Contains(string(m.Attachments), `"from_url":"https://example.com/1"`) {
		t.Errorf("unfurled: got %s", m.Attachments)
	}
	_, ts, err := b.client.PostMessage("C0ENG", api.MsgOptionAttachments(api.Attachment{Color: "#ff0000", Text: "red"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := b.client.UpdateMessage("C0ENG", ts, api.MsgOptionText("plain", false)); err != nil {
		t.Fatal(err)
	}
	if m := b.messages("C0ENG", "")[1]; !strings.Contains(string(m.Attachments), "red") || m.Text != "plain" {
		t.Errorf("an update without attachments: got %+v, want them kept", m)
	}
	if _, got := b.post("chat.update", BotToken, form, "channel=C0ENG&text=bare&attachments=[]&ts="+ts); got["ok"] != true {
		t.Fatalf("got %v", got)
	}
	if m := b.messages("C0ENG", "")[1]; m.Attachments != nil {
		t.Errorf("an update with none: got %s, want them gone", m.Attachments)
	}
	if _, got := b.post("chat.unfurl", BotToken, form, `channel=C0ENG&unfurls={"https://example.com/1":null}&ts=`+ts); got["error"] != "invalid_unfurls_format" {
		t.Errorf("an unfurl that is null: got %v, want invalid_unfurls_format", got)
	}
	for body, want := range map[string]string{
		`attachments={}`: "invalid_attachments",
		`attachments=[{"blocks":[{"type":"marquee"}]}]`:      "invalid_blocks",
		"attachments=[" + strings.Repeat("{},", 100) + "{}]": "too_many_attachments",
	} {
		if _, got := b.post("chat.postMessage", BotToken, form, "channel=C0ENG&text=x&"+body); got["error"] != want {
			t.Errorf("%.60s: got %v, want %s", body, got, want)
		}
	}
}

func TestMarkdownText(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	if _, got := b.post("chat.postMessage", BotToken, form, "channel=C0ENG&markdown_text=**bold**"); got["ok"] != true {
		t.Fatalf("got %v", got)
	}
	if m := b.messages("C0ENG", "")[0]; !strings.Contains(string(m.Blocks), `"type":"markdown"`) {
		t.Errorf("got %s, want a markdown block", m.Blocks)
	}
	if _, got := b.post("chat.postMessage", BotToken, form, "channel=C0ENG&markdown_text="+strings.Repeat("x", maxMarkdown+1)); got["error"] != "msg_too_long" {
		t.Errorf("too long: got %v", got)
	}
}

// input is what each kind of input holds after a person entered something.
func TestInputs(t *testing.T) {
	t.Parallel()
	options := []any{option1(1, 1), object{"text": plain(1), "value": "b"}}
	for _, tt := range []struct {
		element      object
		entered, key string
		want         string
	}{
		{object{"type": "static_select", "option_groups": []any{object{"label": plain(1), "options": options}}}, "b", "selected_option", `"value":"b"`},
		{object{"type": "checkboxes", "options": options}, "b", "selected_options", `[{"`},
		{object{"type": "multi_static_select", "options": options}, "", "selected_options", `[]`},
		{object{"type": "users_select"}, AdaID, "selected_user", `"U0ADA"`},
		{object{"type": "multi_users_select"}, AdaID + "," + benID, "selected_users", `["U0ADA","U0BEN"]`},
		{object{"type": "channels_select"}, "C0ENG", "selected_channel", `"C0ENG"`},
		{object{"type": "conversations_select"}, "C0ENG", "selected_conversation", `"C0ENG"`},
		{object{"type": "datepicker"}, "2026-01-02", "selected_date", `"2026-01-02"`},
		{object{"type": "timepicker"}, "10:30", "selected_time", `"10:30"`},
		{object{"type": "datetimepicker"}, "1700000000", "selected_date_time", `1700000000`},
		{object{"type": "plain_text_input"}, "words", "value", `"words"`},
		{object{"type": "plain_text_input"}, "", "value", `null`},
	} {
		tt.element["action_id"] = "in"
		raw, err := encodePlain([]any{object{"type": "input", "block_id": "b", "label": plain(1), "element": tt.element}})
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = checkBlocks(raw, surfaceModal); err != nil {
			t.Errorf("%v: %v", tt.element["type"], err)
			continue
		}
		v := &view{Blocks: raw, State: viewState{Values: map[string]map[string]interaction{}}}
		if err := v.enter("b", "in", tt.entered); err != nil {
			t.Errorf("%v: %v", tt.element["type"], err)
			continue
		}
		got, err := encodePlain(stateOf(raw, v.State.Values).Values["b"]["in"][tt.key])
		if err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%v: got %s, %v, want %s", tt.element["type"], got, err, tt.want)
		}
	}
	if got, err := choose(object{"type": "datetimepicker"}, "tomorrow"); err == nil {
		t.Errorf("a date and time that is no number: got %v, want an error", got)
	}
}

func TestModalsLieOnEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	trigger := func(from string) string {
		b.w.mu.Lock()
		defer b.w.mu.Unlock()
		return b.w.newTrigger(AdaID, from)
	}
	top, err := b.client.OpenView(trigger(""), modal("one"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxViewStack - 1 {
		below := top.ID
		if top, err = b.client.PushView(trigger(below), modal(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if top.PreviousViewID != below {
			t.Errorf("previous_view_id: got %s, want %s", top.PreviousViewID, below)
		}
	}
	if _, err := b.client.PushView(trigger(top.ID), modal("four")); err == nil || err.Error() != "push_limit_reached" {
		t.Errorf("a fourth: got %v, want push_limit_reached", err)
	}
	b.control("submit", submission{ViewID: top.ID, Close: true}, nil)
	if _, err := b.client.UpdateView(modal("x"), "", "", top.ID); err == nil || err.Error() != "not_found" {
		t.Errorf("after closing: got %v, want not_found", err)
	}
}

func TestAssistantArguments(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ts := b.say("D0ADA", "hello", "")
	at := "channel_id=D0ADA&thread_ts=" + ts
	for _, tt := range []struct{ method, body, want string }{
		{"assistant.threads.setTitle", at + "&title=Hello", ""},
		{"assistant.threads.setTitle", at, "invalid_arguments"},
		{"assistant.threads.setSuggestedPrompts", at + `&prompts=[{"title":"a","message":"b"}]`, ""},
		{"assistant.threads.setSuggestedPrompts", at + `&prompts=[{},{},{},{},{}]`, "invalid_arguments"},
		{"assistant.threads.setStatus", at + `&status=x&loading_messages=["a"]`, ""},
		{"assistant.threads.setStatus", at + `&status=x&loading_messages=[1]`, "invalid_arguments"},
		{"assistant.threads.setStatus", at, "invalid_arguments"},
		{"assistant.threads.setStatus", "channel_id=C0NONE&thread_ts=1&status=x", "channel_not_found"},
	} {
		if _, got := b.post(tt.method, BotToken, form, tt.body); tt.want == "" && got["ok"] != true || tt.want != "" && got["error"] != tt.want {
			t.Errorf("%s %s: got %v, want %q", tt.method, tt.body, got, tt.want)
		}
	}
}

func TestHomeSurvivesARestart(t *testing.T) {
	t.Parallel()
	o := Options{Data: filepath.Join(t.TempDir(), "workspace")}
	b := newBench(t, o)
	home := api.HomeTabViewRequest{Type: api.VTHomeTab, Blocks: api.Blocks{BlockSet: []api.Block{
		api.NewActionBlock("row", api.NewButtonBlockElement("go", "", api.NewTextBlockObject(api.PlainTextType, "Go", false, false))),
	}}}
	v, err := b.client.PublishView(AdaID, home, "")
	if err != nil {
		t.Fatal(err)
	}
	b = b.restart(o)
	sm, events := b.connect()
	b.control("click", click{ViewID: v.ID, ActionID: "go"}, nil)
	e := next(t, events)
	sm.Ack(*e.Request)
	if got := e.Data.(api.InteractionCallback); got.View.ID != v.ID || got.Container.Type != "view" {
		t.Errorf("got %+v, want the click on the home tab", got)
	}
}

func TestExpiredTrigger(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.w.mu.Lock()
	id := b.w.newTrigger(AdaID, "")
	old := b.w.triggers[id]
	old.until = old.until.Add(-triggerLife)
	b.w.triggers[id] = old
	b.w.mu.Unlock()
	if _, err := b.client.OpenView(id, modal("late")); err == nil || err.Error() != "expired_trigger_id" {
		t.Errorf("got %v, want expired_trigger_id", err)
	}
}
