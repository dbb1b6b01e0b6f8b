package costs

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// goneAfter is how many days after its last day an event is no longer looked at: what is told then is told by the bill.
const goneAfter = 400

// causes are those of all sources. See Book.Causes.
func (b *Book) causes(o *opinion) (list []Cause) {
	for _, name := range o.names {
		j := o.sources[name]
		folded, events := fold(j)
		for _, c := range folded {
			list = append(list, b.cause(o, j, c, events))
		}
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

// fold says which events of a source have one cause.
func fold(j *judged) (causes []attribute.Cause, events []nodeEvent) {
	for _, s := range j.order {
		for i, e := range s.events {
			if e.Last >= j.now.complete-goneAfter {
				events = append(events, nodeEvent{series: s, event: e, opened: s.opened(i, e)})
			}
		}
		events = early(events, s)
	}
	folded := make([]attribute.NodeEvent, len(events))
	for i, e := range events {
		folded[i] = attribute.NodeEvent{Node: e.series.node, First: e.event.First, Opened: e.opened, Level: e.event.State == detect.NewLevel, Excess: e.excess()}
	}
	return attribute.Fold(folded), events
}

// cause describes what folded events have in common.
func (b *Book) cause(o *opinion, j *judged, folded attribute.Cause, events []nodeEvent) Cause {
	c := Cause{
		ID: causeID(idOf(folded, events)), Node: shownAs(folded, events), Accounts: folded.Accounts, Offset: folded.Offset, Complete: j.now.complete,
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
	c.bills, c.Small = len(o.sources), c.Excess < b.options.TellShare*j.expected(c.Node, c.Last)
	c.ruled(o.rules)
	b.explain(&c, j, tops, events)
	return c
}

// expected is what everything of a node's currency is expected to cost on a day, or on the last one before it that was judged; 0 where that is not known.
func (j *judged) expected(n ledger.Node, d day.Day) float64 {
	s := j.nodes[ledger.Node{Source: n.Source, Currency: n.Currency}]
	if s == nil {
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
	c.parts = slices.SortedFunc(maps.Keys(latest), compareNodes)
	goesOn, all := 0., 0.
	for _, n := range c.parts {
		e := latest[n]
		if v := e.series.verdict(e.event.Last); v != nil {
			c.Low, c.High, c.Score = c.Low+finite(float64(v.Low)), c.High+finite(float64(v.High)), max(c.Score, finite(float64(v.Score)))
		}
		if all += finite(e.event.Latest); e.event.State == detect.Open {
			goesOn += finite(e.event.Latest)
		}
	}
	if goesOn <= 0 { // what goes on is a node around it
		goesOn = max(all, 0)
	}
	if c.State == detect.Open {
		c.Monthly = 30 * goesOn
	}
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
func (b *Book) explain(c *Cause, j *judged, tops []int, events []nodeEvent) {
	latest := slices.MaxFunc(tops, func(x, y int) int {
		return cmp.Or(cmp.Compare(events[x].event.Last, events[y].event.Last), cmp.Compare(events[y].event.First, events[x].event.First))
	})
	from, excess := events[latest].event.First, 0.
	for _, m := range tops {
		if events[m].event.Last >= from {
			excess += finite(events[m].event.Excess)
		}
	}
	series := b.leaves(c.Node, from-learnFrom, c.Last, j.now.at)
	leaves := attribute.Leaves(series, from, c.Last, busyDays(j, c.parts, from), excess)
	c.Why = attribute.Explain(leaves, math.NaN())
	c.Owner, c.OwnedBy = b.owner(leaves)
}

// busyDays tells the days before first on which the nodes, or what they are part of, had another event.
func busyDays(j *judged, nodes []ledger.Node, first day.Day) func(day.Day) bool {
	busy := map[day.Day]bool{}
	for _, n := range nodes {
		for at, ok := n, true; ok; at, ok = at.Parent() {
			if s := j.nodes[at]; s != nil {
				for _, e := range s.events {
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
