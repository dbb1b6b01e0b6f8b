package detect

import (
	"fmt"

	"shipmate/bot/day"
)

// gate is the least excess of an event.
type gate struct {
	dollars, share       float64
	lowDollars, lowShare string // what is said when one is not reached
}

// gates are those of the options, and those that hold until a day.
type gates struct {
	own, now gate
	until    day.Day
}

func (d *Detector) gateBy(factor float64) gate {
	g := gate{dollars: d.o.MinDollars * factor, share: d.o.MinShare * factor}
	g.lowDollars, g.lowShare = fmt.Sprintf("less than %.4g a day", g.dollars), fmt.Sprintf("less than %.3g %%", 100*g.share)
	return g
}

func (d *Detector) gateOn(at day.Day) *gate {
	if at <= d.gates.until {
		return &d.gates.now
	}
	return &d.gates.own
}

// short says which gate an excess over what is expected does not reach; empty when it reaches both.
func (g *gate) short(excess, expected float64) string {
	switch {
	case excess < g.dollars:
		return g.lowDollars
	case excess < g.share*expected:
		return g.lowShare
	}
	return ""
}
