package attribute

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// strange are numbers that bills should not have.
func strange(r *rand.Rand) float64 {
	return [...]float64{0, 0, 1e-9, -5, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 1e15, r.NormFloat64() * 100, r.ExpFloat64() * 1000}[r.IntN(11)]
}

// anyLeaves are leaves of a small tree; with odd numbers or with ordinary ones.
func anyLeaves(r *rand.Rand, odd bool) []Leaf {
	leaves := make([]Leaf, r.IntN(40))
	for i := range leaves {
		l := leaf(fmt.Sprintf("a%d/s%d/r%d/u%d team=t%d,env=e%d", r.IntN(3), r.IntN(4), r.IntN(2), r.IntN(5), r.IntN(3), r.IntN(2)), 0, 0)
		number := func() float64 { return r.ExpFloat64() * 100 }
		if odd {
			number = func() float64 { return strange(r) }
		}
		l.Actual, l.Before, l.Quantity, l.QuantityBefore = number(), number(), number(), number()
		leaves[i] = l
	}
	return leaves
}

// near reports whether two sums are the same but for rounding.
func near(a, b, size float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(size)) }

// Whatever the leaves are, parts and rest add up to the excess and to 100 %, effects add up to their part's excess, and no leaf is told twice.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	percents, effects := 0, 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		odd := seed%2 == 0
		leaves := anyLeaves(r, odd)
		excess := r.NormFloat64() * 500
		if odd {
			excess = strange(r)
		}
		e := Explain(leaves, excess)
		if again := Explain(leaves, excess); !reflect.DeepEqual(e, again) {
			t.Fatalf("seed %d: %+v, and then %+v", seed, e, again)
		}
		sum, hundred, count, size := e.Rest, e.RestPercent, 0, math.Abs(e.Actual)+math.Abs(e.Before)
		for _, p := range e.Parts {
			sum, hundred, count = sum+p.Excess, hundred+p.Percent, count+p.Leaves
			size += math.Abs(p.Actual) + math.Abs(p.Before)
			if p.Excess*e.Excess <= 0 {
				t.Errorf("seed %d: a part of %g explains %g", seed, p.Excess, e.Excess)
			}
			if f := p.Effect; f.Kind != New && f.Kind != Gone && f.Kind != Unknown {
				effects++
				if got := f.Price + f.Quantity + f.Mix; !near(got, p.Excess, size+math.Abs(f.Price)+math.Abs(f.Quantity)) {
					t.Errorf("seed %d: price, quantity and mix are %g of %g", seed, got, p.Excess)
				}
			}
		}
		if !near(sum, e.Excess, size) || count > len(leaves) || !odd && !near(e.Excess, excess, 1) {
			t.Errorf("seed %d: parts and rest are %g of %g, %d leaves of %d", seed, sum, e.Excess, count, len(leaves))
		}
		if e.Percents {
			if percents++; hundred != 100 {
				t.Errorf("seed %d: percentages are %d in all: %+v", seed, hundred, e)
			}
		}
	}
	if percents < 500 || effects < 500 {
		t.Errorf("only %d explanations had percentages, %d parts effects", percents, effects)
	}
}

// After Scale the excesses of the leaves are that of the whole.
func TestScaleAddsUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 2))
		leaves := anyLeaves(r, false)
		excess := r.NormFloat64() * 500
		got := 0.
		for i, l := range Scale(leaves, excess) {
			got += l.excess()
			if l.Before > 0 && leaves[i].Before > 0 && !near(l.Before/leaves[i].Before, l.QuantityBefore/leaves[i].QuantityBefore, 1) {
				t.Fatalf("seed %d: scaling changed the price before", seed)
			}
		}
		if len(leaves) > 0 && !near(got, excess, 1e4) {
			t.Errorf("seed %d: leaves are %g above, want %g", seed, got, excess)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		r := rand.New(rand.NewPCG(1, 3))
		leaves := make([]Leaf, n)
		for i := range leaves {
			before := r.ExpFloat64() * 100
			leaves[i] = leaf(fmt.Sprintf("a%d/s%d/r%d/u%d team=t%d,env=e%d", r.IntN(50), r.IntN(80), r.IntN(12), r.IntN(3000), r.IntN(30), r.IntN(4)), before*(1+.05*r.NormFloat64()), before)
		}
		leaves[n/2].Actual += 1e6
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if e := Explain(leaves, math.NaN()); len(e.Parts) == 0 || e.Parts[0].Share < .8 {
					b.Fatal(e)
				}
			}
		})
	}
}
