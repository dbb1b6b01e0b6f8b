package plot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-analyze/charts"

	"shipmate/bot"
)

// A sideLabel stands at the right of the chart: what a line is called and where it ended, or the colour of bars.
type sideLabel struct {
	name, value string
	colour      charts.Color
	box         bool // shows its colour beside the text; else the text has it
	y           int  // where it would like to be; the middle of its lines
}

const (
	nameLine  = 28 // pixels from one line of text to the next
	boxSize   = 20
	labelRoom = 2*nameLine + 8 // for a name and a value
)

// labels are what stands at the right, from the top.
func (p *picture) labels() []sideLabel {
	var out []sideLabel
	for i, s := range p.chart.Series {
		l := sideLabel{name: s.Name}
		last := lastKnown(s.Values)
		if p.chart.Stacked {
			l.colour, l.box = p.barColour(i), true
			if total, any := sum(s.Values); any {
				l.value = bot.Amount(total, p.chart.Unit) + " in all"
			}
			out = append([]sideLabel{l}, out...) // as they are stacked
			continue
		}
		if last < 0 {
			continue
		}
		l.colour, l.value, l.y = p.lineColour(i), bot.Amount(*s.Values[last], p.chart.Unit), p.y(*s.Values[last])
		l.colour = readable(l.colour)
		out = append(out, l)
	}
	if r := p.usual(); r != "" {
		out = p.withUsual(out, r)
	}
	if !p.chart.Stacked {
		slices.SortStableFunc(out, func(a, b sideLabel) int { return cmp.Compare(a.y, b.y) })
	}
	return out
}

// usual is the range on the last day that has one.
func (p *picture) usual() string {
	last := lastKnown(p.chart.Low)
	if last < 0 {
		return ""
	}
	return bot.Amount(*p.chart.Low[last], p.chart.Unit) + " to " + bot.Amount(*p.chart.High[last], p.chart.Unit)
}

// withUsual adds the range to what was expected, or on its own.
func (p *picture) withUsual(labels []sideLabel, usual string) []sideLabel {
	at := 0
	for _, s := range p.chart.Series {
		if lastKnown(s.Values) < 0 {
			continue
		}
		if s.Dashed {
			labels[at].value += " (" + strings.ReplaceAll(usual, " to ", "–") + ")"
			return labels
		}
		at++
	}
	last := lastKnown(p.chart.Low)
	return append(labels, sideLabel{name: "usual range", value: usual, colour: muted, y: p.y((*p.chart.Low[last] + *p.chart.High[last]) / 2)})
}

func lastKnown(values []bot.ChartValue) int {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i] != nil {
			return i
		}
	}
	return -1
}

func sum(values []bot.ChartValue) (total float64, any bool) {
	for _, v := range values {
		if v != nil {
			total, any = total+*v, true
		}
	}
	return total, any
}

// readable darkens a colour until text in it can be read on the ground.
func readable(c charts.Color) charts.Color {
	for 299*int(c.R)+587*int(c.G)+114*int(c.B) > 105_000 {
		c.R, c.G, c.B = c.R/10*9, c.G/10*9, c.B/10*9
	}
	return c
}

// barColour is that of a series of bars; the rest, at the end, is grey.
func (p *picture) barColour(i int) charts.Color {
	if i == maxBars-1 {
		return colour(maxBars)
	}
	return colour(i)
}

// sideRoom is how much room the labels need.
func (p *picture) sideRoom(labels []sideLabel) int {
	most := 0
	for _, l := range labels {
		long := max(p.long(l.name, label), p.long(l.value, small))
		if l.box {
			long += boxSize + gap
		}
		most = max(most, long)
	}
	if most == 0 {
		return gap
	}
	return min(most, maxSide) + 2*gap
}

// beside writes the labels at the right, moved apart where they would touch.
func (p *picture) beside(labels []sideLabel) {
	if len(labels) == 0 {
		return
	}
	end := p.bottom + nameLine/2
	if labels[0].box {
		end = height - margin
	}
	room := min(labelRoom, (end-p.top+nameLine/2)/len(labels))
	y := p.top - nameLine/2
	for i, l := range labels {
		after := (len(labels) - 1 - i) * room
		want := l.y - nameLine
		if l.box {
			want = y
		}
		y = max(y, min(want, end-room-after))
		p.sideLabel(l, y)
		y += room
	}
}

// sideLabel writes one label below y.
func (p *picture) sideLabel(l sideLabel, y int) {
	x := p.right + gap
	name, value := label, small
	if l.box {
		p.FilledRect(x, y+6, x+boxSize, y+6+boxSize, l.colour, l.colour, 0)
		x += boxSize + gap
	} else {
		name.colour = l.colour
	}
	room := width - margin - x + gap/2
	p.write(p.cut(l.name, name, room), x, y+24, name)
	p.write(p.cut(l.value, value, room), x, y+24+nameLine, value)
}
