package day_test

import (
	"testing"
	"time"

	"shipmate/bot/day"
)

func TestDay(t *testing.T) {
	for d, at := day.Date(1968, 1, 1), time.Date(1968, 1, 1, 0, 0, 0, 0, time.UTC); d < day.Date(2101, 1, 1); d, at = d+1, at.AddDate(0, 0, 1) {
		if d.Time() != at || d.Weekday() != at.Weekday() || day.Of(at.Add(23*time.Hour)) != d || d.OfMonth() != at.Day() {
			t.Fatalf("%v is %v, a %v; want %v, a %v", d, d.Time(), d.Weekday(), at, at.Weekday())
		}
		if back, err := day.Parse(d.String()); err != nil || back != d {
			t.Fatalf("Parse(%q) = %v, %v", d, back, err)
		}
	}
	if d := day.Date(2024, 2, 29); d.Month() != day.Date(2024, 2, 1) || d.NextMonth() != day.Date(2024, 3, 1) || d.Short() != "29 Feb" {
		t.Errorf("the month of %v: %v to %v, %q", d, d.Month(), d.NextMonth(), d.Short())
	}
	if d, err := day.Parse("2026-11-21T05:00:00Z"); err != nil || d != day.Date(2026, 11, 21) {
		t.Errorf("a time of day: %v, %v", d, err)
	}
	for _, bad := range []string{"", "NULL", "2026-11-31", "21.11.2026", "2026-11-21x"} {
		if d, err := day.Parse(bad); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", bad, d)
		}
	}
}
