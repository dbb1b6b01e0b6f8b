package aws

import (
	"slices"
	"time"
)

// anomaliesRequest is the input of GetAnomalies.
type anomaliesRequest struct {
	DateInterval  *struct{ StartDate, EndDate string }
	Feedback      string
	MaxResults    *int
	MonitorArn    *string
	NextPageToken *string
	TotalImpact   *struct {
		NumericOperator      string
		StartValue, EndValue float64
	}
}

const kept = 90 // days for which anomalies are kept

type anomaliesAnswer struct {
	Anomalies     []map[string]any
	NextPageToken string `json:",omitempty"`
}

// check refuses what GetAnomalies refuses. TotalImpact is taken, and then filters nothing: nobody here asks for it.
func (q *anomaliesRequest) check(now time.Time) (from, to string, err error) {
	switch {
	case q.DateInterval == nil || q.DateInterval.StartDate == "":
		return "", "", invalid("DateInterval with a StartDate is required")
	case q.MaxResults != nil && (*q.MaxResults < 1 || *q.MaxResults > 100):
		return "", "", invalid("MaxResults %d is not within 1 and 100", *q.MaxResults)
	case q.TotalImpact != nil:
		return "", "", invalid("this stand-in does not filter by TotalImpact")
	case q.Feedback != "" && !slices.Contains([]string{"YES", "NO", "PLANNED_ACTIVITY"}, q.Feedback):
		return "", "", invalid("Feedback %q is none of YES, NO, PLANNED_ACTIVITY", q.Feedback)
	}
	start, err := time.Parse(time.DateOnly, q.DateInterval.StartDate)
	if err != nil {
		return "", "", invalid("StartDate %q has to be a day such as 2026-11-21", q.DateInterval.StartDate)
	}
	end := now.UTC()
	if q.DateInterval.EndDate != "" {
		if end, err = time.Parse(time.DateOnly, q.DateInterval.EndDate); err != nil {
			return "", "", invalid("EndDate %q has to be a day such as 2026-11-21", q.DateInterval.EndDate)
		}
	}
	switch {
	case end.Before(start):
		return "", "", invalid("StartDate has to be before EndDate")
	case now.Sub(start) > (kept+1)*24*time.Hour:
		return "", "", invalid("anomalies are kept for %d days", kept)
	}
	return start.Format(time.DateOnly), end.Format(time.DateOnly), nil
}

// getAnomalies answers GetAnomalies: those that ended within the interval.
func (s *Server) getAnomalies(body []byte, fault Fault) (any, error) {
	var q anomaliesRequest
	if err := decode(body, &q); err != nil {
		return nil, err
	}
	from, to, err := q.check(s.today())
	if err != nil {
		return nil, err
	}
	asked, begin, err := s.page(&q, &q.NextPageToken)
	if err != nil {
		return nil, err
	}
	size := s.o.PageSize
	if q.MaxResults != nil {
		size = min(size, *q.MaxResults)
	}
	found := s.found(&q, from, to)
	out := anomaliesAnswer{Anomalies: []map[string]any{}}
	for _, a := range found[min(begin, len(found)):min(begin+size, len(found))] {
		out.Anomalies = append(out.Anomalies, a.wire())
	}
	next := begin + size
	if fault.Repeat {
		next = begin
	}
	if next < len(found) {
		out.NextPageToken = s.token(asked, next)
	}
	return out, nil
}

func (s *Server) found(q *anomaliesRequest, from, to string) (found []Anomaly) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.anomalies {
		if from <= a.Last && a.Last <= to && (q.Feedback == "" || q.Feedback == a.Feedback) && (q.MonitorArn == nil || *q.MonitorArn == a.Monitor) {
			found = append(found, a)
		}
	}
	return found
}

// wire is the anomaly as it is answered. Members without a value are left out.
func (a *Anomaly) wire() map[string]any {
	impact := map[string]any{"MaxImpact": a.MaxImpact, "TotalImpact": a.Impact, "TotalActualSpend": a.Actual, "TotalExpectedSpend": a.Expected}
	if a.Expected != 0 {
		impact["TotalImpactPercentage"] = a.Impact / a.Expected * 100
	}
	causes := []map[string]any{}
	for _, c := range a.RootCauses {
		cause := map[string]any{"Impact": map[string]any{"Contribution": c.Contribution}}
		for name, value := range map[string]string{
			"Service": c.Service, "LinkedAccount": c.Account, "LinkedAccountName": c.AccountName, "Region": c.Region, "UsageType": c.UsageType,
		} {
			if value != "" {
				cause[name] = value
			}
		}
		causes = append(causes, cause)
	}
	out := map[string]any{
		"AnomalyId": a.ID, "MonitorArn": a.Monitor, "RootCauses": causes, "Impact": impact,
		"AnomalyScore":     map[string]any{"CurrentScore": a.Score, "MaxScore": a.MaxScore},
		"AnomalyStartDate": a.First + "T00:00:00Z", "AnomalyEndDate": a.Last + "T00:00:00Z",
	}
	if a.Dimension != "" {
		out["DimensionValue"] = a.Dimension
	}
	if a.Feedback != "" {
		out["Feedback"] = a.Feedback
	}
	return out
}
