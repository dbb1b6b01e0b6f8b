package slack

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// An ephemeral is a message only one person sees. It is not stored, but its buttons work.
type ephemeral struct {
	channel *channel
	user    string
	message *message
}

// maxEphemeral bounds how many ephemeral messages keep working buttons.
const maxEphemeral = 1000

func chatPostEphemeral(w *Workspace, c *call) (response, error) {
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	u := w.user(c.args["user"])
	if u == nil {
		return nil, fail("user_not_found", "no person %q", c.args["user"])
	}
	if !ch.has(u.ID) {
		return nil, fail("user_not_in_channel", "%s is not in the channel", u.Name)
	}
	content, err := w.readContent(c.args)
	if err != nil {
		return nil, err
	}
	if content.empty() {
		return nil, fail("no_text", "the message is empty")
	}
	m := newBotMessage(content)
	m.ThreadTS = c.args["thread_ts"]
	return response{"message_ts": w.postEphemeral(ch, u.ID, m)}, nil
}

// postEphemeral shows m to one person and returns its timestamp.
func (w *Workspace) postEphemeral(c *channel, userID string, m *message) string {
	m.TS = c.nextTS(time.Now())
	if len(w.ephemeral) >= maxEphemeral {
		oldest := ""
		for ts := range w.ephemeral {
			if oldest == "" || compareTS(ts, oldest) < 0 {
				oldest = ts
			}
		}
		delete(w.ephemeral, oldest)
	}
	w.ephemeral[m.TS] = &ephemeral{channel: c, user: userID, message: m}
	w.publish(streamEvent{Type: "ephemeral", Channel: c.ID, User: userID, Message: m})
	return m.TS
}

// controlEphemerals lists what only one person was shown in a channel, as far as it is remembered.
func (w *Workspace) controlEphemerals(r *http.Request, _ none) (any, error) {
	user := w.person(r.FormValue("user"))
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.byID[r.FormValue("channel")]
	if c == nil {
		return nil, fail("channel_not_found", "no channel %q", r.FormValue("channel"))
	}
	found := []*message{}
	for _, e := range w.ephemeral {
		if e.channel == c && e.user == user {
			found = append(found, e.message)
		}
	}
	slices.SortFunc(found, func(a, b *message) int { return compareTS(a.TS, b.TS) })
	raw, err := json.Marshal(found) // while the lock is held
	return response{"messages": json.RawMessage(raw)}, err
}
