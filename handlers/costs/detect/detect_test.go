package detect_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// monday is the first day of the series in the tests: 1 January 2024.
const monday = day.Day(19723)

// A shape is what a series costs on day i, before noise.
type shape func(i int, at day.Day) float64

// series makes n days with 4 % of noise, the same ones each time.
func (s shape) series(n int) []float64 { return s.noisy(n, .04) }

func (s shape) noisy(n int, sigma float64) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]float64, n)
	for i := range all {
		all[i] = s(i, monday+day.Day(i)) * (1 + sigma*r.NormFloat64())
	}
	return all
}

func flat(i int, at day.Day) float64 { return 100 }

// with multiplies the days from one index to the other, both included.
func with(s shape, from, to int, factor float64) shape {
	return func(i int, at day.Day) float64 {
		if from <= i && i <= to {
			return s(i, at) * factor
		}
		return s(i, at)
	}
}

func office(i int, at day.Day) float64 {
	return []float64{40, 100, 100, 100, 100, 100, 45}[at.Weekday()]
}

func monthStart(i int, at day.Day) float64 {
	if at.OfMonth() == 1 {
		return 250
	}
	return 100
}

func monthEnd(i int, at day.Day) float64 {
	if (at + 3).OfMonth() <= 3 {
		return 150
	}
	return 100
}

func supportFee(i int, at day.Day) float64 {
	if at.OfMonth() == 6+i/31%2 { // the 6th or the 7th
		return 300
	}
	return 100
}

func mondayJob(i int, at day.Day) float64 {
	if i >= 120 && at.Weekday() == 1 {
		return 200
	}
	return 100
}

func ramp(i int, at day.Day) float64 {
	if 150 <= i && i < 170 {
		return 100 + 3*float64(i-149)
	}
	return 100
}

func newService(i int, at day.Day) float64 {
	if i < 100 {
		return 0
	}
	return 80
}

// judged runs the detector over a series.
func judged(o detect.Options, amounts []float64) (*detect.Detector, []detect.Verdict) {
	d := detect.New(monday, o)
	all := make([]detect.Verdict, len(amounts))
	for i, a := range amounts {
		all[i] = d.Step(a)
	}
	return d, all
}

// brief is the events in short: "150-151 ended point", with indexes of days.
func brief(events []detect.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%d-%d %s %s", e.First-monday, e.Last-monday, e.State, e.Term))
	}
	return strings.Join(all, ", ")
}

