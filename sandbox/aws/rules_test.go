package aws_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	smithy "github.com/aws/smithy-go"

	"shipmate/sandbox/aws"
)

const key, secret = "AKIASTANDIN", "a-secret"

func today() time.Time { return time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC) }

// start starts a stand-in with a small bill, and AWS's own client of it.
func start(t *testing.T, o aws.Options) (*aws.Server, *costexplorer.Client, string) {
	t.Helper()
	o.Key, o.Secret, o.Today = key, secret, today()
	server := aws.New(o)
	server.SetRows([]aws.Row{
		{Day: "2026-11-20", Account: "111122223333", AccountName: "payments", Service: "S3", Region: "eu-west-1", UsageType: "Bytes", RecordType: "Usage",
			Tags: map[string]string{"team": "net"}, Unblended: 1_500_000_001, Amortized: 1_000_000_000, Quantity: 7e9, Unit: "GB"},
		{Day: "2026-11-20", Account: "111122223333", AccountName: "payments", Service: "EC2", UsageType: "Hours", RecordType: "Usage",
			Unblended: -250_000_000, Amortized: 2_000_000_000, Quantity: 3e9, Unit: "Hrs"},
		{Day: "2026-11-19", Account: "444455556666", Service: "S3", Region: "us-east-1", UsageType: "Bytes", RecordType: "Tax", Unblended: 1, Amortized: 1},
	})
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	credentials := sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
		return sdk.Credentials{AccessKeyID: key, SecretAccessKey: secret}, nil
	})
	client := costexplorer.New(costexplorer.Options{
		BaseEndpoint: sdk.String(listening.URL), Region: "us-east-1", Credentials: credentials, Retryer: sdk.NopRetryer{}, HTTPClient: readers{},
	})
	return server, client, listening.URL
}

// readers sends bodies as nothing but readers: the io.WriterTo of smithy-go 1.28.9 makes net/http give up on answers that come at once.
type readers struct{}

func (readers) Do(r *http.Request) (*http.Response, error) {
	r = r.WithContext(r.Context())
	r.Body = struct{ io.ReadCloser }{r.Body}
	return http.DefaultClient.Do(r)
}

func days(from, to string) *types.DateInterval {
	return &types.DateInterval{Start: sdk.String(from), End: sdk.String(to)}
}

func dimension(key types.Dimension, values ...string) types.Expression {
	return types.Expression{Dimensions: &types.DimensionValues{Key: key, Values: values}}
}

func by(dims ...string) (groups []types.GroupDefinition) {
	for _, dim := range dims {
		groups = append(groups, types.GroupDefinition{Type: types.GroupDefinitionTypeDimension, Key: sdk.String(dim)})
	}
	return groups
}

func expects(t *testing.T, err error, code, says string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), says) {
		t.Errorf("%v, want %s: …%s…", err, code, says)
	}
}

