// Package billsim makes cloud bills in which the anomalies are known: what was added, when, where and how much. It is the measure of the detector and
// the bill of `shipmate try`. Every draw is uniform unless something else is said, and depends on nothing but the seed and the split.
package billsim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// A Split is a set of bills for one use. The same seed gives different bills in each.
type Split string

// The splits.
const (
	Development Split = "development" // to tune on
	Test        Split = "test"        // frozen: same parameters, seeds that nothing is tuned on
	Shifted     Split = "shifted"     // other parameters than what was tuned on: heavy tails, holidays, outages, late data, new services
)

// source is an independent stream of random numbers for each part of each bill, so that one more draw in one part moves no other.
func source(seed uint64, split Split, part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(string(split) + "/" + part))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func uniform(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

func logUniform(r *rand.Rand, low, high float64) float64 {
	return math.Exp(uniform(r, math.Log(low), math.Log(high)))
}

// student draws from Student's t with whole degrees of freedom, at least 3, scaled to a standard deviation of 1.
func student(r *rand.Rand, freedom float64) float64 {
	chi := 0.
	for range int(freedom) {
		x := r.NormFloat64()
		chi += x * x
	}
	return r.NormFloat64() / math.Sqrt(chi/freedom) * math.Sqrt((freedom-2)/freedom)
}

// micro rounds to a millionth of a dollar, in which bills are kept.
func micro(dollars float64) float64 { return math.Round(dollars*1e6) / 1e6 }
