package costs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
)

// about is the cause that a question names, or the one that its conversation is about, with what was said of it.
func (h *handler) about(ctx context.Context, t *bot.Turn, args string) (Cause, told, error) {
	id := strings.ToLower(strings.Trim(args, "`\"' ?"))
	if id == "" {
		id, _ = strings.CutPrefix(t.Subject, subjectPrefix)
	}
	c, ok := h.book.find(id)
	if !ok {
		return c, told{}, &bot.UserError{Text: "Say which anomaly, such as: costs owner c1a2b3. \"costs anomalies\" lists them.", Next: []bot.Action{{Label: "Anomalies", Text: "costs anomalies"}}}
	}
	said, _, err := tolds(t.Memory).Get(ctx, c.ID)
	return c, said, err
}

// whose answers "costs owner": whose a cause is, by what, and who takes care of it.
func (h *handler) whose(ctx context.Context, t *bot.Turn, args string) (bot.Reply, error) {
	c, said, err := h.about(ctx, t, args)
	if err != nil {
		return bot.Reply{}, err
	}
	r := bot.Reply{Title: c.title(h.names) + " has no owner", Subject: c.subject()}
	text := "To name one: " + c.OwnedBy + "."
	if c.Owner != "" {
		r.Title, text = c.title(h.names)+" belongs to "+cut(c.Owner, 60), "By the "+c.OwnedBy+" of what rose most."
	}
	if said.Assigned != "" {
		text += " " + said.Assigned + " takes care of this anomaly."
	} else if c.open() {
		r.Next = []bot.Action{{Label: "Assign to me", Text: "anomaly " + c.ID + " assign me"}}
	}
	r.Blocks = bot.Blocks{bot.P(bot.Text(text))}
	return r, nil
}

// still answers "costs now": whether a cause goes on, and how much it has cost.
func (h *handler) still(ctx context.Context, t *bot.Turn, args string) (bot.Reply, error) {
	c, _, err := h.about(ctx, t, args)
	if err != nil {
		return bot.Reply{}, err
	}
	r := bot.Reply{Title: "It is not going on. " + c.headline(h.names), Subject: c.subject(), Next: []bot.Action{{Label: "Drill down", Text: "costs why " + c.ID}}}
	if c.open() {
		r.Title = "As far as is known, it goes on. " + c.headline(h.names)
	}
	r.Blocks = append(r.Blocks, bot.P(c.sizeSpans()...))
	r.Blocks = append(r.Blocks, h.warnings()...)
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(h.book.checked()+".")))
	return r, nil
}

// byOf answers "costs by account c1a2b3": what a cause's part of the bill costs a day by a dimension, against as many days before it, two weeks at most.
func (h *handler) byOf(c Cause, said string) (bot.Reply, error) {
	dimension := h.dimensionOf(said)
	before := max(min(c.Last-c.First+1, 14), 7)
	sums := map[string]*mover{}
	for _, node := range c.parts {
		t := total{node: node}
		list, err := h.split(&t, dimension, [4]day.Day{c.First - before, c.First - 1, c.First, c.Last})
		if err != nil {
			return bot.Reply{}, err
		}
		for _, m := range list {
			if sums[m.name] == nil {
				sums[m.name] = &mover{name: m.name}
			}
			sums[m.name].before += m.before / float64(before)
			sums[m.name].now += m.now / float64(c.Last-c.First+1)
		}
	}
	var list []mover
	for _, m := range sums {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(x, y mover) int {
		if x.now != y.now {
			return compare(y.now, x.now)
		}
		return strings.Compare(x.name, y.name)
	})
	t := total{node: c.Node}
	out := table(&t, dimension, list, true)
	out.Head[1] = "A day"
	return bot.Reply{
		Title: fmt.Sprintf("%s by %s, %s, a day", c.title(h.names), dimension, since(c.First, c.Last, c.Complete)), Subject: c.subject(),
		Blocks: bot.Blocks{out, bot.Small(bot.Text(fmt.Sprintf("Change: against the %d days before it. %s.", before, h.book.checked())))},
		Next:   []bot.Action{{Label: "Drill down", Text: "costs why " + c.ID}},
	}, nil
}