// What the API refuses is refused, for AWS's own client, too.
func TestRefused(t *testing.T) {
	and := func(n int) *types.Expression {
		e := &types.Expression{And: []types.Expression{}}
		for range n {
			e.And = append(e.And, dimension("SERVICE", "S3"))
		}
		return e
	}
	or := func(operand types.Expression) *types.Expression {
		return &types.Expression{Or: []types.Expression{dimension("SERVICE", "S3"), operand}}
	}
	deep := dimension("SERVICE", "S3")
	for range 12 {
		deep = types.Expression{Not: new(deep)}
	}
	two := dimension("SERVICE", "S3")
	two.Tags = &types.TagValues{Key: sdk.String("team"), Values: []string{"net"}}
	for _, test := range []struct {
		name  string
		spoil func(*costexplorer.GetCostAndUsageInput)
		says  string
	}{
		{"three groups", func(in *costexplorer.GetCostAndUsageInput) { in.GroupBy = by("SERVICE", "REGION", "USAGE_TYPE") }, "at most 2"},
		{"a group twice", func(in *costexplorer.GetCostAndUsageInput) { in.GroupBy = by("SERVICE", "SERVICE") }, "twice"},
		{"no such group", func(in *costexplorer.GetCostAndUsageInput) { in.GroupBy = by("COLOUR") }, "not a dimension"},
		{"a group for others", func(in *costexplorer.GetCostAndUsageInput) { in.GroupBy = by("LINKED_ACCOUNT_NAME") }, "not a dimension"},
		{"no type of group", func(in *costexplorer.GetCostAndUsageInput) {
			in.GroupBy = []types.GroupDefinition{{Key: sdk.String("SERVICE")}}
		}, "none of DIMENSION"},
		{"a tag without key", func(in *costexplorer.GetCostAndUsageInput) { in.GroupBy = []types.GroupDefinition{{Type: "TAG"}} }, "needs a Key"},
		{"end is start", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("2026-11-20", "2026-11-20") }, "before end date"},
		{"end before start", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("2026-11-20", "2026-11-19") }, "before end date"},
		{"tomorrow", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("2026-11-22", "2026-11-23") }, "after today"},
		{"after next month", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("2026-11-20", "2026-12-02") }, "past the beginning of next month"},
		{"too old", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("2025-09-20", "2025-09-23") }, "14 months"},
		{"no day", func(in *costexplorer.GetCostAndUsageInput) { in.TimePeriod = days("20 Nov", "2026-11-20") }, "such as"},
		{"an hour", func(in *costexplorer.GetCostAndUsageInput) {
			in.TimePeriod = days("2026-11-19T00:00:00Z", "2026-11-20")
		}, "such as"},
		{"hourly", func(in *costexplorer.GetCostAndUsageInput) { in.Granularity = types.GranularityHourly }, "not enabled"},
		{"yearly", func(in *costexplorer.GetCostAndUsageInput) { in.Granularity = "YEARLY" }, "none of DAILY"},
		{"no metrics", func(in *costexplorer.GetCostAndUsageInput) { in.Metrics = []string{} }, "at least one"},
		{"no such metric", func(in *costexplorer.GetCostAndUsageInput) { in.Metrics = []string{"Cost"} }, "Invalid metric"},
		{"no root", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = &types.Expression{} }, "zero roots"},
		{"two roots", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = &two }, "more than one roots"},
		{"two roots within", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = or(two) }, "more than one roots"},
		{"and of none", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = and(0) }, "at least 2 operands"},
		{"and of one", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = and(1) }, "at least 2 operands"},
		{"or of one", func(in *costexplorer.GetCostAndUsageInput) {
			in.Filter = &types.Expression{Or: []types.Expression{dimension("SERVICE", "S3")}}
		}, "at least 2 operands"},
		{"too deep", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = &deep }, "too deeply"},
		{"no values", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = or(dimension("SERVICE")) }, "needs Values"},
		{"no such dimension", func(in *costexplorer.GetCostAndUsageInput) { in.Filter = or(dimension("SERVICE_CODE", "S3")) }, "not a dimension"},
		{"match of budgets", func(in *costexplorer.GetCostAndUsageInput) {
			in.Filter = &types.Expression{Dimensions: &types.DimensionValues{Key: "SERVICE", Values: []string{"S"}, MatchOptions: []types.MatchOption{"STARTS_WITH"}}}
		}, "MatchOptions"},
		{"absent with values", func(in *costexplorer.GetCostAndUsageInput) {
			in.Filter = &types.Expression{Tags: &types.TagValues{Key: sdk.String("team"), Values: []string{"net"}, MatchOptions: []types.MatchOption{"ABSENT"}}}
		}, "without Values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, client, _ := start(t, aws.Options{Rate: -1})
			in := &costexplorer.GetCostAndUsageInput{TimePeriod: days("2026-11-19", "2026-11-21"), Granularity: types.GranularityDaily, Metrics: []string{"UnblendedCost"}, GroupBy: by("SERVICE")}
			if _, err := client.GetCostAndUsage(t.Context(), in); err != nil {
				t.Fatal("before it was spoiled:", err)
			}
			test.spoil(in)
			_, err := client.GetCostAndUsage(t.Context(), in)
			expects(t, err, "ValidationException", test.says)
		})
	}
}

