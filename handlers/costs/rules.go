package costs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"shipmate/bot"
	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// A Verb is what somebody decided about an anomaly.
type Verb string

// The verbs.
const (
	ExpectedUntil Verb = "expected" // its days, and those up to Until, are no example and raise no alert
	NewNormal     Verb = "normal"   // it is what is expected from now on
	NotUseful     Verb = "noise"    // the gates of its nodes are half as high again for 90 days
)

const (
	raisedGates = 1.5
	raisedFor   = 90 // days
	mostRules   = 400
	mostNodes   = 400       // of a rule, the widest first
	mostBytes   = 200 << 10 // of all rules, for they are remembered together
)

// A Rule is what somebody decided, with everything that it changes: taking it back undoes that.
type Rule struct {
	ID    string        `json:"id"`
	Verb  Verb          `json:"verb"`
	Cause string        `json:"cause"` // ID
	Title string        `json:"title"` // what the cause is called
	Nodes []ledger.Node `json:"nodes"`
	From  day.Day       `json:"from"`
	Until day.Day       `json:"until"` // the last day on which it holds; of a new normal: that on which it was said
	By    string        `json:"by"`    // for people to read
	At    time.Time     `json:"at"`
}

// ruleID is the name under which people speak of a rule.
func ruleID(r Rule) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %d", r.Cause, r.Verb, r.Until, r.At.UnixNano()))
	return "r" + hex.EncodeToString(sum[:])[:6]
}

// text says what the rule does.
func (r Rule) text() string {
	switch r.Verb {
	case ExpectedUntil:
		return fmt.Sprintf("Expected until %s, says %s.", r.Until.Short(), r.By)
	case NewNormal:
		return fmt.Sprintf("The new normal since %s, says %s.", r.From.Short(), r.By)
	}
	return fmt.Sprintf("Not useful, says %s: alerts here need %.1f times as much until %s.", r.By, raisedGates, r.Until.Short())
}

// over reports whether the rule has no effect any more on a day.
func (r Rule) over(today day.Day) bool { return r.Verb == NotUseful && r.Until < today }

// rules are all that were made and not taken back, in the order in which they were made.
func readRules(ctx context.Context, m *bot.Memory) (list []Rule, err error) {
	_, err = m.In("costs").Get(ctx, "rules", &list)
	return list, err
}

// writeRules remembers the rules. When they are too many or too large to be kept, those that have no effect any more are forgotten, and then the oldest.
func writeRules(m *bot.Memory, list []Rule, today day.Day) error {
	list = slices.Clone(list)
	for i := range list {
		list[i].Nodes = list[i].Nodes[:min(len(list[i].Nodes), mostNodes)]
	}
	if len(list) > mostRules || size(list) > mostBytes {
		list = slices.DeleteFunc(list, func(r Rule) bool { return r.over(today) })
	}
	for len(list) > mostRules || len(list) > 1 && size(list) > mostBytes {
		list = list[1:]
	}
	return m.In("costs").Set("rules", list, 0)
}

// size is how many bytes the rules take, about.
func size(list []Rule) (n int) {
	for _, r := range list {
		data, _ := json.Marshal(r) // strings and numbers: cannot fail
		n += len(data) + 1
	}
	return n
}
