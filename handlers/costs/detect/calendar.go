package detect

import (
	"math"

	"shipmate/bot/day"
)

// A charge is what a day costs more (or less) because of its position in the calendar, as a share of a day of mean weekday. Sure is expected;
// perhaps may come as well, and is no surprise when it does.
type charge struct {
	sure, perhaps float64
	learn         bool   // the day teaches the fit, nonetheless
	n             int    // samples
	unseen        string // why a day in this position is judged with the next ones: such days often have charges, and none was seen so far
	name          string // "first of the month"; empty when there is no charge
}

// What is said of days that are judged with the next ones.
const (
	firstUnseen = "first of the month, judged with the next day"
	endUnseen   = "end of the month, judged with the next month"
)

const (
	firsts    = 4   // firsts of months that are remembered
	monthEnds = 9   // days at the end of months that are remembered: the last three of three months
	endSeen   = 3   // days at the end of months from which it is known whether they have charges
	endMost   = .5  // largest share that is taken for a charge of the end of a month before that
	agreement = .35 // samples agree that are so near to their median, as a share of it, or within two scatters
)

// charge recalls what earlier days in the same position of the calendar cost besides what was expected of them.
func (d *Detector) charge(i int, o *obs, basis Basis, scale float64) charge {
	if basis == Nothing {
		return d.sparse(i, o, scale)
	}
	if d.isHoliday(d.first + day.Day(i)) {
		return d.holiday(i, o, scale)
	}
	var c charge
	switch {
	case o.date == 1:
		c = d.firstOfMonth(i, scale)
	case o.left < 3:
		c = d.monthEnd(i, o, scale)
	default:
		c = d.dayOfMonth(i, o, scale)
	}
	if c.sure == 0 && c.perhaps == 0 {
		if w := d.weekly(i, scale); w.perhaps > 0 {
			return w
		}
	}
	return c
}

// weekly recalls odd days of the same weekday in the last four weeks.
func (d *Detector) weekly(i int, scale float64) charge {
	d.work = d.work[:0]
	for k := i - 7; k >= max(d.begin, i-28); k -= 7 {
		if k >= len(d.days) {
			continue
		}
		if v := d.sample(k); v > d.o.Limit*scale {
			d.work = append(d.work, v)
		}
	}
	if m := d.agreed(2, 2*scale, scale); m > 0 {
		return charge{perhaps: m, name: "weekday", learn: true}
	}
	return charge{}
}

// sample is the charge of day i, NaN when nothing can be told from the day.
func (d *Detector) sample(i int) float64 {
	o := &d.days[i]
	if o.marks&(missing|masked) != 0 || o.event >= 0 && o.is(flagged) && d.events[o.event].Days > 4 {
		return math.NaN()
	}
	return (o.amount - o.base) / max(o.plain, d.unit)
}

// agreed is the median of d.work when at least need of its values agree with it, and it is at least least; 0 otherwise.
func (d *Detector) agreed(need int, least, scale float64) float64 {
	if len(d.work) < need {
		return 0
	}
	m, agree := median(d.work), 0
	for _, v := range d.work {
		if math.Abs(v-m) <= max(agreement*math.Abs(m), 2*scale) {
			agree++
		}
	}
	if agree < need || m < least {
		return 0
	}
	return m
}

func (d *Detector) firstOfMonth(i int, scale float64) charge {
	d.work = d.work[:0]
	most, seen := 0.0, 0
	for j := min(i, len(d.days)) - 1; j >= d.begin && len(d.work) < firsts; j-- {
		if j -= int(d.days[j].date) - 1; j < d.begin {
			break
		}
		if v := d.sample(j); !math.IsNaN(v) {
			d.work, most = append(d.work, v), max(most, v)
			seen++
		}
	}
	if m := d.agreed(2, 2*scale, scale); m != 0 {
		return charge{sure: m, perhaps: most - m, n: seen, name: "first of the month"}
	}
	if most > 2*scale {
		return charge{perhaps: most, n: seen, name: "first of the month"}
	}
	if seen == 0 {
		return charge{unseen: firstUnseen}
	}
	return charge{}
}

func (d *Detector) monthEnd(i int, o *obs, scale float64) charge {
	d.work = d.work[:0]
	for j := min(i, len(d.days)) - 1; j >= d.begin && len(d.work) < monthEnds; j-- {
		p := &d.days[j]
		if p.left >= 3 {
			j -= int(p.date) - 1 // to the first of that month, so that the next one is the last of the month before
			continue
		}
		if v := d.sample(j); !math.IsNaN(v) {
			d.work = append(d.work, v)
		}
	}
	if m := d.agreed(3, 1.25*scale, scale); m != 0 {
		return charge{sure: m, n: len(d.work), name: "end of the month"}
	}
	if len(d.work) < endSeen {
		return charge{unseen: endUnseen}
	}
	return charge{}
}

// relearn lets the odd days of the same weekday in the last four weeks be learned from.
func (d *Detector) relearn(i int) {
	for k := i - 7; k >= max(d.begin, i-28); k -= 7 {
		if !math.IsNaN(d.sample(k)) {
			d.days[k].marks &^= flagged
		}
	}
}

// dayOfMonth recalls single odd days of earlier months within a day of the same date: a support fee on the 6th or the 7th.
func (d *Detector) dayOfMonth(i int, o *obs, scale float64) charge {
	d.work = d.work[:0]
	j := i
	for range firsts {
		if j -= int(d.at(j).date); j < d.begin { // the last day of the month before
			break
		}
		best := math.NaN()
		same := j - int(d.at(j).date) + int(o.date)
		for k := same - 1; k <= same+1; k++ {
			if k >= d.begin && k < min(i, len(d.days)) && d.days[k].date != 1 {
				if v := d.sample(k); v > d.o.Limit*scale && !(v < best) {
					best = v
				}
			}
		}
		if !math.IsNaN(best) {
			d.work = append(d.work, best)
		}
	}
	if m := d.agreed(2, 2*scale, scale); m > 0 {
		return charge{perhaps: m, n: len(d.work), name: "day of the month"}
	}
	return charge{}
}

// at is day i, which may be the next one.
func (d *Detector) at(i int) obs {
	if i < len(d.days) {
		return d.days[i]
	}
	return d.nth(i)
}

// holiday recalls earlier holidays; while there are fewer than two that agree, a holiday costs as a day of its weekday or as a Sunday.
func (d *Detector) holiday(i int, o *obs, scale float64) charge {
	d.work = d.work[:0]
	for j := len(d.o.Holidays) - 1; j >= 0 && len(d.work) < firsts; j-- {
		if k := int(d.o.Holidays[j] - d.first); k >= d.begin && k < min(i, len(d.days)) {
			if v := d.sample(k); !math.IsNaN(v) {
				d.work = append(d.work, v)
			}
		}
	}
	return charge{sure: d.agreed(2, 2*scale, scale), name: "holiday"}
}
