package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 4, 1, 9}, 4}, {[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64}} {
		if got := median(slices.Clone(tt.of)); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.of, got, tt.want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("there is a median of nothing")
	}
}

func TestKth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		a := make([]float64, 1+r.IntN(40))
		for i := range a {
			a[i] = float64(r.IntN(12))
		}
		sorted, k := slices.Sorted(slices.Values(a)), r.IntN(len(a))
		if got := kth(a, k); got != sorted[k] {
			t.Fatalf("value %d of %v is %v", k, sorted, got)
		}
		if slices.Max(a[:k+1]) > sorted[k] || slices.Min(a[k:]) < sorted[k] {
			t.Fatalf("%v is not parted at %d", a, k)
		}
	}
}

func TestDeviation(t *testing.T) {
	r, a := rand.New(rand.NewPCG(1, 1)), make([]float64, 20000)
	for i := range a {
		a[i] = 5 + 2*r.NormFloat64()
	}
	if got := deviation(a, 5); math.Abs(got-2) > .05 {
		t.Errorf("got %v, want 2", got)
	}
}

// The regression finds what a series was made of, although a tenth of it was spoilt.
func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	week := [7]float64{.5, 1, 1, 1.1, 1, 1, .6}
	d := New(19723, Options{})
	for i := range 230 {
		o := d.next()
		o.amount = 200 * week[o.weekday] * math.Exp(.001*float64(i)) * (1 + .05*r.NormFloat64())
		if r.Float64() < .1 {
			o.amount *= 3
		}
		d.days = append(d.days, o)
	}
	d.refit()
	if math.Abs(d.fit.slope-.001) > .0001 || math.Abs(d.fit.scale-.05) > .01 {
		t.Errorf("slope %v, scale %v", d.fit.slope, d.fit.scale)
	}
	for w, v := range week {
		if want := 200 * v * math.Exp(.23); math.Abs(d.fit.value(230, w)/want-1) > .03 {
			t.Errorf("weekday %d: %v, want %v", w, d.fit.value(230, w), want)
		}
	}
}

// Sums of noise that goes on scatter as computed.
func TestSumScatter(t *testing.T) {
	d := New(19723, Options{})
	d.phi = .5
	d.sumScatter()
	r, x := rand.New(rand.NewPCG(5, 5)), 0.0
	var squares float64
	const n = 50000
	for range n {
		sum := 0.0
		x = r.NormFloat64()
		for range 5 {
			sum += x
			x = .5*x + math.Sqrt(.75)*r.NormFloat64()
		}
		squares += sum * sum
	}
	if got := math.Sqrt(squares / n); math.Abs(got/d.joint[5]-1) > .02 {
		t.Errorf("five days scatter by %v, computed %v", got, d.joint[5])
	}
}
