package main

import (
	"bufio"

	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	civil "shipmate/bot/day"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
	"shipmate/sandbox"
	"shipmate/state"
	"shipmate/state/segments"
)

// A madeBill has 8,000 usage types, which makes 9,809 series, and ends on the day before last.
type madeBill struct{ first, last civil.Day }

func yearTo(last civil.Day) madeBill { return madeBill{last - 364, last} }

const madeLeaves = 8 * 25 * 8 * 5

// charge is what the i-th usage type costs on a day; version 0 is what was said of it first.
func (madeBill) charge(i int, d civil.Day, version int) focus.Charge {
	a, s, r, u := i%8, i/8%25, i/200%8, i/1600
	x := uint64(i*7919+int(d)*104729) * 0x9E3779B97F4A7C15
	amount := int64(3e6 + 1e5*float64(i%1000) + 3e5*float64(x>>40)/(1<<24))
	if version > 0 && i%5 == int(d)%5 {
		amount += int64(version) * 1000
	}
	return focus.Charge{
		Day: d, Provider: "AWS", Account: fmt.Sprintf("11112222%04d", a), Service: fmt.Sprintf("Amazon Service %02d", s), Region: fmt.Sprintf("region-%d", r), Usage: fmt.Sprintf("S%02d-Usage-%d", s, u),
		Category: focus.Usage, Currency: "USD", Effective: amount, Billed: amount, Quantity: float64(amount) / 5e4, Unit: "Hours", Tags: []focus.Tag{{Key: "team", Value: fmt.Sprintf("team-%d", s%7)}},
	}
}

// keep leaves in a data folder what was said of the bill: read once a day, three times a day in the last restated days, each time with the day before said anew.
func (m madeBill) keep(b *testing.B, folder string, restated civil.Day) (n int) {
	kept, err := segments.Open(billsDir(folder))
	if err != nil {
		b.Fatal(err)
	}
	said := map[civil.Day]int{}
	say := func(d civil.Day, at time.Time) {
		batch := ledger.NewBatch("aws", d.String(), at, []string{"team"})
		for i := range madeLeaves {
			c := m.charge(i, d, said[d])
			if err := batch.Add(&c); err != nil {
				b.Fatal(err)
			}
		}
		said[d]++
		segment, err := ledger.Decode(batch.Encode())
		if err != nil {
			b.Fatal(err)
		}
		if err := kept.Add(b.Context(), segment.Name(), batch.Encode()); err != nil {
			b.Fatal(err)
		}
		n++
	}
	for d := m.first; d <= m.last; d++ {
		at := (d + 1).Time()
		say(d, at)
		for reading := 1; d > m.last-restated && reading < 3; reading++ {
			say(d-1, at.Add(time.Duration(reading)*8*time.Hour))
			say(d, at.Add(time.Duration(reading)*8*time.Hour))
		}
	}
	if err := kept.Close(); err != nil {
		b.Fatal(err)
	}
	return n
}

// export writes a day as a FOCUS file of 100,000 rows: each usage type has a row for several resources.
func (m madeBill) export(b *testing.B, path string, d civil.Day) {
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprintln(w, "BilledCost,BillingCurrency,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,EffectiveCost,ProviderName,RegionId,ResourceId,ServiceName,SkuMeter,SubAccountId,SubAccountName,Tags")
	const rows = 100_000
	for n := range rows {
		c := m.charge(n%madeLeaves, d, 0)
		cost := float64(c.Effective) / 1e6 / (rows / madeLeaves)
		fmt.Fprintf(w, "%.9f,USD,Usage,NULL,\"Usage of %s, in %s\",%sT00:00:00Z,%sT00:00:00Z,%.6f,Hours,%.9f,AWS,%s,arn:aws:x:%s:%06d,%s,%s,%s,Account,\"{\"\"team\"\": \"\"%s\"\"}\"\n",
			cost, c.Service, c.Region, d+1, d, c.Quantity, cost, c.Region, c.Region, n, c.Service, c.Usage, c.Account, c.Tags[0].Value)
	}
	at := (d + 2).Time()
	if err := errors.Join(w.Flush(), file.Close(), os.Chtimes(path, at, at)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBillIncrement is a day of 100,000 rows on top of a year of 9,809 series: the file is read, what it says is made durable, and judged.
func BenchmarkBillIncrement(b *testing.B) {
	folder, exports := b.TempDir(), b.TempDir()
	bill := yearTo(civil.Of(time.Now().UTC()) - 60)
	bill.keep(b, folder, 0)
	db, err := state.Open(state.Options{Path: dataFile(folder)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	cfg := defaultConfig()
	cfg.Data, cfg.Costs.Tags, cfg.Costs.Sources = folder, []string{"team"}, []BillConfig{{Name: "aws", Files: exports}}
	book := costs.NewBook(cfg.Costs.options(nil), slog.New(slog.DiscardHandler))
	bills, err := newBills(cfg, book, db, bot.NoMeter{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer bills.close()
	now := bill.last + 3
	bills.settle, bills.now = time.Nanosecond, func() time.Time { return now.Time() }
	if err := bills.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	read := bills.reader(cfg.Costs.Sources[0])
	for d := bill.last + 1; b.Loop(); d++ {
		b.StopTimer()
		bill.export(b, filepath.Join(exports, d.String()+".csv"), d)
		now = d + 3
		b.StartTimer()
		if changed, err := read(b.Context()); err != nil || !changed {
			b.Fatal(changed, err)
		}
		if _, last, _ := book.Days("aws"); last != d {
			b.Fatalf("the bill ends on %s, want %s: %+v", last, d, book.Status("aws"))
		}
	}
}

// BenchmarkReadyWithBills is a start of the program with such a bill that was read bit by bit: until it answers, until the bill is known, and the memory by then.
func BenchmarkReadyWithBills(b *testing.B) {
	binary := builtProgram(b)
	stand, err := sandbox.Start(b.Context(), sandbox.Options{Repo: repoOf30Files(b), NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	defer stand.Close()
	folder, exports := b.TempDir(), b.TempDir()
	segments := yearTo(civil.Of(time.Now().UTC())-2).keep(b, folder, 90)
	var ready, loaded time.Duration
	memory := 0.
	for b.Loop() {
		config, listen := benchConfig(b, stand, folder)
		text, err := os.ReadFile(config)
		if err != nil {
			b.Fatal(err)
		}
		text = append(text, "costs:\n  tags: [team]\n  sources:\n    - {name: aws, files: "+exports+"}\n"...)
		if err := os.WriteFile(config, text, 0o600); err != nil {
			b.Fatal(err)
		}
		var logged buffer
		cmd, start := startedReady(b, binary, config, folder, listen, &logged)
		ready = time.Since(start)
		for deadline := start.Add(5 * time.Minute); !strings.Contains(logged.String(), "bills loaded"); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("the bill is not loaded: %s", logged.String())
			}
		}
		loaded = time.Since(start)
		memory = peak(b, cmd.Process.Pid)
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	b.ReportMetric(ms(ready), "ms-to-ready")
	b.ReportMetric(loaded.Seconds(), "s-to-bills")
	b.ReportMetric(memory, "MB-peak")
	b.ReportMetric(float64(segments), "segments")
	b.ReportMetric(0, "ns/op")
}

// peak is the most memory that a process had, in MB; 0 where there is no /proc.
func peak(b *testing.B, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		return 0
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1000
}
