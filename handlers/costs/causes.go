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
		events = early(events, s)
	}
	folded := make([]attribute.NodeEvent, len(events))
	for i, e := range events {
		folded[i] = attribute.NodeEvent{Node: e.series.node, First: e.event.First, Opened: e.opened, Level: e.event.State == detect.NewLevel, Excess: e.excess()}
	}
	return attribute.Fold(folded), events, now
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
	return append(events, nodeEvent{s, e, s.early.Day, true})
}

// againWithin is how many days after its last one the detector has an event that ended go on, instead of a new one.
const againWithin = 7

// earlyEvent is what an early look has seen, as an event of one day.
func earlyEvent(s *series) detect.Event {
	v := s.early
	excess := v.Actual - v.Expected
	return detect.Event{
		First: v.Day, Last: v.Day, State: detect.Open, Since: v.Day, Days: 1, Excess: excess, Expected: v.Expected, Actual: v.Actual, Latest: excess, Term: v.Term,
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
		ID: causeID(idOf(folded, events)), Node: shownAs(folded, events), Accounts: folded.Accounts, Offset: folded.Offset, Complete: now.complete,
		First: math.MaxInt32, Last: math.MinInt32,
	}
	tops := shownBy(folded, c.Node, events)
	latest := map[ledger.Node]nodeEvent{} // of each node, the event that began last
	lead := events[tops[0]]
	flagged := map[day.Day]bool{}
	for _, m := range tops {
		e := events[m]
		c.First, c.Last = min(c.First, e.event.First), max(c.Last, e.event.Last)
		c.Excess += finite(e.event.Excess)
		c.Partial = c.Partial || e.early
		if e.event.Last > lead.event.Last || e.event.Last == lead.event.Last && e.event.Excess > lead.event.Excess {
			lead = e
		}
		if before, ok := latest[e.series.node]; !ok || e.event.First > before.event.First {
			latest[e.series.node] = e
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
	}
	c.State, c.Since = state(folded.Members, events, lead)
	c.Term, c.Ratio = lead.event.Term, finite(lead.event.Ratio)
	c.atLast(latest)
	for _, m := range folded.Members {
		c.members = append(c.members, events[m].node())
	}
	slices.SortFunc(c.members, compareNodes)
	c.members = slices.Compact(c.members)
	c.bills, c.Small = len(b.sources), c.Excess < b.options.TellShare*j.expected(c.Node, c.Last)
	c.ruled(b.rules)
	b.explain(&c, j, now, tops, events)
	return c
}

// expected is what everything of a node's currency is expected to cost on a day, or on the last one before it that was judged; 0 where that is not known.
func (j *judged) expected(n ledger.Node, d day.Day) float64 {
	s := j.nodes[ledger.Node{Source: n.Source, Currency: n.Currency}]
	if s == nil || s.detector == nil {
		return 0
	}
	for ; d >= s.first; d-- {
		if v := s.verdict(d); v != nil && v.Expected > 0 {
			return v.Expected
		}
	}
	return 0
}

// atLast fills in what is so on the latest days of each node.
func (c *Cause) atLast(latest map[ledger.Node]nodeEvent) {
	for n, e := range latest {
		c.parts = append(c.parts, n)
		if v := e.series.verdict(e.event.Last); v != nil {
			c.Low, c.High, c.Score = c.Low+finite(v.Low), c.High+finite(v.High), max(c.Score, finite(v.Score))
		}
		if c.State == detect.Open && e.event.State == detect.Open {
			c.Monthly += 30 * finite(e.event.Latest)
		}
	}
	slices.SortFunc(c.parts, compareNodes)
	if len(c.parts) > 1 && c.Ratio > 0 && c.Expected > 0 {
		c.Ratio = c.Actual / c.Expected
	}
}

// ruled says what was decided about a cause, as far as that holds: what goes on after it was to be expected, or normal, is neither.
func (c *Cause) ruled(rules []Rule) {
	for _, r := range rules {
		if r.Cause != c.ID {
			continue
		}
		switch {
		case c.open() && (r.Verb == NewNormal || r.Verb == ExpectedUntil && r.Until < c.Last), r.over(c.Complete):
			c.Rule, c.Muted = "", false
		default:
			c.Rule, c.Muted = r.text(), r.Verb == NotUseful
		}
	}
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

// shownAs is the node that a cause is called by: the service in its account where that has an event of the cause, for it is what people know by name;
// else the headline.
func shownAs(c attribute.Cause, events []nodeEvent) ledger.Node {
	n := c.Headline
	if n.Service == "" {
		return n
	}
	service := ledger.Node{Source: n.Source, Currency: n.Currency, Account: n.Account, Service: n.Service}
	have := map[string]bool{}
	for _, m := range c.Members {
		if at := events[m].node(); at.Depth() == 2 && at.Service == n.Service {
			have[at.Account] = true
		}
	}
	all := n.Account == "" && len(c.Accounts) > 0
	for _, account := range c.Accounts {
		all = all && have[account]
	}
	if all || have[n.Account] {
		return service
	}
	return n
}

// shownBy are the members whose amounts are told: those of the node that is shown, of a node in several accounts those of each; else those within it that
// no other one contains; else those that no other member contains.
func shownBy(c attribute.Cause, shown ledger.Node, events []nodeEvent) (list []int) {
	var within []int
	for _, m := range c.Members {
		n := events[m].node()
		if shown.Account == "" && shown.Service != "" {
			n.Account = ""
		}
		if n == shown {
			list = append(list, m)
		}
		if events[m].isWithin(shown) {
			within = append(within, m)
		}
	}
	switch {
	case len(list) > 0:
		return list
	case len(within) > 0:
		return topmost(within, events)
	}
	return topmost(c.Members, events)
}

// isWithin reports whether an event's node is part of another, which may leave open the account.
func (e nodeEvent) isWithin(n ledger.Node) bool {
	at := e.node()
	return n.Has(ledger.Key{Source: at.Source, Currency: at.Currency, Account: at.Account, Service: at.Service, Region: at.Region, Usage: at.Usage})
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

// explain says what the excess of a cause is made of, and whose it is. Where it was over in between it is what came last.
func (b *Book) explain(c *Cause, j *judged, now reading, tops []int, events []nodeEvent) {
	latest := slices.MaxFunc(tops, func(x, y int) int {
		return cmp.Or(cmp.Compare(events[x].event.Last, events[y].event.Last), cmp.Compare(events[y].event.First, events[x].event.First))
	})
	from, excess := events[latest].event.First, 0.
	for _, m := range tops {
		if events[m].event.Last >= from {
			excess += finite(events[m].event.Excess)
		}
	}
	series := b.leaves(c.Node, from-learnFrom, c.Last, now.at)
	leaves := attribute.Leaves(series, from, c.Last, b.busyDays(j, c.parts, from), excess)
	c.Why = attribute.Explain(leaves, math.NaN())
	c.Owner, c.OwnedBy = b.owner(leaves)
}

// busyDays tells the days before first on which the nodes, or what they are part of, had another event.
func (b *Book) busyDays(j *judged, nodes []ledger.Node, first day.Day) func(day.Day) bool {
	busy := map[day.Day]bool{}
	for _, n := range nodes {
		for at, ok := n, true; ok; at, ok = at.Parent() {
			if s := j.nodes[at]; s != nil && s.detector != nil {
				for _, e := range s.detector.Events() {
					for d := e.First; d <= e.Last && d < first && e.State != detect.NewLevel; d++ {
						busy[d] = true
					}
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
