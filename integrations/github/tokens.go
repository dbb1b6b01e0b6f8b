package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"shipmate/bot"
)

// A tokenSource has the token that requests are sent with.
type tokenSource interface {
	// token returns the token to send with now.
	token(ctx context.Context) (string, error)
	// renew returns another token after one was refused; "" when there is no other.
	renew(ctx context.Context, refused string) (string, error)
	// known returns the tokens that may be in use, for keeping them out of errors.
	known() []string
}

// A fixedToken is one that somebody made and put into the configuration.
type fixedToken string

func (f fixedToken) token(context.Context) (string, error)         { return string(f), nil }
func (f fixedToken) renew(context.Context, string) (string, error) { return "", nil }
func (f fixedToken) known() []string                               { return []string{string(f)} }

// wellFormed reports whether s may stand in a header as a token.
func wellFormed(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// A tokenError says that there is no token to ask with. Nothing was asked.
type tokenError struct {
	what string // whose token
	err  error  // without secrets
}

func (e *tokenError) Error() string { return e.what + ": " + e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// Outcome tells the bot that nothing was written. Somebody will mend it, or GitHub's limit ends.
func (e *tokenError) Outcome() (o bot.Outcome, after time.Duration) {
	if limit, ok := errors.AsType[*LimitError](e.err); ok {
		return limit.Outcome()
	}
	return bot.NotShown, 0
}

// wires send each request as whoever reaches its repository: with one token for all of them, or with that of the App's installation at the
// owner. Each has limits and stored answers of its own.
type wires struct {
	base   *url.URL
	all    *transport            // nil for an App
	owners map[string]*transport // of an App, by lower-case owner
}

// of returns the wire to an owner's repositories; nil when there is none.
func (w *wires) of(owner string) *transport {
	if w.all != nil {
		return w.all
	}
	return w.owners[strings.ToLower(owner)]
}

// each are all wires, in no order.
func (w *wires) each() []*transport {
	if w.all != nil {
		return []*transport{w.all}
	}
	var list []*transport
	for _, t := range w.owners {
		list = append(list, t)
	}
	return list
}

// RoundTrip sends a request by the wire of its repository's owner.
func (w *wires) RoundTrip(req *http.Request) (*http.Response, error) {
	owner := w.ownerOf(req)
	t := w.of(owner)
	if t == nil {
		closeBody(req)
		return nil, fmt.Errorf("github: no installation of the App is for %q", owner)
	}
	resp, err := t.RoundTrip(req)
	if err == nil && len(w.owners) > 1 {
		resp.Header.Del("X-RateLimit-Reset") // go-github would take one installation's limit for that of all
	}
	return resp, err
}

// ownerKey is the key of the owner in the context of requests whose path names none.
type ownerKey struct{}

// ownerOf reads the owner from "/repos/{owner}/…", or from the context. A redirect leads to "/repositories/{id}/…", so what was asked for first
// counts.
func (w *wires) ownerOf(req *http.Request) string {
	if owner, ok := req.Context().Value(ownerKey{}).(string); ok {
		return owner
	}
	for req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
	}
	path, ok := strings.CutPrefix(req.URL.Path, w.base.Path+"repos/")
	if !ok {
		return ""
	}
	owner, _, _ := strings.Cut(path, "/")
	return owner
}

// wire is the way to an owner's repositories, which must be among those that are read.
func (c *Client) wire(owner string) *transport { return c.wires.of(owner) }

// tokenForm is what tokens look like, whoever they belong to.
var tokenForm = regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9_.-]{8,}|github_pat_[A-Za-z0-9_]{8,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+)`)

// withoutSecrets replaces the tokens and the key that the client has, and whatever looks like a token.
func (c *Client) withoutSecrets(s string) string {
	for _, t := range c.wires.each() {
		for _, secret := range t.tokens.known() {
			s = hide(s, secret)
		}
	}
	if c.app != nil {
		for _, secret := range c.app.known() {
			s = hide(s, secret)
		}
	}
	return tokenForm.ReplaceAllString(s, "[token]")
}

func hide(s, secret string) string {
	if secret == "" {
		return s
	}
	return strings.ReplaceAll(s, secret, "[token]")
}
