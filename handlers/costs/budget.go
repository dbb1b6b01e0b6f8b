package costs

import (
	"strings"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// spending is what became of a budget this month.
type spending struct {
	currency        string
	complete        day.Day
	soFar, expected float64
	usedUp          day.Day // when it will be used up, if it will
}

// spent is what a budget's part of the bill cost this month, and what the month comes to: the part is taken to go on as in the last four weeks, with the
// weekdays and recurring days that the whole bill is expected to have. False when nothing in the bills fits.
func (b *Book) spent(budget Budget) (s spending, ok bool) {
	t, ok := b.totalOf(budget)
	if !ok {
		return s, false
	}
	d := t.complete
	s.currency, s.complete = t.node.Currency, d
	from := max(min(d-27, d.Month()), t.first)
	daily := make([]float64, d-from+1)
	for _, l := range b.ledger.Leaves(t.node, from, d, t.at) {
		if !b.fits(budget, l.Key) {
			continue
		}
		ok = true
		for i, m := range l.Micro {
			daily[i] += float64(m) / 1e6
		}
	}
	s.soFar = sumOf(from, daily, d.Month(), d)
	mine, all := sumOf(from, daily, d-27, d), t.sum(d-27, d)
	s.expected = s.soFar
	left := int(d.NextMonth() - 1 - d)
	ahead, foretold := b.ahead(&t, left)
	for i := range left {
		switch {
		case foretold && all > 0 && i < len(ahead.Days):
			s.expected += finite(ahead.Days[i].Expected) * mine / all
		default: // as on the days that there are
			s.expected += mine / float64(min(d-from+1, 28))
		}
		if s.usedUp == 0 && s.expected > budget.Month {
			s.usedUp = d + 1 + day.Day(i)
		}
	}
	return s, s.soFar != 0 || mine != 0
}

// totalOf is the bill that a budget is about.
func (b *Book) totalOf(budget Budget) (total, bool) {
	for _, t := range b.totals() {
		if (budget.Source == "" || budget.Source == t.node.Source) && (budget.Currency == "" || strings.EqualFold(budget.Currency, t.node.Currency)) {
			return t, true
		}
	}
	return total{}, false
}

// fits reports whether a charge counts for a budget.
func (b *Book) fits(budget Budget, k ledger.Key) bool {
	if budget.Account != "" && budget.Account != k.Account && !strings.EqualFold(budget.Account, b.accountName(k.Account)) {
		return false
	}
	if budget.Service != "" && !strings.EqualFold(budget.Service, k.Service) {
		return false
	}
	tag, value, _ := strings.Cut(budget.Tag, "=")
	return budget.Tag == "" || k.Tag(tag) == value
}
