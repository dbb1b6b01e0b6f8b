package billsim

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A column is one of a FOCUS file, with what a row has in it; null is the literal text NULL.
type column struct {
	name  string
	since string // version of FOCUS
	of    func(Row) string
}

const null = "NULL"

// The columns are those of FOCUS 1.0 and 1.2 (focus.finops.org) that a bill of usage has, and x_UsageType as AWS's export has it.
var columns = [...]column{
	{"BilledCost", "1.0", func(r Row) string { return dollars(r.Billed) }},
	{"BillingAccountId", "1.0", func(Row) string { return payer.id }},
	{"BillingAccountName", "1.0", func(Row) string { return payer.name }},
	{"BillingCurrency", "1.0", func(Row) string { return "USD" }},
	{"BillingPeriodEnd", "1.0", func(r Row) string { return stamp(month(r.Day).AddDate(0, 1, 0)) }},
	{"BillingPeriodStart", "1.0", func(r Row) string { return stamp(month(r.Day)) }},
	{"ChargeCategory", "1.0", func(r Row) string { return r.Category }},
	{"ChargeClass", "1.0", func(r Row) string {
		if r.Correction {
			return "Correction"
		}
		return null
	}},
	{"ChargeDescription", "1.0", func(r Row) string { return r.Path.Usage + " in " + r.AccountName }},
	{"ChargeFrequency", "1.0", func(r Row) string { return r.Frequency }},
	{"ChargePeriodEnd", "1.0", func(r Row) string { return stamp(r.Day.AddDate(0, 0, 1)) }},
	{"ChargePeriodStart", "1.0", func(r Row) string { return stamp(r.Day) }},
	{"ConsumedQuantity", "1.0", func(r Row) string { return quantity(r, r.Quantity) }},
	{"ConsumedUnit", "1.0", func(r Row) string { return orNull(r.Unit) }},
	{"ContractedCost", "1.0", func(r Row) string { return dollars(r.Billed) }},
	{"EffectiveCost", "1.0", func(r Row) string { return dollars(r.Effective) }},
	{"InvoiceId", "1.2", func(Row) string { return null }},
	{"ListCost", "1.0", func(r Row) string { return dollars(r.Billed) }},
	{"ListUnitPrice", "1.0", func(r Row) string { return quantity(r, r.Price) }},
	{"PricingCategory", "1.0", func(Row) string { return "Standard" }},
	{"PricingQuantity", "1.0", func(r Row) string { return quantity(r, r.Quantity) }},
	{"PricingUnit", "1.0", func(r Row) string { return orNull(r.Unit) }},
	{"ProviderName", "1.0", func(Row) string { return "AWS" }},
	{"PublisherName", "1.0", func(Row) string { return "AWS" }},
	{"RegionId", "1.0", func(r Row) string { return orNull(r.Path.Region) }},
	{"RegionName", "1.0", func(r Row) string { return orNull(regionName(r.Path.Region)) }},
	{"ResourceId", "1.0", func(Row) string { return null }},
	{"ServiceCategory", "1.0", func(r Row) string { return r.Kind }},
	{"ServiceName", "1.0", func(r Row) string { return r.Path.Service }},
	{"SkuId", "1.0", func(r Row) string { return orNull(r.Path.Usage) }},
	{"SkuMeter", "1.2", func(r Row) string { return orNull(r.Path.Usage) }},
	{"SubAccountId", "1.0", func(r Row) string { return r.Path.Account }},
	{"SubAccountName", "1.0", func(r Row) string { return r.AccountName }},
	{"Tags", "1.0", tags},
	{"x_UsageType", "1.0", func(r Row) string { return orNull(r.Path.Usage) }},
}

// WriteFOCUS writes the rows of days as known at the end of the day asOf as a FOCUS CSV of version 1.0 or 1.2, with the header. days are from to to, both
// included.
func (b *Bill) WriteFOCUS(w io.Writer, version string, from, to, asOf int) error {
	if version != "1.0" && version != "1.2" {
		return fmt.Errorf("FOCUS %q cannot be written: it is 1.0 or 1.2", version)
	}
	out := csv.NewWriter(w)
	var record []string
	for _, c := range columns {
		if c.since <= version {
			record = append(record, c.name)
		}
	}
	out.Write(record) // an error stays until Flush
	for day := from; day <= to; day++ {
		for _, r := range b.Known(day, asOf) {
			record = record[:0]
			for _, c := range columns {
				if c.since <= version {
					record = append(record, c.of(r))
				}
			}
			out.Write(record)
		}
	}
	out.Flush()
	return out.Error()
}

func dollars(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// quantity is null where nothing was used.
func quantity(r Row, x float64) string {
	if r.Unit == "" {
		return null
	}
	return strconv.FormatFloat(x, 'g', 12, 64)
}

func orNull(s string) string {
	if s == "" {
		return null
	}
	return s
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func month(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }

// tags are JSON, as FOCUS has them.
func tags(r Row) string {
	if r.Team == "" {
		return null
	}
	text, err := json.Marshal(map[string]string{"team": r.Team})
	if err != nil {
		return null // strings can always be written
	}
	return string(text)
}
