package ledger

import (
	"bytes"
	"compress/flate"
	"runtime"
	"testing"
	"time"

	"shipmate/bot/day"
)

// BenchmarkIncrement is one day's bill of 100,000 different keys: added up, encoded and applied.
func BenchmarkIncrement(b *testing.B) {
	charges := oneDay(100_000, d1)
	var data []byte
	for b.Loop() {
		data = batch(b, "day", at(30), charges...).Encode()
		if _, err := New(nil).Apply(data); err != nil {
			b.Fatal(err)
		}
	}
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestSpeed)
	_, _ = w.Write(data)
	_ = w.Close()
	b.ReportMetric(float64(len(data))/100_000, "B/row")
	b.ReportMetric(float64(packed.Len())/100_000, "deflated-B/row")
}

// year is 400 daily objects of 10,000 keys.
func year(b *testing.B) (segments [][]byte) {
	for d := d1; d < d1+400; d++ {
		segments = append(segments, batch(b, d.String(), (d+2).Time(), oneDay(10_000, d)...).Encode())
	}
	return segments
}

func loaded(b *testing.B, segments [][]byte) *Ledger {
	l := New(nil)
	for _, s := range segments {
		if _, err := l.Apply(s); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// BenchmarkLoad is a start with 400 days of 10,000 keys.
func BenchmarkLoad(b *testing.B) {
	segments := year(b)
	bytes := 0
	for _, s := range segments {
		bytes += len(s)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var l *Ledger
	for b.Loop() {
		l = loaded(b, segments)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/4e6, "heap-B/key-day")
	b.ReportMetric(float64(bytes)/4e6, "disk-B/key-day")
	runtime.KeepAlive(l)
	runtime.KeepAlive(segments)
}

// BenchmarkQuery is what judging all nodes of that year needs.
func BenchmarkQuery(b *testing.B) {
	l := loaded(b, year(b))
	nodes := l.Nodes(0)
	b.Run("nodes", func(b *testing.B) {
		for b.Loop() {
			l.Nodes(1)
		}
	})
	b.Run("series", func(b *testing.B) {
		for b.Loop() {
			for _, n := range nodes {
				l.Series(n, d1, d1+399, time.Time{})
			}
		}
		b.ReportMetric(float64(len(nodes)), "series")
	})
	b.Run("leaves", func(b *testing.B) {
		for b.Loop() {
			l.Leaves(all, d1+340, d1+399, time.Time{})
		}
	})
	b.Run("by service", func(b *testing.B) {
		for b.Loop() {
			_, _ = l.By("service", all, d1, d1+399, time.Time{})
		}
	})
	b.Run("curve", func(b *testing.B) {
		for b.Loop() {
			l.Curve("aws", time.Time{})
		}
	})
	b.Run("diff of a day", func(b *testing.B) {
		for b.Loop() {
			l.Diff((d1 + day.Day(400)).Time(), time.Time{})
		}
	})
}
