package detect

import "math"

// A fit is the regression: on day i a series costs daily[weekday] · exp(slope · (i - origin)).
type fit struct {
	daily  [7]float64 // by weekday from Sunday, at the origin
	slope  float64    // growth a day, as a logarithm
	origin int        // index of a day
	scale  float64    // usual relative scatter around the fit
	tail   float64    // how much farther than normal noise the residuals reach, as a factor
	rows   int        // days that it was fitted to
	at     int        // how many days there were when it was made; 0: there is none
	stale  bool       // an event has ended since
}

// The constants of the regression.
const (
	tukey      = 4.685 // where a residual loses all its weight, in scatters: 95 % efficiency at the normal distribution (Beaton and Tukey, 1974)
	slopePrior = .002  // standard deviation of slopes before anything is known: 0.2 % a day, a doubling in a year
	coldRounds = 8     // reweightings of a first fit
	warmRounds = 3     // of one that begins at the previous fit
	refitEvery = 7     // days
)

// at is what the fit says of day i, whose weekday is w.
func (f *fit) value(i, w int) float64 { return f.daily[w] * math.Exp(f.slope*float64(i-f.origin)) }

// A row is a day that the regression learns from: its amount with known steps of the level taken out.
type row struct {
	x       float64 // days after the origin
	y       float64
	weekday uint8
	odd     bool
}

// sums are the normal equations of one weekday's rows.
type sums struct{ w, x, xx, r, xr float64 }

// refit makes the fit anew from the clean days in the window, beginning at the previous one. It stays as it is when there are too few days.
//
// The model is a generalized linear one with logarithmic link and variance proportional to the square of the mean, that is, weights 1/fit²
// (McCullagh and Nelder, Generalized Linear Models, 1989, section 8), made robust with Tukey's biweight on the relative residuals and solved by
// iteratively reweighted least squares. Level and six contrasts of weekdays are written as seven levels, one a weekday: the normal equations are
// then diagonal but for the slope, and solved in closed form.
func (d *Detector) refit() {
	n := len(d.days)
	from := max(d.begin, n-d.o.Window)
	d.rows = d.rows[:0]
	for i := from; i < n; i++ {
		if o := &d.days[i]; d.learns(o) {
			d.rows = append(d.rows, row{float64(i - n), o.amount / o.level, o.weekday, o.is(odd)})
		}
	}
	if len(d.rows) < d.o.MinHistory*3/4 {
		return
	}
	f, rounds := d.fit, warmRounds
	if f.at == 0 {
		f, rounds = d.medians(), coldRounds
	}
	for w := range f.daily {
		f.daily[w] = max(f.daily[w]*math.Exp(f.slope*float64(n-f.origin)), d.unit/1e3)
	}
	f.origin = n
	for range rounds {
		d.reweigh(&f)
	}
	if d.recenter(&f) {
		for range warmRounds {
			d.reweigh(&f)
		}
	}
	d.tails(&f)
	f.rows, f.at, f.stale = len(d.rows), n, false
	d.fit = f
	d.correlate(from)
}

// recenter puts weekdays of which most rows lost all their weight to the median of their rows: a biweight that began far away does not find back
// by itself. It reports whether there were any.
func (d *Detector) recenter(f *fit) (moved bool) {
	cut := tukey * max(f.scale, d.o.Floor)
	var rows, out [7]int
	for i, e := range d.resid {
		w := d.rows[i].weekday
		if rows[w]++; e >= cut || e <= -cut {
			out[w]++
		}
	}
	for w := range rows {
		if out[w]*2 <= rows[w] {
			continue
		}
		d.work = d.work[:0]
		for _, r := range d.rows {
			if int(r.weekday) == w {
				d.work = append(d.work, r.y*math.Exp(-f.slope*r.x))
			}
		}
		f.daily[w], moved = max(median(d.work), d.unit/1e3), true
	}
	return moved
}

// medians is the fit that the first one begins at: the median of each weekday, no slope.
func (d *Detector) medians() fit {
	f := fit{origin: len(d.days)}
	d.work = d.work[:0]
	for _, r := range d.rows {
		d.work = append(d.work, r.y)
	}
	all := median(d.work)
	for w := range f.daily {
		d.work = d.work[:0]
		for _, r := range d.rows {
			if int(r.weekday) == w {
				d.work = append(d.work, r.y)
			}
		}
		if f.daily[w] = all; len(d.work) > 1 {
			f.daily[w] = median(d.work)
		}
	}
	return f
}

// reweigh is one round: residuals, their scatter, weights, and the step that solves the weighted normal equations.
func (d *Detector) reweigh(f *fit) {
	d.work, d.resid = d.work[:0], d.resid[:0]
	growth, fitted, x := math.Exp(f.slope), 0.0, math.Inf(-1)
	for _, r := range d.rows {
		if r.x == x+1 {
			fitted *= growth
		} else {
			fitted = math.Exp(f.slope * r.x)
		}
		x = r.x
		mean := f.daily[r.weekday] * fitted
		e := (r.y - mean) / max(mean, d.unit)
		d.resid, d.work = append(d.resid, e), append(d.work, math.Abs(e))
	}
	f.scale = toSigma * median(d.work)
	cut := tukey * max(f.scale, d.o.Floor)
	var days [7]sums
	for i, e := range d.resid {
		u := e / cut
		if u <= -1 || u >= 1 {
			continue
		}
		r := &d.rows[i]
		s, w := &days[r.weekday], (1-u*u)*(1-u*u)
		s.w, s.x, s.xx, s.r, s.xr = s.w+w, s.x+w*r.x, s.xx+w*r.x*r.x, s.r+w*e, s.xr+w*e*r.x
	}
	f.step(&days, max(f.scale, d.o.Floor)/slopePrior)
}

// step moves the fit to the solution of the normal equations; ridge is the scatter over that of slopes beforehand, which keeps short histories from
// steep slopes.
func (f *fit) step(days *[7]sums, ridge float64) {
	num, den := -f.slope*ridge*ridge, ridge*ridge
	for _, s := range days {
		if s.w > 0 {
			num, den = num+s.xr-s.x*s.r/s.w, den+s.xx-s.x*s.x/s.w
		}
	}
	slope := 0.0
	if den > 0 {
		slope = clamp(num/den, -.01, .01)
	}
	for w, s := range days {
		if s.w > 0 {
			f.daily[w] *= math.Exp(clamp((s.r-slope*s.x)/s.w, -.7, .7))
		}
	}
	f.slope = clamp(f.slope+slope, -.02, .02)
}
