package github

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// A Poster shows replies on pull requests: one comment on each, written anew for every reply that says something else. It is a bot.Poster;
// a place is {GitHub, "owner/name", the pull request's number}, and what it returns as ref is the comment's number.
type Poster struct {
	c *Client

	mu   sync.Mutex
	busy map[Ref]chan struct{} // the pull requests that are being posted on; closed at the end; guarded by mu
}

// NewPoster makes the poster of a client's repositories. Its Post fails without a MarkerKey.
func NewPoster(c *Client) *Poster {
	return &Poster{c: c, busy: map[Ref]chan struct{}{}}
}

// target is a place, understood.
type target struct {
	Ref
	message message
	sign    signer
	login   string
}

// urgency is that of an answer, unless no comment asked.
func (t target) urgency() urgency {
	if t.message == "" {
		return telling
	}
	return answering
}

const maxCommentPages = 30 // of comments on a pull request that are searched for the bot's own

// Post writes the reply as the bot's comment on the pull request. The comment is the one that ref names, or the one found by its author
// and its signed marker; only if there is none it is made. Nothing is written when the comment says the same already. A reply that says
// that the request was not understood becomes a reaction on the comment that asked. One that says why it was not carried out stands below
// what the comment says already, until the next answer, and there is a reaction, too: nobody is notified of an edit. The commands of one
// comment are answered below each other.
func (p *Poster) Post(ctx context.Context, to bot.Place, ref, key string, r bot.Reply) (string, error) {
	if r.Unknown {
		return "", p.c.react(ctx, to, "confused")
	}
	if r.Empty() {
		return "", nil
	}
	t, err := p.target(ctx, to)
	if err != nil {
		return "", err
	}
	// Between the search for the comment and its making nobody else may make one.
	done, err := p.alone(ctx, t.Ref)
	if err != nil {
		return "", err
	}
	defer done()
	old, err := p.current(ctx, t, ref)
	if err != nil {
		return "", err
	}
	shown, err := p.show(ctx, t, old, key, r)
	if err != nil || !r.Failed {
		return shown, err
	}
	if err := p.c.react(ctx, to, "confused"); err != nil {
		p.c.log.Info("no reaction", "channel", to.Channel, "thread", to.Thread, "err", err)
	}
	return shown, nil
}

// show makes the bot's comment, or edits it when there is an old one that says something else.
func (p *Poster) show(ctx context.Context, t target, old *ownComment, key string, r bot.Reply) (string, error) {
	r.Next = onPage(r.Next, t.Ref)
	card, limit := cardName(r.Card), maxComment-markerSize-failureRoom
	text := markdown(r, p.c.names[0], limit)
	if r.Failed {
		card, limit = failedCard, maxComment-markerSize
		text = markdown(bot.Reply{Title: clip(r.Title, maxFailure), Next: r.Next}, p.c.names[0], failureRoom)
	}
	if old.endsIn(text, t.message, key) {
		return old.id(), nil
	}
	if kept := old.kept(t.message, key, r.Failed); kept != "" && len(kept)+len(rule)+len(text) <= limit {
		text = kept + rule + text
	}
	m := marker{card: cardFor(card, t.message), keys: digest(key), hash: contentHash(text)}
	if old != nil {
		m.keys = old.marker.withKey(key)
	}
	body := text + "\n\n" + t.sign.line(m)
	switch {
	case old == nil:
		return p.create(ctx, t, body)
	case old.says(m.hash):
		return old.id(), nil
	}
	return old.id(), p.c.write(ctx, t.urgency(), "edit the comment on "+t.String(), func() error {
		_, _, err := p.c.api.Issues.EditComment(ctx, t.Owner, t.Repo, old.number, &github.IssueComment{Body: new(body)})
		return err
	})
}

// alone waits until nobody else posts on the pull request; done lets the next one go on.
func (p *Poster) alone(ctx context.Context, ref Ref) (done func(), err error) {
	mine := make(chan struct{})
	for {
		p.mu.Lock()
		other := p.busy[ref]
		if other == nil {
			p.busy[ref] = mine
		}
		p.mu.Unlock()
		if other == nil {
			break
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait to post on %s: %w", ref, ctx.Err())
		}
	}
	return func() {
		p.mu.Lock()
		delete(p.busy, ref)
		p.mu.Unlock()
		close(mine)
	}, nil
}

// onPage takes the pull request's own name out of commands that are suggested on its page, where it is meant anyway.
func onPage(next []bot.Action, page Ref) []bot.Action {
	next = slices.Clone(next)
	for i, a := range next {
		words := slices.DeleteFunc(strings.Fields(a.Text), func(w string) bool { return strings.EqualFold(w, page.String()) })
		next[i].Text = strings.Join(words, " ")
	}
	return next
}

// Find looks for the comment that was written for key, or for up to seven other effects since.
func (p *Poster) Find(ctx context.Context, to bot.Place, key string) (string, bool, error) {
	t, err := p.target(ctx, to)
	if err != nil {
		return "", false, err
	}
	own, err := p.search(ctx, t, func(m marker) bool { return m.wroteFor(key) })
	if err != nil || own == nil {
		return "", false, err
	}
	return own.id(), true, nil
}

// Working puts eyes on the comment that asked. It returns at once: the reaction takes its turn among the writes, and is given up after a
// while. What goes wrong is logged.
func (p *Poster) Working(ctx context.Context, to bot.Place) { p.c.reactSoon(ctx, to, "eyes") }

func (p *Poster) create(ctx context.Context, t target, body string) (string, error) {
	var id int64
	err := p.c.write(ctx, t.urgency(), "comment on "+t.String(), func() error {
		made, _, err := p.c.api.Issues.CreateComment(ctx, t.Owner, t.Repo, t.Number, &github.IssueComment{Body: new(body)})
		id = made.GetID()
		return err
	})
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(id, 10), nil
}

func (p *Poster) target(ctx context.Context, to bot.Place) (target, error) {
	if len(p.c.key) == 0 {
		return target{}, errors.New("post: there is no key to sign comments with")
	}
	ref, message, err := p.c.place(to)
	if err != nil {
		return target{}, err
	}
	login, err := p.c.Login(ctx)
	if err != nil {
		return target{}, err
	}
	r, err := p.c.repository(ctx, ref.Owner, ref.Repo)
	if err != nil {
		return target{}, err
	}
	return target{Ref: ref, message: message, login: login, sign: newSigner(p.c.key, signedHost(p.c.host), r.ID, ref.Number)}, nil
}

// signedHost is the host that marks are signed for. A stand-in on this machine has another port each time it is started, and the comments are its own all
// the same.
func signedHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil && loopback(name) {
		return name
	}
	return host
}
