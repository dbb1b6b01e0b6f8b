package billsim

import (
	"math/rand/v2"
	"time"
)

// lags is after how many days an amount does not change any more.
const lags = 12

// lateness makes the versions of each day that a late source shows. At the end of the day itself 30 to 60 % are there, after one day 80 to 95 %, after
// two at least 97 %, and from then to the last version it wanders by up to 2 %. One day in fifty is delivered twice at first and shows up to double its
// cost until the second day: it must not be judged before it is complete.
func lateness(r *rand.Rand, amounts []float64) [][]float64 {
	known := make([][]float64, len(amounts))
	for i, amount := range amounts {
		versions := make([]float64, lags)
		for lag := range versions {
			switch {
			case lag == 0:
				versions[lag] = micro(amount * uniform(r, .3, .6))
			case lag == 1:
				versions[lag] = micro(amount * uniform(r, .8, .95))
			case lag == 2:
				versions[lag] = micro(amount * uniform(r, .97, 1))
			default:
				versions[lag] = micro(amount * uniform(r, .99, 1.01))
			}
		}
		if r.Float64() < .02 {
			versions[0] *= 2
			versions[1] *= 2
		}
		known[i] = versions
	}
	return known
}

// oneOffs are what a bill has besides usage: a reservation of 20 to 200 days of the series' cost bought in half of all years, up to four credits of one
// to ten days, a tax on each 3rd of the month, a refund in a third of all years, and a correction of an invoiced month in half of them.
func oneOffs(r *rand.Rand, first time.Time, level float64) []OneOff {
	var all []OneOff
	if r.Float64() < .5 {
		all = append(all, OneOff{Day: Warm + r.IntN(Scored), Category: "Purchase", Dollars: micro(level * uniform(r, 20, 200))})
	}
	for range r.IntN(5) {
		all = append(all, OneOff{Day: Warm + r.IntN(Scored), Category: "Credit", Dollars: -micro(level * uniform(r, 1, 10))})
	}
	for i := range Warm + Scored {
		if first.AddDate(0, 0, i).Day() == 3 {
			all = append(all, OneOff{Day: i, Category: "Tax", Dollars: micro(level * 30 * .2)})
		}
	}
	if r.Float64() < 1./3 {
		all = append(all, OneOff{Day: Warm + r.IntN(Scored), Category: "Refund", Dollars: -micro(level * uniform(r, 1, 20))})
	}
	if r.Float64() < .5 {
		all = append(all, OneOff{Day: Warm + r.IntN(Scored), Category: "Correction", Dollars: micro(level * uniform(r, -5, 5))})
	}
	return all
}
