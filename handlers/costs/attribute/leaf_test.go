package attribute

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// series has so many days from First, each as cost says.
func series(first day.Day, days int, cost func(day.Day) float64) Series {
	s := Series{First: first, Unit: "GB", UnitBefore: "GB"}
	for d := first; d < first+day.Day(days); d++ {
		s.Cost, s.Quantity = append(s.Cost, cost(d)), append(s.Quantity, 2*cost(d))
	}
	return s
}

func TestBefore(t *testing.T) {
	t.Parallel()
	first := day.Date(2026, time.June, 1)
	event := day.Date(2026, time.November, 18) // a Wednesday
	week := func(d day.Day) float64 {          // 100 on working days, 20 at weekends
		if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			return 20
		}
		return 100
	}
	later := func(d day.Day) float64 {
		if d >= event {
			return 5 * week(d)
		}
		return week(d)
	}
	monthly := func(d day.Day) float64 {
		if d == d.Month() {
			return week(d) + 500
		}
		return week(d)
	}
	days := int(event-first) + 30
	for _, tt := range []struct {
		name        string
		s           Series
		first, last day.Day
		masked      func(day.Day) bool
		want        float64
	}{
		{"a working day", series(first, days, later), event, event, nil, 100},
		{"with a weekend", series(first, days, later), event, event + 4, nil, 340},
		{"new", series(event, 10, week), event, event, nil, 0},
		{"not known before", series(first, days, func(d day.Day) float64 {
			if d < event {
				return math.NaN()
			}
			return 100
		}), event, event, nil, 0},
		{"a week old", series(event-7, 20, func(day.Day) float64 { return 30 }), event, event, nil, 30},
		{"the days before are masked", series(first, days, func(d day.Day) float64 {
			if d >= event-30 {
				return 900
			}
			return 100
		}), event, event, func(d day.Day) bool { return d >= event-30 }, 100},
		{"the first of a month", series(first, days, monthly), day.Date(2026, time.December, 1), day.Date(2026, time.December, 1), nil, 600},
		{"a Sunday that is the first", series(first, 200, monthly), day.Date(2026, time.November, 1), day.Date(2026, time.November, 1), nil, 520},
		{"the last of a month", series(first, days, func(d day.Day) float64 {
			if d == d.NextMonth()-1 {
				return 300
			}
			return 100
		}), day.Date(2026, time.October, 31), day.Date(2026, time.October, 31), nil, 300},
		{"no days", series(first, days, later), event, event - 1, nil, 0},
		{"no history", Series{}, event, event, nil, 0},
	} {
		got := Leaves([]Series{tt.s}, tt.first, tt.last, tt.masked, math.NaN())[0]
		if got.Before != tt.want || got.QuantityBefore != 2*tt.want {
			t.Errorf("%s: %g and %g would have been, want %g and twice that", tt.name, got.Before, got.QuantityBefore, tt.want)
		}
	}
}

// Price and quantity are told apart by how the leaves came.
func TestEffects(t *testing.T) {
	t.Parallel()
	of := func(actual, before, quantity, quantityBefore float64) Leaf {
		return Leaf{Actual: actual, Before: before, Quantity: quantity, QuantityBefore: quantityBefore, Unit: "GB", UnitBefore: "GB"}
	}
	other := of(200, 100, 20, 10)
	other.UnitBefore = "hours"
	for _, tt := range []struct {
		leaves                []Leaf
		kind                  Kind
		price, quantity, mixa float64
		says                  string
	}{
		{[]Leaf{of(600, 100, 60, 10)}, ByQuantity, 0, 500, 0, "same price, 6 × the usage"},
		{[]Leaf{of(140, 100, 10, 10)}, ByPrice, 40, 0, 0, "price +40 %, same usage"},
		{[]Leaf{of(280, 100, 20, 10)}, ByBoth, 80, 100, 0, "price +40 %, 2 × the usage"},
		{[]Leaf{of(1500, 100, 150, 10)}, ByQuantity, 0, 1400, 0, "same price, 15 × the usage"},
		{[]Leaf{of(50, 100, 5, 10)}, ByQuantity, 0, -50, 0, "same price, usage -50 %"},
		{[]Leaf{of(0, 100, 0, 100), of(400, 100, 40, 10)}, ByMix, 0, -127.27272727272727, 327.27272727272725, "dearer kinds of the same"},
		{[]Leaf{of(100, 0, 10, 0)}, New, 0, 0, 0, "new"},
		{[]Leaf{of(0, 100, 0, 10)}, Gone, 0, 0, 0, "gone"},
		{[]Leaf{other}, Unknown, 0, 0, 0, ""},
		{[]Leaf{of(200, 100, 0, 0)}, Unknown, 0, 0, 0, ""},
		{[]Leaf{of(200, 100, -5, 3)}, Unknown, 0, 0, 0, ""},
		{nil, Unknown, 0, 0, 0, ""},
	} {
		members := make([]int32, len(tt.leaves))
		for i := range members {
			members[i] = int32(i)
		}
		e := effectOf(tt.leaves, members)
		if e.Kind != tt.kind || !near(e.Price, tt.price, 100) || !near(e.Quantity, tt.quantity, 100) || !near(e.Mix, tt.mixa, 100) || e.String() != tt.says {
			t.Errorf("%+v: %+v, says %q; want %s %g %g %g %q", tt.leaves, e, e.String(), tt.kind, tt.price, tt.quantity, tt.mixa, tt.says)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	e := Explain([]Leaf{leaf("1/VPC/eu/nat team=net", 600, 100), leaf("1/VPC/eu/other", 50, 50), leaf("2/S3/us/bytes", 900, 900)}, math.NaN())
	var what []string
	w := e.Words(0, ledger.Node{Account: "1"})
	for _, s := range w.What {
		what = append(what, fmt.Sprint(s.Dimension, " ", s.Value))
	}
	if want := []string{"usage nat", "service VPC", "region eu", "tag:team net"}; w.Percent != 100 || w.How != "same price, 6 × the usage" || !slices.Equal(what, want) {
		t.Errorf("words are %d %q %q, want 100 %q", w.Percent, w.How, what, want)
	}
	if n := e.Parts[0].Place(ledger.Node{Source: "aws"}, .8); n != (ledger.Node{Source: "aws", Account: "1", Service: "VPC", Region: "eu", Usage: "nat"}) {
		t.Errorf("the place is %+v", n)
	}
	if percent, ok := e.Parts[0].Growth(); !ok || percent != 500 {
		t.Errorf("it grew by %g %%, %v", percent, ok)
	}
	if percent, ok := (Part{Actual: 500, Before: .3, Excess: 499.7}).Growth(); ok {
		t.Errorf("next to nothing grew by %g %%", percent)
	}
}
