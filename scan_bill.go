package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	civil "shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
)

// smallestSeries is what a part of a bill has to cost on some day to be judged by itself.
const smallestSeries = 1

// scanInput is what there is to judge.
type scanInput struct {
	stats       focus.Stats
	after       int64 // charges of days after --as-of
	series      []scanSeries
	first, last civil.Day // of all series; last is before first when there are none
	currencies  []string
}

// A scanSeries is one series of daily amounts.
type scanSeries struct {
	name     string
	node     ledger.Node // the zero Node when it is no part of a bill's tree
	currency string
	tagged   bool                                                    // it is of a tag's value: what it says, the tree says, too
	amounts  func() (first civil.Day, amounts []float64, fresh bool) // NaN where nothing is known; fresh: there were days before, without it
}

// readBills adds up what bills say.
func (p program) readBills(ctx context.Context, paths []string, o scanOptions) (*scanInput, error) {
	in := &scanInput{last: -1}
	b := &billReader{options: o, in: in, ledger: ledger.New(o.tags)}
	progress := func(file string, rows int64) { fmt.Fprintf(p.err, "%s: %d rows …\n", bot.CleanLine(file), rows) }
	for i, path := range paths {
		b.source = 0
		b.object(fmt.Sprintf("%d %s", i, path))
		stats, err := focus.Read(ctx, path, focus.Options{Tags: o.tags, Progress: progress}, b.charge)
		if err == nil {
			err = b.apply()
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, errInput{err}
		}
		for _, ignored := range stats.Ignored {
			fmt.Fprintf(p.err, "%s is not read: %s\n", bot.CleanLine(filepath.Join(path, ignored.Name)), ignored.Why)
		}
		in.stats.Add(stats)
	}
	return in, b.list()
}

// mostCells is how much is added up before the ledger takes it over: there it needs less memory, and for a moment both have it.
const mostCells = 500_000

// A billReader adds up charges in a ledger.
type billReader struct {
	options scanOptions
	in      *scanInput
	ledger  *ledger.Ledger
	batch   *ledger.Batch
	name    string
	source  int
}

// scanSource is what the ledger calls the bills.
const scanSource = "bill"

func (b *billReader) object(name string) {
	b.name = name
	b.batch = ledger.NewBatch(scanSource, fmt.Sprintf("%s %d", name, b.source), time.Unix(0, 0), b.options.tags)
	b.source++
}

// charge adds a charge; what the ledger does not take is counted as rejected.
func (b *billReader) charge(c *focus.Charge) error {
	if b.options.until != 0 && c.Day > b.options.until {
		b.in.after++
		return nil
	}
	if b.batch.Cells() >= mostCells {
		if err := b.apply(); err != nil {
			return err
		}
		b.object(b.name)
	}
	err := b.batch.Add(c)
	if errors.Is(err, ledger.ErrRows) {
		if err := b.apply(); err != nil {
			return err
		}
		b.object(b.name)
		err = b.batch.Add(c)
	}
	if err != nil {
		b.in.stats.Add(focus.Stats{Rejected: map[string]focus.Count{err.Error(): {Rows: 1, First: c.Day.String() + " " + c.Service}}})
	}
	return nil
}

func (b *billReader) apply() error {
	data := b.batch.Encode()
	b.batch = nil // it may be large
	_, err := b.ledger.Apply(data)
	return err
}

// list makes series of what was added up.
func (b *billReader) list() error {
	first, last, ok := b.ledger.Days(scanSource, time.Time{})
	if !ok {
		return errInput{errors.New("there is no usage in what was read")}
	}
	b.in.first, b.in.last = first, last
	nodes := b.ledger.Nodes(smallestSeries)
	seen := map[string]bool{}
	for _, n := range nodes {
		seen[n.Currency] = true
	}
	b.in.currencies = slices.Sorted(maps.Keys(seen))
	for _, n := range nodes {
		b.in.series = append(b.in.series, scanSeries{
			name: b.in.nameOf(n), node: n, currency: n.Currency,
			amounts: func() (civil.Day, []float64, bool) {
				s := b.ledger.Series(n, first, last, time.Time{})
				return trimmed(s)
			},
		})
	}
	for _, tag := range b.options.tags {
		b.tagged(tag)
	}
	return nil
}

// nameOf is a node's path, with its currency where there are several.
func (in *scanInput) nameOf(n ledger.Node) string {
	name := "total"
	if n.Depth() > 0 {
		var parts []string
		for _, part := range []string{n.Account, n.Service, n.Region, n.Usage}[:n.Depth()] {
			parts = append(parts, strings.ReplaceAll(strings.ReplaceAll(part, "%", "%25"), "/", "%2F"))
		}
		name = strings.Join(parts, "/")
	}
	if len(in.currencies) > 1 {
		name = n.Currency + " " + name
	}
	return name
}

// tagged adds a series for each value of a tag.
func (b *billReader) tagged(tag string) {
	type value struct{ currency, tag string }
	sums := map[value]*ledger.Series{}
	for _, currency := range b.in.currencies {
		total := ledger.Node{Source: scanSource, Currency: currency}
		known := b.ledger.Series(total, b.in.first, b.in.last, time.Time{})
		for _, leaf := range b.ledger.Leaves(total, b.in.first, b.in.last, time.Time{}) {
			v := value{currency, leaf.Key.Tag(tag)}
			if v.tag == "" {
				v.tag = ledger.None
			}
			s := sums[v]
			if s == nil {
				s = &ledger.Series{From: known.From, Micro: make([]int64, len(known.Micro)), Known: known.Known}
				sums[v] = s
			}
			for i, micro := range leaf.Micro {
				s.Micro[i] += micro
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(x, y value) int { return strings.Compare(x.currency+x.tag, y.currency+y.tag) })
	for _, v := range keys {
		if s := sums[v]; slices.Max(s.Micro) >= smallestSeries*1e6 {
			name := tag + "=" + v.tag
			if len(b.in.currencies) > 1 {
				name = v.currency + " " + name
			}
			b.in.series = append(b.in.series, scanSeries{name: name, currency: v.currency, tagged: true, amounts: func() (civil.Day, []float64, bool) { return trimmed(*s) }})
		}
	}
}
