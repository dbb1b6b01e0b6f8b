package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"shipmate/bot"
	civil "shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/integrations/focus"
)

// scanReport is what scan says.
type scanReport struct {
	in     *scanInput
	found  scanFound
	causes []attribute.Cause // those that go on first, then by excess
}

func newScanReport(in *scanInput, found scanFound) *scanReport {
	r := &scanReport{in: in, found: found, causes: found.causes(in)}
	slices.SortStableFunc(r.causes, func(a, b attribute.Cause) int {
		return cmp.Or(r.rank(a)-r.rank(b), cmp.Compare(b.Excess, a.Excess))
	})
	return r
}

// rank puts causes that go on first, and those that a tag's series tell once more last.
func (r *scanReport) rank(c attribute.Cause) int {
	rank := 1
	for _, m := range c.Members {
		e := r.found.events[m]
		if r.in.series[e.series].tagged {
			return 2
		}
		if e.State == detect.Open {
			rank = 0
		}
	}
	return rank
}

// showRejected says on the standard error what was not used, and why.
func (p program) showRejected(s focus.Stats) {
	for _, part := range []struct {
		what string
		rows map[string]focus.Count
	}{{"not used", s.Rejected}, {"used, but", s.Doubts}} {
		for _, why := range slices.Sorted(maps.Keys(part.rows)) {
			c := part.rows[why]
			fmt.Fprintf(p.err, "%d of %d rows %s: %s; the first is %s\n", c.Rows, s.Rows, part.what, why, bot.CleanLine(c.First))
		}
	}
}

// A jsonEvent is one event as --format json writes it. Amounts are in the currency's units a day, Excess and Projected in units.
type jsonEvent struct {
	Series    string       `json:"series"`
	Currency  string       `json:"currency,omitempty"`
	Account   string       `json:"account,omitempty"`
	Service   string       `json:"service,omitempty"`
	Region    string       `json:"region,omitempty"`
	Usage     string       `json:"usage,omitempty"`
	First     civil.Day    `json:"first"`
	Last      civil.Day    `json:"last"`
	Days      int          `json:"days"`
	State     detect.State `json:"state"`
	Since     civil.Day    `json:"since"`
	Term      detect.Term  `json:"term"`
	Actual    *float64     `json:"actual"`
	Expected  *float64     `json:"expected"`
	Low       *float64     `json:"low"`
	High      *float64     `json:"high"`
	Excess    *float64     `json:"excess"`
	Latest    *float64     `json:"latest"`
	Projected *float64     `json:"projected_30_days"` // the excess of 30 days like the latest
	Ratio     *float64     `json:"ratio,omitempty"`   // of a new level to the old one
	Cause     int          `json:"cause"`             // events with the same number have one cause
	Headline  string       `json:"headline"`          // the series that tells the cause best
}

// jsonSummary is the last line.
type jsonSummary struct {
	Summary      bool             `json:"summary"` // always true
	Files        int              `json:"files"`
	FilesIgnored int              `json:"files_ignored"`
	RowsRead     int64            `json:"rows_read"`
	RowsRejected map[string]int64 `json:"rows_rejected"` // by reason
	RowsDoubted  map[string]int64 `json:"rows_doubted"`  // used without the part that could not be
	Charges      int64            `json:"charges"`
	ChargesAfter int64            `json:"charges_after_as_of"`
	Series       int              `json:"series"`
	First        *civil.Day       `json:"first"`
	Last         *civil.Day       `json:"last"`
	Days         int64            `json:"days"` // judged, of all series
	Events       int              `json:"events"`
	Causes       int              `json:"causes"`
	Currencies   []string         `json:"currencies"`
}

