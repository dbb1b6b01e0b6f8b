package detect_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

func TestMask(t *testing.T) {
	amounts := with(flat, 150, 180, 2).series(250)
	d := detect.New(monday, detect.Options{})
	for i, a := range amounts {
		if v := d.Step(a); v.Flagged != (150 <= i && i <= 152) {
			t.Errorf("day %d: %+v", i, v)
		}
		if i == 152 {
			d.Mask(monday+150, monday+180)
		}
	}
	if got := brief(d.Events()); got != "150-152 expected point" || d.Events()[0].Since != monday+152 {
		t.Error(got)
	}
}

func TestRebase(t *testing.T) {
	d := detect.New(monday, detect.Options{})
	for i, a := range with(with(flat, 150, 250, 2), 200, 200, 1.8).series(250) {
		v := d.Step(a)
		if i == 151 {
			d.Rebase(monday + 150)
		}
		if want := i == 150 || i == 151 || i == 200; v.Flagged != want {
			t.Errorf("day %d: %+v", i, v)
		}
	}
	events := d.Events()
	if got := brief(events); got != "150-151 new level point, 200-200 ended point" || math.Abs(events[0].Ratio-2) > .2 {
		t.Errorf("%+v", events)
	}
}

func TestRevise(t *testing.T) {
	tests := []struct {
		name    string
		restate map[int]float64
		want    string
	}{
		{"to what is usual", map[int]float64{150: 101, 151: 99}, "150-151 revised point"},
		{"one of two days", map[int]float64{150: 101}, "150-151 open point"},
		{"upwards", map[int]float64{150: 300}, "150-151 open point"},
		{"an ordinary day upwards", map[int]float64{140: 500}, "150-151 open point"},
		{"a day that is not known", map[int]float64{400: 500, -3: 500}, "150-151 open point"},
	}
	for _, tt := range tests {
		d, _ := judged(detect.Options{}, with(flat, 150, 151, 2).series(152))
		for i, amount := range tt.restate {
			d.Revise(monday+day.Day(i), amount)
		}
		if got := brief(d.Events()); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
}

// What is restated counts from then on: an event whose bill falls does not hold the baseline, and its sums follow.
func TestReviseCounts(t *testing.T) {
	d, all := judged(detect.Options{}, with(flat, 150, 151, 2).series(152))
	before := d.Events()[0]
	d.Revise(monday+151, all[151].Actual+50)
	if e := d.Events()[0]; math.Abs(e.Excess-before.Excess-50) > 1e-9 || e.Latest != before.Latest+50 {
		t.Errorf("from %+v to %+v", before, e)
	}
	d.Revise(monday+150, 100)
	d.Revise(monday+151, 100)
	if v := d.Step(100); v.Flagged || math.Abs(v.Expected-100) > 5 {
		t.Errorf("after: %+v", v)
	}
}

func TestEarly(t *testing.T) {
	amounts := shape(flat).series(150)
	d, _ := judged(detect.Options{}, amounts)
	other, _ := judged(detect.Options{}, amounts)
	for _, tt := range []struct {
		soFar float64
		want  bool
	}{{0, false}, {60, false}, {110, false}, {200, true}, {math.NaN(), false}} {
		v := d.Early(tt.soFar)
		if v.Flagged != tt.want || v.Day != monday+150 || v.Event != -1 {
			t.Errorf("%v so far: %+v", tt.soFar, v)
		}
	}
	if a, b := d.Step(100), other.Step(100); !same(a, b) {
		t.Errorf("an early look changed the verdict from %+v to %+v", b, a)
	}
}

// same compares verdicts; one NaN is as good as another.
func same(a, b detect.Verdict) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if f, g := x.Field(i), y.Field(i); f.Kind() == reflect.Float64 {
			if f.Float() != g.Float() && !(math.IsNaN(f.Float()) && math.IsNaN(g.Float())) {
				return false
			}
		} else if !f.Equal(g) {
			return false
		}
	}
	return true
}

