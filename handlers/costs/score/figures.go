package score

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Range is a figure with its 95 % interval. All three are 0 when there is nothing to compute it of.
type Range struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Figures are how well a detector did on a set of series.
type Figures struct {
	Precision    Range `json:"precision"`     // found labels / (found labels + false events)
	Recall       Range `json:"recall"`        // found labels / labels that must be found
	F1           Range `json:"f1"`            // harmonic mean of the two
	DollarRecall Range `json:"dollar_recall"` // dollars of the found labels / dollars of those that must be found; a found label counts as a whole
	False        Range `json:"false_per_series_year"`
	FalseEarly   Range `json:"false_per_series_year_of_history"` // in the days before the scored ones, in which a detector knows little yet
	DelayMedian  Range `json:"delay_median_days"`                // of the found labels: from the first injected day to the first flagged one
	DelayP90     Range `json:"delay_p90_days"`
	LateP90      Range `json:"late_p90_days"`      // as DelayP90, from the day on which the anomaly was large enough to be demanded
	Messages     Range `json:"messages_per_cause"` // events on found labels / found labels
}

// resamples is how often the series are drawn anew for the intervals.
const resamples = 1000

// Figure computes the figures of a set of series. The intervals are percentiles of resampling whole series with replacement (B. Efron, Bootstrap
// methods, Annals of Statistics 7, 1979), from a fixed seed.
func Figure(series []Tally) Figures {
	var f Figures
	ranges := []*Range{&f.Precision, &f.Recall, &f.F1, &f.DollarRecall, &f.False, &f.FalseEarly, &f.DelayMedian, &f.DelayP90, &f.LateP90, &f.Messages}
	for n, v := range values(series) {
		ranges[n].Value = v
	}
	draws := make([][]float64, len(ranges))
	r := rand.New(rand.NewPCG(1, 2))
	sample := make([]Tally, len(series))
	for range resamples {
		for i := range sample {
			sample[i] = series[r.IntN(len(series))]
		}
		for n, v := range values(sample) {
			draws[n] = append(draws[n], v)
		}
	}
	for n, all := range draws {
		slices.Sort(all)
		ranges[n].Low, ranges[n].High = all[resamples*25/1000], all[resamples*975/1000-1]
	}
	return f
}

// values are the figures in the order of Figures.
func values(series []Tally) [10]float64 {
	var t Tally
	var delays, late [366]int // how many there are of each length; longer ones than a year count as a year
	for _, s := range series {
		t.Days, t.Must, t.Found, t.False, t.Extra = t.Days+s.Days, t.Must+s.Must, t.Found+s.Found, t.False+s.False, t.Extra+s.Extra
		t.Early, t.EarlyDays = t.Early+s.Early, t.EarlyDays+s.EarlyDays
		t.Dollars, t.FoundDollars = t.Dollars+s.Dollars, t.FoundDollars+s.FoundDollars
		for _, d := range s.Delays {
			delays[min(max(d, 0), len(delays)-1)]++
		}
		for _, d := range s.Late {
			late[min(max(d, 0), len(late)-1)]++
		}
	}
	found := float64(t.Found)
	p, r := ratio(found, found+float64(t.False)), ratio(found, float64(t.Must))
	return [...]float64{
		p, r, ratio(2*p*r, p+r), ratio(t.FoundDollars, t.Dollars), ratio(float64(t.False)*365, float64(t.Days)),
		ratio(float64(t.Early)*365, float64(t.EarlyDays)),
		quantile(delays[:], t.Found, .5), quantile(delays[:], t.Found, .9), quantile(late[:], t.Found, .9),
		ratio(found+float64(t.Extra), found),
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// quantile is the smallest number of days in which at least the share q of n delays ended.
func quantile(delays []int, n int, q float64) float64 {
	seen := 0
	for days, count := range delays {
		if seen += count; n > 0 && float64(seen) >= math.Ceil(q*float64(n)) {
			return float64(days)
		}
	}
	return 0
}
