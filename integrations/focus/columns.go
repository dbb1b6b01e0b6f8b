package focus

import (
	"fmt"
	"slices"
	"strings"
)

// A column is what a field means, whatever the bill calls it.
type column int16

const (
	colStart column = iota
	colEnd
	colCategory
	colClass
	colFrequency
	colCurrency
	colEffective
	colBilled
	colProvider
	colPublisher
	colIssuer
	colSubAccount
	colSubAccountName
	colBillingAccount
	colBillingAccountName
	colService
	colServiceCode
	colRegion
	colRegionName
	colMeter
	colUsageType
	colSKU
	colDescription
	colResource
	colQuantity
	colPricingQuantity
	colUnit
	colPricingUnit
	colInvoice
	colTags
	colProduct // AWS's map of what is sold
	colReservedCost
	colReservation
	colUnusedUpfront
	colUnusedRecurring
	colPlanCost
	colPlanCommitment
	colPlanUsed
	columns // and behind it one for each tag that has a column of its own
)

// A source is where a column comes from: the first of the names that the header has.
type source struct {
	col      column
	required bool
	names    []string
}

// A schema is one way of writing a bill.
type schema struct {
	name    string
	known   string // the folded column that tells it from others
	sources []source
	mapping func(*builder, record, *row) reason
}

// schemas are those that are known. Names are those of the specifications: FOCUS 1.0 to 1.4 (focus.finops.org), with x_ columns that AWS and Azure add
// to it, and AWS's Cost and Usage Report 2.0; how they are written, ChargePeriodStart or charge_period_start, makes no difference, so that the report's
// older headers (lineItem/UsageStartDate) are the same.
func schemas() []schema {
	return []schema{
		{name: "FOCUS", known: "chargeperiodstart", mapping: (*builder).focus, sources: focusSources()},
		{name: "AWS CUR 2.0", known: "lineitemusagestartdate", mapping: (*builder).cur, sources: curSources()},
	}
}

func focusSources() []source {
	return []source{
		{colStart, true, []string{"ChargePeriodStart"}},
		{colEnd, false, []string{"ChargePeriodEnd"}},
		{colCategory, true, []string{"ChargeCategory"}},
		{colClass, false, []string{"ChargeClass"}},
		{colFrequency, false, []string{"ChargeFrequency"}},
		{colCurrency, true, []string{"BillingCurrency"}},
		{colEffective, true, []string{"EffectiveCost"}},
		{colBilled, false, []string{"BilledCost"}},
		{colProvider, false, []string{"ProviderName", "ServiceProviderName", "HostProviderName"}},
		{colPublisher, false, []string{"PublisherName"}},
		{colIssuer, false, []string{"InvoiceIssuerName", "InvoiceIssuer"}},
		{colSubAccount, false, []string{"SubAccountId"}},
		{colSubAccountName, false, []string{"SubAccountName"}},
		{colBillingAccount, false, []string{"BillingAccountId"}},
		{colBillingAccountName, false, []string{"BillingAccountName"}},
		{colService, true, []string{"ServiceName"}},
		{colRegion, false, []string{"RegionId", "Region"}},
		{colRegionName, false, []string{"RegionName"}},
		{colMeter, false, []string{"SkuMeter", "x_SkuMeterName"}},
		{colUsageType, false, []string{"UsageType", "x_UsageType"}},
		{colSKU, false, []string{"SkuId"}},
		{colDescription, false, []string{"ChargeDescription"}},
		{colResource, false, []string{"ResourceId"}},
		{colQuantity, false, []string{"ConsumedQuantity"}},
		{colPricingQuantity, false, []string{"PricingQuantity"}},
		{colUnit, false, []string{"ConsumedUnit"}},
		{colPricingUnit, false, []string{"PricingUnit"}},
		{colInvoice, false, []string{"InvoiceId"}},
		{colTags, false, []string{"Tags"}},
	}
}

