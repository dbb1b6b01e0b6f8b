package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

type usageAnswer struct {
	ResultsByTime            []*result
	GroupDefinitions         []group      `json:",omitempty"`
	DimensionValueAttributes []attributes // of the accounts in this page
	NextPageToken            string       `json:",omitempty"`
}

type result struct {
	TimePeriod interval
	Total      map[string]amount
	Groups     []*sums
	Estimated  bool
}

type sums struct {
	Keys    []string
	Metrics map[string]amount
	totals  totals
}

type amount struct{ Amount, Unit string }

type attributes struct {
	Value      string
	Attributes map[string]string
}

// totals are what rows add up to, in billionths.
type totals struct {
	unblended, amortized, quantity int64
	unit                           string // of quantity; "N/A" if rows differ
}

func (t *totals) add(r *Row) {
	if t.unit == "" {
		t.unit = r.Unit
	} else if t.unit != r.Unit {
		t.unit = "N/A"
	}
	t.unblended += r.Unblended
	t.amortized += r.Amortized
	t.quantity += r.Quantity
}

// of writes the metrics that were asked for.
func (t *totals) of(metrics []string) map[string]amount {
	out := make(map[string]amount, len(metrics))
	for _, name := range metrics {
		value, unit := t.unblended, "USD"
		switch name {
		case "AmortizedCost", "NetAmortizedCost":
			value = t.amortized
		case "UsageQuantity":
			value, unit = t.quantity, t.unit
		case "NormalizedUsageAmount":
			value, unit = 0, "N/A"
		}
		if unit == "" {
			unit = "N/A"
		}
		out[name] = amount{decimal(value), unit}
	}
	return out
}

// decimal writes billionths with ten decimals.
func decimal(billionths int64) string {
	sign, n := "", uint64(billionths)
	if billionths < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%09d0", sign, n/1e9, n%1e9)
}

// costAndUsage answers GetCostAndUsage.
func (s *Server) costAndUsage(body []byte, fault Fault) (any, error) {
	var q usageRequest
	if err := decode(body, &q); err != nil {
		return nil, err
	}
	from, to, err := q.check(s.today())
	if err != nil {
		return nil, err
	}
	asked, begin, err := s.page(&q, &q.NextPageToken)
	if err != nil {
		return nil, err
	}
	results, names := s.aggregate(&q, from, to, fault)
	page, next := cut(results, begin, s.o.PageSize)
	out := usageAnswer{ResultsByTime: page, GroupDefinitions: q.GroupBy, DimensionValueAttributes: attributesOf(&q, page, names)}
	if fault.Repeat {
		next = begin
	}
	if next >= 0 {
		out.NextPageToken = s.token(asked, next)
	}
	return out, nil
}

// aggregate adds up the rows of each day or month, and returns the accounts' names with them.
func (s *Server) aggregate(q *usageRequest, from, to time.Time, fault Fault) (results []*result, names map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names = make(map[string]string)
	for start := from; start.Before(to); {
		end := start.AddDate(0, 0, 1)
		if q.Granularity == "MONTHLY" {
			end = time.Date(start.Year(), start.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		}
		if end.After(to) {
			end = to
		}
		if day := start.Format(time.DateOnly); fault.Missing == "" || day != fault.Missing {
			results = append(results, s.sum(q, start, end, names, fault))
		}
		start = end
	}
	return results, names
}

// sum adds up the rows of one period. The lock must be held.
func (s *Server) sum(q *usageRequest, start, end time.Time, names map[string]string, fault Fault) *result {
	out := &result{
		TimePeriod: interval{start.Format(time.DateOnly), end.Format(time.DateOnly)},
		Total:      map[string]amount{}, Groups: []*sums{}, Estimated: s.estimated(start),
	}
	var total totals
	groups := make(map[string]*sums)
	for day := start; day.Before(end); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		for i := range s.rows[date] {
			r := &s.rows[date][i]
			if date == fault.EmptyDay || !q.Filter.has(r) {
				continue
			}
			names[r.Account] = r.AccountName
			total.add(r)
			keys := make([]string, len(q.GroupBy))
			for i, g := range q.GroupBy {
				keys[i] = g.of(r)
			}
			id := strings.Join(keys, "\x00")
			if groups[id] == nil {
				groups[id] = &sums{Keys: keys}
			}
			groups[id].totals.add(r)
		}
	}
	if len(q.GroupBy) == 0 {
		out.Total = total.of(q.Metrics)
		return out
	}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		g := groups[id]
		g.Metrics = g.totals.of(q.Metrics)
		if fault.Garbage {
			g.Metrics[q.Metrics[0]] = amount{"NaN", "USD"}
		}
		out.Groups = append(out.Groups, g)
	}
	return out
}

// estimated reports whether a day's month is not closed yet: it is on the seventh of the next.
func (s *Server) estimated(day time.Time) bool {
	return s.today().Before(time.Date(day.Year(), day.Month()+1, 7, 0, 0, 0, 0, time.UTC))
}

// cut takes size groups out of the results, from the begin-th on. A period whose groups are in two pages is in both; one without groups counts
// as one. next is where the next page begins, -1 if there is none.
func cut(results []*result, begin, size int) (page []*result, next int) {
	page = []*result{}
	at := 0
	for _, r := range results {
		n := max(1, len(r.Groups))
		low, high := max(begin-at, 0), min(begin+size-at, n)
		if low < high {
			part := *r
			part.Groups = r.Groups[min(low, len(r.Groups)):min(high, len(r.Groups))]
			page = append(page, &part)
		}
		at += n
	}
	if at > begin+size {
		return page, begin + size
	}
	return page, -1
}

// attributesOf names the accounts of a page that is grouped by them.
func attributesOf(q *usageRequest, page []*result, names map[string]string) []attributes {
	out := []attributes{}
	which := slices.Index(q.GroupBy, group{"DIMENSION", "LINKED_ACCOUNT"})
	if which < 0 {
		return out
	}
	seen := make(map[string]bool)
	for _, r := range page {
		for _, g := range r.Groups {
			if id := g.Keys[which]; !seen[id] {
				seen[id] = true
				out = append(out, attributes{id, map[string]string{"description": names[id]}})
			}
		}
	}
	return out
}
