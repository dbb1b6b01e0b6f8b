package costs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
)

// overview answers "costs": the latest complete day, the week, the month so far with what it comes to, and what is unusual.
func (h *handler) overview(_ context.Context, t *bot.Turn, _ string) (bot.Reply, error) {
	totals := h.book.totals()
	r := bot.Reply{}
	t0 := &totals[0]
	r.Title = fmt.Sprintf("%s cost %s on %s%s", h.titleOf(t0, len(totals) > 1), money(t0.node.Currency, t0.on(t0.complete)), weekday(t0.complete), against(t0))
	r.Blocks = append(r.Blocks, h.unusual()...)
	for i := range totals {
		r.Blocks = append(r.Blocks, h.lines(&totals[i], len(totals) > 1))
	}
	r.Blocks = append(r.Blocks, h.warnings()...)
	r.Blocks = append(r.Blocks, h.movers(t0, lastWeek(t0))...)
	if chart := h.stacked(t0, "service", 14); chart != nil {
		r.Blocks = append(r.Blocks, *chart)
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(h.book.checked()+".")))
	r.Next = []bot.Action{{Label: "By service", Text: "costs by service"}, {Label: "By account", Text: "costs by account"}, {Label: "Anomalies", Text: "costs anomalies"}, {Label: "Forecast", Text: "costs forecast"}}
	return r, nil
}

// warnings say which bills have stopped.
func (h *handler) warnings() (blocks []bot.Block) {
	for _, text := range h.book.stopped() {
		blocks = append(blocks, bot.P(bot.Bold("Old data: "), bot.Text(text)))
	}
	return blocks
}

func (h *handler) titleOf(t *total, several bool) string {
	if several {
		return t.name(true)
	}
	return "The cloud"
}

// weekday is a day with its name.
func weekday(d day.Day) string { return d.Weekday().String()[:3] + " " + d.Short() }

// against is how the latest complete day compares with what was expected of it.
func against(t *total) string {
	v, now := t.verdict(t.complete), t.on(t.complete)
	if v == nil || !(v.Expected > 0) || math.IsNaN(now) {
		return ""
	}
	switch cur, low, high := t.node.Currency, float64(v.Low), float64(v.High); {
	case now > high:
		return fmt.Sprintf(", more than the ordinary %s", between(cur, low, high))
	case now < low:
		return fmt.Sprintf(", less than the ordinary %s", between(cur, low, high))
	default:
		return fmt.Sprintf(", ordinary (%s)", between(cur, low, high))
	}
}

// lines are what a total cost in the last week, in the month so far, and what the month comes to.
func (h *handler) lines(t *total, several bool) bot.List {
	cur, d := t.node.Currency, t.complete
	list := bot.List{}
	add := func(head, text string) {
		if several {
			head = t.name(true) + ", " + head
		}
		list.Items = append(list.Items, bot.Item(bot.Bold(head+": "), bot.Text(text)))
	}
	week, before := t.sum(d-6, d), t.sum(d-13, d-7)
	if d-13 >= t.first {
		add("7 days to "+d.Short(), fmt.Sprintf("%s, %s", money(cur, week), change(cur, before, week, "the 7 days before")))
	} else {
		add("7 days to "+d.Short(), money(cur, week))
	}
	if m := h.book.monthOf(t); m.ok {
		add(d.Month().Time().Format("January")+" so far", fmt.Sprintf("%s to %s; %s by the end of the month (%s)", money(cur, m.soFar), d.Short(), money(cur, m.expected), between(cur, m.low, m.high)))
	} else {
		add(d.Month().Time().Format("January")+" so far", fmt.Sprintf("%s to %s", money(cur, t.sum(d.Month(), d)), d.Short()))
	}
	return list
}

// change is a difference with its percentage, where that means something.
func change(cur string, before, now float64, than string) string {
	text := signed(cur, now-before)
	if p := percent(before, now); p != "" {
		text += " (" + p + ")"
	}
	return text + " against " + than
}

// A mover is a part of the bill with what it cost in two stretches of days.
type mover struct {
	name        string
	before, now float64
}

func lastWeek(t *total) [4]day.Day {
	return [4]day.Day{t.complete - 13, t.complete - 7, t.complete - 6, t.complete}
}

// split is what a total consists of by a dimension, in two stretches of days; the dearest now first.
func (h *handler) split(t *total, dimension string, days [4]day.Day) ([]mover, error) {
	shares, err := h.book.ledger.By(dimension, t.node, days[0], days[3], t.at)
	if err != nil {
		return nil, &bot.UserError{Text: strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."}
	}
	var list []mover
	for _, s := range shares {
		m := mover{name: s.Value}
		if dimension == "account" {
			m.name = h.names.long(s.Value)
		}
		for i, micro := range s.Micro {
			switch d := days[0] + day.Day(i); {
			case d <= days[1]:
				m.before += float64(micro) / 1e6
			case d >= days[2]:
				m.now += float64(micro) / 1e6
			}
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(x, y mover) int { return compare(y.now, x.now) })
	return list, nil
}

func compare(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

const (
	moverLeast = 7   // of the currency: what changes less is not worth a word
	moverShare = .01 // of the whole, the same
)

// movers are the services that changed most within a week, up and down.
func (h *handler) movers(t *total, days [4]day.Day) []bot.Block {
	list, err := h.split(t, "service", days)
	if err != nil || days[0] < t.first {
		return nil
	}
	slices.SortStableFunc(list, func(x, y mover) int { return compare(abs(y.now-y.before), abs(x.now-x.before)) })
	least := max(moverLeast, moverShare*t.sum(days[0], days[1]))
	var parts []string
	for _, m := range list {
		if len(parts) == 3 || abs(m.now-m.before) < least {
			break
		}
		text := m.name + " " + signed(t.node.Currency, m.now-m.before)
		if p := percent(m.before, m.now); p != "" {
			text += " (" + p + ")"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return nil
	}
	return []bot.Block{bot.P(bot.Bold("Moved most in 7 days: "), bot.Text(strings.Join(parts, ", ")+"."))}
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

// unusual lists the anomalies that go on, or says that there are none. Small ones are counted.
func (h *handler) unusual() []bot.Block {
	var list bot.List
	n, small := 0, 0
	for _, c := range h.book.Causes() {
		switch {
		case !c.open():
		case c.Small:
			small++
		default:
			if n++; n <= 3 {
				list.Items = append(list.Items, bot.Item(bot.Bold(c.headline(h.names)), bot.Text(fmt.Sprintf(", %s so far in %s. ", signed(c.Node.Currency, c.Excess), count(c.Days, "day", "days"))), bot.Mono(c.ID)))
			}
		}
	}
	if n > 3 {
		list.Items = append(list.Items, bot.Item(bot.Text(fmt.Sprintf("and %d more", n-3))))
	}
	if small > 0 {
		list.Items = append(list.Items, bot.Item(bot.Text(count(small, "small anomaly goes on", "small anomalies go on")+"; costs anomalies lists what there is.")))
	}
	if len(list.Items) == 0 {
		return []bot.Block{bot.P(bot.Text("Nothing unusual goes on."))}
	}
	return []bot.Block{bot.P(bot.Bold("Unusual")), list}
}
