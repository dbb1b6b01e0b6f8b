package bot

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Chart is a picture of numbers by day. It holds values, not drawing: each surface draws it as well as it can, and says in words what it shows.
// A chart has lines, one of them perhaps with a range, or stacked bars.
type Chart struct {
	Title string `json:"title"`
	Unit  string `json:"unit,omitempty"` // of all values, such as "USD"
	// Alt says in words and numbers what the chart shows, for those who do not see it; never empty.
	Alt string `json:"alt"`
	// Days are the positions on the horizontal axis, midnight UTC, in ascending order.
	Days []time.Time `json:"days"`
	// Series has a value for each of Days in each series.
	Series []ChartSeries `json:"series"`
	// Low and High are the range in which the first series is ordinary, a value for each of Days; nil: none is drawn.
	Low  []ChartValue `json:"low,omitempty"`
	High []ChartValue `json:"high,omitempty"`
	// Marks are days of the first series that are pointed out.
	Marks []ChartMark `json:"marks,omitempty"`
	// Stacked draws the series as bars on top of each other; otherwise they are lines.
	Stacked bool `json:"stacked,omitempty"`
}

// A ChartSeries is one line, or one colour of stacked bars.
type ChartSeries struct {
	Name   string       `json:"name"`
	Values []ChartValue `json:"values"`           // one for each day
	Dashed bool         `json:"dashed,omitempty"` // what was expected, as opposed to what was
}

// A ChartValue is a value, or nil where none is known.
type ChartValue = *float64

// A ChartMark points out a day.
type ChartMark struct {
	Day  int    `json:"day"`            // index in Days
	Text string `json:"text,omitempty"` // such as "opened"; short
}

func (Chart) block() {}

// What a chart may hold for somebody to make anything of it. What is beyond is left out, the oldest days first.
const (
	maxChartDays  = 1100 // three years
	maxChartMarks = 50
	maxChartText  = 200  // characters of a name, a mark or a title
	maxChartAlt   = 2000 // characters of the description
)

// Check returns what is contradictory in a chart, every finding in one error, or nil. Surfaces do not ask for it: they draw Sound.
func (c Chart) Check() error {
	var found []error
	add := func(format string, args ...any) { found = append(found, fmt.Errorf(format, args...)) }
	if CleanLine(c.Alt) == "" {
		add("the chart has no description")
	}
	for i := range c.Days {
		if i > 0 && !c.Days[i].After(c.Days[i-1]) {
			add("day %d is not after the one before", i)
		}
	}
	check := func(name string, values []ChartValue) {
		if len(values) != len(c.Days) {
			add("%s has %d values for %d days", name, len(values), len(c.Days))
		}
		if slices.ContainsFunc(values, func(v ChartValue) bool { return v != nil && finite(v) == nil }) {
			add("%s has a value that is no number", name)
		}
	}
	for _, s := range c.Series {
		check(fmt.Sprintf("series %q", s.Name), s.Values)
	}
	if c.Low != nil || c.High != nil {
		check("the lower limit", c.Low)
		check("the upper limit", c.High)
	}
	for _, m := range c.Marks {
		if m.Day < 0 || m.Day >= len(c.Days) {
			add("a mark is on day %d of %d", m.Day, len(c.Days))
		}
	}
	return errors.Join(found...)
}

