package attribute

import (
	"cmp"
	"math"
	"slices"

	"shipmate/handlers/costs/ledger"
)

// A Step narrows a path by one dimension.
type Step struct {
	Dimension Dimension
	Value     string
	Share     float64 // of the whole's excess that is within the path up to here
	// Only says that nothing was chosen: all that was left has this value.
	Only bool
}

// A Part is a place in the bill with its part of an excess.
type Part struct {
	Path                   []Step // from what was chosen first; empty: the whole moved as one
	Leaves                 int
	Excess, Actual, Before float64
	Share                  float64 // of the whole's excess
	Percent                int     // Share for people: those of all parts and the rest add up to 100
	Effect                 Effect
	// Broad says that several leaves moved, and nothing narrower explains it.
	Broad bool
}

// An Explanation says what an excess is made of.
type Explanation struct {
	Excess, Actual, Before float64
	// Parts are up to three places, that which was found first in front; parts do not overlap. None: there is no excess, or nothing is known of it.
	Parts []Part
	// Rest is what is in no part. Parts and Rest add up to the excess.
	Rest        float64
	RestPercent int
	// Percents says that percentages mean something: they do not when rises and drops nearly cancel out, or the excess is below one.
	Percents bool
	Offsets  []Offset
}

const (
	maxParts = 3
	least    = .05 // of the excess, for another part
	maxSplit = 3   // elements that are still told apart
	tinyBase = 1   // below it no percentage is shown
)

// Explain says what the excess of some leaves, those of an event's node, is made of. Their excesses are made to add up to it as Scale does; NaN
// leaves them as they are.
//
// Each part is found from what is in no part yet. It is narrowed by one dimension after the other: by that of which the fewest values explain
// four fifths, of those by that whose values surprise most; not by one in which all rose alike. It ends where more than three values would be needed.
func Explain(leaves []Leaf, excess float64) Explanation {
	leaves = Scale(leaves, excess)
	x := explainer{leaves: leaves, columns: columns(leaves)}
	all := make([]int32, len(leaves))
	var e Explanation
	for i := range leaves {
		all[i] = int32(i)
		e.Actual, e.Before = e.Actual+leaves[i].Actual, e.Before+leaves[i].Before
	}
	if e.Excess = clean(excess); math.IsNaN(excess) {
		e.Excess = clean(e.Actual - e.Before)
	}
	x.whole = e.Excess
	e.Offsets = x.offsets(all)
	e.Rest = e.Excess
	for left := all; len(e.Parts) < maxParts && e.Excess != 0; {
		p, members := x.part(left, math.Copysign(1, e.Excess))
		if len(members) == 0 || len(e.Parts) > 0 && p.Excess/e.Excess < least {
			break
		}
		e.Parts = append(e.Parts, p)
		e.Rest -= p.Excess
		left = without(left, members)
	}
	e.percents(leaves)
	return e
}

// Told is how many of the parts are causes to be told: those that together explain four fifths, at most all.
func (e Explanation) Told() int {
	sum := 0.
	for i, p := range e.Parts {
		if sum += p.Share; sum >= enough {
			return i + 1
		}
	}
	return len(e.Parts)
}

// Place is the part as a node of the source's bill, as narrow as the path is while it explains at least the share of the whole's excess; parts
// that the path leaves open are "". Tags and providers are in no node.
func (p Part) Place(of ledger.Node, share float64) ledger.Node {
	for _, s := range p.Path {
		if s.Share < share {
			break
		}
		switch s.Dimension {
		case Account:
			of.Account = s.Value
		case Service:
			of.Service = s.Value
		case Region:
			of.Region = s.Value
		case Usage:
			of.Usage = s.Value
		}
	}
	return of
}

// Growth is by how many per cent the part rose; ok is false where it was next to nothing before, so that a percentage says nothing.
func (p Part) Growth() (percent float64, ok bool) {
	if p.Before < tinyBase || p.Before <= nothing*p.Actual {
		return 0, false
	}
	return 100 * p.Excess / p.Before, true
}

// An explainer looks for parts.
type explainer struct {
	leaves  []Leaf
	columns []column
	whole   float64 // excess of all leaves
}

func (x *explainer) sum(members []int32) (actual, before float64) {
	for _, m := range members {
		actual, before = actual+x.leaves[m].Actual, before+x.leaves[m].Before
	}
	return actual, before
}

