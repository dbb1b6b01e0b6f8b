package github

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// A kind is one of the two kinds of comment on a pull request. Their numbers are counted apart, so the same number may be in both.
type kind struct {
	event string // GitHub's name for the event that one was written
	sign  string // before the number of a comment
	list  string // behind the repository's name in the name of the cursor
}

// reviewSign marks the number of a review comment.
const reviewSign = "r"

// plain comments stand below the pull request, reviews at a line of its changes.
func plain() kind { return kind{event: "issue_comment"} }
func review() kind {
	return kind{event: "pull_request_review_comment", sign: reviewSign, list: "#review"}
}

// cursor is the name of the cursor of the comments of this kind in a repository.
func (k kind) cursor(repo string) string { return repo + k.list }

// message names a comment as a bot.Place does.
func (k kind) message(id int64) string { return k.sign + strconv.FormatInt(id, 10) }

// A remark is a comment that was read or delivered.
type remark struct {
	id               int64
	pull             int // the pull request that it stands on; 0: none
	author           *github.User
	body             string
	created, updated time.Time
	submitted        bool // GitHub delivers it as created just now, whatever its times say
}

// A review comment is created when its author begins to write a review and updated when the review is submitted, which for a single comment
// is a moment later. What is updated later than this was edited, or waited in a review: a list does not tell which, the event of its
// creation does.
const submitTime = 2 * time.Second

// edited reports whether a comment may no longer be as its author wrote it.
func (k kind) edited(r remark) bool {
	if k == review() {
		return !r.submitted && r.updated.Sub(r.created).Abs() > submitTime
	}
	return !r.updated.Equal(r.created)
}

// plainRemark reads a comment from the list of a repository's issues and pull requests.
func plainRemark(c *github.IssueComment) remark {
	r := remark{
		id: c.GetID(), author: c.GetUser(), body: c.GetBody(), created: c.GetCreatedAt().UTC(), updated: c.GetUpdatedAt().UTC(),
	}
	page, _, _ := strings.Cut(c.GetHTMLURL(), "#") // …/owner/name/pull/12
	if path.Base(path.Dir(page)) == "pull" {       // otherwise on an issue
		r.pull = numberAtEnd(c.GetIssueURL())
	}
	return r
}

// reviewRemark reads a comment from the list of a repository's review comments.
func reviewRemark(c *github.PullRequestComment) remark {
	return remark{
		id: c.GetID(), pull: numberAtEnd(c.GetPullRequestURL()), author: c.GetUser(), body: c.GetBody(),
		created: c.GetCreatedAt().UTC(), updated: c.GetUpdatedAt().UTC(),
	}
}

// numberAtEnd is the number that an address ends in; 0 when it ends in none.
func numberAtEnd(url string) int {
	n, err := strconv.ParseInt(path.Base(url), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// A hearer takes the commands of one repository's comments of one kind.
type hearer struct {
	*Client
	kind   kind
	accept func(context.Context, bot.Request) error
	name   string // "owner/name"
	owner  string
	repo   string
	id     int64         // of the repository; 0: not known yet
	maxAge time.Duration // how old a comment may be
}

// take delivers the commands of one comment, and returns nil when all of them are durable. alias names the delivery; "" when it has no name.
func (h *hearer) take(ctx context.Context, r remark, alias string) error {
	if !h.wanted(r) {
		return nil
	}
	texts := commands(r.body, h.addressed())
	for i, text := range texts[:min(len(texts), maxCommands)] {
		req := h.request(r, i, text)
		if alias != "" {
			req.Alias = fmt.Sprintf("%s/%d", alias, i)
		}
		if err := h.accept(ctx, req); err != nil {
			return fmt.Errorf("comment %s on %s#%d not taken: %w", h.kind.message(r.id), h.name, r.pull, err)
		}
	}
	if len(texts) > maxCommands {
		h.log.Info("comment has more commands than are taken", "repo", h.name, "comment", h.kind.message(r.id), "commands", len(texts))
		h.reactSoon(ctx, h.replyTo(r), "confused")
	}
	return nil
}

// wanted reports whether a comment may command.
func (h *hearer) wanted(r remark) bool {
	own := h.ownLogin()
	switch {
	case r.pull == 0:
		return false
	case isBot(r.author), r.author.GetLogin() == "":
		return false
	case strings.Contains(r.body, markerSign) && (own == "" || strings.EqualFold(r.author.GetLogin(), own)):
		return false // the bot's own; whoever lends the bot a personal token can still command it
	case h.kind.edited(r):
		return false
	}
	said := r.created
	if r.submitted {
		said = r.updated
	}
	if age := h.wire(h.owner).gate.serverTime(h.now()).Sub(said); age > h.maxAge {
		h.log.Info("comment is too old to be answered", "repo", h.name, "comment", h.kind.message(r.id), "age", age.Round(time.Minute))
		return false
	}
	return true
}

// request makes the i-th command of a comment a request. Its ID is the same however the comment was heard.
func (h *hearer) request(r remark, i int, text string) bot.Request {
	login := r.author.GetLogin()
	return bot.Request{
		ID:   fmt.Sprintf("github/%s/%d/%s/%d/%d", h.host, h.id, h.kind.message(r.id), r.created.Unix(), i),
		Kind: bot.Ask, From: bot.Actor{Surface: bot.GitHub, ID: login, Name: login}, ReplyTo: h.replyTo(r),
		Subject: Ref{Owner: h.owner, Repo: h.repo, Number: r.pull}.String(), Text: text, Time: r.created,
	}
}

func (h *hearer) replyTo(r remark) bot.Place {
	return bot.Place{Surface: bot.GitHub, Channel: h.name, Thread: strconv.Itoa(r.pull), Message: h.kind.message(r.id)}
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
	login := c.o.Login
	if c.app != nil {
		login = c.ownLogin() // which is nobody else's
	}
	if login, _ = strings.CutSuffix(login, "[bot]"); login != "" && !slices.Contains(names, login) {
		names = append(names, login)
	}
	return names
}
