package slack

import (
	"encoding/json"
	"fmt"
	"time"

	"shipmate/bot"
)

// A change is an event of subtype message_changed or message_deleted (https://docs.slack.dev/reference/events/message/message_changed).
type change struct {
	Subtype     string `json:"subtype"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	DeletedTS   string `json:"deleted_ts"`
	Message     *event `json:"message"`
	Previous    *event `json:"previous_message"`
}

// edit makes a request of a change of somebody's message. found is false when it is none that matters: Slack also tells of previews that it
// added, and of replies that a message got.
func (in *intake) edit(inner []byte) (req bot.Request, found bool, err error) {
	var c change
	if err := json.Unmarshal(inner, &c); err != nil || c.Channel == "" {
		return bot.Request{}, false, fmt.Errorf("%w: changed message", errUnreadable)
	}
	if c.Subtype == "message_deleted" {
		return in.deletion(c)
	}
	if c.Message == nil {
		return bot.Request{}, false, fmt.Errorf("%w: changed message", errUnreadable)
	}
	if c.Message.Subtype == "tombstone" { // what is left of a message with replies
		return in.deletion(c)
	}
	if !hasEdit(c.Message.Edited) || c.Previous != nil && c.Previous.Text == c.Message.Text {
		return bot.Request{}, false, nil
	}
	req, found, err = in.changed(c, *c.Message)
	if err != nil || !found {
		return bot.Request{}, false, err
	}
	original := req.ID
	req.Alias, req.Of = "", original
	_, mentioned := readText(c.Message.Text, in.who.UserID)
	var before bool
	if c.Previous != nil {
		_, before = readText(c.Previous.Text, in.who.UserID)
	}
	if mentioned && c.Previous != nil && !before && req.ReplyTo.Channel == c.Channel { // in direct messages everything is addressed anyway
		req.ID = mentionID(original)
		return req, true, nil
	}
	var edited struct {
		TS string `json:"ts"`
	}
	_ = json.Unmarshal(c.Message.Edited, &edited) // of an unknown form: one edit is like another
	req.Kind, req.ID = bot.Edited, original+"/edit/"+clip(edited.TS, 40)
	return req, true, nil
}

// deletion makes a request of a deleted message. What the message was stands in the event; where it does not, its place is guessed from its
// time, which is right for a message that opened its thread.
func (in *intake) deletion(c change) (req bot.Request, found bool, err error) {
	was := event{TS: c.DeletedTS}
	if c.Previous != nil {
		was = *c.Previous
	}
	if was.TS == "" {
		was.TS = c.DeletedTS
	}
	if was.User == "" && was.BotID == "" {
		was.User = "UNKNOWN"
	}
	req, found, err = in.changed(c, was)
	if err != nil || !found {
		return bot.Request{}, false, err
	}
	req.Kind, req.Of, req.Alias, req.Text = bot.Deleted, req.ID, "", ""
	req.ID += "/deleted"
	return req, true, nil
}

// changed makes the request of the message that a change is about.
func (in *intake) changed(c change, e event) (bot.Request, bool, error) {
	e.Type, e.Channel, e.ChannelType = "message", c.Channel, c.ChannelType
	at, ok := timeOf(e.TS)
	if !ok {
		return bot.Request{}, false, fmt.Errorf("%w: a changed message without time", errUnreadable)
	}
	req, found, err := in.message(e, at)
	req.Time = time.Now().UTC()
	return req, found, err
}

// mentionID is the ID of the request that an edit made of a message by adding the mention, however often it is edited.
func mentionID(original string) string { return original + "/mention" }
