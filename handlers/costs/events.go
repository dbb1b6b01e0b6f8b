package costs

import (
	"cmp"
	"math"
	"slices"

	"shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// A nodeEvent is an event of a series, or what an early look has seen of one.
type nodeEvent struct {
	series *series
	event  detect.Event
	opened day.Day // when it was known; earlier days of it were seen to belong to it then
	early  bool
}

// early adds what an early look at a series has seen: nothing where its last event goes on, a day of that where it was over for as few days as the
// detector has it go on, else an event of its own.
func early(events []nodeEvent, s *series) []nodeEvent {
	if s.early == nil {
		return events
	}
	e := earlyEvent(s)
	if n := len(events) - 1; n >= 0 && events[n].series == s {
		switch last := &events[n]; {
		case last.event.State == detect.Open:
			return events
		case last.event.State == detect.Ended && e.Last-last.event.Last <= againWithin:
			before := float64(last.event.Days)
			last.event.Expected = (last.event.Expected*before + e.Expected) / (before + 1)
			last.event.Actual = (last.event.Actual*before + e.Actual) / (before + 1)
			last.event.Days, last.event.Excess, last.event.Latest = last.event.Days+1, last.event.Excess+e.Excess, e.Latest
			last.event.State, last.event.Since, last.event.Last, last.early = detect.Open, e.Last, e.Last, true
			return events
		}
	}
	return append(events, nodeEvent{s, e, s.early.day, true})
}

// againWithin is how many days after its last one the detector has an event that ended go on, instead of a new one.
const againWithin = 7

// earlyEvent is what an early look has seen, as an event of one day.
func earlyEvent(s *series) detect.Event {
	v := s.early
	excess := v.Actual - v.Expected
	return detect.Event{
		First: v.day, Last: v.day, State: detect.Open, Since: v.day, Days: 1, Excess: excess, Expected: v.Expected, Actual: v.Actual, Latest: excess, Term: v.term,
	}
}

// node is where it is.
func (e nodeEvent) node() ledger.Node {
	if e.series == nil {
		return ledger.Node{}
	}
	return e.series.node
}

// A hint is a day that was beyond what is ordinary before it was complete, and the reading that said so.
type hint struct {
	day     day.Day
	reading int
}

// hint is the first early sight of an event.
func (e nodeEvent) hint() (hint, bool) {
	i := slices.IndexFunc(e.series.hints, func(h hint) bool { return h.day >= e.event.First && h.day <= max(e.opened, e.event.First) })
	if i < 0 {
		return hint{}, false
	}
	return e.series.hints[i], true
}

// opened is the day on which an event was known: the first one that was flagged for it.
func (s *series) opened(index int, e detect.Event) day.Day {
	for d := e.First; d <= e.Last; d++ {
		if v := s.verdict(d); v != nil && v.event == int32(index) {
			return d
		}
	}
	return e.First
}

// has reports whether a day is one of the event's: flagged, or seen to belong to it later.
func (e nodeEvent) has(d day.Day) bool {
	v := e.series.verdict(d)
	return v != nil && d >= e.event.First && d <= e.event.Last && (v.flagged() || d < e.opened)
}

// excess is the event's excess by day.
func (e nodeEvent) excess() []float64 {
	out := make([]float64, e.event.Last-e.event.First+1)
	for i := range out {
		if d := e.event.First + day.Day(i); e.has(d) {
			v := e.series.verdict(d)
			out[i] = finite(v.Actual - v.Expected)
		}
	}
	return out
}

// idOf names a cause for ever, by the member that was known first. One that was seen before its day was complete was known before those that opened when
// it was, though these may be deeper; it is named by the day on which it was seen.
func idOf(c attribute.Cause, events []nodeEvent) attribute.ID {
	id := c.ID
	var best nodeEvent
	var first hint
	for _, m := range c.Members {
		e := events[m]
		h, ok := e.hint()
		if !ok || h.day > openedFirst(c, events) {
			continue
		}
		earlier := cmp.Or(cmp.Compare(h.day, first.day), cmp.Compare(h.reading, first.reading),
			cmp.Compare(best.node().Depth(), e.node().Depth()), compareNodes(e.node(), best.node())) < 0
		if best.series == nil || earlier {
			best, first = e, h
		}
	}
	if best.series != nil {
		id = attribute.ID{Node: best.node(), First: first.day}
	}
	return id
}

// openedFirst is the day on which the first of a cause's events was known by complete days.
func openedFirst(c attribute.Cause, events []nodeEvent) day.Day {
	first := day.Day(math.MaxInt32)
	for _, m := range c.Members {
		first = min(first, max(events[m].opened, events[m].event.First))
	}
	return first
}
