package aws

import "slices"

// A Row is what one kind of usage cost on one day. Numbers are in billionths: AWS writes ten decimals and more.
type Row struct {
	Day         string // 2026-11-21, UTC
	Account     string // twelve digits
	AccountName string
	Service     string // as in "Amazon Simple Storage Service"
	Region      string // "" is none
	UsageType   string
	RecordType  string // Usage, Tax, Credit, SavingsPlanCoveredUsage and the like
	Tags        map[string]string
	Unblended   int64 // billionths of a dollar, as invoiced
	Amortized   int64 // billionths of a dollar, commitments spread over what they cover
	Quantity    int64 // billionths of Unit
	Unit        string
}

// SetRows replaces the bill. The rows are not copied, and must not be changed afterwards.
func (s *Server) SetRows(rows []Row) {
	byDay := make(map[string][]Row)
	for _, r := range rows {
		byDay[r.Day] = append(byDay[r.Day], r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = byDay
}

// Restate multiplies what a day costs by percent, as when usage arrives late (above 100) or a charge is corrected.
func (s *Server) Restate(day string, percent int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := slices.Clone(s.rows[day])
	for i := range rows {
		rows[i].Unblended = rows[i].Unblended / 100 * percent
		rows[i].Amortized = rows[i].Amortized / 100 * percent
		rows[i].Quantity = rows[i].Quantity / 100 * percent
	}
	s.rows[day] = rows
}

// An Anomaly is what AWS Cost Anomaly Detection says it found. Amounts are in dollars.
type Anomaly struct {
	ID         string
	First      string // 2026-11-21
	Last       string // 2026-11-24; the day of End by which anomalies are asked for
	Dimension  string // what the monitor watches: a service in most
	Monitor    string // ARN
	Feedback   string // YES, NO, PLANNED_ACTIVITY or ""
	Score      float64
	MaxScore   float64
	Impact     float64 // TotalImpact
	MaxImpact  float64 // of one day
	Actual     float64
	Expected   float64
	RootCauses []RootCause
}

// A RootCause is a part of an Anomaly.
type RootCause struct {
	Service, Account, AccountName, Region, UsageType string
	Contribution                                     float64 // dollars
}

// SetAnomalies replaces the anomalies, which must not be changed afterwards.
func (s *Server) SetAnomalies(found []Anomaly) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anomalies = found
}
