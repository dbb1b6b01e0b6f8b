package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
)

// A Series is what a node's usage costs by the day.
type Series struct {
	From  day.Day
	Micro []int64 // of From, the day after, and so on: millionths of the node's currency
	Known []bool  // whether the source has charges for the day, of whatever node: a day that is not known is missing, one that is known may well be 0
}

// Series is the usage of a node from one day to another, both included, as known at asOf. Days before 2000 and after 2099 are left out.
func (l *Ledger) Series(n Node, from, to day.Day, asOf time.Time) Series {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s := Series{From: clamp(from)}
	if to = clamp(to); to < s.From {
		return s
	}
	s.Micro = make([]int64, to-s.From+1)
	s.Known = l.known(n.Source, s.From, to, since(asOf))
	for _, id := range l.of(n) {
		l.addTo(s.Micro, &l.leaves[id], s.From, to, since(asOf))
	}
	return s
}

// of are the leaves that hold a node's usage. Of a total that is one for each currency, made when segments are applied.
func (l *Ledger) of(n Node) []int32 {
	if n == (Node{Source: n.Source, Currency: n.Currency}) {
		if id, ok := l.index[rowKey{kind: total, Key: Key{Source: n.Source, Currency: n.Currency}}]; ok {
			return []int32{id}
		}
		return nil
	}
	return l.usage(n)
}

// usage are the leaves of kind usage of a node.
func (l *Ledger) usage(n Node) []int32 {
	if b := l.nodes[n]; b != nil {
		return b.leaves
	}
	return nil
}

func (l *Ledger) addTo(sums []int64, f *leaf, from, to day.Day, asOf uint32) {
	l.each(f, from, to, asOf, func(d day.Day, micro int64, _ float64) { sums[d-from] = addSat(sums[d-from], micro) })
}

// known tells of which days a source has charges.
func (l *Ledger) known(source string, from, to day.Day, asOf uint32) []bool {
	known := make([]bool, to-from+1)
	if src := l.sources[source]; src != nil {
		for _, id := range src.totals {
			l.each(&l.leaves[id], from, to, asOf, func(d day.Day, _ int64, rows float64) { known[d-from] = known[d-from] || rows > 0 })
		}
	}
	return known
}

// A Leaf is the usage of one key by the day.
type Leaf struct {
	Key   Key
	Micro []int64 // of the first day that was asked for, the day after, and so on
	Units []Unit  // what Micro consists of, by unit of quantity
}

// A Unit is that part of a Leaf which is metered in one unit: Micro over Quantity is its price.
type Unit struct {
	Unit     string // "" when the bill gives no quantity, or no unit
	Micro    []int64
	Quantity []float64 // about nine digits of it are kept
}

// Leaves is the usage of a node from one day to another, both included, as known at asOf, by key. The leaves add up to the node's series; those
// without any amount or quantity are left out. They are in order of their keys.
func (l *Ledger) Leaves(n Node, from, to day.Day, asOf time.Time) []Leaf {
	l.mu.RLock()
	defer l.mu.RUnlock()
	from, to = clamp(from), clamp(to)
	if to < from {
		return nil
	}
	ids := slices.Clone(l.usage(n))
	slices.SortFunc(ids, func(a, b int32) int { return compareKeys(l.leaves[a].key, l.leaves[b].key) })
	var list []Leaf
	for _, id := range ids {
		u, ok := l.unit(&l.leaves[id], from, to, since(asOf))
		if !ok {
			continue
		}
		if key := l.leaves[id].key.Key; len(list) == 0 || list[len(list)-1].Key != key {
			list = append(list, Leaf{Key: key, Micro: make([]int64, len(u.Micro))})
		}
		last := &list[len(list)-1]
		last.Units = append(last.Units, u)
		for i, micro := range u.Micro {
			last.Micro[i] = addSat(last.Micro[i], micro)
		}
	}
	return list
}

// compareKeys orders keys by the tree, and after that by what the tree does not tell apart.
func compareKeys(a, b rowKey) int {
	return cmp.Or(
		strings.Compare(a.Source, b.Source), strings.Compare(a.Currency, b.Currency), strings.Compare(a.Account, b.Account), strings.Compare(a.Service, b.Service),
		strings.Compare(a.Region, b.Region), strings.Compare(a.Usage, b.Usage), strings.Compare(a.Tags, b.Tags), strings.Compare(a.Provider, b.Provider),
		strings.Compare(a.unit, b.unit), cmp.Compare(a.kind, b.kind),
	)
}

// unit reads one leaf; ok is false when it is empty on these days.
func (l *Ledger) unit(f *leaf, from, to day.Day, asOf uint32) (u Unit, ok bool) {
	l.each(f, from, to, asOf, func(d day.Day, micro int64, qty float64) {
		if micro == 0 && qty == 0 {
			return
		}
		if !ok {
			ok = true
			u = Unit{Unit: f.key.unit, Micro: make([]int64, to-from+1), Quantity: make([]float64, to-from+1)}
		}
		u.Micro[d-from] = addSat(u.Micro[d-from], micro)
		u.Quantity[d-from] += qty
	})
	return u, ok
}

// A Share is the part of a node that has one value of a dimension.
type Share struct {
	Value string  // None for what has none
	Micro []int64 // by day
	Total int64   // of all days
}

// By splits the usage of a node by a dimension: "account", "service", "region", "usage", or the key of a chosen tag. The days are those from one to
// another, both included, as known at asOf. The shares add up to the node's series; the largest total comes first.
func (l *Ledger) By(dimension string, n Node, from, to day.Day, asOf time.Time) ([]Share, error) {
	value, err := l.dimension(dimension)
	if err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	from, to = clamp(from), clamp(to)
	if to < from {
		return nil, nil
	}
	index := map[string]int{}
	var list []Share
	for _, id := range l.usage(n) {
		f := &l.leaves[id]
		v := value(f.key.Key)
		i, ok := index[v]
		if !ok {
			i = len(list)
			index[v] = i
			list = append(list, Share{Value: v, Micro: make([]int64, to-from+1)})
		}
		l.addTo(list[i].Micro, f, from, to, since(asOf))
	}
	for i := range list {
		for _, micro := range list[i].Micro {
			list[i].Total = addSat(list[i].Total, micro)
		}
	}
	slices.SortFunc(list, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Value, b.Value))
	})
	return list, nil
}

func (l *Ledger) dimension(name string) (func(Key) string, error) {
	value := map[string]func(Key) string{
		"account": func(k Key) string { return k.Account },
		"service": func(k Key) string { return k.Service },
		"region":  func(k Key) string { return k.Region },
		"usage":   func(k Key) string { return k.Usage },
	}[name]
	if value != nil {
		return value, nil
	}
	if slices.Contains(l.tags, name) {
		return func(k Key) string { return k.Tag(name) }, nil
	}
	names := append([]string{"account", "service", "region", "usage"}, l.tags...)
	return nil, fmt.Errorf("there is no dimension %q: there are %s", name, strings.Join(names, ", "))
}
