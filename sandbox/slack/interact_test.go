package slack

import (
	"io"
	"net/http"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

// card posts a message of the app with a button and a select, and returns its timestamp.
func (b *bench) card() string {
	b.t.Helper()
	choice := func(v string) *api.OptionBlockObject {
		return api.NewOptionBlockObject(v, api.NewTextBlockObject(api.PlainTextType, strings.ToUpper(v), false, false), nil)
	}
	_, ts, err := b.client.PostMessage("C0ENG", api.MsgOptionText("card", false), api.MsgOptionBlocks(
		api.NewActionBlock("row",
			api.NewButtonBlockElement("more", "pr-1", api.NewTextBlockObject(api.PlainTextType, "More", false, false)),
			api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, "size", choice("s"), choice("m")),
		)))
	if err != nil {
		b.t.Fatal(err)
	}
	return ts
}

func TestClick(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ts := b.card()
	sm, events := b.connect()
	sm.Ack(*next(t, events).Request) // the card itself came as a message

	b.control("click", click{Channel: "C0ENG", TS: ts, ActionID: "size", SelectedOption: "m"}, nil)
	e := next(t, events)
	sm.Ack(*e.Request)
	got := e.Data.(api.InteractionCallback)
	if a := got.ActionCallback.BlockActions[0]; a.ActionID != "size" || a.SelectedOption.Value != "m" || a.SelectedOption.Text.Text != "M" {
		t.Errorf("select: got %+v, want option m", a)
	}

	var out struct{ Delivered bool }
	b.control("click", click{User: benID, Channel: "C0ENG", TS: ts, ActionID: "more"}, &out)
	e = next(t, events)
	sm.Ack(*e.Request)
	got = e.Data.(api.InteractionCallback)
	if !out.Delivered || got.User.ID != benID || got.Channel.ID != "C0ENG" || got.Message.Timestamp != ts || got.Container.MessageTs != ts {
		t.Errorf("got %+v, want ben's click on the card", got)
	}
	if a := got.ActionCallback.BlockActions[0]; a.Value != "pr-1" || a.BlockID != "row" || a.Text.Text != "More" {
		t.Errorf("action: got %+v, want the button's value and text", a)
	}
	if s := got.BlockActionState.Values["row"]["size"]; s.SelectedOption.Value != "m" {
		t.Errorf("state: got %+v, want the option chosen before", s)
	}
	if got.TriggerID == "" || !strings.HasPrefix(got.ResponseURL, b.server.URL) {
		t.Errorf("got trigger_id %q, response_url %q", got.TriggerID, got.ResponseURL)
	}
	for in, want := range map[string]click{
		"message_not_found": {Channel: "C0ENG", TS: "1.000000", ActionID: "more"},
		"no_such_action":    {Channel: "C0ENG", TS: ts, ActionID: "less"},
		"no_such_option":    {Channel: "C0ENG", TS: ts, ActionID: "size", SelectedOption: "xl"},
		"user_not_found":    {User: "U0NONE", Channel: "C0ENG", TS: ts, ActionID: "more"},
	} {
		if status, text := b.tryControl("click", want, nil); status != http.StatusBadRequest || !strings.Contains(text, in) {
			t.Errorf("%+v: got %d %s, want %s", want, status, text, in)
		}
	}
}

func TestInteractionsAreNotRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t, quick())
	ts := b.card()
	var out struct{ Delivered bool }
	b.control("click", click{Channel: "C0ENG", TS: ts, ActionID: "more"}, &out)
	if out.Delivered {
		t.Error("without a socket: got delivered")
	}
	b.dial()
	b.control("click", click{Channel: "C0ENG", TS: ts, ActionID: "more"}, &out)
	b.logged("envelope.lost", 3) // the click before, the card's message and this one
	sent := 0
	for _, c := range b.w.calls.list("envelope.send") {
		if c.Kind == kindInteractive {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("deliveries of a click: got %d, want 1", sent)
	}
}

// clickForURL clicks the card's button and returns the response_url the app got.
func (b *bench) clickForURL(ts string) string {
	b.t.Helper()
	conn, _ := b.dial()
	defer conn.Close()
	b.control("click", click{Channel: "C0ENG", TS: ts, ActionID: "more"}, nil)
	for {
		frame := b.read(conn)
		b.ack(conn, frame)
		if frame["type"] == kindInteractive {
			return frame["payload"].(map[string]any)["response_url"].(string)
		}
	}
}

