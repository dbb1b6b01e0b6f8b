package attribute

import (
	"math"
	"slices"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// causes are the groups, those that began first in front.
func (f *folder) causes() []Cause {
	members := map[int][]int{}
	var names []int
	for e, c := range f.cause {
		if members[c] == nil {
			names = append(names, c)
		}
		members[c] = append(members[c], e)
	}
	slices.SortFunc(names, f.compare)
	out := make([]Cause, len(names))
	for i, name := range names {
		out[i] = f.describe(members[name])
	}
	return out
}

func (f *folder) describe(members []int) Cause {
	c := Cause{Members: members}
	first := slices.MinFunc(members, f.compare)
	c.ID = ID{f.events[first].Node, f.events[first].First}
	up, down := false, false
	for _, m := range members {
		if n := f.events[m].Node; n.Account != "" && !slices.Contains(c.Accounts, n.Account) {
			c.Accounts = append(c.Accounts, n.Account)
		}
		x := f.total(m)
		up, down = up || x > 0, down || x < 0
	}
	slices.Sort(c.Accounts)
	c.Offset = up && down
	tops := f.widest(f.core(members))
	for _, t := range tops {
		c.Excess += f.own(t)
	}
	c.Headline = f.headline(members, tops)
	return c
}

// core are the members without those that are around others that opened earlier and explained half of them then: a wider place that has become
// unusual as well has other noise in it.
func (f *folder) core(members []int) []int {
	return slices.DeleteFunc(slices.Clone(members), func(m int) bool {
		opened := f.events[m].opened()
		var earlier []int
		for _, o := range members {
			if f.events[o].opened() < opened && f.events[o].Node != f.events[m].Node && within(f.events[o].Node, f.events[m].Node) && f.now(o, opened) != 0 {
				earlier = append(earlier, o)
			}
		}
		explained := 0.
		for _, o := range f.widest(earlier) {
			explained += f.now(o, opened)
		}
		x := f.now(m, opened)
		return x != 0 && explained/x >= unexplained
	})
}

// total is an event's excess of all days.
func (f *folder) total(e int) (sum float64) {
	for _, x := range f.events[e].Excess {
		sum += clean(x)
	}
	return sum
}

// widest are the events that are within no other one; of those of one node, all are.
func (f *folder) widest(events []int) (out []int) {
	nodes := make(map[ledger.Node]bool, len(events))
	for _, e := range events {
		nodes[f.events[e].Node] = true
	}
	for _, e := range events {
		n, ok := f.events[e].Node.Parent()
		for ok && !nodes[n] {
			n, ok = n.Parent()
		}
		if !ok {
			out = append(out, e)
		}
	}
	return out
}

// own is a member's excess without that of the widest events below it that have other causes.
func (f *folder) own(m int) float64 {
	sum := f.total(m)
	for _, o := range f.elsewhere(m) {
		sum -= f.overlap(o, f.events[m].First, len(f.events[m].Excess))
	}
	return sum
}

// overlap is an event's excess of some days.
func (f *folder) overlap(e int, first day.Day, days int) (sum float64) {
	for i := range days {
		sum += f.on(e, first+day.Day(i))
	}
	return sum
}

// headline is what a cause is called. The one widest member that explains enough of it is narrowed; several are told by what they have in common.
func (f *folder) headline(members, tops []int) ledger.Node {
	all := 0.
	for _, t := range tops {
		all += math.Abs(f.total(t))
	}
	for _, t := range tops {
		if math.Abs(f.total(t)) >= enough*all {
			return f.narrowed(t, members)
		}
	}
	common := f.narrowed(tops[0], members) // there is one: what opened first is never left out
	for _, t := range tops[1:] {
		common = shared(common, f.narrowed(t, members))
	}
	return common
}

// narrowed is the deepest member below a widest one that explains enough of it, or what the members below it have in common where they do together.
func (f *folder) narrowed(top int, members []int) ledger.Node {
	node := f.events[top].Node
	others := f.elsewhere(top)
	best := node
	var below []int
	for _, m := range members {
		n := f.events[m].Node
		if n == node || !within(n, node) {
			continue
		}
		below = append(below, m)
		if f.share(m, top, others) >= enough && (n.Depth() > best.Depth() || n.Depth() == best.Depth() && compareNodes(n, best) < 0) {
			best = n
		}
	}
	if best != node || len(below) == 0 {
		return best
	}
	for depth := 4; depth > node.Depth(); depth-- {
		if common, ok := f.together(below, depth, top, others); ok && common.Depth() > node.Depth() {
			return common
		}
	}
	return node
}

// together is what the members of a depth have in common; ok is false where they do not explain enough of a wider one. Those that explain next to
// nothing do not count.
func (f *folder) together(below []int, depth, top int, others []int) (common ledger.Node, ok bool) {
	sum, any := 0., false
	for _, m := range below {
		n := f.events[m].Node
		part := f.share(m, top, others)
		if n.Depth() != depth || part < least {
			continue
		}
		if sum += part; !any {
			common, any = n, true
		}
		common = shared(common, n)
	}
	return common, sum >= enough
}

// share is a member's part of a wider one's excess on the days of both, without what others have of that.
func (f *folder) share(m, top int, others []int) float64 {
	a, b := &f.events[m], &f.events[top]
	first := max(a.First, b.First)
	end := min(int64(a.First)+int64(len(a.Excess)), int64(b.First)+int64(len(b.Excess)))
	days := int(max(end-int64(first), 0))
	whole := f.overlap(top, first, days)
	for _, o := range others {
		whole -= f.overlap(o, first, days)
	}
	if part := f.overlap(m, first, days); part*whole > 0 {
		return part / whole
	}
	return 0
}

// elsewhere are the widest events below a member, in its days, that have other causes.
func (f *folder) elsewhere(m int) []int {
	first, end := int64(f.events[m].First), int64(f.events[m].First)+int64(len(f.events[m].Excess))
	var others []int
	for _, e := range f.within[f.events[m].Node] {
		o := &f.events[e]
		if f.cause[e] != f.cause[m] && int64(o.First) < end && first < int64(o.First)+int64(len(o.Excess)) {
			others = append(others, e)
		}
	}
	return f.widest(others)
}

// shared is what two nodes have in common.
func shared(a, b ledger.Node) ledger.Node {
	pick := func(x, y string) string {
		if x == y {
			return x
		}
		return ""
	}
	n := ledger.Node{Source: a.Source, Currency: a.Currency, Account: pick(a.Account, b.Account), Service: pick(a.Service, b.Service), Region: pick(a.Region, b.Region)}
	if n.Service != "" {
		n.Usage = pick(a.Usage, b.Usage)
	}
	return n
}
