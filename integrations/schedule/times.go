package schedule

import (
	"time"

	"github.com/robfig/cron/v3"
)

// times are the instants at which a job is due. Each time that its schedule names is due once: a time that the clocks skip when summer time
// begins is due at the first instant after the gap, and one that they show twice when it ends is due the first time. Several times that are
// skipped together are due together, as one.
type times struct {
	wall cron.Schedule // as UTC, which skips nothing
	zone *time.Location
}

// after returns the first instant after t at which the job is due; the zero time when there is none within five years.
func (s times) after(t time.Time) time.Time {
	wall := wallClock(t.In(s.zone))
	for {
		if wall = s.wall.Next(wall); wall.IsZero() {
			return wall
		}
		if due := instant(wall, s.zone); due.After(t) {
			return due
		}
	}
}

// wallClock is what a clock shows at t, in whole seconds, as if it were UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant is when the clocks of a zone show wall for the first time, or else when they first show something later.
func instant(wall time.Time, zone *time.Location) time.Time {
	t := wall.Add(-16 * time.Hour).In(zone) // no zone's clocks are further ahead of UTC
	for {
		start, end := t.ZoneBounds() // zero: for ever
		_, ahead := t.Zone()
		due := wall.Add(-time.Duration(ahead) * time.Second)
		switch {
		case due.Before(start):
			return start.UTC()
		case end.IsZero(), due.Before(end):
			return due
		}
		t = end
	}
}
