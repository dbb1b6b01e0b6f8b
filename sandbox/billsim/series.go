package billsim

import (
	"math"
	"math/rand/v2"
	"time"
)

// Warm is how many days at the beginning of each series are history: nothing is injected in them and none of them is scored.
const Warm = 90

// Scored is how many days follow the warm-up.
const Scored = 365

// A Daily is one series of daily amounts with what was done to it.
type Daily struct {
	First   time.Time // midnight UTC of Amounts[0]
	Amounts []float64 // final usage cost of each day, in dollars, to the millionth; Warm+Scored of them; none is negative
	Excess  []float64 // the part of each amount that was injected
	Labels  []Label   // by their first day; they do not overlap
	OneOffs []OneOff  // charges other than usage in the same bill, which are not in Amounts; of the Shifted split only
	Params  Params    // what the series was made with

	known [][]float64 // known[day][lag] of the days whose first versions differ from the last; nil when the source is never late
}

// A Kind is the shape of an anomaly.
type Kind string

// The kinds. New is of the Shifted split only.
const (
	Spike Kind = "spike" // one or two days
	Shift Kind = "shift" // a higher level for one to six weeks
	Ramp  Kind = "ramp"  // rises evenly and falls back at once
	New   Kind = "new"   // there was nothing before; its days are the first two weeks
)

// A Label is one injected anomaly.
type Label struct {
	Kind     Kind
	From, To int     // index of its first and last day
	Size     float64 // at its highest, as a share of the usage it was added to: 0.5 is half as much again; 0 for New
	Dollars  float64 // injected in all its days together
	Must     bool    // it must be found: see mustDollars. Others count neither for nor against
	Due      int     // index of the first day on which all that is demanded of what must be found is there; From where Must is false
}

// A OneOff is a charge that is not usage.
type OneOff struct {
	Day      int    // index
	Category string // Purchase, Tax, Credit, Refund or Correction
	Dollars  float64
	Account  string // of whole bills only
}

// Params are what one series was made with.
type Params struct {
	Level   float64    // dollars a day at the beginning
	Growth  float64    // in a year: 0.5 is half as much again
	Week    [7]float64 // factor of each weekday, from Sunday
	First   float64    // charge on the 1st of each month as a share of the day's level; 0 is none
	End     float64    // the same of the last three days of each month
	Sigma   float64    // standard deviation of the logarithm of the noise
	Phi     float64    // correlation of the noise of a day with the next one's
	Freedom float64    // degrees of freedom of Student's t; 0 is normal noise
	Starts  int        // index of the first day with costs; 0 for all but new services
}

// Series makes one series. The same arguments always give the same one.
func Series(seed uint64, split Split) *Daily {
	d := &Daily{Params: params(source(seed, split, "params"), split)}
	d.First = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, source(seed, split, "first").IntN(365))
	usual, month := d.usual(split, source(seed, split, "calendar"))
	noise := d.Params.noise(source(seed, split, "noise"), Warm+Scored)
	d.inject(source(seed, split, "inject"), usual, month)
	d.Amounts = make([]float64, len(usual))
	for i := range usual {
		d.Excess[i] = micro(d.Excess[i] * noise[i])
		d.Amounts[i] = micro((usual[i]+month[i])*noise[i] + d.Excess[i])
	}
	d.sum()
	if split == Shifted {
		d.OneOffs = oneOffs(source(seed, split, "one-offs"), d.First, d.Params.Level)
		d.known = lateness(source(seed, split, "late"), d.Amounts)
	}
	return d
}

// Day is midnight UTC of the day with index i.
func (d *Daily) Day(i int) time.Time { return d.First.AddDate(0, 0, i) }

// Known is what the bill said of a day, with index i, at the end of the day with index asOf: nothing before the day is over unless the source is
// late, in which case see lateness.
func (d *Daily) Known(i, asOf int) float64 {
	lag := asOf - i
	switch {
	case i < 0 || i >= len(d.Amounts) || lag < 0:
		return 0
	case d.known == nil || lag >= len(d.known[i]):
		return d.Amounts[i]
	}
	return d.known[i][lag]
}

