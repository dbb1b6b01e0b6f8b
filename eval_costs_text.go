package main

import (
	"fmt"
	"shipmate/handlers/costs"
	"strings"
	"text/tabwriter"

	protocol "shipmate/handlers/costs/score"
)

// costsColumns are the table's figures, with what the detector is to reach.
var costsColumns = [...]struct {
	name, target string
	digits       int // behind the point
	of           func(protocol.Figures) protocol.Range
}{
	{"precision", ">= .90", 2, func(f protocol.Figures) protocol.Range { return f.Precision }},
	{"recall", ">= .93", 2, func(f protocol.Figures) protocol.Range { return f.Recall }},
	{"F1", ">= .91", 2, func(f protocol.Figures) protocol.Range { return f.F1 }},
	{"$-recall", ">= .98", 2, func(f protocol.Figures) protocol.Range { return f.DollarRecall }},
	{"false/year", "<= .25", 2, func(f protocol.Figures) protocol.Range { return f.False }},
	{"in history", "", 2, func(f protocol.Figures) protocol.Range { return f.FalseEarly }},
	{"delay", "<= 1", 0, func(f protocol.Figures) protocol.Range { return f.DelayMedian }},
	{"p90", "<= 4", 0, func(f protocol.Figures) protocol.Range { return f.DelayP90 }},
	{"p90 late", "", 0, func(f protocol.Figures) protocol.Range { return f.LateP90 }},
	{"messages", "<= 1.1", 2, func(f protocol.Figures) protocol.Range { return f.Messages }},
}

func (r CostsReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s split: %d series of a year, %d anomalies that must be found, %d that need not be; a day is judged after %s\n\n",
		r.Split, r.Series, r.Must, r.Neutral, counted(r.Lag, "day"))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range costsColumns {
		fmt.Fprintf(w, "\t%s", c.name)
	}
	fmt.Fprint(w, "\ntarget")
	for _, c := range costsColumns {
		fmt.Fprintf(w, "\t%s", c.target)
	}
	for _, row := range r.Rows {
		fmt.Fprintf(w, "\n%s", row.Name)
		for _, c := range costsColumns {
			fmt.Fprintf(w, "\t%s", narrow(c.of(row.Figures), c.digits))
		}
	}
	w.Flush() // a strings.Builder takes everything
	b.WriteString("\n\nWith 95 % intervals by resampling series. false/year: events that match no anomaly, a series and year, after 90 days of history; in history: those in\n" +
		"the 90 days. delay: days from the first injected one to the first flagged one, median and p90;\n" +
		"p90 late: from the day on which the anomaly had grown so large that it must be found. messages: events on one anomaly.\n\n")
	r.Attribution.text(&b)
	r.Folding.text(&b)
	r.OneOffs.text(&b)
	return b.String()
}

// narrow is a figure with its interval.
func narrow(r protocol.Range, digits int) string {
	return short(r.Value, digits) + " " + short(r.Low, digits) + "-" + short(r.High, digits)
}

// short is a number without a zero before its point: .97, 1.10.
func short(x float64, digits int) string {
	text := fmt.Sprintf("%.*f", digits, x)
	if len(text) == 1 {
		return text
	}
	return strings.TrimPrefix(text, "0")
}

func (r AttributionReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "Attribution, of %d whole bills:\n", r.Bills)
	for _, c := range []struct {
		name  string
		count AttributionCount
		two   bool
	}{{"one leaf", r.Single, false}, {"one wide place", r.Wide, false}, {"two causes", r.Two, true}} {
		n := c.count.Explained
		fmt.Fprintf(b, "  %s: %d incidents, %d found; right first %s, among three %s", c.name, c.count.Incidents, n, part(c.count.First, n), part(c.count.Three, n))
		if c.two {
			fmt.Fprintf(b, ", both among three %s", part(c.count.All, n))
		}
		fmt.Fprintf(b, "; price or quantity right %s\n", part(c.count.Kinds, c.count.KindsTold))
	}
	fmt.Fprintf(b, "  moved from one account to another: %d incidents; rise found %s, both places told %s\n\n",
		r.Offset.Incidents, part(r.Offset.Seen, r.Offset.Incidents), part(r.Offset.Told, r.Offset.Seen))
}

func (r FoldReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "Every place of %d whole bills watched: %s, told as %s of %s that something was done to (%s a cause; the target is at most 1.1)\n"+
		"and %d others after 90 days of history, %s a bill and year, and %d in it. Of incidents with one cause %s are headed by just what moved.\n",
		r.Bills, counted(r.Events, "event"), counted(r.Messages, "message"), counted(r.Causes, "cause"), short(r.PerCause(), 2), r.Others,
		short(float64(r.Others)/float64(max(1, r.Bills)), 1), r.Early, part(r.Headlines, r.Single))
	fmt.Fprintf(b, "Told unasked, from %.0f %% of what the bill costs in a day: %s of the causes, %d messages without a cause (%s a bill and year), %d in the history.\n\n",
		100*costs.DefaultTellShare, part(r.ToldCauses, r.Causes), r.ToldOthers, short(float64(r.ToldOthers)/float64(max(1, r.Bills)), 1), r.ToldEarly)
}

func (r OneOffReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "Replay of %d whole bills through the ledger: %d credits, purchases, taxes, refunds and corrections raised %s (%d, were all charges taken for usage).\n",
		r.Bills, r.Charges, counted(r.Alerts, "alert"), r.Naive)
	if r.Restated > 0 {
		fmt.Fprintf(b, "%s of a leaf that the bill overstated by half and more for a week opened %s.\n", counted(r.Restated, "day"), counted(r.Opened, "event"))
	}
	fmt.Fprintf(b, "%s more came of amounts that were not final.\n", counted(r.Other, "event"))
}

// part is a share with what it is of: .95 (38 of 40).
func part(n, of int) string {
	if of == 0 {
		return "- (0 of 0)"
	}
	return fmt.Sprintf("%s (%d of %d)", short(float64(n)/float64(of), 2), n, of)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
