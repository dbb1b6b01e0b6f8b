package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"shipmate/bot"
	civil "shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/focus"
)

// trimmed is a ledger's series from its first day with a cost on, in units of the currency.
func trimmed(s ledger.Series) (first civil.Day, amounts []float64, fresh bool) {
	first = s.From
	begun := false
	for i, micro := range s.Micro {
		if !begun && micro == 0 {
			first++
			continue
		}
		fresh = fresh || !begun && slices.Contains(s.Known[:i], true)
		begun = true
		amount := math.NaN()
		if s.Known[i] {
			amount = float64(micro) / 1e6
		}
		amounts = append(amounts, amount)
	}
	return first, amounts, fresh
}

// seriesColumns finds the columns of a plain file of series in its header.
func seriesColumns(header []string) (dayAt, nameAt, amountAt int, ok bool) {
	dayAt, nameAt, amountAt = -1, -1, -1
	for i, name := range header {
		switch strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) {
		case "day", "date":
			dayAt = i
		case "series":
			nameAt = i
		case "amount", "cost", "value":
			amountAt = i
		}
	}
	return dayAt, nameAt, amountAt, dayAt >= 0 && nameAt >= 0 && amountAt >= 0
}

// isSeriesFile looks at the first row.
func isSeriesFile(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 4096)
	n, _ := io.ReadFull(f, start)
	header, err := csv.NewReader(bytes.NewReader(start[:n])).Read()
	_, _, _, ok := seriesColumns(header)
	return err == nil && ok
}

// A plainFile is what files of day, series and amount say.
type plainFile struct {
	until  civil.Day
	in     *scanInput
	series map[string]map[civil.Day]float64
}

// readSeriesFiles reads files with the columns day (or date), series and amount (or cost, value).
func readSeriesFiles(paths []string, until civil.Day) (*scanInput, error) {
	f := &plainFile{until: until, in: &scanInput{last: -1}, series: map[string]map[civil.Day]float64{}}
	for _, path := range paths {
		if err := f.read(path); err != nil {
			return nil, errInput{fmt.Errorf("reading %s: %w", path, err)}
		}
		f.in.stats.Files++
	}
	if len(f.series) == 0 {
		return nil, errInput{errors.New("there is no row that can be used in what was read")}
	}
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		amounts := f.series[name]
		first, last := slices.Min(slices.Collect(maps.Keys(amounts))), slices.Max(slices.Collect(maps.Keys(amounts)))
		if f.in.last < f.in.first || first < f.in.first {
			f.in.first = first
		}
		f.in.last = max(f.in.last, last)
		f.in.series = append(f.in.series, scanSeries{name: name, amounts: func() (civil.Day, []float64, bool) {
			out := make([]float64, last-first+1)
			for i := range out {
				amount, ok := amounts[first+civil.Day(i)]
				if !ok {
					amount = math.NaN()
				}
				out[i] = amount
			}
			return first, out, false
		}})
	}
	return f.in, nil
}

func (f *plainFile) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.ReuseRecord, r.FieldsPerRecord = true, -1
	header, err := r.Read()
	if err != nil {
		return err
	}
	dayAt, nameAt, amountAt, _ := seriesColumns(header)
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return nil
		}
		line, _ := r.FieldPos(0)
		why := "quotes do not match"
		if err == nil {
			why = f.row(fields, dayAt, nameAt, amountAt)
		} else if !errors.As(err, new(*csv.ParseError)) {
			return err
		}
		f.in.stats.Rows++
		if why != "" {
			place := fmt.Sprintf("%s, line %d", path, line)
			f.in.stats.Add(focus.Stats{Rejected: map[string]focus.Count{why: {Rows: 1, First: place}}})
		}
	}
}

// longestSeries is how long the name of a series may be, in bytes.
const longestSeries = 1000

// row takes one row, and says why it cannot be used. Rows of the same day and series are added up.
func (f *plainFile) row(fields []string, dayAt, nameAt, amountAt int) (why string) {
	if len(fields) <= max(dayAt, nameAt, amountAt) {
		return "fewer fields than the header"
	}
	d, err := civil.Parse(strings.TrimSpace(fields[dayAt]))
	if err != nil {
		return "day is no day"
	}
	if d < civil.Date(1970, 1, 1) || d > civil.Date(2100, 12, 31) {
		return "day is before 1970 or after 2100"
	}
	amount, err := strconv.ParseFloat(strings.TrimSpace(fields[amountAt]), 64)
	switch {
	case err != nil || math.IsNaN(amount):
		return "amount is no number"
	case math.Abs(amount) > 1e12:
		return "amount beyond 1,000,000,000,000"
	}
	name := bot.CleanLine(fields[nameAt])
	switch {
	case name == "":
		return "no series"
	case len(name) > longestSeries:
		return "series has a name of more than 1,000 bytes" // it is written once for each day
	}
	if f.until != 0 && d > f.until {
		f.in.after++
		return ""
	}
	if f.series[name] == nil {
		f.series[name] = map[civil.Day]float64{}
	}
	f.series[name][d] += amount
	return ""
}
