package slack

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// scanned is a made-up Slack that answers the methods of a scan.
func scanned(t *testing.T, answers map[string]http.HandlerFunc) http.Handler {
	h, wait := (&script{}).handler(quietSocket)
	t.Cleanup(wait)
	mux := http.NewServeMux()
	mux.Handle("/", h)
	for method, answer := range answers {
		mux.HandleFunc("/api/"+method, answer)
	}
	return mux
}

// always answers with the same.
func always(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }
}

// Where a scope is missing that is said once, and the rest is looked through all the same.
func TestScanWithoutScopes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := map[string]http.HandlerFunc{}
		answers["users.conversations"] = func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("types") == "private_channel" {
				io.WriteString(w, `{"ok":false,"error":"missing_scope","needed":"groups:read","provided":"chat:write"}`)
				return
			}
			fmt.Fprintf(w, `{"ok":true,"channels":[{"id":"C%s1"},{"id":"C%s2"}]}`, r.FormValue("types"), r.FormValue("types"))
		}
		answers["conversations.history"] = func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.FormValue("channel"), "Cim") {
				io.WriteString(w, `{"ok":false,"error":"missing_scope","needed":"im:history","provided":"chat:write"}`)
				return
			}
			fmt.Fprintf(w, `{"ok":true,"messages":[{"type":"message","user":"UADA","text":"<@UBOT> hi","ts":"%d.000001"}]}`, time.Now().Add(-time.Minute).Unix())
		}
		store := &heardUntil{}
		w := newWorld(t, scanned(t, answers), Options{Positions: store})
		store.t = time.Now().Add(-2 * time.Minute)
		w.run()
		time.Sleep(5 * time.Minute)
		if n := len(w.taken.all()); n != 4 {
			t.Errorf("%d messages were found, want one in each of four channels", n)
		}
		time.Sleep(time.Hour)
		for _, scope := range []string{"groups:read", "im:history"} {
			if n := strings.Count(w.log.String(), "the scope "+scope); n != 1 {
				t.Errorf("%s was said to be missing %d times, want once", scope, n)
			}
		}
	})
}

// What was written before the bot joined a channel is not answered; an edited message may be what an edit made of it, and is taken once.
func TestScannedMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		laterThan2000()
		ts := func(ago time.Duration) string { return stamp(time.Now().Add(-ago)) }
		edited, old, joined, after := ts(4*time.Minute), ts(9*time.Minute), ts(8*time.Minute), ts(3*time.Minute)
		history := fmt.Sprintf(`{"ok":true,"messages":[
			{"type":"message","user":"UADA","text":"<@UBOT> after","ts":%q,"client_msg_id":"c1"},
			{"type":"message","user":"UADA","text":"<@UBOT> edited","ts":%q,"edited":{"user":"UADA","ts":%q},"client_msg_id":"c2"},
			{"type":"message","subtype":"channel_join","user":"UBOT","text":"<@UBOT> has joined","ts":%q},
			{"type":"message","subtype":"tombstone","user":"USLACKBOT","text":"This message was deleted.","ts":%q},
			{"type":"message","user":"UBOT","bot_id":"BBOT","text":"<@UBOT> mine","ts":%q},
			{"type":"message","user":"UADA","text":"<@UBOT> before","ts":%q}]}`, after, edited, after, joined, ts(5*time.Minute), ts(5*time.Minute), old)
		w := newWorld(t, scanned(t, map[string]http.HandlerFunc{
			"users.conversations":   always(`{"ok":true,"channels":[{"id":"C1"}]}`),
			"conversations.history": always(history),
		}), Options{Positions: &heardUntil{t: time.Now().Add(-time.Hour)}})
		w.run()
		time.Sleep(2 * time.Minute)
		id := func(ts string) string { return messageID("T1", "C1", ts) }
		w.taken.want(t, id(edited), id(after))
		// The change that Slack tells of late is known.
		late := bot.Request{ID: mentionID(id(edited)), Of: id(edited), Kind: bot.Ask}
		if err := w.taken.accept(t.Context(), late); err != nil {
			t.Error(err)
		}
		w.taken.want(t, id(edited), id(after))
	})
}
