package slack

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// metadataType marks the messages of the bot; their payload has the key of the effect and which part of how many the message is.
const metadataType = "shipmate_reply"

// Post implements bot.Poster. A reply that is too long for one message is shown in several, in one thread; a ref names all of them, as
// timestamps joined by commas. Editing reuses them, adds what is missing and deletes what is too much; a message that somebody deleted is
// posted anew. When Post fails halfway, newRef still names what is shown. A place's channel may be a person's ID: the direct message.
func (c *Client) Post(ctx context.Context, to bot.Place, ref, key string, r bot.Reply) (newRef string, err error) {
	ctx, cancel := deadline(ctx, c.times.post)
	defer cancel()
	defer c.answered(to)
	if r.Empty() {
		return ref, nil
	}
	p := poster{c: c, to: to.Channel, key: key, old: splitRef(ref), thread: to.Thread}
	if p.channel, err = c.channel(ctx, to.Channel); err != nil {
		return ref, err
	}
	p.files = p.draw(ctx, r)
	messages := render(r, p.files)
	if p.parts = len(messages); p.parts == 0 {
		return ref, nil
	}
	for i, m := range messages {
		if err = p.show(ctx, i, m); err != nil {
			break
		}
	}
	if err == nil && len(p.old) > len(p.shown) {
		p.remove(ctx, p.old[len(p.shown):])
		p.old = nil
	}
	return p.ref(), err
}

// A poster shows the messages of one reply.
type poster struct {
	c               *Client
	to              string // the channel as the place names it
	channel, thread string
	key             string
	parts           int
	files           map[string]string // pictures by chartHash
	old             []string          // timestamps of the messages to edit
	shown           []string          // timestamps of the messages that are up to date
}

// ref names what is shown: what is up to date, and what of the old is left.
func (p *poster) ref() string {
	shown := slices.Clone(p.shown)
	if len(p.old) > len(shown) {
		shown = append(shown, p.old[len(shown):]...)
	}
	return strings.Join(shown, ",")
}

func splitRef(ref string) []string {
	if ref == "" {
		return nil
	}
	return strings.Split(ref, ",")
}

// show shows the i-th message: as an edit where there is one to edit, else anew.
func (p *poster) show(ctx context.Context, i int, m message) error {
	if i < len(p.old) {
		err := p.c.send(ctx, p.channel, m, slack.MsgOptionUpdate(p.old[i]), p.metadata(i))
		if err == nil {
			p.shown = append(p.shown, p.old[i])
			return nil
		}
		if !slices.Contains([]string{"message_not_found", "cant_update_message", "edit_window_closed"}, code(err)) {
			return err
		}
		if i == 0 { // a reply that begins anew stands together
			p.remove(ctx, p.old[1:])
			p.old = nil
		}
	}
	where := slack.MsgOptionPost()
	if thread := p.threadOf(i); thread != "" {
		where = slack.MsgOptionCompose(where, slack.MsgOptionTS(thread))
	}
	ts, err := p.c.sendNew(ctx, p.to, p.channel, m, where, p.metadata(i))
	if err == nil {
		p.shown = append(p.shown, ts)
	}
	return err
}

// threadOf is the thread of the i-th message: where a reply opens no thread in a channel, its further messages go under the first.
func (p *poster) threadOf(i int) string {
	if p.thread == "" && i > 0 && !strings.HasPrefix(p.channel, "D") {
		return p.shown[0]
	}
	return p.thread
}

func (p *poster) metadata(i int) slack.MsgOption {
	payload := map[string]any{"key": p.key, "part": i + 1, "parts": p.parts}
	if len(p.files) > 0 {
		payload[metadataPictures] = p.files
	}
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: payload})
}

// remove deletes messages that are no longer part of the reply. What cannot be deleted stays, and is no reason to fail.
func (p *poster) remove(ctx context.Context, old []string) {
	for _, ts := range old {
		_, _, err := p.c.api.DeleteMessageContext(ctx, p.channel, ts)
		if err = p.c.fault("chat.delete", err); err != nil && code(err) != "message_not_found" {
			p.c.log.Warn("superfluous message not deleted", "err", err)
		}
	}
}