// params draws what a series is made with: $5 to $3,160 a day, log-uniform; growth of -20 to +150 % a year; weekdays as in week; in one of five a charge of 50
// to 300 % of the day's level on the 1st of each month, and in one of five 10 to 40 % more on its last three days; noise with a deviation of 2 to 12 %,
// correlated by up to .6 with the day before. The Shifted split has Student's t with 5 to 10 degrees of freedom, and one in ten begins within the
// first half of the scored days.
func params(r *rand.Rand, split Split) Params {
	p := Params{
		Level:  logUniform(r, 5, 3160),
		Growth: uniform(r, -.2, 1.5),
		Week:   week(r),
		Sigma:  uniform(r, .02, .12),
		Phi:    uniform(r, 0, .6),
	}
	if r.Float64() < .2 {
		p.First = uniform(r, .5, 3)
	}
	if r.Float64() < .2 {
		p.End = uniform(r, .1, .4)
	}
	if split == Shifted {
		p.Freedom = float64(5 + r.IntN(6))
		if r.Float64() < .1 {
			p.Starts = Warm + r.IntN(Scored/2)
		}
	}
	return p
}

// level is the cost of an ordinary day without weekdays and noise.
func (p Params) level(day int) float64 { return p.Level * math.Pow(1+p.Growth, float64(day)/365) }

// week draws the weekday factors: 40 % of all series have none, 45 % are down on weekends as offices are, 15 % do their batches on Sundays.
func week(r *rand.Rand) [7]float64 {
	w := [7]float64{1, 1, 1, 1, 1, 1, 1}
	switch u := r.Float64(); {
	case u < .45:
		w[time.Saturday] = uniform(r, .4, .85)
		w[time.Sunday] = w[time.Saturday] * uniform(r, .9, 1)
	case u < .60:
		w[time.Sunday] = uniform(r, 1.15, 1.8)
	}
	return w
}

// noise is autoregressive of order 1 in the logarithm; its mean is 1.
func (p Params) noise(r *rand.Rand, days int) []float64 {
	draw := r.NormFloat64
	if p.Freedom > 0 {
		draw = func() float64 { return student(r, p.Freedom) }
	}
	noise := make([]float64, days)
	x := draw()
	for i := range noise {
		noise[i] = math.Exp(p.Sigma*x - p.Sigma*p.Sigma/2)
		x = p.Phi*x + math.Sqrt(1-p.Phi*p.Phi)*draw()
	}
	return noise
}

// usual is the expected cost of each day without injections and noise: that of usage, and that of month starts and ends.
func (d *Daily) usual(split Split, r *rand.Rand) (usage, month []float64) {
	p := d.Params
	usage, month = make([]float64, Warm+Scored), make([]float64, Warm+Scored)
	for i := range usage {
		day, level := d.Day(i), p.level(i)
		if i < p.Starts {
			continue
		}
		usage[i] = level * p.Week[day.Weekday()]
		switch {
		case day.Day() == 1:
			month[i] = level * p.First
		case day.AddDate(0, 0, 3).Day() <= 3:
			month[i] = level * p.End
		}
	}
	if split == Shifted {
		d.closures(r, usage)
	}
	return usage, month
}

// closures lowers usage on holidays, on which offices work as on Sundays, and in outages: up to two days a year with 30 to 90 % less.
func (d *Daily) closures(r *rand.Rand, usage []float64) {
	w := d.Params.Week
	for i := range usage {
		if day := d.Day(i); holiday(day) && w[time.Sunday] < 1 {
			usage[i] *= w[time.Sunday] / w[day.Weekday()]
		}
	}
	for range r.IntN(3) {
		usage[Warm+r.IntN(Scored)] *= uniform(r, .1, .7)
	}
}

// holiday reports whether a day is one of ten fixed holidays.
func holiday(day time.Time) bool {
	switch day.Format("01-02") {
	case "01-01", "01-06", "05-01", "05-08", "08-15", "10-03", "11-01", "12-24", "12-25", "12-26":
		return true
	}
	return false
}
