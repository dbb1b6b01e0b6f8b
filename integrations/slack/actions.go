package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// actionPrefix begins the action_id of every button that the renderer makes. A press on anything else is not for the bot.
const actionPrefix = "shipmate:"

// A press is what the bot reads of a block_actions payload (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload).
type press struct {
	Type      string `json:"type"`
	TriggerID string `json:"trigger_id"`
	User      struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		ChannelID string `json:"channel_id"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Message struct {
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
	Actions []struct {
		ActionID string `json:"action_id"`
		ActionTS string `json:"action_ts"`
		Type     string `json:"type"`
		Value    string `json:"value"`
	} `json:"actions"`
}

// click makes a request of an interactive payload. found is false when it is not a press on one of the bot's buttons.
func (in *intake) click(payload []byte) (req bot.Request, found bool, err error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(payload, &kind); err != nil || kind.Type == "" {
		return bot.Request{}, false, fmt.Errorf("%w: interactive payload", errUnreadable)
	}
	if kind.Type != string(slack.InteractionTypeBlockActions) {
		return bot.Request{}, false, nil
	}
	var p press
	if err := json.Unmarshal(payload, &p); err != nil {
		return bot.Request{}, false, fmt.Errorf("%w: block_actions", errUnreadable)
	}
	channel := cmp.Or(p.Container.ChannelID, p.Channel.ID)
	for _, a := range p.Actions {
		if a.Type != "button" || a.Value == "" || !strings.HasPrefix(a.ActionID, actionPrefix) {
			continue
		}
		if channel == "" || p.User.ID == "" || p.TriggerID == "" && a.ActionTS == "" {
			return bot.Request{}, false, fmt.Errorf("%w: a button without person or place", errUnreadable)
		}
		at, ok := timeOf(a.ActionTS)
		if !ok {
			at = time.Now().UTC()
		}
		direct := strings.HasPrefix(channel, "D")
		place := bot.Place{
			Surface: bot.Slack, Channel: placeChannel(direct, channel, p.User.ID), Message: p.Container.MessageTS,
			Thread: cmp.Or(p.Message.ThreadTS, p.Container.ThreadTS),
		}
		if place.Thread == "" && !direct {
			place.Thread = p.Container.MessageTS
		}
		id := cmp.Or(p.TriggerID, a.ActionTS+"+"+p.User.ID+"+"+a.ActionID)
		return bot.Request{
			ID: "slack:" + in.who.TeamID + "/click/" + id, Kind: bot.Click, ReplyTo: place, Time: at,
			From: bot.Actor{Surface: bot.Slack, ID: p.User.ID, Name: bot.CleanLine(clip(cmp.Or(p.User.Username, p.User.Name), 80))},
			Text: bot.CleanText(clip(a.Value, maxValueBytes)),
		}, true, nil
	}
	return bot.Request{}, false, nil
}

// slash makes a request of a slash command. Slack shows nobody what was typed, so in a channel the request is unseen. In a direct message,
// which may be one between two people where the bot cannot write, it is answered in the direct message with the bot.
func (in *intake) slash(payload []byte) (bot.Request, error) {
	var cmd slack.SlashCommand
	if err := json.Unmarshal(payload, &cmd); err != nil || cmd.ChannelID == "" || cmd.UserID == "" || cmd.TriggerID == "" {
		return bot.Request{}, fmt.Errorf("%w: slash command", errUnreadable)
	}
	text, _ := readText(cmd.Text, in.who.UserID)
	direct := strings.HasPrefix(cmd.ChannelID, "D")
	return bot.Request{
		ID: "slack:" + in.who.TeamID + "/slash/" + cmd.TriggerID, Kind: bot.Ask, Time: time.Now().UTC(), Text: text, Unseen: !direct,
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: placeChannel(direct, cmd.ChannelID, cmd.UserID)},
		From:    bot.Actor{Surface: bot.Slack, ID: cmd.UserID, Name: bot.CleanLine(clip(cmp.Or(cmd.UserName, cmd.UserID), 80))},
	}, nil
}
