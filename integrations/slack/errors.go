package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// Class says what an error means for whoever wants the call done.
type Class int

// The classes of errors.
const (
	// Ambiguous: the call may or may not have been carried out (a lost connection, a timeout, a server error). Find tells.
	Ambiguous Class = iota
	// Temporary: the call was certainly not carried out, and may succeed later.
	Temporary
	// Permanent: the call was refused, and will be again.
	Permanent
	// Fatal: no call will succeed until somebody changes the app or its tokens.
	Fatal
)

// String returns the class in lower case.
func (c Class) String() string {
	switch c {
	case Temporary:
		return "temporary"
	case Permanent:
		return "permanent"
	case Fatal:
		return "fatal"
	}
	return "ambiguous"
}

// An Error is a call to Slack that did not succeed. Its text never contains a token, a ticket or what people wrote.
type Error struct {
	Method     string        // such as "chat.postMessage"
	Code       string        // as Slack names it, such as "channel_not_found"; empty when Slack did not answer
	Class      Class         // what can be done about it
	RetryAfter time.Duration // how long Slack wants to be left alone; 0 unless it said so
	detail     string
	cause      error // context.Canceled, context.DeadlineExceeded or nil
}

// Error names the method and what went wrong.
func (e *Error) Error() string {
	text := "slack " + e.Method + ": "
	switch {
	case e.Code != "" && e.detail != "":
		return text + e.Code + ": " + e.detail
	case e.detail != "":
		return text + e.detail
	}
	return text + e.Code
}

// Outcome tells the bot what became of a message that could not be shown. A token that does not work is waited for: somebody will mend it.
func (e *Error) Outcome() (o bot.Outcome, after time.Duration) {
	switch e.Class {
	case Temporary, Fatal:
		return bot.NotShown, e.RetryAfter
	case Permanent:
		return bot.Refused, 0
	}
	return bot.Ambiguous, 0
}

// Unwrap returns context.Canceled or context.DeadlineExceeded where that was the cause, else nil: what lies below may hold secrets.
func (e *Error) Unwrap() error { return e.cause }

// code returns Slack's name for an error, or "".
func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// isFatal reports whether nothing will work until somebody acts.
func isFatal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == Fatal
}

// fatalCodes are Slack's names for a token or an app that cannot work, with what to do.
var fatalCodes = map[string]string{
	"invalid_auth":            "Slack does not know this token",
	"not_authed":              "no token was sent",
	"account_inactive":        "the token's user or workspace is gone",
	"token_revoked":           "the token was revoked: install the app again",
	"token_expired":           "the token has expired",
	"app_uninstalled":         "the app was uninstalled",
	"no_permission":           "the token may not do this",
	"not_allowed_token_type":  "this is the wrong kind of token: xapp- opens sockets, xoxb- does the rest",
	"missing_args":            "the token is missing",
	"org_login_required":      "the workspace is being moved into an organisation",
	"ekm_access_denied":       "an administrator has suspended access",
	"team_access_not_granted": "the app was not given this workspace",
	"access_denied":           "access was denied",
	"link_disabled":           "Socket Mode is switched off for this app: switch it on under Socket Mode in the app's settings",
}

// socketOnly are codes that are fatal for opening a socket and nothing worse than a refusal elsewhere.
var socketOnly = []string{"no_permission", "missing_args", "access_denied", "ekm_access_denied", "missing_scope", "not_allowed_token_type"}

// temporaryCodes are refusals that pass by themselves. Errors like internal_error and fatal_error are not among them: Slack's reference
// says that part of the call may have been done.
var temporaryCodes = []string{"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "message_limit_exceeded"}

var ambiguousCodes = []string{"internal_error", "fatal_error", "request_timeout"}

// fault turns whatever slack-go or the network returned into an *Error.
func (c *Client) fault(method string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Method: method}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		e.refused(answer)
		e.Code, e.detail = c.redact.text(e.Code), c.redact.text(e.detail)
		return e
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		e.Code, e.Class, e.RetryAfter = "ratelimited", Temporary, limited.RetryAfter
		e.detail = fmt.Sprintf("Slack asks for a pause of %s", limited.RetryAfter)
		return e
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		e.detail = fmt.Sprintf("the server answered with HTTP status %d", status.Code)
		if status.Code < http.StatusInternalServerError {
			e.Class = Permanent
		}
		return e
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			e.cause, e.detail = cause, cause.Error()
			return e
		}
	}
	e.detail = c.redact.text(err.Error())
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.Class = Temporary // nothing was sent
		e.detail = "Slack cannot be reached: " + e.detail
	}
	return e
}

// refused classifies an answer with "ok":false.
func (e *Error) refused(answer slack.SlackErrorResponse) {
	e.Code = answer.Err
	what, fatal := fatalCodes[answer.Err]
	switch {
	case fatal:
		e.detail = what + " (" + tokenOf(e.Method) + ")"
		e.Class = Fatal
		if e.Method != openMethod && slices.Contains(socketOnly, answer.Err) {
			e.Class = Permanent
		}
	case answer.Err == "missing_scope":
		e.Class = Permanent
		e.detail = fmt.Sprintf("the token needs the scope %s", answer.Needed)
		if e.Method == openMethod {
			e.Class, e.detail = Fatal, "the app-level token needs the scope connections:write"
		}
	case slices.Contains(temporaryCodes, answer.Err):
		e.Class = Temporary
	case slices.Contains(ambiguousCodes, answer.Err):
		e.Class = Ambiguous
	default:
		e.Class = Permanent
		e.detail = clip(strings.Join(answer.ResponseMetadata.Messages, "; "), 500)
	}
}

// tokenOf says which token a method is called with.
func tokenOf(method string) string {
	if method == openMethod {
		return "the app-level token, xapp-…"
	}
	return "the bot token, xoxb-…"
}

// A redactor removes secrets from texts that are logged or returned.
type redactor struct{ known *strings.Replacer }

func newRedactor(secrets ...string) redactor {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, "[hidden]")
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// secretLike matches Slack tokens, and the ticket of a socket's URL, which opens it.
var secretLike = regexp.MustCompile(`(?i)(xox[a-z]|xapp|xwfp|xoxe\.xox[a-z])-[a-z0-9_-]+|(ticket|token)=[^&\s"']+`)

func (r redactor) text(s string) string {
	return secretLike.ReplaceAllString(r.known.Replace(s), "[hidden]")
}
