package ledger

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"shipmate/bot/day"
	"shipmate/integrations/focus"
)

// A naive ledger keeps every charge of every version and adds up what it is asked for.
type naive []spoken

type spoken struct {
	object  string
	asOf    time.Time
	charges []focus.Charge
}

// current are the charges that count at a time.
func (n naive) current(asOf time.Time) (list []focus.Charge) {
	newest := map[string]spoken{}
	for _, s := range n {
		if !s.asOf.After(asOf) && !s.asOf.Before(newest[s.object].asOf) {
			newest[s.object] = s
		}
	}
	for _, s := range newest {
		list = append(list, s.charges...)
	}
	return list
}

func (n naive) sum(node Node, d day.Day, asOf time.Time) (micro int64, qty float64) {
	for _, c := range n.current(asOf) {
		key := Key{Source: "aws", Currency: c.Currency, Account: c.Account, Service: c.Service, Region: c.Region, Usage: c.Usage}
		if c.Ordinary() && c.Effective >= 0 && c.Day == d && node.Has(key) {
			micro += c.Effective
			qty += c.Quantity
		}
	}
	return micro, qty
}

func (n naive) billed(d day.Day, asOf time.Time) (micro int64) {
	for _, c := range n.current(asOf) {
		if (!c.Ordinary() || c.Effective < 0) && c.Day == d {
			micro += c.Billed
		}
	}
	return micro
}

func randomCharge(r *rand.Rand) focus.Charge {
	c := focus.Charge{
		Day: d1 + day.Day(r.IntN(6)), Provider: "AWS", Account: fmt.Sprint(1 + r.IntN(2)), Service: fmt.Sprint("s", r.IntN(2)), Region: fmt.Sprint("r", r.IntN(2)),
		Usage: fmt.Sprint("u", r.IntN(2)), Category: focus.Usage, Currency: []string{"USD", "EUR"}[r.IntN(5)/4],
		Effective: r.Int64N(50e6) - 5e6, Quantity: float64(r.IntN(3)) * r.Float64(), Unit: []string{"GB", "h"}[r.IntN(2)],
		Tags: []focus.Tag{{Key: "team", Value: []string{"", "a", "b"}[r.IntN(3)]}},
	}
	if c.Effective < 0 {
		c.Quantity = 0
	}
	c.Billed = c.Effective + r.Int64N(3)
	if r.IntN(5) == 0 {
		c.Category = []focus.Category{focus.Tax, focus.Credit, focus.Purchase}[r.IntN(3)]
	}
	c.Correction = r.IntN(10) == 0
	return c
}

// history makes versions of objects, each with some charges kept, some dropped, some new.
func randomHistory(r *rand.Rand) (n naive) {
	last := map[string][]focus.Charge{}
	for hour := range 1 + r.IntN(14) {
		object := fmt.Sprint("o", r.IntN(3))
		charges := slices.DeleteFunc(slices.Clone(last[object]), func(focus.Charge) bool { return r.IntN(4) == 0 })
		for range r.IntN(12) {
			charges = append(charges, randomCharge(r))
		}
		last[object] = charges
		n = append(n, spoken{object, at(hour * 7), charges})
	}
	return n
}

// shuffled is a history in another order, but for the versions of each object.
func shuffled(r *rand.Rand, n naive) (out naive) {
	queues := map[string][]spoken{}
	var order []string
	for _, s := range n {
		queues[s.object] = append(queues[s.object], s)
		order = append(order, s.object)
	}
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, object := range order {
		out = append(out, queues[object][0])
		queues[object] = queues[object][1:]
	}
	return out
}

// Whatever is applied, in whatever order that keeps each object's own, the ledger knows at every time what a naive one does.
func TestSameAsNaive(t *testing.T) {
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := randomHistory(r)
		l := New([]string{"team"})
		for _, s := range shuffled(r, n) {
			b := NewBatch("aws", s.object, s.asOf, []string{"team"})
			for _, c := range s.charges {
				if err := b.Add(&c); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := l.Apply(b.Encode()); err != nil {
				t.Fatal(err)
			}
		}
		nodes := l.Nodes(0)
		for _, s := range n {
			for _, moment := range []time.Time{s.asOf.Add(-time.Second), s.asOf} {
				compare(t, l, n, nodes, moment)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func compare(t *testing.T, l *Ledger, n naive, nodes []Node, asOf time.Time) {
	t.Helper()
	for _, node := range nodes {
		s := l.Series(node, d1, d1+5, asOf)
		quantities := make([]float64, 6)
		parts := make([]int64, 6)
		for _, leaf := range l.Leaves(node, d1, d1+5, asOf) {
			for i := range parts {
				parts[i] += leaf.Micro[i]
				for _, u := range leaf.Units {
					quantities[i] += u.Quantity[i]
				}
			}
		}
		for i := range s.Micro {
			micro, qty := n.sum(node, d1+day.Day(i), asOf)
			if s.Micro[i] != micro || parts[i] != micro || math.Abs(quantities[i]-qty) > 1e-8*qty+1e-12 {
				t.Errorf("%s on %s as of %s: %d, leaves %d and %v; want %d and %v", node, d1+day.Day(i), asOf, s.Micro[i], parts[i], quantities[i], micro, qty)
			}
		}
	}
	for d := d1; d < d1+6; d++ {
		sum := int64(0)
		for _, o := range l.OneOffs("aws", d, d, asOf) {
			sum += o.Billed
		}
		if want := n.billed(d, asOf); sum != want {
			t.Errorf("one-offs of %s as of %s: %d, want %d", d, asOf, sum, want)
		}
	}
}
