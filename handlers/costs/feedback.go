package costs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/bot/day"
)

// anomaly answers "anomaly": what somebody decides about one.
func (h *handler) anomaly(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	if err := h.begin(ctx, t); err != nil {
		return bot.Reply{}, err
	}
	words := strings.Fields(t.Args)
	if len(words) >= 1 && strings.EqualFold(words[0], "undo") {
		return h.undo(ctx, t, strings.Join(words[1:], " "))
	}
	if len(words) == 0 {
		return bot.Reply{}, &bot.UserError{Text: "Say which anomaly, and what of it: anomaly c1a2b3 expected, normal, noise or assign.", Next: []bot.Action{{Label: "Anomalies", Text: "costs anomalies"}}}
	}
	c, ok := h.book.find(strings.ToLower(words[0]))
	if !ok {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("I know no anomaly %q. \"costs anomalies\" lists them.", cut(words[0], 20)), Next: []bot.Action{{Label: "Anomalies", Text: "costs anomalies"}}}
	}
	verb, rest := "", ""
	if len(words) > 1 {
		verb, rest = strings.ToLower(words[1]), strings.Join(words[2:], " ")
	}
	switch verb {
	case "expected", "mute", "planned":
		return h.expected(ctx, t, c, rest)
	case "normal", "baseline":
		return h.decide(ctx, t, c, Rule{Verb: NewNormal, Until: c.Complete})
	case "noise", "useless", "not-useful":
		return h.decide(ctx, t, c, Rule{Verb: NotUseful, Until: h.today() + raisedFor})
	case "assign":
		return h.assign(ctx, t, c, rest)
	}
	return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("Say what of %s: expected [until <day>], normal, noise, or assign <person>.", c.ID), Next: c.actions()}
}

// expected asks until when, or has the days until then count as expected.
func (h *handler) expected(ctx context.Context, t *bot.Turn, c Cause, rest string) (bot.Reply, error) {
	rest = strings.TrimSpace(strings.TrimPrefix(rest, "until"))
	today := h.today()
	if rest == "" {
		var next []bot.Action
		for _, choice := range []struct {
			label string
			until day.Day
		}{{"Tomorrow", today + 1}, {"In a week", today + 7}, {"End of the month", today.NextMonth() - 1}, {"In 30 days", today + 30}} {
			text := fmt.Sprintf("anomaly %s expected %s", c.ID, until(choice.until))
			if choice.until >= c.First && !slices.ContainsFunc(next, func(a bot.Action) bool { return a.Text == text }) {
				next = append(next, bot.Action{Label: choice.label + " (" + choice.until.Short() + ")", Text: text})
			}
		}
		return bot.Reply{
			Title:   "Until when is it expected?",
			Blocks:  bot.Blocks{bot.P(bot.Text(c.headline(h.names)+". Choose below, or write a day: "), bot.Mono(fmt.Sprintf("anomaly %s expected until %s", c.ID, today+10)))},
			Next:    next,
			Subject: c.subject(),
		}, nil
	}
	until, err := day.Parse(rest)
	if err != nil {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("%q is no day: write it as %s.", cut(rest, 30), today+7)}
	}
	if until < c.First || until > today+400 {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("%s is not between its first day, %s, and a year from now.", until, c.First)}
	}
	return h.decide(ctx, t, c, Rule{Verb: ExpectedUntil, Until: until})
}

// decide makes a rule, has everything judged by it, and shows what it changed.
func (h *handler) decide(ctx context.Context, t *bot.Turn, c Cause, r Rule) (bot.Reply, error) {
	list, err := readRules(ctx, t.Memory)
	if err != nil {
		return bot.Reply{}, err
	}
	if i := slices.IndexFunc(list, func(o Rule) bool { return c.holds(o, r, h.today()) }); i >= 0 {
		return bot.Reply{Title: "That holds already. " + list[i].text(), Subject: c.subject(), Next: undoing(list[i])}, nil
	}
	if r.Verb == ExpectedUntil { // another day takes the place of the one that was said before
		list = slices.DeleteFunc(slices.Clone(list), func(o Rule) bool { return o.Cause == c.ID && o.Verb == r.Verb })
	}
	r.Cause, r.Title, r.Nodes, r.From = c.ID, c.title(h.names), c.members, c.First
	r.By, r.At = person(t.From), t.Time.UTC()
	r.ID = ruleID(r)
	t.Decided = string(r.Verb) + " " + c.ID
	reply := bot.Reply{Title: r.text(), Subject: c.subject(), Next: undoing(r)}
	if r.Verb == NotUseful {
		reply.Blocks = append(reply.Blocks, bot.P(bot.Text(fmt.Sprintf("It takes %.1f times the usual excess, in money and in per cent, before I write about %s again. What it costs is still in the digest.", raisedGates, r.Title))))
	}
	return reply, h.apply(ctx, t, &reply, append(list, r), c.ID)
}

// holds reports whether an old rule says of a cause what a new one would: somebody pressed twice, or two people did.
func (c *Cause) holds(old, new Rule, today day.Day) bool {
	if old.Cause != c.ID || old.Verb != new.Verb || old.over(today) {
		return false
	}
	switch old.Verb {
	case ExpectedUntil:
		return old.Until == new.Until
	case NewNormal:
		return !c.open()
	}
	return true
}