// Sound returns the chart as it can be drawn, whatever it holds: texts are one clean line of bounded length, days ascend, every series and both
// limits have a value or nil for each day, all numbers are finite and less than 1e15, marks lie within the days, and the limits are there
// together, the lower one below, or not at all. What contradicts is left out; a sound chart comes back as it is. It shares no slices with c.
func (c Chart) Sound() Chart {
	keep := c.ascending()
	out := Chart{Title: chartText(c.Title, maxChartText), Unit: chartText(c.Unit, 12), Alt: chartText(c.Alt, maxChartAlt), Stacked: c.Stacked}
	at := make(map[int]int, len(keep)) // where a day has gone
	for i, day := range keep {
		out.Days, at[day] = append(out.Days, c.Days[day]), i
	}
	pick := func(values []ChartValue) []ChartValue {
		picked := make([]ChartValue, len(keep))
		for i, day := range keep {
			if day < len(values) {
				picked[i] = finite(values[day])
			}
		}
		return picked
	}
	for _, s := range c.Series {
		out.Series = append(out.Series, ChartSeries{Name: chartText(s.Name, maxChartText), Values: pick(s.Values), Dashed: s.Dashed})
	}
	if c.Low != nil && c.High != nil && !c.Stacked && len(c.Series) > 0 {
		out.Low, out.High = pick(c.Low), pick(c.High)
		for i, low := range out.Low {
			high := out.High[i]
			if low == nil || high == nil {
				out.Low[i], out.High[i] = nil, nil
			} else if *low > *high {
				out.Low[i], out.High[i] = high, low
			}
		}
	}
	for _, m := range c.Marks {
		if i, ok := at[m.Day]; ok && len(out.Marks) < maxChartMarks {
			out.Marks = append(out.Marks, ChartMark{Day: i, Text: chartText(m.Text, maxChartText)})
		}
	}
	return out
}

// ascending returns the positions of the days that are later than all before them, the last of them where there are too many.
func (c Chart) ascending() []int {
	var keep []int
	for i, d := range c.Days {
		if len(keep) == 0 || d.After(c.Days[keep[len(keep)-1]]) {
			keep = append(keep, i)
		}
	}
	return keep[max(0, len(keep)-maxChartDays):]
}

// finite returns a copy of v, or nil when it is no number that can be drawn.
func finite(v ChartValue) ChartValue {
	if v == nil || math.IsNaN(*v) || math.Abs(*v) >= 1e15 {
		return nil
	}
	return new(*v)
}

func chartText(s string, most int) string {
	if len(s) > 16*most { // cleaning costs time
		s = strings.ToValidUTF8(s[:16*most], "")
	}
	s = CleanLine(s)
	if runes := []rune(s); len(runes) > most {
		return strings.TrimRight(string(runes[:most-1]), " ") + "…"
	}
	return s
}

// Most returns a sound chart with at most n series, n at least one. Of stacked bars the biggest stay, by the sum of their amounts, in their
// order, and the rest becomes one series at the end, "other (12)", so that the sum of a day remains. Of lines the first n stay.
func (c Chart) Most(n int) Chart {
	n = max(n, 1)
	if len(c.Series) <= n {
		return c
	}
	if !c.Stacked {
		c.Series = slices.Clone(c.Series[:n])
		return c
	}
	order := make([]int, len(c.Series))
	weight := make([]float64, len(c.Series))
	for i, s := range c.Series {
		order[i] = i
		for _, v := range s.Values {
			if v != nil {
				weight[i] += math.Abs(*v)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight[b], weight[a]) })
	slices.Sort(order[:n-1])
	rest := ChartSeries{Name: fmt.Sprintf("other (%d)", len(order)-n+1), Values: make([]ChartValue, len(c.Days))}
	for _, i := range order[n-1:] {
		for day, v := range c.Series[i].Values {
			rest.Values[day] = sumOf(rest.Values[day], v)
		}
	}
	out := make([]ChartSeries, 0, n)
	for _, i := range order[:n-1] {
		out = append(out, c.Series[i])
	}
	c.Series = append(out, rest)
	return c
}

// sumOf adds what is known.
func sumOf(a, b ChartValue) ChartValue {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return new(*a + *b)
}

// Main returns the values of a sound chart that it is about, one for each day: those of the first series, or the sums of stacked bars.
func (c Chart) Main() []ChartValue {
	if len(c.Series) == 0 {
		return nil
	}
	if !c.Stacked {
		return c.Series[0].Values
	}
	return c.stack()
}

// stack are the sums of the series.
func (c Chart) stack() []ChartValue {
	sums := make([]ChartValue, len(c.Days))
	for _, s := range c.Series {
		for i, v := range s.Values {
			sums[i] = sumOf(sums[i], v)
		}
	}
	return sums
}
