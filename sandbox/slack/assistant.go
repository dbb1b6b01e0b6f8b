package slack

import (
	"encoding/json"
	"time"
)

// statusLife is how long an assistant status stays when no message follows.
const statusLife = 2 * time.Minute

// assistantThread finds the thread of an assistant method.
func (w *Workspace) assistantThread(c *call) (*channel, *message, error) {
	ch, err := w.writable(c.args["channel_id"])
	if err != nil {
		return nil, nil, err
	}
	c.log.Channel, c.log.ThreadTS = ch.ID, c.args["thread_ts"]
	m := ch.byTS[c.args["thread_ts"]]
	if m == nil {
		return nil, nil, fail("invalid_thread_ts", "no message %q", c.args["thread_ts"])
	}
	return ch, m, nil
}

func assistantSetStatus(w *Workspace, c *call) (response, error) {
	status, given := c.args["status"]
	if !given {
		return nil, fail("invalid_arguments", "status is missing")
	}
	var loading []string
	if raw := c.json("loading_messages"); raw != nil {
		if json.Unmarshal(raw, &loading) != nil || len(loading) > 10 {
			return nil, fail("invalid_arguments", "loading_messages must be a list of at most 10 texts")
		}
	}
	ch, m, err := w.assistantThread(c)
	if err != nil {
		return nil, err
	}
	w.setStatus(ch.ID, m.TS, status)
	return nil, nil
}

// setStatus shows a status in a thread, or clears it with "". The caller holds the lock.
func (w *Workspace) setStatus(channelID, threadTS, status string) {
	key := channelID + "/" + threadTS
	if t := w.status[key]; t != nil {
		t.Stop()
		delete(w.status, key)
	}
	if status != "" {
		var t *time.Timer
		t = time.AfterFunc(statusLife, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.status[key] == t { // else a newer status took its place
				w.setStatus(channelID, threadTS, "")
			}
		})
		w.status[key] = t
	}
	w.publish(streamEvent{Type: "status", Channel: channelID, ThreadTS: threadTS, Status: &status})
}

// clearStatus ends the status of a thread in which the app has just posted.
func (w *Workspace) clearStatus(c *channel, m *message) {
	if m.BotID == BotID && m.ThreadTS != "" && w.status[c.ID+"/"+m.ThreadTS] != nil {
		w.setStatus(c.ID, m.ThreadTS, "")
	}
}

func assistantSetTitle(w *Workspace, c *call) (response, error) {
	if c.args["title"] == "" {
		return nil, fail("invalid_arguments", "title is missing")
	}
	_, _, err := w.assistantThread(c)
	return nil, err
}

func assistantSetPrompts(w *Workspace, c *call) (response, error) {
	var prompts []struct{ Title, Message string }
	if json.Unmarshal([]byte(c.args["prompts"]), &prompts) != nil || len(prompts) == 0 || len(prompts) > 4 {
		return nil, fail("invalid_arguments", "prompts must be a list of one to four objects")
	}
	_, _, err := w.assistantThread(c)
	return nil, err
}
