package ledger

import (
	"cmp"
	"slices"
)

// A line is what a segment says of one leaf.
type line struct {
	leaf  int32
	cells []cell // in order of days, one for each
}

// lines are the rows of a segment by leaf, each leaf once, with the totals.
func (l *Ledger) lines(s *Segment) []line {
	lines := make([]line, 0, len(s.keys)+1)
	for i, key := range s.keys {
		lines = append(lines, line{l.leaf(l.chosen(s, key)), s.cells[i]})
	}
	for _, t := range s.totals() {
		lines = append(lines, line{l.leaf(t.key), t.cells})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.leaf, b.leaf) })
	merged := lines[:0]
	for _, ln := range lines {
		if n := len(merged); n > 0 && merged[n-1].leaf == ln.leaf {
			merged[n-1].cells = sum(merged[n-1].cells, ln.cells)
			continue
		}
		merged = append(merged, ln)
	}
	return merged
}

// chosen is a key of a segment with the tags that are chosen now.
func (l *Ledger) chosen(s *Segment, key rowKey) rowKey {
	if key.Tags != "" && !slices.Equal(s.Tags, l.tags) {
		key.Tags = project(key.Tags, l.tags)
	}
	return key
}

// A sumOf is the total of a currency, by day.
type sumOf struct {
	key   rowKey
	cells []cell
}

// totals adds up the usage of each currency by day; the quantity is the number of rows of any kind.
func (s *Segment) totals() (list []sumOf) {
	index := map[string]int{}
	for i, key := range s.keys {
		at, ok := index[key.Currency]
		if !ok {
			at = len(list)
			index[key.Currency] = at
			list = append(list, sumOf{key: rowKey{kind: total, Key: Key{Source: s.Source, Currency: key.Currency}}})
		}
		for _, c := range s.cells[i] {
			if key.kind != Usage {
				c.micro = 0
			}
			c.qty = 1
			list[at].cells = append(list[at].cells, c)
		}
	}
	for i := range list {
		cells := list[i].cells
		slices.SortFunc(cells, func(a, b cell) int { return cmp.Compare(a.day, b.day) })
		merged := cells[:0]
		for _, c := range cells {
			if n := len(merged); n > 0 && merged[n-1].day == c.day {
				merged[n-1].micro, merged[n-1].qty = addSat(merged[n-1].micro, c.micro), merged[n-1].qty+1
				continue
			}
			merged = append(merged, c)
		}
		list[i].cells = merged
	}
	return list
}

// sum adds up two lists of cells.
func sum(a, b []cell) []cell {
	out := make([]cell, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].day < b[0].day:
			out, a = append(out, a[0]), a[1:]
		case a[0].day > b[0].day:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, cell{a[0].day, addSat(a[0].micro, b[0].micro), a[0].qty + b[0].qty})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
