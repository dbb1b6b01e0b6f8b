package billsim

import (
	"math"
	"time"
)

// A Bill is a whole bill: a tree of account, service, then region and usage type as leaves, with what was done to it.
type Bill struct {
	First     time.Time // midnight UTC of day 0
	Days      int
	Leaves    []Leaf
	OneOffs   []OneOff // charges besides usage, by day
	Incidents []Incident
	Late      bool // days come in late and are restated; see Known
	Restated  []Restatement

	seed uint64
}

// A Path is a place in the tree; parts from the right are "" where it is wider than a leaf.
type Path struct{ Account, Service, Region, Usage string }

// Has reports whether a path is p or within it.
func (p Path) Has(q Path) bool {
	return (p.Account == "" || p.Account == q.Account) && (p.Service == "" || p.Service == q.Service) &&
		(p.Region == "" || p.Region == q.Region) && (p.Usage == "" || p.Usage == q.Usage)
}

// A Leaf is what one usage type costs in one account and region.
type Leaf struct {
	Path
	Team     string // value of the tag team; "" is untagged
	Category string // of the service
	Unit     string
	Monthly  bool      // one charge on the 1st of each month, such as a support fee
	Quantity []float64 // used on each day, in Unit; what is 0 is not in the bill
	Price    []float64 // of one Unit on each day, in dollars
}

// Cost is what the leaf costs on a day, in dollars to the millionth.
func (l *Leaf) Cost(day int) float64 { return micro(l.Quantity[day] * l.Price[day]) }

// Moved is what rose or fell.
type Moved string

// Prices rise where a discount ends; quantities where more is used.
const (
	Quantity Moved = "quantity"
	Price    Moved = "price"
)

// A Cause is one place that moved in an incident: a leaf, or a wider one of which all leaves moved alike.
type Cause struct {
	Path    Path
	Leaf    int   // index in Leaves of the first
	Leaves  []int // indexes of all
	Moved   Moved
	Dollars float64 // over all days of the incident; below 0 for a drop
}

// An Incident is one anomaly of a bill.
type Incident struct {
	Name     string // single, wide, two or offset; those of Demo have their own
	Node     Path   // a place with all causes that rises by at least 25 % and $25 a day; of an offset the service, which does not
	From, To int    // first and last day
	Causes   []Cause
	Beside   []Cause // moved a little in the same days and place, for no reason to tell
}

// A Restatement is a time in which the bill said something else of some days than it did in the end.
type Restatement struct {
	Leaf     int
	From, To int     // the days
	Factor   float64 // of their final cost that was shown
	Until    int     // last day on which the bill said so
}

// A Row is one charge.
type Row struct {
	Day         time.Time
	Path        Path
	AccountName string
	Category    string // ChargeCategory
	Correction  bool
	Frequency   string // ChargeFrequency
	Kind        string // ServiceCategory
	Team        string
	Unit        string
	Quantity    float64
	Price       float64
	Effective   float64 // EffectiveCost
	Billed      float64 // BilledCost
}

// Day is midnight UTC of a day.
func (b *Bill) Day(day int) time.Time { return b.First.AddDate(0, 0, day) }

// Rows are the final charges of a day.
func (b *Bill) Rows(day int) []Row { return b.Known(day, math.MaxInt32) }

// Known are the charges of a day as the bill had them at the end of the day asOf; none where that is earlier. A late bill has about 45 % of a day at its
// end, nine tenths of it a day later and all but 3 % after two, each leaf for itself: one in ten is missing altogether at first. After lags days, and in
// bills that are not late, amounts are final.
func (b *Bill) Known(day, asOf int) []Row {
	if day < 0 || day >= b.Days || asOf < day {
		return nil
	}
	var rows []Row
	for n := range b.Leaves {
		l := &b.Leaves[n]
		if l.Quantity[day] == 0 {
			continue
		}
		share := b.share(n, day, asOf)
		if share == 0 {
			continue
		}
		r := Row{
			Day: b.Day(day), Path: l.Path, AccountName: accountName(l.Account), Category: "Usage", Frequency: "Usage-Based", Kind: l.Category, Team: l.Team,
			Unit: l.Unit, Quantity: l.Quantity[day] * share, Price: l.Price[day], Effective: micro(l.Cost(day) * share),
		}
		if r.Billed = r.Effective; l.Monthly {
			r.Frequency = "Recurring"
		}
		rows = append(rows, r)
	}
	for _, o := range b.OneOffs {
		if o.Day == day {
			rows = append(rows, b.oneOff(o))
		}
	}
	return rows
}

// oneOff is a charge besides usage. A purchase costs nothing by EffectiveCost: its price is spread over the usage that it covers.
func (b *Bill) oneOff(o OneOff) Row {
	r := Row{
		Day: b.Day(o.Day), Path: Path{Account: o.Account, Service: "Amazon Elastic Compute Cloud", Usage: o.Category}, AccountName: accountName(o.Account),
		Category: o.Category, Frequency: "One-Time", Kind: "Compute", Effective: o.Dollars, Billed: o.Dollars,
	}
	switch o.Category {
	case "Purchase":
		r.Effective = 0
		r.Path.Usage = "ComputeSP:1yrNoUpfront"
	case "Tax":
		r.Path.Service, r.Kind = "Tax", "Other"
	case "Refund":
		r.Category = "Credit"
	case "Correction":
		r.Category, r.Correction = "Usage", true
	}
	return r
}

// share is the part of a leaf's day that is known at the end of the day asOf; more than 1 where it is overstated.
func (b *Bill) share(leaf, day, asOf int) float64 {
	if !b.Late {
		return 1
	}
	for _, r := range b.Restated {
		if r.Leaf == leaf && r.From <= day && day <= r.To && asOf <= r.Until && asOf > day+1 {
			return r.Factor
		}
	}
	lag := asOf - day
	if lag >= lags {
		return 1
	}
	r := source(b.seed^uint64(leaf)<<40^uint64(day)<<20, Shifted, "share")
	switch missing, u := r.Float64() < .1, r.Float64(); {
	case lag == 0 && missing:
		return 0
	case lag == 0:
		return .3 + .3*u
	case lag == 1:
		return .85 + .1*u
	case lag == 2:
		return .97 + .03*u
	}
	return 1
}
