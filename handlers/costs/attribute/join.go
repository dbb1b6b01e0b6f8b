package attribute

import (
	"cmp"
	"math"
	"slices"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// cameBack reports whether an event of a node is that of before come back: soon, and not much larger.
func (f *folder) cameBack(e, before int) bool {
	most := 0.
	for d := f.events[before].First; d < f.today && int64(d) < f.end(before); d++ {
		if y := f.on(before, d); math.Abs(y) > math.Abs(most) {
			most = y
		}
	}
	x := f.now(e, f.today)
	return int64(f.today) < f.end(before)+again && sameWay(x, most) && math.Abs(x) <= larger*math.Abs(most)
}

// above finds an older event of a wider node that a new one explains a part of; -1 if there is none.
func (f *folder) above(e int) int {
	ev := &f.events[e]
	for n, ok := ev.Node.Parent(); ok; n, ok = n.Parent() {
		for _, a := range f.at[n] {
			if !f.old(a) {
				continue
			}
			then, x := f.today, f.now(e, f.today)
			if f.events[a].First < ev.First {
				then, x = ev.First-1, f.now(e, ev.First)
			}
			open := f.now(a, then)
			if !sameWay(x, open) {
				continue
			}
			for _, c := range f.tops(n, then) {
				open -= f.now(c, then)
			}
			if open/x >= unexplained {
				return a
			}
		}
	}
	return -1
}

// tops are the active events below a node that have no active event between them and it, and an excess on the day.
func (f *folder) tops(n ledger.Node, d day.Day) (out []int) {
	for _, c := range f.within[n] {
		if f.cause[c] < 0 || f.now(c, d) == 0 {
			continue
		}
		for p, ok := f.events[c].Node.Parent(); ok; p, ok = p.Parent() {
			if p == n {
				out = append(out, c)
				break
			}
			if slices.ContainsFunc(f.at[p], func(between int) bool { return f.now(between, d) != 0 }) {
				break
			}
		}
	}
	return out
}

// below puts an event and those below it together, as far as they have one cause.
func (f *folder) below(e int) {
	x := f.now(e, f.today)
	explained, sums := 0., map[int]float64{} // by cause; within an account those of today are one
	var fresh, order []int
	inAccount := f.events[e].Node.Depth() > 0
	for _, c := range f.tops(f.events[e].Node, f.today) {
		y, cause := f.now(c, f.today), f.cause[c]
		if !sameWay(x, y) {
			continue
		}
		explained += y
		if !f.old(cause) {
			if fresh = append(fresh, c); inAccount {
				cause = f.cause[fresh[0]]
			}
		}
		if _, known := sums[cause]; !known {
			order = append(order, cause)
		}
		sums[cause] += y
	}
	if len(order) == 0 {
		return
	}
	largest := slices.MinFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(math.Abs(sums[b]), math.Abs(sums[a])), f.compare(a, b)) })
	mostly := math.Abs(explained) >= unexplained*math.Abs(x)
	if mostly {
		f.cause[e] = largest
	}
	if !mostly || inAccount && !f.old(f.cause[e]) {
		for _, c := range fresh {
			f.merge(f.cause[c], f.cause[e])
		}
	}
}

// merge puts two causes that began today together.
func (f *folder) merge(a, b int) {
	if a == b {
		return
	}
	if f.compare(b, a) > 0 {
		a, b = b, a
	}
	for i, c := range f.cause {
		if c == a {
			f.cause[i] = b
		}
	}
}

// beside finds an event near in time, of a node that is neither above nor below and has the same cause; -1 if there is none. Of several
// it is the first.
func (f *folder) beside(e int) int {
	n, x := f.events[e].Node, f.now(e, f.today)
	for _, o := range f.active {
		other := f.events[o].Node
		if !f.near(e, o) || n.Source != other.Source || n.Currency != other.Currency || related(n, other) {
			continue
		}
		y := f.now(o, f.today)
		service := n.Service != "" && n.Service == other.Service
		switch {
		case sameWay(x, y) && service && n.Account == other.Account:
			return o
		case sameWay(x, y) && service && (n.Usage == "" || other.Usage == "" || n.Usage == other.Usage):
			return o
		case x*y < 0 && (service || n.Account == other.Account) && min(math.Abs(x), math.Abs(y)) >= alike*max(math.Abs(x), math.Abs(y)):
			return o
		}
	}
	return -1
}

// near reports whether two events began or opened within a day of each other.
func (f *folder) near(a, b int) bool {
	adjacent := func(x, y day.Day) bool { return x-y <= 1 && y-x <= 1 }
	return adjacent(f.events[a].First, f.events[b].First) || adjacent(f.events[a].opened(), f.events[b].opened())
}

// related reports whether one node is the other or a part of it.
func related(a, b ledger.Node) bool { return within(a, b) || within(b, a) }

// within reports whether a node is b or a part of it.
func within(a, b ledger.Node) bool {
	return b.Has(ledger.Key{Source: a.Source, Currency: a.Currency, Account: a.Account, Service: a.Service, Region: a.Region, Usage: a.Usage})
}
