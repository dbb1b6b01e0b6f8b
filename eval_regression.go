package main

import "math"

const (
	ridge     = 1.0 // strength of the pull towards 0
	fitRounds = 3000
)

// A regression is a logistic regression with one intercept for each repository.
type regression struct {
	columns [][]term // by row: which coefficients it has, and how much of each
	bad     []bool
	beta    []float64
	free    int    // coefficients from here on are intercepts: not pulled, of any sign
	lowers  []bool // coefficients that may not be positive; the others may not be negative
}

type term struct {
	column int
	part   float64
}

func newRegression(all []history, learnt []weightKey, label string) *regression {
	column := map[string]int{}
	r := &regression{beta: make([]float64, len(learnt)+len(all)), free: len(learnt), lowers: make([]bool, len(learnt))}
	for i, k := range learnt {
		column[k.name] = i
		r.lowers[i] = k.points < 0
	}
	for i, h := range all {
		older, _ := h.split()
		for _, p := range older {
			row := []term{{len(learnt) + i, 1}}
			for _, k := range p.fired {
				if c, ok := column[k.name]; ok {
					row = append(row, term{c, k.part})
				}
			}
			r.columns, r.bad = append(r.columns, row), append(r.bad, p.bad(label))
		}
	}
	return r
}

// run climbs the likelihood. Each coefficient's step is bounded by its part of the curvature, so that every round is an improvement.
func (r *regression) run() {
	curve := make([]float64, len(r.beta))
	for _, row := range r.columns {
		sum := 0.0
		for _, c := range row {
			sum += c.part
		}
		for _, c := range row {
			curve[c.column] += c.part * sum / 4
		}
	}
	slope := make([]float64, len(r.beta))
	for range fitRounds {
		clear(slope)
		for i, row := range r.columns {
			z := 0.0
			for _, c := range row {
				z += r.beta[c.column] * c.part
			}
			miss := float64(index(r.bad[i])) - 1/(1+math.Exp(-z))
			for _, c := range row {
				slope[c.column] += miss * c.part
			}
		}
		for k := range r.beta {
			pull := ridge
			if k >= r.free {
				pull = 0
			}
			r.beta[k] += (slope[k] - pull*r.beta[k]) / (curve[k] + pull + 1e-9)
			if k < r.free {
				r.beta[k] = signed(r.beta[k], r.lowers[k])
			}
		}
	}
}

// signed keeps a coefficient on its side of 0.
func signed(v float64, lowers bool) float64 {
	if lowers {
		return min(v, 0)
	}
	return max(v, 0)
}
