package github

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// GitHub's limits.
const (
	coreLimit   = 5_000 // requests an hour
	searchLimit = 30    // searches a minute
	writeLimit  = 80    // content-creating requests a minute
)

const secondaryDocs = "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"

// rates count requests for each account. It is safe for concurrent use.
type rates struct {
	now func() time.Time
	off bool

	mu      sync.Mutex
	budgets map[string]*budget // by login and resource
	writes  map[string][]time.Time
}

// A budget is what an account may still ask for until reset.
type budget struct {
	limit, used int
	reset       time.Time
}

func newRates(now func() time.Time, off bool) *rates {
	return &rates{now: now, off: off, budgets: make(map[string]*budget), writes: make(map[string][]time.Time)}
}

// resourceOf names the budget that a request draws on; rate_limit draws on none.
func resourceOf(r *http.Request) string {
	switch path := strings.TrimPrefix(r.URL.Path, apiPrefix); {
	case strings.HasPrefix(path, "/search/"):
		return "search"
	case path == graphPath:
		return "graphql"
	case path == "/rate_limit":
		return ""
	default:
		return "core"
	}
}

// budget returns the current budget. The lock must be held.
func (r *rates) budget(login, resource string) *budget {
	now := r.now()
	key := login + " " + resource
	b := r.budgets[key]
	if b != nil && now.Before(b.reset) {
		return b
	}
	b = &budget{limit: coreLimit, reset: now.Add(time.Hour).Truncate(time.Second)}
	if resource == "search" {
		b.limit, b.reset = searchLimit, now.Add(time.Minute).Truncate(time.Second)
	}
	r.budgets[key] = b
	return b
}

// allow reports, as GitHub words it, that an account has asked for too much.
func (r *rates) allow(login string, req *http.Request) error {
	resource := resourceOf(req)
	if r.off || resource == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.budget(login, resource)
	if b.used >= b.limit {
		return &apiError{
			status: http.StatusForbidden, message: "API rate limit exceeded for user ID " + itoa(hashID(login)) + ".",
			docs: docsURL + "/overview/rate-limits-for-the-rest-api", header: b.header(resource),
		}
	}
	if req.Method != http.MethodPost && req.Method != http.MethodPatch || resource == "graphql" {
		return nil
	}
	now := r.now()
	recent := r.writes[login]
	for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
		recent = recent[1:]
	}
	if len(recent) >= writeLimit {
		h := b.header(resource)
		h.Set("Retry-After", strconv.Itoa(int(time.Minute.Seconds())))
		return &apiError{
			status: http.StatusForbidden, docs: secondaryDocs, header: h,
			message: "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.",
		}
	}
	r.writes[login] = append(recent, now)
	return nil
}

// count charges for an answer, unless it is a 304, and tells what is left.
func (r *rates) count(login, resource string, out *response) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.budget(login, cmp.Or(resource, "core"))
	if !r.off && resource != "" && out.status != http.StatusNotModified {
		b.used++
	}
	maps.Copy(out.header, b.header(cmp.Or(resource, "core")))
}

func (b *budget) header(resource string) http.Header {
	h := make(http.Header)
	h.Set("X-RateLimit-Limit", strconv.Itoa(b.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, b.limit-b.used)))
	h.Set("X-RateLimit-Used", strconv.Itoa(b.used))
	h.Set("X-RateLimit-Reset", itoa(b.reset.Unix()))
	h.Set("X-RateLimit-Resource", resource)
	return h
}

// get returns a copy of a budget.
func (r *rates) get(login, resource string) budget {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.budget(login, resource)
}

// requestID makes the id GitHub gives each answer.
func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