func TestResponseURL(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ts := b.card()
	url := b.clickForURL(ts)
	use := func(body string) (int, string) {
		t.Helper()
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	if err := api.PostWebhook(url, &api.WebhookMessage{Text: "replaced", ReplaceOriginal: true}); err != nil {
		t.Fatal(err)
	}
	if m := b.messages("C0ENG", ts)[0]; m.Text != "replaced" || len(m.Blocks) != 0 || m.Edited == nil {
		t.Errorf("replaced: got %+v", m)
	}
	if status, text := use(`{"text":"for all","response_type":"in_channel","thread_ts":"` + ts + `"}`); status != http.StatusOK {
		t.Errorf("in_channel: got %d %s", status, text)
	}
	if thread := b.messages("C0ENG", ts); len(thread) != 2 || thread[1].Text != "for all" {
		t.Errorf("in_channel: got %+v, want it in the thread", thread)
	}
	if status, text := use(`{"text":"only you"}`); status != http.StatusOK || len(b.messages("C0ENG", "")) != 1 || len(b.w.ephemeral) != 1 {
		t.Errorf("ephemeral: got %d %s and %d messages", status, text, len(b.messages("C0ENG", "")))
	}
	if status, text := use(`{"text":""}`); status != http.StatusBadRequest || !strings.Contains(text, "no_text") {
		t.Errorf("empty: got %d %s", status, text)
	}
	if status, text := use(`{"text":"five"}`); status != http.StatusOK {
		t.Errorf("fifth use: got %d %s", status, text)
	}
	if status, text := use(`{"text":"six"}`); status != http.StatusNotFound || !strings.Contains(text, "used_url") {
		t.Errorf("sixth use: got %d %s, want used_url", status, text)
	}
	url = b.server.URL + "/response/none"
	if status, _ := use(`{"text":"x"}`); status != http.StatusNotFound {
		t.Errorf("unknown URL: got %d, want 404", status)
	}
}

func TestResponseURLDeletes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	url := b.clickForURL(b.card())
	if err := api.PostWebhook(url, &api.WebhookMessage{DeleteOriginal: true}); err != nil {
		t.Fatal(err)
	}
	if got := b.messages("C0ENG", ""); len(got) != 0 {
		t.Errorf("got %+v, want nothing left", got)
	}
}

func TestSlashCommand(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	stream := b.follow()
	sm, events := b.connect()
	b.say("C0ENG", "/shipmate summarize #123", "")
	e := next(t, events)
	cmd := e.Data.(api.SlashCommand)
	if cmd.Command != "/shipmate" || cmd.Text != "summarize #123" || cmd.UserID != AdaID || cmd.ChannelID != "C0ENG" || cmd.ChannelName != "eng" || cmd.TriggerID == "" || cmd.ResponseURL == "" {
		t.Errorf("got %+v, want ada's command", cmd)
	}
	sm.Ack(*e.Request, map[string]any{"text": "just a moment"})
	if got := stream.wait("ephemeral"); got.User != AdaID || got.Message.Text != "just a moment" {
		t.Errorf("acknowledged with a text: got %+v, want it shown to ada", got)
	}
	for in, want := range map[string]string{"<!channel> & @ben": "&lt;!channel&gt; &amp; <@U0BEN>", "#12 https://x.example": "#12 <https://x.example>"} {
		b.say("C0ENG", "/shipmate\t"+in, "")
		e = next(t, events)
		if got := e.Data.(api.SlashCommand).Text; got != want {
			t.Errorf("text %q: got %q, want %q, escaped as in messages", in, got, want)
		}
		sm.Ack(*e.Request)
	}
	b.control("slash", deed{Channel: "C0ENG", Command: "/shipmate", Text: "help"}, nil)
	e = next(t, events)
	sm.Ack(*e.Request, map[string]any{"text": "help for all", "response_type": "in_channel"})
	if got := stream.wait("message"); got.Message.Text != "help for all" || got.Message.BotID != BotID {
		t.Errorf("in_channel: got %+v, want it posted", got)
	}
	inThread := deed{Channel: "C0ENG", ThreadTS: b.say("C0ENG", "root", ""), Text: "/shipmate help"}
	if status, text := b.tryControl("say", inThread, nil); status != http.StatusBadRequest || !strings.Contains(text, "not supported in threads") {
		t.Errorf("in a thread: got %d %s", status, text)
	}
	if status, text := b.tryControl("slash", deed{Channel: "C0ENG", Command: "/other"}, nil); status != http.StatusBadRequest {
		t.Errorf("unknown command: got %d %s", status, text)
	}
}

