package detect

import (
	"math"
	"slices"
)

// A baseline is what the expected amount is made of besides the fit. It stays what it was while an event is open.
type baseline struct {
	basis Basis
	lift  float64 // the level of the latest days, as a factor of the fit
	reach float64 // how much farther than normal noise the residuals reach
	scale float64 // usual relative scatter of a day
}

const (
	latest      = 21     // clean days that the level is corrected by
	lag         = 5      // days before them that are left out
	farthest    = 60     // days back at most in which they are looked for
	youngScale  = .12    // least scatter that is assumed of a young series
	medianError = 1.2533 // scatter of a median over that of a mean, in normal noise: √(π/2)
	youngSpan   = 35     // days that a young series is compared with
	localShare  = .9     // of the scatter of the latest days: the larger of two estimates is too large otherwise
	parameters  = 8      // of the regression: seven weekdays and the slope
)

// expectation is what is expected of one day.
type expectation struct {
	baseline
	charge charge
}

// foresee fills in what is expected of day i, and returns with what scatter. Nothing is expected while there is too little history.
func (d *Detector) foresee(i int, o *obs) expectation {
	e, may := expectation{baseline: d.baseline()}, 0.0
	switch e.basis {
	case "":
		return e
	case Regression:
		o.base = o.level * d.fit.value(i, int(o.weekday)) * e.lift
		o.plain = o.level * d.fit.plain(i) * e.lift
	default:
		o.base, o.plain, e.scale, may = d.young(o)
	}
	if e.basis == Nothing {
		o.base, o.plain, may = 0, 0, 0
	}
	if !d.o.NoCalendar {
		e.charge = d.charge(i, o, e.basis, e.scale)
	}
	if e.charge.sure == 0 && d.units(e.charge.perhaps, o) < may-o.base {
		e.charge = charge{perhaps: (may - o.base) / max(o.plain, d.unit), name: "weekday", learn: true, unseen: e.charge.unseen}
	}
	o.expect = o.base + d.units(e.charge.sure, o)
	return e
}

// units is a share of a day of mean weekday in the currency's units: charges of the calendar are such shares, and of no less than the smallest amount that
// matters.
func (d *Detector) units(share float64, o *obs) float64 { return share * max(o.plain, d.unit) }

// baseline computes the baseline from the clean days so far, unless it is frozen.
func (d *Detector) baseline() baseline {
	if d.open >= 0 && !d.o.NoFreeze {
		return d.base
	}
	d.base = d.settle()
	return d.base
}

func (d *Detector) settle() baseline {
	if known := d.recent(); known < youngest {
		return baseline{}
	} else if median(d.work) <= d.unit {
		if d.fit.at == 0 || d.fit.top() <= d.unit {
			return baseline{basis: Nothing, lift: 1, scale: youngScale}
		}
	}
	if d.fit.at == 0 {
		return baseline{basis: Weekday, lift: 1}
	}
	b := baseline{Regression, 1, d.fit.reach(), max(d.fit.scale, d.o.Floor)}
	n := d.residuals(2*latest, 2*farthest)
	if n >= youngest {
		d.resid = append(d.resid[:0], d.work...)
		b.lift = 1 + clamp(d.beyondChance(median(d.work[:d.onLevel])), -.9, 9)
		m := median(d.resid)
		b.scale = max(b.scale, localShare*deviation(d.resid, m)/b.lift)
	}
	b.scale *= b.reach * b.reach * d.unsure()
	return b
}

// residuals collects the relative residuals of the latest clean days in d.work, the youngest first, and returns how many there are. The last lag days
// are left out: should something have begun in them, it must not become the norm. d.onLevel says by how many of them the level is corrected: at most latest,
// and only those at the current level once there are enough of them.
func (d *Detector) residuals(most, back int) int {
	d.work, d.onLevel = d.work[:0], 0
	n := len(d.days) - lag
	for i := n - 1; i >= max(d.begin, n-back) && len(d.work) < most; i-- {
		o := &d.days[i]
		if !d.learns(o) || o.is(odd) && !d.o.NoFreeze {
			continue
		}
		mean := d.fit.value(i, int(o.weekday))
		d.work = append(d.work, (o.amount/o.level-mean)/max(mean, d.unit))
		if d.onLevel < latest && i >= n-farthest && (i >= d.step || d.onLevel < youngest) {
			d.onLevel++
		}
	}
	return len(d.work)
}

