package slack

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stats count what happened since the Client was made.
type Stats struct {
	Sockets    int             // open now
	LastSign   time.Time       // when a socket last showed life; zero: never
	Silence    []time.Duration // how long each of the open sockets has shown no sign of life
	LastEvent  time.Time       // when the last envelope came; zero: never
	Opens      int64           // sockets asked for, with those that were refused
	Reconnects int64
	Envelopes  int64 // received
	Accepted   int64 // requests taken
	Refused    int64 // requests not taken and left for Slack to send again
	Recovered  int64 // requests that no socket delivered
	Unreadable int64 // envelopes acknowledged without being understood
}

// Stats returns the counts. With a healthy connection Sockets is at least one and LastSign not older than half a minute.
func (c *Client) Stats() Stats {
	s := Stats{
		Sockets: int(c.counters.sockets.Load()), Reconnects: c.counters.reconnects.Load(), Envelopes: c.counters.envelopes.Load(),
		Accepted: c.counters.accepted.Load(), Refused: c.counters.refused.Load(), Unreadable: c.counters.unreadable.Load(),
		Recovered: c.counters.recovered.Load(), Opens: c.counters.opens.Load(),
	}
	s.LastSign, s.LastEvent = moment(&c.counters.lastSign), moment(&c.counters.lastEvent)
	s.Silence = c.live.silence(time.Now())
	return s
}

type counters struct {
	connections, sockets                                                   atomic.Int64 // open; greeted
	lastSign, lastEvent                                                    atomic.Int64 // Unix nanoseconds
	opens, reconnects, envelopes, accepted, refused, unreadable, recovered atomic.Int64
}

// moment is a time that is kept as nanoseconds; zero when it never was.
func moment(t *atomic.Int64) time.Time {
	if n := t.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// live are the sockets that were greeted and not told to go.
type live struct {
	back chan struct{} // receives when there is one again, after there was none

	mu   sync.Mutex
	open []*socket
	from time.Time // since when there is always one
}

func (l *live) add(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = append(l.open, s)
	if len(l.open) == 1 {
		l.from = time.Now()
		select {
		case l.back <- struct{}{}:
		default: // it will be seen to
		}
	}
}

func (l *live) remove(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.open, s); i >= 0 {
		l.open = slices.Delete(l.open, i, i+1)
	}
}

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// since reports whether there always was one since t.
func (l *live) since(t time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open) > 0 && !l.from.After(t)
}

func (l *live) silence(now time.Time) (ages []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.open {
		ages = append(ages, now.Sub(time.Unix(0, s.lastSign.Load())))
	}
	return ages
}

// leaveAll has every socket replaced.
func (l *live) leaveAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.open {
		s.leave(replaced, nil)
	}
}
