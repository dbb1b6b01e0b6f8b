package costs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/awscost"
)

// An explorer asks the interface that a bill came from for what the bill does not say. Each question may cost money, so it is asked only when somebody wants
// to know. Of a source that has no such interface the error is ErrNoExplorer.
type explorer interface {
	UsageTypes(ctx context.Context, source, service, account string, from, to day.Day) (awscost.Drill, error)
	Anomalies(ctx context.Context, source string, from, to day.Day) (awscost.AnomalyReading, error)
}

// ErrNoExplorer says that a source has no interface that could be asked.
var ErrNoExplorer = errors.New("the bill has no interface to ask")

const (
	drillBefore = 14 // days before a cause that are compared with it
	drillRows   = 6
)

// second is what AWS Cost Explorer knows of a cause besides: its usage types, where the bill has none, and whether AWS's own detection found it, too.
func (h *handler) second(ctx context.Context, c *Cause) (blocks []bot.Block) {
	if h.explorer == nil || c.Node.Service == "" {
		return nil
	}
	if c.Node.Usage == "" {
		blocks = append(blocks, h.usageTypes(ctx, c)...)
	}
	found, err := h.explorer.Anomalies(ctx, c.Node.Source, c.First-1, c.Last+1)
	switch matches := awscost.Matches(found.Anomalies, c.First, c.Last, c.Node.Account, c.Node.Service); {
	case errors.Is(err, ErrNoExplorer):
	case err != nil:
		blocks = append(blocks, bot.Small(bot.Text("AWS's own anomalies could not be read: "+err.Error()+".")))
	case len(matches) == 0:
		blocks = append(blocks, bot.Small(bot.Text("AWS's own anomaly detection has not found it.")))
	default:
		m := matches[0]
		blocks = append(blocks, bot.P(bot.Text(fmt.Sprintf("AWS's own anomaly detection found it, too: %s, impact %s, score %.2f.", span(m.First, m.Last), money(c.Node.Currency, float64(m.Impact)/1e6), m.Score))))
	}
	return blocks
}

// usageTypes compares what a service's usage types cost in the days of a cause and before it.
func (h *handler) usageTypes(ctx context.Context, c *Cause) []bot.Block {
	drill, err := h.explorer.UsageTypes(ctx, c.Node.Source, c.Node.Service, c.Node.Account, c.First-drillBefore, c.Last+1)
	if errors.Is(err, ErrNoExplorer) {
		return nil
	}
	if err != nil {
		return []bot.Block{bot.Small(bot.Text("Usage types could not be read: " + err.Error() + "."))}
	}
	type sums struct{ now, before float64 }
	by, names := map[string]*sums{}, []string{}
	for _, cost := range drill.Costs {
		name := cmp.Or(cost.UsageType, ledger.None)
		if cost.Region != "" {
			name += ", " + cost.Region
		}
		if by[name] == nil {
			by[name] = &sums{}
			names = append(names, name)
		}
		if amount := float64(cost.Amount) / 1e6; cost.Day >= c.First {
			by[name].now += amount / float64(c.Last-c.First+1)
		} else {
			by[name].before += amount / drillBefore
		}
	}
	change := func(name string) float64 { return math.Abs(by[name].now - by[name].before) }
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(change(y), change(x)), cmp.Compare(x, y)) })
	table := bot.Table{Head: []string{"Usage type", "A day now", "Before", "Change"}, Right: []bool{false, true, true, true}}
	for _, name := range names[:min(len(names), drillRows)] {
		s := by[name]
		table.Rows = append(table.Rows, [][]bot.Span{{bot.Text(name)}, {bot.Text(money(c.Node.Currency, s.now))}, {bot.Text(money(c.Node.Currency, s.before))}, {bot.Text(signed(c.Node.Currency, s.now-s.before))}})
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []bot.Block{table}
}