func TestEvents(t *testing.T) {
	tests := []struct {
		name   string
		series shape
		days   int
		want   string
	}{
		{"nothing", flat, 300, ""},
		{"nothing, ever", func(int, day.Day) float64 { return 0 }, 300, ""},
		{"weekdays", office, 300, ""},
		{"growth", func(i int, _ day.Day) float64 { return 100 * math.Exp(.003*float64(i)) }, 300, ""},
		{"spike", with(flat, 150, 150, 2), 300, "150-150 ended point"},
		{"spike on a weekend", with(office, 152, 152, 2), 300, "152-152 ended point"},
		{"two days", with(flat, 150, 151, 1.6), 300, "150-151 ended point"},
		{"still open", with(flat, 150, 160, 1.6), 153, "150-152 open point"},
		{"one clean day does not end it", with(with(flat, 150, 151, 2), 153, 154, 2), 300, "150-154 ended point"},
		{"small in dollars", with(func(int, day.Day) float64 { return 8 }, 150, 150, 2), 300, ""},
		{"small in share", with(func(int, day.Day) float64 { return 100 }, 150, 150, 1.1), 300, ""},
		{"new level, and back", with(flat, 150, 200, 1.8), 300, "150-156 new level point"},
		{"new level for good", with(flat, 150, 300, 1.8), 300, "150-156 new level point"},
		{"spike on a new level", with(with(flat, 150, 300, 1.8), 200, 200, 2), 300, "150-156 new level point, 200-200 ended point"},
		{"outage and return", with(flat, 150, 153, .05), 300, ""},
		{"long drop and return", with(flat, 150, 190, .5), 300, ""},
		{"switched off and on again", with(flat, 150, 190, 0), 300, ""},
		{"month starts", monthStart, 400, ""},
		{"month ends", monthEnd, 400, ""},
		{"a fee on the 6th or 7th", supportFee, 400, "37-37 ended point"},
		{"a weekly job", mondayJob, 400, "126-133 ended point"},
		{"new service", newService, 200, "100-106 new level new"},
		{"negative", func(int, day.Day) float64 { return -50 }, 300, ""},
	}
	for _, tt := range tests {
		d, _ := judged(detect.Options{}, tt.series.series(tt.days))
		if got := brief(d.Events()); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
}

// No single day is beyond its limit when such an event is opened.
func TestDaysThatAddUp(t *testing.T) {
	for n, s := range []shape{with(flat, 151, 157, 1.27), ramp} {
		d, verdicts := judged(detect.Options{}, s.noisy(200, .1))
		events := d.Events()
		if len(events) == 0 || events[0].Term != detect.Cumulative || events[0].First < monday+150 {
			t.Fatalf("%d: %s", n, brief(events))
		}
		first := slices.IndexFunc(verdicts, func(v detect.Verdict) bool { return v.Flagged })
		if v := verdicts[first]; v.Z > 4.5 || v.C <= 4.5 || v.Score != v.C {
			t.Errorf("%d: %+v", n, v)
		}
		if d, _ := judged(detect.Options{NoCumulative: true}, s.noisy(200, .1)); len(d.Events()) > 0 && d.Events()[0].Term == detect.Cumulative {
			t.Errorf("%d without sums: %s", n, brief(d.Events()))
		}
	}
}

// Five days that rise are more unusual than the same days the other way round, from when a series is known well.
func TestRampsStandOut(t *testing.T) {
	for _, tt := range []struct {
		age  int
		more bool
	}{{200, true}, {60, false}} {
		ramp := func(rises bool) shape {
			return func(i int, at day.Day) float64 {
				k := i - tt.age + 1
				if !rises {
					k = 6 - k
				}
				if i < tt.age {
					k = 0
				}
				return 300 * (1 + .03*float64(k))
			}
		}
		sum := 0.0
		for seed := range uint64(40) {
			_, up := judged(detect.Options{}, drawn(ramp(true), seed, tt.age+5, .06))
			_, down := judged(detect.Options{}, drawn(ramp(false), seed, tt.age+5, .06))
			sum += up[tt.age+4].C - down[tt.age+4].C
		}
		if more := sum/40 > .65; more != tt.more {
			t.Errorf("after %d days: %.2f more", tt.age, sum/40)
		}
	}
}

func TestVerdicts(t *testing.T) {
	_, all := judged(detect.Options{}, with(with(flat, 150, 150, 2), 180, 180, .3).series(200))
	if v := all[3]; !math.IsNaN(v.Expected) || !math.IsNaN(v.Score) || v.Basis != "" || v.Why() != "too little history to expect anything" {
		t.Errorf("day 3: %+v", v)
	}
	if v := all[20]; v.Basis != detect.Weekday || !(v.Low < 100 && 100 < v.High) || !math.IsNaN(v.Confidence) {
		t.Errorf("day 20: %+v", v)
	}
	v := all[150]
	if !v.Flagged || v.Term != detect.Point || v.Event != 0 || v.Basis != detect.Regression || math.Abs(v.Expected-100) > 5 || v.Confidence < .98 {
		t.Errorf("day 150: %+v", v)
	}
	if want := (v.Actual - v.Expected) / (v.Scale * v.Expected); math.Abs(v.Z-want) > 1e-9 || math.Abs(v.High-v.Expected*(1+4.5*v.Scale)) > 1e-9 {
		t.Errorf("day 150: z %v and high %v do not follow from %+v", v.Z, v.High, v)
	}
	if w := v.Why(); !strings.Contains(w, "by regression") || !strings.Contains(w, "usual scatters above") {
		t.Errorf("day 150: %s", w)
	}
	if v := all[180]; v.Flagged || !v.Below || !strings.Contains(v.Why(), "below") {
		t.Errorf("day 180: %+v", v)
	}
	if v := all[181]; v.Flagged || v.Below {
		t.Errorf("the day after a drop: %+v", v)
	}
	if v := all[151]; v.Flagged || v.Below || v.Z < -4.5 {
		t.Errorf("the day after an event: %+v", v)
	}
}

func TestGates(t *testing.T) {
	_, all := judged(detect.Options{}, with(func(int, day.Day) float64 { return 8 }, 150, 150, 2).series(151))
	if v := all[150]; v.Flagged || v.Term != detect.Point || v.Gated != "less than 10 a day" {
		t.Errorf("dollars: %+v", v)
	}
	_, all = judged(detect.Options{MinShare: .5}, with(flat, 150, 150, 1.3).series(151))
	if v := all[150]; v.Flagged || v.Gated != "less than 50 %" || !strings.Contains(v.Why(), "no event: less than 50 %") {
		t.Errorf("share: %+v", v)
	}
	amounts := with(with(flat, 150, 150, 1.5), 190, 190, 1.5).series(200)
	d := detect.New(monday, detect.Options{GateFactor: 2})
	for i, a := range amounts {
		if i == 140 {
			d.SetGates(2, monday+160)
		}
		d.Step(a)
	}
	if got := brief(d.Events()); got != "190-190 ended point" {
		t.Errorf("gates of 80 %% until day 160: %s", got)
	}
}

func TestCalendar(t *testing.T) {
	_, all := judged(detect.Options{}, shape(monthStart).series(230))
	i := int(day.Date(2024, 8, 1) - monday)
	if v := all[i]; v.Calendar != "first of the month" || math.Abs(v.Charge-150) > 20 || math.Abs(v.Expected-250) > 25 {
		t.Errorf("%+v", v)
	}
	if d, _ := judged(detect.Options{NoCalendar: true}, shape(monthStart).series(230)); len(d.Events()) < 6 {
		t.Errorf("without the calendar: %s", brief(d.Events()))
	}
	holidays := []day.Day{monday + 100, monday + 140, monday + 180}
	busy := func(i int, at day.Day) float64 {
		if i == 100 || i == 140 || i == 180 {
			return 200
		}
		return 100
	}
	_, all = judged(detect.Options{Holidays: holidays}, shape(busy).series(200))
	if !all[100].Flagged || all[180].Flagged || all[180].Calendar != "holiday" {
		t.Errorf("holidays: %+v, %+v", all[100], all[180])
	}
}

// A first of the month that was never seen before is judged together with the next day.
func TestFirstFirst(t *testing.T) {
	starts := monday + 1 // so that 31 January is day 29
	for _, tt := range []struct {
		days int
		want string
	}{{1, ""}, {2, "2024-02-01"}} {
		d := detect.New(starts, detect.Options{})
		for i, a := range with(flat, 30, 29+tt.days, 3).series(33) {
			if v := d.Step(a); i == 30 && (v.Flagged || v.Gated == "") {
				t.Errorf("the first: %+v", v)
			}
		}
		got := ""
		if events := d.Events(); len(events) > 0 {
			got = events[0].First.String()
		}
		if got != tt.want {
			t.Errorf("%d days: got %q, want %q", tt.days, got, tt.want)
		}
	}
}

// In the first weeks, in which weekdays are hardly known, too.
func TestFirstFirstOfYoungSeries(t *testing.T) {
	d := detect.New(monday+20, detect.Options{}) // so that 1 February is day 11
	for _, a := range with(flat, 11, 11, 3).series(20) {
		d.Step(a)
	}
	if events := d.Events(); len(events) != 0 {
		t.Errorf("%+v", events)
	}
}

func TestNewServiceOption(t *testing.T) {
	for _, isNew := range []bool{false, true} {
		d := detect.New(monday+1, detect.Options{New: isNew})
		v := d.Step(90)
		if v.Flagged != isNew || v.Day != monday+1 || isNew && v.Term != detect.FromZero {
			t.Errorf("new %v: %+v", isNew, v)
		}
		d = detect.New(monday, detect.Options{New: isNew}) // on a first of the month it may be a fee: the next day tells
		first, second := d.Step(90), d.Step(90)
		if first.Flagged || second.Flagged != isNew || isNew && (len(d.Events()) != 1 || d.Events()[0].First != monday) {
			t.Errorf("new %v on a first: %+v, %+v, %+v", isNew, first, second, d.Events())
		}
	}
}

func TestMissingDays(t *testing.T) {
	amounts := with(flat, 150, 155, 2).series(200)
	for _, i := range []int{20, 100, 152, 157} {
		amounts[i] = math.NaN()
	}
	amounts[101], amounts[102], amounts[103] = math.Inf(1), math.Inf(-1), 1e300
	d, all := judged(detect.Options{}, amounts)
	if got := brief(d.Events()); got != "150-155 ended point" || d.Events()[0].Days != 5 || d.Events()[0].Since != monday+158 {
		t.Errorf("%s: %+v", got, d.Events())
	}
	if v := all[100]; !math.IsNaN(v.Score) || math.IsNaN(v.Expected) || !strings.HasPrefix(v.Why(), "no data") {
		t.Errorf("%+v", v)
	}
}

func TestHugeAmounts(t *testing.T) {
	d, _ := judged(detect.Options{}, with(flat, 150, 150, 1e9).series(300))
	if got := brief(d.Events()); got != "150-150 ended point" {
		t.Error(got)
	}
	if f := d.Forecast(30); math.Abs(f.Total.Expected-3000) > 200 {
		t.Errorf("forecast %v", f.Total)
	}
}

// Whatever a series does, a day of which something is expected has a range and a score: a detector never falls silent.
func TestNeverSilent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	levels := []float64{0, 0, 6, 13, 40, 900, -5}
	for n := range 400 {
		d := detect.New(monday+day.Day(n), detect.Options{})
		level, weekend := 0.0, r.Float64()
		for i := range 250 {
			if r.IntN(12) == 0 {
				level = levels[r.IntN(len(levels))]
			}
			amount := level * (1 + .03*r.NormFloat64())
			if i%7 > 4 {
				amount *= weekend
			}
			if v := d.Step(amount); v.Basis != "" && !(v.Scale > 0 && v.Low <= v.High && !math.IsNaN(v.Score)) {
				t.Fatalf("series %d, day %d: %+v", n, i, v)
			}
		}
	}
}
