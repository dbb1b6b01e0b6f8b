package detect

import (
	"math"
	"slices"

	"shipmate/bot/day"
)

// Mask takes the days from one to the other, both included, for expected: none of them is part of an event or learned from. Events that are open or ended
// and have flagged days among them become Expected. Days to come count, too. Nothing happens when to is before from.
func (d *Detector) Mask(from, to day.Day) {
	if to < from {
		return
	}
	s := span{from, to}
	d.masks = append(d.masks, s)
	for n := range d.events {
		e := &d.events[n]
		if e.State != Open && e.State != Ended || e.Last < from || to < e.First {
			continue
		}
		e.State, e.Since = Expected, d.today()
		if n == d.open {
			d.close(len(d.days) - 1)
		}
	}
	for i := max(0, int(from-d.first)); i < len(d.days) && i <= int(to-d.first); i++ {
		d.days[i].marks |= masked
	}
}

// Rebase says that what the days since from cost is normal now. The open event, if any, becomes a NewLevel. Nothing happens when there is no amount since from
// that can be compared with what was expected.
func (d *Detector) Rebase(from day.Day) {
	start := max(d.begin, int(from-d.first))
	d.work = d.work[:0]
	for i := start; i < len(d.days); i++ {
		if o := &d.days[i]; !o.is(missing|calendar) && !math.IsNaN(o.base) {
			d.work = append(d.work, o.amount/max(o.base, d.unit))
		}
	}
	if len(d.work) == 0 {
		return
	}
	for i := start; i < len(d.days); i++ {
		d.days[i].marks &^= masked
	}
	d.rebase(start, len(d.days)-1, median(d.work))
}

// SetGates multiplies the gates by a factor until a day, that day included; it replaces an earlier call's. A factor that is not above 0 stands for 1.
func (d *Detector) SetGates(factor float64, until day.Day) {
	if !(factor > 0 && factor < maxAmount) {
		factor = 1
	}
	d.gates.now, d.gates.until = d.gateBy(d.o.GateFactor*factor), until
}

// Revise says what the bill says now of a day that was judged before: later days are compared with that. An event that is open or ended, and of which
// no day and not its mean reaches the gates any more, becomes Revised, and its days are learned from. An old day never opens an event. Days that were not
// judged are left out.
func (d *Detector) Revise(at day.Day, amount float64) {
	i := int(at - d.first)
	if i < 0 || i >= len(d.days) {
		return
	}
	o := &d.days[i]
	o.marks &^= missing | odd
	if o.amount, o.z, o.score = amount, math.NaN(), math.NaN(); !known(amount) {
		o.amount = math.NaN()
		o.marks |= missing
	} else if o.spread > 0 {
		o.z = (amount - o.expect) / o.spread
		if o.score = o.z; math.Abs(o.z) > d.o.Limit {
			o.marks |= odd
		}
	}
	if o.event < 0 || !o.is(flagged) {
		return
	}
	n := int(o.event)
	d.recount(n)
	if e := &d.events[n]; (e.State == Open || e.State == Ended) && !d.matters(n) {
		e.State, e.Since = Revised, d.today()
		d.release(n)
	}
}

// matters reports whether a day of an event, or its mean, reaches the gates.
func (d *Detector) matters(n int) bool {
	e := &d.events[n]
	if e.Days == 0 {
		return false
	}
	g := d.gateOn(e.Last)
	if g.short(e.Excess/float64(e.Days), e.Expected) == "" {
		return true
	}
	return slices.ContainsFunc(d.days[e.First-d.first:], func(o obs) bool {
		return int(o.event) == n && !o.is(missing) && g.short(o.amount-o.expect, o.expect) == ""
	})
}

// release lets the days of an event be learned from.
func (d *Detector) release(n int) {
	for i := int(d.events[n].First - d.first); i < len(d.days); i++ {
		if o := &d.days[i]; int(o.event) == n {
			o.marks &^= flagged
			o.event = -1
		}
	}
	if n == d.open {
		d.close(len(d.days) - 1)
	}
}

// today is the day that was judged last.
func (d *Detector) today() day.Day { return d.first + day.Day(len(d.days)) - 1 }