func TestSlashCommandWithoutTheApp(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	stream := b.follow()
	b.say("C0ENG", "/shipmate help", "")
	if got := stream.wait("ephemeral"); !strings.Contains(got.Message.Text, "did not respond") {
		t.Errorf("got %+v, want Slack's own failure note", got)
	}
}

func modal(title string) api.ModalViewRequest {
	text := func(s string) *api.TextBlockObject { return api.NewTextBlockObject(api.PlainTextType, s, false, false) }
	return api.ModalViewRequest{
		Type: api.VTModal, Title: text(title), Submit: text("Go"), CallbackID: "form", PrivateMetadata: "secret sauce",
		Blocks: api.Blocks{BlockSet: []api.Block{api.NewInputBlock("why", text("Why?"), nil, api.NewPlainTextInputBlockElement(nil, "reason"))}},
	}
}

func TestModal(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	ts := b.card()
	sm, events := b.connect()
	sm.Ack(*next(t, events).Request)
	b.control("click", click{Channel: "C0ENG", TS: ts, ActionID: "more"}, nil)
	e := next(t, events)
	sm.Ack(*e.Request)
	trigger := e.Data.(api.InteractionCallback).TriggerID

	_, err := b.client.OpenView(trigger, modal(chars(maxViewTitle+1)))
	if err == nil || !strings.Contains(err.Error(), "invalid_arguments") {
		t.Errorf("a long title: got %v, want invalid_arguments", err)
	}
	v, err := b.client.OpenView(trigger, modal("Roll back"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.OpenView(trigger, modal("Again")); err == nil || err.Error() != "exchanged_trigger_id" {
		t.Errorf("a second use of the trigger: got %v, want exchanged_trigger_id", err)
	}
	if _, err := b.client.UpdateView(modal("x"), "", "stale", v.ID); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("a stale hash: got %v, want hash_conflict", err)
	}

	submit := func(answer any) (out outcome) {
		t.Helper()
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.control("submit", submission{ViewID: v.ID, Values: map[string]map[string]any{"why": {"reason": "it broke"}}}, &out)
		}()
		e := next(t, events)
		got := e.Data.(api.InteractionCallback)
		if got.Type != api.InteractionTypeViewSubmission || got.View.CallbackID != "form" || got.View.PrivateMetadata != "secret sauce" {
			t.Errorf("got %+v, want the submission of the form", got)
		}
		if entered := got.View.State.Values["why"]["reason"].Value; entered != "it broke" {
			t.Errorf("entered: got %q", entered)
		}
		sm.Ack(*e.Request, answer)
		<-done
		return out
	}
	if out := submit(api.NewErrorsViewSubmissionResponse(map[string]string{"why": "be precise"})); out.Action != "errors" || out.Errors["why"] != "be precise" {
		t.Errorf("errors: got %+v", out)
	}
	next := modal("Thanks")
	if out := submit(api.NewUpdateViewSubmissionResponse(&next)); out.Action != "update" || !strings.Contains(string(b.w.views[v.ID].Title), "Thanks") {
		t.Errorf("update: got %+v", out)
	}
	if out := submit(nil); !out.Acked || out.Action != "" || b.w.views[v.ID] != nil {
		t.Errorf("plain: got %+v, want the modal closed", out)
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	home := api.HomeTabViewRequest{Type: api.VTHomeTab, Blocks: api.Blocks{BlockSet: []api.Block{api.NewDividerBlock()}}}
	first, err := b.client.PublishView(AdaID, home, "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.client.PublishView(AdaID, home, first.Hash)
	if err != nil || second.ID != first.ID || second.Hash == first.Hash {
		t.Errorf("again: got %+v, %v, want the same view with a new hash", second, err)
	}
	if _, err := b.client.PublishView(AdaID, home, first.Hash); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("a stale hash: got %v, want hash_conflict", err)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	if err := api.PostWebhook(b.server.URL+WebhookPath, &api.WebhookMessage{Text: "disk full"}); err != nil {
		t.Fatal(err)
	}
	m := b.messages("C0INCIDENTS", "")[0]
	if m.Text != "disk full" || m.Subtype != "bot_message" || m.BotID != webhookBotID {
		t.Errorf("got %+v, want a bot_message", m)
	}
	if err := api.PostWebhook(b.server.URL+WebhookPath+"x", &api.WebhookMessage{Text: "x"}); err == nil {
		t.Error("another URL: got no error")
	}
}
