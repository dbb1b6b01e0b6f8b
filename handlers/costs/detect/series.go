package detect

import (
	"math"
	"slices"
	"time"

	"shipmate/bot/day"
)

const (
	youngest  = 7    // days before anything is judged by what was usual
	maxAmount = 1e15 // amounts beyond are no amounts
)

// A mark says what is known of a day.
type mark uint8

const (
	missing  mark = 1 << iota // no data
	flagged                   // part of an event
	masked                    // somebody said that it was expected
	calendar                  // its position in the calendar has a charge of its own
	odd                       // beyond the limit, up or down, whether or not it is part of an event
	early                     // judged before there was a fit
	weekly                    // a charge that its weekday had before came again
)

// An obs is one day of the series.
type obs struct {
	amount  float64
	level   float64 // product of the steps of the level up to this day: amounts are divided by it before they are compared
	base    float64 // expected without the calendar's charge; NaN while there is too little history
	plain   float64 // base of a day of mean weekday: charges of the calendar are shares of it
	expect  float64 // base and the calendar's charge
	z       float64 // NaN where nothing was judged
	score   float64
	spread  float64 // one usual scatter, in the currency's units; 0 where nothing was expected
	event   int32   // index in events, -1
	marks   mark
	weekday uint8
	date    uint8 // in its month, from 1
	left    uint8 // days of the month that follow
}

func (o *obs) is(m mark) bool { return o.marks&m != 0 }

// clean reports whether the day is one to learn from.
func (o *obs) clean() bool { return o.marks&(missing|flagged|masked|calendar) == 0 }

// A Detector judges one series day by day. Its methods are not safe for concurrent use. The same calls in the same order give the same verdicts.
type Detector struct {
	o       Options
	first   day.Day
	unit    float64 // the smallest amount that matters, in the currency's units: relative figures are taken of no less
	days    []obs
	begin   int // index of the first day that is learned from
	level   float64
	step    int               // index of the first day of the level
	phi     float64           // correlation of the noise of a day with the next one's
	joint   [8]float64        // scatter of the sum of so many days
	ramp    [rampSpan]float64 // weights of the latest days, the latest first, by which a ramp is looked for
	onLevel int               // see residuals
	fit     fit
	base    baseline // of the next day, as long as it is frozen
	events  []Event
	open    int // index in events; -1
	quiet   int // clean days at the end of the open event
	fresh   int // index of the first day whose evidence may be added up
	before  prior
	masks   []span
	gates   gates

	rows        []row
	work, resid []float64
}

// A span is some days, both included.
type span struct{ from, to day.Day }

func (s span) has(d day.Day) bool { return s.from <= d && d <= s.to }

// New returns the detector of a series whose first day is first. Days before it are not known, unless Options.New says that they are zero.
func New(first day.Day, o Options) *Detector {
	d := &Detector{o: o.filled(), first: first, level: 1, open: -1}
	d.phi = phiStart
	d.sumScatter()
	d.unit = d.o.MinDollars / (2 * d.o.Limit)
	d.gates = gates{own: d.gateBy(d.o.GateFactor), until: math.MinInt32}
	if d.o.New {
		d.first -= youngest
		for range youngest {
			d.Step(0)
		}
	}
	return d
}

// next is the day after the last one that was judged, without an amount.
func (d *Detector) next() obs { return d.nth(len(d.days)) }

func (d *Detector) nth(i int) obs {
	at := d.first + day.Day(i)
	o := obs{amount: math.NaN(), level: d.level, base: math.NaN(), plain: math.NaN(), expect: math.NaN(), z: math.NaN(), score: math.NaN(), event: -1}
	o.weekday = uint8(at.Weekday())
	if n := len(d.days); i == n && n > 0 && d.days[n-1].left > 0 {
		o.date, o.left = d.days[n-1].date+1, d.days[n-1].left-1
	} else {
		y, m, date := at.Time().Date()
		o.date, o.left = uint8(date), uint8(time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()-date)
	}
	if d.isMasked(at) {
		o.marks |= masked
	}
	return o
}

func (d *Detector) isMasked(at day.Day) bool {
	return slices.ContainsFunc(d.masks, func(s span) bool { return s.has(at) })
}

func (d *Detector) isHoliday(at day.Day) bool {
	_, found := slices.BinarySearch(d.o.Holidays, at)
	return found
}

// growBy is for how many days there is room at a time: thousands of series should not have a quarter to spare each, as append gives them.
const growBy = 32

func (d *Detector) grow() {
	if n := len(d.days); n == cap(d.days) {
		d.days = append(make([]obs, 0, n+growBy), d.days...)
	}
}

// Rest gives back the memory that judging needs besides what is remembered; the next call takes it anew. It is for who has thousands of detectors and judges a
// day of each now and then.
func (d *Detector) Rest() { d.rows, d.work, d.resid = nil, nil, nil }

// Clone is another detector that knows the same. It only reads d, so that one that is not used any more may be cloned by many at a time.
func (d *Detector) Clone() *Detector {
	c := *d
	c.Rest()
	c.days, c.events, c.masks = slices.Clone(d.days), slices.Clone(d.events), slices.Clone(d.masks)
	return &c
}

// Events returns the events so far, in the order in which they were opened. It is a copy.
func (d *Detector) Events() []Event { return slices.Clone(d.events) }
