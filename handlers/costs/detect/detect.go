package detect

import "shipmate/bot/day"

// A Term is the rule that decided.
type Term string

// The terms. The zero Term means that nothing is unusual.
const (
	Point      Term = "point"      // one day is far above what was expected
	Cumulative Term = "cumulative" // several days together are, though none alone need be
	FromZero   Term = "new"        // there was next to nothing before
)

// A Basis is what the expected amount was computed from. The zero Basis means that there was too little history.
type Basis string

// The bases.
const (
	Regression Basis = "regression"     // level, growth and weekday of up to 270 days
	Weekday    Basis = "same weekday"   // median of the same weekday, in the first weeks
	Nothing    Basis = "nothing before" // next to nothing was spent so far
)

// State is where an event is in its life.
type State string

// The states.
const (
	Open     State = "open"
	Ended    State = "ended"     // two ordinary days followed
	NewLevel State = "new level" // it stayed, so that it is what is expected from now on
	Expected State = "expected"  // somebody said that it was expected
	Revised  State = "revised"   // the bill was restated, and nothing unusual is left
)

// A Verdict is what is thought of one day, computed from that day and earlier ones only. Amounts are in the currency's units a day.
type Verdict struct {
	Day        day.Day
	Actual     float64
	Expected   float64 // NaN while there is too little history
	Low, High  float64 // the range in which a day is ordinary; NaN when Expected is
	Score      float64 // the larger of Z and C, in units of the usual scatter; how unusual the day is
	Z, C       float64 // point and cumulative evidence
	Term       Term    // which evidence is beyond its limit, whether or not the gates are reached
	Flagged    bool    // the day is part of an event
	Gated      string  // why the day is unusual and yet no event: "less than 10 a day", "less than 20 %", "first of the month, judged with the next day", "end of the month, judged with the next month", "back at the level before"; empty otherwise
	Basis      Basis   // what Expected was computed from
	Calendar   string  // the position in the calendar that has a charge of its own, such as "first of the month"; empty for most days
	Charge     float64 // what Expected contains for it
	Scale      float64 // usual scatter as a share of Expected
	Confidence float64 // share of the series' own clean days with a lower score; NaN while there are fewer than 90
	Below      bool    // the day is as far below as others are unusual: never an event, for information
	unseen     string  // see charge
	Event      int     // index in Events of the event that the day is part of; -1 when it is part of none
}

// An Event is a run of days that cost more than expected, for one cause.
type Event struct {
	First, Last day.Day // the days of the event; First may be some days earlier than the day it was opened on, Last is the latest one so far
	State       State
	Since       day.Day // when it came into its state
	Days        int     // flagged ones
	Excess      float64 // of the flagged days together, over what was expected
	Expected    float64 // a day, mean of the flagged days
	Actual      float64 // a day, mean of the flagged days
	Latest      float64 // excess of the latest flagged day
	Term        Term    // that opened it
	Ratio       float64 // of a NewLevel: what a day costs now over what it did; 0 when there was nothing before
}
