package attribute

import (
	"fmt"
	"math"

	"shipmate/handlers/costs/ledger"
)

// Words say a part for people, as data: every text in What and Value was written by strangers.
type Words struct {
	Percent int    // of the excess; 0 where percentages mean nothing, or it is less than one
	What    []Step // the narrowest first: usage type, service, region, account, tags; without what the event's node says already
	How     string // such as "same price, 6 × the usage"; "" where it is not known
}

// Words are those of part i, for an event of a node.
func (e Explanation) Words(i int, of ledger.Node) Words {
	p := e.Parts[i]
	w := Words{How: p.Effect.String()}
	if e.Percents {
		w.Percent = p.Percent
	}
	said := map[Dimension]string{Usage: of.Usage, Service: of.Service, Region: of.Region, Account: of.Account}
	for _, d := range []Dimension{Usage, Service, Region, Account} {
		for _, s := range p.Path {
			if s.Dimension == d && said[d] == "" && s.Value != ledger.None {
				w.What = append(w.What, s)
			}
		}
	}
	for _, s := range p.Path {
		if isTag(s.Dimension) {
			w.What = append(w.What, s)
		}
	}
	return w
}

// same is how far a ratio may be from 1 to be called the same.
const same = .03

// String says an effect in a few words; "" where it is not known.
func (e Effect) String() string {
	switch e.Kind {
	case New, Gone:
		return string(e.Kind)
	case Unknown, "":
		return ""
	case ByMix:
		if e.Mix > 0 {
			return "dearer kinds of the same"
		}
		return "cheaper kinds of the same"
	}
	return ratio("price", e.PriceRatio) + ", " + ratio("usage", e.QuantityRatio)
}

// ratio says how much of something there is compared with before.
func ratio(what string, r float64) string {
	switch {
	case math.Abs(r-1) <= same:
		return "same " + what
	case r >= 9.5:
		return fmt.Sprintf("%.0f × the %s", r, what)
	case r >= 1.95:
		return fmt.Sprintf("%.2g × the %s", r, what)
	}
	return fmt.Sprintf("%s %+.0f %%", what, 100*(r-1))
}
