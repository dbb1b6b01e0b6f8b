package focus

import (
	"bytes"
	"context"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"shipmate/bot/day"
)

// parquetFile writes rows as Parquet.
func parquetFile[T any](t *testing.T, rows []T, group int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.MaxRowsPerRowGroup(group))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fixed is a decimal of 38 digits as 16 bytes.
func fixed(digits string) (b [16]byte) {
	n, _ := new(big.Int).SetString(digits, 10)
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	n.FillBytes(b[:])
	return b
}

// TestParquetTypes reads what writers make of times, numbers, missing values and tags.
func TestParquetTypes(t *testing.T) {
	type row struct {
		ChargePeriodStart time.Time         `parquet:"ChargePeriodStart,timestamp(nanosecond)"`
		ChargePeriodEnd   int32             `parquet:"ChargePeriodEnd,date"`
		ChargeCategory    string            `parquet:"ChargeCategory,enum,dict"`
		ChargeClass       *string           `parquet:"ChargeClass,optional"`
		BillingCurrency   *string           `parquet:"BillingCurrency,optional,dict"`
		EffectiveCost     [16]byte          `parquet:"EffectiveCost,decimal(18:38)"`
		BilledCost        int64             `parquet:"BilledCost,decimal(4:18)"`
		ServiceName       string            `parquet:"ServiceName,snappy"`
		SubAccountId      *int64            `parquet:"SubAccountId,optional"`
		ConsumedQuantity  *float32          `parquet:"ConsumedQuantity,optional"`
		Tags              map[string]string `parquet:"Tags"`
	}
	usd, correction, account, quantity := "usd", "Correction", int64(412093847561), float32(0.1)
	start := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	end := int32(day.Date(2026, 11, 2))
	rows := []row{
		{start, end, "Usage", nil, &usd, fixed("1234567890123456789012"), 99_0001, "a", &account, &quantity, map[string]string{"team": "net", "env": "prod"}},
		{start, end, "Usage", &correction, &usd, fixed("-400000000000"), -5, "b", nil, nil, nil},
		{start, end, "Usage", nil, nil, fixed("1"), 1, "no currency", nil, nil, map[string]string{}},
		{start, end, "Tax", nil, &usd, fixed("0"), 1, "c", nil, nil, map[string]string{"x": "y", "user:team": "web"}},
	}
	path := write(t, "bill.parquet", parquetFile(t, rows, 3))
	charges, s := all(t, path, Options{Tags: []string{"team"}})
	want := []Charge{
		{Day: day.Date(2026, 11, 1), Account: "412093847561", Service: "a", Category: Usage, Currency: "USD", Effective: 1_234_567_890, Billed: 99_000_100, Quantity: 0.1,
			Tags: []Tag{{"team", "net"}}},
		{Day: day.Date(2026, 11, 1), Service: "c", Category: Tax, Currency: "USD", Billed: 100, Tags: []Tag{{"team", "web"}}}, // of the second row group
		{Day: day.Date(2026, 11, 1), Service: "b", Category: Usage, Correction: true, Currency: "USD", Billed: -500, Tags: []Tag{{"team", ""}}},
	}
	byService := map[string]Charge{}
	for _, c := range charges {
		byService[c.Service] = c
	}
	for _, w := range want {
		if got := byService[w.Service]; !reflect.DeepEqual(got, w) {
			t.Errorf("%+v\nwant\n%+v", got, w)
		}
	}
	if s.Rows != 4 || s.Rejected[noCurrency.String()] != (Count{1, path + ", row 3"}) || len(s.Doubts) != 0 {
		t.Errorf("%+v", s)
	}
}

