// Package costs tells what cloud bills cost, finds what is unusual in them, and says why.
package costs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/integrations/github"
)

// A changeLog tells what was changed in a repository in a time.
type changeLog interface {
	Merged(ctx context.Context, owner, repo string, from, to time.Time) (list []github.MergedPull, more bool, err error)
	Deployments(ctx context.Context, owner, repo string, from, to time.Time) (list []github.Deployment, more bool, err error)
	CodeOwners(ctx context.Context, owner, repo string) (string, error) // the file's text; "" when there is none
}

// A handler answers questions about costs.
type handler struct {
	book     *Book
	options  Options
	changes  changeLog // nil: none is known
	explorer explorer  // nil: there is none
	names    names
	now      func() time.Time
}

// Commands declares what people can ask about costs. book has the bills; changes tells what may have been the reason of an anomaly, and explorer what the
// bills do not say; both may be nil.
func Commands(book *Book, changes changeLog, explorer explorer, o Options) []bot.Command {
	h := &handler{book: book, options: o, changes: changes, explorer: explorer, now: time.Now}
	if o.Now != nil {
		h.now = o.Now
	}
	h.names = names{account: book.accountName}
	return []bot.Command{
		{Name: "costs", Aliases: []string{"cost", "bill", "spend"}, Usage: "[what]", Summary: "says what the cloud costs, what is unusual about it, and why",
			Examples: []string{"costs", "costs week", "costs by service", "costs by team", "costs why AmazonEC2", "costs anomalies", "costs forecast", "costs budget", "costs digest", "costs rules", "costs sources"},
			Role:     bot.Viewer, Handler: bot.HandlerFunc(h.costs), Follows: h.follows},
		{Name: "anomaly", Usage: "<anomaly> expected [until <day>] | normal | noise | assign <person> | undo <rule>",
			Summary: "decides what becomes of a cost anomaly", Examples: []string{"anomaly c1a2b3 expected until 2026-12-31", "anomaly c1a2b3 normal", "anomaly c1a2b3 noise", "anomaly undo r1a2b3"},
			Role: bot.Operator, Handler: bot.HandlerFunc(h.anomaly)},
	}
}

// A part is what one word behind "costs" answers.
type part struct {
	words  []string
	answer func(h *handler, ctx context.Context, t *bot.Turn, args string) (bot.Reply, error)
}

func parts() []part {
	return []part{
		{[]string{"", "overview", "yesterday", "today"}, (*handler).overview},
		{[]string{"week", "weekly"}, (*handler).week},
		{[]string{"month", "mtd"}, (*handler).month},
		{[]string{"by"}, (*handler).by},
		{[]string{"why", "explain", "drill"}, (*handler).why},
		{[]string{"anomalies", "anomaly", "unusual", "alerts"}, (*handler).anomalies},
		{[]string{"forecast"}, (*handler).forecast},
		{[]string{"budget", "budgets"}, (*handler).budget},
		{[]string{"digest"}, (*handler).digest},
		{[]string{"rules"}, (*handler).rules},
		{[]string{"sources", "status"}, (*handler).sources},
		{[]string{"check"}, (*handler).check},
		{[]string{"thread"}, (*handler).thread},
	}
}

// costs answers "costs", by the word behind it.
func (h *handler) costs(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	args := strings.TrimSpace(t.Args)
	if err := h.begin(ctx, t); err != nil {
		if word, _, _ := strings.Cut(strings.ToLower(args), " "); (word == "sources" || word == "status") && !h.book.progress().unset {
			return h.sources(ctx, t, "") // which says why
		}
		if t.Kind == bot.Tick && t.From.Surface == bot.Clock && strings.HasPrefix(args, "check") {
			return bot.Reply{}, nil // nobody asked; the next reading asks again
		}
		return bot.Reply{}, err
	}
	if t.Args == strings.TrimSpace(t.Text) { // a question without the command's name
		args = followUp(args)
	}
	word, rest, _ := strings.Cut(args, " ")
	word = strings.Trim(strings.ToLower(word), "?!.,")
	for _, p := range parts() {
		if slices.Contains(p.words, word) {
			return p.answer(h, ctx, t, strings.TrimSpace(rest))
		}
	}
	return bot.Reply{}, &bot.UserError{
		Text: fmt.Sprintf("I do not know what %q is of costs. There is: yesterday, week, month, by service, why, anomalies, forecast, budget, digest, rules, sources.", cut(word, 40)),
		Next: []bot.Action{{Label: "costs", Text: "costs"}, {Label: "costs anomalies", Text: "costs anomalies"}},
	}
}

// begin brings the book's rules up to what is remembered, and says so while there is nothing to answer from.
func (h *handler) begin(ctx context.Context, t *bot.Turn) error {
	switch state := h.book.progress(); {
	case state.unset:
		return &bot.UserError{Text: "I have no bill to read. Name one under costs.sources in config.yaml: FOCUS files, a Cost and Usage Report, AWS Cost Explorer or OpenCost."}
	case state.reading != "":
		return &bot.UserError{Text: "I am still reading the bills: " + state.reading + ". Ask me again in a moment."}
	}
	if len(h.book.totals()) == 0 {
		return &bot.UserError{Text: "The bills have no complete day yet. \"costs sources\" says what was read."}
	}
	rules, err := readRules(ctx, t.Memory)
	if err != nil {
		return err
	}
	return h.book.SetRules(ctx, rules)
}

// follows reports whether a request that does not begin with a command is a question about the cause that the conversation is about.
func (h *handler) follows(r bot.Request) bool {
	return strings.HasPrefix(r.Subject, subjectPrefix) && followUp(r.Text) != ""
}

// followUp is what a question in a cause's thread asks of costs; "" for one that asks nothing.
func followUp(text string) string {
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), "?!. "))
	switch {
	case len(text) > 60:
		return ""
	case text == "why" || text == "drill down" || text == "details" || text == "explain" || text == "what changed" || strings.HasPrefix(text, "why is"):
		return "why"
	case strings.HasPrefix(text, "by "):
		return text
	case text == "forecast" || text == "anomalies" || text == "rules":
		return text
	}
	return ""
}

// today is the day by the handler's clock, UTC.
func (h *handler) today() day.Day { return day.Of(h.now().UTC()) }

// cut shortens what a stranger wrote.
func cut(s string, most int) string {
	runes := []rune(bot.CleanLine(s))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most]) + "…"
}
