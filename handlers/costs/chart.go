package costs

import (
	"fmt"
	"math"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

const (
	chartBefore = 30 // days before an anomaly that its chart shows
	chartAfter  = 3  // days after it
	chartMost   = 75
	chartParts  = 6 // of a stack; the rest is one more, and with it a picture has no more colours
)

// chart shows a cause: what was ordinary, what was, and the days that were not. Nil when there is nothing to draw.
func (b *Book) chart(c Cause) *bot.Chart {
	j := b.thought.Load().sources[c.Node.Source]
	if j == nil {
		return nil
	}
	var parts []drawn
	from, to := j.now.first, day.Day(math.MinInt32)
	for _, n := range c.parts {
		if s := j.nodes[n]; s != nil {
			parts = append(parts, drawn{s, b.amounts(n, s.first, j.now)})
			if to = max(to, s.judgedTo()); s.early != nil {
				to = max(to, s.early.day)
			}
		}
	}
	if len(parts) == 0 {
		return nil
	}
	to = min(c.Last+chartAfter, to)
	from = max(c.First-chartBefore, from, to-chartMost)
	chart := &bot.Chart{Title: b.titleOf(c), Unit: c.Node.Currency}
	actual, expected := bot.ChartSeries{Name: "cost a day"}, bot.ChartSeries{Name: "expected", Dashed: true}
	for d := from; d <= to; d++ {
		chart.Days = append(chart.Days, d.Time())
		v, odd := together(parts, d)
		if odd && d >= c.First && d <= c.Last {
			chart.Marks = append(chart.Marks, bot.ChartMark{Day: len(chart.Days) - 1})
		}
		actual.Values, expected.Values = append(actual.Values, value(v.Actual)), append(expected.Values, value(v.Expected))
		chart.Low, chart.High = append(chart.Low, value(v.Low)), append(chart.High, value(v.High))
	}
	chart.Series = []bot.ChartSeries{actual, expected}
	cur := c.Node.Currency
	if c.isNew() {
		chart.Alt = fmt.Sprintf("Cost a day from %s to %s: nothing before %s, then %s a day on average.", from.Short(), to.Short(), c.First.Short(), money(cur, c.Actual))
		return chart
	}
	chart.Alt = fmt.Sprintf("Cost a day from %s to %s: ordinary %s, unusual on %s (%s), on average %s a day against %s expected.",
		from.Short(), to.Short(), between(cur, c.Low, c.High), count(c.Days, "day", "days"), span(c.First, c.Last), money(cur, c.Actual), money(cur, max(c.Expected, 0)))
	return chart
}

// A drawn is a series with what is known of its costs now, from its first day.
type drawn struct {
	*series
	now []float64
}

// together adds up what is thought of a day of several series, and what is known of it now. Of a series that began later there was nothing then; where
// something is not known of one of them, it is not known of all.
func together(parts []drawn, d day.Day) (sum detect.Verdict, odd bool) {
	for _, s := range parts {
		if d < s.first {
			continue
		}
		one := detect.Verdict{Actual: math.NaN(), Expected: math.NaN(), Low: math.NaN(), High: math.NaN()}
		if v := s.verdict(d); v != nil {
			one, odd = detect.Verdict{Expected: v.Expected, Low: float64(v.Low), High: float64(v.High), Actual: v.Actual}, odd || v.flagged()
		}
		if i := int(d - s.first); i >= 0 && i < len(s.now) {
			one.Actual = s.now[i]
		}
		sum.Actual, sum.Expected = sum.Actual+one.Actual, sum.Expected+one.Expected
		sum.Low, sum.High = sum.Low+one.Low, sum.High+one.High
	}
	return sum, odd
}

func (b *Book) titleOf(c Cause) string { return c.title(names{b.accountName}) }

// value is a number of a chart; nil for what is none.
func value(v float64) bot.ChartValue {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// stacked shows what a total consisted of by day, the dearest parts by name. Nil when the dimension is unknown.
func (h *handler) stacked(t *total, dimension string, days day.Day) *bot.Chart {
	from := max(t.complete-days+1, t.first)
	shares, err := h.book.ledger.By(dimension, t.node, from, t.complete, t.at)
	if err != nil || len(shares) == 0 {
		return nil
	}
	chart := &bot.Chart{Title: "Cost a day by " + dimension, Unit: t.node.Currency, Stacked: true}
	for d := from; d <= t.complete; d++ {
		chart.Days = append(chart.Days, d.Time())
	}
	var other ledger.Share
	for i, s := range shares {
		if i < chartParts || len(shares) == chartParts+1 {
			if s.Total > 0 {
				chart.Series = append(chart.Series, bot.ChartSeries{Name: h.shareName(dimension, s.Value), Values: values(s.Micro)})
			}
			continue
		}
		if other.Micro == nil {
			other.Micro = make([]int64, len(s.Micro))
		}
		for k, m := range s.Micro {
			other.Micro[k] += m
		}
	}
	if other.Micro != nil {
		chart.Series = append(chart.Series, bot.ChartSeries{Name: "other", Values: values(other.Micro)})
	}
	chart.Alt = fmt.Sprintf("Cost a day by %s from %s to %s:", dimension, from.Short(), t.complete.Short())
	for i, s := range shares[:min(len(shares), 3)] {
		chart.Alt += fmt.Sprintf("%s %s %s in all", map[bool]string{true: "", false: ","}[i == 0], h.shareName(dimension, s.Value), money(t.node.Currency, float64(s.Total)/1e6))
	}
	chart.Alt += "."
	return chart
}

func (h *handler) shareName(dimension, name string) string {
	if dimension == "account" {
		return h.names.short(name)
	}
	return name
}

func values(micro []int64) (list []bot.ChartValue) {
	for _, m := range micro {
		list = append(list, value(float64(m)/1e6))
	}
	return list
}
