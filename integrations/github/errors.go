package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// An APIError is an answer of GitHub that is not what was asked for. Its text contains no token, and no more of GitHub's message than a line.
type APIError struct {
	Status  int    // the HTTP status
	Message string // what GitHub says about it; may be empty
}

// Error says what class of failure the status is.
func (e *APIError) Error() string {
	text := fmt.Sprintf("github %s (%d)", e.class(), e.Status)
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Outcome tells the bot what became of a comment that could not be written. After 5xx it may be there all the same.
func (e *APIError) Outcome() (o bot.Outcome, after time.Duration) {
	switch {
	case e.Status >= http.StatusInternalServerError:
		return bot.Ambiguous, 0
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusAccepted:
		return bot.NotShown, 0 // a token that does not work is waited for: somebody will mend it
	}
	return bot.Refused, 0
}

func (e *APIError) class() string {
	switch {
	case e.Status == http.StatusUnauthorized:
		return "does not accept the token"
	case e.Status == http.StatusForbidden:
		return "does not permit this"
	case e.Status == http.StatusNotFound:
		return "knows nothing of the kind"
	case e.Status == http.StatusGone, e.Status == http.StatusUnavailableForLegalReasons:
		return "has withdrawn it"
	case e.Status >= http.StatusInternalServerError:
		return "is failing"
	}
	return "refuses the request"
}

// fail turns what go-github returns into one of: a *LimitError, a *BusyError, a *tokenError, an *APIError, the context's error, or an error without structure; wrapped
// with what was asked for. The token is in none of them, whatever a server writes into its answers.
func (c *Client) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, c.clean(err))
}

func (c *Client) clean(err error) error {
	if e, ok := errors.AsType[*tokenError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*BusyError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*github.RateLimitError](err); ok { // go-github's own memory of the last answer
		return &LimitError{Until: e.Rate.Reset.Time}
	}
	if e, ok := errors.AsType[*github.AbuseRateLimitError](err); ok {
		wait := secondaryWait
		if e.RetryAfter != nil && *e.RetryAfter > 0 {
			wait = *e.RetryAfter
		}
		return &LimitError{Until: c.now().Add(wait), Secondary: true}
	}
	if e, ok := errors.AsType[*github.ErrorResponse](err); ok {
		return &APIError{Status: e.Response.StatusCode, Message: c.redact(e.Message)}
	}
	if e, ok := errors.AsType[*github.TwoFactorAuthError](err); ok {
		return &APIError{Status: e.Response.StatusCode, Message: c.redact(e.Message)}
	}
	if _, ok := errors.AsType[*github.AcceptedError](err); ok {
		return &APIError{Status: http.StatusAccepted, Message: "the answer is not ready yet"}
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the address is in what was asked for
	}
	return errors.New(c.redact(err.Error()))
}

// redact makes one short line of s without secrets in it.
func (c *Client) redact(s string) string {
	const most = 300
	s = bot.CleanLine(c.withoutSecrets(s))
	if len(s) > most {
		s = s[:most]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return s
}

// status returns the HTTP status that err tells of; 0 when it tells of none. What was answered to the request for a token counts only when it is
// about signing in or GitHub's failing: nothing else was said about what was asked for.
func status(err error) int {
	e, ok := errors.AsType[*APIError](err)
	if !ok {
		return 0
	}
	if _, asked := errors.AsType[*tokenError](err); asked && e.Status != http.StatusUnauthorized && e.Status < http.StatusInternalServerError {
		return 0
	}
	return e.Status
}

// withoutToken reports whether nothing was asked because the App has no token for it.
func withoutToken(err error) bool {
	_, ok := errors.AsType[*tokenError](err)
	return ok && status(err) == 0
}

// explain makes a sentence for people of the failures that people can do something about, and logs what it was. Others stay as they are.
func (c *Client) explain(err error) error {
	text := ""
	limit, limited := errors.AsType[*LimitError](err)
	switch s := status(err); {
	case limited:
		text = "GitHub lets me ask nothing more until " + clock(limit.Until) + ". Please ask me again then."
	case withoutToken(err):
		text = "GitHub does not let me in there as an App. Whoever runs me has to check that the App is installed for this repository."
	case s == http.StatusUnauthorized:
		text = "GitHub no longer accepts my token. Whoever runs me has to renew it."
	case s == http.StatusForbidden:
		text = "GitHub does not let me read this. Whoever runs me has to give my token access to it."
	case s == http.StatusGone, s == http.StatusUnavailableForLegalReasons:
		text = "GitHub has withdrawn this, so I cannot read it."
	case s == http.StatusUnprocessableEntity:
		text = "GitHub cannot do this: " + messageOf(err)
	case s >= http.StatusInternalServerError:
		text = fmt.Sprintf("GitHub is failing just now (%d). Please ask me again in a minute.", s)
	default:
		return err
	}
	c.log.Warn("not read", "err", err)
	return &bot.UserError{Text: text}
}

// messageOf is what GitHub says of a failure.
func messageOf(err error) string {
	if e, ok := errors.AsType[*APIError](err); ok && e.Message != "" {
		return e.Message
	}
	return "it does not say why."
}

// why says in a few words why a part could not be read.
func why(err error) string {
	if e, ok := errors.AsType[*LimitError](err); ok {
		return "GitHub's limit on requests is used up until " + clock(e.Until)
	}
	switch s := status(err); {
	case s == http.StatusUnauthorized, s == http.StatusForbidden, withoutToken(err):
		return "no permission"
	case s == http.StatusNotFound:
		return "not found"
	case s == http.StatusGone, s == http.StatusUnavailableForLegalReasons:
		return "withdrawn"
	case s >= http.StatusInternalServerError:
		return fmt.Sprintf("GitHub failed (%d)", s)
	case s != 0:
		return fmt.Sprintf("GitHub refused (%d)", s)
	case errors.Is(err, context.DeadlineExceeded):
		return "GitHub took too long"
	case errors.Is(err, errNoGraph):
		return "only GraphQL tells, and GitHub has none here"
	case errors.Is(err, errUnsafeLog):
		return "it is at an address that I do not go to"
	}
	return "GitHub could not be reached"
}

func clock(t time.Time) string { return t.Add(time.Minute - 1).UTC().Format("15:04 UTC") }