// json writes a line for each event and one that sums up.
func (r *scanReport) json(w io.Writer) error {
	out := json.NewEncoder(w)
	cause := make([]int, len(r.found.events))
	for i, c := range r.causes {
		for _, m := range c.Members {
			cause[m] = i
		}
	}
	for i, e := range r.found.events {
		s := r.in.series[e.series]
		line := jsonEvent{
			Series: s.name, Currency: s.currency, Account: s.node.Account, Service: s.node.Service, Region: s.node.Region, Usage: s.node.Usage,
			First: e.First, Last: e.Last, Days: e.Days, State: e.State, Since: e.Since, Term: e.Term, Actual: cents(e.Actual), Expected: cents(e.Expected),
			Low: cents(e.low), High: cents(e.high), Excess: cents(e.Excess), Latest: cents(e.Latest), Projected: cents(30 * e.Latest),
			Cause: cause[i], Headline: r.headline(r.causes[cause[i]]),
		}
		if e.State == detect.NewLevel {
			line.Ratio = cents(e.Ratio)
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return out.Encode(r.summary())
}

func (r *scanReport) summary() jsonSummary {
	s := r.in.stats
	sum := jsonSummary{
		Summary: true, Files: s.Files, FilesIgnored: len(s.Ignored), RowsRead: s.Rows, RowsRejected: rowsOf(s.Rejected), RowsDoubted: rowsOf(s.Doubts),
		Charges: s.Charges, ChargesAfter: r.in.after, Series: len(r.in.series), Days: r.found.days, Events: len(r.found.events), Causes: len(r.causes),
		Currencies: r.in.currencies,
	}
	if r.in.last >= r.in.first {
		sum.First, sum.Last = &r.in.first, &r.in.last
	}
	return sum
}

func rowsOf(counts map[string]focus.Count) map[string]int64 {
	rows := map[string]int64{}
	for why, c := range counts {
		rows[why] = c.Rows
	}
	return rows
}

// cents is a number to four decimals, nil where there is none: JSON has no NaN.
func cents(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	f = math.Round(f*1e4) / 1e4
	return &f
}

// headline is the series that tells a cause best.
func (r *scanReport) headline(c attribute.Cause) string {
	if c.Headline.Source == "" {
		return r.in.series[r.found.events[c.Members[0]].series].name
	}
	return r.in.nameOf(c.Headline)
}

// mostShown is how many causes the text lists.
const mostShown = 50

// text is a list of causes.
func (r *scanReport) text() string {
	var b strings.Builder
	if r.in.last < r.in.first {
		return "Nothing was read that can be judged.\n"
	}
	fmt.Fprintf(&b, "%d series from %s to %s, %d rows: ", len(r.in.series), r.in.first, r.in.last, r.in.stats.Rows)
	if len(r.causes) == 0 {
		b.WriteString("nothing unusual.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "%d unusual, what goes on first, then the dearest.\n", len(r.causes))
	for i, c := range r.causes {
		if i == mostShown {
			fmt.Fprintf(&b, "\n%d more; --format json has all of them.\n", len(r.causes)-i)
			break
		}
		r.cause(&b, c)
	}
	return b.String()
}

// cause writes one cause: by the event of its headline, else by the one with the largest excess.
func (r *scanReport) cause(b *strings.Builder, c attribute.Cause) {
	best := c.Members[0]
	for _, m := range c.Members {
		e, at := r.found.events[m], r.found.events[best]
		switch isHead, bestIsHead := r.in.series[e.series].node == c.Headline, r.in.series[at.series].node == c.Headline; {
		case isHead != bestIsHead:
			if isHead {
				best = m
			}
		case e.Excess > at.Excess:
			best = m
		}
	}
	e := r.found.events[best]
	s := r.in.series[e.series]
	fmt.Fprintf(b, "\n%s\n", bot.CleanLine(s.name))
	fmt.Fprintf(b, "  %s a day against %s expected", money(e.Actual, s.currency), money(e.Expected, s.currency))
	if !math.IsNaN(e.low) {
		fmt.Fprintf(b, " (%s–%s)", money(e.low, s.currency), money(e.high, s.currency))
	}
	when := e.First.String()
	if e.Last > e.First {
		when += " to " + e.Last.String()
	}
	fmt.Fprintf(b, ", %s: %s so far, %s since %s", when, money(e.Excess, s.currency), e.State, e.Since)
	if e.State == detect.Open {
		fmt.Fprintf(b, "; about %s in 30 days if it stays", money(30*e.Latest, s.currency))
	}
	fmt.Fprintf(b, "\n  %s\n", sparkline(e.recent))
	if n := len(c.Members) - 1; n > 0 {
		fmt.Fprintf(b, "  and %d more series with the same cause\n", n)
	}
}

// money is an amount to three digits or so.
func money(f float64, currency string) string {
	sign := ""
	if f < 0 {
		sign, f = "−", -f
	}
	decimals := 2
	if f >= 99.995 {
		if step := math.Pow(10, math.Floor(math.Log10(f))-2); step > 1 {
			f = math.Round(f/step) * step
		}
		decimals = 0
	}
	digits := strconv.FormatFloat(f, 'f', decimals, 64)
	whole, rest, _ := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	switch currency {
	case "", "USD":
		return sign + "$" + whole
	}
	return sign + whole + " " + currency
}

// sparkline draws amounts from 0 to the largest; a day without data is a space.
func sparkline(amounts []float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	most := 0.0
	for _, a := range amounts {
		if a > most {
			most = a
		}
	}
	var b strings.Builder
	for _, a := range amounts {
		switch {
		case math.IsNaN(a):
			b.WriteByte(' ')
		case most == 0:
			b.WriteRune(bars[0])
		default:
			b.WriteRune(bars[min(len(bars)-1, int(math.Max(a, 0)/most*float64(len(bars))))])
		}
	}
	return b.String()
}
