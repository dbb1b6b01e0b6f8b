package slack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// tsOf is the timestamp in a message's ID.
func tsOf(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// kinds are the kinds of the requests that were taken about a message, in order, with their texts.
func (a *taken) kinds(id string) (got []string) {
	for _, r := range a.all() {
		if r.ID == id || r.Of == id {
			got = append(got, string(r.Kind)+" "+r.Text)
		}
	}
	return got
}

func (a *taken) wantKinds(t *testing.T, id string, want ...string) {
	t.Helper()
	if got := a.kinds(id); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFaultsOfOwnMessages(t *testing.T) {
	t.Parallel()
	fault(t, "fault 25 what the bot writes, edits and deletes itself is ignored", func(t *testing.T, w *world) {
		to := bot.Place{Surface: bot.Slack, Channel: eng}
		ref, err := w.client.Post(t.Context(), to, "", "k", bot.Reply{Title: "one"})
		if err == nil {
			_, err = w.client.Post(t.Context(), to, ref, "k", bot.Reply{Title: "two"})
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.client.api.DeleteMessageContext(t.Context(), eng, ref); err != nil {
			t.Fatal(err)
		}
		// A mention of itself, in whatever way it is marked as the bot's.
		for _, author := range []string{`"user":"` + sandbox.BotUserID + `"`, `"bot_id":"` + sandbox.BotID + `"`, `"user":"USOMEBODY","bot_id":"BOTHER","app_id":"` + sandbox.AppID + `"`} {
			for _, kind := range []string{"message", "app_mention"} {
				w.control("event", map[string]any{"event": rawJSON(fmt.Sprintf(`{"type":%q,%s,"channel":%q,"text":"<@%s> help","ts":%q}`, kind, author, eng, sandbox.BotUserID, stamp(time.Now())))})
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Minute)
		w.taken.want(t)
		if sent, acked := w.calls("envelope.send"), w.calls("envelope.ack"); sent < 9 || acked != sent {
			t.Errorf("%d envelopes and %d acknowledgements", sent, acked)
		}
	})
}

func TestFaultsOfOtherBots(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		listed []string
		author string
		id     string
		role   bot.Role
	}{
		"fault 26 a bot that is not listed asks: it is known as one and has no role":       {nil, `"user":"UCI","bot_id":"BCI"`, "UCI", bot.Nobody},
		"fault 26 a bot that is listed by its user asks: it is a viewer":                   {[]string{"UCI"}, `"user":"UCI","bot_id":"BCI"`, "UCI", bot.Viewer},
		"fault 26 a bot that is listed by its bot ID asks: it is a viewer":                 {[]string{"BCI"}, `"user":"UCI","bot_id":"BCI"`, "BCI", bot.Viewer},
		"fault 26 a bot without a user that is listed asks: it is a viewer":                {[]string{"BCI"}, `"subtype":"bot_message","bot_id":"BCI"`, "BCI", bot.Viewer},
		"fault 26 another bot than the listed one asks: it has no role":                    {[]string{"BOTHER"}, `"user":"UCI","bot_id":"BCI"`, "UCI", bot.Nobody},
		"fault 26 a bot of the role of all members asks: programs are nobody's colleagues": {nil, `"user":"` + sandbox.AdaID + `","bot_id":"BCI"`, sandbox.AdaID, bot.Nobody},
	} {
		fault(t, name, func(t *testing.T, w *world) {
			w.client.roles.Bots = tt.listed
			var want string
			for _, kind := range []string{"app_mention", "message"} { // as Slack tells of one mention
				at := stamp(time.Now())
				want = messageID(sandbox.TeamID, eng, at)
				w.control("event", map[string]any{"event": rawJSON(fmt.Sprintf(`{"type":%q,%s,"channel":%q,"text":"<@%s> help","ts":%q}`, kind, tt.author, eng, sandbox.BotUserID, at))})
			}
			time.Sleep(time.Second)
			w.taken.want(t, want)
			for _, r := range w.taken.all() {
				if r.Kind != bot.Ask || !r.From.Bot || r.From.ID != tt.id || r.Alias != "" {
					t.Errorf("got %+v, want an ask of the program %s", r, tt.id)
				}
				if role, err := w.client.Role(t.Context(), r); role != tt.role || err != nil {
					t.Errorf("got role %v, %v, want %v", role, err, tt.role)
				}
			}
		})
	}
}

func TestFaultsOfEdits(t *testing.T) {
	t.Parallel()
	edit := func(w *world, id, text string) {
		w.control("edit", map[string]any{"channel": eng, "ts": tsOf(id), "text": text})
		time.Sleep(time.Second)
	}
	fault(t, "fault 27 edited: the text is replaced and nothing is asked again", func(t *testing.T, w *world) {
		id := w.say(eng, "", "@shipmate help")
		time.Sleep(time.Second)
		edit(w, id, "@shipmate risk #1")
		edit(w, id, "@shipmate risk #2")
		w.taken.wantKinds(t, id, "ask help", "edited risk #1", "edited risk #2")
	})
	fault(t, "fault 27 edited until it mentions the bot: asked once, however often it is edited", func(t *testing.T, w *world) {
		id := w.say(eng, "", "help")
		time.Sleep(time.Second)
		edit(w, id, "@shipmate help")
		edit(w, id, "help")
		edit(w, id, "@shipmate help me")
		w.taken.wantKinds(t, id, "message help", "ask help", "edited help")
	})
	fault(t, "fault 27 edited in a thread and in a direct message: it stays in its conversation", func(t *testing.T, w *world) {
		root := w.say(eng, "", "root")
		reply := w.say(eng, tsOf(root), "@shipmate help")
		direct := w.say(dm, "", "help")
		time.Sleep(time.Second)
		edit(w, reply, "@shipmate risk #1")
		w.control("edit", map[string]any{"channel": dm, "ts": tsOf(direct), "text": "@shipmate risk #2"})
		time.Sleep(time.Second)
		places := map[string]string{}
		for _, r := range w.taken.all() {
			about := r.ID
			if r.Of != "" {
				about = r.Of
			}
			if was, ok := places[about]; ok && was != r.ReplyTo.Conversation() {
				t.Errorf("%s is of %s and of %s", about, was, r.ReplyTo.Conversation())
			}
			places[about] = r.ReplyTo.Conversation()
		}
		w.taken.wantKinds(t, reply, "ask help", "edited risk #1")
		w.taken.wantKinds(t, direct, "ask help", "edited risk #2")
	})
	fault(t, "fault 27 an edit that comes four times, and after a later one: each is taken once", func(t *testing.T, w *world) {
		id := w.say(eng, "", "@shipmate help")
		time.Sleep(time.Second)
		w.space.InjectSocket(sandbox.SocketFault{What: sandbox.FaultDropAck, Times: 3})
		edit(w, id, "@shipmate risk #1")
		edit(w, id, "@shipmate risk #2")
		time.Sleep(20 * time.Minute)
		if got := w.taken.kinds(id); len(got) != 3 {
			t.Errorf("got %q, want the ask and two edits", got)
		}
	})
	fault(t, "fault 27 a preview that Slack adds is no edit", func(t *testing.T, w *world) {
		at := stamp(time.Now())
		w.control("event", map[string]any{"event": rawJSON(fmt.Sprintf(`{"type":"message","subtype":"message_changed","hidden":true,"channel":%q,"ts":%q,
			"message":{"type":"message","user":"UADA","text":"<@%s> http://x","ts":%q,"attachments":[{"id":1}]},
			"previous_message":{"type":"message","user":"UADA","text":"<@%s> http://x","ts":%q}}`, eng, at, sandbox.BotUserID, at, sandbox.BotUserID, at))})
		time.Sleep(time.Second)
		w.taken.want(t)
	})
}

func TestFaultsOfDeletions(t *testing.T) {
	t.Parallel()
	remove := func(w *world, id string) {
		w.control("delete", map[string]any{"channel": eng, "ts": tsOf(id)})
		time.Sleep(time.Second)
	}
	fault(t, "fault 28 deleted: what was asked is cancelled", func(t *testing.T, w *world) {
		id := w.say(eng, "", "@shipmate help")
		time.Sleep(time.Second)
		remove(w, id)
		w.taken.wantKinds(t, id, "ask help", "deleted ")
	})
	fault(t, "fault 28 deleted below others: what was asked is cancelled in its thread", func(t *testing.T, w *world) {
		root := w.say(eng, "", "root")
		id := w.say(eng, tsOf(root), "@shipmate help")
		time.Sleep(time.Second)
		remove(w, id)
		w.taken.wantKinds(t, id, "ask help", "deleted ")
		if all := w.taken.all(); all[1].ReplyTo.Conversation() != all[len(all)-1].ReplyTo.Conversation() {
			t.Errorf("the deletion is of %+v, want %+v", all[len(all)-1].ReplyTo, all[1].ReplyTo)
		}
	})
	fault(t, "fault 28 deleted with answers below, which leaves a tombstone: what was asked is cancelled", func(t *testing.T, w *world) {
		id := w.say(eng, "", "@shipmate help")
		w.say(eng, tsOf(id), "me too")
		time.Sleep(time.Second)
		remove(w, id)
		w.taken.wantKinds(t, id, "ask help", "deleted ")
	})
}
