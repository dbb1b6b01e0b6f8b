package plot

import "math"

// bars draws the series of each day on top of each other, amounts below zero downwards.
func (p *picture) bars() {
	slot := p.slot()
	space := 0.0 // between bars
	if slot >= 4 {
		space = min(max(slot*0.22, 1), 16)
	}
	most := 120.0 // a single bar is no wall
	for day := range p.chart.Days {
		from, to := float64(p.left)+float64(day)*slot+space/2, float64(p.left)+float64(day+1)*slot-space/2
		if to-from > most {
			middle := (from + to) / 2
			from, to = middle-most/2, middle+most/2
		}
		x1, x2 := int(math.Round(from)), int(math.Round(to))
		p.bar(day, x1, max(x2, x1+1))
	}
}

// bar draws one day.
func (p *picture) bar(day, x1, x2 int) {
	above, below := 0.0, 0.0
	for i, s := range p.chart.Series {
		v := s.Values[day]
		if v == nil || *v == 0 {
			continue
		}
		base := &above
		if *v < 0 {
			base = &below
		}
		y1, y2 := p.y(*base), p.y(*base+*v)
		*base += *v
		if y1 < y2 {
			y1, y2 = y2, y1
		}
		if y1-y2 > 6 && x2-x1 > 6 {
			y1 -= 2 // a thin line of the ground between two colours
		}
		if y1 > y2 {
			p.FilledRect(x1, y2, x2, y1, p.barColour(i), p.barColour(i), 0)
		}
	}
}
