package score

import (
	"reflect"
	"slices"
	"testing"
)

// flat is a series of 100 days at a level, with a scatter of ±1 so that deviations are not zero; changes overwrites days.
func flat(level float64, changes map[int]float64) []float64 {
	s := make([]float64, 100)
	for i := range s {
		s[i] = level + []float64{-1, 0, 1, 0}[i%4]
	}
	for i, v := range changes {
		s[i] = v
	}
	return s
}

// rule finds a rule by the beginning of its name.
func rule(t *testing.T, name string) Rule {
	t.Helper()
	i := slices.IndexFunc(Rules(), func(r Rule) bool { return len(r.Name) >= len(name) && r.Name[:len(name)] == name })
	if i < 0 {
		t.Fatalf("no rule %q", name)
	}
	return Rules()[i]
}

func TestRules(t *testing.T) {
	on60 := []Event{{60}}
	tests := []struct {
		rule   string
		name   string
		series []float64
		want   []Event
	}{
		{"OptScale", "31 % more", flat(100, map[int]float64{60: 132}), on60},
		{"OptScale", "29 % more", flat(100, map[int]float64{60: 128}), nil},
		{"OptScale", "no gate in dollars", flat(10, map[int]float64{60: 14}), on60},
		{"Kubecost", "51 % more", flat(100, map[int]float64{60: 152}), on60},
		{"Kubecost", "48 % more", flat(100, map[int]float64{60: 148}), nil},
		{"Kubecost", "double, of little", flat(9, map[int]float64{60: 18}), nil},
		{"SundaySky", "26 % more", flat(100, map[int]float64{60: 127}), on60},
		{"SundaySky", "24 % more, many deviations", flat(100, map[int]float64{60: 124}), nil},
		{"SundaySky", "four deviations, not a quarter of dollars", flat(7, map[int]float64{60: 9.9}), nil},
		{"SundaySky", "the day before is not in the history", flat(100, map[int]float64{60: 150, 61: 150}), []Event{{60, 61}}},
		{"moneypenny", "26 % more", flat(100, map[int]float64{60: 127}), on60},
		{"moneypenny", "24 % more", flat(100, map[int]float64{60: 124}), nil},
		{"moneypenny", "under $10", flat(5, map[int]float64{60: 9.9}), nil},
		{"s3u", "six deviations", flat(100, map[int]float64{60: 106}), on60},
		{"s3u", "less than one of them", flat(100, map[int]float64{60: 100.9}), nil},
		{"s3u", "under $1", make([]float64, 100), nil},
		{"same-weekday", "ten dollars more", flat(100, map[int]float64{60: 112}), on60},
		{"same-weekday", "eight dollars more", flat(100, map[int]float64{60: 108}), nil},
	}
	for _, tt := range tests {
		if got := rule(t, tt.rule).Events(tt.series); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s, %s: got %v, want %v", tt.rule, tt.name, got, tt.want)
		}
	}
}

// A slow rise is no outlier on any day; the slope finds it.
func TestDriftRule(t *testing.T) {
	s := make([]float64, 100)
	for i := range s {
		s[i] = 100 + []float64{4, -12, 12, -4}[i%4]
		if i >= 50 {
			s[i] += 2.5 * float64(i-50)
		}
	}
	if got := rule(t, "s3u").Events(s[:50]); got != nil {
		t.Errorf("without a rise: %v", got)
	}
	if got := rule(t, "s3u").Events(s[:70]); len(got) == 0 {
		t.Error("a rise of 2.5 % a day was not found")
	}
}

// A weekend job is no anomaly to a rule that compares Sundays with Sundays.
func TestSameWeekdayRule(t *testing.T) {
	s := flat(100, nil)
	for i := 0; i < len(s); i += 7 {
		s[i] *= 3
	}
	if got := rule(t, "same-weekday").Events(s); got != nil {
		t.Errorf("got %v on a weekly job", got)
	}
	s[61] = 300 // not one of its days
	if got := rule(t, "same-weekday").Events(s); !reflect.DeepEqual(got, []Event{{61}}) {
		t.Errorf("got %v, want day 61", got)
	}
}

func TestNoRulePanics(t *testing.T) {
	for _, r := range Rules() {
		for n := range 60 {
			r.Events(make([]float64, n))
		}
	}
}
