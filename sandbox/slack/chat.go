package slack

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

func chatPostMessage(w *Workspace, c *call) (response, error) {
	if c.args["channel"] == "" {
		return nil, fail("channel_not_found", "the call names no channel")
	}
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	content, err := w.readContent(c.args)
	if err != nil {
		return nil, err
	}
	if content.empty() {
		return nil, fail("no_text", "the message is empty")
	}
	if wait := w.limits.take(ch.ID, time.Now()); wait > 0 {
		return nil, &slackError{Code: "ratelimited", Wait: wait}
	}
	m := newBotMessage(content)
	m.ThreadTS = c.args["thread_ts"]
	if err := w.post(ch, m, c.flag("reply_broadcast")); err != nil {
		return nil, err
	}
	return response{"channel": ch.ID, "ts": m.TS, "message": m}, nil
}

// appMessage returns the message of the app's that a call names, and its channel. A message of somebody else's is the error notOwn.
func (w *Workspace) appMessage(c *call, notOwn string) (*channel, *message, error) {
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, nil, err
	}
	m := ch.byTS[c.args["ts"]]
	if m == nil || m.Subtype == "tombstone" {
		return nil, nil, fail("message_not_found", "no message %q", c.args["ts"])
	}
	if m.BotID != BotID {
		return nil, nil, fail(notOwn, "the message is not the app's own")
	}
	return ch, m, nil
}

func chatUpdate(w *Workspace, c *call) (response, error) {
	ch, m, err := w.appMessage(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if m.StreamingState == streaming {
		return nil, fail("streaming_state_conflict", "the message is being streamed")
	}
	content, err := w.readContent(c.args)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(content.text) > maxUpdateText {
		return nil, fail("msg_too_long", "the text has more than %d characters", maxUpdateText)
	}
	if content.empty() {
		return nil, fail("no_text", "the message is empty")
	}
	w.change(ch, m, func(m *message) {
		_, given := c.args["text"]
		if given && content.text != m.Text {
			m.Edited = &edited{User: BotUserID, TS: formatTS(time.Now().UnixMicro())}
		}
		if given || content.text != "" {
			m.Text = content.text
		}
		m.setLists(content)
	})
	return response{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": m}, nil
}

func chatDelete(w *Workspace, c *call) (response, error) {
	ch, m, err := w.appMessage(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	ts := m.TS
	w.remove(ch, m)
	return response{"channel": ch.ID, "ts": ts}, nil
}

func chatGetPermalink(w *Workspace, c *call) (response, error) {
	c.log.TS = c.args["message_ts"]
	ch, err := w.conversation(c.args["channel"])
	if err != nil {
		return nil, err
	}
	m := ch.byTS[c.args["message_ts"]]
	if m == nil {
		return nil, fail("message_not_found", "no message %q", c.args["message_ts"])
	}
	return response{"channel": ch.ID, "permalink": permalink(c.base, ch, m)}, nil
}

func chatUnfurl(w *Workspace, c *call) (response, error) {
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	m := ch.byTS[c.args["ts"]]
	if m == nil {
		return nil, fail("cannot_find_message", "no message %q", c.args["ts"])
	}
	var unfurls map[string]map[string]any
	if err := json.Unmarshal([]byte(cmp.Or(c.args["unfurls"], "{}")), &unfurls); err != nil {
		return nil, fail("invalid_unfurls_format", "%v", err)
	}
	if len(unfurls) == 0 {
		return nil, fail("missing_unfurls", "the call has no unfurls")
	}
	var list []map[string]any
	if m.Attachments != nil {
		if err := json.Unmarshal(m.Attachments, &list); err != nil {
			return nil, err
		}
	}
	for _, link := range slices.Sorted(maps.Keys(unfurls)) {
		if unfurls[link] == nil {
			return nil, fail("invalid_unfurls_format", "the unfurl of %q is no object", link)
		}
		unfurls[link]["from_url"], unfurls[link]["app_unfurl_url"], unfurls[link]["is_app_unfurl"] = link, link, true
		list = append(list, unfurls[link])
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	w.change(ch, m, func(m *message) { m.Attachments = raw })
	return nil, nil
}
