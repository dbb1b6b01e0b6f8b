package aws

import (
	"slices"
	"strings"
	"time"
)

// usageRequest is the input of GetCostAndUsage.
type usageRequest struct {
	TimePeriod     *interval
	Granularity    string
	Metrics        []string
	Filter         *expression
	GroupBy        []group
	NextPageToken  *string
	BillingViewArn *string
}

type interval struct{ Start, End string }

type group struct{ Type, Key string }

const groupsAtMost = 2

// metrics are those of GetCostAndUsage, by each of the two ways to write them. Answers have the first.
func metrics() []string {
	return []string{"AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "NormalizedUsageAmount", "UnblendedCost", "UsageQuantity"}
}

// metric finds a metric's name: UnblendedCost, or as the command line has it, UNBLENDED_COST.
func metric(asked string) (string, bool) {
	for _, name := range metrics() {
		if asked == name || strings.ReplaceAll(asked, "_", "") == strings.ToUpper(name) {
			return name, true
		}
	}
	return "", false
}

// check refuses what GetCostAndUsage refuses, and replaces the metrics' names by those of the answer.
func (q *usageRequest) check(now time.Time) (from, to time.Time, err error) {
	if q.BillingViewArn != nil {
		return from, to, &apiError{400, "ResourceNotFoundException", "this stand-in has no billing views"}
	}
	if from, to, err = q.TimePeriod.check(now); err != nil {
		return from, to, err
	}
	switch q.Granularity {
	case "DAILY", "MONTHLY":
	case "HOURLY":
		return from, to, invalid("hourly data is not enabled for this account")
	case "":
		return from, to, invalid("Granularity is required")
	default:
		return from, to, invalid("Granularity %q is none of DAILY, MONTHLY, HOURLY", q.Granularity)
	}
	if len(q.Metrics) == 0 {
		return from, to, invalid("Metrics is required: at least one")
	}
	for i, asked := range q.Metrics {
		name, ok := metric(asked)
		if !ok {
			return from, to, invalid("Invalid metric: %q", asked)
		}
		q.Metrics[i] = name
	}
	if len(q.GroupBy) > groupsAtMost {
		return from, to, invalid("GroupBy has %d groups: at most %d are allowed", len(q.GroupBy), groupsAtMost)
	}
	for i, g := range q.GroupBy {
		if err := g.check(); err != nil {
			return from, to, err
		}
		if slices.Contains(q.GroupBy[:i], g) {
			return from, to, invalid("GroupBy has %s %q twice", g.Type, g.Key)
		}
	}
	if q.Filter != nil {
		return from, to, q.Filter.check(0)
	}
	return from, to, nil
}

// check applies the rules of a time period: its end is exclusive.
func (p *interval) check(now time.Time) (from, to time.Time, err error) {
	if p == nil {
		return from, to, invalid("TimePeriod is required")
	}
	if from, err = time.Parse(time.DateOnly, p.Start); err != nil {
		return from, to, invalid("Start %q has to be a day such as 2026-11-21", p.Start)
	}
	if to, err = time.Parse(time.DateOnly, p.End); err != nil {
		return from, to, invalid("End %q has to be a day such as 2026-11-21", p.End)
	}
	y, m, d := now.UTC().Date()
	switch today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC); {
	case !from.Before(to):
		return from, to, invalid("Start date (and hour) should be before end date (and hour)")
	case from.After(today):
		return from, to, invalid("start date is after today")
	case to.After(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)):
		return from, to, invalid("end date past the beginning of next month")
	case from.Before(time.Date(y, m-14, d, 0, 0, 0, 0, time.UTC)):
		return from, to, invalid("You haven't enabled historical data beyond 14 months")
	}
	return from, to, nil
}

func (g group) check() error {
	switch g.Type {
	case "DIMENSION":
		return dimension(g.Key)
	case "TAG", "COST_CATEGORY":
		if g.Key == "" {
			return invalid("GroupBy of type %s needs a Key", g.Type)
		}
		return nil
	default:
		return invalid("GroupBy type %q is none of DIMENSION, TAG, COST_CATEGORY", g.Type)
	}
}

// of is the group's value of a row, as keys of groups have it: the dimension's value, or a tag's as "team$net" and "team$".
func (g group) of(r *Row) string {
	switch g.Type {
	case "TAG":
		return g.Key + "$" + r.Tags[g.Key]
	case "COST_CATEGORY":
		return g.Key + "$"
	default:
		value := column(g.Key, r)
		if value == "" {
			return "No" + nameless(g.Key)
		}
		return value
	}
}

// nameless writes a dimension as keys do where a row has none: NoRegion, NoUsageType.
func nameless(dim string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(dim, "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

// column is a dimension of a row.
func column(dim string, r *Row) string {
	switch dim {
	case "SERVICE":
		return r.Service
	case "LINKED_ACCOUNT":
		return r.Account
	case "REGION":
		return r.Region
	case "USAGE_TYPE":
		return r.UsageType
	case "RECORD_TYPE":
		return r.RecordType
	default:
		return "" // dimension has refused it
	}
}

// dimension refuses what is no dimension of GetCostAndUsage, and those of which a Row knows nothing.
func dimension(key string) error {
	switch key {
	case "SERVICE", "LINKED_ACCOUNT", "REGION", "USAGE_TYPE", "RECORD_TYPE":
		return nil
	case "AZ", "INSTANCE_TYPE", "LEGAL_ENTITY_NAME", "INVOICING_ENTITY", "OPERATION", "PLATFORM", "PURCHASE_TYPE", "TENANCY":
		return invalid("this stand-in knows no %s of what it bills", key)
	default:
		return invalid("%q is not a dimension of GetCostAndUsage", key)
	}
}
