package ledger

import (
	"fmt"
	"math"
	"testing"
	"time"

	"shipmate/bot/day"
	"shipmate/integrations/focus"
)

// A bill is read once a day at six in the morning; visible is what it then shows of a day's cost, by how many days the day's date is past.
type bill struct {
	cost    func(d day.Day) float64
	visible func(d day.Day, age int) float64 // a share
}

// read lets a ledger read the bill from its first morning on, for so many days. The bill always shows the last 60 days.
func (b bill) read(t *testing.T, l *Ledger, mornings int) {
	t.Helper()
	for n := range mornings {
		today := d1 + day.Day(n)
		for d := today - 60; d <= today; d++ {
			age := int(today - d)
			var charges []focus.Charge
			if share := b.visible(d, age); share > 0 {
				charges = append(charges, usage(d, "1", "ec2", "box", b.cost(d)*share))
			}
			say(t, l, d.String(), today.Time().Add(6*time.Hour), charges...)
		}
	}
}

func steady(day.Day) float64 { return 100 }

// late is a bill whose days become visible in steps, from their own date on.
func late(shares ...float64) func(day.Day, int) float64 {
	return func(_ day.Day, age int) float64 {
		if age >= len(shares) {
			return 1
		}
		return shares[age]
	}
}

func TestMaturity(t *testing.T) {
	corrected := func(d day.Day, age int) float64 { // on the 8th of the next month everything becomes 12 % more
		share := late(.1, .6, .99)(d, age)
		if d+day.Day(age) < d.NextMonth()+7 {
			return share
		}
		return 1.12
	}
	weekly := func(d day.Day, age int) float64 { // shown on Mondays only, and whole then
		today := d + day.Day(age)
		monday := today - (day.Day(today.Weekday())+6)%7
		if d < monday {
			return 1
		}
		return 0
	}
	tests := []struct {
		name     string
		visible  func(day.Day, int) float64
		mornings int
		learned  bool
		want     []float64 // of today, yesterday and so on
	}{
		{"complete two days later", late(.1, .6, .99), 40, true, []float64{0, .6, .99, 1, 1}},
		{"complete at once", late(0), 40, true, []float64{0, 1, 1, 1, 1}},
		{"slow", late(0, 0, .3, .8, .9, .97), 40, true, []float64{0, 0, .3, .8, .9, .97, 1}},
		{"shown too much at first", late(0, 1.25, 1), 40, true, []float64{0, .8, 1, 1}},
		{"whole, then less, then whole", late(0, 1, .7), 40, true, []float64{0, .7, .7, 1}},
		{"corrected with the month's invoice", corrected, 70, true, []float64{0, .6, .99, 1, 1}},
		{"too short a history", late(.1, .6, .99), 15, false, []float64{0, .5, 1, 1, 1}},
		{"loaded in one go", late(.1, .6, .99), 1, false, []float64{0, .5, 1, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(nil)
			bill{steady, tt.visible}.read(t, l, tt.mornings)
			today := d1 + day.Day(tt.mornings-1)
			for age, want := range tt.want {
				got, learned := l.Mature("aws", today-day.Day(age), time.Time{})
				if math.Abs(got-want) > .005 || learned != tt.learned {
					t.Errorf("%d days ago: %.3f, learned %v; want %.3f, %v", age, got, learned, want, tt.learned)
				}
			}
		})
	}
	t.Run("once a week", func(t *testing.T) {
		l := New(nil)
		bill{steady, weekly}.read(t, l, 64) // until 3 May, a Sunday
		c := l.Curve("aws", time.Time{})
		if got := c.At(d1 + 56); got != 1 || !c.Learned {
			t.Errorf("last Monday's eve: %v", got)
		}
		for d := d1 + 57; d <= d1+63; d++ {
			if got := c.At(d); got != 0 {
				t.Errorf("%s: %v, but the bill has nothing of it", d, got)
			}
		}
	})
}

// A curve as of an earlier time is the one that was learned then, and a source that is silent does not ripen.
func TestMaturityAsOf(t *testing.T) {
	l := New(nil)
	bill{steady, late(.1, .6, .99)}.read(t, l, 40)
	if _, learned := l.Mature("aws", d1, (d1 + 10).Time()); learned {
		t.Error("the tenth day knew what came later")
	}
	yesterday := d1 + 38
	if got, _ := l.Mature("aws", yesterday, (d1 + 400).Time()); math.Abs(got-.6) > .005 {
		t.Errorf("the source was last heard of when the day was partial, but it is taken for %v", got)
	}
	if got, learned := l.Mature("gcp", d1, time.Time{}); got != 0 || learned {
		t.Errorf("an unknown source: %v, %v", got, learned)
	}
	if got, _ := l.Mature("aws", d1-100, time.Time{}); got != 0 {
		t.Errorf("a day without charges: %v", got)
	}
}

// One-offs and corrections neither ripen nor delay a day.
func TestMaturityIgnoresOneOffs(t *testing.T) {
	l := New(nil)
	for n := range 40 {
		today := d1 + day.Day(n)
		for d := d1; d < today; d++ {
			charges := []focus.Charge{usage(d, "1", "ec2", "box", 100)}
			if today-d > 3 {
				c := usage(d, "1", "ec2", "box", 500)
				c.Correction = true
				charges = append(charges, c)
			}
			say(t, l, fmt.Sprint(d), today.Time().Add(6*time.Hour), charges...)
		}
	}
	if got, learned := l.Mature("aws", d1+38, time.Time{}); got != 1 || !learned {
		t.Errorf("yesterday, which was complete from the start: %v, %v", got, learned)
	}
}
