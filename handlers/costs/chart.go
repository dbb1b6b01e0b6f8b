package costs

import (
	"fmt"
	"math"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

const (
	chartBefore = 30 // days before an anomaly that its chart shows
	chartMost   = 75
	chartParts  = 7 // of a stack; the rest is one more
)

// chart shows a cause: what was ordinary, what was, and the days that were not. Nil when there is nothing to draw.
func (b *Book) chart(c Cause) *bot.Chart {
	b.mu.RLock()
	defer b.mu.RUnlock()
	j := b.sources[c.Node.Source]
	if j == nil {
		return nil
	}
	s := j.nodes[c.Node]
	if s == nil || s.detector == nil {
		return nil
	}
	to := min(c.Last+7, s.judgedTo())
	if s.early != nil {
		to = max(to, s.early.Day)
	}
	from := max(c.First-chartBefore, s.first, to-chartMost)
	chart := &bot.Chart{Title: b.titleOf(c), Unit: c.Node.Currency}
	actual, expected := bot.ChartSeries{Name: "cost a day"}, bot.ChartSeries{Name: "expected", Dashed: true}
	for d := from; d <= to; d++ {
		chart.Days = append(chart.Days, d.Time())
		var a, e, low, high bot.ChartValue
		if v := s.verdict(d); v != nil {
			a, e, low, high = value(v.Actual), value(v.Expected), value(v.Low), value(v.High)
			if d >= c.First && d <= c.Last && v.Flagged {
				chart.Marks = append(chart.Marks, bot.ChartMark{Day: len(chart.Days) - 1})
			}
		}
		actual.Values, expected.Values = append(actual.Values, a), append(expected.Values, e)
		chart.Low, chart.High = append(chart.Low, low), append(chart.High, high)
	}
	chart.Series = []bot.ChartSeries{actual, expected}
	cur := c.Node.Currency
	chart.Alt = fmt.Sprintf("Cost a day from %s to %s: ordinary %s, unusual on %s (%s), on average %s a day against %s expected.",
		from.Short(), to.Short(), between(cur, c.Low, c.High), count(c.Days, "day", "days"), span(c.First, c.Last), money(cur, c.Actual), money(cur, c.Expected))
	return chart
}

func (b *Book) titleOf(c Cause) string { return names{b.accountName}.title(c.Node) }

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
	shares, err := h.book.ledger.By(dimension, t.node, from, t.complete, time.Time{})
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
