package ledger

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"shipmate/bot/day"
)

// Times are times one after another at which one wants to know what was known of a source, see [Times.Course]. What the source says after they were made is
// not looked at, so that they can be asked while it is read.
type Times struct {
	ledger *Ledger
	step   []int32 // by version: the first of the times at which it was known; never: the number of times
	moved  []span  // days of which anything became known since the time before, by time
}

// Times prepares to look at a source at times, which are ascending.
func (l *Ledger) Times(source string, times []time.Time) *Times {
	l.mu.RLock()
	defer l.mu.RUnlock()
	t := &Times{ledger: l, step: make([]int32, len(l.versions)), moved: make([]span, len(times))}
	asOf := make([]uint32, len(times))
	for i, at := range times {
		asOf[i] = seconds(at)
	}
	for i, v := range l.versions {
		at, _ := slices.BinarySearch(asOf, v.asOf)
		t.step[i] = int32(at)
	}
	if src := l.sources[source]; src != nil {
		for i, heard := range src.heard {
			if at, _ := slices.BinarySearch(asOf, heard); at < len(times) {
				t.moved[at] = t.moved[at].with(src.moved[i])
			}
		}
	}
	return t
}

// Moved are the first and the last day of which anything became known after the n-th of the times, and up to the last; ok is false when nothing did.
func (t *Times) Moved(n int) (from, to day.Day, ok bool) {
	days := span{}
	for i := n + 1; i < len(t.moved); i++ {
		days = days.with(t.moved[i])
	}
	return firstDay + day.Day(days.from), firstDay + day.Day(days.to) - 1, days.from < days.to
}

// A Course is what was known of a node's usage at one of the times after another. It is not safe for concurrent use.
type Course struct {
	from    day.Day
	sums    []wide   // by day
	changes []change // by step
	step    int
	was     []int64 // by day: what was known before, where marked
	marked  []bool
}

// A change is by how much one leaf's day became dearer.
type change struct {
	micro int64
	step  int32
	day   uint16 // since from
}

// Course follows a node's usage from one day to another, both included, beginning with what was known at the n-th of the times. It takes time in proportion to
// what the bill ever said of these days, however many times there are.
func (t *Times) Course(node Node, from, to day.Day, n int) *Course {
	from, to = clamp(from), clamp(to)
	size := max(to-from+1, 0)
	c := &Course{from: from, sums: make([]wide, size), step: n, was: make([]int64, size), marked: make([]bool, size)}
	if size == 0 {
		return c
	}
	t.ledger.mu.RLock()
	for _, id := range t.ledger.of(node) {
		t.collect(c, t.ledger.leaves[id].log)
	}
	t.ledger.mu.RUnlock()
	slices.SortFunc(c.changes, func(a, b change) int { return cmp.Compare(a.step, b.step) })
	return c
}

// collect adds what a log says.
func (t *Times) collect(c *Course, log []entry) {
	low, high := offsets(c.from, c.from+day.Day(len(c.sums))-1)
	i, _ := slices.BinarySearchFunc(log, low, func(e entry, low uint16) int { return int(e.day) - int(low) })
	said, at, of := int64(0), uint16(0), int32(-1) // by which object of which day
	for ; i < len(log) && log[i].day <= high; i++ {
		e := &log[i]
		if int(e.version) >= len(t.step) {
			continue
		}
		step := t.step[e.version]
		if object := t.ledger.versions[e.version].object; object != of || e.day != at {
			said, at, of = 0, e.day, object
		}
		switch {
		case int(step) == len(t.moved):
			continue
		case int(step) <= c.step:
			c.sums[at-low].add(e.micro - said)
		default:
			c.changes = append(c.changes, change{e.micro - said, step, at - low})
		}
		said = e.micro
	}
}

// Next goes on to the next of the times, and returns the days of which another amount is known then, ascending.
func (c *Course) Next() (days []day.Day) {
	c.step++
	for ; len(c.changes) > 0 && int(c.changes[0].step) <= c.step; c.changes = c.changes[1:] {
		d := c.changes[0].day
		if !c.marked[d] {
			c.marked[d], c.was[d] = true, c.sums[d].value()
			days = append(days, c.from+day.Day(d))
		}
		c.sums[d].add(c.changes[0].micro)
	}
	for _, d := range days {
		c.marked[d-c.from] = false
	}
	days = slices.DeleteFunc(days, func(d day.Day) bool { return c.was[d-c.from] == c.sums[d-c.from].value() })
	slices.Sort(days)
	return days
}

// On is what was known of a day, in millionths of the node's currency; 0 outside the days that are followed.
func (c *Course) On(d day.Day) int64 {
	if d < c.from || int(d-c.from) >= len(c.sums) {
		return 0
	}
	return c.sums[d-c.from].value()
}

// wide is a sum that does not overflow: amounts that are taken off again leave no trace.
type wide struct{ high, low uint64 }

func (w *wide) add(v int64) {
	var carry uint64
	w.low, carry = bits.Add64(w.low, uint64(v), 0)
	w.high, _ = bits.Add64(w.high, uint64(v>>63), carry)
}

// value is the sum, or the largest or smallest number where it is beyond.
func (w wide) value() int64 {
	switch {
	case int64(w.high) == int64(w.low)>>63:
		return int64(w.low)
	case int64(w.high) < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
