package awscost

import "shipmate/bot/day"

// A Reading is what was charged on some days.
type Reading struct {
	// Days are those that were answered, in order. A day that was asked for and is not among them is not known, which is not the same as free.
	Days []DayState
	// Leaves are all usage, once: by account and service, and with Options.Regions by region, too.
	Leaves []Cost
	// Charges are all that is no usage, by record type and account.
	Charges []Cost
	// Regions are all usage again, by service and region; nil with Options.Regions, or if they were not read.
	Regions []Cost
	// Tags are all usage again for each of Options.Tags, by service and value.
	Tags []Cost
	// Missing are the queries that were not answered, and why. Leaves and Charges are never among them: without those there is an error.
	Missing []Missing
	// Differences are sums that do not agree with those by record type, as when the bill changes while it is read.
	Differences []Difference
	// Unknown are record types that are not known here. They are in Charges.
	Unknown []string
	// Rejected are groups that could not be used, by reason.
	Rejected []Rejected
}

// A DayState is a day of a Reading.
type DayState struct {
	Day       day.Day
	Estimated bool // the bill of its month is not closed
}

// A Missing is a query that was not answered: "service by region", "service by tag team".
type Missing struct {
	What string
	Why  error // *Error or *BudgetError
}

// A Difference is a sum that is not the sum of its parts.
type Difference struct {
	What    string // service by account, service by region, service by tag team
	Day     day.Day
	Account string // "" for all
	Parts   int64  // millionths of the currency
	Sum     int64  // by record type, millionths of the currency
}
