// Package focus reads bills in the FinOps Open Cost and Usage Specification, FOCUS 1.0 to 1.2 (focus.finops.org): CSV, also gzipped, and
// Parquet. It is the form in which the bot knows cost; AWS's Cost and Usage Report 2.0 and OpenCost's allocations are mapped to it.
package focus

import "shipmate/bot/day"

// Category is what a charge is for: FOCUS's ChargeCategory.
type Category string

// The categories. FOCUS knows no refunds: they are credits there, or usage below zero; mapped sources tell them apart.
const (
	Usage      Category = "Usage"
	Purchase   Category = "Purchase" // of commitments, marketplace goods and the like
	Tax        Category = "Tax"
	Credit     Category = "Credit"
	Adjustment Category = "Adjustment"
	Refund     Category = "Refund" // not in FOCUS
)

// A Charge is one row of a bill that can be used, for one day. What the bill leaves open (empty, or the literal text NULL) is "".
type Charge struct {
	Day         day.Day // of the charge period, UTC; a period of several days becomes as many charges, see [Read]
	Provider    string  // ProviderName
	Account     string  // SubAccountId, else BillingAccountId
	AccountName string  // SubAccountName, else BillingAccountName
	Service     string  // ServiceName
	Region      string  // RegionId, else RegionName
	Usage       string  // what is metered: SkuMeter, else UsageType, SkuId, ChargeDescription
	Resource    string  // ResourceId; only when it was asked for
	Category    Category
	Correction  bool    // ChargeClass is Correction: it restates an invoiced period
	Frequency   string  // ChargeFrequency: One-Time, Recurring or Usage-Based
	Currency    string  // BillingCurrency, ISO 4217, upper case
	Effective   int64   // EffectiveCost in millionths of the currency: amortized, 0 for purchases (of AWS's report the part that goes unused)
	Billed      int64   // BilledCost in millionths of the currency
	Quantity    float64 // ConsumedQuantity, else PricingQuantity; 0 when there is none
	Unit        string  // of Quantity: ConsumedUnit, else PricingUnit
	Tags        []Tag   // those that were asked for, in the order in which they were asked for; a missing one has an empty Value
	Invoice     string  // InvoiceId; "" until the invoice is final, or before FOCUS 1.2
}

// A Tag is one label of a resource.
type Tag struct{ Key, Value string }

// Ordinary reports whether the charge is current usage, which anomalies are looked for in: neither bought, taxed, credited nor a correction of an
// invoiced period.
func (c *Charge) Ordinary() bool { return c.Category == Usage && !c.Correction }
