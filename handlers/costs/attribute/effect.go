package attribute

import "math"

// Kind says in which way a cost changed.
type Kind string

// The kinds. Unknown: quantities are missing, or their units differ.
const (
	Unknown    Kind = "unknown"
	New        Kind = "new"      // it cost nothing before
	Gone       Kind = "gone"     // it costs nothing any more
	ByQuantity Kind = "quantity" // the same price, more or less usage
	ByPrice    Kind = "price"    // another price, the same usage
	ByBoth     Kind = "both"
	ByMix      Kind = "mix" // dearer or cheaper kinds of the same are used
)

// An Effect is an excess as what price, quantity and mix make of it: they add up to it. With prices p and quantities q of the leaves, 0 before and
// 1 now, Q their sum and P = Σp0·q0/Q0: price is Σ(p1-p0)·q1, quantity is (Q1-Q0)·P, and mix is the rest, Σp0·(q1-q0·Q1/Q0). What was not used
// before has the price of now. Where the kind is New, Gone or Unknown they are 0.
type Effect struct {
	Kind                 Kind
	Price, Quantity, Mix float64
	// PriceRatio and QuantityRatio are now over before: of what a unit costs on average, and of how many there are. 0: not known.
	PriceRatio, QuantityRatio float64
	Unit                      string
}

// nothing is the share of a cost that is none.
const nothing = .001

// effectOf tells price and quantity apart.
func effectOf(leaves []Leaf, members []int32) Effect {
	var actual, before, q0, q1 float64
	unit, same := "", true
	for i, m := range members {
		l := &leaves[m]
		actual, before = actual+l.Actual, before+l.Before
		q0, q1 = q0+l.QuantityBefore, q1+l.Quantity
		if i == 0 {
			unit = l.Unit
		}
		same = same && l.Unit != "" && l.Unit == unit && (l.UnitBefore == "" || l.UnitBefore == unit) && l.Quantity >= 0 && l.QuantityBefore >= 0
		same = same && (l.Quantity > 0 || l.Actual == 0) && (l.QuantityBefore > 0 || l.Before == 0)
	}
	switch {
	case len(members) == 0:
		return Effect{Kind: Unknown}
	case actual > 0 && before <= nothing*actual:
		return Effect{Kind: New}
	case before > 0 && actual <= nothing*before:
		return Effect{Kind: Gone}
	case !same || q0 <= 0 || q1 <= 0 || before <= 0 || actual <= 0:
		return Effect{Kind: Unknown}
	}
	e := Effect{Unit: unit, PriceRatio: (actual / q1) / (before / q0), QuantityRatio: q1 / q0}
	for _, m := range members {
		if l := &leaves[m]; l.QuantityBefore > 0 && l.Quantity > 0 {
			e.Price += l.Actual - l.Before*(l.Quantity/l.QuantityBefore)
		}
	}
	e.Quantity = before * (q1/q0 - 1)
	e.Mix = actual - before - e.Price - e.Quantity
	if math.IsNaN(e.Mix) || math.IsInf(e.Mix, 0) || math.IsInf(e.PriceRatio, 0) {
		return Effect{Kind: Unknown}
	}
	e.Kind = kindOf(e.Price, e.Quantity, e.Mix)
	return e
}

// kindOf names what outweighs the rest: at least four fifths of all that moved; of mix half, for other kinds of the same cost and are used otherwise.
func kindOf(price, quantity, mix float64) Kind {
	all := math.Abs(price) + math.Abs(quantity) + math.Abs(mix)
	switch {
	case all == 0:
		return Unknown
	case math.Abs(quantity) >= enough*all:
		return ByQuantity
	case math.Abs(price) >= enough*all:
		return ByPrice
	case math.Abs(mix) >= all/2:
		return ByMix
	}
	return ByBoth
}
