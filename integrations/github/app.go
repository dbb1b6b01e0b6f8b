package github

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

// AppOptions make the Client a GitHub App, in place of a token.
type AppOptions struct {
	// ID is the App's number, from its settings.
	ID int64
	// Installation is the number of the App's installation, where all repositories have one owner. 0: it is looked up for each owner.
	Installation int64
	// Key is the App's private key in PEM, PKCS #1 or PKCS #8. It never leaves this machine, and is in no error and no log line.
	Key string
}

const (
	renewEarly = 5 * time.Minute  // before a token expires
	renewAgain = 30 * time.Second // after trying failed, while the old token is good
	jwtReuse   = jwtLife / 2
)

// An app is a GitHub App. It signs tokens for itself, with which it asks for those of its installations. As a tokenSource it has its own.
type app struct {
	c    *Client // whose errors are without secrets
	id   int64
	key  *rsa.PrivateKey
	pem  string
	wire *transport
	api  *github.Client

	mu     sync.Mutex
	jwt    string    // guarded by mu, like what follows
	signed time.Time // by GitHub's clock
	before string    // the token before this one
}

// newApp makes the App of a client, and the wires to its installations.
func newApp(c *Client, o AppOptions) (*app, *wires, error) {
	key, err := parseKey(o.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("github app key %w", err)
	}
	if o.ID < 1 || o.Installation < 0 {
		return nil, nil, errors.New("github app: the id and the installation are the numbers that GitHub gave them")
	}
	a := &app{c: c, id: o.ID, key: key, pem: o.Key}
	a.wire = c.newWire(a)
	if a.api, err = newAPI(c.base, a.wire); err != nil {
		return nil, nil, err
	}
	w := &wires{base: c.base, owners: map[string]*transport{}}
	at := map[string]*installation{}
	for _, name := range c.repos {
		owner, repo, _ := strings.Cut(name, "/")
		lower := strings.ToLower(owner)
		if at[lower] == nil {
			at[lower] = &installation{app: a, owner: owner, id: o.Installation, fixed: o.Installation != 0}
			w.owners[lower] = c.newWire(at[lower])
		}
		at[lower].repos = append(at[lower].repos, repo)
	}
	if o.Installation != 0 && len(at) > 1 {
		return nil, nil, errors.New("github app: an installation is of one owner, and the repositories have several: " +
			"leave the installation out, and the one of each owner is looked up")
	}
	return a, w, nil
}

// token returns a JWT that is good for some minutes.
func (a *app) token(context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock()
	if age := now.Sub(a.signed); a.jwt != "" && age >= 0 && age < jwtReuse {
		return a.jwt, nil
	}
	return a.sign(now)
}

// renew signs anew after a JWT was refused: since then GitHub's clock is known.
func (a *app) renew(_ context.Context, refused string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.jwt != refused {
		return a.jwt, nil
	}
	if next, err := a.sign(a.clock()); err != nil || next != refused {
		return next, err
	}
	return "", nil
}

// sign makes the next JWT. The lock must be held.
func (a *app) sign(now time.Time) (string, error) {
	next, err := signJWT(a.key, a.id, now)
	if err != nil {
		return "", &tokenError{"the App's own token", err}
	}
	if next != a.jwt {
		a.jwt, a.before = next, a.jwt
	}
	a.signed = now
	return a.jwt, nil
}

// clock is the time by GitHub's clock.
func (a *app) clock() time.Time { return a.wire.gate.serverTime(a.c.now()) }

// known returns the JWTs in use, the key and each of its lines.
func (a *app) known() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	secrets := []string{a.jwt, a.before, a.pem}
	for line := range strings.FieldsFuncSeq(strings.ReplaceAll(a.pem, `\n`, "\n"), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if len(line) >= 16 && !strings.HasPrefix(line, "-----") {
			secrets = append(secrets, line)
		}
	}
	return secrets
}

// login is the account that the App's comments appear under.
func (a *app) login(ctx context.Context) (string, error) {
	app, _, err := a.api.Apps.Get(ctx, "")
	if err != nil {
		return "", a.c.fail("who the App is", err)
	}
	if app.GetSlug() == "" {
		return "", errors.New("github does not say what the App is called: configure the login")
	}
	return app.GetSlug() + "[bot]", nil
}

