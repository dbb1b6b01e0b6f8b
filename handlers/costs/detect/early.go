package detect

import (
	"fmt"
	"math"
	"slices"
)

// Early judges the next day by what is known of it before it is over. It is flagged only if that is above the range of a whole day already, and reaches the
// gates: costs of a day only grow. Nothing changes; Step judges the day when it is complete.
func (d *Detector) Early(soFar float64) Verdict {
	if d.due(len(d.days)) { // what Step will do first
		ahead := *d
		ahead.days, ahead.work, ahead.resid = slices.Clone(d.days), nil, nil
		ahead.refit()
		ahead.backfill()
		d = &ahead
	}
	i, o := len(d.days), d.next()
	if o.amount = soFar; !known(soFar) {
		o.amount = math.NaN()
		o.marks |= missing
	}
	e := d.foresee(i, &o)
	v := d.verdict(i, &o, e)
	if v.Term != Point && v.Term != FromZero {
		v.Term = ""
	}
	if v.Term == "" || o.is(missing|masked) || !(soFar > v.High) {
		return v
	}
	switch v.Gated = d.gate(i, &v, &o); {
	case v.Gated != "":
	case d.open < 0 && d.before != (prior{}) && i <= d.before.until && d.isBack(&o):
		v.Gated = "back at the level before"
	default:
		v.Flagged, v.Event = true, d.open
	}
	return v
}

// Why says in words what was expected of the day, of what, and which evidence decided.
func (v Verdict) Why() string {
	if v.Basis == "" {
		return "too little history to expect anything"
	}
	why := fmt.Sprintf("%.2f expected (%.2f to %.2f) by %s", v.Expected, v.Low, v.High, v.Basis)
	if v.Calendar != "" && v.Charge != 0 {
		why += fmt.Sprintf(", of it %.2f for the %s", v.Charge, v.Calendar)
	}
	switch {
	case math.IsNaN(v.Actual):
		return "no data; " + why
	case v.Term == Point:
		why += fmt.Sprintf("; %.1f usual scatters above", v.Z)
	case v.Term == Cumulative:
		why += fmt.Sprintf("; several days together are %.1f usual scatters above", v.C)
	case v.Term == FromZero:
		why += "; next to nothing was spent before"
	case v.Below:
		why += fmt.Sprintf("; %.1f usual scatters below", -v.Z)
	}
	if v.Gated != "" {
		why += "; no event: " + v.Gated
	}
	return why
}
