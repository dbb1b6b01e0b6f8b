package awscost

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/bot/day"
	sandbox "shipmate/sandbox/aws"
)

func theirs(i int) sandbox.Anomaly {
	last := today() - 1 - day.Day(i%30)
	return sandbox.Anomaly{
		ID: fmt.Sprintf("anomaly-%03d", i), First: (last - 3).String(), Last: last.String(), Dimension: compute, Monitor: "arn:aws:ce::" + payments + ":anomalymonitor/one",
		Score: .8, MaxScore: .95, Impact: 1520.25, MaxImpact: 440, Actual: 1752.25, Expected: 232,
		RootCauses: []sandbox.RootCause{
			{Service: compute, Account: search, Contribution: 20.25},
			{Service: compute, Account: payments, AccountName: "payments-prod", Region: "eu-west-1", UsageType: "EUW1-NatGateway-Bytes", Contribution: 1500},
		},
	}
}

func TestAnomalies(t *testing.T) {
	server, c := stand(t, sandbox.Options{PageSize: 40}, Options{Budget: 100})
	var all []sandbox.Anomaly
	for i := range 130 {
		all = append(all, theirs(i))
	}
	server.SetAnomalies(all)
	for _, f := range []sandbox.Fault{{}, {Code: "LimitExceededException", Skip: 1}, {Truncate: true}, {Repeat: true, Skip: 1}} {
		server.ClearFaults()
		if f != (sandbox.Fault{}) {
			server.Inject(f)
		}
		got, err := c.Anomalies(t.Context(), 0, today())
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if len(got.Anomalies) != 130 || len(got.Rejected) != 0 {
			t.Fatalf("%+v: %d anomalies, rejected %v", f, len(got.Anomalies), got.Rejected)
		}
		a := got.Anomalies[0]
		if want := theirs(0); a.ID != want.ID || a.First != today()-4 || a.Last != today()-1 || a.Impact != 1520_250_000 || a.MaxImpact != 440*dollar || a.Actual != 1752_250_000 ||
			a.Expected != 232*dollar || a.Score != .8 || a.MaxScore != .95 || a.Dimension != compute || a.Monitor != want.Monitor {
			t.Errorf("%+v", a)
		}
		if want := (Cause{compute, payments, "payments-prod", "eu-west-1", "EUW1-NatGateway-Bytes", 1500 * dollar}); len(a.Causes) != 2 || a.Causes[0] != want {
			t.Errorf("%+v", a.Causes)
		}
	}
	if none, err := c.Anomalies(t.Context(), today(), today()); err != nil || len(none.Anomalies) != 0 {
		t.Error(none, err)
	}
}

// Anomalies that make no sense are left out, and counted.
func TestAnomalyGarbage(t *testing.T) {
	good := func() types.Anomaly {
		return types.Anomaly{
			AnomalyId: aws.String("one"), AnomalyStartDate: aws.String("2026-11-01T00:00:00Z"), Impact: &types.Impact{TotalImpact: 1}, AnomalyScore: &types.AnomalyScore{CurrentScore: math.NaN()},
			RootCauses: []types.RootCause{{}, {Impact: &types.RootCauseImpact{Contribution: math.Inf(1)}, Service: aws.String("a\x1b[1mb\nc")}},
		}
	}
	a, why := anomaly(good())
	if why != "" || a.First != a.Last || a.Score != 0 || len(a.Causes) != 2 || a.Causes[1].Service != "a[1mb c" || a.Causes[1].Contribution != 0 {
		t.Errorf("%+v %s", a, why)
	}
	for name, spoil := range map[string]func(*types.Anomaly){
		"no id":     func(a *types.Anomaly) { a.AnomalyId = nil },
		"no day":    func(a *types.Anomaly) { a.AnomalyStartDate = aws.String("yesterday") },
		"no impact": func(a *types.Anomaly) { a.Impact = nil },
		"NaN":       func(a *types.Anomaly) { a.Impact.MaxImpact = math.NaN() },
		"huge":      func(a *types.Anomaly) { a.Impact.TotalImpact = 1e300 },
	} {
		bad := good()
		spoil(&bad)
		if _, why := anomaly(bad); why == "" {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestMatches(t *testing.T) {
	d := func(n int) day.Day { return day.Date(2026, time.November, n) }
	cause := Cause{Service: compute, Account: payments, Region: "eu-west-1", Contribution: 5}
	found := []Anomaly{
		{ID: "far", First: d(1), Last: d(5), Causes: []Cause{cause}},
		{ID: "touches", First: d(16), Last: d(20), Causes: []Cause{cause}},
		{ID: "small", First: d(11), Last: d(13), Impact: 1, Causes: []Cause{cause}},
		{ID: "large", First: d(11), Last: d(13), Impact: 9, Causes: []Cause{{Service: storage, Account: payments}, cause}},
		{ID: "elsewhere", First: d(11), Last: d(13), Causes: []Cause{{Service: compute, Account: search}}},
		{ID: "another service", First: d(11), Last: d(13), Dimension: compute, Causes: []Cause{{Service: storage, Account: payments}}},
		{ID: "monitor only", First: d(11), Last: d(11), Dimension: compute},
		{ID: "says nothing", First: d(11), Last: d(13)},
		{ID: "open account", First: d(11), Last: d(15), Causes: []Cause{{Service: compute}}},
	}
	for _, test := range []struct {
		account, service string
		want             []string
	}{
		{payments, compute, []string{"open account", "large", "small", "monitor only", "touches"}},
		{search, compute, []string{"open account", "elsewhere", "monitor only"}},
		{"", compute, []string{"open account", "large", "elsewhere", "small", "monitor only", "touches"}},
		{payments, storage, []string{"large", "another service"}},
		{payments, "", nil},
	} {
		var got []string
		for _, m := range Matches(found, d(10), d(15), test.account, test.service) {
			got = append(got, m.ID)
			if m.ID == "large" && test.service == compute && m.Cause != cause || m.ID == "touches" && m.Days != 0 || m.ID == "small" && m.Days != 3 {
				t.Errorf("%+v", m)
			}
		}
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%q %q: %v, want %v", test.account, test.service, got, test.want)
		}
	}
	if got := Matches(found, d(10), d(15), payments, compute); got[0].ID != "open account" || got[1].ID != "large" || got[2].ID != "small" {
		t.Errorf("best first: %v, %v, %v", got[0].ID, got[1].ID, got[2].ID)
	}
}

func TestKinds(t *testing.T) {
	for name, want := range map[string]Kind{
		"Usage": Usage, "DiscountedUsage": Usage, "Savings Plan Covered Usage": Usage, "SavingsPlanNegation": Usage, "Reservation applied usage": Usage, "RIFee": Purchase,
		"Savings Plan upfront fee": Purchase, "Fee": Purchase, "Tax": Tax, "Credit": Credit, "Refund": Refund, "Support": Support, "Support fee": Support, "EdpDiscount": Discount,
		"BundledDiscount ": Discount, "Other out-of-cycle charges": Adjustment, "": Unknown, "Usage2": Unknown, "Usagе": Unknown,
	} {
		if got := KindOf(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}
