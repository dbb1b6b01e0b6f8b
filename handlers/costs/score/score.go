// Package score says how well a detector of cost anomalies did on series in which the anomalies are known, and has the rules of other tools to compare
// it with.
//
// The protocol. An event is a run of flagged days; two unflagged days in a row end it (see Runs), for every detector alike. It matches an injected anomaly
// if one of its flagged days is among the injected days or the day after them. An event matches one anomaly at most: the first that must be found, else
// the first. Of the events that match the same anomaly the first finds it and the others are extra messages. Events that match only anomalies too small
// to be demanded count neither for nor against; those that match nothing are false. The days before Case.From are history: events that begin in them and
// match nothing are counted apart.
package score

import "slices"

// A Label is an anomaly that is known to be in a series.
type Label struct {
	From, To int     // index of its first and last day
	Due      int     // index of the first day on which it is large enough to be demanded; From unless it grows slowly
	Must     bool    // it must be found; otherwise it counts neither for nor against
	Dollars  float64 // that it cost
}

// covers reports whether a flagged day belongs to the label: on one of its days or the next.
func (l Label) covers(day int) bool { return l.From <= day && day <= l.To+1 }

// An Event is what a detector found: the indexes of the flagged days, rising, at least one.
type Event []int

// A Case is one series: what there was to be found, and what was.
type Case struct {
	From, To int // the scored days: To is the first that is not
	Labels   []Label
	Events   []Event // by their first day
}

// A Tally counts what became of a case's labels and events.
type Tally struct {
	Days         int     // scored
	Must, Found  int     // labels that must be found, and those of them that were
	Dollars      float64 // of the labels that must be found
	FoundDollars float64 // of those that were, each as a whole
	False        int     // events that match no label and begin among the scored days
	Early        int     // those that begin before
	EarlyDays    int     // before the scored ones
	Extra        int     // events beyond the first on the same label that must be found
	Delays       []int   // of each found label: days from its first to the first flagged one
	Late         []int   // of each found label: days from when it was due to the first flagged one; 0 when that was earlier
}

// Judge applies the protocol to one series.
func Judge(c Case) Tally {
	t := Tally{Days: c.To - c.From, EarlyDays: c.From}
	found := make([]int, len(c.Labels)) // events on each
	for _, e := range c.Events {
		switch n := match(c.Labels, e); {
		case n < 0 && (len(e) == 0 || e[0] >= c.To):
		case n < 0 && e[0] < c.From:
			t.Early++
		case n < 0:
			t.False++
		case !c.Labels[n].Must:
		case found[n] == 0:
			l, at := c.Labels[n], c.Labels[n].first(e)
			t.Delays, t.Late = append(t.Delays, at-l.From), append(t.Late, max(0, at-l.Due))
			fallthrough
		default:
			found[n]++
		}
	}
	for n, l := range c.Labels {
		if !l.Must {
			continue
		}
		t.Must++
		t.Dollars += l.Dollars
		if found[n] > 0 {
			t.Found++
			t.FoundDollars += l.Dollars
			t.Extra += found[n] - 1
		}
	}
	return t
}

// match is the index of the label that an event matches, -1 for none.
func match(labels []Label, e Event) int {
	best := -1
	for n, l := range labels {
		if slices.ContainsFunc(e, l.covers) && (best < 0 || l.Must && !labels[best].Must) {
			best = n
		}
	}
	return best
}

// first is the first flagged day of an event that belongs to the label.
func (l Label) first(e Event) int { return e[slices.IndexFunc(e, l.covers)] }

// Runs puts flagged days together to events: a run goes on over one unflagged day and is ended by two.
func Runs(flagged []bool) []Event {
	var all []Event
	last := -9
	for i, f := range flagged {
		if !f {
			continue
		}
		if i-last > 2 {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], i)
		last = i
	}
	return all
}
