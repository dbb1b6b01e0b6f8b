package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// A Source hears commands in the comments on pull requests, by asking GitHub for new comments again and again: the bot needs no address
// that GitHub could reach. It is a bot.Source. Only new comments of people are heard; edited ones are not, because whoever may write in a
// repository can edit other people's comments.
type Source struct {
	c       *Client
	cursors cursorStore
}

// NewSource makes the source of a client's repositories. The first time it runs for a repository, it begins with the comments to come.
func NewSource(c *Client, cursors cursorStore) *Source { return &Source{c, cursors} }

const (
	busyFor      = 10 * time.Minute // after news a repository is asked more often
	idleFactor   = 4                // how much less often a quiet one is asked
	longestPause = 5 * time.Minute  // between attempts that fail
	tokenTries   = 3                // answers 401 in a row that mean that the token is gone
)

// Run delivers the commands until ctx ends. It returns an error only when GitHub no longer accepts the token.
func (s *Source) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	errs := make([]error, len(s.c.repos))
	for i, name := range s.c.repos {
		wg.Go(func() {
			owner, repo, _ := strings.Cut(name, "/")
			p := &poll{Client: s.c, cursors: s.cursors, accept: accept, name: name, owner: owner, repo: repo}
			if errs[i] = p.run(ctx); errs[i] != nil {
				cancel(errs[i]) // one token for all
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// A poll is the reading of one repository's comments.
type poll struct {
	*Client
	cursors cursorStore
	accept  func(context.Context, bot.Request) error
	name    string // "owner/name"
	owner   string
	repo    string

	id     int64     // of the repository; 0: not asked yet
	cursor Cursor    // valid when id is not 0
	news   time.Time // when something new was read last
	failed int       // attempts in a row
}

// run reads until ctx ends, or until the token is refused for good.
func (p *poll) run(ctx context.Context) error {
	tokenRefused := 0
	for {
		err := p.step(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if status(err) == http.StatusUnauthorized {
			tokenRefused++
		} else {
			tokenRefused = 0
		}
		if tokenRefused >= tokenTries {
			return err
		}
		if err != nil && p.failed == 0 { // later ones only say the same
			p.log.Warn("comments not read", "repo", p.name, "err", err)
		}
		if err == nil && p.failed > 0 {
			p.log.Info("comments are read again", "repo", p.name, "failed", p.failed)
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
	r, err := p.repository(ctx, p.owner, p.repo)
	if err != nil {
		return err
	}
	// Without a login the bot is known by its account being a bot's, and by its names.
	if _, err := p.Login(ctx); status(err) == http.StatusUnauthorized {
		return err
	}
	cursor, err := p.cursors.Load(ctx, p.name)
	if err != nil {
		return fmt.Errorf("cursor of %s: %w", p.name, err)
	}
	if cursor.Since.IsZero() {
		cursor = Cursor{Since: p.wire.gate.serverTime(p.now()).Add(-clockNoise).UTC().Truncate(time.Second)}
		if err := p.save(ctx, cursor); err != nil {
			return err
		}
	}
	p.id, p.cursor = r.ID, cursor
	return nil
}

// read asks for one page of the comments changed since from, and moves the cursor over what was taken. last is when the last of them was
// changed; full says that there may be more.
func (p *poll) read(ctx context.Context, from time.Time, page int) (last time.Time, full bool, err error) {
	list, _, err := p.api.Issues.ListComments(ctx, p.owner, p.repo, 0, &github.IssueListCommentsOptions{
		Sort: new("updated"), Direction: new("asc"), Since: new(from), ListOptions: github.ListOptions{Page: page, PerPage: pageSize},
	})
	if err != nil {
		return last, false, p.fail("comments of "+p.name, err)
	}
	cursor, news := p.cursor, false
	var failure error
	for _, comment := range list {
		last = comment.GetUpdatedAt().UTC()
		if last.Before(from) || cursor.has(comment.GetID(), last) {
			continue
		}
		if failure = p.take(ctx, comment); failure != nil {
			break // it is not among the taken ones, so it is read again
		}
		cursor, news = cursor.with(comment.GetID(), last), true
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
	if err := p.cursors.Save(ctx, p.name, c); err != nil {
		return fmt.Errorf("cursor of %s: %w", p.name, err)
	}
	return nil
}

// take delivers the commands of one comment.
func (p *poll) take(ctx context.Context, comment *github.IssueComment) error {
	number, ok := p.wanted(comment)
	if !ok {
		return nil
	}
	for i, text := range commands(comment.GetBody(), p.addressed()) {
		if err := p.accept(ctx, p.request(comment, number, i, text)); err != nil {
			return fmt.Errorf("comment %d on %s#%d not taken: %w", comment.GetID(), p.name, number, err)
		}
	}
	return nil
}

// wanted reports whether a comment may command, and on which pull request it stands.
func (p *poll) wanted(comment *github.IssueComment) (number int, ok bool) {
	u := comment.GetUser()
	page, _, _ := strings.Cut(comment.GetHTMLURL(), "#") // …/owner/name/pull/12
	switch {
	case path.Base(path.Dir(page)) != "pull":
		return 0, false // on an issue
	case isBot(u), u.GetLogin() == "":
		return 0, false
	case strings.EqualFold(u.GetLogin(), p.ownLogin()) && strings.Contains(comment.GetBody(), markerSign):
		return 0, false // the bot's own; whoever lends the bot a personal token can still command it
	case !comment.GetUpdatedAt().Equal(comment.GetCreatedAt()):
		return 0, false // edited
	}
	if age := p.wire.gate.serverTime(p.now()).Sub(comment.GetCreatedAt().Time); age > p.o.MaxAge {
		p.log.Info("comment is too old to be answered", "repo", p.name, "comment", comment.GetID(), "age", age.Round(time.Minute))
		return 0, false
	}
	n, err := strconv.ParseInt(path.Base(comment.GetIssueURL()), 10, 32)
	return int(n), err == nil && n > 0
}

// request makes the i-th command of a comment a request.
func (p *poll) request(comment *github.IssueComment, number, i int, text string) bot.Request {
	created := comment.GetCreatedAt().UTC()
	id := fmt.Sprintf("github/%s/%d/%d/%d/%d", p.host, p.id, comment.GetID(), created.Unix(), i)
	login := comment.GetUser().GetLogin()
	return bot.Request{
		ID: id, Kind: bot.Ask, From: bot.Actor{Surface: bot.GitHub, ID: login, Name: login},
		ReplyTo: bot.Place{
			Surface: bot.GitHub, Channel: p.name, Thread: strconv.Itoa(number), Message: strconv.FormatInt(comment.GetID(), 10),
		},
		Subject: Ref{Owner: p.owner, Repo: p.repo, Number: number}.String(), Text: text, Time: created,
	}
}

// ownLogin is the bot's login as far as it is known without asking.
func (c *Client) ownLogin() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.login
}

// addressed are the words that address the bot.
func (c *Client) addressed() []string {
	names := slices.Clone(c.names)
	if login, _ := strings.CutSuffix(c.o.Login, "[bot]"); login != "" && !slices.Contains(names, login) {
		names = append(names, login)
	}
	return names
}

// pause is how long to wait before asking again.
func (p *poll) pause(err error) time.Duration {
	now := p.now()
	d := p.o.Poll
	if now.Sub(p.news) > busyFor {
		d *= idleFactor
	}
	if err != nil {
		d = min(p.o.Poll<<min(p.failed, 10), max(longestPause, p.o.Poll))
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		d = max(d, e.Until.Sub(now))
	}
	if reset := p.wire.gate.low(now); !reset.IsZero() {
		d = max(d, reset.Sub(now)) // leave the rest of the budget to people's questions
	}
	return d + rand.N(d/8+1) // so that repositories and bots do not ask all at once
}
