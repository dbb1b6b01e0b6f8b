// Package attribute says why a bill is above what was expected: where the money went (Explain), whether it is the price or the quantity, which
// events are one cause (Fold), what may have been the reason (Rank) and whose it is (Owner). It is pure: the same values give the same answer.
//
// What it takes from elsewhere: explanatory power, succinctness and surprise are Adtributor's (Bhagwan et al., "Adtributor: Revenue Debugging in
// Advertising Systems", NSDI '14); price, volume and mix are the usual decomposition of managerial accounting.
package attribute

import (
	"math"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// A Leaf is a part of a bill that is not taken apart further, over the days of an event together. Amounts are in the currency's units.
// A number that is NaN, infinite or beyond ±1e15 counts as 0.
type Leaf struct {
	Key            ledger.Key
	Actual         float64 // what it cost
	Before         float64 // what it would have cost in the same days as before
	Quantity       float64 // what was used, in Unit; 0 where it is not known
	QuantityBefore float64 // what would have been used as before, in UnitBefore
	Unit           string
	UnitBefore     string // "" where it is not known
}

// excess is what the leaf cost more than before.
func (l Leaf) excess() float64 { return l.Actual - l.Before }

// A Series is a leaf's history by day.
type Series struct {
	Key      ledger.Key
	First    day.Day
	Cost     []float64 // from First; 0 on a day without charges, NaN on one that the ledger does not know
	Quantity []float64 // as Cost; nil where it is not known
	Unit     string    // of Quantity in the days of the event
	// UnitBefore is that of the days before; "" where it is not known.
	UnitBefore string
}

const (
	sameWeekdays = 8  // of which the median is taken
	anyDays      = 28 // where fewer than two of the same weekday are known
	positions    = 4  // of the same place in a month
	farBack      = 400
	most         = 1e15
)

// Leaves are the series over the days from first to last, with what they would have cost. masked tells days that are no example, such as those of
// other events; nil: there are none. excess is that of the whole that the leaves make up; NaN leaves them as they come.
//
// What a leaf would have cost on a day is the median of up to 8 of the same weekday before first; where fewer than two are known, of the up to
// 28 days before first; where none is, 0. On the first of a month and on its last three days it also has what such days had above that, the median
// of up to 4 months, where at least two are known. Scale then makes the excesses of the leaves add up to that of the whole.
func Leaves(series []Series, first, last day.Day, masked func(day.Day) bool, excess float64) []Leaf {
	leaves := make([]Leaf, len(series))
	last = min(last, first+farBack)
	for i, s := range series {
		h := history{first: s.First, before: first, masked: masked}
		l := Leaf{Key: s.Key, Unit: s.Unit, UnitBefore: s.UnitBefore}
		for d := first; d <= last; d++ {
			h.values = s.Cost
			l.Actual += clean(h.on(d))
			l.Before += h.expect(d)
			if h.values = s.Quantity; s.Quantity != nil {
				l.Quantity += clean(h.on(d))
				l.QuantityBefore += h.expect(d)
			}
		}
		leaves[i] = l
	}
	return Scale(leaves, excess)
}

// Scale changes what leaves would have cost so that their excesses add up to excess: the difference is shared out in proportion to what each would
// have cost (to what each did cost, where none would have cost anything), and quantities with it, for it is taken for growth of all. It returns
// new leaves. Where no leaf cost anything, the difference stays.
func Scale(leaves []Leaf, excess float64) []Leaf {
	out := make([]Leaf, len(leaves))
	var actual, before, weight, other float64
	for i, l := range leaves {
		l.Actual, l.Before, l.Quantity, l.QuantityBefore = clean(l.Actual), clean(l.Before), clean(l.Quantity), clean(l.QuantityBefore)
		out[i] = l
		actual, before = actual+l.Actual, before+l.Before
		weight, other = weight+math.Abs(l.Before), other+math.Abs(l.Actual)
	}
	missing := actual - excess - before
	if math.IsNaN(missing) || math.IsInf(missing, 0) || missing == 0 || weight == 0 && other == 0 {
		return out
	}
	for i := range out {
		l := &out[i]
		if weight == 0 {
			l.Before = missing * (math.Abs(l.Actual) / other)
			continue
		}
		was := l.Before
		l.Before += missing * (math.Abs(was) / weight)
		if was > 0 && l.Before > 0 {
			l.QuantityBefore *= l.Before / was
		}
	}
	return out
}

// clean is a number that can be reckoned with.
func clean(x float64) float64 {
	if math.IsNaN(x) || math.Abs(x) > most {
		return 0
	}
	return x
}

// A history is what is known of a series before an event.
type history struct {
	first  day.Day // of values
	before day.Day // days from here on are no example
	masked func(day.Day) bool
	values []float64
}

// on is the value of a day; NaN where it is not known.
func (h history) on(d day.Day) float64 {
	if i := int64(d) - int64(h.first); i >= 0 && i < int64(len(h.values)) {
		return h.values[i]
	}
	return math.NaN()
}

// example is the value of an earlier day that may be compared with; NaN where it may not.
func (h history) example(d day.Day) float64 {
	if d >= h.before || h.masked != nil && h.masked(d) {
		return math.NaN()
	}
	return h.on(d)
}

// expect is what a day would have had.
func (h history) expect(d day.Day) float64 {
	usual := h.usual(d, h.before)
	offset, special := position(d)
	if !special {
		return usual
	}
	var above []float64
	for p, n := d.Month(), 0; n < 12 && len(above) < positions; n++ {
		p = (p - 1).Month()
		at := p + day.Day(offset)
		if offset < 0 {
			at = p.NextMonth() + day.Day(offset)
		}
		if v := h.example(at); !math.IsNaN(v) {
			above = append(above, clean(v)-h.usual(at, at))
		}
	}
	if len(above) < 2 {
		return usual
	}
	return max(usual+median(above), min(usual, 0))
}

// position is where a day of a special place is in its month: 0 is the first, -1 the last; others are not special.
func position(d day.Day) (offset int, special bool) {
	if d == d.Month() {
		return 0, true
	}
	back := int(d - d.NextMonth())
	return back, back >= -3
}

// usual is the median of days before a day that are like d.
func (h history) usual(d, before day.Day) float64 {
	var same []float64
	end := d
	for end >= before {
		end -= 7
	}
	for n := 0; n < 2*sameWeekdays && len(same) < sameWeekdays && end >= h.first; n++ {
		if v := h.example(end); !math.IsNaN(v) {
			same = append(same, clean(v))
		}
		end -= 7
	}
	if len(same) >= 2 {
		return median(same)
	}
	same = same[:0]
	for p := before - 1; p >= h.first && p >= before-2*anyDays && len(same) < anyDays; p-- {
		if v := h.example(p); !math.IsNaN(v) {
			same = append(same, clean(v))
		}
	}
	return median(same)
}
