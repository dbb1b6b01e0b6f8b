package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/sandbox/billsim"
)

// scanned is what a scan printed.
func scanned(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = run(context.Background(), append([]string{"costs", "scan"}, args...), os.Getenv, strings.NewReader(""), &stdout, &stderr)
	return stdout.String(), stderr.String(), err
}

// demoBill writes the bill of the demonstration, whose last day is 2026-11-26.
func demoBill(t *testing.T) string {
	t.Helper()
	bill := billsim.Demo(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC))
	path := filepath.Join(t.TempDir(), "bill.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(bill.WriteFOCUS(f, "1.2", 0, bill.Days-1, bill.Days+30), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// jsonLines takes the output of --format json apart.
func jsonLines(t *testing.T, out string) (events []jsonEvent, sum jsonSummary) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		var e jsonEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil || !sum.Summary {
		t.Fatalf("the last line is %s: %v", lines[len(lines)-1], err)
	}
	return events, sum
}

// TestScanFindsTheIncident scans a bill in which one usage type of one account has been dear for four days.
func TestScanFindsTheIncident(t *testing.T) {
	t.Parallel()
	path := demoBill(t)
	days := filepath.Join(t.TempDir(), "days.csv")
	out, said, err := scanned(t, path, "--format", "json", "--tag", "team", "--days", days)
	if err != nil || said != "" {
		t.Fatalf("%v, %s", err, said)
	}
	events, sum := jsonLines(t, out)
	if sum.RowsRead < 30_000 || len(sum.RowsRejected) != 0 || sum.Events != len(events) || sum.Causes > len(events) || sum.Last.String() != "2026-11-26" {
		t.Errorf("%+v", sum)
	}
	causes := map[string]int{}
	for _, e := range events {
		if e.First.String() == "2026-11-23" && e.State == "open" {
			causes[e.Series] = e.Cause
			if e.Days != 4 || *e.Excess < 1000 || *e.Actual < *e.Expected {
				t.Errorf("%+v", e)
			}
		}
	}
	leaf := "412093847561/AWS Data Transfer/eu-west-1/EU-NatGateway-Bytes"
	cause, ok := causes[leaf]
	if account, there := causes["412093847561/AWS Data Transfer"]; !ok || !there || account != cause {
		t.Errorf("the events that began on the 23rd: %v", causes)
	}
	if _, ok := causes["team=net"]; !ok {
		t.Errorf("the team's costs are not unusual: %v", causes)
	}
	checkDays(t, days, sum, leaf)
}

// checkDays holds the file of days against what the scan summed up.
func checkDays(t *testing.T, path string, sum jsonSummary, leaf string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "day,series,actual,expected,low,high,score,flagged" {
		t.Fatalf("%v, %v", rows[0], err)
	}
	series, flagged := map[string]bool{}, 0
	for _, row := range rows[1:] {
		series[row[1]] = true
		if row[1] == leaf && row[0] >= "2026-11-23" && row[7] == "true" {
			flagged++
		}
	}
	if int64(len(rows)-1) != sum.Days || len(series) != sum.Series || flagged != 4 {
		t.Errorf("%d rows of %d series, %d flagged; the summary has %+v", len(rows)-1, len(series), flagged, sum)
	}
}

