package costs

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
)

// An office is a channel in which costs are told, with the bill behind it, day by day.
type office struct {
	t       *testing.T
	bot     *bot.Bot
	book    *Book
	today   day.Day
	now     time.Time // zero: noon of today
	asked   int
	cards   map[string]string // what stands in the channel, by card
	threads map[string][]string
	posted  int // cards that were new
	edited  int
	kept    [][]byte // what the bill said, in order
	bill    string   // that segments are of
}

const (
	firstDay = 20000 // of the bills here, a Wednesday
	account  = "111122223333"
)

// newOffice has read a year of a bill in which the parts cost what cost says, up to the day before yesterday.
func newOffice(t *testing.T, cost func(d day.Day) map[string]float64) *office {
	t.Helper()
	o := &office{t: t, bill: "aws", today: firstDay + 367, cards: map[string]string{}, threads: map[string][]string{}}
	options := Options{Channel: "C0FINOPS", Tags: []string{"team"}, Names: map[string]string{account: "payments-prod"}, Now: func() time.Time { return o.clock() }}
	o.book = NewBook(options, slog.New(slog.DiscardHandler))
	o.book.SetStatus("aws", Status{Kind: "files", Read: o.clock()})
	access := func(_ context.Context, r bot.Request) (bot.Role, error) {
		return map[string]bot.Role{"UOPS": bot.Operator}[r.From.ID] | bot.Viewer, nil
	}
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Slack: access, bot.Clock: access}, slog.New(slog.DiscardHandler), Commands(o.book, nil, nil, options)...)
	if err != nil {
		t.Fatal(err)
	}
	o.bot = &bot.Bot{Router: router, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)}
	var all [][]byte
	for d := day.Day(firstDay); d < o.today-1; d++ {
		all = append(all, o.segment(d, cost(d)))
	}
	if err := o.book.Apply(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	o.book.Ready()
	return o
}

// clock is noon of today, or what is set.
func (o *office) clock() time.Time {
	if !o.now.IsZero() {
		return o.now
	}
	return o.today.Time().Add(12 * time.Hour)
}

// segment is what the bill says of a day today: services by name, "service/usage" for another usage type than Usage,
// "b:service" for another account.
func (o *office) segment(d day.Day, parts map[string]float64) []byte {
	o.t.Helper()
	batch := ledger.NewBatch(o.bill, d.String(), o.clock(), []string{"team"})
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		where, what := account, name
		if rest, ok := strings.CutPrefix(name, "b:"); ok {
			where, what = "444455556666", rest
		}
		service, usage, ok := strings.Cut(what, "/")
		if !ok {
			usage = "Usage"
		}
		c := focus.Charge{
			Day: d, Provider: "AWS", Account: where, Service: service, Region: "eu-west-1", Usage: usage, Category: focus.Usage, Currency: "USD",
			Effective: int64(parts[name] * 1e6), Billed: int64(parts[name] * 1e6), Quantity: parts[name] * 20, Unit: "GB", Tags: []focus.Tag{{Key: "team", Value: "net"}},
		}
		if err := batch.Add(&c); err != nil {
			o.t.Fatal(err)
		}
	}
	data := batch.Encode()
	o.kept = append(o.kept, data)
	return data
}

// next is tomorrow: the bill says what another day cost, and restates earlier ones, and the bot is asked what is new.
func (o *office) next(parts map[string]float64, restated ...map[day.Day]map[string]float64) {
	o.t.Helper()
	o.today++
	all := [][]byte{o.segment(o.today-2, parts)}
	for _, r := range restated {
		for _, d := range slices.Sorted(maps.Keys(r)) {
			all = append(all, o.segment(d, r[d]))
		}
	}
	if err := o.book.Apply(o.t.Context(), all...); err != nil {
		o.t.Fatal(err)
	}
	o.check()
}

