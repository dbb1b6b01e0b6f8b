package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
	protocol "shipmate/handlers/costs/score"
	"shipmate/integrations/focus"
	"shipmate/sandbox/billsim"
)

// maxReplays bounds how many bills are replayed through the ledger: one takes half a second.
const maxReplays = 10

// A OneOffReport counts the events of accounts that are owed to what is no usage. Bills are replayed as they came: each day's export goes into the ledger,
// and a day is judged once, when the ledger takes it for mature. An event is owed to something if it begins on its day and is not found in what the leaves
// of the bill cost in the end.
type OneOffReport struct {
	Bills    int `json:"bills"`
	Charges  int `json:"charges"`        // credits, purchases, taxes, refunds and corrections
	Alerts   int `json:"alerts"`         // begun on a day with such a charge
	Naive    int `json:"naive_alerts"`   // the same, were all charges taken for usage
	Restated int `json:"restated_days"`  // of leaves, overstated by more than half when they were judged
	Opened   int `json:"opened_by_them"` // events begun on such a day: nobody could know; they end as revised
	Other    int `json:"other_alerts"`   // events that neither explains: what was judged was not final
}

func oneOffReport(split billsim.Split, bills int) (OneOffReport, error) {
	r := OneOffReport{Bills: min(bills, maxReplays)}
	for seed := range r.Bills {
		b := billsim.Tree(uint64(seed), split)
		r.Charges += len(b.OneOffs)
		for _, s := range b.Restated {
			r.Restated += s.To - s.From + 1
		}
		judged, err := replay(b)
		if err != nil {
			return r, err
		}
		for account, amounts := range judged {
			final, all := accountAmounts(b, account)
			for _, day := range newEvents(b, final, amounts) {
				r.count(b, account, day)
			}
			for _, day := range newEvents(b, final, all) {
				if oneOffOn(b, account, day) {
					r.Naive++
				}
			}
		}
	}
	return r, nil
}

// count says what an event is owed to that began on a day.
func (r *OneOffReport) count(b *billsim.Bill, account string, day int) {
	switch {
	case oneOffOn(b, account, day):
		r.Alerts++
	case slices.ContainsFunc(b.Restated, func(s billsim.Restatement) bool {
		return b.Leaves[s.Leaf].Account == account && s.From <= day && day <= s.To+1
	}):
		r.Opened++
	default:
		r.Other++
	}
}

func oneOffOn(b *billsim.Bill, account string, day int) bool {
	return slices.ContainsFunc(b.OneOffs, func(o billsim.OneOff) bool { return o.Day == day && o.Account == account })
}

// newEvents are the first days of the events in a series of an account that are not events of what it cost in the end.
func newEvents(b *billsim.Bill, final, amounts []float64) (days []int) {
	first := civil.Of(b.First)
	there, _ := detected(first, final, detect.Options{})
	found, _ := detected(first, amounts, detect.Options{})
	for _, e := range found {
		if len(e) > 0 && !slices.ContainsFunc(there, func(o protocol.Event) bool { return near(o, e) }) {
			days = append(days, e[0])
		}
	}
	return days
}

// near reports whether two events share a day, or nearly.
func near(a, b protocol.Event) bool {
	return len(a) > 0 && len(b) > 0 && a[0] <= b[len(b)-1]+2 && b[0] <= a[len(a)-1]+2
}

// accountAmounts are what an account's leaves cost in the end by the day, and what its bill said in all.
func accountAmounts(b *billsim.Bill, account string) (final, all []float64) {
	final, all = make([]float64, b.Days), make([]float64, b.Days)
	for day := range b.Days {
		for n := range b.Leaves {
			if l := &b.Leaves[n]; l.Account == account {
				final[day] += l.Cost(day)
			}
		}
		for _, r := range b.Rows(day) {
			if r.Path.Account == account {
				all[day] += r.Billed
			}
		}
	}
	return final, all
}

// exportsEnd is after how many days a bill's day is exported for the last time.
const exportsEnd = 13

// replay feeds a bill to a ledger as it came, export by export, and returns what each account's days were when they were judged.
func replay(b *billsim.Bill) (map[string][]float64, error) {
	l := ledger.New(nil)
	first := civil.Of(b.First)
	amounts := map[string][]float64{}
	for n := range b.Leaves {
		amounts[b.Leaves[n].Account] = nil
	}
	next := 0 // day to be judged
	for asOf := 0; asOf < b.Days+exportsEnd; asOf++ {
		at := b.Day(asOf + 1).Add(6 * time.Hour)
		for day := max(0, asOf-exportsEnd); day <= min(asOf, b.Days-1); day++ {
			if err := export(l, b, day, asOf, at); err != nil {
				return nil, err
			}
		}
		curve := l.Curve("aws", at)
		for next < b.Days && next <= asOf && curve.At(first+civil.Day(next)) >= ledger.MatureAt {
			for account := range amounts {
				node := ledger.Node{Source: "aws", Currency: "USD", Account: account}
				s := l.Series(node, first+civil.Day(next), first+civil.Day(next), at)
				amounts[account] = append(amounts[account], float64(s.Micro[0])/1e6)
			}
			next++
		}
	}
	return amounts, nil
}

// export tells the ledger what a bill says of a day: each day until it is complete, and then every third, for restatements.
func export(l *ledger.Ledger, b *billsim.Bill, day, asOf int, at time.Time) error {
	if lag := asOf - day; lag > 1 && !b.Late || lag > 3 && lag%3 != 0 {
		return nil
	}
	batch := ledger.NewBatch("aws", b.Day(day).Format(time.DateOnly), at, nil)
	for _, r := range b.Known(day, asOf) {
		c := focus.Charge{
			Day: civil.Of(r.Day), Provider: "AWS", Account: r.Path.Account, Service: r.Path.Service, Region: r.Path.Region, Usage: r.Path.Usage,
			Category: focus.Category(r.Category), Correction: r.Correction, Frequency: r.Frequency, Currency: "USD",
			Effective: int64(math.Round(r.Effective * 1e6)), Billed: int64(math.Round(r.Billed * 1e6)), Quantity: r.Quantity, Unit: r.Unit,
		}
		if err := batch.Add(&c); err != nil {
			return fmt.Errorf("charge of %s: %w", r.Day.Format(time.DateOnly), err)
		}
	}
	if _, err := l.Apply(batch.Encode()); err != nil {
		return fmt.Errorf("export of %s: %w", at.Format(time.DateOnly), err)
	}
	return nil
}
