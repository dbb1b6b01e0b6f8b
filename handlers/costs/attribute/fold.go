package attribute

import (
	"cmp"
	"slices"
	"strings"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// A NodeEvent is an event of a node: a run of days on which it cost more, or less, than expected.
type NodeEvent struct {
	Node   ledger.Node
	First  day.Day   // the first day that is unusual: it may lie before Opened
	Opened day.Day   // when it was known; an earlier day than First means First
	Excess []float64 // by day, from First to the last one that is unusual; below 0 for less than expected. NaN counts as 0
	Level  bool      // it is over because what it costs now is what is expected: the excess goes on unseen
}

// opened is when the event was known.
func (e *NodeEvent) opened() day.Day { return max(e.Opened, e.First) }

// An ID names a cause for ever.
type ID struct {
	Node  ledger.Node
	First day.Day
}

// A Cause is events that are told as one.
type Cause struct {
	// ID is that of the member that opened first; of several, of that with the earliest first day, of the deepest, and then of the first by name. Members
	// that join later have opened later, and so it stays what it is.
	ID ID
	// Headline is what people should see: the deepest member that explains four fifths of the cause, or the node that members have in common.
	// Where the same service rose in several accounts, it has no Account. It may change from day to day.
	Headline ledger.Node
	Accounts []string // of the members, sorted
	Members  []int    // indexes of the events, in ascending order
	Excess   float64  // of the cause's days so far, without what is told by other causes
	Offset   bool     // some members cost more, others about as much less
}

const (
	lull        = 2  // ordinary days after which an event is over
	again       = 7  // days after the end of an event in which another one of the same node is the same come back
	larger      = 2  // times the most of it
	goesOn      = 14 // days for which the excess of a new level is still reckoned with
	unexplained = .5 // of an event's excess: if more is explained by others, it is not a cause of its own
	alike       = .75
)

// Fold says which events have one cause. Give it the events that are over, too, as long as others of their time go on.
//
// Events are taken in the order in which they opened, and each joins a cause by what was known on that day, so that later days change no cause's
// members and no ID; events of one day, the deepest first:
//
//   - one of a node whose last event was over for at most a week belongs with that, unless it is more than twice as large;
//   - one below an event that opened earlier belongs to it when half of the new one's excess was in the older one, explained by no other event there,
//     before the new one's first day, or today if the older one began no earlier; otherwise it is something new;
//   - one above others belongs with the largest of them when they explain half of it, otherwise it is something new. Within an account those that
//     opened the same day are one cause with it; in different accounts they stay apart, unless the one above has more than they explain;
//   - one in the account and service of a cause that began or opened within a day of it belongs to it; so does one of the same service and, where both
//     have one, usage in another account;
//   - one that drops by about as much as another one of its account or service rises, or the reverse, belongs to it if it is as near in time.
func Fold(events []NodeEvent) []Cause {
	f := folder{events: events, cause: make([]int, len(events)), at: map[ledger.Node][]int{}, last: map[ledger.Node]int{}, within: map[ledger.Node][]int{}}
	order := make([]int, len(events))
	for i := range events {
		order[i], f.cause[i] = i, -1
		for n, ok := events[i].Node.Parent(); ok; n, ok = n.Parent() {
			f.within[n] = append(f.within[n], i)
		}
	}
	slices.SortFunc(order, f.compare)
	for len(order) > 0 {
		n, today := 1, events[order[0]].opened()
		for n < len(order) && events[order[n]].opened() == today {
			n++
		}
		f.begin(today)
		for _, e := range order[:n] {
			f.join(e)
		}
		order = order[n:]
	}
	return f.causes()
}

// A folder sorts events into causes.
type folder struct {
	events []NodeEvent
	cause  []int // of each event: the event that the cause began with; -1 while it is not placed
	today  day.Day
	active []int                 // placed events that go on today or were over lately
	at     map[ledger.Node][]int // active ones by node
	last   map[ledger.Node]int   // the placed event that opened last, by node
	within map[ledger.Node][]int // all events of narrower nodes, by node
}

// compare orders events: which opened first, which began first, which is deeper, and then by name.
func (f *folder) compare(a, b int) int {
	x, y := &f.events[a], &f.events[b]
	return cmp.Or(cmp.Compare(x.opened(), y.opened()), cmp.Compare(x.First, y.First), cmp.Compare(y.Node.Depth(), x.Node.Depth()), compareNodes(x.Node, y.Node), cmp.Compare(a, b))
}

func compareNodes(a, b ledger.Node) int {
	return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Currency, b.Currency), strings.Compare(a.Account, b.Account),
		strings.Compare(a.Service, b.Service), strings.Compare(a.Region, b.Region), strings.Compare(a.Usage, b.Usage))
}

// on is the excess of an event on a day.
func (f *folder) on(e int, d day.Day) float64 {
	ev := &f.events[e]
	if i := int64(d) - int64(ev.First); i >= 0 && i < int64(len(ev.Excess)) {
		return clean(ev.Excess[i])
	}
	return 0
}

// now is the excess of an event on a day, as far as it is to be reckoned with: that of a new level goes on.
func (f *folder) now(e int, d day.Day) float64 {
	ev := &f.events[e]
	if past := int64(d) - f.end(e); ev.Level && past >= 0 && past < goesOn && len(ev.Excess) > 0 {
		return clean(ev.Excess[len(ev.Excess)-1])
	}
	return f.on(e, d)
}

// end is the day after the last unusual one.
func (f *folder) end(e int) int64 { return int64(f.events[e].First) + int64(len(f.events[e].Excess)) }

// begin goes on to a day.
func (f *folder) begin(d day.Day) {
	f.today = d
	f.active = slices.DeleteFunc(f.active, func(e int) bool {
		after := int64(lull)
		if f.events[e].Level {
			after = goesOn
		}
		return f.end(e)+after <= int64(d)
	})
	clear(f.at)
	for _, e := range f.active {
		f.at[f.events[e].Node] = append(f.at[f.events[e].Node], e)
	}
}

// join places an event of today.
func (f *folder) join(e int) {
	node, with := f.events[e].Node, f.above(e)
	f.cause[e] = e
	if before, ok := f.last[node]; ok && f.cameBack(e, before) {
		f.cause[e] = f.cause[before]
	} else if with >= 0 {
		f.cause[e] = f.cause[with]
	} else if f.below(e); f.cause[e] == e {
		if with := f.beside(e); with >= 0 {
			f.cause[e] = f.cause[with]
		}
	}
	f.active = append(f.active, e)
	f.at[node], f.last[node] = append(f.at[node], e), e
}

// old reports whether an event opened before today.
func (f *folder) old(e int) bool { return f.events[e].opened() < f.today }

// same reports whether two excesses on a day point the same way.
func sameWay(a, b float64) bool { return a > 0 && b > 0 || a < 0 && b < 0 }
