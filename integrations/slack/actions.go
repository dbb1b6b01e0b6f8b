package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
		place := bot.Place{
			Surface: bot.Slack, Channel: channel, Message: p.Container.MessageTS,
			Thread: cmp.Or(p.Message.ThreadTS, p.Container.ThreadTS),
		}
		if place.Thread == "" && !strings.HasPrefix(channel, "D") {
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

// What a slash command is told in its acknowledgement when it cannot be answered.
const (
	sayNotHere = "I cannot write in this conversation. Invite me to the channel first, or ask me in a direct message."
	sayBusy    = "I have too much to do right now. Please try again in a minute."
	sayTrouble = "I could not write here just now. Please try again."
)

// slash deals with a slash command. Slack shows nobody what was typed, so the bot first says in the channel who asked for what; the answer
// and everything after it stand in that message's thread, as they would under a mention. In a direct message they follow it. The Web
// API is called apart from the reading goroutine, and the acknowledgement tells the person when the bot may not write there.
func (in *intake) slash(s *socket, f frame, until time.Time) {
	var cmd slack.SlashCommand
	if err := json.Unmarshal(f.Payload, &cmd); err != nil || cmd.ChannelID == "" || cmd.UserID == "" || cmd.TriggerID == "" {
		in.unreadable(s, f.EnvelopeID, f.Type)
		return
	}
	in.mu.RLock()
	defer in.mu.RUnlock()
	if in.closed {
		return
	}
	select {
	case in.slots <- struct{}{}:
	default:
		in.c.counters.refused.Add(1)
		in.work.Go(func() { in.acknowledge(s, f.EnvelopeID, whisper(sayBusy)) }) // ends with the write
		return
	}
	in.work.Go(func() { // ends soon after the deadline; drain waits for it
		defer func() { <-in.slots }()
		answer, orphan := in.takeSlash(cmd, until)
		in.acknowledge(s, f.EnvelopeID, answer)
		if orphan != "" { // only now: the acknowledgement cannot wait for one more call
			in.c.retract(in.ctx, cmd.ChannelID, orphan)
		}
	})
}

// takeSlash announces a slash command and has it accepted. answer is what the person is told with the acknowledgement, nil is nothing;
// orphan is the announcement of a command that was not accepted, "" when there is none.
func (in *intake) takeSlash(cmd slack.SlashCommand, until time.Time) (answer any, orphan string) {
	ctx, cancel := context.WithDeadline(in.ctx, until)
	defer cancel()
	text, _ := readText(cmd.Text, in.who.UserID)
	name := bot.CleanLine(clip(cmp.Or(cmd.UserName, cmd.UserID), 80))
	ts, err := in.c.announce(ctx, cmd.ChannelID, name, text)
	if err != nil {
		in.c.log.Warn("slash command not announced", "err", err)
		if e, ok := errors.AsType[*Error](err); ok && e.Class == Permanent {
			return whisper(sayNotHere), ""
		}
		return whisper(sayTrouble), ""
	}
	place := bot.Place{Surface: bot.Slack, Channel: cmd.ChannelID, Thread: ts, Message: ts}
	if strings.HasPrefix(cmd.ChannelID, "D") {
		place.Thread = ""
	}
	err = in.accept(ctx, bot.Request{
		ID: "slack:" + in.who.TeamID + "/slash/" + cmd.TriggerID, Kind: bot.Ask, ReplyTo: place, Time: time.Now().UTC(), Text: text,
		From: bot.Actor{Surface: bot.Slack, ID: cmd.UserID, Name: name},
	})
	if err != nil {
		in.c.counters.refused.Add(1)
		in.c.log.Warn("slash command not accepted", "err", in.c.redact.text(err.Error()))
		return whisper(sayBusy), ts
	}
	in.c.counters.accepted.Add(1)
	return nil, ""
}

// whisper is the payload of an acknowledgement that only the person who asked sees.
func whisper(text string) any {
	return map[string]string{"response_type": "ephemeral", "text": text}
}
