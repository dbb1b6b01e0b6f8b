package slack

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxChannelName = 80
	maxTopic       = 250
)

// checkName checks the name of a channel that is new or gets a new one.
func (w *Workspace) checkName(name string) error {
	switch {
	case name == "":
		return fail("invalid_name_required", "the channel needs a name")
	case utf8.RuneCountInString(name) > maxChannelName:
		return fail("invalid_name_maxlength", "the name has more than %d characters", maxChannelName)
	case strings.Trim(name, "-_") == "":
		return fail("invalid_name_punctuation", "the name has nothing but punctuation")
	case strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}):
		return fail("invalid_name_specials", "a name has lower-case letters, digits, hyphens and underscores only")
	case slices.ContainsFunc(w.channels, func(c *channel) bool { return c.Name == name }):
		return fail("name_taken", "there is a channel %q", name)
	}
	return nil
}

func conversationsCreate(w *Workspace, c *call) (response, error) {
	name := strings.TrimPrefix(c.args["name"], "#")
	if err := w.checkName(name); err != nil {
		return nil, err
	}
	ch := &channel{ID: newID("C"), Name: name, Private: c.flag("is_private"), Creator: BotUserID, Members: []string{BotUserID}}
	w.addChannel(ch)
	w.save(record{Op: opChannel, Conversation: ch})
	if !ch.Private {
		w.emit(response{
			"type": "channel_created", "event_ts": formatTS(time.Now().UnixMicro()),
			"channel": response{"id": ch.ID, "name": name, "created": time.Now().Unix(), "creator": BotUserID},
		})
	}
	return response{"channel": ch.info()}, nil
}

// managed finds a channel that the app may change: it is a member, and it is no direct or group message.
func (w *Workspace) managed(c *call) (*channel, error) {
	if w.byID[c.args["channel"]] == nil {
		return nil, fail("channel_not_found", "no channel %q", c.args["channel"])
	}
	ch, err := w.writable(c.args["channel"])
	if err == nil && (ch.IsIM || ch.IsMpIM) {
		return nil, fail("method_not_supported_for_channel_type", "not for direct and group messages")
	}
	return ch, err
}

// conversationsInvite adds all of the people, or nobody.
func conversationsInvite(w *Workspace, c *call) (response, error) {
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	people := strings.FieldsFunc(c.args["users"], func(r rune) bool { return r == ',' || r == ' ' })
	for _, id := range people {
		switch {
		case w.user(id) == nil:
			return nil, fail("user_not_found", "no person %q", id)
		case id == BotUserID:
			return nil, fail("cant_invite_self", "the app is in the channel")
		case ch.has(id):
			return nil, fail("already_in_channel", "%s is in the channel", id)
		}
	}
	if len(people) == 0 {
		return nil, fail("no_user", "the call names nobody")
	}
	for _, id := range people {
		w.join(ch, id, BotUserID)
	}
	return response{"channel": ch.info()}, nil
}

func conversationsKick(w *Workspace, c *call) (response, error) {
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	id := c.args["user"]
	switch {
	case w.user(id) == nil:
		return nil, fail("user_not_found", "no person %q", id)
	case id == BotUserID:
		return nil, fail("cant_kick_self", "conversations.leave is for that")
	case !ch.has(id):
		return nil, fail("not_in_channel", "%s is not in the channel", id)
	}
	w.part(ch, id)
	return nil, nil
}

func conversationsLeave(w *Workspace, c *call) (response, error) {
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	w.part(ch, BotUserID)
	return nil, nil
}

// part takes a member out and says so.
func (w *Workspace) part(c *channel, userID string) {
	if c.has(BotUserID) {
		short := map[string]string{"channel": "C", "group": "G"}[c.kind()]
		w.emit(response{
			"type": "member_left_channel", "user": userID, "channel": c.ID, "channel_type": short, "team": TeamID,
			"event_ts": formatTS(time.Now().UnixMicro()),
		})
	}
	c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(id string) bool { return id == userID })
	w.save(record{Op: opChannel, Conversation: c})
}

func conversationsRename(w *Workspace, c *call) (response, error) {
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(c.args["name"], "#")
	if err := w.checkName(name); err != nil {
		return nil, err
	}
	ch.Name = name
	w.save(record{Op: opChannel, Conversation: ch})
	return response{"channel": ch.info()}, nil
}

func conversationsSetTopic(w *Workspace, c *call) (response, error) {
	return w.describe(c, "topic", func(ch *channel, text string) { ch.Topic = text })
}

func conversationsSetPurpose(w *Workspace, c *call) (response, error) {
	return w.describe(c, "purpose", func(ch *channel, text string) { ch.Purpose = text })
}

// describe sets the topic or the purpose.
func (w *Workspace) describe(c *call, key string, set func(*channel, string)) (response, error) {
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	text := c.args[key]
	if utf8.RuneCountInString(text) > maxTopic {
		return nil, fail("too_long", "a %s has at most %d characters", key, maxTopic)
	}
	set(ch, text)
	w.save(record{Op: opChannel, Conversation: ch})
	return response{key: text, "channel": ch.info()}, nil
}

func conversationsArchive(w *Workspace, c *call) (response, error) {
	ch := w.byID[c.args["channel"]]
	if ch != nil && ch.has(BotUserID) && ch.Archived {
		return nil, fail("already_archived", "the channel is archived")
	}
	ch, err := w.managed(c)
	if err != nil {
		return nil, err
	}
	ch.Archived = true
	w.save(record{Op: opChannel, Conversation: ch})
	return nil, nil
}

func conversationsUnarchive(w *Workspace, c *call) (response, error) {
	ch, err := w.readableByID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	if !ch.Archived {
		return nil, fail("not_archived", "the channel is not archived")
	}
	ch.Archived = false
	w.save(record{Op: opChannel, Conversation: ch})
	return nil, nil
}

// conversationsClose closes a direct or group message, which the stand-in has no view of: nothing changes.
func conversationsClose(w *Workspace, c *call) (response, error) {
	ch, err := w.readableByID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	if !ch.IsIM && !ch.IsMpIM {
		return nil, fail("method_not_supported_for_channel_type", "only direct and group messages are closed")
	}
	return response{"no_op": true, "already_closed": true}, nil
}
