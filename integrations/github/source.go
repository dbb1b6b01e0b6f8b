package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// A Source hears commands in the comments on pull requests and in the review comments at their lines, by asking GitHub for new ones again
// and again: the bot needs no address that GitHub could reach. It is a bot.Source. Only new comments of people are heard; edited ones are
// not, because whoever may write in a repository can edit other people's comments.
type Source struct {
	c       *Client
	cursors cursorStore
}

// NewSource makes the source of a client's repositories. The first time it runs for a repository, it begins with the comments to come.
func NewSource(c *Client, cursors cursorStore) *Source { return &Source{c, cursors} }

const (
	busyFor      = 10 * time.Minute // after news a repository is asked more often
	quietFor     = time.Hour        // after news, or the start, it is asked the least often
	idleFactor   = 4                // how much less often a repository without news is asked
	quietFactor  = 8                // and one that is quiet
	hookFactor   = 4                // how much less often one is asked whose webhooks arrive
	longestPause = 5 * time.Minute  // between attempts that fail, or that webhooks make all but needless
	tokenTries   = 3                // answers 401 in a row that mean that the token is gone
)

// Run delivers the commands until ctx ends. It returns an error only when GitHub no longer accepts the token.
func (s *Source) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	errs := make(chan error, 2*len(s.c.repos))
	for _, k := range []kind{plain(), review()} { // apart, so that a token that may read one kind only reads that
		for _, name := range s.c.repos {
			wg.Go(func() {
				if err := s.poll(name, k, accept).run(ctx); err != nil {
					errs <- err
					cancel(err) // one token for all
				}
			})
		}
	}
	wg.Wait()
	select {
	case err := <-errs: // the others only say the same
		return err
	default:
		return nil
	}
}

// A poll is the reading of one list of comments.
type poll struct {
	hearer
	cursors cursorStore
	list    func(ctx context.Context, from time.Time, page int) ([]remark, error)

	cursor Cursor    // valid when the repository's id is known
	news   time.Time // when something new was read last
	failed int       // attempts in a row
}

// poll is the reading of a repository's comments of one kind.
func (s *Source) poll(name string, k kind, accept func(context.Context, bot.Request) error) *poll {
	owner, repo, _ := strings.Cut(name, "/")
	p := &poll{cursors: s.cursors, hearer: hearer{
		Client: s.c, kind: k, accept: accept, name: name, owner: owner, repo: repo, maxAge: s.c.o.MaxAge,
	}}
	p.list = p.plainComments
	if k == review() {
		p.list = p.reviewComments
	}
	return p
}

// plainComments lists the comments below the repository's issues and pull requests.
func (p *poll) plainComments(ctx context.Context, from time.Time, page int) ([]remark, error) {
	list, _, err := p.api.Issues.ListComments(ctx, p.owner, p.repo, 0, &github.IssueListCommentsOptions{
		Sort: new("updated"), Direction: new("asc"), Since: new(from), ListOptions: github.ListOptions{Page: page, PerPage: pageSize},
	})
	return remarks(list, plainRemark), p.fail("comments of "+p.name, err)
}

// reviewComments lists the comments at lines of the repository's pull requests.
func (p *poll) reviewComments(ctx context.Context, from time.Time, page int) ([]remark, error) {
	list, _, err := p.api.PullRequests.ListComments(ctx, p.owner, p.repo, 0, &github.PullRequestListCommentsOptions{
		Sort: "updated", Direction: "asc", Since: from, ListOptions: github.ListOptions{Page: page, PerPage: pageSize},
	})
	return remarks(list, reviewRemark), p.fail("review comments of "+p.name, err)
}

func remarks[T any](list []T, read func(T) remark) []remark {
	out := make([]remark, 0, len(list))
	for _, c := range list {
		out = append(out, read(c))
	}
	return out
}

