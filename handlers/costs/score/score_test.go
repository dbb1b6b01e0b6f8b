package score

import (
	"math"
	"reflect"
	"testing"
)

func TestJudge(t *testing.T) {
	must := Label{From: 100, To: 103, Due: 101, Must: true, Dollars: 400}
	small := Label{From: 200, To: 201, Due: 200, Dollars: 50}
	other := Label{From: 300, To: 320, Due: 300, Must: true, Dollars: 600}
	base := Tally{Days: 365, EarlyDays: 90, Must: 2, Dollars: 1000}
	tests := []struct {
		name   string
		events []Event
		change func(*Tally)
	}{
		{"nothing found", nil, func(*Tally) {}},
		{"found on its first day", []Event{{100, 101}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late = 1, 400, []int{0}, []int{0} }},
		{"found on the day after", []Event{{104}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late = 1, 400, []int{4}, []int{3} }},
		{"two days after is false", []Event{{105}}, func(t *Tally) { t.False = 1 }},
		{"open before it began", []Event{{97, 98, 101}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late = 1, 400, []int{1}, []int{0} }},
		{"covers it without flagging one of its days", []Event{{98, 110}}, func(t *Tally) { t.False = 1 }},
		{"twice", []Event{{300}, {305}, {310}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late, t.Extra = 1, 600, []int{0}, []int{0}, 2 }},
		{"small ones count for nothing", []Event{{200}, {202}}, func(*Tally) {}},
		{"one event is for one label", []Event{{102, 200, 304}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late = 1, 400, []int{2}, []int{1} }},
		{"the one that must be found first", []Event{{200, 301}}, func(t *Tally) { t.Found, t.FoundDollars, t.Delays, t.Late = 1, 600, []int{1}, []int{1} }},
		{"history is not scored", []Event{{40}, {89, 95}}, func(t *Tally) { t.Early = 2 }},
		{"false", []Event{{90}, {250}}, func(t *Tally) { t.False = 2 }},
		{"an event without days", []Event{{}}, func(*Tally) {}},
	}
	for _, tt := range tests {
		want := base
		tt.change(&want)
		got := Judge(Case{From: 90, To: 455, Labels: []Label{must, small, other}, Events: tt.events})
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
}

func TestRuns(t *testing.T) {
	const x, o = true, false
	got := Runs([]bool{o, x, x, o, x, o, o, x, o})
	if want := []Event{{1, 2, 4}, {7}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFigures(t *testing.T) {
	series := []Tally{
		{Days: 365, Must: 3, Found: 2, Dollars: 1000, FoundDollars: 900, False: 1, Early: 1, EarlyDays: 73, Delays: []int{0, 4}, Late: []int{0, 2}},
		{Days: 365, Must: 1, Found: 1, Dollars: 200, FoundDollars: 200, Extra: 2, Delays: []int{1}, Late: []int{1}},
	}
	f := Figure(series)
	want := map[string][2]float64{
		"precision": {f.Precision.Value, 3. / 4}, "recall": {f.Recall.Value, 3. / 4}, "f1": {f.F1.Value, 3. / 4},
		"dollar recall": {f.DollarRecall.Value, 1100. / 1200}, "false": {f.False.Value, .5},
		"early":  {f.FalseEarly.Value, 5},
		"median": {f.DelayMedian.Value, 1}, "p90": {f.DelayP90.Value, 4}, "late": {f.LateP90.Value, 2}, "messages": {f.Messages.Value, 5. / 3},
		"low": {f.Recall.Low, 2. / 3}, "high": {f.Recall.High, 1},
	}
	for name, pair := range want {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
	if none := Figure([]Tally{{Days: 365}}); none != (Figures{}) {
		t.Errorf("nothing to find and nothing found: got %+v, want zeros", none)
	}
	if none := Figure(nil); none != (Figures{}) {
		t.Errorf("no series: got %+v, want zeros", none)
	}
}
