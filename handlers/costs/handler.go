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
			Role:     bot.Viewer, Confidential: true, Handler: bot.HandlerFunc(h.costs), Follows: h.follows},
		{Name: "anomaly", Usage: "<anomaly> expected [until <day>] | normal | noise | assign <person> | undo <rule>",
			Summary: "decides what becomes of a cost anomaly", Examples: []string{"anomaly c1a2b3 expected until 2026-12-31", "anomaly c1a2b3 normal", "anomaly c1a2b3 noise", "anomaly undo r1a2b3"},
			Role: bot.Operator, Confidential: true, Handler: bot.HandlerFunc(h.anomaly)},
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
		{[]string{"owner"}, (*handler).whose},
		{[]string{"now"}, (*handler).still},
	}
}

// costs answers "costs", by the word behind it.
func (h *handler) costs(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	args := strings.TrimSpace(t.Args)
	if err := h.begin(ctx, t); err != nil {
		if word, _, _ := strings.Cut(strings.ToLower(args), " "); (word == "sources" || word == "status") && !h.book.far().unset {
			return h.sources(ctx, t, "") // which says why
		}
		if t.Kind == bot.Tick && t.From.Surface == bot.Clock && strings.HasPrefix(args, "check") {
			return bot.Reply{}, nil // nobody asked; the next reading asks again
		}
		return bot.Reply{}, err
	}
	if t.Args == strings.TrimSpace(t.Text) { // a question without the command's name
		args = followUp(args)
		if id, ok := strings.CutPrefix(t.Subject, subjectPrefix); ok && strings.HasPrefix(args, "by ") {
			args += " " + id
		}
	}
	word, rest, _ := strings.Cut(args, " ")
	word = strings.Trim(strings.ToLower(word), "?!.,")
	for _, p := range parts() {
		if slices.Contains(p.words, word) {
			return p.answer(h, ctx, t, strings.TrimSpace(rest))
		}
	}
	return bot.Reply{}, &bot.UserError{
		Text: fmt.Sprintf("I do not know what %q is of costs. There is: week, month, by service, why, owner, anomalies, forecast, budget, digest, rules, sources.", cut(word, 40)),
		Next: []bot.Action{{Label: "costs", Text: "costs"}, {Label: "costs anomalies", Text: "costs anomalies"}},
	}
}

// begin brings the book's rules up to what is remembered, and says so while there is nothing to answer from.
func (h *handler) begin(ctx context.Context, t *bot.Turn) error {
	switch state := h.book.far(); {
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
	return h.book.tryRules(ctx, rules)
}

// follows reports whether a request that does not begin with a command is a question about the cause that the conversation is about.
func (h *handler) follows(r bot.Request) bool {
	return strings.HasPrefix(r.Subject, subjectPrefix) && followUp(r.Text) != ""
}

// asks are the questions in a cause's thread, by how they begin, and what they ask of costs.
func asks() [][2]string {
	return [][2]string{
		{"why", "why"}, {"drill down", "why"}, {"details", "why"}, {"explain", "why"}, {"what changed", "why"}, {"what happened", "why"}, {"what is it made of", "why"},
		{"who owns", "owner"}, {"whose", "owner"}, {"owner", "owner"}, {"who takes care", "owner"}, {"who is on it", "owner"},
		{"is it still", "now"}, {"is this still", "now"}, {"still going on", "now"}, {"is it over", "now"}, {"is this over", "now"}, {"how much", "now"}, {"status", "now"},
		{"forecast", "forecast"}, {"anomalies", "anomalies"}, {"rules", "rules"}, {"budget", "budget"},
	}
}

// followUp is what a question in a cause's thread asks of costs; "" for one that asks nothing.
func followUp(text string) string {
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), "?!. "))
	if len(text) > 60 {
		return ""
	}
	if dimension, ok := strings.CutPrefix(text, "by "); ok && !strings.Contains(strings.TrimSpace(dimension), " ") {
		return text
	}
	for _, a := range asks() {
		rest, ok := strings.CutPrefix(text, a[0])
		if ok && (rest == "" || rest[0] == ' ' && (a[0] != "why" || strings.HasPrefix(rest, " is") || strings.HasPrefix(rest, " did") || strings.HasPrefix(rest, " does"))) {
			return a[1]
		}
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
