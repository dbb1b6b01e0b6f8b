package focus

import "bytes"

// focus maps a row of a FOCUS bill.
func (b *builder) focus(in record, r *row) (why reason) {
	c := &r.charge
	if c.Category, why = b.category(in); why != usable {
		return why
	}
	if in[colEffective].empty() {
		return noAmount
	}
	if r.effective, why = b.amount(in, colEffective); why != usable {
		return why
	}
	if r.billed, why = b.amount(in, colBilled); why == badAmount {
		return badBilled
	} else if why != usable {
		return why
	}
	c.Provider = b.text(in, r, colProvider, colPublisher, colIssuer)
	c.Account = b.text(in, r, colSubAccount, colBillingAccount)
	name := colSubAccountName
	if in[colSubAccount].empty() {
		name = colBillingAccountName // of another account it would be wrong
	}
	c.AccountName = b.text(in, r, name)
	c.Service = b.text(in, r, colService)
	c.Region = b.text(in, r, colRegion, colRegionName)
	c.Usage = b.text(in, r, colMeter, colUsageType, colSKU, colDescription)
	kind := r.kind
	c.Resource = b.text(in, r, colResource)
	c.Invoice = b.text(in, r, colInvoice)
	r.kind = kind // these make no kinds
	c.Frequency = b.frequency(in)
	switch class := in[colClass].text; {
	case in[colClass].empty():
	case bytes.EqualFold(class, []byte("Correction")):
		c.Correction = true
	default:
		r.doubts |= unknownClass
	}
	return usable
}

func (b *builder) category(in record) (Category, reason) {
	text := in[colCategory].text
	if in[colCategory].empty() {
		return "", noCategory
	}
	if c := Category(text); c == Usage {
		return Usage, usable
	}
	c, ok := b.categories[string(bytes.ToLower(bytes.TrimSpace(text)))]
	if !ok || c == Refund { // which FOCUS has not
		return "", unknownCategory
	}
	return c, usable
}

// frequency is one of the three of FOCUS, however it is written, or "".
func (b *builder) frequency(in record) string {
	text := in[colFrequency].text
	for _, known := range [...]string{"Usage-Based", "Recurring", "One-Time"} {
		if string(text) == known || len(text) == len(known) && bytes.EqualFold(text, []byte(known)) {
			return known
		}
	}
	return ""
}

// A lineItem is what a line_item_line_item_type of AWS's report means.
type lineItem struct {
	category  Category
	effective func(b *builder, in record) (amount, reason) // nil is the billed cost
}

// cur maps a row of AWS's Cost and Usage Report. What a charge costs amortized follows the report's own documentation: usage covered by a reservation
// or a savings plan costs what it takes of the commitment, the commitment's fees cost what of it went unused, and the negation of covered usage
// nothing, as it only takes back what the covered usage was listed at.
func (b *builder) cur(in record, r *row) (why reason) {
	c := &r.charge
	if in[colCategory].empty() {
		return noCategory
	}
	item, ok := lineItemOf(string(in[colCategory].text))
	if !ok {
		return unknownCategory
	}
	if in[colBilled].empty() && item.category != Tax { // of no tax the report says nothing
		return noAmount
	}
	if r.billed, why = b.amount(in, colBilled); why != usable {
		return why
	}
	r.effective = r.billed
	if item.effective != nil {
		if r.effective, why = item.effective(b, in); why != usable {
			return why
		}
	}
	c.Category = item.category
	c.Provider = "AWS"
	c.Account = b.text(in, r, colSubAccount, colBillingAccount)
	name := colSubAccountName
	if in[colSubAccount].empty() {
		name = colBillingAccountName
	}
	c.AccountName = b.text(in, r, name)
	c.Service = b.curService(in, r)
	c.Region = b.text(in, r, colRegion, colRegionName)
	c.Usage = b.text(in, r, colUsageType, colDescription)
	kind := r.kind
	c.Resource = b.text(in, r, colResource)
	c.Invoice = b.text(in, r, colInvoice)
	r.kind = kind // these make no kinds
	if c.Category == Usage {
		c.Frequency = "Usage-Based"
	}
	return usable
}

// curService is the product's name, which the report of today has in a map, else its code.
func (b *builder) curService(in record, r *row) string {
	if name := b.text(in, r, colService); name != "" {
		return name
	}
	name := ""
	if c := &in[colProduct]; !c.empty() {
		eachPair(c, func(key, value []byte) {
			if string(key) == "product_name" && len(value) > 0 {
				name = b.text(recordOf(colProduct, value), r, colProduct)
			}
		})
	}
	if name != "" {
		return name
	}
	return b.text(in, r, colServiceCode)
}

// recordOf is a record with one field.
func recordOf(col column, text []byte) record {
	rec := make(record, col+1)
	rec[col] = cell{text: text}
	return rec
}

// lineItemOf knows the types that the report's documentation lists.
func lineItemOf(name string) (item lineItem, ok bool) {
	nothing := func(*builder, record) (amount, reason) { return amount{}, usable }
	column := func(col column) func(*builder, record) (amount, reason) {
		return func(b *builder, in record) (amount, reason) { return b.amount(in, col) }
	}
	switch name {
	case "Usage":
		return lineItem{Usage, nil}, true
	case "DiscountedUsage":
		return lineItem{Usage, column(colReservedCost)}, true
	case "SavingsPlanCoveredUsage":
		return lineItem{Usage, column(colPlanCost)}, true
	case "SavingsPlanNegation":
		return lineItem{Adjustment, nothing}, true
	case "RIFee":
		return lineItem{Purchase, (*builder).unusedReservation}, true
	case "SavingsPlanRecurringFee":
		return lineItem{Purchase, (*builder).unusedPlan}, true
	case "SavingsPlanUpfrontFee":
		return lineItem{Purchase, nothing}, true
	case "Fee":
		return lineItem{Purchase, (*builder).fee}, true
	case "Tax":
		return lineItem{Tax, nil}, true
	case "Credit":
		return lineItem{Credit, nil}, true
	case "Refund":
		return lineItem{Refund, nil}, true
	case "EdpDiscount", "BundledDiscount", "PrivateRateDiscount", "RiVolumeDiscount", "SppDiscount", "DistributorDiscount", "Discount":
		return lineItem{Adjustment, nil}, true
	}
	return lineItem{}, false
}

// unusedReservation is the part of a reservation's fee that no usage took.
func (b *builder) unusedReservation(in record) (amount, reason) {
	upfront, why := b.amount(in, colUnusedUpfront)
	if why != usable {
		return upfront, why
	}
	recurring, why := b.amount(in, colUnusedRecurring)
	return upfront.plus(recurring), why
}

// unusedPlan is what of a savings plan's commitment no usage took.
func (b *builder) unusedPlan(in record) (amount, reason) {
	commitment, why := b.amount(in, colPlanCommitment)
	if why != usable {
		return commitment, why
	}
	used, why := b.amount(in, colPlanUsed)
	return commitment.plus(amount{-used.micros, -used.rest}), why
}

// fee is nothing for a reservation that was paid upfront, which its usage costs; any other fee, such as for support, is what it is.
func (b *builder) fee(in record) (amount, reason) {
	if !in[colReservation].empty() {
		return amount{}, usable
	}
	return b.amount(in, colBilled)
}
