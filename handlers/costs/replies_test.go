package costs

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/bot/day"
	"shipmate/sandbox/billsim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// demo is a bot that has read the made-up bill, two days after its last day.
func demo(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, bill: "aws", today: lastDay + 2, cards: map[string]string{}, threads: map[string][]string{}}
	options := Options{
		Channel: "C0FINOPS", Tags: []string{"team"}, TellShare: DefaultTellShare, Now: func() time.Time { return o.clock() },
		Budgets: []Budget{{Name: "the whole cloud", Month: 110_000}, {Name: "data platform", Account: "data-platform", Month: 30_000}, {Name: "the moon", Service: "Moon", Month: 5}},
	}
	o.book = fill(t, billsim.Demo(lastDay.Time()), options)
	o.book.SetStatus("aws", Status{Kind: "files", Read: o.clock().Add(-time.Hour), Objects: 12, Rows: 123_456, Rejected: map[string]int{"no currency": 1}})
	access := func(context.Context, bot.Request) (bot.Role, error) { return bot.Operator, nil }
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Slack: access, bot.Clock: access}, slog.New(slog.DiscardHandler), Commands(o.book, nil, nil, options)...)
	if err != nil {
		t.Fatal(err)
	}
	o.bot = &bot.Bot{Router: router, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)}
	return o
}

// The main replies about a bill that is made up, word by word. They are rewritten with -update.
func TestReplies(t *testing.T) {
	t.Parallel()
	o := demo(t)
	first := o.book.Causes()[0].ID
	var b strings.Builder
	for _, text := range []string{
		"costs", "costs week", "costs month", "costs by account", "costs by team month", "costs anomalies", "costs why " + first, "costs by account " + first,
		"costs owner " + first, "costs now " + first, "costs why ec2", "costs forecast", "costs budget", "costs digest", "costs sources", "costs check",
		"anomaly " + first, "anomaly " + first + " expected", "anomaly " + first + " assign @ada", "anomaly " + first + " noise", "costs rules",
		"costs nonsense", "costs why nonsense", "anomaly nonsense", "anomaly", "anomaly undo nonsense", "anomaly " + first + " expected until soon",
	} {
		reply := o.ask(bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UOPS", Name: "Ada"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C0FINOPS"}, Text: text})
		sound(t, text, reply)
		fmt.Fprintf(&b, "-- %s --\n%s\n", text, strings.TrimSpace(bot.PlainText(reply, true)))
		for _, p := range reply.Also {
			sound(t, text+", also", p.Reply)
			fmt.Fprintf(&b, "(also in %s%s)\n%s\n", p.To.Channel, p.To.Thread, strings.TrimSpace(bot.PlainText(p.Reply, true)))
		}
	}
	path := filepath.Join("testdata", "replies.txtar")
	got := rule.ReplaceAllString(b.String(), "r000000") // they are made of the time
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the replies are not those of %s; look at what changed, and rewrite it with -update:\n%s", path, firstDifference(string(want), got))
	}
}

var rule = regexp.MustCompile(`\br[0-9a-f]{6}\b`)

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines instead of %d", len(b), len(a))
}

// sound reports what no reply about costs may have.
func sound(t *testing.T, what string, r bot.Reply) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	text := bot.PlainText(r, true)
	for _, bad := range []string{"NaN", "Inf", "$?", "$-", "+-", "--", "%!", "$0 expected", "against $0", "in 0 days", " 1 days", " 1 files", " 1 rows", "  ("} {
		if strings.Contains(text, bad) {
			t.Errorf("%s says %q:\n%s", what, bad, text)
		}
	}
	if n := len([]rune(r.Title)); n > 150 || n == 0 {
		t.Errorf("%s has a title of %d characters: %s", what, n, r.Title)
	}
	for _, b := range r.Blocks {
		if c, ok := b.(bot.Chart); ok {
			if err := c.Check(); err != nil {
				t.Errorf("%s: its chart: %v", what, err)
			}
		}
	}
	if len(data) > 1<<20 {
		t.Errorf("%s has %d bytes", what, len(data))
	}
}

// Whatever a bill holds, every reply can be shown.
func TestRepliesAboutOddBills(t *testing.T) {
	t.Parallel()
	steady := func(parts map[string]float64) func(day.Day) map[string]float64 {
		return func(day.Day) map[string]float64 { return parts }
	}
	for name, cost := range map[string]func(day.Day) map[string]float64{
		"nothing": steady(map[string]float64{"A": 0}), "one service": steady(map[string]float64{"A": 5}), "below nothing": steady(map[string]float64{"A": -500, "B": -3}),
		"huge": steady(map[string]float64{"A": 3e9, "B": 1e-6}), "wild": func(d day.Day) map[string]float64 {
			return map[string]float64{"A": math.Pow(10, float64(int(d)%10)) - 1e5}
		},
		"young": func(d day.Day) map[string]float64 {
			if d < firstDay+350 {
				return nil
			}
			return map[string]float64{"A": 50}
		},
		"gaps": func(d day.Day) map[string]float64 {
			if d%3 == 0 {
				return nil
			}
			return map[string]float64{"A": 50, "B": float64(d % 7)}
		},
		"bursts": func(d day.Day) map[string]float64 {
			return map[string]float64{"A": map[bool]float64{true: 900, false: 1}[d%50 == 0], "B": 1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, cost)
			o.book.options.Budgets = []Budget{{Name: "all", Month: 100}}
			for _, extra := range []float64{0, 700} {
				parts := map[string]float64{"A": extra}
				for k, v := range cost(o.today - 1) {
					parts[k] += v
				}
				o.next(parts)
				for _, text := range []string{"costs", "costs week", "costs month", "costs by region", "costs anomalies all", "costs why", "costs why a", "costs forecast", "costs budget", "costs digest", "costs check", "costs sources"} {
					reply := o.ask(bot.Request{Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UOPS"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1"}, Text: text})
					sound(t, text, reply)
					for _, p := range reply.Also {
						sound(t, text, p.Reply)
					}
				}
			}
		})
	}
}

