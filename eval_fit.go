package main

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"shipmate/handlers/pulls"
)

// A weightKey is one weight of the configuration.
type weightKey struct {
	name   string // as in config.yaml
	field  int    // of pulls.Weights
	points int
}

// keyPoints is a weight that had a part in the points of a pull request.
type keyPoints struct {
	name string
	part float64 // 1, or 0.5 where the signal halves it
}

func (p past) has(key string) bool {
	return slices.ContainsFunc(p.fired, func(k keyPoints) bool { return k.name == key })
}

// bounds are the fields of Weights that are no points.
var bounds = []string{"cross_cutting_from", "medium", "high"}

// weightKeys lists the weights that are points, in the order of the fields.
func weightKeys(w pulls.Weights) (keys []weightKey) {
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if v.Field(i).Kind() == reflect.Int && !slices.Contains(bounds, name) {
			keys = append(keys, weightKey{name, i, int(v.Field(i).Int())})
		}
	}
	return keys
}

// probe is what the first weight of probeWeights is: even, and more than all halves of them.
const probe = 1000

// probeWeights are weights that are all different, whole or halved, so that the points of a reason tell which weight they are of.
func probeWeights() pulls.Weights {
	w := pulls.DefaultWeights()
	v := reflect.ValueOf(&w).Elem()
	for i, key := range weightKeys(w) {
		v.Field(key.field).SetInt(int64(probe + 2*i))
	}
	return w
}

// firedKeys reads the weights that had a part in facts computed with probeWeights.
func firedKeys(f pulls.Facts) (fired []keyPoints) {
	keys := weightKeys(pulls.DefaultWeights())
	for _, r := range f.Risk.Reasons {
		whole, half := (r.Points-probe)/2, r.Points-probe/2
		switch {
		case whole >= 0 && whole < len(keys) && r.Points%2 == 0:
			fired = append(fired, keyPoints{keys[whole].name, 1})
		case half >= 0 && half < len(keys):
			fired = append(fired, keyPoints{keys[half].name, 0.5})
		}
	}
	return fired
}

// score adds up points as pulls.Compute does, from 0 to 10.
func score(fired []keyPoints, points map[string]int) int {
	sum := 0
	for _, k := range fired {
		if k.part == 1 {
			sum += points[k.name]
		} else {
			sum += points[k.name] / 2
		}
	}
	return min(max(sum, 0), 10)
}

// A FitReport is a proposal for weights.
type FitReport struct {
	Label   string         `json:"label"`
	Weights []FittedWeight `json:"weights"`
	// Newer is how they do on the newer 40 % of each repository, beside today's.
	Newer []FitOutcome `json:"newer"`
}

// A FittedWeight is one proposed weight.
type FittedWeight struct {
	Key   string  `json:"key"`
	Now   int     `json:"now"`
	Then  int     `json:"then"`
	Beta  float64 `json:"beta"`  // natural logarithm of the odds ratio, the other signals being equal
	Fires int     `json:"fires"` // in the older part
	Kept  bool    `json:"kept"`  // too rare to learn from: today's value stays
}

// FitOutcome is how weights do on pull requests that they were not fitted on.
type FitOutcome struct {
	Repository string `json:"repository"`
	Label      string `json:"label"`
	Now        Range  `json:"now"`
	Then       Range  `json:"then"`
	Size       Range  `json:"size"`
}

const (
	leastFires = 30 // of a weight that is learnt
	leastBad   = 5  // bad ones among them
)

// fitReport fits the weights on the older parts of all histories.
func fitReport(all []history, w pulls.Weights, label string) *FitReport {
	keys := weightKeys(w)
	var learnt []weightKey
	fires := map[string]int{}
	bad := map[string]int{}
	for _, h := range all {
		older, _ := h.split()
		for _, p := range older {
			for _, k := range p.fired {
				fires[k.name]++
				if p.bad(label) {
					bad[k.name]++
				}
			}
		}
	}
	for _, k := range keys {
		if fires[k.name] >= leastFires && (bad[k.name] >= leastBad || k.points < 0) {
			learnt = append(learnt, k)
		}
	}
	r := newRegression(all, learnt, label)
	r.run()
	report := &FitReport{Label: label}
	points := map[string]int{}
	for _, k := range keys {
		f := FittedWeight{Key: k.name, Now: k.points, Then: k.points, Fires: fires[k.name], Kept: true}
		if i := slices.Index(learnt, k); i >= 0 {
			f.Beta, f.Kept = r.beta[i], false
		}
		report.Weights = append(report.Weights, f)
		points[k.name] = k.points
	}
	report.round(all, points)
	report.outcomes(all, points)
	return report
}

// round chooses how much of a coefficient is a point: what separates the older parts best. Of equal ones, the one with the smallest points.
func (f *FitReport) round(all []history, points map[string]int) {
	best, bestArea := 0.0, -1.0
	for unit := 1.0; unit >= 0.1; unit -= 0.05 {
		f.convert(unit, points)
		sum := 0.0
		for _, h := range all {
			older, _ := h.split()
			s := sampleOf(older, f.Label, func(p past) float64 { return float64(score(p.fired, points)) })
			if a := s.area(); !math.IsNaN(a) {
				sum += a
			}
		}
		if sum > bestArea+1e-4 {
			best, bestArea = unit, sum
		}
	}
	f.convert(best, points)
}

// convert writes the coefficients as points of unit each, from -10 to 10.
func (f *FitReport) convert(unit float64, points map[string]int) {
	for i, w := range f.Weights {
		if !w.Kept {
			f.Weights[i].Then = int(min(max(math.Round(w.Beta/unit), -10), 10))
			points[w.Key] = f.Weights[i].Then
		}
	}
}

// outcomes compares the weights with today's where they were not fitted.
func (f *FitReport) outcomes(all []history, points map[string]int) {
	for _, h := range all {
		_, newer := h.split()
		for _, label := range labels {
			if n := countBad(newer, label); n == 0 || n == len(newer) {
				continue
			}
			f.Newer = append(f.Newer, FitOutcome{
				Repository: h.name, Label: label,
				Now:  figuresOf(sampleOf(newer, label, func(p past) float64 { return float64(p.points) })).Area,
				Then: figuresOf(sampleOf(newer, label, func(p past) float64 { return float64(score(p.fired, points)) })).Area,
				Size: figuresOf(sampleOf(newer, label, func(p past) float64 { return float64(p.lines) })).Area,
			})
		}
	}
}

func (f *FitReport) write(b *strings.Builder) {
	fmt.Fprintf(b, "proposed weights, fitted on what was %s in the older 60 %% of all:\n\npulls:\n  risk:\n", f.Label)
	for _, w := range f.Weights {
		note := fmt.Sprintf("now %d; log-odds %+.2f, fired %d times", w.Now, w.Beta, w.Fires)
		if w.Kept {
			note = fmt.Sprintf("kept: fired %d times, too rarely with trouble to learn from", w.Fires)
		}
		fmt.Fprintf(b, "    %-22s # %s\n", fmt.Sprintf("%s: %d", w.Key, w.Then), note)
	}
	b.WriteString("\non the newer 40 %, area under the curve: today's weights, the proposed ones, size alone\n")
	for _, o := range f.Newer {
		fmt.Fprintf(b, "  %-34s %-9s %s   %s   %s\n", o.Repository, o.Label, o.Now, o.Then, o.Size)
	}
}
