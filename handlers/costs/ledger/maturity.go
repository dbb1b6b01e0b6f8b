package ledger

import (
	"slices"
	"sort"
	"time"

	"shipmate/bot/day"
)

// MatureAt is the share of a day's final amount that has to be visible before the day is judged.
const MatureAt = .95

// How the curve is learned.
const (
	step       = 6 * 3600 // seconds
	steps      = 45 * 4   // 45 days
	quietFor   = 7 * 86400
	quietOver  = 3    // newer versions of the source
	quietWhen  = .005 // a change of less is none
	oldAfter   = 45 * 86400
	sampleDays = 90        // newest days that are learned from
	sampleLow  = 1_000_000 // millionths: a day that cost less tells nothing
	sampleMin  = 14        // days; with fewer the prior holds
	dayLength  = 86400
)

// A Curve says how much of a source's day is visible how long after the day has ended, at midnight UTC.
//
// It is the median, over the last 90 days that are final, of what was visible at the beginning of each quarter of a day, as a share of the final amount
// of all usage in a currency; what was too much counts like what was too little. It never falls: a share that is less later on holds earlier, too.
//
//   - A day is final when, after the day's end, its amount has not changed by more than half a per cent for 7 days, on at least three of which
//     the source was heard of, or when it is older than 45 days.
//   - What changes after it was final once is a restatement, not lateness: corrections that come with the invoice of the month do not make a source
//     look slow. Those that come while a day is not yet final do, for a few days of each month, and the median passes over them.
//   - Days that had ended when the source was first heard of tell nothing of lateness, and are not learned from: a backfill teaches nothing.
//   - Days below 1 unit of the currency are not learned from.
//   - With fewer than 14 days to learn from the prior holds: what ended less than 24 hours ago is half visible, all else whole. That is what
//     AWS's and Azure's exports do: two days ago is complete, yesterday is partial.
type Curve struct {
	Learned bool
	Days    int                // that were learned from
	Share   [steps + 1]float64 // visible at 0, 6, 12 … hours after the end of the day

	heard uint32  // newest knowledge of the source
	known []bool  // days since first that have charges
	first day.Day // of known
}

// At is how much of a day is visible by now: at the time when the source was last heard of, not at the time when one asks, so that a source that has
// gone silent does not ripen. It is 0 before the day has ended, and when the source has no charges for the day.
func (c *Curve) At(d day.Day) float64 {
	if !c.Has(d) {
		return 0
	}
	lag := int64(c.heard) - end(d)
	if lag < 0 {
		return 0
	}
	return c.Share[min(lag/step, steps)]
}

// Has reports whether the source has charges for the day.
func (c *Curve) Has(d day.Day) bool {
	i := int(d - c.first)
	return d >= c.first && i < len(c.known) && c.known[i]
}

// end is when a day ends, in seconds since 1970.
func end(d day.Day) int64 { return (int64(d) + 1) * dayLength }

// Mature is the share of a day's final amount that is visible at asOf, and whether that was learned from the source's own past. A day is judged when it
// is at least MatureAt. Who asks for many days asks for the Curve.
func (l *Ledger) Mature(source string, d day.Day, asOf time.Time) (share float64, learned bool) {
	c := l.Curve(source, asOf)
	return c.At(d), c.Learned
}

// Curve is the maturity of a source as learned from what was known at asOf.
func (l *Ledger) Curve(source string, asOf time.Time) *Curve {
	l.mu.RLock()
	defer l.mu.RUnlock()
	c := &Curve{first: firstDay}
	for i := range c.Share {
		c.Share[i] = 1
		if i*step < dayLength {
			c.Share[i] = .5
		}
	}
	src := l.sources[source]
	if src == nil {
		return c
	}
	n := sort.Search(len(src.heard), func(i int) bool { return src.heard[i] > since(asOf) })
	heard := src.heard[:n]
	first, last, ok := l.days(src, since(asOf))
	if !ok || len(heard) == 0 {
		return c
	}
	c.heard, c.first, c.known = heard[n-1], first, l.known(source, first, last, since(asOf))
	c.learn(l.samples(src, last, heard))
	return c
}

// A visible is what was visible of one day's final amount at each step; NaN is never in it.
type visible [steps + 1]float64

// samples are the shares of the newest days that are final; days of different currencies are different ones.
func (l *Ledger) samples(src *source, last day.Day, heard []uint32) (list []visible) {
	begun := day.Day(int64(heard[0]) / dayLength) // the first day that had not ended then
	days := 0
	for d := last; d >= begun && days < sampleDays; d-- {
		any := false
		for _, id := range src.totals {
			if v, ok := sample(readings(l.history([]int32{id}, d), heard[len(heard)-1]), d, heard); ok {
				list, any = append(list, v), true
			}
		}
		if any {
			days++
		}
	}
	return list
}

// readings are those of a history that were known at a time.
func readings(history []Reading, asOf uint32) []Reading {
	n := sort.Search(len(history), func(i int) bool { return seconds(history[i].AsOf) > asOf })
	return history[:n]
}

// sample is what was visible of a day until it was final; ok is false when it is not.
func sample(history []Reading, d day.Day, heard []uint32) (v visible, ok bool) {
	history = history[:final(history, d, heard)]
	if len(history) == 0 || history[len(history)-1].Micro < sampleLow {
		return v, false
	}
	i, now, amount := 0, int64(0), history[len(history)-1].Micro
	for s := range v {
		for ; i < len(history) && history[i].AsOf.Unix() <= end(d)+int64(s)*step; i++ {
			now = history[i].Micro
		}
		if now > 0 {
			v[s] = float64(min(now, amount)) / float64(max(now, amount))
		}
	}
	return v, true
}

// final is how many of a day's readings there were when it became final: the last of them is the amount that stayed. It is 0 when the day is not final.
func final(history []Reading, d day.Day, heard []uint32) int {
	newest := int64(heard[len(heard)-1])
	for i := 0; i < len(history); {
		j := i + 1
		for j < len(history) && same(history[i].Micro, history[j].Micro) {
			j++
		}
		from, until := max(history[i].AsOf.Unix(), end(d)), newest
		if j < len(history) {
			until = history[j].AsOf.Unix() - 1
		}
		if until-from >= quietFor && daysHeard(heard, from+1, until) >= quietOver {
			return j
		}
		i = j
	}
	if newest-end(d) >= oldAfter {
		return len(history)
	}
	return 0
}

// same reports whether two amounts are as good as equal.
func same(a, b int64) bool {
	return float64(max(a, b))-float64(min(a, b)) <= quietWhen*float64(max(a, b, -a, -b))
}

// daysHeard is on how many days the ascending times between two, both included, are.
func daysHeard(times []uint32, from, to int64) (days int) {
	before := uint32(0)
	i := sort.Search(len(times), func(i int) bool { return int64(times[i]) >= from })
	for ; i < len(times) && int64(times[i]) <= to && days < quietOver; i++ {
		if now := times[i] / dayLength; now != before {
			before = now
			days++
		}
	}
	return days
}

// learn makes the curve of samples, unless they are too few.
func (c *Curve) learn(samples []visible) {
	if c.Days = len(samples); c.Days < sampleMin {
		return
	}
	c.Learned = true
	column := make([]float64, len(samples))
	for s := range c.Share {
		for i := range samples {
			column[i] = samples[i][s]
		}
		slices.Sort(column)
		c.Share[s] = (column[(len(column)-1)/2] + column[len(column)/2]) / 2
	}
	for s := steps - 1; s >= 0; s-- {
		c.Share[s] = min(c.Share[s], c.Share[s+1])
	}
}
