package plot

import (
	"math"
	"time"

	"github.com/go-analyze/charts"
)

// dates writes the horizontal axis: days, or months where there are many.
func (p *picture) dates() {
	room := float64(p.long("Sep 2026", small) + 2*gap)
	for _, d := range dateTicks(p.chart.Days, int(math.Ceil(room/p.slot()))) {
		x, long := p.x(d.day), p.long(d.text, small)
		p.LineStroke([]charts.Point{{X: x, Y: p.bottom}, {X: x, Y: p.bottom + 8}}, axis, 2)
		p.write(d.text, max(x-long/2, margin), p.bottom+36, small)
	}
}

// A dateTick is a day that has a label.
type dateTick struct {
	day  int
	text string
}

// dateTicks picks the days to name, at least apart positions from each other: the first of a month where there are more than about three months,
// else days in even steps up to the last.
func dateTicks(days []time.Time, apart int) []dateTick {
	if len(days) > 100 {
		return monthTicks(days, apart)
	}
	step := apart
	for _, s := range []int{1, 2, 3, 7, 14, 28} {
		if s >= apart {
			step = s
			break
		}
	}
	var out []dateTick
	for i := (len(days) - 1) % step; i < len(days); i += step {
		out = append(out, dateTick{i, days[i].Format("2 Jan")})
	}
	return out
}

// monthTicks names months at their first day, every second or third where they are close, and the year where it is another.
func monthTicks(days []time.Time, apart int) []dateTick {
	every := time.Month((apart + 29) / 28)
	for _, e := range []time.Month{1, 2, 3, 6, 12} {
		if e >= every {
			every = e
			break
		}
	}
	var out []dateTick
	year, last := 0, -apart
	for i, d := range days {
		if d.Day() != 1 || (d.Month()-1)%every != 0 || i-last < apart {
			continue
		}
		text := d.Format("Jan")
		if d.Year() != year {
			text = d.Format("Jan 2006")
		}
		year, last = d.Year(), i
		out = append(out, dateTick{i, text})
	}
	return out
}
