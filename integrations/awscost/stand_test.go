package awscost

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"shipmate/bot/day"
	sandbox "shipmate/sandbox/aws"
)

const (
	testKey    = "AKIASTANDIN"
	testSecret = "not-so-secret-9d1f"
	payments   = "111122223333"
	search     = "444455556666"
	storage    = "Amazon Simple Storage Service"
	compute    = "Amazon Elastic Compute Cloud - Compute"
	dollar     = int64(1_000_000) // in millionths
)

// today is the day on which the tests' bills are read.
func today() day.Day { return day.Date(2026, time.November, 21) }

// bill is a bill of 28 days up to yesterday: two accounts, two services, two regions and usage types, three record types of usage and four of other
// charges. Amounts have more decimals than a millionth.
func bill() (rows []sandbox.Row) {
	for d := today() - 28; d < today(); d++ {
		for _, account := range []string{payments, search} {
			for s, service := range []string{storage, compute} {
				for i, region := range []string{"eu-west-1", "us-east-1", ""} {
					for k, record := range []string{"Usage", "SavingsPlanCoveredUsage", "DiscountedUsage"} {
						cost := int64(1+s)*1_234_567_890 + int64(i*100+k*10)*1_000_003 + int64(d%7)*333_333_333
						rows = append(rows, sandbox.Row{
							Day: d.String(), Account: account, AccountName: map[string]string{payments: "payments-prod", search: "search-prod"}[account],
							Service: service, Region: region, UsageType: fmt.Sprintf("EUW1-Type%d", k), RecordType: record,
							Tags: map[string]string{"team": []string{"net", "data"}[s]}, Unblended: cost / 2, Amortized: cost, Quantity: cost * 3, Unit: "GB",
						})
					}
				}
			}
		}
	}
	first := day.Date(2026, time.November, 1).String()
	for record, cost := range map[string]int64{"Tax": 190, "Credit": -50, "SavingsPlanRecurringFee": 72, "Reserved Unicorns": 5} {
		rows = append(rows, sandbox.Row{Day: first, Account: payments, AccountName: "payments-prod", Service: record, RecordType: record, Unblended: cost * 1e9, Amortized: cost * 1e9})
	}
	return rows
}

// stand starts a stand-in with the tests' bill, and a client of it that does not wait.
func stand(t testing.TB, so sandbox.Options, o Options) (*sandbox.Server, *Client) {
	t.Helper()
	so.Key, so.Secret, so.Today = testKey, testSecret, today().Time()
	if so.Rate == 0 {
		so.Rate = -1
	}
	server := sandbox.New(so)
	server.SetRows(bill())
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	o.Endpoint = listening.URL
	if o.Key == "" {
		o.Key, o.Secret = testKey, testSecret
	}
	c, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return today().Time().Add(7 * time.Hour) }
	c.wait = func(ctx context.Context, d time.Duration) error { return ctx.Err() }
	return server, c
}

// total adds up amounts.
func total(costs []Cost) (n int64) {
	for _, c := range costs {
		n += c.Amount
	}
	return n
}

// within reports whether two sums are as near as rounding n amounts leaves them.
func within(a, b int64, n int) bool { return a-b <= int64(n) && b-a <= int64(n) }