// check asks what is new, as the reader of bills does.
func (o *office) check() {
	o.t.Helper()
	o.ask(bot.Request{Kind: bot.Tick, From: bot.Actor{Surface: bot.Clock, ID: "bills"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C0FINOPS"}, Text: "costs check"})
}

// says asks as somebody with the role operator, in the thread of a card; "" asks in the channel.
func (o *office) says(thread, text string) string {
	o.t.Helper()
	subject := ""
	if thread != "" {
		subject = subjectPrefix + o.id()
	}
	return bot.PlainText(o.ask(bot.Request{
		Subject: subject, Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UOPS", Name: "Ada"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C0FINOPS", Thread: thread}, Text: text,
	}), true)
}

// ask makes a turn and shows what it plans.
func (o *office) ask(r bot.Request) bot.Reply {
	o.t.Helper()
	o.asked++
	r.ID, r.Time = fmt.Sprint("ask", o.asked), o.clock()
	reply, err := o.bot.Turn(o.t.Context(), r, nil)
	if err != nil && !strings.Contains(err.Error(), " ") {
		o.t.Fatal(err)
	}
	for _, p := range reply.Also {
		o.show(p)
	}
	return reply
}

func (o *office) show(p bot.Post) {
	o.t.Helper()
	text := bot.PlainText(p.Reply, true)
	if p.Reply.Card == "" {
		o.threads[p.To.Thread] = append(o.threads[p.To.Thread], text)
		return
	}
	_, known := o.cards[p.Reply.Card]
	o.cards[p.Reply.Card] = text
	if known {
		o.edited++
		return
	}
	o.posted++
	thread := fmt.Sprint("ts", o.posted)
	answer := o.ask(bot.Request{Kind: bot.Tick, From: bot.Actor{Surface: bot.Clock, ID: "bills"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C0FINOPS", Thread: thread}, Subject: p.Reply.Subject, Text: p.Then})
	o.threads[thread] = append(o.threads[thread], bot.PlainText(answer, true))
}

// card is the only card there is.
func (o *office) card() string {
	o.t.Helper()
	if len(o.cards) != 1 {
		o.t.Fatalf("%d cards, want one: %q", len(o.cards), o.cards)
	}
	for _, text := range o.cards {
		return text
	}
	return ""
}

// id is the name of the anomaly of the only card.
func (o *office) id() string {
	o.t.Helper()
	for name := range o.cards {
		return strings.TrimPrefix(name, "cost ")
	}
	o.t.Fatal("no card")
	return ""
}

func (o *office) wants(what, text string, parts ...string) {
	o.t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			o.t.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}

// wobble is a bill's ordinary unrest: a few per cent, the same for the same day.
func wobble(d day.Day) float64 { return 1 + .04*float64((int(d)*7919)%11-5)/5 }

// usual is what the parts cost on an ordinary day; more goes on top of NAT gateways.
func usual(d day.Day, more float64) map[string]float64 {
	return map[string]float64{"Data Transfer/NAT-Bytes": 40*wobble(d+3) + more, "Data Transfer/Out-Bytes": 20 * wobble(d), "Compute": 300 * wobble(d+1), "Storage": 90 * wobble(d+2)}
}

// ordinaryOffice has a bill in which nothing happens.
func ordinaryOffice(t *testing.T) *office {
	t.Helper()
	return newOffice(t, func(d day.Day) map[string]float64 { return usual(d, 0) })
}

// oddOffice has told one anomaly: NAT gateways cost $200 more on the latest complete day.
func oddOffice(t *testing.T) *office {
	t.Helper()
	o := ordinaryOffice(t)
	o.check()
	o.next(usual(o.today-1, 200))
	return o
}

func TestAnOrdinaryBillIsSilent(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.check()
	for range 20 {
		o.next(usual(o.today-1, 0))
	}
	if len(o.cards) > 0 || len(o.threads) > 0 {
		t.Fatalf("said %q %q", o.cards, o.threads)
	}
	o.wants("the answer", o.says("", "costs anomalies"), "Nothing unusual goes on. Checked", "data to "+(o.today-2).Short())
}

func TestOneThreadForACause(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	o.wants("the card", o.card(), "Data Transfer, payments-prod: $2", "NAT-Bytes, eu-west-1, account payments-prod (111122223333), owner net. Same price", "1 day", "in 30 days if it stays", "Data complete to "+(o.today-2).Short())
	o.wants("the thread", o.threads["ts1"][0], "Why it counts: single days are beyond the range")
	o.wants("the answer", o.says("ts1", "costs why "+o.id()), "What the +$199 of "+(o.today-2).Short()+" is made of: Data Transfer, payments-prod", "NAT-Bytes, eu-west-1 —")
	for range 4 {
		o.next(usual(o.today-1, 200))
	}
	if lines := len(o.threads["ts1"]); o.posted != 1 || o.edited != 4 || lines < 3 || lines > 5 {
		t.Errorf("%d cards, %d edits, %d lines in the thread, want one, an edit a day and a line each time it grew by half:\n%s", o.posted, o.edited, lines, o.threads["ts1"])
	}
	o.check()
	if o.edited != 4 {
		t.Error("a check without news edits the card")
	}
	for range 4 {
		o.next(usual(o.today-1, 0))
	}
	o.wants("the card", o.card(), "Over: ordinary again since", "5 days", "in all")
	last := o.threads["ts1"][len(o.threads["ts1"])-1]
	o.wants("the last line", last, "Over: ordinary again since", "It cost +$99")
	if o.posted != 1 {
		t.Errorf("%d cards for one cause", o.posted)
	}
}

// Money that is back is no anomaly: the card says so, and nothing remains.
func TestRestatedBill(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	odd := o.today - 2
	o.next(usual(o.today-1, 0), map[day.Day]map[string]float64{odd: usual(odd, 0)})
	o.wants("the card", o.card(), "Revised: the bill was restated")
	o.wants("the line", o.threads["ts1"][len(o.threads["ts1"])-1], "Revised")
	// An old day that becomes dearer later is no news of today.
	for range 3 {
		o.next(usual(o.today-1, 0))
	}
	o.next(usual(o.today-1, 0), map[day.Day]map[string]float64{o.today - 40: usual(o.today-40, 300)})
	if o.posted != 1 {
		t.Errorf("%d cards: %q", o.posted, o.cards)
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	o := oddOffice(t)
	id := o.id()
	o.wants("the question", o.says("ts1", "anomaly "+id+" expected"), "Until when is it expected?", "anomaly "+id+" expected until "+(o.today+7).String())
	o.wants("the answer", o.says("ts1", fmt.Sprintf("anomaly %s expected until %s", id, o.today+7)), "Expected until "+(o.today+7).Short()+", says Ada.", "anomaly undo r")
	o.wants("the card", o.card(), "Expected until "+(o.today+7).Short()+", says Ada.")
	lines := len(o.threads["ts1"])
	for range 5 {
		o.next(usual(o.today-1, 200))
	}
	if len(o.threads["ts1"]) != lines || o.posted != 1 {
		t.Errorf("it is expected, and yet there are new lines: %q", o.threads["ts1"][lines:])
	}
	list := o.says("", "costs rules")
	o.wants("the rules", list, "1 rule holds", "Data Transfer, payments-prod", "anomaly undo r")
	undo := list[strings.Index(list, "anomaly undo "):]
	o.wants("the answer", o.says("", strings.Fields(undo)[0]+" undo "+strings.Fields(undo)[2]), "Taken back")
	o.wants("the card", o.card(), "so far, about")
	o.wants("the rules", o.says("", "costs rules"), "No rule")
	o.wants("the answer", o.says("", "anomaly "+id+" normal"), "The new normal since")
	o.wants("the card", o.card(), "The new normal since", "Ordinary was")
	for range 5 {
		o.next(usual(o.today-1, 200))
	}
	if o.posted != 1 {
		t.Errorf("%d cards: %q", o.posted, o.cards)
	}
	o.wants("the assignment", o.says("ts1", "anomaly "+id+" assign me"), "Ada takes care of it")
	o.wants("the card", o.card(), "Assigned to Ada.")
}

func TestNotUsefulRaisesTheGates(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.check()
	o.next(usual(o.today-1, 14))
	id := o.id()
	o.wants("the answer", o.says("ts1", "anomaly "+id+" noise"), "need 1.5 times as much until "+(o.today+90).Short())
	for range 3 {
		o.next(usual(o.today-1, 0))
	}
	lines := len(o.threads["ts1"])
	o.next(usual(o.today-1, 14))
	if o.posted != 1 || len(o.threads["ts1"]) != lines {
		t.Errorf("%d cards, %q: the gates are raised, and the same is told again", o.posted, o.threads["ts1"][lines:])
	}
	for range 3 {
		o.next(usual(o.today-1, 0))
	}
	o.next(usual(o.today-1, 60))
	if o.posted+len(o.threads["ts1"]) == 1+lines {
		t.Errorf("four times as much is not told; %s", o.says("", "costs anomalies"))
	}
}

// Whoever may only ask decides nothing.
func TestFeedbackNeedsARole(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.next(usual(o.today-1, 200))
	reply, err := o.bot.Turn(t.Context(), bot.Request{ID: "x", Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "UANN"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1"}, Text: "anomaly " + o.id() + " normal", Time: o.clock()}, nil)
	if err == nil || !strings.Contains(bot.PlainText(reply, true), "needs the role operator") {
		t.Errorf("%v: %s", err, bot.PlainText(reply, true))
	}
}

// The same bill read by a program that was started anew says the same.
func TestRestartSaysTheSame(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	var all [][]byte
	for d := day.Day(firstDay); d < o.today-1; d++ {
		all = append(all, o.segment(d, usual(d, 0)))
	}
	o.check()
	for i := range 12 {
		more := 0.
		if i >= 3 && i < 9 {
			more = 150
		}
		o.today++
		all = append(all, o.segment(o.today-2, usual(o.today-2, more)))
		if err := o.book.Apply(t.Context(), all[len(all)-1]); err != nil {
			t.Fatal(err)
		}
	}
	again := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	if err := again.Apply(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", o.book.Causes()), fmt.Sprintf("%+v", again.Causes()); a != b || len(o.book.Causes()) != 1 {
		t.Errorf("after a restart it says\n%s\nbefore it said\n%s", b, a)
	}
}

// What is known of the past only later, as from an interface that is asked for a month a day, counts as if it had been known at once.
func TestHistoryThatComesLater(t *testing.T) {
	t.Parallel()
	o := ordinaryOffice(t)
	o.next(usual(o.today-1, 200))
	want := fmt.Sprintf("%+v", o.book.Causes())
	book := NewBook(o.book.options, slog.New(slog.DiscardHandler))
	last := o.today - 2
	for _, days := range [][2]day.Day{{last - 13, last}, {last - 100, last - 14}, {firstDay, last - 101}} {
		o.today++ // what is read on one day
		var all [][]byte
		for d := days[0]; d <= days[1]; d++ {
			more := 0.
			if d == last {
				more = 200
			}
			all = append(all, o.segment(d, usual(d, more)))
		}
		if err := book.Apply(t.Context(), all...); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprintf("%+v", book.Causes()); got != want || want == "[]" {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
