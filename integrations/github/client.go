// Package github is what Shipmate knows of GitHub: reading pull requests ([Client.Snapshot]), hearing commands in their comments
// ([Source]), answering with one comment on each ([Poster]), and telling what somebody may do ([Client.Role]).
//
// go-github is used in this package only, and none of its types leave it. What handlers see are the plain values of types.go.
package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// Options configure a Client. BaseURL, Token and Repos are what it needs; the rest has defaults.
type Options struct {
	// BaseURL is the address of the REST API: https, or http on a loopback address. Empty means https://api.github.com/. An address of
	// another host gets "/api/v3/" appended when it has not got it, as GitHub Enterprise Server has it.
	BaseURL string
	// Token authenticates the bot, unless it is an App. It is sent to BaseURL's host only, and appears in no error and no log line.
	Token string
	// App makes the bot a GitHub App. Nil: Token is used.
	App *AppOptions
	// Login is the bot's own account, such as "shipmate[bot]". Empty: GitHub is asked, which does not work for a Token that belongs to an App.
	Login string
	// Repos are the repositories that the bot reads, as "owner/name". Any other is refused.
	Repos []string
	// MarkerKey signs the hidden marker that the bot's comments are recognised by: at least 16 bytes, the same for ever. It may be empty
	// for a Client that never posts.
	MarkerKey []byte
	// Names are the words that address the bot in comments, besides Login without "[bot]" where that is given: a login that GitHub was asked
	// for may be a person's, whom people mention for other reasons. None means "shipmate".
	Names []string
	// Poll is how often a repository with recent comments is asked for new ones; a quiet one is asked a quarter as often. 0 means 15 s.
	Poll time.Duration
	// PollShare is the share of the hour's requests that asking for comments may use, of all repositories together. 0 means 0.4; 1 or more is
	// without bound, also on how many are asked at once, for a stand-in.
	PollShare float64
	// MaxAge is how old a comment may be to be answered still, after the bot was away. 0 means 24 hours.
	MaxAge time.Duration
	// Pace is the least time between two writes. 0 means one second, which is what GitHub asks for, with at most 80 in a minute and 500 in an
	// hour; with another pace these limits do not hold, for a stand-in.
	Pace time.Duration
	// Meter is told what is received and refused. Nil forgets it.
	Meter bot.Meter
	// Log receives what nobody is told otherwise. Nil discards it.
	Log *slog.Logger
	// Now tells the time. Nil means time.Now.
	Now func() time.Time
}

// A Client talks to one GitHub host with one token, or as one App. It is safe for concurrent use.
type Client struct {
	api       *github.Client
	wires     *wires
	logs      *http.Client // downloads job logs from other hosts, without the token
	app       *app         // nil: there is a token
	base      *url.URL     // of the REST API, ending in a slash
	host      string       // where people read, such as "github.com"; with the port if there is one
	repos     []string     // "owner/name", as configured
	key       []byte       // signs markers
	names     []string     // words that address the bot
	o         Options
	log       *slog.Logger
	now       func() time.Time
	pace      *pacer
	meter     bot.Meter
	facts     *baseFiles
	repoFiles repoFiles
	texts     *textMemory
	levels    *levels
	recent    *recent
	// noGraph is set when the host has no GraphQL.
	noGraph atomic.Bool
	places  touchedMemory
	churn   churnMemory
	deploys deployMemory

	reactions chan struct{} // taken by each reaction under way
	intake    intake

	mu    sync.Mutex
	login string                // guarded by mu
	known map[string]repository // by lower-case "owner/name"; guarded by mu
}

// repository is what the client keeps of a repository.
type repository struct {
	ID      int64
	Private bool
	read    time.Time
}

const (
	defaultPoll   = 15 * time.Second
	defaultMaxAge = 24 * time.Hour
	defaultPace   = time.Second
	minMarkerKey  = 16
)

