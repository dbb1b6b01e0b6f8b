package costs

import (
	"context"
	"fmt"
	"slices"

	"shipmate/handlers/costs/ledger"
)

// obey applies the rules that are due and not applied yet.
func (b *Book) obey(s *series, rules []Rule, due func(Rule) bool) {
	if s.detector == nil {
		return
	}
	for _, r := range rules[len(s.applied):] {
		if !due(r) {
			return
		}
		switch r.Verb {
		case ExpectedUntil:
			s.detector.Mask(r.From, r.Until)
		case NewNormal:
			s.detector.Rebase(r.From)
		case NotUseful:
			s.detector.SetGates(raisedGates, r.Until)
		}
		s.applied = append(s.applied, r.ID)
	}
}

// rulesOf are the rules that concern a node.
func (b *Book) rulesOf(n ledger.Node) (list []Rule) {
	for _, r := range b.rules {
		if slices.Contains(r.Nodes, n) {
			list = append(list, r)
		}
	}
	return list
}

func ids(rules []Rule) (list []string) {
	for _, r := range rules {
		list = append(list, r.ID)
	}
	return list
}

// SetRules has everything judged by the rules from now on.
func (b *Book) SetRules(ctx context.Context, rules []Rule) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.behind && slices.EqualFunc(b.rules, rules, func(x, y Rule) bool { return x.ID == y.ID }) {
		return nil
	}
	concerned := slices.Concat(b.rules, rules)
	b.rules, b.behind = slices.Clone(rules), true
	for _, j := range b.sources {
		var touched []ledger.Node
		for _, n := range j.order {
			if slices.ContainsFunc(concerned, func(r Rule) bool { return slices.Contains(r.Nodes, n) }) || len(j.nodes[n].applied) > 0 {
				touched = append(touched, n)
			}
		}
		if err := b.each(ctx, touched, func(n ledger.Node) { b.follow(j, j.nodes[n]) }); err != nil {
			return fmt.Errorf("judge by the rules: %w", err)
		}
	}
	b.behind = false
	return nil
}
