package detect

const (
	sparseSpan = 14 // days
	sparseMost = 4  // of them that cost something in a sparse series, and of an event that is still a charge
)

// sparse recalls the charges of a series that is next to nothing on other days, as shares of the smallest amount that matters. Those of earlier months come
// first: on the same date they are expected, within a day of it they may come. One that came once may come again: a subscription is told of once.
func (d *Detector) sparse(i int, o *obs, scale float64) charge {
	if !d.isSparse() {
		return charge{}
	}
	c := d.sparseMonths(i, o, scale)
	if c.n == 0 {
		c = d.sparseWeeks(i, scale)
	}
	if o.date == 1 && c.n == 0 {
		c.unseen = firstUnseen
	}
	return c
}

// isSparse reports whether few of the latest days cost something: more are the beginning of a service.
func (d *Detector) isSparse() bool {
	some := 0
	for i := max(d.begin, len(d.days)-sparseSpan); i < len(d.days); i++ {
		if d.days[i].amount/d.unit > d.o.Limit {
			some++
		}
	}
	return some <= sparseMost
}

// sparseMonths looks at the same date of the last four months that are known. The last day of a month is also compared with last days.
func (d *Detector) sparseMonths(i int, o *obs, scale float64) charge {
	d.work, d.resid = d.work[:0], d.resid[:0]
	for j, months := i, 0; months < firsts; {
		j -= int(d.at(j).date) // the last day of the month before
		if j < d.begin {
			break
		}
		length := int(d.at(j).date)
		same := j - length + min(int(o.date), length)
		if same >= len(d.days) {
			continue
		}
		months++
		on := d.sparseOn(same)
		if o.left == 0 {
			on = max(on, d.sparseOn(j))
		}
		d.work = append(d.work, on)
		if near := max(on, d.sparseOn(same-1), d.sparseOn(same+1)); near > 0 {
			d.resid = append(d.resid, near)
		}
	}
	name := "day of the month"
	if o.date == 1 {
		name = "first of the month"
	}
	return d.sparseCharge(name, scale)
}

// sparseWeeks looks at the last four same weekdays that are known.
func (d *Detector) sparseWeeks(i int, scale float64) charge {
	d.work, d.resid = d.work[:0], d.resid[:0]
	k := i - 7
	if beyond := k - len(d.days); beyond >= 0 {
		k -= beyond/7*7 + 7
	}
	for n := 0; n < 4 && k >= d.begin; n, k = n+1, k-7 {
		on := d.sparseOn(k)
		if d.work = append(d.work, on); on > 0 {
			d.resid = append(d.resid, on)
		}
	}
	return d.sparseCharge("weekday", scale)
}

// sparseCharge is what may be concluded from the amounts on the very day before, in d.work, and from those near it, in d.resid.
func (d *Detector) sparseCharge(name string, scale float64) charge {
	n := len(d.resid)
	if n == 0 {
		return charge{}
	}
	most := 0.0
	for _, v := range d.resid {
		most = max(most, v)
	}
	if m := d.agreed(2, d.o.Limit, scale); m > 0 {
		return charge{sure: m, perhaps: most - m, n: n, name: name}
	}
	return charge{perhaps: median(d.resid), n: n, name: name}
}

// sparseOn is the charge of day i as a share of the smallest amount that matters; 0 when it is within the range of nothing, or part of an event of more days.
func (d *Detector) sparseOn(i int) float64 {
	if i < d.begin || i >= len(d.days) {
		return 0
	}
	o := &d.days[i]
	if o.marks&(missing|masked) != 0 || o.event >= 0 && d.events[o.event].Days > sparseMost {
		return 0
	}
	if share := o.amount / d.unit; share > d.o.Limit {
		return share
	}
	return 0
}
