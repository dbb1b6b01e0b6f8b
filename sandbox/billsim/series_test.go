package billsim

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"testing"
)

// The frozen test must not change unnoticed: figures are compared across builds. If a hash changes, every published figure of its split is void.
func TestSeriesNeverChange(t *testing.T) {
	for split, want := range map[Split]uint64{Development: 0x905b8b7a8e5ba311, Test: 0x4384a5319a7c2df6, Shifted: 0x3f61d3aacb664d7a} {
		h := fnv.New64a()
		for seed := range uint64(100) {
			d := Series(seed, split)
			for i, amount := range d.Amounts {
				binary.Write(h, binary.LittleEndian, []int64{int64(math.Round(amount * 100)), int64(math.Round(d.Known(i, i+1) * 100))}) // cents: the last bits differ among processors
			}
			for _, l := range d.Labels {
				binary.Write(h, binary.LittleEndian, []int64{int64(l.From), int64(l.To), int64(math.Round(l.Dollars))})
			}
		}
		if got := h.Sum64(); got != want {
			t.Errorf("split %s has hash %#x; it was %#x", split, got, want)
		}
	}
}

// An injected excess is in the series: without it the amounts are those of an ordinary day, with it they are higher by that much.
func TestLabelsAreInTheAmounts(t *testing.T) {
	for _, split := range []Split{Development, Test, Shifted} {
		for seed := range uint64(100) {
			d := Series(seed, split)
			if len(d.Amounts) != Warm+Scored || len(d.Labels) == 0 {
				t.Fatalf("%s %d: %d days, %d labels", split, seed, len(d.Amounts), len(d.Labels))
			}
			labelled := make([]bool, len(d.Amounts))
			for n, l := range d.Labels {
				if l.From < Warm || l.To >= len(d.Amounts) || l.To < l.From || n > 0 && l.From <= d.Labels[n-1].To {
					t.Errorf("%s %d: label %+v is out of place", split, seed, l)
				}
				sum := 0.
				for i := l.From; i <= l.To; i++ {
					labelled[i] = true
					sum += d.Excess[i]
					if rest := d.Amounts[i] - d.Excess[i]; d.Excess[i] <= 0 || rest < 0 || l.Kind == New && rest > 1e-6 && d.Params.First == 0 && d.Params.End == 0 {
						t.Errorf("%s %d: day %d of %+v has excess %v of %v", split, seed, i, l, d.Excess[i], d.Amounts[i])
					}
				}
				if math.Abs(sum-l.Dollars) > 1e-3 {
					t.Errorf("%s %d: label %+v says %v dollars; they are %v", split, seed, l, l.Dollars, sum)
				}
			}
			for i, excess := range d.Excess {
				if excess != 0 && !labelled[i] {
					t.Errorf("%s %d: day %d has an excess of %v without a label", split, seed, i, excess)
				}
			}
		}
	}
}

// Labels are of the amounts themselves: the days of shifts cost, in the mean of many, as much more than the four weeks before as their size says.
func TestAmountsRiseBySize(t *testing.T) {
	sum, n := 0., 0.
	for seed := range uint64(200) {
		d := Series(seed, Development)
		for _, l := range d.Labels {
			if l.Kind != Shift || l.To-l.From < 13 {
				continue
			}
			before, during := 0., 0.
			for i := l.From - 28; i < l.From; i++ {
				before += (d.Amounts[i] - d.Excess[i]) / 28 // another one may have been there
			}
			for i := l.From; i < l.From+14; i++ {
				during += d.Amounts[i] / 14
			}
			sum += math.Log(during / before / (1 + l.Size))
			n++
		}
	}
	if mean := sum / n; n < 50 || math.Abs(mean) > .08 { // growth is .03 of it
		t.Errorf("%v shifts are off by %.3f", n, mean)
	}
}

func TestSeriesIsTheSameEachTime(t *testing.T) {
	if a, b := Series(7, Shifted), Series(7, Shifted); !slices.Equal(a.Amounts, b.Amounts) {
		t.Error("two series of one seed differ")
	}
	if a, b := Series(7, Test), Series(7, Development); slices.Equal(a.Amounts, b.Amounts) {
		t.Error("two splits have the same series")
	}
}

func TestKnownGrowsToTheFinalAmount(t *testing.T) {
	for seed := range uint64(20) {
		d := Series(seed, Shifted)
		early := 0
		for i, amount := range d.Amounts {
			if d.Known(i, i-1) != 0 || d.Known(i, i+lags) != amount {
				t.Fatalf("seed %d day %d: %v before it began, %v at last, of %v", seed, i, d.Known(i, i-1), d.Known(i, i+lags), amount)
			}
			if amount > 1 && d.Known(i, i) > amount {
				early++
			}
		}
		if early > len(d.Amounts)/10 {
			t.Errorf("seed %d: %d days are overstated at first", seed, early)
		}
	}
}