// undo takes a rule back.
func (h *handler) undo(ctx context.Context, t *bot.Turn, id string) (bot.Reply, error) {
	list, err := readRules(ctx, t.Memory)
	if err != nil {
		return bot.Reply{}, err
	}
	i := slices.IndexFunc(list, func(r Rule) bool { return strings.EqualFold(r.ID, strings.TrimSpace(id)) })
	if i < 0 {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("There is no rule %q. \"costs rules\" lists them.", cut(id, 20)), Next: []bot.Action{{Label: "Rules", Text: "costs rules"}}}
	}
	r := list[i]
	t.Decided = "undo " + r.ID
	reply := bot.Reply{Title: "Taken back: " + r.Title + ". " + r.text(), Subject: subjectPrefix + r.Cause, Next: []bot.Action{{Label: "Rules", Text: "costs rules"}}}
	return reply, h.apply(ctx, t, &reply, slices.Delete(slices.Clone(list), i, i+1), r.Cause)
}

// apply remembers the rules, judges by them, and keeps the cause's card true.
func (h *handler) apply(ctx context.Context, t *bot.Turn, reply *bot.Reply, list []Rule, cause string) error {
	if err := writeRules(t.Memory, list, h.today()); err != nil {
		return err
	}
	list, err := readRules(ctx, t.Memory) // as far as they are kept
	if err != nil {
		return err
	}
	if err := h.book.SetRules(ctx, list); err != nil {
		return err
	}
	said, known, err := tolds(t.Memory).Get(ctx, cause)
	if err != nil || !known || !said.carded() {
		return err
	}
	c, ok := h.book.find(cause)
	if !ok {
		return nil
	}
	card := h.draw(c, said)
	said.Hash, said.State, said.Excess, said.Over = hash(card), c.State, c.Excess, !c.open()
	reply.Also = append(reply.Also, bot.Post{To: said.To, Reply: card})
	return tolds(t.Memory).Put(cause, said, keepTold)
}

// assign notes who takes care of a cause.
func (h *handler) assign(ctx context.Context, t *bot.Turn, c Cause, who string) (bot.Reply, error) {
	who = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(who), "to "))
	switch strings.ToLower(who) {
	case "":
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("Say who takes care of it: anomaly %s assign me, or a name.", c.ID), Next: []bot.Action{{Label: "Assign to me", Text: "anomaly " + c.ID + " assign me"}}}
	case "me":
		who = person(t.From)
	case "nobody", "none":
		who = ""
	}
	who = cut(who, 60)
	said, known, err := tolds(t.Memory).Get(ctx, c.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	said.Assigned, t.Decided = who, "assign "+c.ID
	reply := bot.Reply{Title: fmt.Sprintf("%s takes care of it: %s.", who, c.title(h.names)), Subject: c.subject()}
	if who == "" {
		reply.Title = "Nobody takes care of it now: " + c.title(h.names) + "."
	}
	if said.carded() {
		card := h.draw(c, said)
		said.Hash = hash(card)
		reply.Also = append(reply.Also, bot.Post{To: said.To, Reply: card})
	}
	if !known {
		said.At, said.State, said.Excess = t.Time, c.State, c.Excess
	}
	return reply, tolds(t.Memory).Put(c.ID, said, keepTold)
}

// mostListed is how many rules are listed.
const mostListed = 20

// rules answers "costs rules": what was decided, and how to take it back.
func (h *handler) rules(ctx context.Context, t *bot.Turn, _ string) (bot.Reply, error) {
	all, err := readRules(ctx, t.Memory)
	if err != nil {
		return bot.Reply{}, err
	}
	today := h.today()
	var list bot.List
	r := bot.Reply{Title: "No rule: everything is judged by the bill alone."}
	hold := 0
	for _, rule := range slices.Backward(all) {
		if rule.over(today) {
			continue
		}
		if hold++; hold > mostListed {
			continue
		}
		list.Items = append(list.Items, bot.Item(bot.Bold(rule.Title+": "), bot.Text(rule.text()+" "+rule.At.Format("2 Jan")+", "), bot.Mono("anomaly undo "+rule.ID)))
		if len(r.Next) < 3 {
			r.Next = append(r.Next, undoing(rule)...)
		}
	}
	if len(list.Items) > 0 {
		if more := hold - mostListed; more > 0 {
			list.Items = append(list.Items, bot.Item(bot.Text("and "+count(more, "older one", "older ones"))))
		}
		r.Title, r.Blocks = count(hold, "rule holds", "rules hold")+":", bot.Blocks{list}
	}
	return r, nil
}

func undoing(r Rule) []bot.Action {
	return []bot.Action{{Label: "Take back " + r.ID, Text: "anomaly undo " + r.ID}}
}

// person is somebody for people to read.
func person(a bot.Actor) string {
	if a.Name != "" {
		return cut(a.Name, 60)
	}
	return cut(a.ID, 60)
}