func TestForecast(t *testing.T) {
	d, _ := judged(detect.Options{}, shape(monthStart).series(200)) // to 18 July
	f := d.Forecast(14)
	if len(f.Days) != 14 || f.Total.Day != day.Date(2024, 8, 1) || math.Abs(f.Total.Expected-13*100-250) > 60 {
		t.Fatalf("%+v", f)
	}
	if last := f.Days[13]; last.Calendar != "first of the month" || math.Abs(last.Expected-250) > 20 || !(last.Low < 250 && 250 < last.High) {
		t.Errorf("%+v", last)
	}
	if w := (f.Total.High - f.Total.Low) / f.Total.Expected; w < .02 || w > .3 {
		t.Errorf("the total's range is %v wide", w)
	}
	d, _ = judged(detect.Options{}, with(flat, 150, 160, 2).series(153))
	if f := d.Forecast(10); math.Abs(f.Total.Expected-1000) > 60 || math.Abs(f.Total.Excess-1000) > 100 {
		t.Errorf("with an open event: %+v", f.Total)
	}
	if f := detect.New(monday, detect.Options{}).Forecast(3); !math.IsNaN(f.Total.Expected) || len(f.Days) != 3 {
		t.Errorf("without history: %+v", f)
	}
}

// A forecast says nothing else of the next day than the verdict does.
func TestForecastAgrees(t *testing.T) {
	amounts := shape(office).series(200)
	d := detect.New(monday, detect.Options{})
	for i, a := range amounts {
		f := d.Forecast(1).Days[0]
		if v := d.Step(a); i%7 != 0 && i > 42 && (math.Abs(f.Expected-v.Expected) > .1*v.Expected || f.Day != v.Day) {
			t.Fatalf("day %d: forecast %+v, verdict %+v", i, f, v)
		}
	}
}

func TestModel(t *testing.T) {
	grow := func(i int, at day.Day) float64 { return office(i, at) * math.Exp(.002*float64(i)) }
	d, _ := judged(detect.Options{}, shape(grow).series(250))
	m := d.Model()
	if m.Basis != detect.Regression || math.Abs(m.Growth-.06) > .01 || math.Abs(m.Week[0]/m.Week[1]-.4) > .02 || m.Scale < .03 || m.Scale > .06 || m.Days < 200 {
		t.Errorf("%+v", m)
	}
}

// What is not known yet changes no verdict, and the same calls give the same ones.
func TestOnlyThePast(t *testing.T) {
	for seed := range uint64(30) {
		amounts := wild(seed, 300)
		_, all := judged(detect.Options{}, amounts)
		n := 1 + int(seed)*299/30
		_, part := judged(detect.Options{}, amounts[:n])
		for i := range part {
			if !same(all[i], part[i]) {
				t.Fatalf("seed %d, day %d of %d: %+v became %+v", seed, i, n, part[i], all[i])
			}
		}
	}
}

// wild is a series with everything in it.
func wild(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 9))
	all := make([]float64, n)
	level := 100.0
	for i := range all {
		if r.Float64() < .02 {
			level *= []float64{0, .3, 2, 10, -1}[r.IntN(5)]
		}
		if r.Float64() < .01 {
			level = 100
		}
		if all[i] = level * (1 + .1*r.NormFloat64()); r.Float64() < .02 {
			all[i] = []float64{math.NaN(), math.Inf(1), 1e15, -1e15, 0, 1e-300}[r.IntN(6)]
		}
	}
	return all
}

// FuzzDetector: no series of amounts and calls brings the detector down, and what it says holds together.
func FuzzDetector(f *testing.F) {
	f.Add([]byte{}, uint64(1))
	f.Add([]byte{1, 2, 3, 250, 251, 252, 253, 254, 255}, uint64(7))
	f.Fuzz(func(t *testing.T, calls []byte, seed uint64) {
		amounts := wild(seed, 150)
		d := detect.New(monday, detect.Options{Holidays: []day.Day{monday + 50, monday + 80}, NoFreeze: seed%5 == 0, New: seed%3 == 0})
		for i, a := range amounts {
			v := d.Step(a)
			if v.Flagged != (v.Event >= 0) || v.Flagged && v.Gated != "" || v.Why() == "" || v.Low > v.High {
				t.Fatalf("day %d: %+v", i, v)
			}
			if i < len(calls) {
				at := monday + day.Day(int(calls[i])%(i+10)-5)
				switch calls[i] % 16 {
				case 0:
					d.Mask(at, at+5)
				case 1:
					d.Rebase(at)
				case 2:
					d.SetGates(float64(calls[i])/50, at+20)
				case 3, 4:
					d.Revise(at, a)
				case 5:
					d.Revise(at, math.NaN())
				case 6:
					d.Forecast(40)
				case 7:
					d.Early(a)
				}
			}
		}
		for _, e := range d.Events() {
			if e.First > e.Last && e.Days > 0 || e.Days < 0 || math.IsNaN(e.Excess) {
				t.Fatalf("%+v", e)
			}
		}
	})
}
