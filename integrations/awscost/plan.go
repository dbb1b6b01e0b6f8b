package awscost

import "shipmate/bot/day"

// How far bills move, and how far they go back.
const (
	restated   = 14 // days before yesterday that are read again each day
	settled    = 11 // of a month: the month before has come to rest about the tenth, when support, refunds and the rest are in
	oneReading = 31 // days, so that a first reading does not use up a day's budget for one answer of many pages
	// HistoryLimit is how many days back are worth asking for: Cost Explorer keeps 14 months by the day.
	HistoryLimit = 395
)

// A Window is days to read: from From to the one before To.
type Window struct{ From, To day.Day }

// Plan returns what to read today, the most urgent first: the latest 14 full days, because those move, or all since the last known one; on the
// eleventh of a month all of the month before; and then what is older than the first known day, a month at a time, back to history days ago.
// known is false when nothing was read so far; otherwise first and last are the ends of what was. Reading stops where the budget does, and the
// next day goes on from there.
func Plan(today day.Day, known bool, first, last day.Day, history int) []Window {
	oldest := today - day.Day(min(max(history, restated), HistoryLimit))
	from := today - restated
	if !known {
		first = from
	} else {
		from = max(min(from, last+1), oldest)
		first = min(first, from)
	}
	if today.OfMonth() == settled && known {
		from = min(from, max((today-settled).Month(), first, oldest))
	}
	windows := []Window{{from, today}}
	for first > oldest {
		next := max(first-oneReading, oldest)
		windows = append(windows, Window{next, first})
		first = next
	}
	return windows
}
