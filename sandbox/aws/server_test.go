package aws_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/sandbox/aws"
)

const usage = `{"TimePeriod":{"Start":"2026-11-19","End":"2026-11-21"},"Granularity":"DAILY","Metrics":["UnblendedCost"]}`

// post sends a body, signed by AWS's own signer before last is applied, and returns the code of the error.
func post(t *testing.T, url, body string, first, last func(*http.Request)) (status int, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSInsightsIndexService.GetCostAndUsage")
	if first != nil {
		first(r)
	}
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(t.Context(), sdk.Credentials{AccessKeyID: key, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), "ce", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if last != nil {
		last(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var said struct {
		Type string `json:"__type"`
	}
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &said); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return answer.StatusCode, said.Type
}

// What AWS's client cannot send is refused, too.
func TestRaw(t *testing.T) {
	_, _, url := start(t, aws.Options{Rate: -1})
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, test := range []struct {
		name, body  string
		first, last func(*http.Request)
		code        string // "" is none
	}{
		{"as it should be", usage, nil, nil, ""},
		{"a member too many", strings.Replace(usage, "{", `{"Color":1,`, 1), nil, nil, "SerializationException"},
		{"one within", strings.Replace(usage, `"Start"`, `"Zone":"UTC","Start"`, 1), nil, nil, "SerializationException"},
		{"a wrong type", strings.Replace(usage, `["UnblendedCost"]`, `"UnblendedCost"`, 1), nil, nil, "SerializationException"},
		{"two values", usage + usage, nil, nil, "SerializationException"},
		{"cut off", usage[:20], nil, nil, "SerializationException"},
		{"no period", `{"Granularity":"DAILY","Metrics":["UnblendedCost"]}`, nil, nil, "ValidationException"},
		{"no granularity", strings.Replace(usage, `"DAILY"`, `""`, 1), nil, nil, "ValidationException"},
		{"another content type", usage, set("Content-Type", "application/json"), nil, "SerializationException"},
		{"another operation", usage, set("X-Amz-Target", "AWSInsightsIndexService.GetCostForecast"), nil, "UnknownOperationException"},
		{"another service", usage, set("X-Amz-Target", "DynamoDB_20120810.Scan"), nil, "UnknownOperationException"},
		{"no signature", usage, nil, func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationTokenException"},
		{"half a signature", usage, nil, set("Authorization", "AWS4-HMAC-SHA256 Credential=x"), "IncompleteSignatureException"},
		{"no date", usage, nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "IncompleteSignatureException"},
		{"another body", usage, nil, func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(usage, "19", "18", 1)))
		}, "InvalidSignatureException"},
		{"another target than signed", usage, nil, set("X-Amz-Target", "AWSInsightsIndexService.GetAnomalies"), "InvalidSignatureException"},
		{"a header that is not signed", usage, nil, set("X-Amz-Extra", "1"), "InvalidSignatureException"},
		{"a GET", usage, func(r *http.Request) { r.Method = http.MethodGet }, nil, "UnknownOperationException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, code := post(t, url, test.body, test.first, test.last); code != test.code || (status == http.StatusOK) != (test.code == "") {
				t.Errorf("%d %q, want %q", status, code, test.code)
			}
		})
	}
}