// Silence about a bill that has stopped is no good news, and nobody takes it for that.
func TestABillThatStops(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	for range 10 {
		o.next(usual(o.today-1, 0))
	}
	last := (o.today - 2).Short()
	if text := o.says("", "costs digest"); strings.Contains(text, "old") || strings.Contains(text, "Old") {
		t.Errorf("it is as old as it always is:\n%s", text)
	}
	o.today += 3
	for _, text := range []string{"costs digest", "costs", "costs anomalies", "costs sources", "costs check"} {
		o.wants(text, o.says("", text), "aws has no complete day after "+last+", 5 days ago; usually the next one is there after 3 days.")
	}
	o.wants("the digest", o.says("", "costs digest"), "data to "+last+", 5 days old")
}

// A month is compared with as many days, whatever the months' lengths.
func TestMonthsOfDifferentLength(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		last day.Day
		want string
	}{
		{day.Date(2026, 3, 31), "1–31 Mar: $3,100, +$0 (0 %) against 29 Jan – 28 Feb"},
		{day.Date(2026, 3, 28), "1–28 Mar: $2,800, +$0 (0 %) against 1–28 Feb"},
		{day.Date(2024, 2, 29), "1–29 Feb: $2,900, +$0 (0 %) against 1–29 Jan"},
		{day.Date(2024, 3, 31), "1–31 Mar: $3,100, +$0 (0 %) against 30 Jan – 29 Feb"},
		{day.Date(2026, 1, 31), "1–31 Jan: $3,100, +$0 (0 %) against 1–31 Dec"},
		{day.Date(2026, 12, 1), "1 Dec: $100, +$0 (0 %) against 1 Nov"},
	} {
		o := &office{t: t, bill: "aws", today: tt.last + 2, cards: map[string]string{}}
		b := NewBook(Options{Now: func() time.Time { return o.clock() }}, slog.New(slog.DiscardHandler))
		var all [][]byte
		for d := tt.last - 100; d <= tt.last; d++ {
			all = append(all, o.segment(d, map[string]float64{"A": 100}))
		}
		if err := b.Apply(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		h := &handler{book: b, names: names{b.accountName}, now: o.clock}
		r, err := h.month(t.Context(), nil, "")
		if err != nil || !strings.HasSuffix(r.Title, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.last, r.Title, err, tt.want)
		}
	}
}

// In a cause's thread people ask as they speak.
func TestQuestionsInAThread(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	for question, want := range map[string]string{
		"why?": "is made of: Data Transfer", "What changed?": "is made of: Data Transfer", "who owns this?": "Data Transfer, payments-prod belongs to net",
		"by account": "Data Transfer, payments-prod by account", "by usage": "NAT-Bytes", "is it still going on?": "As far as is known, it goes on.", "forecast": "will come to",
		"Whose is it?": "belongs to net",
	} {
		o.wants(question, o.says("ts1", question), want)
	}
	for _, chatter := range []string{"why not ask Bob", "by the way, lunch?", "thanks", "who owns the coffee machine on the third floor of the old building, anyway", "how"} {
		if got := followUp(chatter); got != "" {
			t.Errorf("%q is taken for %q", chatter, got)
		}
	}
}

// Two bills of one account tell what they have in common once.
func TestTheSameBillTwice(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.bill = "aws-api"
	var all [][]byte
	for d := day.Day(firstDay); d < o.today-1; d++ {
		all = append(all, o.segment(d, usual(d, 0)))
	}
	for _, more := range []float64{200, 200, 200} {
		o.today++
		o.bill = "aws"
		all = append(all, o.segment(o.today-2, usual(o.today-2, more)))
		o.bill = "aws-api"
		all = append(all, o.segment(o.today-2, usual(o.today-2, .97*more)))
		if err := o.book.Apply(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		all = nil
		o.check()
	}
	if o.posted != 1 {
		t.Errorf("%d cards: %q", o.posted, o.cards)
	}
	o.wants("the answer", o.says("", "costs anomalies"), "Data Transfer, payments-prod (aws)", "Data Transfer, payments-prod (aws-api)")
}

// A budget of a young bill goes on as its days so far; what fits nothing is not kept.
func TestBudgetOfAYoungBill(t *testing.T) {
	t.Parallel()
	o := &office{t: t, bill: "aws", today: day.Date(2026, 11, 12), cards: map[string]string{}}
	b := NewBook(Options{Now: func() time.Time { return o.clock() }, Budgets: []Budget{{Name: "all", Month: 2000}, {Name: "moon", Service: "Moon", Month: 5}}}, slog.New(slog.DiscardHandler))
	var all [][]byte
	for d := day.Date(2026, 11, 1); d <= o.today-2; d++ {
		all = append(all, o.segment(d, map[string]float64{"A": 100}))
	}
	if err := b.Apply(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	h := &handler{book: b, options: b.options, names: names{b.accountName}, now: o.clock}
	r, err := h.budget(t.Context(), nil, "")
	text := bot.PlainText(r, true)
	if err != nil || !strings.Contains(text, "0 of 1 budget will be kept") || !strings.Contains(text, "$3,000 (150 %)") {
		t.Errorf("%v\n%s", err, text)
	}
}
