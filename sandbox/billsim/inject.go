package billsim

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// gap is how many days lie at least between two injections.
const gap = 21

// newDays is how long a new service is new.
const newDays = 14

// shapes are the kinds of injections with how long and how high they are. Each is as likely as the others.
var shapes = [...]struct {
	kind      Kind
	min, max  int     // days
	low, high float64 // size
}{
	{Spike, 1, 2, .20, 3.00},
	{Shift, 8, 39, .15, 1.50},
	{Ramp, 10, 20, .40, 1.50},
}

// inject adds one to four anomalies to the scored days, which are days long, and labels them. One for which there is no room among the others is left
// out. The excess multiplies usage, not the charges of month starts and ends.
func (d *Daily) inject(r *rand.Rand, usual, month []float64) {
	d.Excess = make([]float64, len(usual))
	if s := d.Params.Starts; s > 0 {
		l := Label{Kind: New, From: s, To: s + newDays - 1, Due: s}
		copy(d.Excess[l.From:l.To+1], usual[l.From:l.To+1])
		clear(usual[l.From : l.To+1])
		l.Must = slices.Max(d.Excess[l.From:l.To+1]) >= mustDollars
		d.Labels = append(d.Labels, l)
	}
	for range 1 + r.IntN(4) {
		s := shapes[r.IntN(len(shapes))]
		l := Label{Kind: s.kind, Size: uniform(r, s.low, s.high)}
		days := s.min + r.IntN(s.max-s.min+1)
		for range 20 { // tries
			l.From = Warm + r.IntN(Scored-days)
			l.To = l.From + days - 1
			if l.From >= d.Params.Starts && !slices.ContainsFunc(d.Labels, l.near) {
				d.Labels = append(d.Labels, l.into(d, usual, month))
				break
			}
		}
	}
	slices.SortFunc(d.Labels, func(a, b Label) int { return cmp.Compare(a.From, b.From) })
}

// near reports whether two injections are too near to be told apart.
func (l Label) near(other Label) bool { return l.From <= other.To+gap && other.From <= l.To+gap }

// What must be found is, on at least one of its days and before noise, all of: this many dollars, this share of what is expected of the day, and this
// many standard deviations of the noise.
const (
	mustDollars = 25
	mustShare   = .25
	mustSigmas  = 3
)

// into adds the injection's excess, before noise, and says whether it must be found.
func (l Label) into(d *Daily, usual, month []float64) Label {
	l.Due = l.From
	for i := l.From; i <= l.To; i++ {
		size := l.Size
		if l.Kind == Ramp {
			size *= float64(i-l.From+1) / float64(l.To-l.From+1)
		}
		d.Excess[i] = usual[i] * size
		expected := usual[i] + month[i]
		if !l.Must && d.Excess[i] >= max(mustDollars, mustShare*expected, mustSigmas*d.Params.Sigma*expected) {
			l.Must, l.Due = true, i
		}
	}
	return l
}

// sum fills in the labels' dollars.
func (d *Daily) sum() {
	for n := range d.Labels {
		l := &d.Labels[n]
		for i := l.From; i <= l.To; i++ {
			l.Dollars += d.Excess[i]
		}
	}
}
