package costs

import (
	"cmp"
	"slices"

	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/ledger"
)

// shownAs is the node that a cause is called by: the service in its account where that has an event of the cause, for it is what people know by name;
// else the headline.
func shownAs(c attribute.Cause, events []nodeEvent) ledger.Node {
	n := c.Headline
	if n.Service == "" {
		return n
	}
	service := ledger.Node{Source: n.Source, Currency: n.Currency, Account: n.Account, Service: n.Service}
	have := map[string]bool{}
	for _, m := range c.Members {
		if at := events[m].node(); at.Depth() == 2 && at.Service == n.Service {
			have[at.Account] = true
		}
	}
	all := n.Account == "" && len(c.Accounts) > 0
	for _, account := range c.Accounts {
		all = all && have[account]
	}
	if all || have[n.Account] {
		return service
	}
	return n
}

// shownBy are the members whose amounts are told: those of the node that is shown, of a node in several accounts those of each; else those within it that
// no other one contains; else those that no other member contains.
func shownBy(c attribute.Cause, shown ledger.Node, events []nodeEvent) (list []int) {
	var within []int
	for _, m := range c.Members {
		n := events[m].node()
		if shown.Account == "" && shown.Service != "" {
			n.Account = ""
		}
		if n == shown {
			list = append(list, m)
		}
		if events[m].isWithin(shown) {
			within = append(within, m)
		}
	}
	switch {
	case len(list) > 0:
		return list
	case len(within) > 0:
		return topmost(within, events)
	}
	return topmost(c.Members, events)
}

// isWithin reports whether an event's node is part of another, which may leave open the account.
func (e nodeEvent) isWithin(n ledger.Node) bool {
	at := e.node()
	return n.Has(ledger.Key{Source: at.Source, Currency: at.Currency, Account: at.Account, Service: at.Service, Region: at.Region, Usage: at.Usage})
}

// topmost are the members that no other member contains, the dearest first.
func topmost(members []int, events []nodeEvent) (tops []int) {
	for _, m := range members {
		if !slices.ContainsFunc(members, func(o int) bool { return o != m && contains(events[o].series.node, events[m].series.node) }) {
			tops = append(tops, m)
		}
	}
	if len(tops) == 0 {
		tops = members
	}
	slices.SortStableFunc(tops, func(x, y int) int { return cmp.Compare(events[y].event.Excess, events[x].event.Excess) })
	return tops
}

// contains reports whether a node is a wider one of another.
func contains(wide, narrow ledger.Node) bool {
	for n, ok := narrow.Parent(); ok; n, ok = n.Parent() {
		if n == wide {
			return true
		}
	}
	return false
}
