package awscost

import (
	"cmp"
	"slices"

	"shipmate/bot/day"
)

const near = 1 // days: what AWS sees in a rolling day may begin a day before or after

// A Match is an anomaly of AWS's that is about the same costs.
type Match struct {
	Anomaly
	Cause Cause // that fits; the zero Cause if the anomaly only fits by its monitor's service
	Days  int   // that overlap; 0 if they only touch
}

// Matches finds the anomalies that overlap the days first to last, or miss them by one, and have the same service and account. An account of "" is any;
// of what AWS leaves open nothing is demanded, but an anomaly that names no service at all matches nothing. The best match comes first: most days in
// common, then the larger impact.
func Matches(found []Anomaly, first, last day.Day, account, service string) (matches []Match) {
	for _, a := range found {
		if a.First > last+near || a.Last < first-near {
			continue
		}
		m := Match{Anomaly: a, Days: int(max(0, min(a.Last, last)-max(a.First, first)+1))}
		i := slices.IndexFunc(a.Causes, func(c Cause) bool {
			return cmp.Or(c.Service, a.Dimension) == service && (account == "" || c.Account == "" || c.Account == account)
		})
		switch {
		case service == "":
			continue
		case i >= 0:
			m.Cause = a.Causes[i]
		case len(a.Causes) > 0 || a.Dimension != service:
			continue
		}
		matches = append(matches, m)
	}
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(b.Impact, a.Impact), cmp.Compare(a.ID, b.ID))
	})
	return matches
}
