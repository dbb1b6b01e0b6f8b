package aws

import "slices"

// An expression is a filter: exactly one of its members is set.
type expression struct {
	And, Or        []expression
	Not            *expression
	Dimensions     *match
	Tags           *match
	CostCategories *match
}

type match struct {
	Key          string
	Values       []string
	MatchOptions []string
}

const deepest = 10 // of expressions; the service's own limit is not published

// check refuses expressions that GetCostAndUsage refuses.
func (e *expression) check(depth int) error {
	roots := 0
	for _, set := range []bool{e.And != nil, e.Or != nil, e.Not != nil, e.Dimensions != nil, e.Tags != nil, e.CostCategories != nil} {
		if set {
			roots++
		}
	}
	switch {
	case depth > deepest:
		return invalid("Expression is nested too deeply")
	case roots == 0:
		return invalid("Expression has zero roots. Only one root operator is allowed for each expression: And, Or, Not, Dimensions, Tags, CostCategories")
	case roots > 1:
		return invalid("Expression has more than one roots. Only one root operator is allowed for each expression: And, Or, Not, Dimensions, Tags, CostCategories")
	case e.And != nil && len(e.And) < 2:
		return invalid("And expression must have at least 2 operands")
	case e.Or != nil && len(e.Or) < 2:
		return invalid("Or expression must have at least 2 operands")
	case e.Not != nil:
		return e.Not.check(depth + 1)
	case e.Dimensions != nil:
		return e.Dimensions.dimension()
	case e.Tags != nil:
		return e.Tags.label("Tags")
	case e.CostCategories != nil:
		return e.CostCategories.label("CostCategories")
	}
	for _, operand := range slices.Concat(e.And, e.Or) {
		if err := operand.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

func (m *match) dimension() error {
	if err := dimension(m.Key); err != nil {
		return err
	}
	if len(m.Values) == 0 {
		return invalid("Dimensions %s needs Values", m.Key)
	}
	return m.options("EQUALS", "CASE_SENSITIVE")
}

// label checks a tag or a cost category: one that is absent has no values.
func (m *match) label(kind string) error {
	absent := slices.Contains(m.MatchOptions, "ABSENT")
	switch {
	case m.Key == "":
		return invalid("%s needs a Key", kind)
	case absent && len(m.Values) > 0:
		return invalid("%s %s: ABSENT goes without Values", kind, m.Key)
	case !absent && len(m.Values) == 0:
		return invalid("%s %s needs Values", kind, m.Key)
	}
	return m.options("EQUALS", "ABSENT", "CASE_SENSITIVE")
}

func (m *match) options(allowed ...string) error {
	for _, option := range m.MatchOptions {
		if !slices.Contains(allowed, option) {
			return invalid("MatchOptions %q is not one of %q", option, allowed)
		}
	}
	return nil
}

// has reports whether a row passes the filter. Nil passes everything.
func (e *expression) has(r *Row) bool {
	holds := func(operand expression) bool { return operand.has(r) }
	switch {
	case e == nil:
		return true
	case e.Not != nil:
		return !e.Not.has(r)
	case e.Or != nil:
		return slices.ContainsFunc(e.Or, holds)
	case e.And != nil:
		return !slices.ContainsFunc(e.And, func(operand expression) bool { return !holds(operand) })
	case e.Dimensions != nil:
		return slices.Contains(e.Dimensions.Values, column(e.Dimensions.Key, r))
	case e.Tags != nil:
		return e.Tags.matches(r.Tags)
	default:
		return e.CostCategories.matches(nil) // rows have none
	}
}

func (m *match) matches(labels map[string]string) bool {
	value, present := labels[m.Key]
	if slices.Contains(m.MatchOptions, "ABSENT") {
		return !present
	}
	return slices.Contains(m.Values, value)
}
