package billsim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Tree makes a whole bill of Warm+Scored days. It has three to five accounts with four to eight services each, in one or two regions: some 40 to 120 leaves
// of $5 to $300 a day, log-uniform. Growth and weekdays are those of the account, with parameters as in Series; each leaf has 2 to 12 % of noise of its
// own and each account 1 to 2 %. Three to five incidents lie at least three weeks apart. The Shifted split has heavy-tailed noise, comes in late and
// is restated once. All have one-off charges.
func Tree(seed uint64, split Split) *Bill {
	b := &Bill{Days: Warm + Scored, Late: split == Shifted, seed: seed}
	b.First = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, source(seed, split, "tree first").IntN(365))
	b.grow(seed, split)
	b.incidents(source(seed, split, "tree incidents"))
	level := 0.0
	for n := range b.Leaves {
		level += b.Leaves[n].Cost(0)
	}
	r := source(seed, split, "tree one-offs")
	for _, o := range oneOffs(r, b.First, level) {
		o.Account = b.Leaves[r.IntN(len(b.Leaves))].Account
		b.OneOffs = append(b.OneOffs, o)
	}
	slices.SortStableFunc(b.OneOffs, func(x, y OneOff) int { return cmp.Compare(x.Day, y.Day) })
	if b.Late {
		b.restate(source(seed, split, "tree restated"))
	}
	return b
}

// grow makes the leaves with what they cost on ordinary days.
func (b *Bill) grow(seed uint64, split Split) {
	r := source(seed, split, "tree")
	for _, a := range accounts[:3+r.IntN(len(accounts)-2)] {
		p := params(r, split)
		p.First, p.End, p.Starts, p.Sigma = 0, 0, 0, uniform(r, .01, .02)
		shared := p.noise(source(seed, split, "tree noise "+a.id), b.Days)
		services := map[string]bool{}
		for _, n := range r.Perm(len(usageTypes))[:6+r.IntN(7)] {
			services[usageTypes[n].service] = true
		}
		in := regions[:1+r.IntN(2)]
		for _, u := range usageTypes {
			if !services[u.service] {
				continue
			}
			for _, where := range in {
				l := u.leaf(a, where)
				own := p
				own.Level, own.Sigma = logUniform(r, 5, 300), uniform(r, .02, .12)
				b.fill(&l, u.price, own, shared, own.noise(source(seed, split, "tree noise "+a.id+l.Service+l.Usage), b.Days))
				b.Leaves = append(b.Leaves, l)
			}
		}
	}
}

// fill computes a leaf's quantities from its parameters; noises multiply.
func (b *Bill) fill(l *Leaf, price float64, p Params, noises ...[]float64) {
	l.Quantity, l.Price = make([]float64, b.Days), make([]float64, b.Days)
	for i := range l.Quantity {
		l.Price[i] = price
		if i < p.Starts {
			continue
		}
		l.Quantity[i] = p.level(i) * p.Week[b.Day(i).Weekday()] / price
		for _, noise := range noises {
			l.Quantity[i] *= noise[i]
		}
	}
}

// incidents adds anomalies that last 3 to 12 days. Of twenty, nine have one leaf as their cause, four a whole service or region of an account, four two
// leaves in one account, and three are a rise in one account and a drop of about the same in another.
func (b *Bill) incidents(r *rand.Rand) {
	at := Warm + r.IntN(14)
	for range 3 + r.IntN(3) {
		in := Incident{From: at, To: at + 2 + r.IntN(10)}
		switch u := r.Float64(); {
		case u < .45:
			b.rise(r, &in, "single")
		case u < .65:
			b.rise(r, &in, "wide")
		case u < .85:
			b.rise(r, &in, "two")
		default:
			b.offset(r, &in)
		}
		if len(in.Causes) > 0 {
			b.Incidents = append(b.Incidents, in)
		}
		at = in.To + gap + r.IntN(40)
	}
}

// rise adds 30 to 150 % of what a place costs to one or two places within it, where that is at least $30 a day. The place of one leaf is a service in an
// account or the account; that of others is an account. Of two causes the smaller one has at least 35 % of the whole. In half of all incidents another
// leaf of the place moves by 10 to 25 % of the dollars, too.
func (b *Bill) rise(r *rand.Rand, in *Incident, name string) {
	for range 20 { // tries
		first := b.Leaves[r.IntN(len(b.Leaves))].Path
		node, causes := Path{Account: first.Account}, []Path{first}
		switch {
		case name == "single" && r.Float64() < .5:
			node.Service = first.Service
		case name == "wide" && r.Float64() < .6:
			causes[0] = Path{Account: first.Account, Service: first.Service}
		case name == "wide":
			causes[0] = Path{Account: first.Account, Region: first.Region}
		case name == "two":
			causes = append(causes, b.other(r, first))
		}
		dollars := uniform(r, .3, 1.5) * b.cost(node, in.From)
		if dollars < 1.2*mustDollars || causes[len(causes)-1] == (Path{}) || name == "wide" && !b.wide(causes[0], node, in.From) {
			continue
		}
		in.Name, in.Node = name, node
		share := 1.0
		if name == "two" {
			share = uniform(r, .35, .65)
			in.Causes = append(in.Causes, b.move(r, in, causes[1], dollars*(1-share)))
		}
		in.Causes = append(in.Causes, b.move(r, in, causes[0], dollars*share))
		slices.SortFunc(in.Causes, func(x, y Cause) int { return cmp.Compare(y.Dollars, x.Dollars) })
		b.beside(r, in, dollars)
		return
	}
}