// send edits a message as the options say.
func (c *Client) send(ctx context.Context, channel string, m message, where ...slack.MsgOption) error {
	_, err := c.exchange(ctx, "chat.update", channel, m, where)
	return err
}

// sendNew posts a message, one at a time in a channel, so that they come in order and a rate limit holds up only that channel.
func (c *Client) sendNew(ctx context.Context, to, channel string, m message, where ...slack.MsgOption) (ts string, err error) {
	unlock, err := c.channels.lock(ctx, channel)
	if err != nil {
		return "", &Error{Method: "chat.postMessage", Class: Temporary, detail: "waiting for the channel: " + err.Error(), cause: err}
	}
	defer unlock()
	if err := c.turn(ctx, to, channel); err != nil {
		return "", &Error{Method: "chat.postMessage", Class: Temporary, detail: "waiting for the channel's turn: " + err.Error(), cause: err}
	}
	ts, err = c.exchange(ctx, "chat.postMessage", channel, m, where)
	if err == nil && ts == "" {
		return "", &Error{Method: "chat.postMessage", Class: Ambiguous, detail: "the answer names no message"}
	}
	return ts, err
}

// turn waits until it is the turn of a message in a channel, which the bot may have waited for already, by the channel's name in the place.
func (c *Client) turn(ctx context.Context, to, channel string) error {
	if c.pace.paid(to) {
		return nil
	}
	return c.pace.wait(ctx, channel)
}

// exchange sends a message. When Slack refuses its blocks it sends it again: as it is, a little later, while Slack does not know a picture
// yet; then with text in place of charts; and then as plain text.
func (c *Client) exchange(ctx context.Context, method, channel string, m message, where []slack.MsgOption) (ts string, err error) {
	send := func(text string, blocks []slack.Block) bool { // reports whether the blocks were refused
		_, ts, _, err = c.api.SendMessageContext(ctx, channel, slack.MsgOptionCompose(where...), quiet(),
			slack.MsgOptionText(text, true), slack.MsgOptionBlocks(blocks...))
		err = c.fault(method, err)
		return slices.Contains(blockCodes, code(err))
	}
	refused := send(m.text, m.blocks)
	for wait := c.times.ready; refused && unready(err) && wait < c.times.ready<<readyTries && sleep(ctx, wait); wait *= 2 {
		refused = send(m.text, m.blocks)
	}
	if refused && m.spare != nil {
		c.log.Warn("slack refused the charts of a message, sent as text", "err", err)
		c.pictures.forget(m.files, c.times.pictureRest)
		refused = send(m.text, m.spare)
	}
	if refused {
		c.log.Error("slack refused the blocks of a message, sent as plain text", "err", err)
		send(shortenEscaped(m.plain, maxPlain), nil)
	}
	return ts, err
}

// readyTries is how often a message with a picture is sent again until Slack knows the picture, each time after twice the time.
const readyTries = 4

// blockCodes are Slack's names for blocks that it does not take.
var blockCodes = []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch"}

// quiet keeps Slack from making anything of a text: no mentions, no markup, no previews of links.
func quiet() slack.MsgOption {
	return slack.MsgOptionCompose(
		slack.MsgOptionParse(false), slack.MsgOptionLinkNames(false), slack.MsgOptionDisableMarkdown(),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	)
}

// shortenEscaped cuts s so that it has at most n characters once escaped.
func shortenEscaped(s string, n int) string {
	extra := 4*strings.Count(s, "&") + 3*(strings.Count(s, "<")+strings.Count(s, ">"))
	if chars(s)+extra <= n {
		return s
	}
	return shorten(s, n/5)
}

// channel returns the channel of a place: itself, or the direct message with a person.
func (c *Client) channel(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", &Error{Method: "chat.postMessage", Class: Permanent, detail: "the place has no channel", cause: nil}
	}
	if id[0] != 'U' && id[0] != 'W' {
		return id, nil
	}
	return c.directs.get(id, func() (string, error) {
		const method = "conversations.open"
		ch, _, _, err := c.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{id}, ReturnIM: true})
		if err != nil {
			return "", c.fault(method, err)
		}
		if ch == nil || ch.ID == "" {
			return "", c.fault(method, errors.New("the answer names no channel"))
		}
		return ch.ID, nil
	})
}
