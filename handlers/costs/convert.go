package costs

import (
	"shipmate/integrations/awscost"
	"shipmate/integrations/focus"
)

// categories are Cost Explorer's kinds of charge in FOCUS's words. What is not known counts as an adjustment, which raises no alert.
var categories = map[awscost.Kind]focus.Category{
	awscost.Usage: focus.Usage, awscost.Purchase: focus.Purchase, awscost.Tax: focus.Tax, awscost.Credit: focus.Credit, awscost.Refund: focus.Refund,
	awscost.Discount: focus.Credit, awscost.Support: focus.Purchase, awscost.Adjustment: focus.Adjustment, awscost.Unknown: focus.Adjustment,
}

// FromCostExplorer is a cost of AWS Cost Explorer as a charge.
func FromCostExplorer(c awscost.Cost, tags []string) focus.Charge {
	category, ok := categories[c.Kind]
	if !ok {
		category = focus.Adjustment
	}
	out := focus.Charge{
		Day: c.Day, Provider: "AWS", Account: c.Account, AccountName: c.AccountName, Service: c.Service, Region: c.Region, Usage: c.UsageType,
		Category: category, Currency: c.Currency, Effective: c.Amount, Billed: c.Billed, Quantity: float64(c.Quantity) / 1e6, Unit: c.Unit,
	}
	if category != focus.Usage && out.Usage == "" {
		out.Usage = c.RecordType
	}
	for _, key := range tags {
		tag := focus.Tag{Key: key}
		if c.Tag.Key == key {
			tag.Value = c.Tag.Value
		}
		out.Tags = append(out.Tags, tag)
	}
	return out
}