// TestScanText shows what goes on first, with its range and a picture of it, and nothing of what is after --as-of.
func TestScanText(t *testing.T) {
	t.Parallel()
	path := demoBill(t)
	out, _, err := scanned(t, path)
	if err != nil {
		t.Fatal(err)
	}
	_, first, _ := strings.Cut(out, "\n\n")
	for _, want := range []string{"412093847561/AWS Data Transfer/eu-west-1/EU-NatGateway-Bytes\n", " a day against $", "2026-11-23 to 2026-11-26: $", "open since 2026-11-23; about $", "▁████\n", "with the same cause"} {
		if first, _, _ := strings.Cut(first, "\n\n"); !strings.Contains(first, want) {
			t.Errorf("%q is not in\n%s", want, first)
		}
	}
	if out, _, err = scanned(t, path, "--as-of", "2026-11-22"); err != nil || strings.Contains(out, "NatGateway") || !strings.Contains(out, "to 2026-11-22, 35706 rows") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestScanSeries judges series by themselves, whatever they are called.
func TestScanSeries(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Date,note,value,series\n")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 120 {
		high := 100 + float64(i%3)
		if i >= 100 && i < 103 {
			high = 300
		}
		day := start.AddDate(0, 0, i).Format(time.DateOnly)
		fmt.Fprintf(&b, "%s,,%v,a/b\n%s,x,%v,\"quiet, too\"\n", day, high, day, 50+float64(i%2))
	}
	b.WriteString("soon,,1,a/b\n2026-01-01,,much,a/b\n2026-01-01,,1,\n2026-01-01\n")
	path := filepath.Join(t.TempDir(), "series.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, err := scanned(t, path, "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	events, sum := jsonLines(t, out)
	if len(events) != 1 || events[0].Series != "a/b" || events[0].First.String() != "2026-04-11" || events[0].Days != 3 || events[0].Headline != "a/b" {
		t.Errorf("%+v", events)
	}
	want := map[string]int64{"day is no day": 1, "amount is no number": 1, "no series": 1, "fewer fields than the header": 1}
	if sum.RowsRead != 244 || sum.Series != 2 || sum.Days != 240 || !maps.Equal(sum.RowsRejected, want) {
		t.Errorf("%+v", sum)
	}
	if !strings.Contains(said, "1 of 244 rows not used: day is no day; the first is "+path+", line 242\n") {
		t.Errorf("it said %s", said)
	}
}

// TestScanRefuses says what is wrong with what it is given, with an error that makes the program end with 2 when it is the input.
func TestScanRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	series := file("series.csv", "day,series,cost\n2026-01-01,a,1\n")
	bill := file("bill.csv", "ChargePeriodStart,ChargeCategory,BillingCurrency,EffectiveCost,ServiceName\n2026-01-01,Usage,USD,x,s\n")
	for _, tt := range []struct {
		args  []string
		want  string
		input bool
	}{
		{[]string{filepath.Join(dir, "nowhere.csv")}, "no such file", true},
		{[]string{file("other.csv", "a,b\n1,2\n")}, "neither a FOCUS bill nor an AWS Cost and Usage Report", true},
		{[]string{file("half.csv", "ChargePeriodStart,ServiceName\n")}, "the columns ChargeCategory, BillingCurrency, EffectiveCost are missing", true},
		{[]string{bill}, "there is no usage in what was read", true},
		{[]string{file("none.csv", "day,series,cost\n")}, "no row that can be used", true},
		{[]string{bill, series}, "scan one kind at a time", true},
		{[]string{series, "--format", "xml"}, "text or json", true},
		{[]string{series, "--as-of", "today"}, "--as-of", true},
		{[]string{series, "--min-dollars", "-1"}, "--min-dollars", true},
		{[]string{series, "--days", filepath.Join(dir, "none", "days.csv")}, "writing --days", false},
		{[]string{series, "--days", "-", "--format", "json"}, "both", true},
	} {
		out, _, err := scanned(t, tt.args...)
		if err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
			t.Errorf("%v: %v, want %q; %s", tt.args, err, tt.want, out)
		}
		if input := errors.As(err, &errInput{}); input != tt.input {
			t.Errorf("%v: %v is about the input: %t", tt.args, err, input)
		}
	}
}

// TestScanCurrencies keeps currencies apart, and leaves out of the tree what never costs 1 a day.
func TestScanCurrencies(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("ChargePeriodStart,ChargeCategory,BillingCurrency,EffectiveCost,ServiceName,SubAccountId,RegionId,SkuMeter\n")
	for i := range 40 {
		day := time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		fmt.Fprintf(&b, "%s,Usage,USD,5,a/b,1,r,m\n%s,Usage,EUR,7,c,1,r,m\n%s,Usage,USD,0.5,small,1,r,m\n%s,Purchase,USD,900,d,1,r,m\n", day, day, day, day)
	}
	path := filepath.Join(t.TempDir(), "bill.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := scanned(t, path, "--days", "-")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	for _, row := range rows[1:] {
		last[row[1]] = row[2]
	}
	want := map[string]string{
		"EUR total": "7.000000", "EUR 1": "7.000000", "EUR 1/c": "7.000000", "EUR 1/c/r": "7.000000", "EUR 1/c/r/m": "7.000000",
		"USD total": "5.500000", "USD 1": "5.500000", "USD 1/a%2Fb": "5.000000", "USD 1/a%2Fb/r": "5.000000", "USD 1/a%2Fb/r/m": "5.000000",
	}
	if !maps.Equal(last, want) {
		t.Errorf("%v\nwant %v", slices.Sorted(maps.Keys(last)), slices.Sorted(maps.Keys(want)))
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[float64]string{0: "$0.00", 0.004: "$0.00", 9.999: "$10.00", 58.25: "$58.25", 99.99: "$99.99", 100: "$100", 1523: "$1,520", 11_449: "$11,400", 2_345_678: "$2,350,000", -12.5: "−$12.50"} {
		if got := money(amount, "USD"); got != want {
			t.Errorf("%v is %s, want %s", amount, got, want)
		}
	}
	if got := money(1523, "EUR"); got != "1,520 EUR" {
		t.Error(got)
	}
}
