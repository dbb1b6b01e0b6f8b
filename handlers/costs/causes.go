package costs

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

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

// goneAfter is how many days after its last day an event is no longer looked at: what is told then is told by the bill.
const goneAfter = 400

// Causes are what is or was unusual in all bills, those that go on in front, each group with the dearest first. They say what the bills are made of
// up to the newest reading.
func (b *Book) Causes() []Cause {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []Cause
	for _, name := range b.names() {
		list = append(list, b.causesOf(b.sources[name])...)
	}
	slices.SortStableFunc(list, func(x, y Cause) int {
		if x.open() != y.open() {
			return map[bool]int{true: -1, false: 1}[x.open()]
		}
		if x.open() {
			return cmp.Compare(y.Monthly, x.Monthly)
		}
		return cmp.Or(cmp.Compare(y.Last, x.Last), cmp.Compare(y.Excess, x.Excess))
	})
	return list
}

// names are the sources' names in their order.
func (b *Book) names() (list []string) {
	for name, j := range b.sources {
		if len(j.readings) > 0 {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// causesOf are those of one source.
func (b *Book) causesOf(j *judged) (list []Cause) {
	folded, events, now := b.fold(j)
	for _, c := range folded {
		list = append(list, b.cause(j, now, c, events))
	}
	return list
}

// fold says which events of a source have one cause.
func (b *Book) fold(j *judged) (causes []attribute.Cause, events []nodeEvent, now reading) {
	now = j.readings[len(j.readings)-1]
	for _, n := range j.order {
		s := j.nodes[n]
		if s.detector == nil {
			continue
		}
		for i, e := range s.detector.Events() {
			if e.Last >= now.complete-goneAfter {
				events = append(events, nodeEvent{series: s, event: e, opened: s.opened(i, e)})
			}
		}
		if s.early != nil && !b.goesOn(events, s) {
			events = append(events, nodeEvent{s, earlyEvent(s), s.early.Day, true})
		}
	}
	folded := make([]attribute.NodeEvent, len(events))
	for i, e := range events {
		folded[i] = attribute.NodeEvent{Node: e.series.node, First: e.event.First, Opened: e.opened, Level: e.event.State == detect.NewLevel, Excess: e.excess()}
	}
	return attribute.Fold(folded), events, now
}

// goesOn reports whether the last of the events is an open one of the series.
func (b *Book) goesOn(events []nodeEvent, s *series) bool {
	n := len(events)
	return n > 0 && events[n-1].series == s && events[n-1].event.State == detect.Open
}

// earlyEvent is what an early look has seen, as an event of one day.
func earlyEvent(s *series) detect.Event {
	v := s.early
	excess := v.Actual - v.Expected
	return detect.Event{
		First: v.Day, Last: v.Day, State: detect.Open, Since: v.Day, Days: 1, Excess: excess, Expected: v.Expected, Actual: v.Actual, Latest: excess, Term: v.Term,
	}
}

// opened is the day on which an event was known: the first one that was flagged for it.
func (s *series) opened(index int, e detect.Event) day.Day {
	for d := e.First; d <= e.Last; d++ {
		if v := s.verdict(d); v != nil && v.Flagged && v.Event == index {
			return d
		}
	}
	return e.First
}

// has reports whether a day is one of the event's: flagged, or seen to belong to it later.
func (e nodeEvent) has(d day.Day) bool {
	v := e.series.verdict(d)
	return v != nil && d >= e.event.First && d <= e.event.Last && (v.Flagged || d < e.opened)
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

// verdict is what is thought of a day; nil for a day that was not judged.
func (s *series) verdict(d day.Day) *detect.Verdict {
	if i := int(d - s.first); i >= 0 && i < len(s.verdicts) {
		return &s.verdicts[i]
	}
	if s.early != nil && s.early.Day == d {
		return s.early
	}
	return nil
}

// cause describes what folded events have in common.
func (b *Book) cause(j *judged, now reading, folded attribute.Cause, events []nodeEvent) Cause {
	c := Cause{
		ID: causeID(folded.ID), Node: shownAs(folded, events), Accounts: folded.Accounts, Offset: folded.Offset, Complete: now.complete,
		First: math.MaxInt32, Last: math.MinInt32,
	}
	tops := shownBy(folded, c.Node, events)
	lead := events[tops[0]]
	flagged := map[day.Day]bool{}
	for _, m := range tops {
		e := events[m]
		c.First, c.Last = min(c.First, e.event.First), max(c.Last, e.event.Last)
		c.Excess += finite(e.event.Excess)
		c.Monthly += 30 * finite(e.event.Latest)
		c.Partial = c.Partial || e.early
		if e.event.Excess > lead.event.Excess {
			lead = e
		}
		for d := e.event.First; d <= e.event.Last; d++ {
			if e.has(d) {
				flagged[d] = true
			}
		}
	}
	c.Days = max(len(flagged), 1)
	for _, m := range tops {
		e := events[m]
		share := float64(e.event.Days) / float64(c.Days)
		c.Actual += finite(e.event.Actual) * share
		c.Expected += finite(e.event.Expected) * share
		if v := e.series.verdict(e.event.Last); v != nil {
			c.Low, c.High, c.Score = c.Low+finite(v.Low), c.High+finite(v.High), max(c.Score, finite(v.Score))
		}
	}
	c.Term, c.Ratio = lead.event.Term, finite(lead.event.Ratio)
	c.State, c.Since = state(folded.Members, events, lead)
	if c.State != detect.Open {
		c.Monthly = 0
	}
	for _, r := range b.rules {
		if r.Cause == c.ID {
			c.Rule, c.Muted = r.text(), r.Verb == NotUseful
		}
	}
	b.explain(&c, j, now)
	return c
}

// shownAs is the node that a cause is called by: the service in its account where that has an event of the cause, for it is what people know by name;
// else the headline.
func shownAs(c attribute.Cause, events []nodeEvent) ledger.Node {
	n := c.Headline
	if n.Account == "" || n.Service == "" {
		return n
	}
	service := ledger.Node{Source: n.Source, Currency: n.Currency, Account: n.Account, Service: n.Service}
	for _, m := range c.Members {
		if events[m].series.node == service {
			return service
		}
	}
	return n
}

// shownBy are the members whose amounts are told: those of the node that is shown, else those that no other member contains.
func shownBy(c attribute.Cause, shown ledger.Node, events []nodeEvent) (list []int) {
	for _, m := range c.Members {
		if events[m].series.node == shown {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		list = topmost(c.Members, events)
	}
	return list
}

// topmost are the members that no other member contains, the dearest first.
func topmost(members []int, events []nodeEvent) (tops []int) {
	for _, m := range members {
		if !slices.ContainsFunc(members, func(o int) bool { return o != m && contains(events[o].series.node, events[m].series.node) }) {
			tops = append(tops, m)
		}
	}
	if len(tops) == 0 {
		tops = members
	}
	slices.SortStableFunc(tops, func(x, y int) int { return cmp.Compare(events[y].event.Excess, events[x].event.Excess) })
	return tops
}

// contains reports whether a node is a wider one of another.
func contains(wide, narrow ledger.Node) bool {
	for n, ok := narrow.Parent(); ok; n, ok = n.Parent() {
		if n == wide {
			return true
		}
	}
	return false
}

// state is that of a cause: open as long as any of its events is, else that of the dearest.
func state(members []int, events []nodeEvent, lead nodeEvent) (detect.State, day.Day) {
	for _, m := range members {
		if e := events[m].event; e.State == detect.Open {
			return e.State, e.Since
		}
	}
	return lead.event.State, lead.event.Since
}

// learnFrom is how many days before a cause say what was usual.
const learnFrom = 63

// explain says what the excess of a cause is made of, and whose it is.
func (b *Book) explain(c *Cause, j *judged, now reading) {
	series := b.leaves(c.Node, c.First-learnFrom, c.Last, now.at)
	busy := b.busyDays(j, c.Node, c.First)
	leaves := attribute.Leaves(series, c.First, c.Last, busy, c.Excess)
	c.Why = attribute.Explain(leaves, math.NaN())
	c.Owner, c.OwnedBy = b.owner(leaves)
}

// busyDays tells the days before first on which the node, or what it is part of, had another event.
func (b *Book) busyDays(j *judged, n ledger.Node, first day.Day) func(day.Day) bool {
	busy := map[day.Day]bool{}
	for at, ok := n, true; ok; at, ok = at.Parent() {
		if s := j.nodes[at]; s != nil && s.detector != nil {
			for _, e := range s.detector.Events() {
				for d := e.First; d <= e.Last && d < first && e.State != detect.NewLevel; d++ {
					busy[d] = true
				}
			}
		}
	}
	return func(d day.Day) bool { return busy[d] }
}

// leaves are the histories of what a node is made of. The node may leave open what is not the narrowest: a service in all accounts.
func (b *Book) leaves(n ledger.Node, from, to day.Day, at time.Time) []attribute.Series {
	var out []attribute.Series
	within := n
	if n.Account == "" {
		within = ledger.Node{Source: n.Source, Currency: n.Currency}
	}
	for _, l := range b.ledger.Leaves(within, from, to, at) {
		if !n.Has(l.Key) {
			continue
		}
		s := attribute.Series{Key: l.Key, First: from, Cost: make([]float64, len(l.Micro))}
		for i, m := range l.Micro {
			s.Cost[i] = float64(m) / 1e6
		}
		if len(l.Units) == 1 && l.Units[0].Unit != "" {
			s.Quantity, s.Unit, s.UnitBefore = l.Units[0].Quantity, l.Units[0].Unit, l.Units[0].Unit
		}
		out = append(out, s)
	}
	return out
}

// compareNodes orders nodes: a node stands before what it is made of.
func compareNodes(x, y ledger.Node) int {
	return cmp.Or(strings.Compare(x.Source, y.Source), strings.Compare(x.Currency, y.Currency), strings.Compare(x.Account, y.Account),
		strings.Compare(x.Service, y.Service), strings.Compare(x.Region, y.Region), strings.Compare(x.Usage, y.Usage))
}
