package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shipmate/bot"
)

// A message names the comment that asked, as a bot.Place does: the number of a comment below the pull request, "r" and the number of a review
// comment; "" means none.
type message string

var messageForm = regexp.MustCompile(`^(?:r?[1-9][0-9]{0,18})?$`)

// number returns the comment's number, and whether it is a review comment.
func (m message) number() (id int64, review bool) {
	digits, review := strings.CutPrefix(string(m), reviewSign)
	id, _ = strconv.ParseInt(digits, 10, 64) // 0: none
	return id, review
}

// place reads a place without asking GitHub.
func (c *Client) place(to bot.Place) (ref Ref, asked message, err error) {
	owner, repo, _ := strings.Cut(to.Channel, "/")
	if ref.Owner, ref.Repo, err = c.allowed(owner, repo); err != nil {
		return ref, "", fmt.Errorf("post: %w", err)
	}
	n, err := strconv.ParseInt(to.Thread, 10, 32)
	if to.Surface != bot.GitHub || err != nil || n < 1 {
		return ref, "", fmt.Errorf("post: %q is no pull request", to.Conversation())
	}
	ref.Number = int(n)
	if !messageForm.MatchString(to.Message) {
		return ref, "", fmt.Errorf("post: %q is no comment", to.Message)
	}
	return ref, message(to.Message), nil
}

const (
	maxReactions    = 16 // under way at a time; beyond that, reactSoon does nothing
	reactionTimeout = 15 * time.Second
)

// react is idempotent: GitHub keeps one reaction of a kind and person on a comment. Without a comment to react to it does nothing.
func (c *Client) react(ctx context.Context, to bot.Place, content string) error {
	ref, asked, err := c.place(to)
	id, review := asked.number()
	if err != nil || id == 0 {
		return err
	}
	create := c.api.Reactions.CreateIssueCommentReaction
	if review {
		create = c.api.Reactions.CreatePullRequestCommentReaction
	}
	return c.write(ctx, answering, "react on "+ref.String(), func() error {
		_, _, err := create(ctx, ref.Owner, ref.Repo, id, content)
		return err
	})
}

// reactSoon reacts in its turn, unless that takes too long. It returns at once, and what goes wrong is logged.
func (c *Client) reactSoon(ctx context.Context, to bot.Place, content string) {
	select {
	case c.reactions <- struct{}{}:
	default:
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reactionTimeout) // a quick turn must not take the eyes away
	go func() {
		defer func() { cancel(); <-c.reactions }()
		if err := c.react(ctx, to, content); err != nil {
			c.log.Info("no reaction", "channel", to.Channel, "thread", to.Thread, "err", err)
		}
	}()
}

// write does one write in its turn. It is never tried again here: after a failure that may have written something, Find tells.
func (c *Client) write(ctx context.Context, u urgency, what string, f func() error) error {
	err := c.pace.do(ctx, u, f)
	if _, busy := errors.AsType[*BusyError](err); busy {
		c.meter.Add("github_writes_deferred_total", 1)
	}
	return c.fail(what, err)
}