// TestOldTimes reads the 96-bit times of old writers, and times that are text.
func TestOldTimes(t *testing.T) {
	type row struct {
		ChargePeriodStart deprecated.Int96
		ChargePeriodEnd   string
		ChargeCategory    string
		BillingCurrency   string
		EffectiveCost     string
		ServiceName       string
	}
	noon := uint64(12 * time.Hour)
	start := deprecated.Int96{uint32(noon), uint32(noon >> 32), 2440588 + uint32(day.Date(2026, 11, 21))}
	charges, s := all(t, write(t, "bill.parquet", parquetFile(t, []row{{start, "2026-11-21T13:00:00Z", "Usage", "EUR", "1.25E1", "s"}}, 10)), Options{})
	if len(charges) != 1 || charges[0].Day != day.Date(2026, 11, 21) || charges[0].Effective != 12_500_000 {
		t.Errorf("%+v, %+v", charges, s)
	}
}

// TestSameInBothForms reads a made bill from CSV and from Parquet of many row groups, in which the rows are the same.
func TestSameInBothForms(t *testing.T) {
	const rows = 20_000
	var asCSV, asParquet bytes.Buffer
	if err := writeMadeCSV(&asCSV, rows); err != nil {
		t.Fatal(err)
	}
	if err := writeMadeParquet(&asParquet, rows, 3_000); err != nil {
		t.Fatal(err)
	}
	type kind struct {
		day                              day.Day
		account, service, region, usage  string
		team, currency, frequency, place string
	}
	read := func(path string) map[kind]int64 {
		sums := map[kind]int64{}
		charges, s := all(t, path, Options{Tags: []string{"team"}, Resources: true})
		for _, c := range charges {
			sums[kind{c.Day, c.Account, c.Service, c.Region, c.Usage, c.Tags[0].Value, c.Currency, c.Frequency, c.Resource}] += c.Effective
		}
		if s.Rows != rows || len(s.Rejected)+len(s.Doubts) != 0 {
			t.Errorf("%s: %+v", path, s)
		}
		return sums
	}
	one, other := read(write(t, "bill.csv", asCSV.Bytes())), read(write(t, "bill.parquet", asParquet.Bytes()))
	if len(one) != len(other) || len(one) < rows/2 {
		t.Errorf("%d and %d kinds", len(one), len(other))
	}
	for k, sum := range one {
		if off := sum - other[k]; off < -1 || off > 1 {
			t.Errorf("%+v: %d and %d", k, sum, other[k])
		}
	}
}

// TestDamagedParquet never panics, whatever byte of a file is another one.
func TestDamagedParquet(t *testing.T) {
	type row struct {
		ChargePeriodStart time.Time `parquet:"ChargePeriodStart,timestamp(millisecond)"`
		ChargeCategory    string    `parquet:"ChargeCategory,dict"`
		BillingCurrency   *string   `parquet:"BillingCurrency,optional"`
		EffectiveCost     float64
		ServiceName       string            `parquet:"ServiceName,delta"`
		Tags              map[string]string `parquet:"Tags"`
	}
	usd := "USD"
	var rows []row
	for i := range 20 {
		rows = append(rows, row{time.Date(2026, 11, 1+i, 0, 0, 0, 0, time.UTC), "Usage", &usd, float64(i), "s", map[string]string{"team": "net"}})
	}
	whole := parquetFile(t, rows, 10)
	path, refused, tried := write(t, "bill.parquet", whole), 0, 0
	for i := 0; i < len(whole); i += 5 {
		data := bytes.Clone(whole)
		data[i] ^= 1 << (i % 8)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		tried++
		if _, err := Read(context.Background(), path, Options{Tags: []string{"team"}}, func(*Charge) error { return nil }); err != nil {
			refused++
		}
	}
	if refused < tried/4 {
		t.Errorf("%d of %d damaged files were refused", refused, tried)
	}
	_, err := Read(context.Background(), write(t, "bill.parquet", whole[:len(whole)-20]), Options{}, nil)
	if err == nil || !strings.Contains(err.Error(), "damaged or cut short") {
		t.Errorf("a file that is cut short: %v", err)
	}
}
