package costs

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// anomalies answers "costs anomalies": those that go on, and those of the last month.
func (h *handler) anomalies(_ context.Context, _ *bot.Turn, args string) (bot.Reply, error) {
	causes := h.book.Causes()
	all := strings.HasPrefix(args, "all")
	var open, past bot.List
	hidden := 0
	for _, c := range causes {
		item := bot.Item(bot.Bold(c.headline(h.names)), bot.Text(fmt.Sprintf(", %s, %s. ", since(c.First, c.Last, c.Complete), signed(c.Node.Currency, c.Excess))))
		if !c.open() {
			item = append(item, bot.Text(c.stateText()+" "))
		}
		item = append(item, bot.Mono(c.ID))
		switch {
		case c.open() && len(open.Items) < 20:
			open.Items = append(open.Items, item)
		case !c.open() && (all || c.Last > c.Complete-31) && len(past.Items) < 20:
			past.Items = append(past.Items, item)
		default:
			hidden++
		}
	}
	r := bot.Reply{Title: goOn(causes) + ". " + h.book.checked() + "."}
	if len(open.Items) > 0 {
		r.Blocks = append(r.Blocks, open)
		for _, c := range causes[:min(len(open.Items), 3)] {
			r.Next = append(r.Next, bot.Action{Label: h.whyLabel(&c), Text: "costs why " + c.ID})
		}
	}
	r.Blocks = append(r.Blocks, h.warnings()...)
	if len(past.Items) > 0 {
		r.Blocks = append(r.Blocks, bot.P(bot.Bold("Over")), past)
	}
	if hidden > 0 {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(fmt.Sprintf("%s not shown.", count(hidden, "older one is", "older ones are")))))
		r.Next = append(r.Next, bot.Action{Label: "All of them", Text: "costs anomalies all"})
	}
	r.Facts = facts(causes)
	return r, nil
}

// why answers "costs why": an anomaly by its ID, or a part of the bill by its name. Without either it is the anomaly that the conversation is about,
// else the dearest one that goes on.
func (h *handler) why(ctx context.Context, t *bot.Turn, args string) (bot.Reply, error) {
	args = strings.Trim(args, "`\"' ?")
	if args == "" {
		args = strings.TrimPrefix(t.Subject, subjectPrefix)
		if args == t.Subject {
			args = ""
		}
	}
	causes := h.book.Causes()
	if args == "" {
		if len(causes) == 0 || !causes[0].open() {
			return bot.Reply{}, &bot.UserError{Text: "Nothing unusual goes on. Name a part of the bill, such as: costs why AmazonEC2", Next: []bot.Action{{Label: "By service", Text: "costs by service"}}}
		}
		args = causes[0].ID
	}
	for _, c := range causes {
		if strings.EqualFold(c.ID, args) {
			said, _, err := tolds(t.Memory).Get(ctx, c.ID)
			if err != nil {
				return bot.Reply{}, err
			}
			if !said.Looked {
				h.look(ctx, &c, &said)
			}
			r := h.breakdown(c)
			r.Facts = facts(c)
			r.Blocks = append(r.Blocks, h.second(ctx, &c)...)
			if said.Thread != "" && said.Thread == t.ReplyTo.Thread {
				return r, nil // the rest stands above
			}
			r.Blocks = append(append(r.Blocks, bot.Small(bot.Text(c.evidence()))), related(said)...)
			if chart := h.book.chart(c); chart != nil {
				r.Blocks = append(r.Blocks, *chart)
			}
			return r, nil
		}
	}
	node, err := h.node(args)
	if err != nil {
		return bot.Reply{}, err
	}
	return h.moved(node)
}

// whyLabel is a button's: it says what is asked about, for nobody knows anomalies by their IDs.
func (h *handler) whyLabel(c *Cause) string { return "Why " + cut(h.names.title(c.Node), 40) }

