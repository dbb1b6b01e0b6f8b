package awscost

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
	sandbox "shipmate/sandbox/aws"
)

// Whatever is asked keeps the rules of the API, which the stand-in enforces.
func TestConformance(t *testing.T) {
	for _, o := range []Options{{}, {Net: true, Tags: []string{"team", "a b$c"}}, {Regions: true}} {
		o.Budget = 1000
		server, c := stand(t, sandbox.Options{PageSize: 30}, o)
		server.SetAnomalies([]sandbox.Anomaly{theirs(1), theirs(2), theirs(3), theirs(4), theirs(5), theirs(6)})
		_, err := c.UsageTypes(t.Context(), storage, "", today()-31, today())
		if err != nil {
			t.Error(err)
		}
		for _, w := range Plan(today(), false, 0, 0, 395) {
			if _, err := c.Daily(t.Context(), w.From, w.To); err != nil {
				t.Errorf("%s to %s: %v", w.From, w.To, err)
			}
		}
		if _, err = c.UsageTypes(t.Context(), compute, search, today()-3, today()+1); err != nil {
			t.Error(err)
		}
		if _, err = c.Anomalies(t.Context(), today()-400, today()+1); err != nil {
			t.Error(err)
		}
		for _, call := range server.Calls() {
			if call.Code != "" {
				t.Errorf("%s for %s", call.Code, call.Body)
			}
			if net := strings.Contains(call.Body, "NetAmortizedCost"); call.Op == opUsage && net != o.Net {
				t.Errorf("net %v: %s", o.Net, call.Body)
			}
		}
	}
}

// Only usage is asked for after the first query, by the bill's own names of it.
func TestAsksForUsage(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{Tags: []string{"team"}})
	if _, err := c.Daily(t.Context(), today()-3, today()); err != nil {
		t.Fatal(err)
	}
	calls := server.Calls()
	for i, call := range calls {
		var asked struct {
			Filter *struct {
				Dimensions struct {
					Key    string
					Values []string
				}
			}
			GroupBy []struct{ Key string }
		}
		if err := json.Unmarshal([]byte(call.Body), &asked); err != nil {
			t.Fatal(err)
		}
		switch {
		case i == 0 && (asked.Filter != nil || asked.GroupBy[0].Key != "RECORD_TYPE"):
			t.Error(call.Body)
		case i > 0 && (asked.Filter == nil || asked.Filter.Dimensions.Key != "RECORD_TYPE" ||
			fmt.Sprint(asked.Filter.Dimensions.Values) != "[DiscountedUsage SavingsPlanCoveredUsage Usage]" || asked.GroupBy[0].Key != "SERVICE"):
			t.Error(call.Body)
		}
	}
	if len(calls) != 4 {
		t.Errorf("%d requests", len(calls))
	}
}

// A bill without usage is one query, and one without anything is days that cost nothing.
func TestWithoutUsage(t *testing.T) {
	server, c := stand(t, sandbox.Options{}, Options{})
	server.SetRows(nil)
	r, err := c.Daily(t.Context(), today()-3, today())
	if err != nil || len(r.Days) != 3 || len(r.Leaves)+len(r.Charges) != 0 || len(server.Calls()) != 1 {
		t.Errorf("%+v, %v, %d requests", r, err, len(server.Calls()))
	}
	if d, err := c.UsageTypes(t.Context(), storage, "", today()-3, today()); err != nil || len(d.Costs) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Credentials are found as the AWS command line finds them: in a profile, and by taking on a role.
func TestChain(t *testing.T) {
	_, c := stand(t, sandbox.Options{Session: "session-of-a-role"}, Options{})
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") != "AssumeRole" || r.FormValue("RoleArn") != "arn:aws:iam::111122223333:role/costs" || r.FormValue("ExternalId") != "xyz" {
			http.Error(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
			<SessionToken>session-of-a-role</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
			testKey, testSecret, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(tokens.Close)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("AWS_CONFIG_FILE", write("config", "[profile costs]\n[profile nothing]\n[profile process]\ncredential_process = /bin/false "+testSecret+"\n"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write("credentials", "[costs]\naws_access_key_id = AKIAUSER\naws_secret_access_key = another\n"))
	trusted := httptest.NewTLSServer(nil)
	t.Cleanup(trusted.Close)
	t.Setenv("AWS_CA_BUNDLE", write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.Certificate().Raw}))))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ENDPOINT_URL_STS", tokens.URL)
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"} {
		t.Setenv(name, "")
	}
	const role = "arn:aws:iam::111122223333:role/costs"
	for _, test := range []struct {
		o    Options
		says string // "" is that it works
	}{
		{Options{Profile: "costs", Role: role, External: "xyz"}, ""},
		{Options{Profile: "costs", Role: role}, "may not take on the role"},
		{Options{Profile: "costs"}, "does not know the access key"},
		{Options{Profile: "nothing"}, "no credentials of aws were found"},
		{Options{Profile: "process"}, "no credentials of aws were found"},
		{Options{Profile: "of nobody"}, "no credentials of aws were found"},
	} {
		test.o.Endpoint = c.o.Endpoint
		chained, err := New(t.Context(), test.o)
		if err == nil {
			chained.wait = func(context.Context, time.Duration) error { return nil }
			if ready := chained.Ready(t.Context()); (ready == nil) != (test.says == "" || strings.HasPrefix(test.says, "does not")) {
				t.Errorf("%+v: ready: %v", test.o, ready)
			}
			_, err = chained.Daily(t.Context(), today()-3, today())
		}
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), testSecret)) {
			t.Errorf("%+v: %v, want %q", test.o, err, test.says)
		}
		if chained == nil || !strings.HasPrefix(test.says, "no credentials") {
			continue
		}
		if spent, err := chained.Spent(t.Context()); err != nil || spent.Requests != 0 {
			t.Errorf("%+v: %+v, %v", test.o, spent, err)
		}
	}
}

