package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs/attribute"
	"shipmate/handlers/costs/detect"
)

// A scanEvent is an event with what is needed to show it.
type scanEvent struct {
	detect.Event
	series    int       // index
	low, high float64   // the range on its last day
	excess    []float64 // by day, from First
	opened    civil.Day // the day on which it was known
	recent    []float64 // amounts of the 30 days up to its last one
}

// scanFound is what was found in all series.
type scanFound struct {
	events []scanEvent // by series, and by time
	days   int64       // judged
}

// judgedSeries is one series, day by day.
type judgedSeries struct {
	verdicts []detect.Verdict
	events   []detect.Event
}

// judgeAll judges all series, some of them at a time, and writes their days in order.
func judgeAll(ctx context.Context, in *scanInput, o detect.Options, days *daysWriter) (found scanFound, err error) {
	const together = 64
	for from := 0; from < len(in.series); from += together {
		part := in.series[from:min(from+together, len(in.series))]
		results := make([]judgedSeries, len(part))
		next := make(chan int)
		var all sync.WaitGroup
		for range min(runtime.GOMAXPROCS(0), len(part)) {
			all.Go(func() {
				for i := range next {
					results[i] = judgeSeries(part[i], o)
				}
			})
		}
		for i := range part {
			next <- i
		}
		close(next)
		all.Wait()
		if err := ctx.Err(); err != nil {
			return found, err
		}
		for i, r := range results {
			found.add(from+i, r)
			if err := days.write(part[i].name, r.verdicts); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

func judgeSeries(s scanSeries, o detect.Options) judgedSeries {
	first, amounts, fresh := s.amounts()
	o.New = fresh
	d := detect.New(first, o)
	j := judgedSeries{verdicts: make([]detect.Verdict, 0, len(amounts))}
	for _, amount := range amounts {
		j.verdicts = append(j.verdicts, d.Step(amount))
	}
	j.events = d.Events()
	return j
}

func (f *scanFound) add(series int, j judgedSeries) {
	f.days += int64(len(j.verdicts))
	for i, e := range j.events {
		out := scanEvent{Event: e, series: series, low: math.NaN(), high: math.NaN()}
		for _, v := range j.verdicts {
			if v.Day > e.Last {
				break
			}
			if v.Day > e.Last-30 {
				out.recent = append(out.recent, v.Actual)
			}
			if v.Day >= e.First {
				if out.opened == 0 && v.Event == i {
					out.opened = v.Day
				}
				excess := 0.0
				if v.Event == i || out.opened == 0 { // what comes before the day on which it was known was seen to belong to it then
					excess = v.Actual - v.Expected
				}
				if v.Event == i {
					out.low, out.high = v.Low, v.High
				}
				out.excess = append(out.excess, excess)
			}
		}
		f.events = append(f.events, out)
	}
}

// causes folds events of the tree that have one cause. Events of series that are no part of a tree are causes of their own. Members are indexes of
// events.
func (f *scanFound) causes(in *scanInput) (causes []attribute.Cause) {
	var nodes []attribute.NodeEvent
	var at []int
	for i, e := range f.events {
		s := in.series[e.series]
		if s.node.Source == "" {
			causes = append(causes, attribute.Cause{Members: []int{i}, Excess: e.Excess})
			continue
		}
		at = append(at, i)
		nodes = append(nodes, attribute.NodeEvent{Node: s.node, First: e.First, Opened: e.opened, Level: e.State == detect.NewLevel, Excess: e.excess})
	}
	for _, c := range attribute.Fold(nodes) {
		for i, m := range c.Members {
			c.Members[i] = at[m]
		}
		causes = append(causes, c)
	}
	return causes
}

// A daysWriter writes verdicts as CSV. A nil one writes nothing.
type daysWriter struct {
	buffer *bufio.Writer
	csv    *csv.Writer
	begun  bool
}

func newDaysWriter(w *bufio.Writer) *daysWriter { return &daysWriter{buffer: w, csv: csv.NewWriter(w)} }

func (w *daysWriter) write(series string, verdicts []detect.Verdict) error {
	if w == nil {
		return nil
	}
	if !w.begun {
		w.begun = true
		if err := w.csv.Write([]string{"day", "series", "actual", "expected", "low", "high", "score", "flagged"}); err != nil {
			return err
		}
	}
	series = noFormula(series)
	for _, v := range verdicts {
		fields := []string{v.Day.String(), series, number(v.Actual, 6), number(v.Expected, 6), number(v.Low, 6), number(v.High, 6), number(v.Score, 3),
			strconv.FormatBool(v.Flagged)}
		if err := w.csv.Write(fields); err != nil {
			return err
		}
	}
	return nil
}

// noFormula is a name that a spreadsheet takes for text: one that would begin a formula gets an apostrophe, as OWASP's "CSV Injection" has it.
func noFormula(name string) string {
	if name != "" && strings.ContainsRune("=+-@|%\t\r＝＋－＠", []rune(name)[0]) {
		return "'" + name
	}
	return name
}

func (w *daysWriter) flush() error {
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return err
	}
	return w.buffer.Flush()
}

// number writes a number with so many decimals, and nothing where there is none.
func number(f float64, decimals int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(f, 'f', decimals, 64)
}