// A token is good for the request that it was given for, as it was given.
func TestTokens(t *testing.T) {
	_, client, _ := start(t, aws.Options{Rate: -1, PageSize: 1})
	in := costexplorer.GetCostAndUsageInput{TimePeriod: days("2026-11-19", "2026-11-21"), Granularity: types.GranularityDaily, Metrics: []string{"UnblendedCost"}, GroupBy: by("SERVICE")}
	first, err := client.GetCostAndUsage(t.Context(), &in)
	if err != nil || first.NextPageToken == nil {
		t.Fatal(first, err)
	}
	changed := in
	changed.NextPageToken, changed.GroupBy = first.NextPageToken, by("REGION")
	_, err = client.GetCostAndUsage(t.Context(), &changed)
	if want := (*types.RequestChangedException)(nil); !errors.As(err, &want) {
		t.Error(err)
	}
	for _, token := range []string{"", "nonsense", *first.NextPageToken + "AAAA", "MSBhYmM="} {
		made := in
		made.NextPageToken = sdk.String(token)
		_, err = client.GetCostAndUsage(t.Context(), &made)
		if want := (*types.InvalidNextTokenException)(nil); !errors.As(err, &want) {
			t.Errorf("%q: %v", token, err)
		}
	}
	_, err = client.GetAnomalies(t.Context(), &costexplorer.GetAnomaliesInput{
		DateInterval: &types.AnomalyDateInterval{StartDate: sdk.String("2026-11-01")}, NextPageToken: first.NextPageToken,
	})
	if err == nil {
		t.Error("a token of another operation is taken")
	}
}

func TestRate(t *testing.T) {
	now := time.Now()
	server, client, _ := start(t, aws.Options{Rate: 2, Now: func() time.Time { return now }})
	ask := func() error {
		_, err := client.GetCostAndUsage(t.Context(), &costexplorer.GetCostAndUsageInput{TimePeriod: days("2026-11-19", "2026-11-21"), Granularity: "DAILY", Metrics: []string{"UnblendedCost"}})
		return err
	}
	for i, want := range []bool{true, true, false, false} {
		if err := ask(); (err == nil) != want {
			t.Errorf("request %d: %v", i, err)
		} else if limit := (*types.LimitExceededException)(nil); !want && !errors.As(err, &limit) {
			t.Error(err)
		}
	}
	now = now.Add(time.Second / 2)
	if err := ask(); err != nil {
		t.Errorf("half a second later: %v", err)
	}
	if calls := server.Calls(); len(calls) != 5 || calls[2].Code != "LimitExceededException" || calls[2].Op != "GetCostAndUsage" {
		t.Errorf("%+v", calls)
	}
}

func TestAnomaliesRefused(t *testing.T) {
	_, client, _ := start(t, aws.Options{Rate: -1})
	interval := func(from, to string) *types.AnomalyDateInterval {
		return &types.AnomalyDateInterval{StartDate: sdk.String(from), EndDate: sdk.String(to)}
	}
	for says, in := range map[string]*costexplorer.GetAnomaliesInput{
		"before EndDate":         {DateInterval: interval("2026-11-20", "2026-11-19")},
		"kept for 90 days":       {DateInterval: interval("2026-08-01", "2026-11-19")},
		"such as":                {DateInterval: interval("yesterday", "2026-11-19")},
		"not within 1 and 100":   {DateInterval: interval("2026-11-18", "2026-11-19"), MaxResults: sdk.Int32(101)},
		"none of YES":            {DateInterval: interval("2026-11-18", "2026-11-19"), Feedback: "MAYBE"},
		"filter by TotalImpact":  {DateInterval: interval("2026-11-18", "2026-11-19"), TotalImpact: &types.TotalImpactFilter{NumericOperator: "EQUAL", StartValue: 1}},
		"StartDate is required":  {DateInterval: interval("", "2026-11-19")},
		"\"tomorrow\" has to be": {DateInterval: interval("2026-11-18", "tomorrow")},
	} {
		_, err := client.GetAnomalies(t.Context(), in)
		expects(t, err, "ValidationException", says)
	}
}
