package plot

import (
	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// runs calls draw for each row of days in which every one of the values is known.
func runs(days int, draw func(from, to int), values ...[]bot.ChartValue) {
	from := 0
	known := func(i int) bool {
		for _, v := range values {
			if v[i] == nil {
				return false
			}
		}
		return true
	}
	for i := 0; i <= days; i++ {
		if i < days && known(i) {
			continue
		}
		if i > from {
			draw(from, i)
		}
		from = i + 1
	}
}

// band draws the range in which the first series is ordinary.
func (p *picture) band() {
	c := p.chart
	if c.Low == nil {
		return
	}
	runs(len(c.Days), func(from, to int) {
		var outline []charts.Point
		if to-from == 1 { // one day alone has no width
			x, half := p.x(from), max(int(p.slot()/2), 4)
			outline = []charts.Point{
				{X: x - half, Y: p.y(*c.High[from])}, {X: x + half, Y: p.y(*c.High[from])},
				{X: x + half, Y: p.y(*c.Low[from])}, {X: x - half, Y: p.y(*c.Low[from])},
			}
		} else {
			for i := from; i < to; i++ {
				outline = append(outline, charts.Point{X: p.x(i), Y: p.y(*c.High[i])})
			}
			for i := to - 1; i >= from; i-- {
				outline = append(outline, charts.Point{X: p.x(i), Y: p.y(*c.Low[i])})
			}
		}
		p.FillArea(append(outline, outline[0]), bandFill) // closed: the rasterizer does not close it
	}, c.Low, c.High)
}

// lines draws the series, the first one last, so that it lies above the others.
func (p *picture) lines() {
	for i := len(p.chart.Series) - 1; i >= 0; i-- {
		s := p.chart.Series[i]
		colour := p.lineColour(i)
		runs(len(p.chart.Days), func(from, to int) {
			points := make([]charts.Point, 0, to-from)
			for day := from; day < to; day++ {
				points = append(points, charts.Point{X: p.x(day), Y: p.y(*s.Values[day])})
			}
			switch {
			case len(points) == 1:
				p.Circle(6, points[0].X, points[0].Y, colour, colour, 1)
			case s.Dashed:
				p.DashedLineStroke(points, colour, 3, []float64{12, 9})
			default:
				p.LineStroke(points, colour, 4)
			}
		}, s.Values)
	}
}

// lineColour is that of a line: what was expected is grey.
func (p *picture) lineColour(i int) charts.Color {
	if p.chart.Series[i].Dashed {
		return muted
	}
	return colour(i)
}
