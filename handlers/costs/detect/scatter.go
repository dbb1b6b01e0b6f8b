package detect

import "math"

const (
	tailShare = .95 // of the residuals' sizes: the quantile by which tails are measured
	tailPrior = 30  // days that stand for normal tails beforehand
	tailMost  = 2   // factor by which tails widen the range at most
	phiStart  = .3  // correlation of a day with the next one beforehand
	phiPrior  = 20  // days that stand for it
)

// tails measures how much farther than normal noise the residuals of a fit reach: the ratio of a high quantile of their sizes to what normal noise of the
// same median size has there, drawn towards 1 while there are few, and not below it. Days that were odd are left out.
func (d *Detector) tails(f *fit) {
	d.work = d.work[:0]
	for i, e := range d.resid {
		if !d.rows[i].odd {
			d.work = append(d.work, math.Abs(e))
		}
	}
	f.tail = 1
	n := len(d.work)
	if n == 0 {
		return
	}
	q := kth(d.work, int(tailShare*float64(n)))
	ratio := q / (math.Sqrt2 * math.Erfinv(tailShare) * max(f.scale, d.o.Floor))
	f.tail = clamp(1+(ratio-1)*float64(n)/float64(n+tailPrior), 1, math.Sqrt(tailMost))
}

// correlate estimates how sums of z scatter. Noise goes on into the next day as an autoregression of order 1, so that a sum of k of them, each with
// scatter 1, has the variance k + 2 Σ (k-j) φ^j over j from 1 to k-1. φ is the mean product of neighbours over the mean square, of the days that were judged
// in the window and were not odd.
func (d *Detector) correlate(from int) {
	num, den := phiStart*phiPrior, float64(phiPrior)
	for i := from + 1; i < len(d.days); i++ {
		a, b := &d.days[i-1], &d.days[i]
		if a.is(odd|early) || b.is(odd|early) || !a.clean() || !b.clean() || math.IsNaN(a.z) || math.IsNaN(b.z) {
			continue
		}
		num, den = num+a.z*b.z, den+(a.z*a.z+b.z*b.z)/2
	}
	d.phi = clamp(num/den, 0, .9)
	d.sumScatter()
}

// sumScatter fills in the scatter of sums of up to seven days as neighbours are correlated, and what a ramp is looked for with.
func (d *Detector) sumScatter() {
	d.matchRamp()
	for k := range d.joint {
		v, p := float64(k), 1.0
		for lag := 1; lag < k; lag++ {
			p *= d.phi
			v += 2 * float64(k-lag) * p
		}
		d.joint[k] = math.Sqrt(v)
	}
}

const rampSpan = 5 // days of the ramps that are looked for

// matchRamp fills in the matched filter for a ramp, s = 1, 2 … rampSpan, in noise whose neighbours are correlated by φ: the weights w = R⁻¹s / √(s'R⁻¹s) give
// the linear sum in which it stands out most, with a scatter of 1 (D. O. North, An analysis of the factors which determine signal/noise discrimination,
// 1943). The inverse of an autoregression's correlations R has only three diagonals: 1+φ² (1 at both ends) and -φ beside it, over 1-φ².
func (d *Detector) matchRamp() {
	signal := func(ago int) float64 {
		if ago < 0 || ago >= rampSpan {
			return 0
		}
		return float64(rampSpan - ago)
	}
	norm := 0.0
	for j := range d.ramp {
		middle := 1 + d.phi*d.phi
		if j == 0 || j == rampSpan-1 {
			middle = 1
		}
		d.ramp[j] = (middle*signal(j) - d.phi*(signal(j-1)+signal(j+1))) / (1 - d.phi*d.phi)
		norm += d.ramp[j] * signal(j)
	}
	for j := range d.ramp {
		d.ramp[j] /= math.Sqrt(norm)
	}
}
