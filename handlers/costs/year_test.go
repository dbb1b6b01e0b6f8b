package costs

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/sandbox/billsim"
)

// live has a bot read a made-up bill day by day, each day as the bill has it then, and the last five once more; it begins when there are some days.
func live(t *testing.T, bill *billsim.Bill, begin int) (o *office, heard []string) {
	t.Helper()
	first := day.Of(bill.First)
	o = &office{t: t, cards: map[string]string{}, threads: map[string][]string{}}
	options := Options{Channel: "C0FINOPS", Tags: []string{"team"}, TellShare: DefaultTellShare, Now: func() time.Time { return o.clock() }}
	o.book = NewBook(options, slog.New(slog.DiscardHandler))
	o.book.SetStatus("aws", Status{Kind: "files"})
	o.book.Ready()
	access := func(context.Context, bot.Request) (bot.Role, error) { return bot.Operator, nil }
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Slack: access, bot.Clock: access}, slog.New(slog.DiscardHandler), Commands(o.book, nil, nil, options)...)
	if err != nil {
		t.Fatal(err)
	}
	o.bot = &bot.Bot{Router: router, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)}
	for now := begin; now < bill.Days; now++ {
		o.today = first + day.Day(now) + 1
		from := max(now-5, 0)
		if now == begin {
			from = 0
		}
		var all [][]byte
		for d := from; d <= now; d++ {
			batch := ledger.NewBatch("aws", fmt.Sprint("day ", d), o.clock(), options.Tags)
			for _, r := range bill.Known(d, now) {
				if err := batch.Add(charge(r)); err != nil {
					t.Fatal(err)
				}
			}
			all = append(all, batch.Encode())
		}
		o.kept = append(o.kept, all...)
		if err := o.book.Apply(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
		o.check()
	}
	for _, card := range o.cards {
		title, _, _ := strings.Cut(card, ":")
		heard = append(heard, title)
	}
	slices.Sort(heard)
	return o, heard
}

// A year of the made-up bill, read day by day, is a card for each thing that happens in it, and one for a fee that is new to the bot.
func TestAYearDayByDay(t *testing.T) {
	t.Parallel()
	o, heard := live(t, billsim.Demo(lastDay.Time()), 240)
	want := []string{"AWS Data Transfer, payments-prod", "AWS Lambda, web-prod", "Amazon Bedrock, data-platform", "Amazon Relational Database Service, payments-prod"}
	if !slices.Equal(heard, want) {
		t.Errorf("it tells %q, want %q", heard, want)
	}
	if o.edited > 60 {
		t.Errorf("%d edits of %d cards", o.edited, len(o.cards))
	}
	again := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	if err := again.Apply(t.Context(), o.kept...); err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", o.book.Causes()), fmt.Sprintf("%+v", again.Causes()); a != b {
		t.Errorf("after a restart it says\n%s\nbefore it said\n%s", b, a)
	}
}

// What a thread is told makes sense, whatever happens in a bill.
func TestThreadsOfMadeUpBills(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1) {
		o, _ := live(t, billsim.Tree(seed, billsim.Development), 310)
		for thread, lines := range o.threads {
			for _, line := range lines {
				if strings.Contains(line, "about $0 ") || strings.Contains(line, "NaN") || strings.Contains(line, "+-") {
					t.Errorf("bill %d, %s: %s", seed, thread, line)
				}
			}
		}
	}
}
