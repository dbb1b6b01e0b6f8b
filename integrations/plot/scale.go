package plot

import (
	"math"

	"shipmate/bot"
)

const steps = 5 // between the lines of the grid, about

// scale chooses the vertical axis: from zero, or below where amounts are negative, in steps that people count in. It reports false when there
// is no value.
func (p *picture) scale() bool {
	low, high, any := 0.0, 0.0, false
	take := func(values []bot.ChartValue) {
		for _, v := range values {
			if v != nil {
				low, high, any = min(low, *v), max(high, *v), true
			}
		}
	}
	if p.chart.Stacked {
		above, below := stacks(p.chart)
		take(above)
		take(below)
	} else {
		for _, s := range p.chart.Series {
			take(s.Values)
		}
		take(p.chart.Low)
		take(p.chart.High)
	}
	if !any {
		return false
	}
	if high == low {
		high = 1
	}
	p.step = niceStep((high - low) / steps)
	p.low = math.Floor(low/p.step) * p.step
	p.high = math.Ceil(high/p.step) * p.step
	return true
}

// niceStep is the next 1, 2, 2.5 or 5 times a power of ten.
func niceStep(rough float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if rough <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// stacks are the sums of each day's positive and of its negative amounts.
func stacks(c bot.Chart) (above, below []bot.ChartValue) {
	above, below = make([]bot.ChartValue, len(c.Days)), make([]bot.ChartValue, len(c.Days))
	for _, s := range c.Series {
		for i, v := range s.Values {
			if v == nil {
				continue
			}
			side := above
			if *v < 0 {
				side = below
			}
			sum := *v
			if side[i] != nil {
				sum += *side[i]
			}
			side[i] = &sum
		}
	}
	return above, below
}
