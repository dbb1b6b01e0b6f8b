package costs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// digest answers "costs digest", which is meant for a schedule: the week and the month, what moved, what is unusual, one-off charges apart, and what
// was looked at, so that silence can be trusted.
func (h *handler) digest(ctx context.Context, t *bot.Turn, _ string) (bot.Reply, error) {
	r, err := h.overview(ctx, t, "")
	if err != nil {
		return bot.Reply{}, err
	}
	last := r.Blocks[len(r.Blocks)-1]
	r.Blocks = r.Blocks[:len(r.Blocks)-1]
	seen, err := h.seen(ctx, t)
	if err != nil {
		return bot.Reply{}, err
	}
	if list := h.oneOffs(&seen, t.Kind == bot.Tick); len(list.Items) > 0 {
		r.Blocks = append(r.Blocks, bot.P(bot.Bold("One-off charges, apart from usage")), list)
	}
	if over := h.endedLately(); over != "" {
		r.Blocks = append(r.Blocks, bot.P(bot.Text(over)))
	}
	if text := h.budgetNote(); text != "" {
		r.Blocks = append(r.Blocks, bot.P(bot.Bold("Budgets: "), bot.Text(text)))
	}
	for _, problem := range h.book.problems() {
		r.Blocks = append(r.Blocks, bot.P(bot.Bold("Not read: "), bot.Text(problem)))
	}
	r.Blocks = append(r.Blocks, last)
	if t.Kind != bot.Tick {
		return r, nil
	}
	return r, t.Memory.In("costs").Set("digest", seen, 0)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// A digested is what the digest has told already.
type digested struct {
	OneOffs []string `json:"one_offs"` // keys of those of the last two months
}

func (h *handler) seen(ctx context.Context, t *bot.Turn) (d digested, err error) {
	_, err = t.Memory.In("costs").Get(ctx, "digest", &d)
	return d, err
}

const (
	oneOffDays  = 35
	oneOffLeast = 1 // of the currency
	oneOffRows  = 6
)

// oneOffs lists what was bought, taxed, credited, refunded or corrected of late. For the schedule each is told once.
func (h *handler) oneOffs(seen *digested, once bool) (list bot.List) {
	type sum struct {
		kind   ledger.Kind
		key    ledger.Key
		day    day.Day
		billed float64
	}
	var sums []sum
	var keys []string
	for _, t := range h.book.totals() {
		for _, o := range h.book.ledger.OneOffs(t.node.Source, t.last-oneOffDays, t.last, t.at) {
			if o.Key.Currency != t.node.Currency {
				continue
			}
			s := sum{o.Kind, ledger.Key{Currency: o.Key.Currency, Service: o.Key.Service, Account: o.Key.Account}, o.Day, float64(o.Billed) / 1e6}
			name := fmt.Sprintf("%s %s %s %s %s", o.Kind, s.key.Currency, s.key.Account, s.key.Service, o.Day)
			if i := slices.Index(keys, name); i >= 0 {
				sums[i].billed += s.billed
				continue
			}
			keys, sums = append(keys, name), append(sums, s)
		}
	}
	told := seen.OneOffs
	var show []sum
	for i, s := range sums {
		if abs(s.billed) >= oneOffLeast && !(once && slices.Contains(told, keys[i])) && (once || s.day > sums[len(sums)-1].day-7) {
			show = append(show, s)
		}
	}
	seen.OneOffs = keys
	slices.SortStableFunc(show, func(x, y sum) int { return cmp.Compare(abs(y.billed), abs(x.billed)) })
	for i, s := range show {
		if i == oneOffRows {
			list.Items = append(list.Items, bot.Item(bot.Text("and "+count(len(show)-i, "smaller one", "smaller ones"))))
			break
		}
		what := s.key.Service
		if what == ledger.None {
			what = "no service"
		}
		list.Items = append(list.Items, bot.Item(bot.Text(fmt.Sprintf("%s: %s, %s, %s, %s", lowerFirst(s.kind.String()), money(s.key.Currency, s.billed), what, h.names.short(s.key.Account), s.day.Short()))))
	}
	return list
}

// endedLately says which anomalies came to an end within a week; "" when none did.
func (h *handler) endedLately() string {
	var parts []string
	for _, c := range h.book.Causes() {
		if !c.open() && c.Since > c.Complete-7 {
			parts = append(parts, fmt.Sprintf("%s (%s, %s)", c.title(h.names), signed(c.Node.Currency, c.Excess), c.State))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "No longer unusual: " + strings.Join(parts[:min(len(parts), 5)], "; ") + "."
}

// budgetNote names the budgets that will not be kept; "" when all will, or there are none.
func (h *handler) budgetNote() string {
	var parts []string
	for _, b := range h.options.Budgets {
		if s, ok := h.book.spent(b); ok && s.expected > b.Month {
			parts = append(parts, fmt.Sprintf("%s comes to %s of %s", b.Name, money(s.currency, s.expected), money(s.currency, b.Month)))
		}
	}
	return strings.Join(parts, "; ")
}
