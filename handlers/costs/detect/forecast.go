package detect

import (
	"math"

	"shipmate/bot/day"
)

// A Forecast is what the next days will cost if nothing unusual happens.
type Forecast struct {
	Days  []Range
	Total Range // of all days together; its Day is the last one
}

// A Range is what a day to come is expected to cost, in the currency's units.
type Range struct {
	Day       day.Day
	Expected  float64 // NaN while there is too little history
	Low, High float64 // of a day: as in Verdict; of a total: at least 95 of 100 totals lie in between, see Detector.Forecast
	Excess    float64 // what comes on top if the open event goes on as in its last three days; 0 without one
	Calendar  string  // as in Verdict
}

const (
	horizon    = 400  // days that are looked ahead at most
	driftDaily = .001 // scatter of the level's growth that is not foreseen, as a share a day
)

// Forecast looks n days ahead, at most 400, with the charges of the calendar that are known.
//
// The range of the total is twice its scatter to each side. Its variance is that of the days, of which neighbours are correlated by φ (see the package
// comment), Σ σ_i² + 2 Σ φ^(j-i) σ_i σ_j over i before j, and that of the level, which is common to all days: the total squared, times the variance of a
// median of 21 correlated residuals, (1.25 s)² (1+φ) / (21 (1-φ)), plus that of growth that is not foreseen, Σ (0.001 i e_i)². Days that may have a charge
// (but need not) have it in High.
func (d *Detector) Forecast(n int) Forecast {
	n = min(max(n, 0), horizon)
	f := Forecast{Days: make([]Range, 0, n)}
	var days, carried, level, drift, maybe, before float64
	for k := range n {
		r, sigma, perhaps := d.ahead(len(d.days) + k)
		f.Days = append(f.Days, r)
		carried = d.phi * (carried + before) // Σ φ^(j-i) σ_i of the days before
		days += sigma*sigma + 2*sigma*carried
		before = sigma
		drift += driftDaily * float64(k+1) * r.Expected
		level += d.base.plain() * r.Expected
		maybe += max(0, perhaps)
		f.Total.Day, f.Total.Expected, f.Total.Excess = r.Day, f.Total.Expected+r.Expected, f.Total.Excess+r.Excess
	}
	level *= 1.25 * math.Sqrt((1+d.phi)/(1-d.phi)/latest)
	half := 2 * math.Sqrt(days+level*level+drift*drift)
	f.Total.Low, f.Total.High = f.Total.Expected-half, f.Total.Expected+half+maybe
	return f
}

// ahead is what is expected of day i, its scatter, and a charge that may come besides.
func (d *Detector) ahead(i int) (r Range, sigma, perhaps float64) {
	o := d.nth(i)
	e := d.foresee(i, &o)
	r = Range{Day: d.first + day.Day(i), Expected: math.NaN(), Low: math.NaN(), High: math.NaN(), Calendar: e.charge.name}
	if e.basis == "" {
		return r, math.NaN(), 0
	}
	perhaps = d.units(e.charge.perhaps, &o)
	d.bounds(&o, &e, &r.Low, &r.High)
	r.Expected = o.expect
	r.Excess = d.stays() * o.expect
	return r, d.spread(e.plain(), o.expect), perhaps
}

// stays is the excess of the last three days of the open event as a share of what was expected of them; 0 without one.
func (d *Detector) stays() float64 {
	if d.open < 0 {
		return 0
	}
	var excess, expected float64
	for i, n := len(d.days)-1, 0; i >= 0 && n < 3; i-- {
		if o := &d.days[i]; int(o.event) == d.open && o.is(flagged) {
			excess, expected, n = excess+o.amount-o.expect, expected+o.expect, n+1
		}
	}
	return excess / max(expected, d.unit)
}

// A Model is what the detector has learned so far, to tell it to people.
type Model struct {
	Basis  Basis
	Level  float64    // of the next day, whatever its weekday, in the currency's units
	Growth float64    // in 30 days, as a share
	Week   [7]float64 // factors of the weekdays from Sunday; their mean is 1; 0 while there is no regression
	Scale  float64    // usual scatter of a day, as a share, without Tail
	Tail   float64    // how much farther than normal noise the residuals reach
	Phi    float64    // correlation of a day's noise with the next one's
	Days   int        // that the regression is fitted to
}

// Model returns what the detector has learned so far.
func (d *Detector) Model() Model {
	o := d.next()
	e := d.foresee(len(d.days), &o)
	m := Model{Basis: e.basis, Level: o.plain, Scale: e.plain(), Tail: d.fit.reach(), Phi: d.phi, Days: d.fit.rows}
	if e.basis != Regression {
		return m
	}
	m.Growth = math.Exp(30*d.fit.slope) - 1
	mean := d.fit.plain(d.fit.origin)
	for w, v := range d.fit.daily {
		m.Week[w] = v / mean
	}
	return m
}
