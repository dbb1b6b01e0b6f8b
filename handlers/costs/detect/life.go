package detect

import (
	"math"

	"shipmate/bot/day"
)

const (
	endAfter    = 2  // ordinary days in a row
	againWithin = 7  // days after its last one in which an event that ended goes on, instead of a new one
	levelDays   = 8  // days that decide whether a level is a new one
	levelNeed   = 7  // of which so many are unusual
	levelDrift  = .4 // difference of the ratios of the later half from those of the earlier, in scatters: more is a slope, not a level
	levelLate   = 30 // flagged days after which a level is accepted though it is not stable
	levelLast   = 60 // days after which half of levelNeed is enough for that
	returnSpan  = 90 // days in which the level before is remembered
	returnDays  = 2  // days at that level that bring it back
	sumSpan     = 5  // days whose mean excess counts when it was days together that were unusual
)

// prior is the level before the current one.
type prior struct {
	ratio float64 // of the current level to it; 0 when there is nothing now
	plain float64 // what a day cost then, when there is nothing now
	until int     // index of the last day on which it is remembered
	days  int     // latest days that were at it
}

// judge does what follows from the verdict on day i: events are opened, go on, end, or become a new level.
func (d *Detector) judge(i int, v *Verdict) {
	o := &d.days[i]
	if math.Abs(o.z) > d.o.Limit {
		o.marks |= odd
	}
	if d.back(i, v) {
		return
	}
	if d.open >= 0 {
		d.follow(i, v)
		return
	}
	if v.Term != "" {
		if v.Gated = d.gate(i, v, o); v.Gated == "" {
			d.start(i, v)
			return
		}
	}
	d.settleLevel(i)
}

// gate says why an unusual day is no event. What counts for cumulative evidence is the mean excess of its days.
func (d *Detector) gate(i int, v *Verdict, today *obs) string {
	excess, expected := v.Actual-v.Expected, v.Expected
	if v.Term == Cumulative {
		n := 0.0
		e, x := 0.0, 0.0
		for j := i; j > max(d.fresh-1, i-sumSpan); j-- {
			if o := &d.days[j]; !math.IsNaN(o.z) {
				e, x, n = e+o.amount-o.expect, x+o.expect, n+1
			}
		}
		if e/n > excess {
			excess, expected = e/n, x/n
		}
		if today.z < 1 {
			return "back to usual"
		}
	}
	if short := d.gateOn(v.Day).short(excess, expected); short != "" || d.open >= 0 || v.unseen == endUnseen && excess > endMost*expected {
		return short
	}
	return v.unseen
}

// start opens an event on day i, or opens the last one again.
func (d *Detector) start(i int, v *Verdict) {
	d.open = len(d.events)
	first := i
	if v.Term != Cumulative && i > d.fresh && d.days[i].date == 2 && d.days[i-1].z > d.o.Limit {
		first--
	} else if v.Term == Cumulative {
		for first > d.fresh && i-first < 6 && d.days[first-1].z > 1 {
			first--
		}
	}
	if n := len(d.events) - 1; n >= 0 && d.events[n].State == Ended && int(v.Day-d.events[n].Last) <= againWithin {
		d.open = n
		d.events[n].State, d.events[n].Since = Open, v.Day
	} else {
		d.events = append(d.events, Event{First: d.first + day.Day(first), State: Open, Since: v.Day, Term: v.Term})
	}
	d.quiet = 0
	for j := first; j <= i; j++ {
		d.flag(j)
	}
	v.Flagged, v.Event = true, d.open
	if !d.o.NoFreeze {
		d.base = d.settle() // without the days that turn out to belong to the event
	}
}

// flag makes day i a part of the open event.
func (d *Detector) flag(i int) {
	o := &d.days[i]
	o.marks |= flagged
	o.event = int32(d.open)
	d.recount(d.open)
}

// recount sums up an event from its days.
func (d *Detector) recount(n int) {
	e := &d.events[n]
	e.Days, e.Excess, e.Expected, e.Actual = 0, 0, 0, 0
	for i := int(e.First - d.first); i < len(d.days); i++ {
		o := &d.days[i]
		if int(o.event) != n || o.is(missing) {
			continue
		}
		e.Days++
		e.Last = d.first + day.Day(i)
		e.Latest = o.amount - o.expect
		e.Excess += e.Latest
		e.Expected += o.expect
		e.Actual += o.amount
	}
	if e.Days > 0 {
		e.Expected /= float64(e.Days)
		e.Actual /= float64(e.Days)
	}
}

// follow decides whether day i is part of the open event: its excess is at least half of the event's usual one, as a share of what was expected.
func (d *Detector) follow(i int, v *Verdict) {
	e := &d.events[d.open]
	mean := e.Excess / float64(e.Days) / max(e.Expected, d.unit)
	excess := (v.Actual - v.Expected) / max(v.Expected, d.unit)
	goesOn := excess >= mean/2 && v.Actual-v.Expected > 0
	goesOn = goesOn || v.Term == Point && d.gateOn(v.Day).short(v.Actual-v.Expected, v.Expected) == ""
	if goesOn {
		d.quiet = 0
		d.flag(i)
		v.Flagged, v.Event = true, d.open
		d.settleLevel(i)
		return
	}
	if d.quiet++; d.quiet >= endAfter {
		e.State, e.Since = Ended, v.Day
		d.close(i)
	}
}

// close lets the baseline move again after an event.
func (d *Detector) close(i int) {
	d.open, d.quiet, d.fresh = -1, 0, i+1
	d.fit.stale = true
}