var repoName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})/[A-Za-z0-9._-]{1,100}$`)

// New makes a Client without talking to GitHub. What is wrong with the options is an error that names the option.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	var limits []writeLimit
	if o.Pace == 0 {
		limits = writeLimits()
	}
	o.Poll = cmp.Or(o.Poll, defaultPoll)
	o.PollShare = cmp.Or(o.PollShare, defaultShare)
	o.MaxAge = cmp.Or(o.MaxAge, defaultMaxAge)
	o.Pace = cmp.Or(o.Pace, defaultPace)
	c := &Client{
		base: base, host: webHost(base), repos: o.Repos, key: o.MarkerKey, login: o.Login, known: map[string]repository{},
		o: o, log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), now: o.Now,
		facts: newBaseFiles(), recent: newRecent(), texts: newTextMemory(), repoFiles: repoFiles{read: map[string]repoFile{}}, levels: newLevels(), meter: cmp.Or(o.Meter, bot.Meter(bot.NoMeter{})),
		reactions: make(chan struct{}, maxReactions), intake: newIntake(),
		places: touchedMemory{known: map[string]touchedFiles{}}, deploys: deployMemory{known: map[string]time.Time{}},
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.names = o.Names
	if len(c.names) == 0 {
		c.names = []string{"shipmate"}
	}
	c.pace = newPacer(o.Pace, limits)
	c.logs = newLogClient(base)
	if err := c.connect(); err != nil {
		return nil, err
	}
	return c, nil
}

// check says what is wrong with the options, apart from the address and the App's key.
func (o Options) check() error {
	switch {
	case o.App != nil && o.Token != "":
		return errors.New("github has a token and an app: one of them authenticates the bot")
	case o.App == nil && o.Token == "":
		return errors.New("github token is empty")
	case o.App == nil && !wellFormed(o.Token):
		return errors.New("github token contains characters that no token has")
	}
	if len(o.Repos) == 0 {
		return errors.New("github repos is empty: name at least one repository as owner/name")
	}
	for _, name := range o.Repos {
		if !validRepo(name) {
			return fmt.Errorf("github repos: %q is not of the form owner/name", name)
		}
	}
	if o.Poll < 0 || o.PollShare < 0 || o.MaxAge < 0 || o.Pace < 0 {
		return errors.New("github poll, poll share, max age and pace cannot be negative")
	}
	if n := len(o.MarkerKey); n > 0 && n < minMarkerKey {
		return fmt.Errorf("github marker key has %d bytes, at least %d are needed", n, minMarkerKey)
	}
	return nil
}

// connect makes the ways to GitHub, with the token or as the App.
func (c *Client) connect() (err error) {
	if c.o.App != nil {
		c.app, c.wires, err = newApp(c, *c.o.App)
	} else {
		c.wires = &wires{base: c.base, all: c.newWire(fixedToken(c.o.Token))}
	}
	if err == nil {
		c.api, err = newAPI(c.base, c.wires)
	}
	return err
}

func (c *Client) newWire(tokens tokenSource) *transport {
	return newTransport(c.base, tokens, c.now, c.meter, c.o.PollShare)
}

func newAPI(base *url.URL, wire http.RoundTripper) (*github.Client, error) {
	api := github.NewClient(&http.Client{Transport: wire, Timeout: requestTimeout, CheckRedirect: sameHost})
	api, err := api.WithEnterpriseURLs(base.String(), base.String())
	if err != nil {
		return nil, fmt.Errorf("github base url: %w", err)
	}
	api.UserAgent = "shipmate"
	return api, nil
}

// validRepo reports whether s has the form "owner/name" and cannot be mistaken for a path that leads elsewhere.
func validRepo(s string) bool {
	_, name, _ := strings.Cut(s, "/")
	return repoName.MatchString(s) && name != "." && name != ".."
}

// allowed returns the owner and name of a repository as they are configured.
func (c *Client) allowed(owner, repo string) (string, string, error) {
	for _, name := range c.repos {
		if strings.EqualFold(name, owner+"/"+repo) {
			o, r, _ := strings.Cut(name, "/")
			return o, r, nil
		}
	}
	return "", "", notConfigured(owner+"/"+repo, c.repos)
}

// Login returns the bot's own account. Unless it is configured, GitHub is asked until it has answered.
func (c *Client) Login(ctx context.Context) (string, error) {
	if login := c.ownLogin(); login != "" {
		return login, nil
	}
	ask := c.tokenLogin
	if c.app != nil {
		ask = c.app.login
	}
	login, err := ask(ctx)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login = login
	return login, nil
}

func (c *Client) tokenLogin(ctx context.Context) (string, error) {
	u, _, err := c.api.Users.Get(ctx, "")
	if err != nil {
		return "", c.fail("who the token belongs to", err)
	}
	if u.GetLogin() == "" {
		return "", errors.New("github does not say who the token belongs to: configure the login")
	}
	return u.GetLogin(), nil
}

// repository returns the repository's number and visibility, not older than a few minutes.
func (c *Client) repository(ctx context.Context, owner, repo string) (repository, error) {
	const keep = 5 * time.Minute
	key := strings.ToLower(owner + "/" + repo)
	c.mu.Lock()
	known, ok := c.known[key]
	c.mu.Unlock()
	if ok && c.now().Sub(known.read) < keep {
		return known, nil
	}
	r, _, err := c.api.Repositories.Get(ctx, owner, repo)
	if err != nil {
		return repository{}, c.fail("repository "+owner+"/"+repo, err)
	}
	if r.GetID() == 0 {
		return repository{}, fmt.Errorf("repository %s/%s: github's answer has no id", owner, repo)
	}
	// Whatever does not say that it is private counts as public, where reading says nothing about a person.
	known = repository{ID: r.GetID(), Private: r.GetPrivate(), read: c.now()}
	c.mu.Lock()
	c.known[key] = known
	c.mu.Unlock()
	return known, nil
}

// notConfigured says which repositories the bot reads.
func notConfigured(name string, repos []string) error {
	return &bot.UserError{Text: fmt.Sprintf("I do not read %s. I read %s.", bot.CleanLine(name), strings.Join(repos, ", "))}
}
