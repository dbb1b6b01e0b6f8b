package slack

import (
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

const statusTime = 2 * time.Second // for one call that shows or clears a status

// Working implements bot.Poster: it shows "is working on it…" in the thread, unless the answer is there almost at once. Outside threads
// Slack has no such thing, and nothing is shown. It returns immediately.
func (c *Client) Working(ctx context.Context, to bot.Place) {
	if to.Thread == "" {
		return
	}
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.times.status+statusTime)
	s := &status{cancel: cancel, done: make(chan struct{})}
	if !c.status.put(to.Conversation(), s) {
		cancel()
		return
	}
	c.pending.Go(func() { // ends with the call
		defer close(s.done)
		defer cancel()
		if sleep(call, c.times.status) && c.status.start(to.Conversation(), s) {
			c.setStatus(call, to, "is working on it…")
		}
	})
}

// answered ends the status of a place in which the bot has just written. Slack clears a status when the bot posts, but neither when it
// edits a message nor when the status arrives after the post.
func (c *Client) answered(to bot.Place) {
	s, shown := c.status.end(to.Conversation())
	if s == nil {
		return
	}
	if !shown {
		s.cancel()
		return
	}
	c.pending.Go(func() { // ends with the calls
		<-s.done
		ctx, cancel := context.WithTimeout(context.Background(), statusTime)
		defer cancel()
		c.setStatus(ctx, to, "")
	})
}

func (c *Client) setStatus(ctx context.Context, to bot.Place, text string) {
	channel, err := c.channel(ctx, to.Channel)
	if err == nil {
		err = c.api.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{ChannelID: channel, ThreadTS: to.Thread, Status: text})
	}
	if err != nil {
		c.log.Debug("status not shown", "err", c.fault("assistant.threads.setStatus", err))
	}
}

// A status is one that is about to be shown or shown.
type status struct {
	cancel  context.CancelFunc
	done    chan struct{} // closed when the call that shows it is over
	started bool
}

// A statusBoard holds the statuses by conversation.
type statusBoard struct {
	mu sync.Mutex
	at map[string]*status
}

// maxStatuses bounds the board: statuses of turns that end without an answer stay on it.
const maxStatuses = 1000

// put notes a status; it reports false when the conversation has one already.
func (b *statusBoard) put(conversation string, s *status) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.at[conversation]; old != nil {
		select {
		case <-old.done: // of an earlier turn
		default:
			return false
		}
	}
	if b.at == nil || len(b.at) >= maxStatuses {
		b.at = map[string]*status{}
	}
	b.at[conversation] = s
	return true
}

// start marks that the status is being shown; false when it was ended before.
func (b *statusBoard) start(conversation string, s *status) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.started = b.at[conversation] == s
	return s.started
}

// end takes the status of a conversation off the board and reports whether it has been, or is being, shown.
func (b *statusBoard) end(conversation string) (s *status, shown bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s = b.at[conversation]
	delete(b.at, conversation)
	return s, s != nil && s.started
}
