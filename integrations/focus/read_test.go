package focus

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
)

// all reads a bill, with copies of its charges.
func all(t *testing.T, path string, o Options) (charges []Charge, s Stats) {
	t.Helper()
	s, err := Read(context.Background(), path, o, func(c *Charge) error {
		kept := *c
		kept.Tags = slices.Clone(c.Tags)
		charges = append(charges, kept)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return charges, s
}

// write makes a file in a folder of its own.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestQuirks reads a file with what the official sample and exports of AWS and Azure are peculiar in.
func TestQuirks(t *testing.T) {
	charges, s := all(t, "testdata/quirks.csv", Options{Tags: []string{"team", "application", "n"}, Resources: true})
	if s.Rows != 4 || len(s.Rejected) != 0 || len(s.Doubts) != 0 || s.Charges != 33 || s.Files != 1 {
		t.Fatalf("%+v", s)
	}
	tags := func(team, application, n string) []Tag {
		return []Tag{{"team", team}, {"application", application}, {"n", n}}
	}
	want := []Charge{
		{Day: day.Date(2024, 9, 18), Provider: "AWS", Account: "51738928782", AccountName: "Atlas Nimbus", Service: "Amazon Simple Queue Service", Region: "us-west-2",
			Usage: "G95FST5FTYV3JSRX", Resource: "arn:aws:sqs:us-west-2:1:q", Category: Usage, Frequency: "Usage-Based", Currency: "USD", Effective: 0, Billed: 1, Quantity: 2,
			Unit: "Requests", Tags: tags("", "", "")},
		{Day: day.Date(2024, 9, 18), Provider: "Microsoft", Account: "777", AccountName: "Payer", Service: "Virtual Machines", Region: "East US",
			Usage: "a line break in a field", Category: Usage, Frequency: "Usage-Based", Currency: "USD", Effective: 12_500_000, Quantity: 100, Unit: "GB",
			Tags: tags("net", "Bright é", "3")},
		{Day: day.Date(2024, 9, 1), Provider: "AWS", Account: "51738928782", AccountName: "Atlas Nimbus", Service: "Credits", Usage: "A credit", Category: Credit,
			Frequency: "One-Time", Currency: "USD", Effective: -4_250_000, Billed: -4_250_000, Tags: tags("", "", "")},
		{Day: day.Date(2024, 9, 1), Provider: "AWS", Account: "51738928782", AccountName: "Atlas Nimbus", Service: "AWS Support", Region: "eu-west-1", Usage: "SUP",
			Category: Usage, Correction: true, Frequency: "Recurring", Currency: "USD", Effective: 999_999, Billed: 1_000_000, Quantity: 24, Unit: "Hours", Tags: tags("", "", "")},
	}
	for i := range want {
		if !reflect.DeepEqual(charges[i], want[i]) {
			t.Errorf("charge %d:\n%+v\nwant\n%+v", i, charges[i], want[i])
		}
	}
	sum := int64(0)
	for i, c := range charges[3:] {
		sum += c.Effective
		if c.Day != day.Date(2024, 9, 1+i) || c.Quantity != 24 || c.Billed != 1_000_000 {
			t.Errorf("day %d of the monthly fee: %+v", i, c)
		}
	}
	if sum != 29_999_999 {
		t.Errorf("the days of the monthly fee add up to %d", sum)
	}
}

func TestRejected(t *testing.T) {
	charges, s := all(t, "testdata/rejected.csv", Options{})
	var used []string
	for _, c := range charges {
		used = append(used, c.Service)
	}
	if !slices.Equal(used, []string{"good", "good, too"}) {
		t.Errorf("used %q", used)
	}
	want := map[string]Count{}
	for line, why := range map[int]reason{
		3: noDay, 4: badDay, 5: absurdDay, 6: badEnd, 7: endBeforeStart, 8: longPeriod, 9: noCategory, 10: unknownCategory, 11: noCurrency,
		12: badCurrency, 13: noAmount, 14: badAmount, 16: badBilled, 17: absurdAmount, 19: fewFields, 20: manyFields, 21: badQuotes,
	} {
		want[why.String()] = Count{1, fmt.Sprintf("testdata/rejected.csv, line %d", line)}
	}
	for _, why := range []reason{badAmount, absurdAmount} { // twice each
		c := want[why.String()]
		c.Rows++
		want[why.String()] = c
	}
	if !maps.Equal(s.Rejected, want) {
		t.Errorf("rejected\n%v\nwant\n%v", s.Rejected, want)
	}
	if s.Rows != 21 || s.RejectedRows() != 19 {
		t.Errorf("%d of %d rows rejected", s.RejectedRows(), s.Rows)
	}
	if len(want) != int(reasons)-1 {
		t.Errorf("%d of %d reasons are tried", len(want), reasons-1)
	}
}

const good = "ChargePeriodStart,ChargeCategory,BillingCurrency,EffectiveCost,BilledCost,ServiceName,Tags\n"

// TestForms reads the same bill in the forms that a CSV file can have.
func TestForms(t *testing.T) {
	plain := good + "2026-11-01,Usage,USD,1.5,2,\"a;b\",NULL\n2026-11-02,Usage,USD,2.5,2,c,NULL\n"
	for name, data := range map[string][]byte{
		"plain":           []byte(plain),
		"gzip":            zipped(t, []byte(plain)),
		"carriage return": []byte(strings.ReplaceAll(plain, "\n", "\r\n")),
		"no last newline": []byte(strings.TrimSuffix(plain, "\n")),
		"byte order mark": []byte("\xef\xbb\xbf" + plain),
		"semicolons":      []byte(strings.ReplaceAll(strings.ReplaceAll(plain, "a;b", "a_b"), ",", ";")),
		"tabs":            []byte(strings.ReplaceAll(plain, ",", "\t")),
		"snake case":      []byte(strings.Replace(plain, "ChargePeriodStart", "charge_period_start", 1)),
		"blank lines":     []byte("\n" + strings.ReplaceAll(plain, "\n", "\n\n")),
	} {
		charges, s := all(t, write(t, "bill", data), Options{Tags: []string{"team"}})
		if len(charges) != 2 || charges[0].Effective != 1_500_000 || charges[1].Day != day.Date(2026, 11, 2) || s.RejectedRows() != 0 {
			t.Errorf("%s: %+v, %+v", name, charges, s)
		}
	}
}

func TestNoBill(t *testing.T) {
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"two columns missing": {[]byte("ChargePeriodStart,ChargeCategory,ServiceName,Tags\n"), "the columns BillingCurrency, EffectiveCost are missing; export the bill as FOCUS"},
		"report without cost": {[]byte("line_item_usage_start_date,line_item_line_item_type,line_item_currency_code\n"), "the columns line_item_unblended_cost, line_item_product_code are missing; export the bill as AWS CUR 2.0"},
		"another table":       {[]byte("a,b\n1,2\n"), "neither a FOCUS bill nor an AWS Cost and Usage Report"},
		"empty":               {nil, "the file is empty"},
		"UTF-16":              {[]byte("\xff\xfeC\x00h\x00"), "save the file as UTF-8"},
		"workbook":            {[]byte("PK\x03\x04rest"), "unpack it, or save it as CSV"},
		"cut gzip":            {zipped(t, []byte(good+strings.Repeat("2026-11-01,Usage,USD,1.5,2,s,\n", 9999)))[:150], "cut short"},
		"cut parquet":         {[]byte("PAR1 and no more"), "damaged or cut short"},
	} {
		path := write(t, "bill.csv", tt.data)
		_, err := Read(context.Background(), path, Options{}, func(*Charge) error { return nil })
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestBlocks reads a file of many blocks, with quotes and line breaks at their borders, and counts lines right.
func TestBlocks(t *testing.T) {
	var b strings.Builder
	b.WriteString(good)
	line, badLine, sum := 1, 0, int64(0)
	for i := range 40_000 {
		service := fmt.Sprintf("\"service\n%d, \"\"quoted\"\" %s\"", i%7, strings.Repeat("x", i%50))
		amount := fmt.Sprintf("%d.%06d", i%90, i)
		line++
		if i == 35_000 {
			amount, badLine = "none", line
		} else {
			sum += int64(i%90)*1_000_000 + int64(i)
		}
		fmt.Fprintf(&b, "2026-11-01,Usage,USD,%s,0,%s,\"{\"\"team\"\":\"\"t%d\"\"}\"\n", amount, service, i%3)
		line++ // the break in the name
	}
	path := write(t, "bill.csv", []byte(b.String()))
	var got int64
	i := 0
	s, err := Read(context.Background(), path, Options{Tags: []string{"team"}}, func(c *Charge) error {
		got += c.Effective
		if i == 35_000 {
			i++
		}
		if want := fmt.Sprintf("t%d", i%3); c.Tags[0].Value != want {
			return fmt.Errorf("row %d has team %q", i, c.Tags[0].Value)
		}
		i++
		return nil
	})
	if err != nil || got != sum || s.Rows != 40_000 {
		t.Errorf("%d, want %d; %+v, %v", got, sum, s, err)
	}
	if want := (Count{1, fmt.Sprintf("%s, line %d", path, badLine)}); s.Rejected[badAmount.String()] != want {
		t.Errorf("rejected %v, want %v", s.Rejected, want)
	}
}

// TestStrayQuote costs one row, not the rest of the file.
func TestStrayQuote(t *testing.T) {
	row := "2026-11-01,Usage,USD,1,1,service,NULL\n"
	for _, stray := range []string{"2026-11-01,Usage,USD,1,1,\"never closed,NULL\n", "\"\n", "2026-11-01,Usage,USD,1,1,\"a\"b,NULL\n"} {
		path := write(t, "bill.csv", []byte(good+strings.Repeat(row, 100)+stray+strings.Repeat(row, 200_000)))
		_, s := all(t, path, Options{})
		if s.Rows-s.RejectedRows() < 200_100-2 || s.RejectedRows() < 1 || s.RejectedRows() > 3 {
			t.Errorf("%q: %d rows, %v", stray, s.Rows, s.Rejected)
		}
	}
}

// TestCarry adds up what is far below a millionth.
func TestCarry(t *testing.T) {
	var b strings.Builder
	b.WriteString(good)
	for i := range 50_000 {
		fmt.Fprintf(&b, "2026-11-%02d,Usage,USD,0.0000004,-0.00000015,s%d,\n", 1+i%10, i/10%2)
	}
	got := map[string][2]int64{}
	charges, _ := all(t, write(t, "bill.csv", []byte(b.String())), Options{})
	for _, c := range charges {
		sum := got[c.Service+c.Day.String()]
		got[c.Service+c.Day.String()] = [2]int64{sum[0] + c.Effective, sum[1] + c.Billed}
	}
	if len(got) != 20 {
		t.Fatalf("%d sums", len(got))
	}
	for kind, sum := range got { // 2,500 rows each
		if sum != [2]int64{1000, -375} {
			t.Errorf("%s: %v millionths, want 1000 and -375", kind, sum)
		}
	}
}

func TestStop(t *testing.T) {
	path := write(t, "bill.csv", []byte(good+strings.Repeat("2026-11-01,Usage,USD,1,1,service,NULL\n", 300_000)))
	stop := errors.New("enough")
	if s, err := Read(context.Background(), path, Options{}, func(*Charge) error { return stop }); !errors.Is(err, stop) || s.Charges != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Read(ctx, path, Options{}, func(*Charge) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || s.Rows == 300_000 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestPeriods tells which days a charge belongs to.
func TestPeriods(t *testing.T) {
	head := "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,BillingCurrency,EffectiveCost,ServiceName\n"
	for _, tt := range []struct {
		start, end, category string
		want                 string // first day, number of days
	}{
		{"2026-11-01T23:30:00Z", "2026-11-02T00:30:00Z", "Usage", "2026-11-01 1"},
		{"2026-11-01T01:00:00+02:00", "2026-11-01T02:00:00+02:00", "Usage", "2026-10-31 1"},
		{"2026-10-25", "2026-10-26T01:00:00", "Usage", "2026-10-25 1"}, // a day of 25 hours
		{"2026-11-01", "2026-11-03", "Usage", "2026-11-01 2"},
		{"2026-11-01T12:00:00Z", "2026-11-03T12:00:00Z", "Usage", "2026-11-01 3"},
		{"2026-11-01", "2026-11-01", "Usage", "2026-11-01 1"},
		{"2026-11-01", "", "Usage", "2026-11-01 1"},
		{"2026-11-01", "2026-12-01", "Tax", "2026-11-01 1"},
		{"2024-11-01", "2027-11-01", "Purchase", "2024-11-01 1"},
		{"2024-01-01", "2025-01-01", "Usage", "2024-01-01 366"},
	} {
		charges, _ := all(t, write(t, "bill.csv", fmt.Appendf(nil, "%s%s,%s,%s,USD,-10.000001,s\n", head, tt.start, tt.end, tt.category)), Options{})
		var sum int64
		for i, c := range charges {
			sum += c.Effective
			if c.Day != charges[0].Day+day.Day(i) {
				t.Errorf("%+v: charge %d is of %s", tt, i, c.Day)
			}
		}
		if got := fmt.Sprint(charges[0].Day, len(charges)); got != tt.want || sum != -10_000_001 {
			t.Errorf("%s to %s: %s, sum %d; want %s", tt.start, tt.end, got, sum, tt.want)
		}
	}
}

func TestReadFolder(t *testing.T) {
	row := func(d int) []byte { return fmt.Appendf(nil, "%s2026-11-%02d,Usage,USD,%d,1,s,\n", good, d, d) }
	root := t.TempDir()
	for name, data := range map[string][]byte{
		"billing_period=2026-11/part-0.csv":     row(1),
		"billing_period=2026-11/part-1.csv.gz":  zipped(t, row(2)),
		"billing_period=2026-12/a.csv":          row(3),
		"billing_period=2026-12/a.csv.tmp":      row(4),
		"billing_period=2026-12/again.csv":      row(3),
		"billing_period=2026-12/b.csv":          row(7),
		"contracts.csv":                         []byte("ContractId,ContractCommitmentCost\n1,2\n"),
		"billing_period=2026-12/.b.csv":         row(5),
		"billing_period=2026-12/manifest.json":  []byte("{}"),
		"billing_period=2026-12/_temp/part.csv": row(6),
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	charges, s := all(t, root, Options{})
	var days []int
	for _, c := range charges {
		days = append(days, c.Day.OfMonth())
	}
	if !slices.Equal(days, []int{1, 2, 3, 7}) || s.Files != 4 {
		t.Errorf("days %v of %d files", days, s.Files)
	}
	want := []Ignored{
		{"billing_period=2026-12/.b.csv", "hidden or temporary"}, {"billing_period=2026-12/_temp/", "hidden or temporary"},
		{"billing_period=2026-12/a.csv.tmp", "being written"}, {"billing_period=2026-12/manifest.json", "no .csv, .csv.gz or .parquet"},
		{"billing_period=2026-12/again.csv", "the same as billing_period=2026-12/a.csv"}, {"contracts.csv", "no bill"},
	}
	if !slices.Equal(s.Ignored, want) {
		t.Errorf("ignored %v", s.Ignored)
	}
	if _, err := Read(context.Background(), t.TempDir(), Options{}, nil); err == nil || !strings.Contains(err.Error(), "has no bill") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestDoubts(t *testing.T) {
	path := write(t, "bill.csv", []byte("ChargePeriodStart,ChargeCategory,BillingCurrency,EffectiveCost,ServiceName,Tags,ConsumedQuantity,ChargeClass\n"+
		"2026-11-01,Usage,USD,1,s,team: net,many,Maybe\n"))
	charges, s := all(t, path, Options{Tags: []string{"team"}})
	first := path + ", line 2"
	want := map[string]Count{"tags are no JSON object": {1, first}, "quantity is no number": {1, first}, "unknown charge class": {1, first}}
	if len(charges) != 1 || !maps.Equal(s.Doubts, want) || s.RejectedRows() != 0 {
		t.Errorf("%+v, %+v", charges, s)
	}
}

func TestInstants(t *testing.T) {
	at := func(s string) int64 {
		tm, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return tm.Unix()
	}
	for s, want := range map[string]int64{
		"2024-09-18": at("2024-09-18T00:00:00Z"), "2024-02-29 22:00:00": at("2024-02-29T22:00:00Z"), "2024-09-18T22:30Z": at("2024-09-18T22:30:00Z"),
		"2024-09-18T22:00:01.123456Z": at("2024-09-18T22:00:01Z"), "2024-09-18T22:00:00+05:30": at("2024-09-18T16:30:00Z"),
		"2024-09-18T22:00:00-0800": at("2024-09-19T06:00:00Z"), "2024-09-18 24:00:00 UTC": at("2024-09-19T00:00:00Z"),
	} {
		if got, ok := parseInstant([]byte(s)); !ok || got != want {
			t.Errorf("%q: %d %t, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "2024-9-1", "2023-02-29", "2024-13-01", "2024-00-10", "2024-09-31", "18/09/2024", "2024-09-18X", "2024-09-18T25:00:00Z", "2024-09-18T22:00:00+99:00", "2024-09-18T22:00:00Zulu", "٢٠٢٤-٠٩-١٨"} {
		if got, ok := parseInstant([]byte(s)); ok {
			t.Errorf("%q is %d", s, got)
		}
	}
}
