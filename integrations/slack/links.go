package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// maxLinks is how many links of one message are shown previews of.
const maxLinks = 3

// A linkEvent tells that somebody posted links to a host that the app has registered (https://docs.slack.dev/reference/events/link_shared).
type linkEvent struct {
	Channel   string `json:"channel"`
	User      string `json:"user"`
	MessageTS string `json:"message_ts"`
	ThreadTS  string `json:"thread_ts"`
	Source    string `json:"source"` // composer while the message is being written
	Links     []struct {
		URL string `json:"url"`
	} `json:"links"`
}

// links makes a request of a link_shared event. What is not posted yet, and what the bot posts itself, is none.
func (in *intake) links(inner []byte) (bot.Request, bool, error) {
	var e linkEvent
	if err := json.Unmarshal(inner, &e); err != nil {
		return bot.Request{}, false, fmt.Errorf("%w: inner event link_shared", errUnreadable)
	}
	at, ok := timeOf(e.MessageTS)
	if !in.c.previews || e.Source == "composer" || !ok || e.Channel == "" || e.User == "" || e.User == in.who.UserID {
		return bot.Request{}, false, nil
	}
	var found bot.Links
	for _, l := range e.Links[:min(len(e.Links), maxLinks)] {
		found.Links = append(found.Links, l.URL)
	}
	data, err := json.Marshal(found)
	if err != nil {
		return bot.Request{}, false, fmt.Errorf("%w: links", errUnreadable)
	}
	req := bot.Request{
		ID: messageID(in.who.TeamID, e.Channel, e.MessageTS) + "/links", Kind: bot.Message, From: bot.Actor{Surface: bot.Slack, ID: e.User},
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: e.Channel, Thread: e.ThreadTS, Message: e.MessageTS}, Data: string(data), Time: at,
	}
	if req.ReplyTo.Thread == "" {
		req.ReplyTo.Thread = e.MessageTS
	}
	return req, len(found.Links) > 0, nil
}

// Previews shows previews below links: the bot.Doer of effects of the kind bot.EffectPreview.
type Previews struct{ c *Client }

// NewPreviews makes the Doer of a client's previews.
func NewPreviews(c *Client) *Previews { return &Previews{c} }

// Do shows a preview. One that Slack refuses (the message is gone, the host is not registered) is dropped with a line in the log.
func (p *Previews) Do(ctx context.Context, e bot.Effect) (json.RawMessage, error) {
	var preview bot.Preview
	if err := json.Unmarshal(e.Data, &preview); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	shown := render(preview.Reply, nil)
	if len(shown) == 0 {
		return nil, nil
	}
	blocks := shown[0].blocks
	if shown[0].spare != nil { // charts are for messages
		blocks = shown[0].spare
	}
	ctx, cancel := deadline(ctx, p.c.times.post)
	defer cancel()
	_, _, _, err := p.c.api.UnfurlMessageContext(ctx, preview.To.Channel, preview.To.Message, map[string]slack.Attachment{
		preview.URL: {Blocks: slack.Blocks{BlockSet: blocks}},
	})
	if err == nil {
		return nil, nil
	}
	err = p.c.fault("chat.unfurl", err)
	if f, ok := errors.AsType[*Error](err); ok && f.Class == Permanent {
		p.c.log.Warn("preview not shown", "channel", preview.To.Channel, "err", err)
		return nil, nil
	}
	return nil, err
}

// Find never finds a preview: showing it once more changes nothing.
func (p *Previews) Find(context.Context, bot.Effect) (json.RawMessage, bool, error) {
	return nil, false, nil
}