// dominant is the share of a wide place from which on its larger part would be the better name for it.
const dominant = .6

// wide reports whether a place has several leaves but not all of those of its node, and no service, region, usage type or leaf in it that has nearly all of
// its cost: that would explain it better.
func (b *Bill) wide(p, node Path, day int) bool {
	list := b.leaves(p)
	if len(list) < 2 || len(list) == len(b.leaves(node)) {
		return false
	}
	whole := b.cost(p, day)
	for _, n := range list {
		l := b.Leaves[n].Path
		for _, part := range []Path{l, {l.Account, l.Service, "", ""}, {l.Account, "", l.Region, ""}, {l.Account, "", "", l.Usage}} {
			part = part.in(p)
			if len(b.leaves(part)) < len(list) && b.cost(part, day) > dominant*whole {
				return false
			}
		}
	}
	return true
}

// in is what is in both of two places that have a leaf in common.
func (p Path) in(q Path) Path {
	return Path{cmp.Or(p.Account, q.Account), cmp.Or(p.Service, q.Service), cmp.Or(p.Region, q.Region), cmp.Or(p.Usage, q.Usage)}
}

// beside moves another leaf in half of all incidents.
func (b *Bill) beside(r *rand.Rand, in *Incident, dollars float64) {
	if r.Float64() < .5 {
		return
	}
	for _, n := range r.Perm(len(b.Leaves)) {
		p := b.Leaves[n].Path
		if in.Node.Has(p) && !slices.ContainsFunc(in.Causes, func(c Cause) bool { return c.Path.Has(p) }) {
			in.Beside = append(in.Beside, b.move(r, in, p, uniform(r, .1, .25)*dollars))
			return
		}
	}
}

// other is a leaf of another service in the same account; zero if there is none.
func (b *Bill) other(r *rand.Rand, leaf Path) Path {
	for _, n := range r.Perm(len(b.Leaves)) {
		if p := b.Leaves[n].Path; p.Account == leaf.Account && p.Service != leaf.Service {
			return p
		}
	}
	return Path{}
}

// offset moves 50 to 90 % of a leaf that costs at least $60 a day to a leaf of the same service, if possible of the same usage, in another account. It
// is at least a fifth of what the service costs in both.
func (b *Bill) offset(r *rand.Rand, in *Incident) {
	for _, n := range r.Perm(len(b.Leaves)) {
		from := b.Leaves[n].Path
		to := b.elsewhere(r, from)
		dollars := uniform(r, .5, .9) * b.cost(from, in.From)
		both := b.cost(Path{Account: from.Account, Service: from.Service}, in.From) + b.cost(Path{Account: to.Account, Service: to.Service}, in.From)
		if dollars < 1.2*mustDollars || to == (Path{}) || dollars < both/5 {
			continue
		}
		in.Name, in.Node = "offset", Path{Service: from.Service}
		in.Causes = []Cause{b.move(r, in, to, dollars*uniform(r, .9, 1.1)), b.move(r, in, from, -dollars)}
		return
	}
}

// elsewhere is a leaf of the same service in another account, of the same usage if there is one; zero if there is none.
func (b *Bill) elsewhere(r *rand.Rand, leaf Path) (found Path) {
	for _, n := range r.Perm(len(b.Leaves)) {
		p := b.Leaves[n].Path
		if p.Account != leaf.Account && p.Service == leaf.Service && (found == (Path{}) || p.Usage == leaf.Usage) {
			found = p
		}
	}
	return found
}

// leaves are the indexes of the leaves of a place.
func (b *Bill) leaves(p Path) (list []int) {
	for n := range b.Leaves {
		if p.Has(b.Leaves[n].Path) {
			list = append(list, n)
		}
	}
	return list
}

// cost is what a place costs in the mean of the week before a day.
func (b *Bill) cost(p Path, day int) float64 {
	sum := 0.0
	for _, n := range b.leaves(p) {
		for i := day - 7; i < day; i++ {
			sum += b.Leaves[n].Cost(i) / 7
		}
	}
	return sum
}

// move moves a place: the quantity of its leaves, or in one of four rises their price, is multiplied such that it costs about that many dollars a day more.
func (b *Bill) move(r *rand.Rand, in *Incident, place Path, dollars float64) Cause {
	c := Cause{Path: place, Leaves: b.leaves(place), Moved: Quantity}
	c.Leaf = c.Leaves[0]
	factor := 1 + dollars/b.cost(place, in.From)
	if dollars > 0 && r.Float64() < .25 {
		c.Moved = Price
	}
	for _, n := range c.Leaves {
		l := &b.Leaves[n]
		for i := in.From; i <= in.To && i < b.Days; i++ {
			before := l.Cost(i)
			if c.Moved == Price {
				l.Price[i] *= factor
			} else {
				l.Quantity[i] *= factor
			}
			c.Dollars += l.Cost(i) - before
		}
	}
	return c
}

// restate overstates two to four days of one leaf of at least $60 a day by 60 to 150 % until a week later.
func (b *Bill) restate(r *rand.Rand) {
	from := Warm + r.IntN(Scored-20)
	for _, n := range r.Perm(len(b.Leaves)) {
		if b.cost(b.Leaves[n].Path, from) >= 60 {
			b.Restated = append(b.Restated, Restatement{Leaf: n, From: from, To: from + 1 + r.IntN(3), Factor: uniform(r, 1.6, 2.5), Until: from + 8})
			return
		}
	}
}
