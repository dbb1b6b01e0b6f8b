package costs

import (
	"log/slog"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
	"shipmate/sandbox/billsim"
)

// lastDay is the last day of the bills in these tests.
var lastDay = day.Date(2026, 11, 21)

// charge is a row of the generator as a bill's reader would hand it out.
func charge(r billsim.Row) *focus.Charge {
	c := &focus.Charge{
		Day: day.Of(r.Day), Provider: "AWS", Account: r.Path.Account, AccountName: r.AccountName, Service: r.Path.Service, Region: r.Path.Region, Usage: r.Path.Usage,
		Category: focus.Category(r.Category), Correction: r.Correction, Currency: "USD", Effective: int64(r.Effective * 1e6), Billed: int64(r.Billed * 1e6),
		Quantity: r.Quantity, Unit: r.Unit, Tags: []focus.Tag{{Key: "team", Value: r.Team}},
	}
	return c
}

// fill has a book read all of a bill at once, two days after its last day.
func fill(t testing.TB, bill *billsim.Bill, o Options) *Book {
	t.Helper()
	o.Tags = []string{"team"}
	b := NewBook(o, slog.New(slog.DiscardHandler))
	b.SetStatus("aws", Status{Kind: "files", Read: lastDay.Time()})
	batch := ledger.NewBatch("aws", "all", lastDay.Time().AddDate(0, 0, 3), o.Tags)
	for d := range bill.Days {
		for _, r := range bill.Rows(d) {
			if err := batch.Add(charge(r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Apply(t.Context(), batch.Encode()); err != nil {
		t.Fatal(err)
	}
	b.Ready()
	return b
}

func TestDemoLook(t *testing.T) {
	start := time.Now()
	b := fill(t, billsim.Demo(lastDay.Time()), Options{})
	t.Log(time.Since(start))
	h := &handler{book: b, now: func() time.Time { return lastDay.Time().AddDate(0, 0, 3) }, names: names{b.accountName}}
	for _, c := range b.Causes() {
		t.Logf("%+v", c.headline(h.names))
		if c.open() {
			t.Log("\n" + bot.PlainText(h.draw(c, told{}), true))
		}
	}
}

func BenchmarkCauses(b *testing.B) {
	book := fill(b, billsim.Demo(lastDay.Time()), Options{})
	for b.Loop() {
		book.Causes()
	}
}
