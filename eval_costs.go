package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	protocol "shipmate/handlers/costs/score"
	"shipmate/sandbox/billsim"
)

// evalCostsOptions are the flags of eval costs.
type evalCostsOptions struct {
	split     string
	series    int
	format    string
	ablations bool
}

// maxSeries bounds eval costs: a thousand take some minutes.
const maxSeries = 10_000

func (p program) evalCostsCommand() *cobra.Command {
	var o evalCostsOptions
	cmd := &cobra.Command{
		Use:   "costs",
		Short: "says how well anomalies of costs are found and explained, and how well the rules of other tools would do",
		Long: `Makes bills in which the anomalies are known, and looks what is found in them day by day:

  series of a year after 90 days of history, on which the detector and the rules of six other tools are judged alike
  whole bills, in which found anomalies are explained, and in which credits, purchases and the like must raise nothing

An event is right if one of its days is among the injected ones or the day after; further events on the same anomaly are extra messages.
Anomalies under $25 a day, 25 % or three standard deviations count neither for nor against. The bills are made by a generator of the
same project, so that figures say which rule is better than another, not how good it is on a real bill.`,
		Example: `  shipmate eval costs
  shipmate eval costs --split shifted --ablations
  shipmate eval costs --series 1000 --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return p.evalCosts(o) },
	}
	cmd.Flags().StringVar(&o.split, "split", string(billsim.Test), "which bills: test, development (to tune on) or shifted (made otherwise than what was tuned on)")
	cmd.Flags().IntVar(&o.series, "series", 100, "how many `series` of a year; whole bills are a third of that")
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&o.ablations, "ablations", false, "also the detector without some of its parts")
	return cmd
}

func (p program) evalCosts(o evalCostsOptions) error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--format %q: it is text or json", o.format)
	}
	split := billsim.Split(o.split)
	if !slices.Contains([]billsim.Split{billsim.Test, billsim.Development, billsim.Shifted}, split) {
		return fmt.Errorf("--split %q: it is test, development or shifted", o.split)
	}
	if o.series < 1 || o.series > maxSeries {
		return fmt.Errorf("--series %d: it is 1 to %d", o.series, maxSeries)
	}
	report, err := costsReport(split, o.series, o.ablations)
	if err != nil {
		return err
	}
	if o.format == "json" {
		out := json.NewEncoder(p.out)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	_, err = p.out.Write([]byte(report.text()))
	return err
}

// A CostsReport is what eval costs found.
type CostsReport struct {
	Split       billsim.Split     `json:"split"`
	Series      int               `json:"series"`
	Must        int               `json:"must_be_found"`
	Neutral     int               `json:"neutral"`
	Lag         int               `json:"judged_after_days"` // after which 95 % of a day's costs are known
	Rows        []CostsRow        `json:"rows"`
	Attribution AttributionReport `json:"attribution"`
	Folding     FoldReport        `json:"folding"`
	OneOffs     OneOffReport      `json:"one_offs"`
}

// A CostsRow is how one rule did.
type CostsRow struct {
	Name    string           `json:"name"`
	Source  string           `json:"source,omitempty"` // where another tool's rule is written
	Figures protocol.Figures `json:"figures"`
}

// A judge finds events in a series that begins on a day.
type judge struct {
	name, source string
	events       func(first civil.Day, amounts []float64) []protocol.Event
}

// judges are the detector first, then its ablations, then the rules of others.
func judges(ablations bool) []judge {
	all := []judge{detector("shipmate", detect.Options{})}
	if ablations {
		all = append(all, detector("  without calendar memory", detect.Options{NoCalendar: true}), detector("  without freezing", detect.Options{NoFreeze: true}),
			detector("  without cumulative term", detect.Options{NoCumulative: true}))
	}
	for _, r := range protocol.Rules() {
		all = append(all, judge{r.Name, r.Source, func(_ civil.Day, amounts []float64) []protocol.Event { return r.Events(amounts) }})
	}
	return all
}

func detector(name string, o detect.Options) judge {
	return judge{name: name, events: func(first civil.Day, amounts []float64) []protocol.Event {
		events, _ := detected(first, amounts, o)
		return events
	}}
}

// detected runs the detector day by day. An event's days are those that were flagged when they were judged, not those that it was later found to have begun
// with.
func detected(first civil.Day, amounts []float64, o detect.Options) ([]protocol.Event, []detect.Event) {
	d := detect.New(first, o)
	var days []protocol.Event
	for i, amount := range amounts {
		v := d.Step(amount)
		if !v.Flagged || v.Event < 0 {
			continue
		}
		for len(days) <= v.Event {
			days = append(days, nil)
		}
		days[v.Event] = append(days[v.Event], i)
	}
	return days, d.Events()
}

func costsReport(split billsim.Split, n int, ablations bool) (CostsReport, error) {
	r := CostsReport{Split: split, Series: n}
	all := make([]*billsim.Daily, n)
	for seed := range all {
		all[seed] = billsim.Series(uint64(seed), split)
	}
	r.Lag = maturity(all)
	for _, j := range judges(ablations) {
		var tallies []protocol.Tally
		for _, d := range all {
			tallies = append(tallies, judged(d, r.Lag, j))
		}
		r.Rows = append(r.Rows, CostsRow{j.name, j.source, protocol.Figure(tallies)})
	}
	for _, d := range all {
		for _, l := range d.Labels {
			if l.Must {
				r.Must++
			} else {
				r.Neutral++
			}
		}
	}
	trees := (n + 2) / 3
	r.Attribution = attributionReport(split, trees)
	r.Folding = foldReport(split, trees)
	var err error
	r.OneOffs, err = oneOffReport(split, trees)
	return r, err
}

// maturity is after how many days at least 95 % of a day's final amount is known, in the median of the series' history.
func maturity(all []*billsim.Daily) int {
	for lag := 0; ; lag++ {
		var shares []float64
		for _, d := range all {
			for i := range billsim.Warm {
				if d.Amounts[i] > 0 {
					shares = append(shares, d.Known(i, i+lag)/d.Amounts[i])
				}
			}
		}
		if len(shares) == 0 || lag == 30 {
			return lag
		}
		slices.Sort(shares)
		if shares[len(shares)/2] >= .95 {
			return lag
		}
	}
}

// judged is how a rule did on a series of which each day is judged once, by what was known of it after lag days.
func judged(d *billsim.Daily, lag int, j judge) protocol.Tally {
	amounts := make([]float64, len(d.Amounts))
	for i := range amounts {
		amounts[i] = d.Known(i, i+lag)
	}
	c := protocol.Case{From: billsim.Warm, To: len(amounts), Events: j.events(civil.Of(d.First), amounts)}
	for _, l := range d.Labels {
		c.Labels = append(c.Labels, protocol.Label{From: l.From, To: l.To, Due: l.Due, Must: l.Must, Dollars: l.Dollars})
	}
	return protocol.Judge(c)
}
