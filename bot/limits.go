package bot

import (
	"fmt"
	"sync"
	"time"
)

const (
	waitingAtMost = 20_000 // requests accepted and not yet answered
	limitSpan     = time.Minute
)

// How full the bot may be, as a part of waitingAtMost or of the data file, before it refuses: what nobody asked first, then what the person can
// simply repeat, then questions.
const (
	refuseMessages = 0.8
	refuseClicks   = 0.9
	refuseAll      = 1.0
)

// tooMuch reports whether the bot is too full for a request of this kind. Edits and deletions make it emptier, if anything.
func (p *pipeline) tooMuch(r Request) bool {
	full := float64(p.waiting.Load()) / waitingAtMost
	if p.bot.Used != nil {
		full = max(full, p.bot.Used())
	}
	switch {
	case r.Kind == Edited || r.Kind == Deleted:
		return false
	case r.Kind == Message:
		return full >= refuseMessages
	case r.Kind == Click || r.Kind == Tick || r.Unseen:
		return full >= refuseClicks
	}
	return full >= refuseAll
}

// A verdict says what a person's limit makes of a request.
type verdict int

const (
	withinLimit verdict = iota
	lastWord            // over the limit, and told so
	overLimit           // over the limit, and told before
)

// limits count what each person asked in the last minute. The zero value is ready. It is kept in memory: a restart forgives.
type limits struct {
	perMinute int // 0: no limit

	mu    sync.Mutex
	asked map[Actor][]time.Time // within limitSpan, oldest first; one more than perMinute at the most
}

// count counts a request of a person.
func (l *limits) count(r Request, now time.Time) verdict {
	if l.perMinute <= 0 || r.Kind != Ask && r.Kind != Click || r.From.Surface == Clock {
		return withinLimit
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil {
		l.asked = map[Actor][]time.Time{}
	}
	if len(l.asked) > 10_000 {
		l.sweep(now)
	}
	who := Actor{Surface: r.From.Surface, ID: r.From.ID}
	times := recent(l.asked[who], now)
	switch {
	case len(times) < l.perMinute:
		l.asked[who] = append(times, now)
		return withinLimit
	case len(times) == l.perMinute && !r.From.Bot:
		l.asked[who] = append(times, now)
		return lastWord
	}
	l.asked[who] = times
	return overLimit
}

// uncount takes back what count counted: the request was not taken after all.
func (l *limits) uncount(r Request, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	who := Actor{Surface: r.From.Surface, ID: r.From.ID}
	times := l.asked[who]
	if n := len(times); n > 0 && times[n-1].Equal(at) {
		l.asked[who] = times[:n-1]
	}
}

// sweep forgets who asked nothing lately.
func (l *limits) sweep(now time.Time) {
	for who, times := range l.asked {
		if len(recent(times, now)) == 0 {
			delete(l.asked, who)
		}
	}
}

func recent(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= limitSpan {
		times = times[1:]
	}
	return times
}

// tooOften answers a request over the person's limit with why it is not carried out. Where nobody saw the question, only the person is told.
func (p *pipeline) tooOften(e Entry, req Request) error {
	to := req.ReplyTo
	if req.Unseen {
		to = Place{Surface: to.Surface, Channel: req.From.ID}
	}
	text := fmt.Sprintf("You have asked me %d things within a minute, which is as many as I take from one person. Ask this again in a minute.", p.limits.perMinute)
	row, err := p.plan(to.outKey(nameOf(e), 0), outRow{
		To: to, Trace: TraceID(req), Key: TraceID(req), Reply: ReplyTo(&UserError{Text: text}, ""),
	})
	if err != nil {
		return err
	}
	p.bot.meter().Add("authz_denied_total", 1, "reason", "limit")
	_, err = p.commit(e, append(p.decided(req, decision{outcome: "limited"}), Change{Key: e.Key}, row))
	return err
}