func curSources() []source {
	return []source{
		{colStart, true, []string{"line_item_usage_start_date"}},
		{colEnd, false, []string{"line_item_usage_end_date"}},
		{colCategory, true, []string{"line_item_line_item_type"}},
		{colCurrency, true, []string{"line_item_currency_code"}},
		{colBilled, true, []string{"line_item_unblended_cost"}},
		{colSubAccount, false, []string{"line_item_usage_account_id"}},
		{colSubAccountName, false, []string{"line_item_usage_account_name"}},
		{colBillingAccount, false, []string{"bill_payer_account_id"}},
		{colBillingAccountName, false, []string{"bill_payer_account_name"}},
		{colService, false, []string{"product_product_name"}},
		{colServiceCode, true, []string{"line_item_product_code"}},
		{colRegion, false, []string{"product_region_code", "product_region"}},
		{colRegionName, false, []string{"line_item_availability_zone"}},
		{colUsageType, false, []string{"line_item_usage_type"}},
		{colDescription, false, []string{"line_item_line_item_description"}},
		{colResource, false, []string{"line_item_resource_id"}},
		{colQuantity, false, []string{"line_item_usage_amount"}},
		{colUnit, false, []string{"pricing_unit"}},
		{colInvoice, false, []string{"bill_invoice_id"}},
		{colTags, false, []string{"resource_tags"}},
		{colProduct, false, []string{"product"}},
		{colReservedCost, false, []string{"reservation_effective_cost"}},
		{colReservation, false, []string{"reservation_reservation_a_r_n", "reservation_subscription_id"}},
		{colUnusedUpfront, false, []string{"reservation_unused_amortized_upfront_fee_for_billing_period"}},
		{colUnusedRecurring, false, []string{"reservation_unused_recurring_fee"}},
		{colPlanCost, false, []string{"savings_plan_savings_plan_effective_cost"}},
		{colPlanCommitment, false, []string{"savings_plan_total_commitment_to_date"}},
		{colPlanUsed, false, []string{"savings_plan_used_commitment"}},
	}
}

// A binding says which fields of a file are what.
type binding struct {
	schema schema
	fields int   // of a row
	uses   []use // by field
}

type use struct {
	field int
	col   column
}

// A NoBillError means that a file is none of the bills that can be read.
type NoBillError struct {
	Text  string
	Other bool // it is another table altogether: in a folder such files are ignored
}

// Error says what is missing, and what to do.
func (e *NoBillError) Error() string { return e.Text }

// bind finds the columns in a header. The error says what is missing and what to do.
func bind(header []string, o Options) (*binding, error) {
	at := map[string]int{}
	for i, name := range slices.Backward(header) {
		at[fold(name)] = i // of two of the same name, the first
	}
	for _, s := range schemas() {
		if _, ok := at[s.known]; ok {
			return s.bind(at, len(header), o)
		}
	}
	_, err := schemas()[0].bind(at, len(header), o)
	return nil, &NoBillError{Text: "this is neither a FOCUS bill nor an AWS Cost and Usage Report: " + err.Error(), Other: true}
}

func (s schema) bind(at map[string]int, fields int, o Options) (*binding, error) {
	b := &binding{schema: s, fields: fields}
	var missing []string
	for _, src := range s.sources {
		i, ok := first(at, src.names)
		switch {
		case !ok && src.required:
			missing = append(missing, src.names[0])
		case ok && (src.col != colResource || o.Resources) && (src.col != colTags || len(o.Tags) > 0):
			b.uses = append(b.uses, use{i, src.col})
		}
	}
	if len(missing) > 0 {
		text := "the columns %s are missing; export the bill as %s with all of its columns"
		return nil, &NoBillError{Text: fmt.Sprintf(text, strings.Join(missing, ", "), s.name)}
	}
	for i, tag := range o.Tags {
		for _, prefix := range []string{"resourcetagsuser", "resourcetags"} {
			if field, ok := at[prefix+fold(tag)]; ok {
				b.uses = append(b.uses, use{field, columns + column(i)})
				break
			}
		}
	}
	slices.SortFunc(b.uses, func(x, y use) int { return x.field - y.field })
	return b, nil
}

func first(at map[string]int, names []string) (int, bool) {
	for _, name := range names {
		if i, ok := at[fold(name)]; ok {
			return i, true
		}
	}
	return 0, false
}

// fold makes one name of the ways of writing it: letters in lower case and digits, nothing else, so that a byte order mark does not matter either.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, name)
}
