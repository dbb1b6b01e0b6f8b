package focus

import (
	"fmt"
	"testing"

	"shipmate/bot/day"
)

// TestReport maps each kind of line that AWS's Cost and Usage Report has.
func TestReport(t *testing.T) {
	charges, s := all(t, "testdata/cur2.csv", Options{Tags: []string{"team", "cost-center"}, Resources: true})
	if s.Rows != 17 || len(s.Doubts) != 0 {
		t.Fatalf("%+v", s)
	}
	if want := (Count{1, "testdata/cur2.csv, line 18"}); len(s.Rejected) != 1 || s.Rejected[unknownCategory.String()] != want {
		t.Errorf("rejected %v", s.Rejected)
	}
	for i, want := range []string{
		"2026-11-20 Usage 1500000 1500000 Amazon Elastic Compute Cloud eu-west-1 EU-BoxUsage:m5.large net cc-1",
		"2026-11-20 Usage 600000 0 Amazon Elastic Compute Cloud eu-west-1 EU-BoxUsage:m5.large  ",
		"2026-11-20 Usage 700000 960000 Amazon Elastic Compute Cloud eu-west-1 EU-BoxUsage:m5.large  ",
		"2026-11-20 Adjustment 0 -960000 Amazon Elastic Compute Cloud eu-west-1 EU-BoxUsage:m5.large  ",
		"2026-11-01 Purchase 350001 72000000 Amazon Elastic Compute Cloud eu-west-1 EU-HeavyUsage  ",
		"2026-11-20 Purchase 250000 1000000 ComputeSavingsPlans global ComputeSP:1yrNoUpfront  ",
		"2026-11-20 Purchase 0 8760000000 ComputeSavingsPlans global ComputeSP:1yrAllUpfront  ",
		"2026-11-01 Purchase 0 500000000 AmazonEC2  A reservation, upfront  ",
		"2026-11-01 Purchase 100000000 100000000 AWSSupportBusiness  Support  ",
		"2026-11-01 Tax 19000000 19000000 AmazonEC2  Tax  ",
		"2026-11-01 Tax 0 0 AWSCloudTrail  Tax  ",
		"2026-11-20 Credit -5000000 -5000000 AmazonEC2  A credit  ",
		"2026-11-20 Refund -6000000 -6000000 AmazonEC2  A refund  ",
		"2026-11-20 Adjustment -120000 -120000 AmazonEC2  EDP  ",
		"2026-11-20 Adjustment -30000 -30000 AmazonCloudFront  Bundle  ",
		"2026-11-20 Usage 0 0 AmazonS3 us-east-1a Requests-Tier1  ",
	} {
		c := charges[i]
		got := fmt.Sprintf("%s %s %d %d %s %s %s %s %s", c.Day, c.Category, c.Effective, c.Billed, c.Service, c.Region, c.Usage, c.Tags[0].Value, c.Tags[1].Value)
		if got != want {
			t.Errorf("charge %d:\n%s\nwant\n%s", i, got, want)
		}
	}
	c := charges[0]
	if c.Provider != "AWS" || c.Account != "222233334444" || c.AccountName != "payments-prod" || c.Currency != "USD" || c.Quantity != 2.5 || c.Unit != "Hrs" ||
		c.Resource != "i-0123" || c.Invoice != "" || c.Frequency != "Usage-Based" {
		t.Errorf("%+v", c)
	}
}

// TestOldReport reads the header of the older report, with its tags in columns.
func TestOldReport(t *testing.T) {
	path := write(t, "cur.csv", []byte("identity/LineItemId,bill/PayerAccountId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/UsageEndDate,"+
		"lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost,product/ProductName,product/region,resourceTags/user:cost-center\n"+
		"x,1,2,Usage,2023-11-04T23:00:00Z,2023-11-05T00:00:00Z,AmazonS3,Requests,2,USD,1.81E-2,Amazon Simple Storage Service,ca-central-1,cc-9\n"))
	charges, s := all(t, path, Options{Tags: []string{"cost-center"}})
	if len(charges) != 1 || s.RejectedRows() != 0 {
		t.Fatalf("%+v, %+v", charges, s)
	}
	if c := charges[0]; c.Day != day.Date(2023, 11, 4) || c.Account != "2" || c.Effective != 18_100 || c.Service != "Amazon Simple Storage Service" ||
		c.Region != "ca-central-1" || c.Tags[0].Value != "cc-9" {
		t.Errorf("%+v", c)
	}
}
