package plot

import (
	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// marks points out days of the first series, with their words where these touch neither the line nor other words.
func (p *picture) marks() {
	if len(p.chart.Series) == 0 {
		return
	}
	values := p.chart.Series[0].Values
	var taken []charts.Box
	for _, m := range p.chart.Marks {
		x := p.x(m.Day)
		if v := values[m.Day]; v != nil {
			p.Circle(11, x, p.y(*v), ground, ground, 1)
			p.Circle(8, x, p.y(*v), alarm, alarm, 1)
			taken = append(taken, charts.NewBox(x-11, p.y(*v)-11, x+11, p.y(*v)+11))
		} else {
			p.DashedLineStroke([]charts.Point{{X: x, Y: p.top}, {X: x, Y: p.bottom}}, alarm, 2, []float64{4, 6})
		}
	}
	for _, m := range p.chart.Marks {
		y := p.top + 24
		if v := values[m.Day]; v != nil {
			y = p.y(*v)
		}
		taken = append(taken, p.words(m, y, taken))
	}
}

// words writes what a mark says beside it, above it or below it, and returns where.
func (p *picture) words(m bot.ChartMark, y int, taken []charts.Box) charts.Box {
	s := label
	s.colour = alarm
	text := p.cut(m.Text, s, 300)
	if text == "" {
		return charts.Box{}
	}
	const high, off = 26, 18
	x, long := p.x(m.Day), p.long(text, s)
	for _, at := range []struct{ x, y int }{
		{x - long - off, y}, {x + off, y}, {x - long/2, y - high - off}, {x - long/2, y + high + off}, {x - long - off, y - high}, {x + off, y - high},
	} {
		box := charts.NewBox(at.x, at.y-high/2, at.x+long, at.y+high/2)
		if box.Left < p.left || box.Right > p.right || box.Top < p.top-high/2 || box.Bottom > p.bottom || overlaps(taken, box) || p.crossed(box) {
			continue
		}
		p.write(text, at.x, at.y+8, s)
		return box
	}
	return charts.Box{}
}

func overlaps(boxes []charts.Box, b charts.Box) bool {
	for _, o := range boxes {
		if b.Left < o.Right && o.Left < b.Right && b.Top < o.Bottom && o.Top < b.Bottom {
			return true
		}
	}
	return false
}

// crossed reports whether the first series runs through a box.
func (p *picture) crossed(b charts.Box) bool {
	values := p.chart.Series[0].Values
	const parts = 16 // of the line from one day to the next
	for i, v := range values {
		if v == nil {
			continue
		}
		next := v
		if i+1 < len(values) && values[i+1] != nil {
			next = values[i+1]
		}
		for part := range parts {
			f := float64(part) / parts
			x, y := p.x(i)+int(f*p.slot()), p.y(*v+f*(*next-*v))
			if x >= b.Left-4 && x <= b.Right+4 && y >= b.Top-2 && y <= b.Bottom+2 {
				return true
			}
		}
	}
	return false
}
