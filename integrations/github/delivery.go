package github

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// A receiver answers deliveries.
type receiver struct {
	*Webhook
	accept func(context.Context, bot.Request) error
	slots  chan struct{} // taken by each delivery under way
	large  chan struct{} // taken by one that is, or may be, longer than any that tells of a comment: nobody is to fill the memory
}

// handler answers what comes to the webhooks' path.
func (w *Webhook) handler(accept func(context.Context, bot.Request) error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(w.o.Path, &receiver{w, accept, make(chan struct{}, maxUnderWay), make(chan struct{}, 1)})
	return mux
}

// A verdict is the answer to a delivery, and how it is counted.
type verdict struct {
	status  int
	outcome string
}

// ServeHTTP answers one delivery. Whoever is not believed is told nothing but the status.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), answerTime) // what has come in is taken, also if GitHub hangs up
	defer cancel()
	v := r.inTurn(w, req.WithContext(ctx))
	r.c.meter.Add("webhook_deliveries_total", 1, "outcome", v.outcome)
	switch v.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "60")
	case http.StatusUnauthorized:
		r.c.intake.hook(func(s *WebhookStats) { s.Refused++ })
	}
	w.WriteHeader(v.status)
}

// inTurn receives a delivery when not too many are under way.
func (r *receiver) inTurn(w http.ResponseWriter, req *http.Request) verdict {
	patience := time.NewTimer(waitTime)
	defer patience.Stop()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }() // also after a panic
		return r.receive(w, req)
	case <-patience.C:
		return verdict{http.StatusServiceUnavailable, "busy"}
	}
}

// receive decides about one delivery. Nothing in it is understood before its signature is known to be right.
func (r *receiver) receive(w http.ResponseWriter, req *http.Request) verdict {
	if req.Method != http.MethodPost {
		return verdict{http.StatusMethodNotAllowed, "method"}
	}
	if form, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || form != "application/json" {
		return verdict{http.StatusUnsupportedMediaType, "content type"}
	}
	if req.ContentLength > maxDelivery {
		return verdict{http.StatusRequestEntityTooLarge, "size"}
	}
	signatures := req.Header.Values("X-Hub-Signature-256")
	if len(signatures) != 1 || !signatureForm.MatchString(signatures[0]) {
		return verdict{http.StatusUnauthorized, "signature"}
	}
	if req.ContentLength < 0 || req.ContentLength > usualDelivery {
		select {
		case r.large <- struct{}{}:
			defer func() { <-r.large }()
		default:
			return verdict{http.StatusServiceUnavailable, "busy"}
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxDelivery))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return verdict{http.StatusRequestEntityTooLarge, "size"}
	}
	if err != nil {
		return verdict{http.StatusBadRequest, "unread"}
	}
	if !r.signed(body, signatures[0]) {
		return verdict{http.StatusUnauthorized, "signature"}
	}
	return r.read(req, body)
}

var (
	signatureForm = regexp.MustCompile(`^sha256=[0-9a-f]{64}$`)
	guidForm      = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
)

// signed reports whether signature, which has the right form, was made of body with one of the secrets.
func (w *Webhook) signed(body []byte, signature string) bool {
	sent, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	for _, secret := range w.o.Secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if err == nil && hmac.Equal(sent, mac.Sum(nil)) {
			return true
		}
	}
	return false
}

// A delivery is what is read of a comment's event.
type delivery struct {
	Action     string
	Repository struct {
		ID       int64
		FullName string `json:"full_name"`
	}
	Issue struct {
		Number      int
		PullRequest *struct{} `json:"pull_request"`
	}
	PullRequest struct{ Number int } `json:"pull_request"`
	Comment     struct {
		ID        int64
		Body      string
		User      *github.User
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}
}

// read takes the commands of a delivery that GitHub has signed.
func (r *receiver) read(req *http.Request, body []byte) verdict {
	r.c.intake.hook(func(s *WebhookStats) { s.Event = r.c.now() })
	event, k := req.Header.Get("X-GitHub-Event"), plain()
	switch event {
	case plain().event:
	case review().event:
		k = review()
	case "ping":
		r.c.meter.Add("events_received_total", 1, "source", "github", "type", event)
		return verdict{http.StatusNoContent, "ping"}
	default:
		r.c.meter.Add("events_received_total", 1, "source", "github", "type", "other")
		return verdict{http.StatusNoContent, "other event"}
	}
	r.c.meter.Add("events_received_total", 1, "source", "github", "type", event)
	var d delivery
	if err := json.Unmarshal(body, &d); err != nil {
		return verdict{http.StatusBadRequest, "malformed"}
	}
	owner, repo, _ := strings.Cut(d.Repository.FullName, "/")
	owner, repo, err := r.c.allowed(owner, repo)
	switch {
	case err != nil:
		return verdict{http.StatusNoContent, "repository"}
	case d.Action != "created":
		return verdict{http.StatusNoContent, "other action"}
	case d.Repository.ID < 1, d.Comment.ID < 1, d.Comment.CreatedAt.IsZero():
		return verdict{http.StatusBadRequest, "malformed"}
	}
	h := &hearer{
		Client: r.c, kind: k, accept: r.accept, name: owner + "/" + repo, owner: owner, repo: repo, id: d.Repository.ID,
		maxAge: min(r.c.o.MaxAge, replayTime),
	}
	return r.take(req, h, d.remark(k))
}

// take gives the comment's commands to the bot.
func (r *receiver) take(req *http.Request, h *hearer, comment remark) verdict {
	alias := ""
	if guid := req.Header.Get("X-GitHub-Delivery"); guidForm.MatchString(guid) { // it is not signed
		alias = "github:delivery/" + guid
	}
	if err := h.take(req.Context(), comment, alias); err != nil {
		r.c.log.Warn("webhook not taken", "err", err)
		return verdict{http.StatusServiceUnavailable, "not taken"}
	}
	r.c.intake.took(h.kind, h.name, r.c.now())
	return verdict{http.StatusAccepted, "taken"}
}

// remark is the comment that a delivery tells of.
func (d delivery) remark(k kind) remark {
	r := remark{
		id: d.Comment.ID, author: d.Comment.User, body: d.Comment.Body, created: d.Comment.CreatedAt.UTC(), updated: d.Comment.UpdatedAt.UTC(),
	}
	switch {
	case k == review():
		r.pull, r.submitted = max(0, d.PullRequest.Number), true // other actions than created do not come here
	case d.Issue.PullRequest != nil:
		r.pull = max(0, d.Issue.Number)
	}
	return r
}
