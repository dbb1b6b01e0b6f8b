package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// A Range is a figure with its 95 % interval, by resampling. All three are 0 when it cannot be computed.
type Range struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// A sample is what figures are computed from: a score for each pull request, and whether it was bad.
type scored struct {
	scores []float64
	bad    []bool
}

// ranked is a sample with the scores as ranks: 0 is the lowest of steps different ones.
type ranked struct {
	rank  []int
	bad   []bool
	steps int
}

func (s scored) ranked() ranked {
	distinct := slices.Compact(slices.Sorted(slices.Values(s.scores)))
	r := ranked{rank: make([]int, len(s.scores)), bad: s.bad, steps: len(distinct)}
	for i, score := range s.scores {
		r.rank[i], _ = slices.BinarySearch(distinct, score)
	}
	return r
}

// tally counts the good and the bad ones of each rank among the chosen indices.
func (r ranked) tally(chosen []int) (good, bad []float64) {
	good, bad = make([]float64, r.steps), make([]float64, r.steps)
	for _, i := range chosen {
		if r.bad[i] {
			bad[r.rank[i]]++
		} else {
			good[r.rank[i]]++
		}
	}
	return good, bad
}

// area is the area under the ROC curve: the share of pairs of a bad and a good one in which the bad one has the higher score; equal scores
// count half. It is NaN without both.
func area(good, bad []float64) float64 {
	below, won, goods, bads := 0.0, 0.0, 0.0, 0.0
	for i := range good {
		won += bad[i] * (below + good[i]/2)
		below += good[i]
		goods, bads = goods+good[i], bads+bad[i]
	}
	return won / (goods * bads)
}

// area is the sample's area under the ROC curve.
func (s scored) area() float64 {
	r := s.ranked()
	return area(r.tally(everyone(len(s.scores))))
}

// everyone is 0 to n-1.
func everyone(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// top returns which share of the tenth with the highest scores is bad, and which share of the bad ones is in it. Of equal scores at its
// edge, each counts in part.
func top(good, bad []float64) (precision, recall float64) {
	all, bads := 0.0, 0.0
	for i := range good {
		all, bads = all+good[i]+bad[i], bads+bad[i]
	}
	room, hits := all/10, 0.0
	left := room
	for i := len(good) - 1; i >= 0 && left > 0; i-- {
		here := good[i] + bad[i]
		take := min(here, left)
		if here > 0 {
			hits += bad[i] * take / here
		}
		left -= take
	}
	return hits / room, hits / bads
}

// figures are how well a score separates.
type figures struct {
	Area      Range `json:"auc"`
	Precision Range `json:"precision_top_10"`
	Recall    Range `json:"recall_top_10"`
}

// resamples is how often a sample is drawn anew for an interval.
const resamples = 1000

// figuresOf computes the figures of a sample. The intervals are percentiles of resampling with replacement, from a fixed seed.
func figuresOf(s scored) figures {
	r := s.ranked()
	chosen := everyone(len(s.scores))
	good, bad := r.tally(chosen)
	precision, recall := top(good, bad)
	f := figures{Area: Range{Value: area(good, bad)}, Precision: Range{Value: precision}, Recall: Range{Value: recall}}
	source := rand.New(rand.NewPCG(1, 2))
	var areas, precisions, recalls []float64
	for range resamples {
		for i := range chosen {
			chosen[i] = source.IntN(len(s.scores))
		}
		good, bad := r.tally(chosen)
		p, q := top(good, bad)
		areas, precisions, recalls = append(areas, area(good, bad)), append(precisions, p), append(recalls, q)
	}
	f.Area.interval(areas)
	f.Precision.interval(precisions)
	f.Recall.interval(recalls)
	return f
}

// interval sets the bounds to the middle 95 % of values.
func (r *Range) interval(values []float64) {
	values = slices.DeleteFunc(values, math.IsNaN)
	if math.IsNaN(r.Value) || len(values) == 0 {
		*r = Range{}
		return
	}
	slices.Sort(values)
	r.Low, r.High = values[len(values)*25/1000], values[min(len(values)*975/1000, len(values)-1)]
}

// percentile returns the value below which a share of the durations is; 0 for none.
func percentile[T cmp.Ordered](values []T, share float64) T {
	var none T
	if len(values) == 0 {
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
