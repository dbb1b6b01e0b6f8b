// Package plot draws charts as PNG pictures, for surfaces that cannot draw them from numbers.
//
// Axes, lines, bars and labels are our own, on the painter of go-analyze/charts, which brings the rasterizer and the fonts: a range behind
// a line, labels at the ends of lines and one look for both kinds of chart are in none of its ready-made charts.
package plot

import (
	"errors"
	"fmt"

	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// The size of a picture in pixels: twice that at which it is shown, for dense screens.
const (
	width  = 1000
	height = 540
)

// Distances in pixels.
const (
	margin    = 28
	titleRoom = 64
	axisRoom  = 52  // below, for dates
	maxSide   = 270 // for labels at the right
	gap       = 14
)

const (
	maxLines = 6
	maxBars  = 7 // series of stacked bars, with the rest
)

// ErrEmpty means that a chart has no values to draw.
var ErrEmpty = errors.New("the chart has no values")

// PNG draws a chart: lines with the range in which the first is ordinary and its marked days, or stacked bars of the biggest series and the
// rest. The picture is the same for readers of a light and of a dark page: it has a light ground of its own, and colours that people who do not
// tell red from green keep apart (Okabe and Ito, "Color Universal Design", 2008). Whatever the chart holds, it is drawn as [bot.Chart.Sound] has
// it; without any value the error is ErrEmpty. The same chart gives the same bytes.
func PNG(c bot.Chart) ([]byte, error) {
	p, err := drawn(c, charts.ChartOutputPNG)
	if err != nil {
		return nil, err
	}
	data, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw chart: %w", err)
	}
	return data, nil
}

// drawn draws a chart in a format of the painter.
func drawn(c bot.Chart, format string) (*picture, error) {
	c = c.Sound()
	if c.Stacked {
		c = c.Most(maxBars)
	} else {
		c = c.Most(maxLines)
	}
	p := &picture{
		Painter: charts.NewPainter(charts.PainterOptions{OutputFormat: format, Width: width, Height: height}),
		chart:   legible(c),
	}
	if !p.scale() {
		return nil, ErrEmpty
	}
	p.draw()
	return p, nil
}

// A picture is a chart that is being drawn.
type picture struct {
	*charts.Painter
	chart bot.Chart

	low, high, step          float64 // of the vertical axis
	left, right, top, bottom int     // of the area within the axes
}

func (p *picture) draw() {
	p.FilledRect(0, 0, width, height, edge, edge, 0)
	p.FilledRect(2, 2, width-2, height-2, ground, ground, 0)
	p.write(p.cut(p.chart.Title, title, width-2*margin), margin, margin+26, title)

	p.top, p.bottom = margin+titleRoom, height-axisRoom-gap
	p.left = margin + p.widest(p.amounts(), small) + gap
	labels := p.labels()
	p.right = width - margin - p.sideRoom(labels)
	p.grid()
	p.dates()
	if p.chart.Stacked {
		p.bars()
	} else {
		p.band()
		p.lines()
		p.marks()
	}
	p.beside(labels)
}

// x is where a day is: the middle of its slot.
func (p *picture) x(day int) int {
	return p.left + int((float64(day)+0.5)*p.slot())
}

// slot is the width of a day.
func (p *picture) slot() float64 { return float64(p.right-p.left) / float64(len(p.chart.Days)) }

// y is where an amount is.
func (p *picture) y(v float64) int {
	return p.bottom - int((v-p.low)/(p.high-p.low)*float64(p.bottom-p.top))
}

func (p *picture) grid() {
	for i, text := range p.amounts() {
		v := p.low + float64(i)*p.step
		colour := rule
		if v == 0 {
			colour = axis
		}
		y := p.y(v)
		p.LineStroke([]charts.Point{{X: p.left, Y: y}, {X: p.right, Y: y}}, colour, 2)
		p.write(text, p.left-gap-p.long(text, small), y+8, small)
	}
}

// amounts are the labels of the vertical axis, from below.
func (p *picture) amounts() []string {
	var out []string
	for i := 0; p.low+float64(i)*p.step <= p.high+p.step/2; i++ {
		out = append(out, bot.Amount(p.low+float64(i)*p.step, p.chart.Unit))
	}
	return out
}
