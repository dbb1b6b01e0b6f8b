package detect_test

import (
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// fee is zero except on one day of each month, on which it is what amount says of the month, from 0.
func fee(date int, amount func(month int) float64) shape {
	return func(i int, at day.Day) float64 {
		if at.OfMonth() != date {
			return 0
		}
		return amount(i / 30)
	}
}

func constant(v float64) func(int) float64 { return func(int) float64 { return v } }

// from is what a shape is from a day on, and nothing before.
func from(first int, s shape) shape {
	return func(i int, at day.Day) float64 {
		if i < first {
			return 0
		}
		return s(i, at)
	}
}

func plus(a, b shape) shape {
	return func(i int, at day.Day) float64 { return a(i, at) + b(i, at) }
}

// Charges that come once a month, a quarter or a week, and nothing in between, are told of once at most; what is unusual for them is.
func TestSparseCharges(t *testing.T) {
	onMondays := func(i int, at day.Day) float64 {
		if at.Weekday() == 1 {
			return 500
		}
		return 0
	}
	quarterly := func(i int, at day.Day) float64 {
		if at.OfMonth() == 1 && (at.Time().Month()-1)%3 == 0 {
			return 900
		}
		return 0
	}
	wandering := func(i int, at day.Day) float64 { // 14th, 15th or 16th
		if at.OfMonth() == 14+i/30%3 {
			return 200
		}
		return 0
	}
	atTurns := func(i int, at day.Day) float64 { // the last day of a month or the first of the next
		if last := (at + 1).OfMonth() == 1; last && i/45%2 == 1 || at.OfMonth() == 1 && i/45%2 == 0 {
			return 300
		}
		return 0
	}
	tests := []struct {
		name   string
		series shape
		want   string
	}{
		{"on the first", fee(1, constant(640)), ""},
		{"on the first, after half a year of nothing", from(180, fee(1, constant(640))), ""},
		{"on the sixth", from(30, fee(6, constant(640))), "36-36 ended new"},
		{"on the last day", from(20, fee(31, constant(640))), "30-30 ended new"},
		{"it varies", fee(1, func(m int) float64 { return []float64{640, 500, 780, 610, 520, 790}[m%6] }), ""},
		{"it grows", fee(1, func(m int) float64 { return 400 + 30*float64(m) }), ""},
		{"within a day", from(20, wandering), "45-45 ended new"},
		{"around the turn of the month", from(20, atTurns), ""},
		{"quarterly", from(30, quarterly), ""},
		{"weekly", from(8, onMondays), "14-14 ended new"},
		{"doubled", with(fee(1, constant(640)), 270, 290, 2), "274-274 ended point"},
		{"doubled the second time", with(fee(1, constant(640)), 55, 65, 2), "60-60 ended point"},
		{"on another day, too", plus(fee(1, constant(640)), with(from(190, fee(17, constant(640))), 220, 400, 0)), "198-198 ended new"},
		{"with a service on the first that stays", from(152, flat), "152-158 new level new"},
		{"in an account with other costs", plus(flat, from(20, fee(1, constant(640)))), ""},
		{"in a total that hardly shows it", plus(func(int, day.Day) float64 { return 4000 }, fee(1, constant(640))), ""},
	}
	for _, tt := range tests {
		d, _ := judged(detect.Options{}, tt.series.series(400))
		if got := brief(d.Events()); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
}

// What is expected of a sparse charge is its amount, and its range, and forecasts count it.
func TestSparseRange(t *testing.T) {
	d, all := judged(detect.Options{}, fee(1, constant(640)).series(300))
	v := all[day.Date(2024, 10, 1)-monday]
	if v.Expected < 600 || v.Expected > 680 || v.Low < 100 || v.High > 1200 || v.Calendar != "first of the month" || v.Charge != v.Expected || v.Basis != detect.Nothing {
		t.Errorf("%+v", v)
	}
	if v := all[day.Date(2024, 10, 2)-monday]; v.Expected != 0 || v.Below {
		t.Errorf("the day after: %+v", v)
	}
	if f := d.Forecast(61).Total; f.Expected < 1200 || f.Expected > 1360 || !(f.Low < 1280 && 1280 < f.High) { // 27 October to 26 December
		t.Errorf("%+v", f)
	}
}