// The answer has the shapes of the API, and its peculiarities.
func TestAnswer(t *testing.T) {
	_, client, _ := start(t, aws.Options{Rate: -1})
	ask := func(in costexplorer.GetCostAndUsageInput) *costexplorer.GetCostAndUsageOutput {
		t.Helper()
		if in.TimePeriod == nil {
			in.TimePeriod = days("2026-11-18", "2026-11-21")
		}
		in.Granularity = cmp.Or(in.Granularity, types.GranularityDaily)
		if in.Metrics == nil {
			in.Metrics = []string{"UnblendedCost"}
		}
		out, err := client.GetCostAndUsage(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	amount := func(m map[string]types.MetricValue, name string) string { return *m[name].Amount + " " + *m[name].Unit }

	whole := ask(costexplorer.GetCostAndUsageInput{Metrics: []string{"UNBLENDED_COST", "AmortizedCost", "UsageQuantity"}})
	if r := whole.ResultsByTime; len(r) != 3 || len(r[2].Groups) != 0 || !r[2].Estimated || *r[2].TimePeriod.Start != "2026-11-20" || *r[2].TimePeriod.End != "2026-11-21" ||
		amount(r[2].Total, "UnblendedCost") != "1.2500000010 USD" || amount(r[2].Total, "AmortizedCost") != "3.0000000000 USD" || amount(r[2].Total, "UsageQuantity") != "10.0000000000 N/A" {
		t.Errorf("%+v", whole.ResultsByTime)
	}
	groups := ask(costexplorer.GetCostAndUsageInput{GroupBy: by("LINKED_ACCOUNT", "REGION")})
	r := groups.ResultsByTime
	if len(r[0].Groups) != 0 || len(r[1].Groups) != 1 || len(r[2].Groups) != 2 || len(r[2].Total) != 0 {
		t.Fatalf("%+v", r)
	}
	if g := r[2].Groups[0]; g.Keys[0] != "111122223333" || g.Keys[1] != "NoRegion" || amount(g.Metrics, "UnblendedCost") != "-0.2500000000 USD" {
		t.Errorf("%+v", g)
	}
	if a := groups.DimensionValueAttributes; len(a) != 2 || *a[1].Value != "111122223333" || a[1].Attributes["description"] != "payments" {
		t.Errorf("%+v", a)
	}
	tags := ask(costexplorer.GetCostAndUsageInput{GroupBy: []types.GroupDefinition{{Type: "TAG", Key: sdk.String("team")}}}).ResultsByTime[2].Groups
	if len(tags) != 2 || tags[0].Keys[0] != "team$" || tags[1].Keys[0] != "team$net" {
		t.Errorf("%+v", tags)
	}
	month := ask(costexplorer.GetCostAndUsageInput{TimePeriod: days("2026-10-30", "2026-11-21"), Granularity: types.GranularityMonthly}).ResultsByTime
	if len(month) != 2 || *month[1].TimePeriod.Start != "2026-11-01" || amount(month[1].Total, "UnblendedCost") != "1.2500000020 USD" || month[0].Estimated {
		t.Errorf("%+v", month)
	}
}

func TestFilter(t *testing.T) {
	_, client, _ := start(t, aws.Options{Rate: -1})
	s3, ec2 := dimension("SERVICE", "S3"), dimension("SERVICE", "EC2")
	for _, test := range []struct {
		name   string
		filter types.Expression
		want   string // AmortizedCost of 20 November
	}{
		{"dimension", s3, "1.0000000000"},
		{"values", dimension("SERVICE", "S3", "EC2"), "3.0000000000"},
		{"not", types.Expression{Not: &s3}, "2.0000000000"},
		{"or", types.Expression{Or: []types.Expression{s3, ec2}}, "3.0000000000"},
		{"and", types.Expression{And: []types.Expression{s3, ec2}}, "0.0000000000"},
		{"and of both", types.Expression{And: []types.Expression{s3, dimension("REGION", "eu-west-1")}}, "1.0000000000"},
		{"tag", types.Expression{Tags: &types.TagValues{Key: sdk.String("team"), Values: []string{"net"}}}, "1.0000000000"},
		{"no tag", types.Expression{Tags: &types.TagValues{Key: sdk.String("team"), MatchOptions: []types.MatchOption{"ABSENT"}}}, "2.0000000000"},
		{"category", types.Expression{CostCategories: &types.CostCategoryValues{Key: sdk.String("Team"), Values: []string{"net"}}}, "0.0000000000"},
	} {
		out, err := client.GetCostAndUsage(t.Context(), &costexplorer.GetCostAndUsageInput{
			TimePeriod: days("2026-11-20", "2026-11-21"), Granularity: "DAILY", Metrics: []string{"AmortizedCost"}, Filter: &test.filter,
		})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := *out.ResultsByTime[0].Total["AmortizedCost"].Amount; got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// A session that has ended is told as such by a fault; another operation is not touched.
func TestFault(t *testing.T) {
	server, client, _ := start(t, aws.Options{Rate: -1})
	server.Inject(aws.Fault{Op: "GetAnomalies", Code: "ExpiredTokenException", Message: "The security token included in the request is expired"})
	in := &costexplorer.GetCostAndUsageInput{TimePeriod: days("2026-11-20", "2026-11-21"), Granularity: "DAILY", Metrics: []string{"AmortizedCost"}}
	if _, err := client.GetCostAndUsage(t.Context(), in); err != nil {
		t.Error(err)
	}
	anomalies := &costexplorer.GetAnomaliesInput{DateInterval: &types.AnomalyDateInterval{StartDate: sdk.String("2026-11-01")}}
	_, err := client.GetAnomalies(t.Context(), anomalies)
	expects(t, err, "ExpiredTokenException", "is expired")
	if _, err := client.GetAnomalies(t.Context(), anomalies); err != nil {
		t.Error("it happens once:", err)
	}
}