// breakdown is what the excess of a cause is made of.
func (h *handler) breakdown(c Cause) bot.Reply {
	return bot.Reply{
		Title:  fmt.Sprintf("What the %s of %s is made of: %s", signed(c.Node.Currency, c.Excess), since(c.First, c.Last, c.Complete), c.title(h.names)),
		Blocks: bot.Blocks{h.madeOf(c.Why, c.Node)}, Subject: c.subject(),
		Next: []bot.Action{{Label: "By account", Text: "costs by account " + c.ID}, {Label: "Rules", Text: "costs rules"}},
	}
}

// madeOf is the table of parts, or one line where none stands out.
func (h *handler) madeOf(e attribute.Explanation, within ledger.Node) bot.Block {
	if len(e.Parts) == 1 && h.placeBelow(e.Parts[0], within) == allOfIt {
		return bot.P(bot.Text("It moved as a whole: no part of it stands out."))
	}
	return h.partsTable(e, within)
}

// related are the changes that may have been the reason of a cause, or one line that there is none.
func related(said told) []bot.Block {
	switch {
	case len(said.Candidates) > 0:
		var list bot.List
		for _, c := range said.Candidates {
			list.Items = append(list.Items, candidateSpans(c))
		}
		return []bot.Block{list}
	case said.Looked:
		return []bot.Block{bot.Small(bot.Text("No pull request or deployment around its start looks related."))}
	}
	return nil
}

// partsTable lists the parts of an excess and the rest: together they are all of it. What counts most comes first, for narrow columns are cut at their end.
func (h *handler) partsTable(e attribute.Explanation, within ledger.Node) bot.Table {
	cur := within.Currency
	out := bot.Table{Head: []string{"Part", "More", "Share", "Now", "Before"}, Right: []bool{false, true, true, true, true}}
	row := func(what string, now, before, excess float64, percent int) {
		share := ""
		if e.Percents {
			share = fmt.Sprintf("%d %%", percent)
		}
		out.Rows = append(out.Rows, [][]bot.Span{{bot.Text(what)}, {bot.Text(signed(cur, excess))}, {bot.Text(share)}, {bot.Text(money(cur, now))}, {bot.Text(money(cur, before))}})
	}
	now, before := e.Actual, e.Before
	for _, p := range e.Parts {
		what := h.placeBelow(p, within)
		if text := effect(p.Effect); text != "" {
			what += " — " + strings.ToLower(text[:1]) + strings.TrimSuffix(text[1:], ".")
		}
		row(what, p.Actual, p.Before, p.Excess, p.Percent)
		now, before = now-p.Actual, before-p.Before
	}
	if len(e.Parts) == 0 || math.Abs(e.Rest) >= .005 {
		row("the rest", now, before, e.Rest, e.RestPercent)
	}
	return out
}

// placeBelow is the place of a part in words, where the title names the account already.
func (h *handler) placeBelow(p attribute.Part, within ledger.Node) string {
	path := slices.DeleteFunc(slices.Clone(p.Path), func(s attribute.Step) bool { return s.Dimension == attribute.Account && s.Value == within.Account })
	return h.names.place(path, within)
}

// evidence says which rule decided, and by how much.
func (c *Cause) evidence() string {
	cur := c.Node.Currency
	text := map[detect.Term]string{
		detect.Point: "single days are beyond the range", detect.Cumulative: "several days together are beyond the range", detect.FromZero: "there was next to nothing before",
	}[c.Term]
	if c.isNew() {
		return fmt.Sprintf("Why it counts: %s, and now %s a day.", text, money(cur, c.Actual))
	}
	return fmt.Sprintf("Why it counts: %s, by %s usual scatters where 4.5 is the limit. Expected %s a day, ordinary %s; %s more a day.",
		text, figure(c.Score), money(cur, max(c.Expected, 0)), between(cur, c.Low, c.High), money(cur, c.Actual-c.Expected))
}

// A hit is a part of a bill that fits a name.
type hit struct {
	node  ledger.Node
	exact bool
	cost  float64 // lately
}

