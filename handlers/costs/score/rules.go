package score

import (
	"math"
	"slices"
)

// A Rule is how another tool decides, day by day, whether a day costs too much. All of them judge complete days here, whatever they do at home, and only
// rises count.
type Rule struct {
	Name   string
	Source string // where the rule is written
	Least  int    // days of history before it judges
	most   int    // days of history that it looks at
	flags  func(history []float64, today float64) bool
}

// Rules are the rules of others, with the thresholds that each ships with unless its comment says otherwise.
func Rules() []Rule {
	return []Rule{
		{"OptScale 1.3 x 7 d", "hystax/optscale: default expense_anomaly constraint, threshold 30 %, threshold_days 7", 7, 7, optScale},
		{"Kubecost 1.5 x 30 d, $10", "docs.kubecost.com, alerts: spendChange with window 1d, baselineWindow 30d", 30, 30, kubecost},
		{"SundaySky 14 d, three gates", "SundaySky/cost-anomaly-detector: find_anomalies, CAD_conf.yml", 15, 15, sundaySky},
		{"moneypenny 30 d, 2 sd", "emicklei/moneypenny: project/anomaly.go, project/cmd.go", 30, 30, moneypenny},
		{"s3u median/MAD 14 d", "s3u/aws-cost-anomalies: analysis/anomalies.py, sensitivity medium", 5, 13, s3u},
		{"same-weekday MAD", "common practice; limit of Iglewicz and Hoaglin, 1993", 28, 56, sameWeekday},
	}
}

// Events are what the rule finds in a series.
func (r Rule) Events(amounts []float64) []Event {
	flagged := make([]bool, len(amounts))
	for i := r.Least; i < len(amounts); i++ {
		flagged[i] = r.flags(amounts[max(0, i-r.most):i], amounts[i])
	}
	return Runs(flagged)
}

// optScale: more than 30 % above the mean of the last seven days.
func optScale(history []float64, today float64) bool { return today > 1.3*mean(history) }

// kubecost: a relative change of more than a threshold against the mean of the days before. The documentation's example has 20 %; 50 % and a least excess
// of $10 are what somebody tired of its noise would set.
func kubecost(history []float64, today float64) bool {
	m := mean(history)
	return today > 1.5*m && today-m >= 10
}

// sundaySky: at least four standard deviations above the mean, more than a quarter above it, and at least $10. The day before is left out of the history.
func sundaySky(history []float64, today float64) bool {
	m, sd := meanDeviation(history[:len(history)-1])
	return today >= m+4*sd && today > 1.25*m && today >= 10
}

// moneypenny: more than a quarter above the mean, more than $10, and more than two standard deviations. The last compares the day itself and not its
// distance from the mean, as the source does.
func moneypenny(history []float64, today float64) bool {
	m, sd := meanDeviation(history)
	return today > 1.25*m && today > 2*sd && today > 10
}

// s3u: a modified z-score of at least 2.5, or a Theil-Sen slope which over the window makes at least 20 % of the median; days under $1 are left out.
func s3u(history []float64, today float64) bool {
	if today < 1 {
		return false
	}
	m, mad := medianDeviation(history)
	if z := .6745 * (today - m) / mad; mad >= 1e-10 && z >= 2.5 || mad < 1e-10 && today-m > 1 {
		return true
	}
	window := append(slices.Clone(history), today)
	return m > 1 && theilSen(window)*float64(len(window))/m >= .2
}

// sameWeekday: a modified z-score above 3.5 among the last eight days of the same weekday, and at least $10 above their median.
func sameWeekday(history []float64, today float64) bool {
	var same []float64
	for i := len(history) - 7; i >= 0; i -= 7 {
		same = append(same, history[i])
	}
	m, mad := medianDeviation(same)
	return today-m >= 10 && .6745*(today-m) > 3.5*mad
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// meanDeviation is the mean with the standard deviation of a sample.
func meanDeviation(x []float64) (m, sd float64) {
	m = mean(x)
	for _, v := range x {
		sd += (v - m) * (v - m)
	}
	return m, math.Sqrt(sd / float64(len(x)-1))
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// medianDeviation is the median with the median of the distances from it.
func medianDeviation(x []float64) (m, mad float64) {
	m = median(x)
	distances := make([]float64, len(x))
	for i, v := range x {
		distances[i] = math.Abs(v - m)
	}
	return m, median(distances)
}

// theilSen is the median of the slopes between all pairs of days.
func theilSen(x []float64) float64 {
	var slopes []float64
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			slopes = append(slopes, (x[j]-x[i])/float64(j-i))
		}
	}
	return median(slopes)
}
