package ledger

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
)

// Nodes lists the parts of all bills that are worth a series of their own, totals first, then what they consist of: each node comes after its parent,
// siblings in order of their names. Those are the nodes that, by all that is known now, ever cost min a day or more, in whole units of their currency;
// what is smaller is left to its parent, whose series it is part of. Usage is never below zero, so the parent of a listed node is listed, too. A total is
// listed whatever it costs.
func (l *Ledger) Nodes(minimum float64) []Node {
	return l.Grown(minimum, func(Node) bool { return true })
}

// Grown lists those of the Nodes that are wanted: who knows most of them already need not have them looked at again. wanted must not call the ledger.
func (l *Ledger) Grown(minimum float64, wanted func(Node) bool) []Node {
	l.mu.RLock()
	defer l.mu.RUnlock()
	least := int64(min(max(minimum, 0)*1e6, maxAmount))
	var list []Node
	sums := make([]int64, lastDay-firstDay+1)
	for n := range l.nodes {
		if wanted(n) && (n.Depth() == 0 || l.highest(n, sums) >= least) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, compareNodes)
	return list
}

// highest is the most that a node ever cost in a day. sums has room for every day and is all 0, before and after.
func (l *Ledger) highest(n Node, sums []int64) (most int64) {
	for _, id := range l.of(n) {
		l.addTo(sums, &l.leaves[id], firstDay, lastDay, since(time.Time{}))
	}
	for _, id := range l.of(n) {
		for _, e := range l.leaves[id].log {
			most = max(most, sums[e.day])
		}
	}
	for _, id := range l.of(n) {
		for _, e := range l.leaves[id].log {
			sums[e.day] = 0
		}
	}
	return most
}

func compareNodes(a, b Node) int {
	return cmp.Or(
		strings.Compare(a.Source, b.Source), strings.Compare(a.Currency, b.Currency), strings.Compare(a.Account, b.Account),
		strings.Compare(a.Service, b.Service), strings.Compare(a.Region, b.Region), strings.Compare(a.Usage, b.Usage),
	)
}

// A Reading is what was known of an amount since some time.
type Reading struct {
	AsOf  time.Time
	Micro int64
}

// History is how a node's usage of one day came to be what it is: one reading for each time from which on another amount was known, oldest first.
func (l *Ledger) History(n Node, d day.Day) []Reading {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.history(l.of(n), d)
}

func (l *Ledger) history(leaves []int32, d day.Day) []Reading {
	if d != clamp(d) {
		return nil
	}
	low, _ := offsets(d, d)
	var times []uint32
	for _, id := range leaves {
		for _, e := range dayOf(l.leaves[id].log, low) {
			times = append(times, l.versions[e.version].asOf)
		}
	}
	slices.Sort(times)
	var list []Reading
	for _, asOf := range slices.Compact(times) {
		var sum [1]int64
		for _, id := range leaves {
			l.addTo(sum[:], &l.leaves[id], d, d, asOf)
		}
		if n := len(list); n == 0 || list[n-1].Micro != sum[0] {
			list = append(list, Reading{time.Unix(int64(asOf), 0).UTC(), sum[0]})
		}
	}
	return list
}

// dayOf is the part of a log that is of one day.
func dayOf(log []entry, d uint16) []entry {
	compare := func(e entry, d int) int { return int(e.day) - d }
	from, _ := slices.BinarySearchFunc(log, int(d), compare)
	to, _ := slices.BinarySearchFunc(log, int(d)+1, compare)
	return log[from:to]
}

// A Revision is a day of a node for which another amount was known later.
type Revision struct {
	Node          Node
	Day           day.Day
	Before, After int64 // millionths
	New           bool  // the source had no charges for the day before
}

// Diff lists what was known otherwise at two times, of all nodes whatever they cost, in order of nodes and days.
func (l *Ledger) Diff(before, after time.Time) []Revision {
	l.mu.RLock()
	defer l.mu.RUnlock()
	low, high := since(before), since(after)
	type span struct{ from, to day.Day }
	touched := map[Node]span{}
	for id := range l.leaves {
		f := &l.leaves[id]
		from, to, ok := l.touched(f, min(low, high), max(low, high))
		for depth := 0; ok && f.key.kind == Usage && depth <= 4; depth++ {
			node := f.key.At(depth)
			if s, again := touched[node]; again {
				touched[node] = span{min(s.from, from), max(s.to, to)}
			} else {
				touched[node] = span{from, to}
			}
		}
	}
	var list []Revision
	for _, node := range slices.SortedFunc(maps.Keys(touched), compareNodes) {
		list = l.revisions(list, node, touched[node].from, touched[node].to, low, high)
	}
	return list
}

// touched are the first and the last day of a leaf that were restated after one time and until another.
func (l *Ledger) touched(f *leaf, after, until uint32) (from, to day.Day, ok bool) {
	for _, e := range f.log {
		if asOf := l.versions[e.version].asOf; asOf > after && asOf <= until {
			if to = firstDay + day.Day(e.day); !ok {
				from, ok = to, true
			}
		}
	}
	return from, to, ok
}

// revisions adds to a list the days of a node that were known otherwise at two times.
func (l *Ledger) revisions(list []Revision, n Node, from, to day.Day, before, after uint32) []Revision {
	was, is := make([]int64, to-from+1), make([]int64, to-from+1)
	for _, id := range l.of(n) {
		l.addTo(was, &l.leaves[id], from, to, before)
		l.addTo(is, &l.leaves[id], from, to, after)
	}
	known := l.known(n.Source, from, to, before)
	for i := range was {
		if was[i] != is[i] {
			list = append(list, Revision{Node: n, Day: from + day.Day(i), Before: was[i], After: is[i], New: !known[i]})
		}
	}
	return list
}
