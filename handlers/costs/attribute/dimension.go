package attribute

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"shipmate/handlers/costs/ledger"
)

// A Dimension is one of the ways in which a bill can be taken apart: one of those below, or TagPrefix with the tag's key.
type Dimension string

// The dimensions.
const (
	Service   Dimension = "service"
	Usage     Dimension = "usage"
	Account   Dimension = "account"
	Region    Dimension = "region"
	Provider  Dimension = "provider"
	TagPrefix           = "tag:"
)

// maxTags bounds the tag keys that are looked at.
const maxTags = 8

// A column is the leaves' values in one dimension, as numbers.
type column struct {
	dimension Dimension
	names     []string
	ids       []int32 // of each leaf
}

func newColumn(d Dimension, leaves []Leaf, value func(*ledger.Key) string) column {
	c := column{dimension: d, ids: make([]int32, len(leaves))}
	known := map[string]int32{}
	for i := range leaves {
		name := value(&leaves[i].Key)
		id, ok := known[name]
		if !ok {
			id = int32(len(c.names))
			known[name] = id
			c.names = append(c.names, name)
		}
		c.ids[i] = id
	}
	return c
}

// columns are the leaves in all dimensions, in the order that decides where nothing else does.
func columns(leaves []Leaf) []column {
	out := []column{
		newColumn(Service, leaves, func(k *ledger.Key) string { return k.Service }),
		newColumn(Usage, leaves, func(k *ledger.Key) string { return k.Usage }),
		newColumn(Account, leaves, func(k *ledger.Key) string { return k.Account }),
		newColumn(Region, leaves, func(k *ledger.Key) string { return k.Region }),
		newColumn(Provider, leaves, func(k *ledger.Key) string { return k.Provider }),
	}
	all := newColumn("tags", leaves, func(k *ledger.Key) string { return k.Tags })
	var keys []string
	values := make([]map[string]string, len(all.names))
	for i, tags := range all.names {
		values[i] = map[string]string{}
		k, v := ledger.SplitTags(tags)
		for j := range k {
			values[i][k[j]] = v[j]
			if !slices.Contains(keys, k[j]) && len(keys) < maxTags {
				keys = append(keys, k[j])
			}
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		c := column{dimension: Dimension(TagPrefix + key), ids: make([]int32, len(leaves))}
		known := map[string]int32{}
		of := make([]int32, len(all.names))
		for i := range all.names {
			name := cmp.Or(values[i][key], ledger.None)
			id, ok := known[name]
			if !ok {
				id = int32(len(c.names))
				known[name], c.names = id, append(c.names, name)
			}
			of[i] = id
		}
		for i, id := range all.ids {
			c.ids[i] = of[id]
		}
		out = append(out, c)
	}
	return out
}

// An element is all leaves with one value in a dimension.
type element struct {
	id             int32
	actual, before float64
}

func (e element) excess() float64 { return e.actual - e.before }

// A division is what a dimension makes of some leaves.
type division struct {
	column   *column
	elements []element // most of the excess first
	set      int       // how many of the first explain enough of it
	surprise float64   // of those
}

// enough is the share of an excess that explains it.
const enough = .8

// divide takes leaves apart. sign is that of their excess.
func divide(c *column, leaves []Leaf, members []int32, sign float64) division {
	place := make([]int32, len(c.names)) // in elements, from 1
	d := division{column: c}
	var whole element
	for _, m := range members {
		l, id := &leaves[m], c.ids[m]
		if place[id] == 0 {
			d.elements = append(d.elements, element{id: id})
			place[id] = int32(len(d.elements))
		}
		e := &d.elements[place[id]-1]
		e.actual, e.before = e.actual+l.Actual, e.before+l.Before
		whole.actual, whole.before = whole.actual+l.Actual, whole.before+l.Before
	}
	slices.SortFunc(d.elements, func(a, b element) int {
		return cmp.Or(cmp.Compare(sign*b.excess(), sign*a.excess()), strings.Compare(c.names[a.id], c.names[b.id]))
	})
	explained := 0.
	for _, e := range d.elements {
		explained += e.excess()
		d.set++
		d.surprise += surprise(e, whole)
		if sign*explained >= enough*sign*whole.excess() {
			break
		}
	}
	return d
}

// surprise is an element's part of the Jensen-Shannon divergence between how the cost was spread before and how it is: Adtributor's measure of how
// far a share is from what it was. It is 0 to ln(2)/2·(p+q).
func surprise(e, whole element) float64 {
	share := func(part, all float64) float64 {
		if part <= 0 || all <= 0 {
			return 0
		}
		return min(part/all, 1)
	}
	p, q := share(e.before, whole.before), share(e.actual, whole.actual)
	term := func(x float64) float64 {
		if x == 0 {
			return 0
		}
		return x * math.Log(2*x/(p+q))
	}
	return (term(p) + term(q)) / 2
}

// together reports whether the other elements moved with the first, so that what they are of moved as a whole: nine tenths of what they cost
// before rose by at least half as much as the first did, in proportion.
func (d division) together() bool {
	first, others, along := d.elements[0], 0., 0.
	if first.before <= 0 {
		return false
	}
	ratio := first.excess() / first.before
	for _, e := range d.elements[1:] {
		if e.before <= 0 {
			continue
		}
		others += e.before
		if r := e.excess() / e.before; r/ratio >= .5 {
			along += e.before
		}
	}
	return others > 0 && along >= .9*others
}

// median is that of values, which it sorts; 0 where there are none.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	slices.Sort(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1]/2 + values[n/2]/2
}
