package detect

import (
	"math"

	"shipmate/bot/day"
)

// Step judges the next day by its amount and what was known before. An amount that is NaN, infinite or beyond 1e15 either way is no data: the day
// is neither unusual nor ordinary.
func (d *Detector) Step(amount float64) Verdict {
	i := len(d.days)
	if d.due(i) {
		d.refit()
		d.backfill()
	}
	o := d.next()
	if known(amount) {
		o.amount = amount
	} else {
		o.marks |= missing
	}
	e := d.foresee(i, &o)
	v := d.verdict(i, &o, e)
	if e.charge.sure != 0 && !e.charge.learn {
		o.marks |= calendar
	}
	if o.is(weekly) {
		d.relearn(i)
	}
	d.grow()
	d.days = append(d.days, o)
	if o.is(missing|masked) || e.basis == "" {
		return v
	}
	d.judge(i, &v)
	return v
}

func known(amount float64) bool { return math.Abs(amount) <= maxAmount }

// due reports whether the fit has to be made anew: weekly, and not while an event is open.
func (d *Detector) due(i int) bool {
	if i-d.begin < d.o.MinHistory || d.open >= 0 && !d.o.NoFreeze {
		return false
	}
	return d.fit.at == 0 || d.fit.stale || i-d.fit.at >= refitEvery
}

// backfill gives the days before the first fit the base that it would have expected of them, so that the calendar's charges are known of them too.
func (d *Detector) backfill() {
	if d.fit.at != len(d.days) {
		return
	}
	for i := len(d.days) - 1; i >= d.begin; i-- {
		o := &d.days[i]
		if !o.is(early) && !math.IsNaN(o.base) {
			break
		}
		o.marks &^= early
		o.base, o.plain = o.level*d.fit.value(i, int(o.weekday)), o.level*d.fit.plain(i)
	}
}

// verdict fills in what can be told without the life of events: range, evidence, term and gates.
func (d *Detector) verdict(i int, o *obs, e expectation) Verdict {
	nan := math.NaN()
	v := Verdict{Day: d.first + day.Day(i), Actual: o.amount, Expected: nan, Low: nan, High: nan, Score: nan, Z: nan, C: nan, Confidence: nan, Event: -1}
	if e.basis == "" {
		return v
	}
	if e.basis != Regression {
		o.marks |= early
	}
	v.Basis, v.Calendar, v.Charge, v.unseen = e.basis, e.charge.name, d.units(e.charge.sure, o), e.charge.unseen
	v.Scale = d.bounds(o, &e, &v.Low, &v.High)
	with := o.expect + d.units(e.charge.perhaps, o)
	o.spread = d.spread(v.Scale, o.expect)
	if o.is(missing) {
		v.Expected = o.expect
		return v
	}
	if math.Abs(o.amount-with) < math.Abs(o.amount-o.expect) {
		v.Charge += with - o.expect
		o.expect, o.spread = with, d.spread(v.Scale, with)
		if e.charge.learn {
			o.marks |= weekly
		} else {
			o.marks |= calendar
		}
	}
	v.Expected = o.expect
	o.z = (o.amount - o.expect) / o.spread
	v.Z = o.z
	v.C = d.cumulative(i, o.z)
	v.Score = max(v.Z, v.C)
	o.score = v.Score
	v.Confidence = d.rank(i, v.Score)
	v.Below = v.Z < -d.o.Limit
	v.Term = d.term(&v)
	return v
}

// bounds computes the range of a day, and returns its scatter: wider where a charge is known from few samples.
func (d *Detector) bounds(o *obs, e *expectation, low, high *float64) (scale float64) {
	scale = e.scale
	if n := e.charge.n; n > 0 {
		scale *= math.Sqrt(1 + 1/float64(n))
	}
	with := o.expect + d.units(e.charge.perhaps, o)
	a, b := min(o.expect, with), max(o.expect, with)
	*low, *high = a-d.o.Limit*d.spread(scale, a), b+d.o.Limit*d.spread(scale, b)
	return scale
}

// spread is one usual scatter of a day, in the currency's units.
func (d *Detector) spread(scale, expected float64) float64 { return max(scale*expected, d.unit) }

func (d *Detector) term(v *Verdict) Term {
	switch {
	case v.Z > d.o.Limit && v.Basis == Nothing && v.Charge == 0:
		return FromZero
	case v.Z > d.o.Limit:
		return Point
	case v.C > d.o.Limit && !d.o.NoCumulative:
		return Cumulative
	}
	return ""
}

// Sums may be unusual before single days are: what lasts is more likely to matter. The weights are the limit of single days over that of sums, and of ramps.
const (
	youngSums  = 4.5 / 4   // in series in which no ramps are looked for
	sumWeight  = 4.5 / 4.7 // in others
	rampWeight = 4.5 / 3.9
	rampFrom   = 75 // days in the fit from which ramps are looked for: before, the level and its growth are not known well enough
)

// cumulative is the largest evidence of 3, 5 or 7 days together that end with day i, whose z is given, or of a ramp of rampSpan days.
func (d *Detector) cumulative(i int, z float64) float64 {
	weight, best := youngSums, math.Inf(-1)
	if d.fit.rows >= rampFrom {
		weight = sumWeight
	}
	sum, ramp := 0.0, 0.0
	for k := 1; k < len(d.joint); k++ {
		if j := i - k + 1; j < d.fresh {
			z = 0
		} else if k > 1 {
			z = d.days[j].z
		}
		if !math.IsNaN(z) {
			e := clamp(z*d.fit.reach(), -d.o.Limit, d.o.Limit)
			sum += e
			if k <= rampSpan {
				ramp += e * d.ramp[k-1]
			}
		}
		if k == 3 || k == 5 || k == 7 {
			best = max(best, weight*sum/d.joint[k])
		}
	}
	if d.fit.rows >= rampFrom {
		best = max(best, rampWeight*ramp)
	}
	return best
}

const (
	calibrated = 90 // clean days from which a rank is told
)

// rank is the share of the clean days in the window with a lower score, as a conformal predictor counts it (Vovk, Gammerman and Shafer,
// Algorithmic Learning in a Random World, 2005): 1 - (1 + those at least as high) / (1 + all).
func (d *Detector) rank(i int, score float64) float64 {
	all, high := 0, 0
	for j := max(d.begin, i-d.o.Window); j < i; j++ {
		o := &d.days[j]
		if o.marks&(missing|flagged|masked|early) != 0 || !(o.score < math.Inf(1)) {
			continue
		}
		if all++; o.score >= score {
			high++
		}
	}
	if all < calibrated {
		return math.NaN()
	}
	return 1 - float64(1+high)/float64(1+all)
}