// recent collects the amounts of the latest clean days in d.work, and returns how many there are.
func (d *Detector) recent() int {
	d.work = d.work[:0]
	for i := len(d.days) - 1; i >= max(d.begin, len(d.days)-farthest) && len(d.work) < latest; i-- {
		if o := &d.days[i]; d.learns(o) {
			d.work = append(d.work, o.amount/o.level)
		}
	}
	return len(d.work)
}

// learns reports whether a day is one to learn from: days of events are not, so that they do not become the norm.
func (d *Detector) learns(o *obs) bool {
	return o.clean() || d.o.NoFreeze && o.marks&(missing|masked|calendar) == 0
}

// young is what is expected while there are too few days for the regression: the median of the same weekday, and that of all days; the scatter is
// one and a half times the usual one around these medians, at least youngScale. A weekday with fewer than three days may also cost as much as the median of all,
// and any as much as its dearest day: two holidays make a median of three.
func (d *Detector) young(o *obs) (base, plain, scale, may float64) {
	from := max(d.begin, len(d.days)-youngSpan)
	var mid [7]float64
	var count [7]int
	dearest := 0.0
	for w := range mid {
		d.work = d.work[:0]
		for j := from; j < len(d.days); j++ {
			if p := &d.days[j]; int(p.weekday) == w && d.learns(p) && !p.is(odd) {
				d.work = append(d.work, p.amount/p.level)
			}
		}
		if mid[w], count[w] = median(d.work), len(d.work); w == int(o.weekday) && count[w] > 0 {
			dearest = slices.Max(d.work)
		}
	}
	d.recent()
	plain = max(0, median(d.work))
	d.work = d.work[:0]
	for j := from; j < len(d.days); j++ {
		if p := &d.days[j]; d.learns(p) && !p.is(odd) && !math.IsNaN(mid[p.weekday]) {
			d.work = append(d.work, (p.amount/p.level-mid[p.weekday])/max(mid[p.weekday], d.unit))
		}
	}
	if scale = youngScale; len(d.work) > 0 {
		scale = max(scale, 1.5*deviation(d.work, 0))
	}
	if base = mid[o.weekday]; math.IsNaN(base) {
		base = plain
	}
	base = max(0, base)
	if may = base; count[o.weekday] < 3 {
		may = max(may, plain)
	}
	if dearest > base*(1+2*scale) {
		may = max(may, dearest)
	}
	return base * o.level, plain * o.level, scale, may * o.level
}

// plain is what the fit says of day i whatever its weekday, and top what it says at the origin of the dearest one.
func (f *fit) plain(i int) float64 {
	sum := 0.0
	for _, v := range f.daily {
		sum += v
	}
	return sum / 7 * math.Exp(f.slope*float64(i-f.origin))
}

func (f *fit) top() float64 {
	top := 0.0
	for _, v := range f.daily {
		top = max(top, v)
	}
	return top
}

// plain is the usual scatter without what tails add to it.
func (b baseline) plain() float64 {
	if b.reach > 0 {
		return b.scale / b.reach / b.reach
	}
	return b.scale
}

// reach is how much farther than normal noise the residuals reach, as a factor; 1 while nothing is known.
func (f *fit) reach() float64 { return max(1, f.tail) }

// beyondChance is a median of onLevel residuals as far as it is more than chance: the square of what chance makes of it is taken off its own (a positive-part
// estimator of James and Stein's kind, 1961), so that the level follows what has moved and not the noise.
func (d *Detector) beyondChance(m float64) float64 {
	chance := medianError * max(d.fit.scale, d.o.Floor) * math.Sqrt((1+d.phi)/(1-d.phi)/float64(d.onLevel))
	if math.Abs(m) <= chance {
		return 0
	}
	return m * (1 - chance*chance/m/m)
}

// unsure is how much more what is foreseen scatters than the residuals of the fit, over what it is with a full window: its parameters are estimates, which adds
// parameters/n to the variance, and so is the scatter, for which a limit of z scatters has to be Student's instead of the normal distribution's,
// z (1 + (z²+1) / (4 ν)) with ν degrees of freedom (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.5, the first terms).
func (d *Detector) unsure() float64 {
	factor := func(rows int) float64 {
		n, free := float64(rows), float64(max(rows-parameters, 10))
		return math.Sqrt(1+parameters/n) * (1 + (d.o.Limit*d.o.Limit+1)/4/free)
	}
	return max(1, factor(max(d.fit.rows, parameters))/factor(d.o.Window))
}
