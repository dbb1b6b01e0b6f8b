package main

import (
	"cmp"
	"slices"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
	"shipmate/sandbox/billsim"
)

// A FoldReport is how well the events of whole bills were folded: each node of the tree was watched, from the total to the leaves.
type FoldReport struct {
	Bills    int `json:"bills"`
	Events   int `json:"events"`
	Causes   int `json:"true_causes"` // leaves that rose, and of which some node has an event
	Messages int `json:"messages"`    // told causes that have an event of an incident's days and place
	Others   int `json:"others"`      // told causes that have none and begin after the history of 90 days
	Early    int `json:"early"`       // those that begin within it
	// Of those that have cost enough to be told unasked:
	ToldCauses int `json:"told_true_causes"`
	ToldOthers int `json:"told_others"`
	ToldEarly  int `json:"told_early"`
	// Of incidents with one cause:
	Single         int `json:"single"`
	SingleMessages int `json:"single_messages"`
	Headlines      int `json:"headline_right"` // a headline selects just the leaf that moved
}

// PerCause is the messages for each true cause; 0 where there was none.
func (r FoldReport) PerCause() float64 {
	if r.Causes == 0 {
		return 0
	}
	return float64(r.Messages) / float64(r.Causes)
}

// foldReport watches all nodes of whole bills, and folds what was found.
func foldReport(split billsim.Split, bills int) FoldReport {
	r := FoldReport{Bills: bills}
	for seed := range bills {
		b := billsim.Tree(uint64(seed), split)
		events := treeEvents(b)
		r.Events += len(events)
		causes := attribute.Fold(events)
		r.add(b, events, causes, enough(b, events, causes))
	}
	return r
}

// treeSeries are the daily amounts of each node of a bill.
func treeSeries(b *billsim.Bill) map[ledger.Node][]float64 {
	series := map[ledger.Node][]float64{}
	for n := range b.Leaves {
		l := &b.Leaves[n]
		k := ledger.Key{Source: "aws", Currency: "USD", Provider: "AWS", Account: l.Account, Service: l.Service, Region: l.Region, Usage: l.Usage}
		for depth := range 5 {
			node := k.At(depth)
			if series[node] == nil {
				series[node] = make([]float64, b.Days)
			}
			for day := range b.Days {
				series[node][day] += l.Cost(day)
			}
		}
	}
	return series
}

// treeEvents are the events of all nodes.
func treeEvents(b *billsim.Bill) (out []attribute.NodeEvent) {
	first := civil.Of(b.First)
	for node, amounts := range treeSeries(b) {
		d := detect.New(first, detect.Options{})
		verdicts := make([]detect.Verdict, len(amounts))
		for i, amount := range amounts {
			verdicts[i] = d.Step(amount)
		}
		for n, e := range d.Events() {
			one := attribute.NodeEvent{Node: node, First: e.First, Opened: e.Last, Level: e.State == detect.NewLevel, Excess: make([]float64, e.Last-e.First+1)}
			for i, v := range verdicts {
				at := first + civil.Day(i)
				if at < e.First || at > e.Last {
					continue
				}
				if v.Event == n {
					one.Opened = min(one.Opened, at)
				}
				if v.Expected == v.Expected { // not NaN
					one.Excess[at-e.First] = v.Actual - v.Expected
				}
			}
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b attribute.NodeEvent) int {
		return cmp.Or(cmp.Compare(a.Opened, b.Opened), cmp.Compare(a.Node.String(), b.Node.String()))
	})
	return out
}

