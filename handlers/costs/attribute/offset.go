package attribute

import "math"

// An Offset is a rise and a drop that cancel each other out, at least in good part: what was in one place is in another now.
type Offset struct {
	Dimension Dimension // the first in which they differ
	Up, Down  string    // the values there
	UpBy      float64   // above 0
	DownBy    float64   // below 0
	// UpPath and DownPath are the places in full; the shares of their steps mean nothing.
	UpPath, DownPath []Step
}

const (
	offsetAlike = .5   // of the larger of both, that the smaller at least is
	offsetLeast = .02  // of what all cost before, that each at least is
	offsetSame  = .005 // the same, where both are of one service: what moved is plain
	clearly     = .2   // of what a leaf costs, that one moves which is part of it
)

// offsets looks for the place that rose most and that which dropped most, among leaves that moved by a fifth and more. It is told beside the excess of
// a whole, and where there is none.
func (x *explainer) offsets(members []int32) []Offset {
	actual, before := x.sum(members)
	up, ups := x.part(x.movers(members, 1), 1)
	down, downs := x.part(x.movers(members, -1), -1)
	small, large := min(up.Excess, -down.Excess), max(up.Excess, -down.Excess)
	least := offsetLeast
	if service := x.columns[0].only(ups); service >= 0 && service == x.columns[0].only(downs) {
		least = offsetSame
	}
	if len(ups) == 0 || len(downs) == 0 || !(small >= max(least*max(actual, before), tinyBase)) || small < offsetAlike*large {
		return nil
	}
	for i := range x.columns {
		c := &x.columns[i]
		a, b := c.only(ups), c.only(downs)
		if a < 0 || b < 0 || a == b {
			continue
		}
		return []Offset{{
			Dimension: c.dimension, Up: c.names[a], Down: c.names[b], UpBy: up.Excess, DownBy: down.Excess, UpPath: up.Path, DownPath: down.Path,
		}}
	}
	return nil
}

// movers are the leaves that moved clearly in a direction.
func (x *explainer) movers(members []int32, sign float64) (out []int32) {
	for _, m := range members {
		l := &x.leaves[m]
		if e := sign * l.excess(); e > 0 && e >= clearly*max(math.Abs(l.Actual), math.Abs(l.Before)) {
			out = append(out, m)
		}
	}
	return out
}

// only is the value that all members have; -1 when they have several or there are none.
func (c *column) only(members []int32) int32 {
	id := int32(-1)
	for i, m := range members {
		if i > 0 && c.ids[m] != id {
			return -1
		}
		id = c.ids[m]
	}
	return id
}
