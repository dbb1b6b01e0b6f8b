package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"shipmate/bot"
)

// An event is what the bot reads of the Events API: messages and mentions (https://docs.slack.dev/reference/events/message). It is decoded
// here and not with slackevents, which refuses a whole message for one block, attachment or file of a shape that it does not know; the
// bot needs none of those.
type event struct {
	Type        string          `json:"type"`
	Subtype     string          `json:"subtype"`
	Channel     string          `json:"channel"`
	ChannelType string          `json:"channel_type"` // channel, group, im or mpim; absent in mentions
	User        string          `json:"user"`
	Username    string          `json:"username"` // of some bots
	BotID       string          `json:"bot_id"`
	AppID       string          `json:"app_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	ThreadTS    string          `json:"thread_ts"`
	Edited      json.RawMessage `json:"edited"`
	ClientMsgID string          `json:"client_msg_id"` // of messages that people type
}

// heardSubtypes are the subtypes that are messages like those without one. Changed and deleted messages are in edits.go; all others are left
// alone: joins and topics are no messages.
var heardSubtypes = []string{"", "bot_message", "thread_broadcast", "file_share"}

// event makes a request of an Events API payload. found is false when it holds nothing for the bot.
func (in *intake) event(payload []byte) (req bot.Request, found bool, err error) {
	var outer struct {
		Type  string          `json:"type"`
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(payload, &outer); err != nil {
		return bot.Request{}, false, fmt.Errorf("%w: outer event", errUnreadable)
	}
	if outer.Type == "app_rate_limited" {
		in.c.log.Error("slack dropped events: more than 30,000 in an hour")
		return bot.Request{}, false, nil
	}
	var kind struct {
		Type    string `json:"type"`
		Subtype string `json:"subtype"`
	}
	if err := json.Unmarshal(outer.Event, &kind); err != nil || kind.Type == "" {
		return bot.Request{}, false, fmt.Errorf("%w: inner event", errUnreadable)
	}
	if kind.Type == "message" && (kind.Subtype == "message_changed" || kind.Subtype == "message_deleted") {
		return in.edit(outer.Event)
	}
	if kind.Type == "link_shared" {
		return in.links(outer.Event)
	}
	if kind.Type != "message" && kind.Type != "app_mention" || !slices.Contains(heardSubtypes, kind.Subtype) {
		return bot.Request{}, false, nil
	}
	var e event
	if err := json.Unmarshal(outer.Event, &e); err != nil {
		return bot.Request{}, false, fmt.Errorf("%w: inner event %s", errUnreadable, kind.Type)
	}
	at, ok := timeOf(e.TS)
	if !ok || e.Channel == "" {
		return bot.Request{}, false, fmt.Errorf("%w: a message without channel or time", errUnreadable)
	}
	if hasEdit(e.Edited) {
		return bot.Request{}, false, nil // a mention that an edit added: message_changed tells what it was before
	}
	return in.message(e, at)
}

// message makes a request of a message, or of the mention that Slack sends beside it: both give the same request.
func (in *intake) message(e event, at time.Time) (bot.Request, bool, error) {
	if in.own(e) || e.User == "" && e.BotID == "" {
		return bot.Request{}, false, nil
	}
	program := e.BotID != "" || e.Subtype == "bot_message" || e.User == "USLACKBOT"
	text, mentioned := readText(e.Text, in.who.UserID)
	direct := e.ChannelType == "im" || strings.HasPrefix(e.Channel, "D")
	req := bot.Request{
		ID:      messageID(in.who.TeamID, e.Channel, e.TS),
		Kind:    bot.Message,
		From:    bot.Actor{Surface: bot.Slack, ID: cmp.Or(e.User, e.BotID), Bot: program},
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: e.Channel, Thread: e.ThreadTS, Message: e.TS},
		Text:    text,
		Time:    at,
	}
	switch {
	case program:
		req.From.Name = bot.CleanLine(clip(e.Username, 80))
		req.From.ID = in.programID(e)
		if (mentioned || e.Type == "app_mention") && !direct {
			req.Kind = bot.Ask // the Router knows which programs may ask
		}
	default:
		if e.ClientMsgID != "" {
			req.Alias = "slack:" + in.who.TeamID + "/cmid/" + clip(e.ClientMsgID, 80)
		}
		req.ReplyTo.Channel = placeChannel(direct, e.Channel, e.User)
		if direct || mentioned || e.Type == "app_mention" {
			req.Kind = bot.Ask
		}
	}
	if req.ReplyTo.Thread == "" && !direct {
		req.ReplyTo.Thread = e.TS // the answer opens a thread; in a direct message the whole channel is the conversation
	}
	return req, true, nil
}

// programID is the ID under which a program is known: that of the two which is listed in the roles, else its user's.
func (in *intake) programID(e event) string {
	if slices.Contains(in.c.roles.Bots, e.BotID) {
		return e.BotID
	}
	return cmp.Or(e.User, e.BotID)
}

// placeChannel is the channel of a place: a direct message goes by the person it is with, so that it has one name, whether or not Slack says
// which channel it is.
func placeChannel(direct bool, channel, person string) string {
	if direct {
		return person
	}
	return channel
}

// own reports whether the bot wrote the message itself.
func (in *intake) own(e event) bool {
	return e.User != "" && e.User == in.who.UserID ||
		e.BotID != "" && e.BotID == in.who.BotID ||
		e.AppID != "" && e.AppID == in.c.who.app()
}

// hasEdit reports whether a message was edited before it was told of, which is how a mention that was added later looks.
func hasEdit(edited json.RawMessage) bool { return len(edited) > 0 && string(edited) != "null" }

func messageID(team, channel, ts string) string { return "slack:" + team + "/" + channel + "/" + ts }

// timeOf reads a timestamp of Slack: Unix seconds, a dot and six digits, which also name the message in its channel.
func timeOf(ts string) (time.Time, bool) {
	whole, fraction, ok := strings.Cut(ts, ".")
	if !ok || len(fraction) != 6 || len(whole) > 12 || !digits(whole) || !digits(fraction) {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	micros, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(seconds, micros*1000).UTC(), true
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
