package ledger

import (
	"math"
	"slices"
	"time"

	"shipmate/bot/day"
)

// Expired names the segments, as [Segment.Name] does, that can be dropped where they are kept: those of objects that only ever spoke of days before
// keep, and versions that were followed by another before since. A ledger that is made of the others gives the same answers for the days from keep on
// as of since and later. This ledger itself goes on as it is. Days that were seldom heard of are learned from less once versions are dropped: since
// should be half a year ago at least.
func (l *Ledger) Expired(keep day.Day, since time.Time) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var names []string
	for _, o := range l.objects {
		last := day.Day(math.MinInt32)
		for _, t := range o.told {
			last = max(last, t.last)
		}
		for i, t := range o.told {
			if last < keep || i+1 < len(o.told) && o.told[i+1].asOf <= seconds(since) {
				names = append(names, t.name)
			}
		}
	}
	slices.Sort(names)
	return names
}
