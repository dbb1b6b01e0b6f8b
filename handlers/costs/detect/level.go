package detect

import (
	"math"

	"shipmate/bot/day"
)

// settleLevel accepts a new level when at least levelNeed of the last levelDays days are part of the open event, or, without one, are odd to the
// same side, and their ratios to what was expected are stable. An event that does not settle is a new level in the end, too.
func (d *Detector) settleLevel(i int) {
	from := i - levelDays + 1
	if from < d.begin || from < d.fresh {
		return
	}
	d.work, d.resid = d.work[:0], d.resid[:0]
	start, up := i, d.days[i].z > 0
	for j := i; j >= from; j-- {
		o := &d.days[j]
		if d.open >= 0 && o.is(flagged) && int(o.event) == d.open || d.open < 0 && o.is(odd) && o.z > 0 == up {
			d.work, start = append(d.work, o.amount/max(o.expect, d.unit)), j
		}
	}
	n, need, settled := len(d.work), levelNeed, false
	if d.open >= 0 {
		e := &d.events[d.open]
		if settled = e.Days >= levelLate; d.today()-e.First >= levelLast {
			need, settled = levelNeed/2, true
		}
	}
	if n < need {
		return
	}
	d.resid = append(d.resid, d.work...)
	late, soon := median(d.resid[:n/2]), median(d.resid[n/2:])
	m := median(d.work)
	spread, drift := deviation(d.work, m), max(levelDrift*d.base.scale, .05)
	if d.base.basis == Nothing {
		drift = .2 // how much it scatters is not known yet
	}
	if settled || spread <= max(2*d.base.scale, .1)*math.Abs(m) && math.Abs(late-soon) <= drift*math.Abs(m) {
		d.rebase(start, i, m)
	}
}

// rebase makes the days from one index to the other the new level, a ratio above what was expected of them.
func (d *Detector) rebase(from, i int, ratio float64) {
	zero := d.base.basis == Nothing || ratio <= .01
	if d.open >= 0 {
		e := &d.events[d.open]
		e.State, e.Since, e.Ratio = NewLevel, d.first+day.Day(i), ratio
		if zero {
			e.Ratio = 0
		}
	}
	d.before = prior{ratio: ratio, until: i + returnSpan}
	if zero {
		d.before = prior{plain: d.days[from].plain, until: i + returnSpan}
		d.restart(from)
	} else {
		d.level, d.step = d.level*ratio, from
	}
	for j := from; j <= i; j++ {
		o := &d.days[j]
		o.marks &^= flagged | odd
		o.z, o.score = math.NaN(), math.NaN() // of another level
		if o.level = d.level; !zero {
			o.base, o.plain = o.base*ratio, o.plain*ratio
		}
	}
	d.close(i)
}

// restart forgets everything before day i.
func (d *Detector) restart(i int) {
	d.begin, d.step, d.level, d.fit = i, i, 1, fit{}
}

// back restores the level before the current one after returnDays at it. Such days are no events.
func (d *Detector) back(i int, v *Verdict) bool {
	p := &d.before
	if d.open >= 0 || *p == (prior{}) || i > p.until {
		return false
	}
	if !d.isBack(&d.days[i]) {
		p.days = 0
		return false
	}
	if v.Term != "" {
		v.Gated = "back at the level before"
	}
	if p.days++; p.days < returnDays {
		return true
	}
	from := i - p.days + 1
	if p.ratio == 0 {
		d.restart(from)
	} else {
		d.level, d.step = d.level/p.ratio, d.begin
	}
	for j := from; j <= i; j++ {
		o := &d.days[j]
		o.level = d.level
		o.marks &^= odd
		o.z, o.score = math.NaN(), math.NaN()
		if p.ratio != 0 {
			o.base, o.plain = o.base/p.ratio, o.plain/p.ratio
		}
	}
	*p = prior{}
	d.close(i)
	return true
}

// isBack reports whether a day fits the level before better than the current one, and well. After nothing, it has to be within half of what was usual.
func (d *Detector) isBack(o *obs) bool {
	p := &d.before
	if p.ratio == 0 {
		return o.z > 2 && math.Abs(o.amount-p.plain) <= p.plain/2
	}
	old := o.expect / p.ratio
	z := (o.amount - old) / d.spread(d.base.scale, old)
	return math.Abs(z) < math.Abs(o.z) && math.Abs(z) <= d.o.Limit && (o.z < 0) == (p.ratio > 1) && math.Abs(o.z) >= 2
}