// partsCalled are the parts of the bills that fit a name in lower case: those that are called just that in front, then the wider ones, then the dearer.
func (h *handler) partsCalled(want string) (hits []hit) {
	o := h.book.thought.Load()
	for _, name := range o.names {
		for _, s := range o.sources[name].order {
			called := strings.ToLower(cmp.Or(s.node.Usage, s.node.Region, s.node.Service, s.node.Account))
			if s.node.Depth() == 1 {
				called += " " + strings.ToLower(h.book.accountName(s.node.Account))
			}
			if called != "" && named(called, want) {
				hits = append(hits, hit{s.node, called == want, s.lately()})
			}
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int {
		if x.exact != y.exact {
			return map[bool]int{true: -1, false: 1}[x.exact]
		}
		return cmp.Or(cmp.Compare(x.node.Depth(), y.node.Depth()), cmp.Compare(y.cost, x.cost))
	})
	return hits
}

// node finds the part of a bill that a text names: a service, account, region or usage type, the dearest one that fits.
func (h *handler) node(text string) (ledger.Node, error) {
	hits := h.partsCalled(strings.ToLower(text))
	if len(hits) == 0 {
		return ledger.Node{}, &bot.UserError{
			Text: fmt.Sprintf("I find no anomaly, service, account, region or usage type %q in the bill. \"costs by service\" lists them.", cut(text, 60)),
			Next: []bot.Action{{Label: "By service", Text: "costs by service"}, {Label: "Anomalies", Text: "costs anomalies"}},
		}
	}
	best := hits[0].node
	switch best.Depth() { // it is meant wherever it is
	case 2:
		best.Account = ""
	case 3:
		best.Account, best.Service = "", ""
	case 4:
		best.Account, best.Region = "", ""
	}
	return best, nil
}

// shortNames are what people call services that are long in the bill.
var shortNames = map[string]string{
	"ec2": "elastic compute cloud", "s3": "simple storage service", "rds": "relational database service", "eks": "elastic kubernetes service",
	"ecs": "elastic container service", "ecr": "ec2 container registry", "sqs": "simple queue service", "sns": "simple notification service",
	"kms": "key management service", "vpc": "virtual private cloud", "elb": "elastic load balancing", "gke": "kubernetes engine", "gcs": "cloud storage",
	"efs": "elastic file system", "emr": "elastic mapreduce", "aks": "kubernetes service",
}

// named reports whether a part of a bill is called what somebody asks for; both are in lower case.
func named(called, want string) bool {
	return strings.Contains(called, want) || shortNames[want] != "" && strings.Contains(called, shortNames[want])
}

// moved explains how a part of the bill moved within a week, whether or not that is unusual.
func (h *handler) moved(n ledger.Node) (bot.Reply, error) {
	now := h.book.thought.Load().sources[n.Source].now
	first, last := now.complete-6, now.complete
	series := h.book.leaves(n, first-learnFrom, last, now.at)
	e := attribute.Explain(attribute.Leaves(series, first, last, nil, math.NaN()), math.NaN())
	cur := n.Currency
	r := bot.Reply{Title: fmt.Sprintf("%s, %s: %s, %s", h.names.title(n), span(first, last), money(cur, e.Actual), change(cur, e.Before, e.Actual, "the weeks before"))}
	if len(e.Parts) > 0 {
		r.Blocks = append(r.Blocks, h.madeOf(e, n))
	}
	for _, c := range h.book.Causes() {
		if c.open() && c.Node.Source == n.Source && (n.Service == "" || c.Node.Service == n.Service) && (n.Account == "" || c.Node.Account == n.Account) {
			r.Next = append(r.Next, bot.Action{Label: h.whyLabel(&c), Text: "costs why " + c.ID})
			r.Blocks = append(r.Blocks, bot.P(bot.Text("It is part of an anomaly: "+c.headline(h.names)+". "), bot.Mono(c.ID)))
			break
		}
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text("Before: the same weekdays of up to eight weeks. "+h.book.checked()+".")))
	return r, nil
}
