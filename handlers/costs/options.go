package costs

import (
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// Options say how costs are judged and told. The zero value holds where nothing is configured.
type Options struct {
	// Channel is the Slack channel that anomalies are posted to; "": nowhere, they are told who asks.
	Channel string
	// Tags are the keys of the resource tags that costs are told apart by, the owner's first.
	Tags []string
	// Owners say whose an account is, by its ID or name; Names what an account is called, by its ID, where the bill does not say.
	Owners, Names map[string]string
	// MinDollars and MinShare are the gates: the least excess of an anomaly, in the currency's units a day and as a share of what is expected.
	// 0: the detector's defaults.
	MinDollars, MinShare float64
	// TellShare is how much an anomaly has to have cost so far, as a share of what the whole bill is expected to cost in a day, before it is told unasked.
	// Smaller ones are told who asks, and in the digest. 0: each one is told.
	TellShare float64
	Holidays  []day.Day
	Budgets   []Budget
	// Repos are where the changes are looked for that may have been the reason, as owner/name.
	Repos []string
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// DefaultTellShare is the TellShare that holds where nothing is configured: of made-up bills with a leaf for each usage type it leaves away three of four messages
// without a true cause, and one in a hundred of those with one.
const DefaultTellShare = .03

// A Budget is how much a part of the bill may cost in a calendar month. Its parts are as in the bill, or an account's name; "" is all.
type Budget struct {
	Name     string  `yaml:"name"`
	Month    float64 `yaml:"month"`  // in the bill's currency
	Source   string  `yaml:"source"` // "": the first one
	Account  string  `yaml:"account"`
	Service  string  `yaml:"service"`
	Tag      string  `yaml:"tag"`      // key=value
	Currency string  `yaml:"currency"` // "": that of the source's largest part
}

// detector are the options of one series.
func (o Options) detector(isNew bool) detect.Options {
	return detect.Options{MinDollars: o.MinDollars, MinShare: o.MinShare, Holidays: o.Holidays, New: isNew}
}
