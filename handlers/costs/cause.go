package costs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
	"shipmate/handlers/costs/ledger"
)

// A Cause is what one message is about: a part of a bill that costs more than expected, with allOfIt below and above it that moved with it.
// Amounts are in the currency's units; those "a day" are means of the flagged days.
type Cause struct {
	ID       string                `json:"id"`   // short, the same for ever
	Node     ledger.Node           `json:"node"` // where it is seen best
	Accounts []string              `json:"accounts,omitempty"`
	First    day.Day               `json:"first"`
	Last     day.Day               `json:"last"` // the latest flagged day
	State    detect.State          `json:"state"`
	Since    day.Day               `json:"since"` // when it came into its state
	Days     int                   `json:"days"`
	Actual   float64               `json:"actual"`
	Expected float64               `json:"expected"`
	Low      float64               `json:"low"` // of the range on the latest flagged day
	High     float64               `json:"high"`
	Excess   float64               `json:"excess"`            // so far
	Monthly  float64               `json:"monthly"`           // excess in 30 days, if it stays as on the latest flagged day
	Term     detect.Term           `json:"term"`              // which evidence decided
	Score    float64               `json:"score"`             // in usual scatters, of the latest flagged day
	Rule     string                `json:"rule,omitempty"`    // what was decided about it last, in words
	Muted    bool                  `json:"muted,omitempty"`   // somebody said that it is not useful
	Complete day.Day               `json:"complete"`          // up to when the bill is complete
	Partial  bool                  `json:"partial,omitempty"` // seen on a day that is not complete yet
	Offset   bool                  `json:"offset,omitempty"`  // something else costs about as much less
	Why      attribute.Explanation `json:"why"`
	Owner    string                `json:"owner,omitempty"`
	OwnedBy  string                `json:"owned_by,omitempty"` // where the owner stands; without one, how to name one
	Ratio    float64               `json:"ratio,omitempty"`    // of a new level: what a day costs now over what it did

	Small bool `json:"small,omitempty"` // less than is told unasked, see Options.TellShare

	members []ledger.Node // what it concerns: all of its nodes
	bills   int           // how many there are
	parts   []ledger.Node // whose amounts these are: several, where it is in several accounts
}

// causeID is the name under which people speak of a cause.
func causeID(id attribute.ID) string {
	sum := sha256.Sum256([]byte(id.Node.String() + " " + id.First.String()))
	return "c" + hex.EncodeToString(sum[:])[:6]
}

// open reports whether it still costs more.
func (c *Cause) open() bool { return c.State == detect.Open }

// names tells accounts by name and by number.
type names struct {
	account func(id string) string // "" when unknown
}

// short is an account as it is called; its number where it has no name.
func (n names) short(account string) string {
	if name := n.account(account); name != "" {
		return name
	}
	return account
}

// long is an account with its number.
func (n names) long(account string) string {
	if name := n.account(account); name != "" && name != account {
		return fmt.Sprintf("%s (%s)", name, account)
	}
	return account
}

// mostName is how much is shown of a name in a title, in characters.
const mostName = 36

// title is a node in a few words: what is most precise first.
func (n names) title(node ledger.Node) string {
	var parts []string
	for _, p := range []string{node.Usage, node.Service} {
		if p != "" {
			parts = append(parts, cut(p, mostName))
		}
	}
	if node.Region != "" && node.Region != ledger.None {
		parts = append(parts, cut(node.Region, mostName))
	}
	if node.Account != "" {
		parts = append(parts, cut(n.short(node.Account), mostName))
	}
	if len(parts) > 3 { // a title is read at a glance
		parts = append(parts[:2], parts[len(parts)-1])
	}
	if len(parts) == 0 {
		return "All of " + node.Source
	}
	return strings.Join(parts, ", ")
}

// place is a path of an explanation within a node in words, usage and service first. What the node says already is left out, but for the account.
func (n names) place(path []attribute.Step, within ledger.Node) string {
	order := []attribute.Dimension{attribute.Usage, attribute.Service, attribute.Region, attribute.Account, attribute.Provider}
	rank := func(s attribute.Step) int {
		if i := slices.Index(order, s.Dimension); i >= 0 {
			return i
		}
		return len(order)
	}
	steps := slices.Clone(path)
	slices.SortStableFunc(steps, func(a, b attribute.Step) int { return rank(a) - rank(b) })
	var parts []string
	for _, s := range steps {
		switch tag, isTag := strings.CutPrefix(string(s.Dimension), attribute.TagPrefix); {
		case s.Value == ledger.None, s.Dimension == attribute.Service && s.Value == within.Service:
		case s.Dimension == attribute.Account:
			parts = append(parts, "account "+n.long(s.Value))
		case s.Only && (isTag || s.Dimension == attribute.Provider): // all of it has that
		case isTag:
			parts = append(parts, tag+" "+s.Value)
		default:
			parts = append(parts, s.Value)
		}
	}
	if len(parts) == 0 {
		return allOfIt
	}
	return strings.Join(parts, ", ")
}

// allOfIt is what a path is called that leads nowhere in particular.
const allOfIt = "all of it"

// effect is in a few words whether the price or the usage changed; "" where that is unknown.
func effect(e attribute.Effect) string {
	times := func(r float64) string {
		if r >= 2 {
			return figure(r) + " ×"
		}
		return signedPercent(100 * (r - 1))
	}
	switch e.Kind {
	case attribute.New:
		return "It is new."
	case attribute.Gone:
		return "It is gone."
	case attribute.ByQuantity:
		if e.QuantityRatio >= 2 {
			return fmt.Sprintf("Same price, %s the usage%s.", times(e.QuantityRatio), inUnit(e.Unit))
		}
		return fmt.Sprintf("Same price, usage %s%s.", times(e.QuantityRatio), inUnit(e.Unit))
	case attribute.ByPrice:
		return fmt.Sprintf("Same usage, price %s.", times(e.PriceRatio))
	case attribute.ByBoth:
		return fmt.Sprintf("Price %s and usage %s.", times(e.PriceRatio), times(e.QuantityRatio))
	case attribute.ByMix:
		return "Dearer kinds of the same are used."
	}
	return ""
}

func inUnit(unit string) string {
	if unit == "" {
		return ""
	}
	return " (" + unit + ")"
}

// finite is v, or 0 where v is no number: JSON has none for those.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
