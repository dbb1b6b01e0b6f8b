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

// conversationTypes are what is looked through, each with a scope of its own to be listed
// (https://docs.slack.dev/reference/methods/users.conversations).
var conversationTypes = []string{"im", "public_channel", "private_channel", "mpim"}

// joinSubtypes tell that somebody joined a channel.
var joinSubtypes = []string{"channel_join", "group_join"}

// scan looks through all channels for what was written since u.from. What cannot be looked at, and will not be later, is no error.
func (u *catchUp) scan(ctx context.Context) (f findings, err error) {
	if oldest := time.Now().Add(-scanBack); u.from.Before(oldest) {
		u.from = oldest
	}
	var failed error
	for _, kind := range conversationTypes {
		channels, err := u.channels(ctx, kind)
		failed = cmp.Or(failed, u.unless(kind, err))
		for _, ch := range channels {
			if ctx.Err() != nil || isFatal(err) {
				break
			}
			err = u.channel(ctx, ch, &f)
			failed = cmp.Or(failed, u.unless(kind+" "+ch.ID, err))
		}
		if ctx.Err() != nil || isFatal(err) {
			return f, err
		}
	}
	return f, failed
}

// unless returns err unless it will be the same the next time: then it is logged once.
func (u *catchUp) unless(where string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Class != Permanent {
		return err
	}
	if e.Code == "missing_scope" {
		where, _, _ = strings.Cut(where, " ") // the same for every channel of the kind
	}
	if e.Code != "not_in_channel" && e.Code != "channel_not_found" && e.Code != "is_archived" {
		u.once(where, err)
	}
	return nil
}

// channels lists the conversations of a kind that the bot is a member of.
func (u *catchUp) channels(ctx context.Context, kind string) (all []slack.Channel, err error) {
	const method = "users.conversations"
	for cursor := ""; ; {
		if err := u.tier.wait(ctx, method); err != nil {
			return all, err
		}
		page, next, err := u.c.api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{
			Types: []string{kind}, ExcludeArchived: true, Limit: 200, Cursor: cursor,
		})
		if err != nil {
			return all, u.c.fault(method, err)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all, nil
		}
	}
}

// channel looks through one channel, and the threads in it that were written in since. A thread that began more than a day ago is not seen.
func (u *catchUp) channel(ctx context.Context, ch slack.Channel, f *findings) error {
	const method = "conversations.history"
	if err := u.tier.wait(ctx, method); err != nil {
		return err
	}
	page, err := u.c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: ch.ID, Oldest: stamp(time.Now().Add(-scanBack)), Limit: scanMost,
	})
	if err != nil {
		return u.c.fault(method, err)
	}
	from := u.joined(page.Messages)
	if page.HasMore && len(page.Messages) > 0 {
		if at, ok := timeOf(page.Messages[len(page.Messages)-1].Timestamp); ok && at.After(from) {
			u.c.log.Warn("a channel has more messages than are looked through for what was missed", "channel", ch.ID, "from", at)
		}
	}
	messages := slices.Clone(page.Messages)
	for _, m := range page.Messages {
		if last, ok := timeOf(m.LatestReply); !ok || last.Before(from) {
			continue
		}
		replies, err := u.replies(ctx, ch.ID, m.Timestamp, from)
		if err != nil {
			return err
		}
		messages = append(messages, replies...)
	}
	slices.SortFunc(messages, func(a, b slack.Message) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	for _, m := range messages {
		if err := u.take(ctx, ch, m, from, f); err != nil {
			return err
		}
	}
	return nil
}

// joined is since when a channel is looked through: u.from, or when the bot joined it. Nobody told the bot what was written before.
func (u *catchUp) joined(messages []slack.Message) time.Time {
	from := u.from
	for _, m := range messages {
		if at, ok := timeOf(m.Timestamp); ok && m.User == u.in.who.UserID && slices.Contains(joinSubtypes, m.SubType) && at.After(from) {
			from = at
		}
	}
	return from
}

// replies are those of a thread that were written since from.
func (u *catchUp) replies(ctx context.Context, channel, thread string, from time.Time) ([]slack.Message, error) {
	const method = "conversations.replies"
	if err := u.tier.wait(ctx, method); err != nil {
		return nil, err
	}
	all, _, _, err := u.c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
		ChannelID: channel, Timestamp: thread, Oldest: stamp(from), Limit: scanMost,
	})
	if code(err) == "thread_not_found" { // deleted meanwhile
		return nil, nil
	}
	// The parent comes with every page.
	return slices.DeleteFunc(all, func(m slack.Message) bool { return m.Timestamp == thread }), u.c.fault(method, err)
}

// take has a message accepted if it was written after from and is for the bot; what is very new is still being delivered, and is left to the next
// look. Of what was written while there was a socket only what is addressed to the bot is taken: what was not for it then may seem to be now.
func (u *catchUp) take(ctx context.Context, ch slack.Channel, m slack.Message, from time.Time, f *findings) error {
	at, ok := timeOf(m.Timestamp)
	if !ok || at.Before(from) || time.Since(at) < u.c.times.settle || !slices.Contains(heardSubtypes, m.SubType) {
		return nil
	}
	e := event{
		Type: "message", Subtype: m.SubType, Channel: ch.ID, ChannelType: kindOf(ch), User: m.User, Username: m.Username, BotID: m.BotID,
		Text: m.Text, TS: m.Timestamp, ThreadTS: m.ThreadTimestamp, ClientMsgID: m.ClientMsgID,
	}
	if m.BotProfile != nil {
		e.AppID = m.BotProfile.AppID
	}
	req, found, err := u.in.message(e, at)
	hadSocket := u.c.live.since(at)
	if err != nil || !found || hadSocket && req.Kind != bot.Ask {
		return nil // what cannot be read nobody can mend
	}
	req.Found = true
	if m.Edited != nil && req.Kind == bot.Ask {
		req.Alias = mentionID(req.ID) // it may be the edit that added the mention, of which Slack tells apart
	}
	new, err := u.accept(ctx, req)
	if new {
		f.taken++
		if hadSocket {
			f.missed++
		}
	}
	return err
}

// accept has a request accepted, when there is room for it. new says that nobody had delivered it.
func (u *catchUp) accept(ctx context.Context, req bot.Request) (new bool, err error) {
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
