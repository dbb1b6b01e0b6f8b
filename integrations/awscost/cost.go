package awscost

import (
	"strings"

	"shipmate/bot/day"
)

// A Cost is what a part of the bill costs on one day. Parts that the query did not tell apart are "".
type Cost struct {
	Day         day.Day
	Account     string // twelve digits
	AccountName string // "" if AWS has none
	Service     string // as Cost Explorer names it: "Amazon Simple Storage Service"
	Region      string // eu-west-1, global; "" for what belongs to none
	UsageType   string
	Tag         Tag
	RecordType  string // of charges that are no usage, as the bill names it
	Kind        Kind
	Amount      int64  // AmortizedCost in millionths of the currency; it is below zero for what is given back
	Billed      int64  // UnblendedCost in millionths of the currency
	Currency    string // ISO 4217, upper case
	Quantity    int64  // in millionths of Unit; 0 unless usage types are told apart, as sums of different units mean nothing
	Unit        string // of Quantity: GB, Hrs; "" if AWS does not say
	Estimated   bool   // of the day: the bill of its month is not closed
}

// A Tag is a cost allocation tag. Its Value is "" for what does not have it.
type Tag struct{ Key, Value string }

// Kind is what a charge is for.
type Kind string

// The kinds. Only Usage says how much was used; it includes what reservations and Savings Plans cover. A Purchase is a commitment, or the
// part of it that nobody used, or a one-time fee.
const (
	Usage      Kind = "usage"
	Purchase   Kind = "purchase"
	Tax        Kind = "tax"
	Credit     Kind = "credit"
	Refund     Kind = "refund"
	Discount   Kind = "discount" // of an agreement; apart unless Options.Net
	Support    Kind = "support"
	Adjustment Kind = "adjustment" // out of the usual cycle
	Unknown    Kind = "unknown"    // a record type that is not known here
)

// KindOf is what a RECORD_TYPE is for. The names are those of the API (SavingsPlanCoveredUsage) and of the console (Savings Plan covered usage), which
// AWS lists under "charge type" (docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html).
func KindOf(recordType string) Kind {
	switch letters(recordType) {
	case "usage", "discountedusage", "reservationappliedusage", "savingsplancoveredusage", "savingsplannegation":
		return Usage
	case "fee", "onetime", "upfront", "recurring", "subscription", "rifee", "recurringreservationfee", "upfrontreservationfee",
		"savingsplanrecurringfee", "savingsplanupfrontfee":
		return Purchase
	case "tax":
		return Tax
	case "credit":
		return Credit
	case "refund":
		return Refund
	case "discount", "edpdiscount", "enterprisediscountprogramdiscount", "bundleddiscount", "privateratediscount", "sppdiscount",
		"solutionproviderprogramdiscount", "distributordiscount", "rivolumediscount", "volumediscount":
		return Discount
	case "support", "supportfee":
		return Support
	case "other", "otheroutofcyclecharges", "outofcyclecharge", "ocblatefee":
		return Adjustment
	default:
		return Unknown
	}
}

// letters keeps a name's Latin letters and digits, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		}
		return -1
	}, s)
}