// Answers that are well formed and yet none are told, and do not use up the budget.
func TestNoAnswer(t *testing.T) {
	for body, says := range map[string]string{
		"":   "without any of the days",
		"{}": "without any of the days",
		`{"ResultsByTime":[{"TimePeriod":{"Start":"2020-01-01"},"Groups":[]}]}`:                                           "without any of the days",
		`{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20"},"Groups":[]}],"NextPageToken":"the same"}`:                "lost its place",
		`{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20"},"Groups":[]}],"Anomalies":[],"NextPageToken":"the same"}`: "lost its place",
		`{"ResultsByTime":7}`:           "makes no sense",
		`<html>Sign in to hotel</html>`: "makes no sense",
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			_, _ = io.WriteString(w, body)
		}))
		c, err := New(t.Context(), Options{Endpoint: server.URL, Key: testKey, Secret: testSecret, Budget: 100})
		if err != nil {
			t.Fatal(err)
		}
		c.wait = func(context.Context, time.Duration) error { return nil }
		_, err = c.Daily(t.Context(), today()-3, today())
		if err == nil || !strings.Contains(err.Error(), says) || asked > 4 {
			t.Errorf("%q: %v after %d requests, want %q", body, err, asked, says)
		}
		if _, err := c.Anomalies(t.Context(), today()-3, today()); err == nil || errors.As(err, new(*BudgetError)) {
			t.Errorf("%q for anomalies: %v", body, err)
		}
		server.Close()
	}
}

// answering is an aws.HTTPClient that answers at once.
type answering func(*http.Request) *http.Response

func (a answering) Do(r *http.Request) (*http.Response, error) { return a(r), nil }

// Bodies are sent as readers and nothing else, and answers end.
func TestLimited(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Body = io.NopCloser(strings.NewReader("asked")) // is an io.WriterTo
	answer, err := limited{answering(func(r *http.Request) *http.Response {
		if _, ok := r.Body.(io.WriterTo); ok {
			t.Error("the body is an io.WriterTo")
		}
		if data, err := io.ReadAll(r.Body); string(data) != "asked" || err != nil {
			t.Error(string(data), err)
		}
		return &http.Response{Body: io.NopCloser(forever{})}
	})}.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); n != answerLimit || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// forever is an answer without end.
type forever struct{}

func (forever) Read(p []byte) (int, error) { return len(p), nil }

func TestOptions(t *testing.T) {
	for says, o := range map[string]Options{
		"budget of -1":           {Budget: -1},
		"a key and a secret":     {Key: testKey},
		"no role is set":         {External: "x"},
		`tag "" is empty`:        {Tags: []string{""}},
		`tag "team" is empty or`: {Tags: []string{"team", "team"}},
	} {
		if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", o, err, says)
		}
	}
}

// Whatever is answered, the client ends, and what it returns is within what was asked.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20","End":"2026-11-21"},"Estimated":true,"Groups":[{"Keys":["Usage","111122223333"],"Metrics":{"AmortizedCost":{"Amount":"1.5","Unit":"USD"},"UnblendedCost":{"Amount":"1E-7","Unit":"USD"}}}]}],"NextPageToken":"x"}`,
		`{"ResultsByTime":[{"TimePeriod":null,"Groups":[null,{"Keys":[]}]},{"TimePeriod":{"Start":"2026-11-19"},"Groups":[{"Keys":["Tax","\u0000\u202e"],"Metrics":{}}]}]}`,
		`{"ResultsByTime":null}`, ``, `null`, `[]`, `{"__type":"x#ThrottlingException"}`, `{"ResultsByTime":[{"TimePeriod":{"Start":"2026-11-20"},"Groups":[]}]}`,
	} {
		f.Add([]byte(s), 0) // 200
		f.Add([]byte(s), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200 + (status&0xff)%400)
			_, _ = w.Write(body)
		}))
		defer server.Close()
		c, err := New(t.Context(), Options{Endpoint: server.URL, Key: testKey, Secret: testSecret, Tags: []string{"team"}})
		if err != nil {
			t.Fatal(err)
		}
		c.wait = func(context.Context, time.Duration) error { return nil }
		r, err := c.Daily(t.Context(), today()-3, today())
		if err == nil && len(r.Days) == 0 {
			t.Error("no days, and no error")
		}
		for _, part := range [][]Cost{r.Leaves, r.Charges, r.Regions, r.Tags} {
			for _, c := range part {
				if c.Day < today()-3 || c.Day >= today() || len(c.Currency) != 3 || strings.ContainsFunc(c.Account+c.Service+c.RecordType+c.Region+c.Tag.Value, func(r rune) bool { return r < ' ' }) {
					t.Errorf("%+v", c)
				}
			}
		}
		_, _ = c.Anomalies(t.Context(), day.Day(0), today())
	})
}
