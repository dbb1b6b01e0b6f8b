package bot

import "time"

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