// run reads until ctx ends, or until the token is refused for good.
func (p *poll) run(ctx context.Context) error {
	tokenRefused := 0
	for {
		err := p.step(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.intake.read(p.kind, p.name, p.now(), err)
		if status(err) == http.StatusUnauthorized {
			tokenRefused++
		} else {
			tokenRefused = 0
		}
		if tokenRefused >= tokenTries {
			return err
		}
		if err != nil && p.failed == 0 { // later ones only say the same
			p.log.Warn("comments not read", "repo", p.name, "type", p.kind.event, "err", err)
		}
		if err == nil && p.failed > 0 {
			p.log.Info("comments are read again", "repo", p.name, "type", p.kind.event, "failed", p.failed)
		}
		if err != nil {
			p.failed++
		} else {
			p.failed = 0
		}
		if sleep(ctx, p.pause(err)) != nil {
			return nil
		}
	}
}

// step reads what is new. As long as nothing is, it asks the same, so that GitHub answers 304.
func (p *poll) step(ctx context.Context) error {
	if p.id == 0 {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	from, page := p.cursor.Since, 1
	for {
		last, full, err := p.read(ctx, from, page)
		if err != nil || !full {
			return err
		}
		// While rows are being changed they move between pages, so that page 2 could miss some: ask again from where this page ended. Only
		// when a whole page is of one second there is nothing but to turn it.
		if last.After(from) {
			from, page = last, 1
		} else {
			page++
		}
	}
}

// begin finds out which repository this is and where the reading stopped. What was said before the first start is never answered.
func (p *poll) begin(ctx context.Context) error {
	var r repository
	err := p.wire(p.owner).polls.do(ctx, func(ctx context.Context) (err error) {
		if r, err = p.repository(ctx, p.owner, p.repo); err != nil {
			return err
		}
		// Without a login the bot is known by its account being a bot's, and by its names.
		if _, err := p.Login(ctx); status(err) == http.StatusUnauthorized {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	cursor, err := p.cursors.Load(ctx, p.kind.cursor(p.name))
	if err != nil {
		return fmt.Errorf("cursor of %s: %w", p.kind.cursor(p.name), err)
	}
	if cursor.Since.IsZero() {
		cursor = Cursor{Since: p.wire(p.owner).gate.serverTime(p.now()).Add(-clockNoise).UTC().Truncate(time.Second)}
		if err := p.save(ctx, cursor); err != nil {
			return err
		}
	}
	p.id, p.cursor, p.news = r.ID, cursor, p.now().Add(-busyFor) // not to ask all repositories often at the start
	return nil
}

// read asks for one page of the comments changed since from, and moves the cursor over what was taken. last is when the last of them was
// changed; full says that there may be more.
func (p *poll) read(ctx context.Context, from time.Time, page int) (last time.Time, full bool, err error) {
	var list []remark
	err = p.wire(p.owner).polls.do(ctx, func(ctx context.Context) (err error) {
		list, err = p.list(ctx, from, page)
		return err
	})
	if err != nil {
		return last, false, err
	}
	cursor, news := p.cursor, false
	var failure error
	for _, r := range list {
		last = r.updated
		if last.Before(from) || cursor.has(r.id, last) {
			continue
		}
		if failure = p.take(ctx, r, ""); failure != nil {
			break // it is not among the taken ones, so it is read again
		}
		p.meter.Add("events_received_total", 1, "source", "github", "type", p.kind.event)
		cursor, news = cursor.with(r.id, last), true
	}
	if news {
		p.news = p.now()
		if err := p.save(ctx, cursor); err != nil {
			return last, false, errors.Join(failure, err)
		}
		p.cursor = cursor
	}
	return last, len(list) >= pageSize, failure
}

// save keeps the cursor.
func (p *poll) save(ctx context.Context, c Cursor) error {
	if err := p.cursors.Save(ctx, p.kind.cursor(p.name), c); err != nil {
		return fmt.Errorf("cursor of %s: %w", p.kind.cursor(p.name), err)
	}
	return nil
}

// pause is how long to wait before asking again.
func (p *poll) pause(err error) time.Duration {
	now := p.now()
	d := p.o.Poll
	switch since := now.Sub(p.news); {
	case since > quietFor:
		d *= quietFactor
	case since > busyFor:
		d *= idleFactor
	}
	if p.intake.delivers(p.kind, p.name, now) {
		d = max(d, min(d*hookFactor, longestPause))
	}
	if err != nil {
		d = min(p.o.Poll<<min(p.failed, 10), max(longestPause, p.o.Poll))
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		d = max(d, e.Until.Sub(now))
	}
	if reset := p.wire(p.owner).gate.low(now); !reset.IsZero() {
		d = max(d, reset.Sub(now)) // leave the rest of the budget to people's questions
	}
	return d + rand.N(d/8+1) // so that repositories and bots do not ask all at once
}
