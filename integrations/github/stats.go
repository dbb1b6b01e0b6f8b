package github

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats is how hearing and asking go, for those who watch the bot from outside.
type Stats struct {
	// Lists has two entries for each repository, in the order of their names, once a Source runs.
	Lists   []ListStats
	Webhook WebhookStats
	Limit   LimitStats
}

// ListStats is about one list of comments that is read again and again.
type ListStats struct {
	Repo         string    // "owner/name"
	Type         string    // as GitHub calls its event: issue_comment, or pull_request_review_comment
	Read         time.Time // when it was read last; zero: not yet
	FailingSince time.Time // zero: it is not
}

// WebhookStats is about what GitHub delivers. It is zero when no Webhook runs.
type WebhookStats struct {
	Addr    string    // that is listened on, with the port
	Event   time.Time // when the last delivery came whose signature is right; zero: none yet
	Refused int       // how many deliveries were not believed
}

// LimitStats is about GitHub's limit on requests, as its last answers told.
type LimitStats struct {
	Until            time.Time // nothing may be asked until then; zero, or past: everything may
	Limit, Remaining int       // requests in an hour; zero: unknown
	Reset            time.Time // when Remaining is Limit again
}

// Stats tells how things stand.
func (c *Client) Stats() Stats {
	s := c.intake.stats()
	wires := c.wires.each()
	s.Limit = wires[0].gate.stats()
	for _, t := range wires[1:] { // of an App's installations, the one that is worst off
		if l := t.gate.stats(); l.worse(s.Limit) {
			s.Limit = l
		}
	}
	return s
}

// worse reports whether less may be asked under l than under other.
func (l LimitStats) worse(other LimitStats) bool {
	if !l.Until.Equal(other.Until) {
		return l.Until.After(other.Until)
	}
	return l.Remaining*max(other.Limit, 1) < other.Remaining*max(l.Limit, 1)
}

func (g *gate) stats() LimitStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := LimitStats{Limit: g.limit, Remaining: g.remaining, Reset: g.reset}
	if g.closed != nil {
		l.Until = g.closed.Until
	}
	return l
}

// An intake is what the client notes of reading and of webhooks.
type intake struct {
	mu        sync.Mutex
	lists     map[string]ListStats // by the cursor's name
	delivered map[string]time.Time // by the cursor's name: when a webhook was taken last
	webhook   WebhookStats
}

func newIntake() intake {
	return intake{lists: map[string]ListStats{}, delivered: map[string]time.Time{}}
}

func (i *intake) stats() (s Stats) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(i.lists)) {
		s.Lists = append(s.Lists, i.lists[name])
	}
	s.Webhook = i.webhook
	return s
}

// read notes how an attempt to read a list ended.
func (i *intake) read(k kind, repo string, now time.Time, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	l := i.lists[k.cursor(repo)]
	l.Repo, l.Type = repo, k.event
	switch {
	case err == nil:
		l.Read, l.FailingSince = now, time.Time{}
	case l.FailingSince.IsZero():
		l.FailingSince = now
	}
	i.lists[k.cursor(repo)] = l
}

// took notes that a webhook was taken.
func (i *intake) took(k kind, repo string, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.delivered[k.cursor(repo)] = now
}

// delivers reports whether webhooks bring what the list would tell, too: one came within an hour.
func (i *intake) delivers(k kind, repo string, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := i.delivered[k.cursor(repo)]
	return !at.IsZero() && now.Sub(at) < time.Hour
}

// hook changes what is noted of webhooks.
func (i *intake) hook(change func(*WebhookStats)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.webhook)
}