// An installation is the App at one owner. As a tokenSource it has tokens that last an hour, each asked for once for all who wait for it.
type installation struct {
	app   *app
	owner string
	repos []string // of the owner, without its name
	fixed bool     // id was configured

	mu      sync.Mutex
	id      int64 // 0: to be looked up; guarded by mu, like what follows
	current grant
	before  string    // the token before that
	pending *flight   // nil: nobody asks for a new one
	again   time.Time // no new one is asked for until then, if the current one is good
}

// A grant is a token with its end, by GitHub's clock.
type grant struct {
	token   string
	expires time.Time
}

func (g grant) good(now time.Time, early time.Duration) bool {
	return g.token != "" && g.expires.Sub(now) > early
}

// A flight is a request for a token that is under way.
type flight struct {
	done  chan struct{} // closed at the end, after which the rest stays
	token string
	err   error
}

// token returns the current token, or waits for a new one.
func (i *installation) token(ctx context.Context) (string, error) {
	i.mu.Lock()
	now := i.app.clock()
	if i.current.good(now, renewEarly) || i.current.good(now, 0) && now.Before(i.again) {
		defer i.mu.Unlock()
		return i.current.token, nil
	}
	f := i.pending
	if f == nil {
		f = &flight{done: make(chan struct{})}
		i.pending = f
		go i.fetch(context.WithoutCancel(ctx), f) // ends within requestTimeout; whoever began it may give up before
	}
	i.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// renew gives up the token that was refused.
func (i *installation) renew(ctx context.Context, refused string) (string, error) {
	i.mu.Lock()
	if i.current.token == refused {
		i.current, i.before = grant{}, refused
	}
	i.mu.Unlock()
	return i.token(ctx)
}

func (i *installation) known() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return []string{i.current.token, i.before}
}

// fetch brings a new token to all who wait for it. When that fails a little before the old one ends, the old one has to do.
func (i *installation) fetch(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	next, err := i.ask(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.app.clock()
	switch {
	case err == nil:
		if i.current.token != "" {
			i.before = i.current.token
		}
		i.current, i.again = next, time.Time{}
	case i.current.good(now, 0):
		i.app.c.log.Warn("token not renewed; the old one is still good", "owner", i.owner, "err", err)
		i.again, err = now.Add(renewAgain), nil
	}
	f.token, f.err = i.current.token, err
	i.pending = nil
	close(f.done)
}

// ask asks GitHub for a token, and before that, once, for the number of the installation.
func (i *installation) ask(ctx context.Context) (grant, error) {
	what := "a token for the App's installation at " + i.owner
	id, err := i.number(ctx)
	if err != nil {
		return grant{}, &tokenError{what, err}
	}
	made, _, err := i.app.api.Apps.CreateInstallationToken(ctx, id, &github.InstallationTokenOptions{})
	if err != nil {
		err = i.app.c.clean(err)
		if status(err) == http.StatusNotFound && !i.fixed { // it was installed anew
			i.mu.Lock()
			i.id = 0
			i.mu.Unlock()
		}
		return grant{}, &tokenError{what, err}
	}
	if !wellFormed(made.GetToken()) {
		return grant{}, &tokenError{what, errors.New("github's answer has no token")}
	}
	return grant{made.GetToken(), cmp.Or(made.GetExpiresAt().Time, i.app.clock().Add(time.Hour))}, nil
}

// number returns the number of the installation that reaches the first of the owner's repositories that any reaches.
func (i *installation) number(ctx context.Context) (int64, error) {
	i.mu.Lock()
	id := i.id
	i.mu.Unlock()
	if id != 0 {
		return id, nil
	}
	var failed error
	for _, repo := range i.repos {
		found, _, err := i.app.api.Apps.FindRepositoryInstallation(ctx, i.owner, repo)
		if err != nil {
			if failed = i.app.c.clean(err); status(failed) == http.StatusNotFound {
				continue
			}
			return 0, failed
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		i.id = found.GetID()
		return i.id, nil
	}
	return 0, failed
}
