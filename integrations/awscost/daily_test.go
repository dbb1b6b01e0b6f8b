package awscost

import (
	"testing"

	"shipmate/bot/day"
	sandbox "shipmate/sandbox/aws"
)

// want adds up the tests' bill itself, in millionths.
func want(from, to day.Day, has func(sandbox.Row) bool) int64 {
	sum := int64(0)
	for _, r := range bill() {
		if d, err := day.Parse(r.Day); err == nil && d >= from && d < to && has(r) {
			sum += r.Amortized
		}
	}
	return sum / 1000
}

func isUsage(r sandbox.Row) bool { return KindOf(r.RecordType) == Usage }

func TestDailyAddsUp(t *testing.T) {
	from, to := today()-14, today()
	usage := want(from, to, isUsage)
	for _, test := range []struct {
		name     string
		pageSize int
		o        Options
		requests int // 0 is not checked
	}{
		{"by service and account", 0, Options{Tags: []string{"team"}}, 4},
		{"by service and region of each account", 0, Options{Regions: true, Tags: []string{"team"}}, 4},
		{"in pages of three groups", 3, Options{Tags: []string{"team"}, Budget: 100}, 0},
		{"in pages of one group", 1, Options{Budget: 1000}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, c := stand(t, sandbox.Options{PageSize: test.pageSize}, test.o)
			r, err := c.Daily(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Days) != 14 || r.Days[0].Day != from || r.Days[13].Day != to-1 || !r.Days[13].Estimated {
				t.Errorf("days are %v", r.Days)
			}
			if len(r.Differences) != 0 || len(r.Missing) != 0 || len(r.Rejected) != 0 {
				t.Errorf("differences %v, missing %v, rejected %v", r.Differences, r.Missing, r.Rejected)
			}
			parts := [][]Cost{r.Leaves}
			if !test.o.Regions {
				parts = append(parts, r.Regions)
			}
			if test.o.Tags != nil {
				parts = append(parts, r.Tags)
			}
			for i, costs := range parts {
				if got := total(costs); !within(got, usage, len(costs)) {
					t.Errorf("part %d of %d costs sums to %d, want %d", i, len(costs), got, usage)
				}
			}
			if spent, err := c.Spent(t.Context()); err != nil || test.requests > 0 && spent.Requests != test.requests || spent.Micro != int64(spent.Requests)*10_000 {
				t.Errorf("spent %+v, %v; want %d requests", spent, err, test.requests)
			}
		})
	}
}

// Each leaf is what the bill has for it, and says so.
func TestDailyLeaves(t *testing.T) {
	_, c := stand(t, sandbox.Options{PageSize: 5}, Options{Regions: true, Budget: 1000})
	r, err := c.Daily(t.Context(), today()-3, today())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Leaves) != 3*2*2*3 {
		t.Fatalf("%d leaves", len(r.Leaves))
	}
	for _, leaf := range r.Leaves {
		n := want(leaf.Day, leaf.Day+1, func(row sandbox.Row) bool {
			return isUsage(row) && row.Account == leaf.Account && row.Service == leaf.Service && row.Region == leaf.Region
		})
		if !within(leaf.Amount, n, 1) || !within(leaf.Billed, n/2, 2) || leaf.Currency != "USD" || leaf.Kind != Usage || leaf.AccountName == "" || !leaf.Estimated {
			t.Errorf("%+v, want %d", leaf, n)
		}
	}
}

// What is no usage is apart, under the bill's own names.
func TestDailyCharges(t *testing.T) {
	_, c := stand(t, sandbox.Options{}, Options{})
	first := day.Date(2026, 11, 1)
	r, err := c.Daily(t.Context(), first, first+2)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Cost{}
	for _, charge := range r.Charges {
		got[charge.RecordType] = charge
	}
	for record, want := range map[string]Cost{
		"Tax": {Kind: Tax, Amount: 190 * dollar}, "Credit": {Kind: Credit, Amount: -50 * dollar},
		"SavingsPlanRecurringFee": {Kind: Purchase, Amount: 72 * dollar}, "Reserved Unicorns": {Kind: Unknown, Amount: 5 * dollar},
	} {
		if c := got[record]; c.Kind != want.Kind || c.Amount != want.Amount || c.Day != first || c.Account != payments || c.AccountName != "payments-prod" {
			t.Errorf("%s is %+v", record, c)
		}
	}
	if len(r.Charges) != 4 || len(r.Unknown) != 1 || r.Unknown[0] != "Reserved Unicorns" {
		t.Errorf("%d charges, unknown %v", len(r.Charges), r.Unknown)
	}
}

// A month is closed on the seventh of the next.
func TestDailyEstimated(t *testing.T) {
	_, c := stand(t, sandbox.Options{}, Options{})
	r, err := c.Daily(t.Context(), day.Date(2026, 10, 30), day.Date(2026, 11, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Days {
		if d.Estimated != (d.Day.Month() == day.Date(2026, 11, 1)) {
			t.Errorf("%+v", d)
		}
	}
	for _, leaf := range r.Leaves {
		if leaf.Estimated != (leaf.Day >= day.Date(2026, 11, 1)) {
			t.Errorf("%+v", leaf)
		}
	}
}

func TestUsageTypes(t *testing.T) {
	for _, first := range []bool{true, false} { // without a reading before, and after one
		_, c := stand(t, sandbox.Options{PageSize: 7}, Options{Budget: 100})
		if !first {
			if _, err := c.Daily(t.Context(), today()-2, today()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := c.UsageTypes(t.Context(), storage, payments, today()-2, today())
		if err != nil {
			t.Fatal(err)
		}
		in := func(r sandbox.Row) bool { return isUsage(r) && r.Account == payments && r.Service == storage }
		if n := want(today()-2, today(), in); !within(total(got.Costs), n, len(got.Costs)) || len(got.Costs) != 2*3*3 || len(got.Days) != 2 {
			t.Errorf("%d costs of %d, want %d", len(got.Costs), total(got.Costs), n)
		}
		for _, c := range got.Costs {
			if !within(c.Quantity, 3*c.Amount, 3) || c.Unit != "GB" || c.UsageType == "" || c.Service != storage || c.Account != payments {
				t.Errorf("%+v", c)
			}
		}
	}
}

// A day that is restated is what it is now.
func TestDailyRestated(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{})
	before, err := c.Daily(t.Context(), today()-2, today())
	if err != nil {
		t.Fatal(err)
	}
	server.Restate((today() - 1).String(), 150)
	after, err := c.Daily(t.Context(), today()-2, today())
	if err != nil {
		t.Fatal(err)
	}
	sum := func(r Reading, d day.Day) (n int64) {
		for _, c := range r.Leaves {
			if c.Day == d {
				n += c.Amount
			}
		}
		return n
	}
	if a, b := sum(before, today()-1), sum(after, today()-1); !within(a*3/2, b, 50) || a == b {
		t.Errorf("restated from %d to %d", a, b)
	}
	if a, b := sum(before, today()-2), sum(after, today()-2); a != b {
		t.Errorf("the day before went from %d to %d", a, b)
	}
}
