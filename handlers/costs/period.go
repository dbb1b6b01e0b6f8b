package costs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
)

// mostRows is how many rows of a table are shown; the rest is added up.
const mostRows = 12

// week answers "costs week": the last seven complete days against the seven before, by service.
func (h *handler) week(_ context.Context, _ *bot.Turn, args string) (bot.Reply, error) {
	return h.period(args, lastWeek)
}

// month answers "costs month": the month so far against the same days of the month before; where that is shorter, against as many days up to its end.
func (h *handler) month(_ context.Context, _ *bot.Turn, args string) (bot.Reply, error) {
	return h.period(args, func(t *total) [4]day.Day {
		from := t.complete.Month()
		earlier := min((from - 1).Month(), from-1-(t.complete-from))
		return [4]day.Day{earlier, earlier + (t.complete - from), from, t.complete}
	})
}

// by answers "costs by service", and the like.
func (h *handler) by(_ context.Context, _ *bot.Turn, args string) (bot.Reply, error) {
	if args == "" {
		args = "service"
	}
	words := strings.Fields(strings.ToLower(args))
	if c, ok := h.book.find(words[len(words)-1]); ok {
		return h.byOf(c, strings.Join(words[:len(words)-1], " "))
	}
	month := slices.Contains(words, "month") || slices.Contains(words, "30")
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(timeWords, w) })
	dimension := strings.Join(words, " ")
	if month {
		return h.period(dimension, func(t *total) [4]day.Day {
			return [4]day.Day{t.complete - 59, t.complete - 30, t.complete - 29, t.complete}
		})
	}
	return h.period(dimension, lastWeek)
}

// timeWords say for how long, and nothing of what a bill is split by.
var timeWords = []string{"last", "this", "month", "30", "days", "day", "week", "7", "for", "the", "in"}

// dimensionOf is what a bill is split by, as the ledger calls it: a tag is meant in any case, and the first one when none is named.
func (h *handler) dimensionOf(said string) string {
	said = strings.TrimSpace(strings.TrimPrefix(strings.ToLower(said), "by "))
	same := map[string]string{"": "service", "services": "service", "accounts": "account", "regions": "region", "usage type": "usage", "usage types": "usage", "usagetype": "usage"}
	if dimension, ok := same[said]; ok {
		return dimension
	}
	tags := h.options.Tags
	if (said == "tag" || said == "tags") && len(tags) > 0 {
		return tags[0]
	}
	said = strings.TrimPrefix(said, "tag ")
	if i := slices.IndexFunc(tags, func(t string) bool { return strings.EqualFold(t, said) }); i >= 0 {
		return tags[i]
	}
	return said
}

// period compares two stretches of days of the first bill, by a dimension.
func (h *handler) period(args string, days func(*total) [4]day.Day) (bot.Reply, error) {
	dimension := h.dimensionOf(args)
	r := bot.Reply{}
	totals := h.book.totals()
	for i := range totals {
		t := &totals[i]
		span4 := days(t)
		list, err := h.split(t, dimension, span4)
		if err != nil {
			return bot.Reply{}, err
		}
		before, now := t.sum(span4[0], span4[1]), t.sum(span4[2], span4[3])
		head := fmt.Sprintf("%s by %s, %s: %s", h.titleOf(t, len(totals) > 1), dimension, span(span4[2], span4[3]), money(t.node.Currency, now))
		if span4[0] >= t.first {
			head += ", " + change(t.node.Currency, before, now, span(span4[0], span4[1]))
		}
		if i == 0 {
			r.Title = head
		} else {
			r.Blocks = append(r.Blocks, bot.P(bot.Bold(head)))
		}
		r.Blocks = append(r.Blocks, table(t, dimension, list, span4[0] >= t.first))
	}
	if chart := h.stacked(&totals[0], dimension, 14); chart != nil {
		r.Blocks = append(r.Blocks, *chart)
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(h.book.checked()+". Usage at its effective cost; purchases, taxes, credits and refunds are apart.")))
	r.Next = []bot.Action{{Label: "By account", Text: "costs by account"}, {Label: "By region", Text: "costs by region"}, {Label: "Anomalies", Text: "costs anomalies"}}
	return r, nil
}

// table lists what a total consists of; what has no row of its own is added up, so that the rows make the sum.
func table(t *total, dimension string, list []mover, compare bool) bot.Table {
	cur := t.node.Currency
	out := bot.Table{Head: []string{strings.ToUpper(dimension[:1]) + dimension[1:], "Cost", "Share"}, Right: []bool{false, true, true}}
	if compare {
		out.Head, out.Right = append(out.Head, "Change"), append(out.Right, true)
	}
	sum := 0.
	for _, m := range list {
		sum += m.now
	}
	row := func(m mover) {
		cells := [][]bot.Span{{bot.Text(m.name)}, {bot.Text(money(cur, m.now))}, {bot.Text(share(m.now, sum))}}
		if compare {
			text := signed(cur, m.now-m.before)
			if p := percent(m.before, m.now); p != "" {
				text += " (" + p + ")"
			}
			cells = append(cells, []bot.Span{bot.Text(text)})
		}
		out.Rows = append(out.Rows, cells)
	}
	list = slices.DeleteFunc(slices.Clone(list), func(m mover) bool { return abs(m.now) < .005 && abs(m.before) < .005 })
	rest := mover{}
	for i, m := range list {
		if i < mostRows || len(list) == mostRows+1 {
			row(m)
			continue
		}
		rest.before, rest.now = rest.before+m.before, rest.now+m.now
		rest.name = fmt.Sprintf("%d more", i-mostRows+1)
	}
	if rest.name != "" {
		row(rest)
	}
	return out
}

// share is a part of a sum in per cent.
func share(v, sum float64) string {
	if sum <= 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*v/sum)
}
