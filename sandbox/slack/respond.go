package slack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	responseURLUses = 5
	responseURLLife = 30 * time.Minute
)

// A responseURL lets the app answer an interaction or a slash command without a token, a few times.
type responseURL struct {
	channel *channel
	user    string // whom ephemeral answers are for
	ts      string // the message it came from; empty for a slash command
	thread  string
	uses    int
	until   time.Time
}

// newResponseURL registers u and returns its address. The caller holds the lock.
func (w *Workspace) newResponseURL(base string, u *responseURL) string {
	now := time.Now()
	for id, old := range w.responses {
		if now.After(old.until.Add(responseURLLife)) {
			delete(w.responses, id)
		}
	}
	id := rand.Text()
	u.until = now.Add(responseURLLife)
	w.responses[id] = u
	return base + "/response/" + id
}

// serveResponseURL answers a use of a response URL.
func (w *Workspace) serveResponseURL(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	a, err := readJSONArgs(http.MaxBytesReader(rw, r.Body, maxRequestBytes))
	w.mu.Lock()
	c := Call{Time: start, Method: "response_url", UserAgent: r.UserAgent(), Status: http.StatusOK}
	if err == nil {
		err = w.useResponseURL(r.PathValue("id"), a, &c)
	}
	w.mu.Unlock()
	answer := response{"ok": true}
	if err != nil {
		e, ok := errors.AsType[*slackError](err)
		if !ok {
			e = &slackError{Code: "internal_error"}
		}
		answer, c.Error = response{"ok": false, "error": e.Code}, e.Code
		if c.Status == http.StatusOK {
			c.Status = http.StatusBadRequest
		}
	}
	c.OK = err == nil
	c.MS = float64(time.Since(start).Microseconds()) / 1000
	w.calls.add(c)
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(c.Status)
	json.NewEncoder(rw).Encode(answer)
}

func (w *Workspace) useResponseURL(id string, a args, c *Call) error {
	u := w.responses[id]
	switch {
	case u == nil:
		c.Status = http.StatusNotFound
		return fail("invalid_url", "no such response_url")
	case time.Now().After(u.until):
		c.Status = http.StatusNotFound
		return fail("expired_url", "the response_url is older than %v", responseURLLife)
	case u.uses >= responseURLUses:
		c.Status = http.StatusNotFound
		return fail("used_url", "the response_url was used %d times", responseURLUses)
	}
	u.uses++
	c.Channel, c.TS = u.channel.ID, u.ts
	return w.respond(u, a)
}

// respond posts an answer to an interaction or a slash command: only for the person who caused it unless response_type is
// in_channel; replace_original and delete_original change the message the interaction came from.
func (w *Workspace) respond(u *responseURL, a args) error {
	original, hidden := u.channel.byTS[u.ts], w.ephemeral[u.ts]
	if a.flag("delete_original") {
		switch {
		case original != nil:
			w.remove(u.channel, original)
		case hidden != nil:
			delete(w.ephemeral, u.ts)
			w.publish(streamEvent{Type: "ephemeral", Channel: u.channel.ID, User: u.user, Message: hidden.message, Removed: true})
		}
		return nil
	}
	content, err := readContent(a)
	if err != nil {
		return err
	}
	if content.empty() {
		return fail("no_text", "the answer is empty")
	}
	m := newBotMessage(content)
	switch {
	case a.flag("replace_original") && original != nil:
		w.change(u.channel, original, func(o *message) {
			o.Text, o.Blocks, o.Attachments = m.Text, m.Blocks, m.Attachments
			o.Edited = &edited{User: BotUserID, TS: formatTS(time.Now().UnixMicro())}
		})
		return nil
	case a.flag("replace_original") && hidden != nil:
		hidden.message.Text, hidden.message.Blocks, hidden.message.Attachments = m.Text, m.Blocks, m.Attachments
		w.publish(streamEvent{Type: "ephemeral", Channel: u.channel.ID, User: u.user, Message: hidden.message})
		return nil
	}
	m.ThreadTS = a["thread_ts"]
	if a["response_type"] == "in_channel" {
		return w.post(u.channel, m, false)
	}
	w.postEphemeral(u.channel, u.user, m)
	return nil
}

// serveWebhook posts through the incoming webhook of the workspace, into #incidents. Unlike the Web API it answers in plain
// text and with HTTP statuses.
func (w *Workspace) serveWebhook(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := Call{Time: start, Method: "webhook", UserAgent: r.UserAgent(), Status: http.StatusOK, OK: true}
	text := "ok"
	if err := w.webhook(rw, r, &c); err != nil {
		c.OK, text = false, "invalid_payload"
		if e, ok := errors.AsType[*slackError](err); ok {
			text = e.Code
			if e.Wait > 0 {
				c.Status = http.StatusTooManyRequests
				rw.Header().Set("Retry-After", retryAfter(e.Wait))
			}
		}
		c.Error = text
		if c.Status == http.StatusOK {
			c.Status = http.StatusBadRequest
		}
	}
	c.MS = float64(time.Since(start).Microseconds()) / 1000
	w.calls.add(c)
	rw.WriteHeader(c.Status)
	io.WriteString(rw, text)
}

func (w *Workspace) webhook(rw http.ResponseWriter, r *http.Request, c *Call) error {
	if r.URL.Path != WebhookPath {
		c.Status = http.StatusForbidden
		return fail("invalid_token", "not the webhook of this workspace")
	}
	r.Body = http.MaxBytesReader(rw, r.Body, maxRequestBytes)
	a, err := readArgs(r)
	if payload, form := a["payload"]; err == nil && form {
		a = args{}
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(payload), &object); err != nil {
			return fail("invalid_payload", "%v", err)
		}
		for key, value := range object {
			a.set(key, value)
		}
	}
	if err != nil {
		return fail("invalid_payload", "%v", err)
	}
	content, err := readContent(a)
	if err != nil {
		return err
	}
	if content.empty() {
		return fail("no_text", "the message is empty")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := w.byID["C0INCIDENTS"]
	if ch.Archived {
		c.Status = http.StatusGone
		return fail("channel_is_archived", "the channel is archived")
	}
	if wait := w.limits.take(ch.ID, time.Now()); wait > 0 {
		return &slackError{Code: "rate_limited", Wait: wait}
	}
	m := &message{Subtype: "bot_message", BotID: webhookBotID, Username: webhookName, Text: cut(content.text, maxText), ThreadTS: a["thread_ts"]}
	m.setLists(content)
	if err := w.post(ch, m, false); err != nil {
		return err
	}
	c.Channel, c.TS = ch.ID, m.TS
	return nil
}