// part finds the place that explains most of the leaves' excess. sign is its direction; it has no members where
// none moved in it.
func (x *explainer) part(members []int32, sign float64) (Part, []int32) {
	var p Part
	used := make([]bool, len(x.columns))
	for {
		actual, before := x.sum(members)
		p.Actual, p.Before, p.Excess = actual, before, actual-before
		if !(sign*p.Excess > 0) {
			members = x.moving(members, sign)
			if len(members) == 0 {
				return Part{}, nil
			}
			continue
		}
		d, i := x.choose(members, used, sign)
		if i < 0 {
			break
		}
		used[i] = true
		if d.set > maxSplit {
			break
		}
		if len(d.elements) > 1 && d.together() {
			continue // narrowing by it would leave out what moved alike
		}
		first := d.elements[0]
		members = slices.DeleteFunc(slices.Clone(members), func(m int32) bool { return d.column.ids[m] != first.id })
		p.Path = append(p.Path, Step{d.column.dimension, d.column.names[first.id], first.excess() / x.whole, len(d.elements) == 1})
	}
	p.Broad = len(members) > 1
	p.Leaves, p.Share, p.Effect = len(members), p.Excess/x.whole, effectOf(x.leaves, members)
	return p, members
}

// moving are the leaves whose excess has the sign.
func (x *explainer) moving(members []int32, sign float64) (out []int32) {
	for _, m := range members {
		if sign*x.leaves[m].excess() > 0 {
			out = append(out, m)
		}
	}
	return out
}

// choose finds the dimension to narrow by; -1 when all are used. Those that leave nothing to choose come last.
func (x *explainer) choose(members []int32, used []bool, sign float64) (best division, at int) {
	at = -1
	for i := range x.columns {
		if used[i] {
			continue
		}
		d := divide(&x.columns[i], x.leaves, members, sign)
		if isTag(d.column.dimension) && d.column.names[d.elements[0].id] == ledger.None {
			continue // no tag is no cause
		}
		if at < 0 || better(d, best) {
			best, at = d, i
		}
	}
	return best, at
}

func isTag(d Dimension) bool { return len(d) > len(TagPrefix) && d[:len(TagPrefix)] == TagPrefix }

// better orders divisions: fewer values that explain enough, then more surprise.
func better(a, b division) bool {
	only := func(d division) int {
		if len(d.elements) == 1 && d.set == 1 {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(only(a), only(b)), cmp.Compare(b.surprise, a.surprise)) < 0
}

// without are the members that are not among others; both are in ascending order.
func without(members, others []int32) (out []int32) {
	for _, m := range members {
		if len(others) > 0 && others[0] == m {
			others = others[1:]
			continue
		}
		out = append(out, m)
	}
	return out
}

// percents rounds the shares so that they add up to 100, by the largest remainders.
func (e *Explanation) percents(leaves []Leaf) {
	rises, drops := 0., 0.
	for _, l := range leaves {
		if x := l.excess(); x > 0 {
			rises += x
		} else {
			drops -= x
		}
	}
	e.Percents = math.Abs(e.Excess) >= tinyBase && rises+drops <= 2*math.Abs(e.Excess) && len(e.Parts) > 0
	if !e.Percents {
		return
	}
	exact := make([]float64, 0, maxParts+1)
	for _, p := range e.Parts {
		exact = append(exact, 100*p.Excess/e.Excess)
	}
	exact = append(exact, 100*e.Rest/e.Excess)
	round := largestRemainders(exact)
	for i := range e.Parts {
		e.Parts[i].Percent = round[i]
	}
	e.RestPercent = round[len(e.Parts)]
}

// largestRemainders rounds percentages that add up to 100 to whole ones that do.
func largestRemainders(exact []float64) []int {
	out, order, sum := make([]int, len(exact)), make([]int, len(exact)), 0
	for i, x := range exact {
		out[i], order[i] = int(math.Floor(x)), i
		sum += out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(exact[b]-math.Floor(exact[b]), exact[a]-math.Floor(exact[a]))
	})
	for i := 0; sum < 100 && len(order) > 0; i = (i + 1) % len(order) {
		out[order[i]]++
		sum++
	}
	return out
}
