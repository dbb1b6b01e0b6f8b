package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

const (
	scanBack  = 24 * time.Hour // how far back is looked for what was missed
	scanMost  = 200            // messages of a channel, and of a thread, that are looked at
	scanRetry = 5 * time.Second
)

// A positionStore keeps until when everything that was written is known to have been heard. The zero time is what was never saved.
type positionStore interface {
	Load(ctx context.Context) (time.Time, error)
	Save(ctx context.Context, t time.Time) error
}

// A catchUp looks through the channels for messages that no socket delivered: after the start, when no socket was open for a while, and every
// few minutes, because a socket may look well and deliver nothing. What it finds goes the same way as what is delivered. What was written before
// the bot was first started is never looked at.
type catchUp struct {
	c  *Client
	in *intake
}

// run looks again and again until ctx ends.
func (u *catchUp) run(ctx context.Context) {
	c := u.c
	if c.positions == nil {
		return
	}
	from, ok := u.begin(ctx)
	for ok {
		select {
		case <-ctx.Done():
			return
		case <-c.live.back:
		case <-time.After(c.times.scan):
		}
		if c.live.count() == 0 {
			continue // when there is a socket again
		}
		began := time.Now()
		healthy := c.live.since(from)
		found, err := u.scan(ctx, from)
		if ctx.Err() != nil {
			return
		}
		u.report(found, healthy, err)
		if err == nil {
			from = began.Add(-c.times.margin)
			if err := c.positions.Save(ctx, from); err != nil && ctx.Err() == nil {
				c.log.Error("how far the channels were read is not kept", "err", err)
			}
		}
		ok = sleep(ctx, c.times.soonest)
	}
}

// begin reads since when there is something to look for. ok is false when ctx ended.
func (u *catchUp) begin(ctx context.Context) (from time.Time, ok bool) {
	for {
		from, err := u.c.positions.Load(ctx)
		if err == nil && from.IsZero() {
			from = time.Now()
			err = u.c.positions.Save(ctx, from)
		}
		if err == nil {
			return from, ctx.Err() == nil
		}
		if ctx.Err() == nil {
			u.c.log.Error("how far the channels were read is not known; trying again", "err", err)
		}
		if !sleep(ctx, scanRetry) {
			return from, false
		}
	}
}

// report says what a scan came to. Finding something while the sockets looked well means that they do not deliver: they are replaced.
func (u *catchUp) report(found int, healthy bool, err error) {
	c := u.c
	if err != nil {
		c.log.Warn("channels could not be looked through for what was missed", "err", err)
	}
	if found == 0 {
		return
	}
	c.meter.Add("catchup_recovered_total", found, "source", "slack")
	c.counters.recovered.Add(int64(found))
	if healthy {
		c.log.Warn("messages were found that no socket delivered; the sockets are replaced", "count", found)
		c.live.leaveAll()
		return
	}
	c.log.Info("messages were found that came while there was no socket", "count", found)
}

// scan looks through all channels for what was written after from, and returns how much of it was new.
func (u *catchUp) scan(ctx context.Context, from time.Time) (found int, err error) {
	if oldest := time.Now().Add(-scanBack); from.Before(oldest) {
		from = oldest
	}
	channels, err := u.channels(ctx)
	if err != nil {
		return 0, err
	}
	var failed error
	for _, ch := range channels {
		n, err := u.channel(ctx, ch, from)
		found += n
		switch {
		case ctx.Err() != nil:
			return found, ctx.Err()
		case err != nil && code(err) != "not_in_channel" && code(err) != "channel_not_found" && code(err) != "is_archived":
			failed = cmp.Or(failed, err)
		}
	}
	return found, failed
}

// channels lists what the bot is a member of.
func (u *catchUp) channels(ctx context.Context) (all []slack.Channel, err error) {
	for cursor := ""; ; {
		page, next, err := u.c.api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{
			Types: []string{"public_channel", "private_channel", "mpim", "im"}, ExcludeArchived: true, Limit: 200, Cursor: cursor,
		})
		if err != nil {
			return nil, u.c.fault("users.conversations", err)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all, nil
		}
	}
}

// channel looks through one channel, and the threads in it that were written in since. A thread that began more than a day ago is not seen.
func (u *catchUp) channel(ctx context.Context, ch slack.Channel, from time.Time) (found int, err error) {
	page, err := u.c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: ch.ID, Oldest: stamp(time.Now().Add(-scanBack)), Limit: scanMost,
	})
	if err != nil {
		return 0, u.c.fault("conversations.history", err)
	}
	messages := slices.Clone(page.Messages)
	for _, m := range page.Messages {
		last, ok := timeOf(m.LatestReply)
		if !ok || last.Before(from) {
			continue
		}
		replies, _, _, err := u.c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: ch.ID, Timestamp: m.Timestamp, Oldest: stamp(from), Limit: scanMost,
		})
		if err != nil {
			return 0, u.c.fault("conversations.replies", err)
		}
		for _, r := range replies {
			if r.Timestamp != m.Timestamp { // the parent comes with every page
				messages = append(messages, r)
			}
		}
	}
	slices.SortFunc(messages, func(a, b slack.Message) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	for _, m := range messages {
		new, err := u.take(ctx, ch, m, from)
		if err != nil {
			return found, err
		}
		if new {
			found++
		}
	}
	return found, nil
}

// take has a message accepted if it was written after from and is for the bot; what is very new is still being delivered, and is left to the next
// look. new says that nobody had delivered it.
func (u *catchUp) take(ctx context.Context, ch slack.Channel, m slack.Message, from time.Time) (new bool, err error) {
	at, ok := timeOf(m.Timestamp)
	if !ok || at.Before(from) || time.Since(at) < u.c.times.settle || !slices.Contains(heardSubtypes, m.SubType) {
		return false, nil
	}
	e := event{
		Type: "message", Subtype: m.SubType, Channel: ch.ID, ChannelType: kindOf(ch), User: m.User, Username: m.Username, BotID: m.BotID,
		Text: m.Text, TS: m.Timestamp, ThreadTS: m.ThreadTimestamp, ClientMsgID: m.ClientMsgID,
	}
	if m.BotProfile != nil {
		e.AppID = m.BotProfile.AppID
	}
	req, found, err := u.in.message(e, at)
	if err != nil || !found {
		return false, nil // it cannot be read: nobody can mend that
	}
	req.Found = true
	for {
		switch err := u.in.accept(ctx, req); {
		case err == nil:
			u.c.log.Info("found", "trace_id", bot.TraceID(req), "kind", req.Kind)
			return true, nil
		case errors.Is(err, bot.ErrKnown):
			return false, nil
		case !errors.Is(err, bot.ErrBusy):
			return false, err
		}
		if !sleep(ctx, scanRetry) {
			return false, ctx.Err()
		}
	}
}

// kindOf is the channel_type that an event would have.
func kindOf(ch slack.Channel) string {
	switch {
	case ch.IsIM:
		return "im"
	case ch.IsMpIM:
		return "mpim"
	}
	return "channel"
}

// stamp is a time as Slack writes it.
func stamp(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
