package costs

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
	"shipmate/bot/bottest"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
)

// A largeBill has 8 accounts with 25 services in 8 regions with 5 usage types each: 8,000 usage types, which makes 9,809 series. Every hundredth usage type has
// a week a year in which it costs three times as much, and some have one now.
type largeBill struct{ accounts, services, regions, usages int }

var wholeBill = largeBill{8, 25, 8, 5}

const largeYear = 365

func (l largeBill) leaves() int { return l.accounts * l.services * l.regions * l.usages }

// noise is a number from -1 to 1, the same for the same numbers.
func noise(i int, d day.Day, version int) float64 {
	x := uint64(i)*0x9E3779B97F4A7C15 + uint64(d)*0xC2B2AE3D27D4EB4F + uint64(version)*0x165667B19E3779F9
	for range 2 {
		x ^= x >> 31
		x *= 0xBF58476D1CE4E5B9
	}
	return float64(x>>11)/(1<<52) - 1
}

// amount is what a usage type costs on a day. A restated day has other amounts for every fifth usage type.
func (l largeBill) amount(i int, d day.Day, version int) int64 {
	if version > 0 && i%5 != int(d)%5 {
		version = 0
	}
	level := 3 * math.Pow(100, float64(i*7919%1000)/1000)
	if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		level *= 1 - .3*float64(i%3)/2
	}
	level *= 1 + .04*(noise(i, d, 0)+noise(i, d, 1)+noise(i, d, 2)) + .002*float64(version)*noise(i, d, 2+version)
	if begin := i * 31 % (largeYear - 7); i%100 == 0 && int(d-firstDay) >= begin && int(d-firstDay) < begin+7 || i%400 == 7 && d >= firstDay+largeYear-3 {
		level *= 3
	}
	return int64(level * 1e6)
}

// segment is what is said of a day in its version.
func (l largeBill) segment(tb testing.TB, d day.Day, version int, at time.Time) []byte {
	batch := ledger.NewBatch("aws", d.String(), at, []string{"team"})
	for i := range l.leaves() {
		a, rest := i%l.accounts, i/l.accounts
		s, rest := rest%l.services, rest/l.services
		r, u := rest%l.regions, rest/l.regions
		micro := l.amount(i, d, version)
		err := batch.Add(&focus.Charge{
			Day: d, Provider: "AWS", Account: fmt.Sprintf("11112222%04d", a), Service: fmt.Sprintf("Amazon Service %02d", s), Region: fmt.Sprintf("region-%d", r), Usage: fmt.Sprintf("S%02d-Usage-%d", s, u),
			Category: focus.Usage, Currency: "USD", Effective: micro, Billed: micro, Quantity: float64(micro) / 5e4, Unit: "Hours", Tags: []focus.Tag{{Key: "team", Value: fmt.Sprintf("team-%d", s%7)}},
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return batch.Encode()
}

// inOneGo are all days as of one time, as an export is read first.
func (l largeBill) inOneGo(tb testing.TB) (all [][]byte) {
	at := day.Day(firstDay + largeYear + 1).Time()
	for d := day.Day(firstDay); d < firstDay+largeYear; d++ {
		all = append(all, l.segment(tb, d, 0, at))
	}
	return all
}

// bitByBit is the bill as it is read once a day, and three times a day in the last 90 days: each time the last day is new or other than it was, and so are the three before.
func (l largeBill) bitByBit(tb testing.TB) (all [][]byte) {
	said := map[day.Day]int{}
	for d := day.Day(firstDay); d < firstDay+largeYear; d++ {
		readings := 1
		if d >= firstDay+largeYear-90 {
			readings = 3
		}
		for n := range readings {
			at := (d + 1).Time().Add(time.Duration(n) * 8 * time.Hour)
			for of := max(d-3, firstDay); of <= d; of++ {
				all = append(all, l.segment(tb, of, said[of], at))
				said[of]++
			}
		}
	}
	return all
}

func (l largeBill) book(tb testing.TB, all [][]byte) *Book {
	b := NewBook(Options{Channel: "C0FINOPS", Tags: []string{"team"}}, slog.New(slog.DiscardHandler))
	b.SetStatus("aws", Status{Kind: "files", Read: time.Now()})
	if err := b.Apply(tb.Context(), all...); err != nil {
		tb.Fatal(err)
	}
	b.Ready()
	return b
}

// heap is how much is in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// BenchmarkFirstReading is 10,000 series and a year that are read in one go.
func BenchmarkFirstReading(b *testing.B) { benchmarkReading(b, wholeBill.inOneGo(b)) }

// BenchmarkReplay is the same bill as it was read bit by bit, at a start of the program.
func BenchmarkReplay(b *testing.B) { benchmarkReading(b, wholeBill.bitByBit(b)) }

func benchmarkReading(b *testing.B, all [][]byte) {
	before := heap()
	var book *Book
	for b.Loop() {
		book = nil
		book = wholeBill.book(b, all)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB-of-runtime")
	b.ReportMetric(heap()-before, "MB-kept")
	b.ReportMetric(float64(len(book.Causes())), "causes")
	b.Log(book.checked(), ", ", len(all), " segments")
}

// BenchmarkNextDay is what a day more takes on top of a year.
func BenchmarkNextDay(b *testing.B) {
	book := wholeBill.book(b, wholeBill.inOneGo(b))
	d := day.Day(firstDay + largeYear)
	for b.Loop() {
		b.StopTimer()
		at := (d + 2).Time()
		all := [][]byte{wholeBill.segment(b, d, 0, at)}
		for of := d - 3; of < d; of++ {
			all = append(all, wholeBill.segment(b, of, int(d-of), at))
		}
		b.StartTimer()
		if err := book.Apply(context.Background(), all...); err != nil {
			b.Fatal(err)
		}
		d++
	}
}

// BenchmarkAnswers is what questions take.
func BenchmarkAnswers(b *testing.B) {
	book := wholeBill.book(b, wholeBill.inOneGo(b))
	access := func(context.Context, bot.Request) (bot.Role, error) { return bot.Viewer, nil }
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Slack: access}, slog.New(slog.DiscardHandler), Commands(book, nil, nil, book.options)...)
	if err != nil {
		b.Fatal(err)
	}
	asked := &bot.Bot{Router: router, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)}
	b.Run("causes", func(b *testing.B) {
		for b.Loop() {
			book.Causes()
		}
	})
	for _, text := range []string{"costs", "costs by service", "costs by team", "costs why", "costs why service 03", "costs anomalies", "costs forecast", "costs digest"} {
		b.Run(strings.ReplaceAll(text, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				r := bot.Request{ID: "a", Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "U1"}, ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1"}, Text: text, Time: time.Now()}
				if reply, err := asked.Turn(context.Background(), r, nil); err != nil {
					b.Fatal(bot.PlainText(reply, true), err)
				}
			}
		})
	}
}
