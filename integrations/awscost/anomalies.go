package awscost

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer/types"

	"shipmate/bot/day"
)

const (
	opAnomalies     = "GetAnomalies"
	anomaliesKept   = 90  // days, by AWS
	anomaliesAtOnce = 100 // a page
)

// An Anomaly is what AWS Cost Anomaly Detection found. Amounts are in millionths of a dollar.
type Anomaly struct {
	ID          string
	First, Last day.Day // Last is First while AWS does not say
	Score       float64 // the latest, 0 to 1
	MaxScore    float64
	Impact      int64 // actual less expected, of all its days
	MaxImpact   int64 // of one day
	Actual      int64 // 0 if AWS does not say
	Expected    int64 // 0 if AWS does not say
	Dimension   string
	Monitor     string // ARN
	Feedback    string // YES, NO, PLANNED_ACTIVITY; "" if nobody has said anything
	Causes      []Cause
}

// A Cause is what AWS thinks an anomaly comes from. Parts that it does not name are "".
type Cause struct {
	Service, Account, AccountName, Region, UsageType string
	Contribution                                     int64 // to the impact, millionths of a dollar
}

// An AnomalyReading is what AWS found.
type AnomalyReading struct {
	Anomalies []Anomaly // the newest first
	Rejected  []Rejected
}

// Anomalies reads the anomalies that ended on the days from from to the one before to. AWS keeps them for 90 days; of earlier ones nothing is said.
// Without a monitor in Cost Anomaly Detection there are none. Each page is a request,
// and counts as a question.
func (c *Client) Anomalies(ctx context.Context, from, to day.Day) (AnomalyReading, error) {
	from = max(from, day.Of(c.now().UTC())-anomaliesKept)
	if from >= to {
		return AnomalyReading{}, nil
	}
	ctx = asked(ctx)
	found, err := c.anomalyPages(ctx, from, to)
	if errors.Is(err, errPages) {
		found, err = c.anomalyPages(ctx, from, to)
	}
	switch {
	case errors.Is(err, errPages):
		return AnomalyReading{}, fmt.Errorf("read aws's anomalies: %w", pagingError(opAnomalies))
	case err != nil:
		return AnomalyReading{}, fmt.Errorf("read aws's anomalies: %w", err)
	}
	slices.SortStableFunc(found.Anomalies, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(b.Impact, a.Impact), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

func (c *Client) anomalyPages(ctx context.Context, from, to day.Day) (out AnomalyReading, err error) {
	input := &costexplorer.GetAnomaliesInput{
		DateInterval: &types.AnomalyDateInterval{StartDate: aws.String(from.String()), EndDate: aws.String((to - 1).String())},
		MaxResults:   aws.Int32(anomaliesAtOnce),
	}
	tokens, ids, rejected := map[string]bool{}, map[string]bool{}, map[string]int{}
	for {
		var page *costexplorer.GetAnomaliesOutput
		err := c.call(ctx, opAnomalies, func(ctx context.Context) (err error) {
			page, err = c.api.GetAnomalies(ctx, input)
			return err
		})
		if lostPlace(err) {
			return out, errPages
		}
		if err != nil {
			return out, err
		}
		if page.Anomalies == nil { // not even none
			return out, &Error{Op: opAnomalies, Code: "answer", Text: "cost explorer answered without a list of anomalies"}
		}
		for _, theirs := range page.Anomalies {
			if ids[aws.ToString(theirs.AnomalyId)] {
				return out, errPages
			}
			ids[aws.ToString(theirs.AnomalyId)] = true
			a, why := anomaly(theirs)
			if why != "" {
				rejected[why]++
				continue
			}
			out.Anomalies = append(out.Anomalies, a)
		}
		token := aws.ToString(page.NextPageToken)
		if token == "" {
			out.Rejected = rejects(rejected)
			return out, nil
		}
		if tokens[token] {
			return out, errPages
		}
		tokens[token] = true
		input.NextPageToken = aws.String(token)
	}
}

// anomaly reads one; why says what is wrong with it, or is empty.
func anomaly(theirs types.Anomaly) (a Anomaly, why string) {
	name := func(s *string) string { return plain(aws.ToString(s), keyLimit) }
	a = Anomaly{
		ID: name(theirs.AnomalyId), Dimension: name(theirs.DimensionValue), Monitor: name(theirs.MonitorArn), Feedback: plain(string(theirs.Feedback), keyLimit),
	}
	var err error
	if a.First, err = day.Parse(aws.ToString(theirs.AnomalyStartDate)); err != nil || a.ID == "" {
		return a, "an anomaly without an id or a first day"
	}
	if a.Last, err = day.Parse(aws.ToString(theirs.AnomalyEndDate)); err != nil || a.Last < a.First {
		a.Last = a.First
	}
	if s := theirs.AnomalyScore; s != nil && finite(s.CurrentScore) && finite(s.MaxScore) {
		a.Score, a.MaxScore = s.CurrentScore, s.MaxScore
	}
	if theirs.Impact == nil {
		return a, "an anomaly without an impact"
	}
	for _, part := range []struct {
		to    *int64
		value float64
	}{
		{&a.Impact, theirs.Impact.TotalImpact}, {&a.MaxImpact, theirs.Impact.MaxImpact},
		{&a.Actual, aws.ToFloat64(theirs.Impact.TotalActualSpend)}, {&a.Expected, aws.ToFloat64(theirs.Impact.TotalExpectedSpend)},
	} {
		if *part.to, err = dollars(part.value); err != nil {
			return a, "an anomaly with an impact that " + err.Error()
		}
	}
	for _, c := range theirs.RootCauses {
		cause := Cause{Service: name(c.Service), Account: name(c.LinkedAccount), AccountName: name(c.LinkedAccountName), Region: name(c.Region), UsageType: name(c.UsageType)}
		if c.Impact != nil {
			cause.Contribution, _ = dollars(c.Impact.Contribution) // what is no number contributes nothing
		}
		a.Causes = append(a.Causes, cause)
	}
	slices.SortStableFunc(a.Causes, func(x, y Cause) int { return cmp.Compare(y.Contribution, x.Contribution) })
	return a, ""
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
