package main

import (
	"math"
	"slices"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
	protocol "shipmate/handlers/costs/score"
	"shipmate/sandbox/billsim"
)

// An AttributionReport is how well found anomalies of whole bills were explained.
type AttributionReport struct {
	Bills  int              `json:"bills"`
	Single AttributionCount `json:"single_cause"`
	Wide   AttributionCount `json:"wide_cause"` // a whole service or region of an account
	Two    AttributionCount `json:"two_causes"`
	Offset OffsetCount      `json:"offsetting"`
}

// An AttributionCount counts explanations of incidents whose place in the bill had an event. A part is right when it selects just the leaves
// that moved.
type AttributionCount struct {
	Incidents int `json:"incidents"`
	Explained int `json:"explained"`         // those with an event
	First     int `json:"first_right"`       // the first part is a cause
	Three     int `json:"among_three_right"` // one of three parts is
	All       int `json:"all_among_three"`   // each cause is one of three parts
	KindsTold int `json:"kind_told"`         // of First: something is said of price and quantity; of leaves with different units nothing can be
	Kinds     int `json:"kind_right"`        // of those: just the one that moved
}

// An OffsetCount counts incidents in which costs moved from one account to another.
type OffsetCount struct {
	Incidents int `json:"incidents"`
	Seen      int `json:"rise_found"` // the risen leaf has an event of its own
	Told      int `json:"told"`       // the explanation of the service in both accounts names them, or the leaves
}

// attributionReport explains the incidents of whole bills as they were found.
func attributionReport(split billsim.Split, bills int) AttributionReport {
	r := AttributionReport{Bills: bills}
	for seed := range bills {
		b := billsim.Tree(uint64(seed), split)
		series := leafSeries(b)
		for _, in := range b.Incidents {
			switch in.Name {
			case "single":
				r.Single.add(b, series, in)
			case "wide":
				r.Wide.add(b, series, in)
			case "two":
				r.Two.add(b, series, in)
			default:
				r.Offset.add(b, series, in)
			}
		}
	}
	return r
}

// leafSeries are the bill's leaves in the words of attribution.
func leafSeries(b *billsim.Bill) []attribute.Series {
	all := make([]attribute.Series, len(b.Leaves))
	for n := range b.Leaves {
		l := &b.Leaves[n]
		s := attribute.Series{Key: keyOf(l.Path, l.Team), First: civil.Of(b.First), Unit: l.Unit, UnitBefore: l.Unit, Quantity: l.Quantity}
		for i := range b.Days {
			s.Cost = append(s.Cost, l.Cost(i))
		}
		all[n] = s
	}
	return all
}

func keyOf(p billsim.Path, team string) ledger.Key {
	k := ledger.Key{Source: "aws", Currency: "USD", Provider: "AWS", Account: p.Account, Service: p.Service, Region: p.Region, Usage: p.Usage}
	if team != "" {
		k.Tags = "team=" + team
	}
	return k
}

// within are the series of a place, and the place's amounts.
func within(series []attribute.Series, p billsim.Path) (in []attribute.Series, amounts []float64) {
	n := nodeOf(p)
	for _, s := range series {
		if !n.Has(s.Key) {
			continue
		}
		in = append(in, s)
		if amounts == nil {
			amounts = make([]float64, len(s.Cost))
		}
		for i, c := range s.Cost {
			amounts[i] += c
		}
	}
	return in, amounts
}

func nodeOf(p billsim.Path) ledger.Node {
	return ledger.Node{Source: "aws", Currency: "USD", Account: p.Account, Service: p.Service, Region: p.Region, Usage: p.Usage}
}

// explain explains the event that an incident caused at a place; ok is false when there is none.
func explain(b *billsim.Bill, series []attribute.Series, in billsim.Incident, place billsim.Path) (e attribute.Explanation, ok bool) {
	inside, amounts := within(series, place)
	first := civil.Of(b.First)
	days, events := detected(first, amounts, detect.Options{})
	at := eventOf(days, in)
	if at < 0 {
		return e, false
	}
	masked := func(d civil.Day) bool {
		return slices.ContainsFunc(b.Incidents, func(o billsim.Incident) bool { return o.From <= int(d-first) && int(d-first) <= o.To })
	}
	ev := events[at]
	return attribute.Explain(attribute.Leaves(inside, ev.First, ev.Last, masked, ev.Excess), ev.Excess), true
}

// eventOf is the first event with a flagged day in an incident; -1 for none.
func eventOf(days []protocol.Event, in billsim.Incident) int {
	return slices.IndexFunc(days, func(e protocol.Event) bool {
		return slices.ContainsFunc(e, func(i int) bool { return in.From <= i && i <= in.To+1 })
	})
}

func (c *AttributionCount) add(b *billsim.Bill, series []attribute.Series, in billsim.Incident) {
	c.Incidents++
	e, ok := explain(b, series, in, in.Node)
	if !ok {
		return
	}
	c.Explained++
	inside, _ := within(series, in.Node)
	found := 0
	for n, part := range e.Parts[:min(3, len(e.Parts))] {
		cause := causeOf(in, inside, part)
		if cause < 0 {
			continue
		}
		if found++; n == 0 {
			c.First++
			if part.Effect.Kind != attribute.Unknown {
				c.KindsTold++
			}
			if string(part.Effect.Kind) == string(in.Causes[cause].Moved) {
				c.Kinds++
			}
		}
	}
	if found > 0 {
		c.Three++
	}
	if found == len(in.Causes) {
		c.All++
	}
}

// causeOf is the index of the cause whose leaves are those that a part selects; -1 when it selects others.
func causeOf(in billsim.Incident, inside []attribute.Series, part attribute.Part) int {
	return slices.IndexFunc(in.Causes, func(c billsim.Cause) bool {
		return !slices.ContainsFunc(inside, func(s attribute.Series) bool {
			selected := !slices.ContainsFunc(part.Path, func(step attribute.Step) bool { return valueOf(s.Key, step.Dimension) != step.Value })
			return selected != nodeOf(c.Path).Has(s.Key)
		})
	})
}

// valueOf is a key's value in a dimension; team is the only tag of these bills.
func valueOf(k ledger.Key, d attribute.Dimension) string {
	switch d {
	case attribute.Account:
		return k.Account
	case attribute.Service:
		return k.Service
	case attribute.Region:
		return k.Region
	case attribute.Usage:
		return k.Usage
	case attribute.Provider:
		return k.Provider
	}
	_, values := ledger.SplitTags(k.Tags)
	if len(values) == 0 {
		return ledger.None
	}
	return values[0]
}

func (c *OffsetCount) add(b *billsim.Bill, series []attribute.Series, in billsim.Incident) {
	c.Incidents++
	up, down := in.Causes[0].Path, in.Causes[1].Path
	_, amounts := within(series, up)
	days, _ := detected(civil.Of(b.First), amounts, detect.Options{})
	if eventOf(days, in) < 0 {
		return
	}
	c.Seen++
	first := civil.Of(b.First)
	both, _ := within(series, in.Node)
	both = slices.DeleteFunc(both, func(s attribute.Series) bool { return s.Key.Account != up.Account && s.Key.Account != down.Account })
	e := attribute.Explain(attribute.Leaves(both, first+civil.Day(in.From), first+civil.Day(in.To), nil, math.NaN()), math.NaN())
	if slices.ContainsFunc(e.Offsets, func(o attribute.Offset) bool {
		return o.Up == valueOf(keyOf(up, ""), o.Dimension) && o.Down == valueOf(keyOf(down, ""), o.Dimension)
	}) {
		c.Told++
	}
}
