package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxRequestBytes bounds a request body; the biggest useful one is a file upload.
const maxRequestBytes = 32 << 20

// A response is a JSON object the Web API or the control API answers with.
type response = map[string]any

// A slackError is an answer with "ok":false.
type slackError struct {
	Code     string   // as Slack names it
	Detail   string   // a sentence for people; only the control API shows it
	Messages []string // response_metadata.messages
	Needed   string   // the scope, of missing_scope
	Wait     time.Duration
}

func (e *slackError) Error() string {
	if e.Detail == "" {
		return e.Code
	}
	return e.Code + ": " + e.Detail
}

// fail returns a slackError with a sentence for people.
func fail(code, format string, args ...any) error {
	return &slackError{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// A method is one method of the Web API.
type method struct {
	run   func(*Workspace, *call) (response, error)
	scope string // alternatives separated by |; empty needs none
	write bool   // refused over GET
	app   bool   // takes the app-level token instead of the bot token
	open  bool   // takes no token
}

// A call is one request to the Web API.
type call struct {
	args
	name string
	base string // scheme://host of the request, for the URLs in answers
	log  Call
}

// ws is the base URL with the scheme of WebSockets.
func (c *call) ws() string { return "ws" + strings.TrimPrefix(c.base, "http") }

// serveAPI answers one call of the Web API. Every method runs under the workspace's lock: what it tells the app leaves in the
// order of the calls.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{name: r.PathValue("method"), base: baseURL(r)}
	c.log = Call{Time: start, Method: c.name, UserAgent: r.UserAgent(), Status: http.StatusOK}
	m, known := w.methods[c.name]
	fault := w.faults.take(c.name)
	stays := fault == nil || fault.After || w.wait(rw, r, fault)
	var body []byte
	var err error
	if stays && (fault == nil || fault.works()) {
		body, err = w.answer(rw, r, c, m, known)
	}
	if fault != nil && fault.After {
		stays = w.wait(rw, r, fault)
	}
	h := rw.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Slack-Req-Id", newUUID())
	if known && !m.open && !m.app {
		h.Set("X-Oauth-Scopes", strings.Join(w.opts.Scopes, ","))
		h.Set("X-Accepted-Oauth-Scopes", strings.ReplaceAll(m.scope, "|", ","))
	}
	c.log.OK = err == nil
	if fault != nil && !(fault.slow() && stays) {
		body = fault.answer(rw, &c.log, body)
	}
	c.log.MS = float64(time.Since(start).Microseconds()) / 1000
	w.calls.add(c.log) // before the answer, so that whoever has the answer finds it in the log
	switch {
	case !stays || c.log.Status == 0:
		hangUp(rw)
	case fault != nil && fault.Truncate:
		cutOff(rw, body)
	default:
		rw.WriteHeader(c.log.Status)
		rw.Write(body)
	}
}

// answer does what the call asks for and returns the body of the answer, which on an error says what was wrong.
func (w *Workspace) answer(rw http.ResponseWriter, r *http.Request, c *call, m method, known bool) ([]byte, error) {
	err := w.prepare(rw, r, c, m, known)
	if err == nil {
		var body []byte
		if body, err = w.run(c, m); err == nil {
			return body, nil
		}
	}
	return w.refuse(rw, c, err), err
}

// prepare reads the arguments and checks token and scopes.
func (w *Workspace) prepare(rw http.ResponseWriter, r *http.Request, c *call, m method, known bool) error {
	if !known {
		return fail("unknown_method", "no method %s", c.name)
	}
	if r.Method != http.MethodPost && (r.Method != http.MethodGet || m.write) {
		c.log.Status = http.StatusMethodNotAllowed
		return fail("method_not_allowed", "%s needs a POST", c.name)
	}
	r.Body = http.MaxBytesReader(rw, r.Body, maxRequestBytes)
	var err error
	if c.args, err = readArgs(r); err != nil {
		return err
	}
	c.log.Channel, c.log.TS, c.log.ThreadTS = c.args["channel"], c.args["ts"], c.args["thread_ts"]
	if m.open {
		return nil
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = c.args["token"]
	}
	delete(c.args, "token")
	return w.authorize(token, m)
}

func (w *Workspace) authorize(token string, m method) error {
	want, other := BotToken, AppToken
	if m.app {
		want, other = AppToken, BotToken
	}
	switch token {
	case want:
	case other:
		return fail("not_allowed_token_type", "the method takes the other kind of token")
	case "":
		return fail("not_authed", "the call has no token")
	default:
		return fail("invalid_auth", "the token is not one of this workspace")
	}
	if m.scope == "" || m.app {
		return nil
	}
	for scope := range strings.SplitSeq(m.scope, "|") {
		if slices.Contains(w.opts.Scopes, scope) {
			return nil
		}
	}
	return &slackError{Code: "missing_scope", Needed: strings.ReplaceAll(m.scope, "|", ",")}
}

// run calls the method and encodes its answer while the lock is held, because answers share memory with what is stored.
func (w *Workspace) run(c *call, m method) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer, err := m.run(w, c)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = response{}
	}
	answer["ok"] = true
	if ts, ok := answer["ts"].(string); ok && c.log.TS == "" {
		c.log.TS = ts
	}
	if id, ok := answer["channel"].(string); ok {
		c.log.Channel = id // a name or a person became a channel
	}
	return json.Marshal(answer)
}

// refuse turns an error into the body Slack sends for it.
func (w *Workspace) refuse(rw http.ResponseWriter, c *call, err error) []byte {
	e, ok := errors.AsType[*slackError](err)
	if !ok {
		w.log.Error("slack sandbox: web API", "method", c.name, "error", err)
		e = &slackError{Code: "internal_error"}
	}
	c.log.Error = e.Code
	answer := response{"ok": false, "error": e.Code}
	switch e.Code {
	case "missing_scope":
		answer["needed"], answer["provided"] = e.Needed, strings.Join(w.opts.Scopes, ",")
	case "unknown_method":
		answer["req_method"] = c.name
	case "ratelimited":
		c.log.Status = http.StatusTooManyRequests
		rw.Header().Set("Retry-After", retryAfter(e.Wait))
	}
	if len(e.Messages) > 0 {
		answer["errors"] = e.Messages
		answer["response_metadata"] = response{"messages": e.Messages}
	}
	body, _ := json.Marshal(answer) // strings always encode
	return body
}

// retryAfter writes a wait in whole seconds, at least one.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
}

// baseURL is the scheme and host the request was sent to.
func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// allScopes lists every scope some method needs, and those that only events need.
func allScopes() []string {
	set := map[string]bool{"app_mentions:read": true, "commands": true, "incoming-webhook": true}
	for _, m := range apiMethods() {
		for scope := range strings.SplitSeq(m.scope, "|") {
			if scope != "" {
				set[scope] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
