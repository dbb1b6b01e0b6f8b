package github

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	hookPatience   = 10 * time.Second // how long GitHub waits for the answer to a delivery
	keptDeliveries = 2_000
	firstHookID    = 700_001
)

// hookEvents are those the stand-in tells of.
var hookEvents = []string{"issue_comment", "pull_request", "pull_request_review_comment"}

// A hook is where events are sent to.
type hook struct {
	id      int64
	url     string
	secret  string
	base    string // what URLs in payloads begin with
	created time.Time
}

// A delivery is one attempt to tell a hook of an event.
type delivery struct {
	id         int64
	guid       string
	hook       int64
	at         time.Time
	took       time.Duration
	again      bool
	event      string
	action     string // "" for events without one
	url        string
	header     http.Header
	payload    json.RawMessage
	code       int    // HTTP status; 0 when there was no answer
	status     string // as GitHub words it
	gotHeader  http.Header
	gotPayload string
}

// hooks are the webhook, of which there is at most one, and what was sent to it,
// oldest first. They are kept in memory only.
type hooks struct {
	mu     sync.Mutex
	lastID int64
	made   int64 // how many hooks there have been
	now    *hook // nil is none
	list   []*delivery
}

// get returns the hook, or nil.
func (h *hooks) get() *hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// set replaces the hook; an empty url removes it.
func (h *hooks) set(one hook) hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = nil
	if one.url != "" {
		h.made++
		one.id = firstHookID + h.made
		h.now = &one
	}
	return one
}

// add records a delivery that is over, in the order in which they began.
func (h *hooks) add(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, _ := slices.BinarySearchFunc(h.list, d.id, func(o *delivery, id int64) int { return cmp.Compare(o.id, id) })
	h.list = slices.Insert(h.list, i, d)
	h.list = h.list[max(0, len(h.list)-keptDeliveries):]
}

// nextID returns the id of a new delivery.
func (h *hooks) nextID() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastID++
	return 90_000_000_000 + h.lastID
}

// of returns what was sent to a hook, newest first.
func (h *hooks) of(id int64) []*delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(h.list), func(d *delivery) bool { return d.hook != id })
	slices.Reverse(list)
	return list
}

// deliver sends an event in the background, once: GitHub does not try again by
// itself.
func (s *Server) deliver(h *hook, event, action, guid string, payload json.RawMessage, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Err() != nil {
		return // Close waits for what has begun
	}
	d := &delivery{
		id: s.hooks.nextID(), guid: guid, hook: h.id, at: s.options.Now().UTC(), again: again, event: event, action: action,
		url: h.url, payload: payload, header: h.header(event, guid, payload, s.repositoryID()),
	}
	s.work.Go(func() { s.attempt(d) })
}

// header is what a delivery is sent with.
func (h *hook) header(event, guid string, payload []byte, repository int64) http.Header {
	header := http.Header{}
	for name, value := range map[string]string{
		"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/sandbox", "X-GitHub-Event": event,
		"X-GitHub-Delivery": guid, "X-GitHub-Hook-ID": itoa(h.id), "X-GitHub-Hook-Installation-Target-ID": itoa(repository),
		"X-GitHub-Hook-Installation-Target-Type": "repository",
	} {
		header.Set(name, value)
	}
	if h.secret != "" {
		mac := hmac.New(sha256.New, []byte(h.secret))
		mac.Write(payload)
		header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	return header
}

// checkHookURL refuses what is not on this machine: the stand-in talks to nobody
// else.
func checkHookURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return refuse(http.StatusBadRequest, "The url must begin with http:// or https://.")
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if !strings.EqualFold(u.Hostname(), "localhost") && (err != nil || !addr.IsLoopback()) {
		return refuse(http.StatusBadRequest, "The url must be on this machine: 127.0.0.1, ::1 or localhost.")
	}
	return nil
}

// controlWebhook makes, replaces or, without a url, removes the hook. A new one is
// told with a ping.
func (s *Server) controlWebhook(r *http.Request, x *index) (any, error) {
	var in struct {
		URL    string `json:"url"`
		Secret string `json:"secret"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.URL == "" {
		s.hooks.set(hook{})
		return doc{"ok": true}, nil
	}
	if err := checkHookURL(in.URL); err != nil {
		return nil, err
	}
	h := s.hooks.set(hook{url: in.URL, secret: in.Secret, base: s.base(r), created: s.options.Now().UTC()})
	c := s.hookCall(&h, x, adaLogin)
	s.announce(c, "ping", "", doc{"zen": "Keep it logically awesome.", "hook_id": h.id, "hook": c.hookDoc(&h)})
	return doc{"id": h.id}, nil
}
