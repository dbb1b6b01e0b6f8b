package slack

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

const (
	findPage  = 200
	findPages = 5
)

// Find implements bot.Poster: it looks for the messages that Post left with key, among those written after the message that asked where the
// place names one, and among the last thousand otherwise. found means that all parts of the reply are there; ref names those that are, which
// Post completes.
func (c *Client) Find(ctx context.Context, to bot.Place, key string) (ref string, found bool, err error) {
	ctx, cancel := deadline(ctx, c.times.post)
	defer cancel()
	who, err := c.identity(ctx)
	if err != nil {
		return "", false, err
	}
	channel, err := c.channel(ctx, to.Channel)
	if err != nil {
		return "", false, err
	}
	parts := partsOf{key: key, who: who, ts: map[int]string{}}
	if to.Thread != "" {
		err = c.replies(ctx, channel, to.Thread, to.Message, &parts)
	} else {
		err = c.history(ctx, channel, to.Message, &parts)
		if first := parts.ts[1]; err == nil && first != "" && !parts.complete() && !strings.HasPrefix(channel, "D") {
			err = c.replies(ctx, channel, first, "", &parts) // the rest of a reply without a thread stands under its first message
		}
	}
	if err != nil {
		return "", false, err
	}
	return parts.ref(), parts.complete(), nil
}

// partsOf collects the messages of one reply.
type partsOf struct {
	key   string
	who   Workspace
	total int
	ts    map[int]string
}

// note keeps a message if it is one of the parts. Metadata is believed only on the bot's own messages.
func (p *partsOf) note(m slack.Message) {
	own := m.User != "" && m.User == p.who.UserID || m.BotID != "" && m.BotID == p.who.BotID
	payload := m.Metadata.EventPayload
	if !own || m.Metadata.EventType != metadataType || payload["key"] != p.key {
		return
	}
	part, _ := payload["part"].(float64)
	total, _ := payload["parts"].(float64)
	if part < 1 || total < part || total > maxMessages {
		return
	}
	p.total = int(total)
	if p.ts[int(part)] == "" {
		p.ts[int(part)] = m.Timestamp
	}
}

func (p *partsOf) complete() bool { return p.total > 0 && len(p.ts) == p.total }

// ref names the parts up to the first that is missing.
func (p *partsOf) ref() string {
	var out []string
	for i := 1; p.ts[i] != ""; i++ {
		out = append(out, p.ts[i])
	}
	return strings.Join(out, ",")
}

func (c *Client) replies(ctx context.Context, channel, thread, oldest string, parts *partsOf) error {
	cursor := ""
	for range findPages {
		messages, more, next, err := c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: channel, Timestamp: thread, Oldest: oldest, Limit: findPage, Cursor: cursor, IncludeAllMetadata: true,
		})
		if err != nil {
			return c.fault("conversations.replies", err)
		}
		for _, m := range messages {
			parts.note(m)
		}
		if cursor = next; parts.complete() || !more || cursor == "" {
			return nil
		}
	}
	return nil
}

func (c *Client) history(ctx context.Context, channel, oldest string, parts *partsOf) error {
	cursor := ""
	for range findPages {
		page, err := c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: channel, Oldest: oldest, Limit: findPage, Cursor: cursor, IncludeAllMetadata: true,
		})
		if err != nil {
			return c.fault("conversations.history", err)
		}
		for _, m := range slices.Backward(page.Messages) { // newest first
			parts.note(m)
		}
		if cursor = page.ResponseMetaData.NextCursor; parts.complete() || !page.HasMore || cursor == "" {
			return nil
		}
	}
	return nil
}
