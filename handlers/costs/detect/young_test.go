package detect_test

import (
	"math/rand/v2"
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// drawn is a shape's n days with noise of its own.
func drawn(s shape, seed uint64, n int, sigma float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 5))
	all := make([]float64, n)
	for i := range all {
		all[i] = s(i, monday+day.Day(i)) * (1 + sigma*r.NormFloat64())
	}
	return all
}

// The first end of a month with more than usual is judged when the month is over, unless it is far more.
func TestFirstMonthEnd(t *testing.T) {
	for _, tt := range []struct {
		name   string
		to     int // 29 to 31 January are days 23 to 25
		factor float64
		want   string // when the event was opened
	}{
		{"a batch", 25, 1.4, ""},
		{"something that stays", 40, 1.45, "2024-02-02"},
		{"far more", 23, 2.5, "2024-01-29"},
	} {
		d := detect.New(monday+5, detect.Options{})
		got := ""
		for _, a := range with(flat, 23, tt.to, tt.factor).series(41) {
			if v := d.Step(a); v.Flagged && got == "" {
				got = v.Day.String()
			}
		}
		if got != tt.want {
			t.Errorf("%s: found on %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A first of the month that was never seen before is no early warning either.
func TestEarlyFirst(t *testing.T) {
	d := detect.New(monday+1, detect.Options{})
	for _, a := range shape(flat).series(30) {
		d.Step(a)
	}
	if v := d.Early(300); v.Flagged || v.Gated == "" {
		t.Errorf("%+v", v)
	}
}

// Two holidays on the same weekday do not make the days after them unusual.
func TestHolidaysOfYoungSeries(t *testing.T) {
	quiet := with(with(func(int, day.Day) float64 { return 400 }, 12, 12, .5), 19, 19, .5)
	d := detect.New(monday+2, detect.Options{}) // so that days 5, 12, 19 and so on are Mondays
	for _, a := range quiet.series(80) {
		d.Step(a)
	}
	if events := d.Events(); len(events) != 0 {
		t.Errorf("%+v", events)
	}
}

// What is known of few days is less sure: the range is wider, as a share, than that of the same noise after a year.
func TestFewDaysAreLessSure(t *testing.T) {
	few, many := 0.0, 0.0
	for seed := range uint64(40) {
		_, all := judged(detect.Options{}, drawn(flat, seed, 300, .06))
		few, many = few+all[42].Scale, many+all[299].Scale
	}
	if ratio := few / many; ratio < 1.1 || ratio > 1.5 {
		t.Errorf("%.2f times as wide", ratio)
	}
}
