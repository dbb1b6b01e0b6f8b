package costs

import (
	"context"
	"fmt"
	"math"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// A monthly is what a calendar month comes to.
type monthly struct {
	soFar               float64 // to the last complete day
	expected, low, high float64 // of the whole month
	ok                  bool    // there is enough history to foretell anything
}

// monthOf is the month of a total's last complete day.
func (b *Book) monthOf(t *total) (m monthly) {
	d := t.complete
	m.soFar = t.sum(d.Month(), d)
	f, ok := b.ahead(t, int(d.NextMonth()-1-d))
	if !ok {
		return m
	}
	return monthly{m.soFar, m.soFar + finite(f.Total.Expected), m.soFar + max(finite(f.Total.Low), 0), m.soFar + finite(f.Total.High), true}
}

// ahead is what the n days after the last complete one are expected to cost; false when nothing can be foretold.
func (b *Book) ahead(t *total, n int) (f detect.Forecast, ok bool) {
	f = t.series.ahead.Clone().Forecast(n)
	return f, n == 0 || !math.IsNaN(f.Total.Expected)
}

// forecast answers "costs forecast": what this month and the next 30 days come to.
func (h *handler) forecast(_ context.Context, _ *bot.Turn, _ string) (bot.Reply, error) {
	r := bot.Reply{}
	totals := h.book.totals()
	for i := range totals {
		t := &totals[i]
		cur, d := t.node.Currency, t.complete
		m := h.book.monthOf(t)
		if !m.ok {
			r.Blocks = append(r.Blocks, bot.P(bot.Text(fmt.Sprintf("%s: too little history to foretell anything; 35 days are needed.", t.name(true)))))
			continue
		}
		month := d.Month().Time().Format("January")
		earlier := (d.Month() - 1).Month()
		head := fmt.Sprintf("%s will come to %s in %s (%s)", h.titleOf(t, len(totals) > 1), money(cur, m.expected), month, between(cur, m.low, m.high))
		if earlier >= t.first {
			before := t.sum(earlier, d.Month()-1)
			head += "; " + earlier.Time().Format("January") + " was " + money(cur, before)
			if p := percent(before, m.expected); p != "" {
				head += ", " + p
			}
		}
		if r.Title == "" {
			r.Title = head
		} else {
			r.Blocks = append(r.Blocks, bot.P(bot.Bold(head)))
		}
		ahead, _ := h.book.ahead(t, 30)
		next := ahead.Total
		r.Blocks = append(r.Blocks, bot.P(bot.Text(fmt.Sprintf("%s so far, to %s. The 30 days after that: %s (%s).", money(cur, m.soFar), d.Short(), money(cur, next.Expected), between(cur, next.Low, next.High)))))
		if len(totals) == 1 || i == 0 {
			r.Blocks = append(r.Blocks, h.forecastChart(t))
		}
	}
	if r.Title == "" {
		r.Title = "Nothing can be foretold yet."
	}
	if note := h.goingOn(); note != "" {
		r.Blocks = append(r.Blocks, bot.P(bot.Text(note)))
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text("From level, growth, weekdays and recurring days of the month, as if anomalies end today. Usage at its effective cost; "+strings.ToLower(h.book.checked()[:1])+h.book.checked()[1:]+".")))
	r.Next = []bot.Action{{Label: "Budget", Text: "costs budget"}, {Label: "Anomalies", Text: "costs anomalies"}}
	return r, nil
}

// goingOn is what the anomalies that go on would add; "" when none does.
func (h *handler) goingOn() string {
	by, order := map[string]float64{}, []string{}
	for _, c := range h.book.Causes() {
		if c.open() {
			if by[c.Node.Currency] == 0 {
				order = append(order, c.Node.Currency)
			}
			by[c.Node.Currency] += c.Monthly
		}
	}
	var parts []string
	for _, cur := range order {
		parts = append(parts, money(cur, by[cur]))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Anomalies that go on would add about " + strings.Join(parts, " and ") + " in 30 days."
}

// forecastChart shows the month so far and what is expected of its rest.
func (h *handler) forecastChart(t *total) bot.Chart {
	d := t.complete
	from := max(d.Month()-14, t.first)
	chart := bot.Chart{Title: "Cost a day, and what is expected", Unit: t.node.Currency}
	actual, expected := bot.ChartSeries{Name: "cost a day"}, bot.ChartSeries{Name: "expected", Dashed: true}
	add := func(at day.Day, a, e, low, high bot.ChartValue) {
		chart.Days = append(chart.Days, at.Time())
		actual.Values, expected.Values = append(actual.Values, a), append(expected.Values, e)
		chart.Low, chart.High = append(chart.Low, low), append(chart.High, high)
	}
	for at := from; at <= d; at++ {
		add(at, value(t.on(at)), nil, nil, nil)
	}
	ahead, _ := h.book.ahead(t, int(max(d.NextMonth()-1-d, 14)))
	for i, r := range ahead.Days {
		add(d+1+day.Day(i), nil, value(r.Expected), value(r.Low), value(r.High))
	}
	chart.Series = []bot.ChartSeries{actual, expected}
	chart.Alt = fmt.Sprintf("Cost a day from %s to %s, %s in all; the %d days after that are expected to cost %s.", from.Short(), d.Short(), money(t.node.Currency, t.sum(from, d)), len(ahead.Days), money(t.node.Currency, finite(ahead.Total.Expected)))
	return chart
}

// budget answers "costs budget": what is spent of each budget, what the month comes to, and when it will be used up.
func (h *handler) budget(_ context.Context, _ *bot.Turn, _ string) (bot.Reply, error) {
	if len(h.options.Budgets) == 0 {
		return bot.Reply{}, &bot.UserError{Text: "No budget is configured: add one under costs.budgets in config.yaml, such as {name: all, month: 50000}.", Next: []bot.Action{{Label: "Forecast", Text: "costs forecast"}}}
	}
	var kept, over [][]bot.Span
	fit := 0
	var note string
	for _, b := range h.options.Budgets {
		s, ok := h.book.spent(b)
		if !ok {
			kept = append(kept, bot.Item(bot.Bold(b.Name+": "), bot.Text("nothing in the bill fits it.")))
			continue
		}
		fit++
		part := func(v float64) string { return fmt.Sprintf("%s (%.0f %%)", money(s.currency, v), 100*v/b.Month) }
		text := fmt.Sprintf("%s of %s spent, %s by the end of the month", part(s.soFar), money(s.currency, b.Month), part(s.expected))
		switch note = fmt.Sprintf("%s, to %s.", s.complete.Month().Time().Format("January 2006"), s.complete.Short()); {
		case s.soFar >= b.Month:
			over = append(over, bot.Item(bot.Bold(b.Name+": used up. "), bot.Text(text+".")))
		case s.expected > b.Month:
			over = append(over, bot.Item(bot.Bold(b.Name+": used up about "+s.usedUp.Short()+". "), bot.Text(text+".")))
		default:
			kept = append(kept, bot.Item(bot.Bold(b.Name+": "), bot.Text(text+".")))
		}
	}
	r := bot.Reply{Title: fmt.Sprintf("%d of %s will be kept this month", fit-len(over), count(fit, "budget", "budgets"))}
	if fit == 0 {
		r.Title = "Nothing in the bill fits a budget"
	}
	r.Blocks = bot.Blocks{bot.List{Items: append(over, kept...)}, bot.Small(bot.Text(strings.TrimSpace(note + " The forecast of a part grows as the whole bill does.")))}
	r.Next = []bot.Action{{Label: "Forecast", Text: "costs forecast"}}
	return r, nil
}
