package aws

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// Whatever is asked is answered or refused in the API's own way.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		`{"TimePeriod":{"Start":"2026-11-01","End":"2026-11-21"},"Granularity":"MONTHLY","Metrics":["UnblendedCost"],"GroupBy":[{"Type":"TAG","Key":"team"},{"Type":"DIMENSION","Key":"REGION"}]}`,
		`{"TimePeriod":{"Start":"2026-11-01","End":"2026-11-21"},"Granularity":"DAILY","Metrics":["UsageQuantity"],"Filter":{"Not":{"Or":[{"Tags":{"Key":"a","MatchOptions":["ABSENT"]}},{"Dimensions":{"Key":"SERVICE","Values":["S3"]}}]}},"NextPageToken":"MCAwMDA="}`,
		`{"DateInterval":{"StartDate":"2026-11-01"},"MaxResults":1}`, `{"TimePeriod":null}`, `[]`, ``, `{"Filter":{"And":[{"And":[{"And":[]}]}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := New(Options{Key: "k", Secret: "s", PageSize: 2, Today: time.Date(2026, time.November, 21, 0, 0, 0, 0, time.UTC)})
		s.SetRows([]Row{{Day: "2026-11-02", Service: "S3", Unblended: -1}, {Day: "2026-11-03", Service: "EC2", Tags: map[string]string{"team": "net"}, Amortized: 1 << 62}})
		s.SetAnomalies([]Anomaly{{ID: "a", First: "2026-11-01", Last: "2026-11-02"}, {ID: "b", First: "2026-11-01", Last: "2026-11-02"}})
		for _, answer := range []func([]byte, Fault) (any, error){s.costAndUsage, s.getAnomalies} {
			out, err := answer(body, Fault{})
			if refused := (*apiError)(nil); err != nil && !errors.As(err, &refused) {
				t.Errorf("%v is no refusal", err)
			}
			if _, err := json.Marshal(out); err != nil {
				t.Error(err)
			}
		}
		_, _ = parseAuthorization(string(body))
	})
}
