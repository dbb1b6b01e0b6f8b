package detect_test

import (
	"sync"
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/sandbox/billsim"
)

// BenchmarkYear judges one series of 90 days of history and a year, day by day.
func BenchmarkYear(b *testing.B) {
	s := billsim.Series(7, billsim.Development)
	first := day.Of(s.First)
	b.ReportAllocs()
	days := 0
	for b.Loop() {
		d := detect.New(first, detect.Options{})
		for _, a := range s.Amounts {
			d.Step(a)
		}
		days += len(s.Amounts)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(days), "µs/day")
}

// BenchmarkScan judges 500 different series with two goroutines.
func BenchmarkScan(b *testing.B) {
	var all []*billsim.Daily
	for seed := range uint64(500) {
		all = append(all, billsim.Series(seed, billsim.Development))
	}
	days := 0
	for b.Loop() {
		var wg sync.WaitGroup
		for part := range 2 {
			wg.Go(func() {
				for n := part; n < len(all); n += 2 {
					d := detect.New(day.Of(all[n].First), detect.Options{})
					for _, a := range all[n].Amounts {
						d.Step(a)
					}
				}
			})
		}
		wg.Wait()
		days += len(all) * len(all[0].Amounts)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(days), "µs/day")
	b.ReportMetric(float64(b.Elapsed().Seconds())/float64(days)*365*10000, "s/10k-years")
}
