package costs

import (
	"fmt"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
)

// headline is the one line that says it: what, how much a day, and how much was expected.
func (c *Cause) headline(n names) string {
	cur := c.Node.Currency
	if c.isNew() {
		return fmt.Sprintf("%s: %s a day, new since %s", c.title(n), money(cur, c.Actual), c.First.Short())
	}
	return fmt.Sprintf("%s: %s a day against %s expected", c.title(n), money(cur, c.Actual), money(cur, max(c.Expected, 0)))
}

// title is what it is about, in a few words.
func (c *Cause) title(n names) string {
	if c.bills > 1 && c.Node.Depth() > 0 { // two may have the same
		return c.what(n) + " (" + c.Node.Source + ")"
	}
	return c.what(n)
}

func (c *Cause) what(n names) string {
	if c.Node.Account == "" && c.Node.Depth() > 0 && len(c.Accounts) > 1 {
		return n.title(c.Node) + ", " + count(len(c.Accounts), "account", "accounts")
	}
	return n.title(c.Node)
}

// isNew reports whether there was next to nothing before, so that nothing can be compared with it.
func (c *Cause) isNew() bool { return c.Term == detect.FromZero && c.Expected < 1 }

// subject is what a conversation about the cause is about.
func (c *Cause) subject() string { return subjectPrefix + c.ID }

const subjectPrefix = "cost:"

// cardName is what the message about a cause is called where it is kept up to date.
func (c *Cause) cardName() string { return cardName(c.ID) }

func cardName(cause string) string { return "cost " + cause }

// card is the message about a cause: what it costs, what it is made of, what may have been the reason.
func (c *Cause) card(n names, chart *bot.Chart, candidates []attribute.Candidate, assigned string) bot.Reply {
	r := bot.Reply{Title: c.headline(n), Card: c.cardName(), Subject: c.subject()}
	r.Blocks = append(r.Blocks, bot.P(c.sizeSpans()...))
	if spans := c.whySpans(n); len(spans) > 0 {
		r.Blocks = append(r.Blocks, bot.P(spans...))
	}
	if len(candidates) > 0 {
		r.Blocks = append(r.Blocks, bot.P(candidateSpans(candidates[0])...))
	}
	if chart != nil {
		r.Blocks = append(r.Blocks, *chart)
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(c.footer(assigned))))
	r.Next = c.actions()
	return r
}

// sizeSpans are how much it is, over which days, and what becomes of it.
func (c *Cause) sizeSpans() []bot.Span {
	cur := c.Node.Currency
	spans := []bot.Span{}
	if state := c.stateText(); state != "" {
		spans = append(spans, bot.Bold(state+" "))
	}
	if c.Rule != "" && c.State != detect.Expected && c.State != detect.NewLevel {
		spans = append(spans, bot.Bold(c.Rule+" "))
	}
	text := fmt.Sprintf("Ordinary is %s a day. ", between(cur, c.Low, c.High))
	switch {
	case c.isNew():
		text = "There was nothing before. "
	case !c.open():
		text = fmt.Sprintf("Ordinary was %s a day. ", between(cur, c.Low, c.High))
	}
	days := count(c.Days, "day", "days") + " (" + since(c.First, c.Last, c.Complete) + ")"
	spans = append(spans, bot.Text(text+days+", "), bot.Bold(signed(cur, c.Excess)))
	if c.open() && c.isNew() && c.Days == 1 { // a fee, or the beginning of more
		spans = append(spans, bot.Text(" so far. Whether it stays is seen from its second day on."))
	} else if c.open() {
		spans = append(spans, bot.Text(" so far, about "), bot.Bold(money(cur, max(c.Monthly, 0))), bot.Text(" in 30 days if it stays."))
	} else {
		spans = append(spans, bot.Text(" in all."))
	}
	if c.Partial {
		spans = append(spans, bot.Text(fmt.Sprintf(" The bill of %s is not complete yet and is beyond the range already.", c.Last.Short())))
	}
	return spans
}

// stateText says what became of the cause; "" while it goes on.
func (c *Cause) stateText() string {
	switch c.State {
	case detect.Ended:
		return "Over: ordinary again since " + (c.Last + 1).Short() + "."
	case detect.NewLevel:
		if c.Rule != "" {
			return c.Rule
		}
		if c.Ratio > 0 {
			return fmt.Sprintf("New level since %s: %s × what it was is ordinary from now on.", c.First.Short(), figure(c.Ratio))
		}
		return "New level since " + c.First.Short() + ": this is ordinary from now on."
	case detect.Expected:
		if c.Rule != "" {
			return c.Rule
		}
		return "Expected."
	case detect.Revised:
		return "Revised: the bill was restated, and nothing unusual is left."
	}
	return ""
}

// whySpans are what the excess is made of. Parts and the rest add up to 100 %.
func (c *Cause) whySpans(n names) (spans []bot.Span) {
	parts := c.Why.Parts[:min(len(c.Why.Parts), max(c.Why.Told(), 1))]
	for i, p := range parts {
		if i > 0 {
			spans = append(spans, bot.Text(" "))
		}
		if c.Why.Percents {
			spans = append(spans, bot.Bold(fmt.Sprintf("%d %%: ", p.Percent)))
		} else {
			spans = append(spans, bot.Bold(signed(c.Node.Currency, p.Excess)+": "))
		}
		spans = append(spans, bot.Text(n.place(p.Path, c.Node)))
		if i == 0 && c.Owner != "" {
			spans = append(spans, bot.Text(", owner "+c.Owner))
		}
		text := "."
		if e := effect(p.Effect); e != "" {
			text += " " + e
		}
		spans = append(spans, bot.Text(text))
	}
	for _, o := range c.Why.Offsets {
		spans = append(spans, bot.Text(fmt.Sprintf(" At the same time %s %s rose by %s and %s fell by %s.",
			o.Dimension, n.short(o.Up), money(c.Node.Currency, o.UpBy), n.short(o.Down), money(c.Node.Currency, -o.DownBy))))
	}
	return spans
}

// footer is what the message rests on.
func (c *Cause) footer(assigned string) string {
	text := ""
	if c.open() { // what is over is not written anew each day
		text = "Data complete to " + c.Complete.Short() + "."
	}
	if assigned != "" {
		text += " Assigned to " + assigned + "."
	}
	if c.Owner == "" {
		text += " No owner set: " + c.OwnedBy + "."
	}
	return strings.TrimSpace(text + " Anomaly " + c.ID + ".")
}

// actions are the buttons below the message.
func (c *Cause) actions() []bot.Action {
	drill := bot.Action{Label: "Drill down", Text: "costs why " + c.ID}
	if !c.open() {
		return []bot.Action{drill}
	}
	return []bot.Action{
		drill,
		{Label: "Expected until …", Text: "anomaly " + c.ID + " expected"},
		{Label: "New normal", Text: "anomaly " + c.ID + " normal"},
		{Label: "Not useful", Text: "anomaly " + c.ID + " noise"},
		{Label: "Assign to me", Text: "anomaly " + c.ID + " assign me"},
	}
}

// until is a day as a command names it.
func until(d day.Day) string { return "until " + d.String() }