// add compares what is told with what was done to a bill.
func (r *FoldReport) add(b *billsim.Bill, events []attribute.NodeEvent, causes []attribute.Cause, enough []bool) {
	used := make([]bool, len(causes))
	for _, in := range b.Incidents {
		found := map[int]bool{}
		for _, c := range in.Causes {
			if c.Dollars <= 0 {
				continue // drops are no events
			}
			seen, said := false, false
			for n, told := range causes {
				if slices.ContainsFunc(told.Members, func(m int) bool { return causedBy(b, in, c, events[m]) }) {
					seen, found[n], used[n], said = true, true, true, said || enough[n]
				}
			}
			if seen {
				r.Causes++
			}
			if said {
				r.ToldCauses++
			}
		}
		for n, told := range causes { // what moved beside is neither a cause nor false
			used[n] = used[n] || slices.ContainsFunc(in.Beside, func(c billsim.Cause) bool {
				return slices.ContainsFunc(told.Members, func(m int) bool { return causedBy(b, in, c, events[m]) })
			})
		}
		r.Messages += len(found)
		if in.Name == "single" && len(found) > 0 {
			r.Single, r.SingleMessages = r.Single+1, r.SingleMessages+len(found)
			for n := range found {
				if onlyLeaf(b, causes[n].Headline, in.Causes[0].Leaf) {
					r.Headlines++
					break
				}
			}
		}
	}
	for n, u := range used {
		switch {
		case u:
		case causes[n].ID.First < civil.Of(b.First)+billsim.Warm:
			r.Early++
			r.ToldEarly += map[bool]int{true: 1}[enough[n]]
		default:
			r.Others++
			r.ToldOthers += map[bool]int{true: 1}[enough[n]]
		}
	}
}

// enough reports of each cause whether it ever cost so much that it is told unasked: the widest of its events together, up to a day, against what the whole
// bill was expected to cost on it.
func enough(b *billsim.Bill, events []attribute.NodeEvent, causes []attribute.Cause) []bool {
	first := civil.Of(b.First)
	d := detect.New(first, detect.Options{})
	expected := make([]float64, b.Days)
	for i := range b.Days {
		total := 0.
		for n := range b.Leaves {
			total += b.Leaves[n].Cost(i)
		}
		if expected[i] = d.Step(total).Expected; expected[i] != expected[i] { // NaN
			expected[i] = total
		}
	}
	out := make([]bool, len(causes))
	for n, c := range causes {
		excess := make([]float64, b.Days)
		for _, m := range c.Members {
			if slices.ContainsFunc(c.Members, func(o int) bool { return above(events[o].Node, events[m].Node) }) {
				continue
			}
			for i, x := range events[m].Excess {
				excess[int(events[m].First-first)+i] += x
			}
		}
		sum := 0.
		for i, x := range excess {
			sum += x
			out[n] = out[n] || x > 0 && sum >= costs.DefaultTellShare*expected[i]
		}
	}
	return out
}

// above reports whether a node is around another.
func above(wide, narrow ledger.Node) bool {
	for n, ok := narrow.Parent(); ok; n, ok = n.Parent() {
		if n == wide {
			return true
		}
	}
	return false
}

// causedBy reports whether an event has a node above or within a cause's place and a day of its incident.
func causedBy(b *billsim.Bill, in billsim.Incident, c billsim.Cause, e attribute.NodeEvent) bool {
	first := civil.Of(b.First)
	last := e.First + civil.Day(len(e.Excess)) - 1
	above := billsim.Path{Account: e.Node.Account, Service: e.Node.Service, Region: e.Node.Region, Usage: e.Node.Usage}
	return (above.Has(c.Path) || c.Path.Has(above)) && e.First <= first+civil.Day(in.To+1) && last >= first+civil.Day(in.From)
}

// onlyLeaf reports whether a node has a leaf and no other.
func onlyLeaf(b *billsim.Bill, n ledger.Node, leaf int) bool {
	for i := range b.Leaves {
		p := b.Leaves[i].Path
		in := n.Has(ledger.Key{Source: n.Source, Currency: n.Currency, Account: p.Account, Service: p.Service, Region: p.Region, Usage: p.Usage})
		if in != (i == leaf) {
			return false
		}
	}
	return true
}
