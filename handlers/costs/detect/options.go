package detect

import (
	"slices"

	"shipmate/bot/day"
)

// Options are what can be set. The zero value of a field stands for its default.
type Options struct {
	Limit      float64   // how many usual scatters above what is expected a day is unusual; 4.5
	MinDollars float64   // smallest excess of an event, in the currency's units a day; 10
	MinShare   float64   // smallest excess of an event, as a share of what is expected; 0.20
	Floor      float64   // least scatter that is assumed, as a share of what is expected; 0.03
	Window     int       // days that are learned from; 270
	MinHistory int       // days before the regression is used; 35
	Holidays   []day.Day // days on which less is done than otherwise
	// New says that the bill has earlier days in which nothing of this series occurs, so that its first day is judged against nothing
	// instead of not at all.
	New bool
	// GateFactor multiplies MinDollars and MinShare; 1. See [Detector.SetGates] for doing so for a time.
	GateFactor float64

	// What follows leaves out a part of the detector, to measure what the part is worth.
	NoCalendar   bool // positions in the month are not remembered
	NoFreeze     bool // the baseline follows the days of an open event
	NoCumulative bool // days are judged one by one
}

// DefaultOptions returns the options that hold where nothing is set.
func DefaultOptions() Options {
	return Options{Limit: 4.5, MinDollars: 10, MinShare: .20, Floor: .03, Window: 270, MinHistory: 35, GateFactor: 1}
}

// filled returns o with defaults for what is not set, or cannot be used.
func (o Options) filled() Options {
	def := DefaultOptions()
	for _, f := range []struct {
		v   *float64
		def float64
	}{{&o.Limit, def.Limit}, {&o.MinDollars, def.MinDollars}, {&o.MinShare, def.MinShare}, {&o.Floor, def.Floor}, {&o.GateFactor, def.GateFactor}} {
		if !(*f.v > 0) || *f.v > maxAmount {
			*f.v = f.def
		}
	}
	if o.MinHistory < youngest {
		o.MinHistory = def.MinHistory
	}
	if o.Window <= 0 {
		o.Window = def.Window
	}
	o.Window = max(o.Window, o.MinHistory)
	o.Holidays = slices.Clone(o.Holidays)
	slices.Sort(o.Holidays)
	return o
}
