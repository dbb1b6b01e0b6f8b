package focus

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// A focusRow has the 44 columns of the official sample, FOCUS 1.0, as a Parquet export has them.
type focusRow struct {
	AvailabilityZone                                                                                       string `parquet:",dict,snappy"`
	BilledCost                                                                                             float64
	BillingAccountId, BillingAccountName, BillingCurrency                                                  string    `parquet:",dict,snappy"`
	BillingPeriodEnd, BillingPeriodStart                                                                   time.Time `parquet:",timestamp(microsecond),snappy"`
	ChargeCategory                                                                                         string    `parquet:",dict,snappy"`
	ChargeClass                                                                                            *string   `parquet:",optional,dict,snappy"`
	ChargeDescription, ChargeFrequency                                                                     string    `parquet:",dict,snappy"`
	ChargePeriodEnd, ChargePeriodStart                                                                     time.Time `parquet:",timestamp(microsecond),snappy"`
	CommitmentDiscountCategory, CommitmentDiscountId, CommitmentDiscountName                               *string   `parquet:",optional,dict,snappy"`
	CommitmentDiscountStatus, CommitmentDiscountType                                                       *string   `parquet:",optional,dict,snappy"`
	ConsumedQuantity                                                                                       float64   `parquet:",snappy"`
	ConsumedUnit                                                                                           string    `parquet:",dict,snappy"`
	ContractedCost, ContractedUnitPrice, EffectiveCost                                                     float64   `parquet:",snappy"`
	InvoiceIssuerName                                                                                      string    `parquet:",dict,snappy"`
	ListCost, ListUnitPrice                                                                                float64   `parquet:",snappy"`
	PricingCategory                                                                                        string    `parquet:",dict,snappy"`
	PricingQuantity                                                                                        float64   `parquet:",snappy"`
	PricingUnit, ProviderName, PublisherName, RegionId, RegionName, ResourceId, ResourceName, ResourceType string    `parquet:",dict,snappy"`
	ServiceCategory, ServiceName, SkuId, SkuPriceId, SubAccountId, SubAccountName                          string    `parquet:",dict,snappy"`
	Tags                                                                                                   map[string]string
}

// made is the i-th row of a made bill: 24 accounts, 30 services, 8 regions, 12 usage types each, hours of 90 days, 20,000 resources.
func made(r *rand.Rand) focusRow {
	account, service, region, usage := r.IntN(24), r.IntN(30), r.IntN(8), r.IntN(12)
	start := time.Date(2026, 7, 1+r.IntN(90), r.IntN(24), 0, 0, 0, time.UTC)
	cost := float64(r.IntN(1e9)) / 1e8
	return focusRow{
		AvailabilityZone: fmt.Sprintf("region-%da", region), BilledCost: cost, BillingAccountId: "1234567890123", BillingAccountName: "SunBird", BillingCurrency: "USD",
		BillingPeriodStart: time.Date(2026, start.Month(), 1, 0, 0, 0, 0, time.UTC), BillingPeriodEnd: time.Date(2026, start.Month()+1, 1, 0, 0, 0, 0, time.UTC),
		ChargeCategory: "Usage", ChargeDescription: fmt.Sprintf("$0.40 per million requests of type %d in region %d", usage, region), ChargeFrequency: "Usage-Based",
		ChargePeriodStart: start, ChargePeriodEnd: start.Add(time.Hour), ConsumedQuantity: cost * 7, ConsumedUnit: "Requests", ContractedCost: cost,
		ContractedUnitPrice: 0.5, EffectiveCost: cost, InvoiceIssuerName: "Amazon Web Services, Inc.", ListCost: cost, ListUnitPrice: 0.25, PricingCategory: "Standard",
		PricingQuantity: cost * 7, PricingUnit: "Requests", ProviderName: "AWS", PublisherName: "Amazon Web Services, Inc.", RegionId: fmt.Sprintf("region-%d", region),
		RegionName: fmt.Sprintf("Region %d", region), ResourceId: fmt.Sprintf("arn:aws:sqs:region-%d:347410479675:queue-%08d", region, r.IntN(20000)), ResourceName: "queue",
		ResourceType: "Queue", ServiceCategory: "Integration", ServiceName: fmt.Sprintf("Amazon Service %d", service), SkuId: fmt.Sprintf("SKU%02d%02d", service, usage),
		SkuPriceId: fmt.Sprintf("SKU%02d%02d.JRTCKXETXF", service, usage), SubAccountId: fmt.Sprintf("51738928%04d", account), SubAccountName: fmt.Sprintf("Account %d", account),
		Tags: map[string]string{"team": fmt.Sprintf("team-%d", account%7), "environment": "dev"},
	}
}

const madeHeader = "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass," +
	"ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory,CommitmentDiscountId,CommitmentDiscountName," +
	"CommitmentDiscountStatus,CommitmentDiscountType,ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,InvoiceIssuerName," +
	"ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName," +
	"ResourceType,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags\n"

func writeMadeCSV(to io.Writer, rows int) error {
	r := rand.New(rand.NewPCG(1, 2))
	w := bufio.NewWriterSize(to, 1<<20)
	w.WriteString(madeHeader)
	var b []byte
	text := func(s string) { b = append(append(append(b, '"'), s...), '"', ',') }
	null := func(n int) {
		for range n {
			b = append(b, "NULL,"...)
		}
	}
	number := func(f float64) { b = append(strconv.AppendFloat(b, f, 'f', 11, 64), ',') }
	at := func(t time.Time) { b = append(t.AppendFormat(append(b, '"'), time.DateTime), '"', ',') }
	for range rows {
		m := made(r)
		b = b[:0]
		text(m.AvailabilityZone)
		number(m.BilledCost)
		text(m.BillingAccountId)
		text(m.BillingAccountName)
		text(m.BillingCurrency)
		at(m.BillingPeriodEnd)
		at(m.BillingPeriodStart)
		text(m.ChargeCategory)
		null(1)
		text(m.ChargeDescription)
		text(m.ChargeFrequency)
		at(m.ChargePeriodEnd)
		at(m.ChargePeriodStart)
		null(5)
		number(m.ConsumedQuantity)
		text(m.ConsumedUnit)
		number(m.ContractedCost)
		number(m.ContractedUnitPrice)
		number(m.EffectiveCost)
		text(m.InvoiceIssuerName)
		number(m.ListCost)
		number(m.ListUnitPrice)
		text(m.PricingCategory)
		number(m.PricingQuantity)
		for _, s := range []string{m.PricingUnit, m.ProviderName, m.PublisherName, m.RegionId, m.RegionName, m.ResourceId, m.ResourceName, m.ResourceType, m.ServiceCategory,
			m.ServiceName, m.SkuId, m.SkuPriceId, m.SubAccountId, m.SubAccountName} {
			text(s)
		}
		b = append(b, `"{""team"": ""`...)
		b = append(b, m.Tags["team"]...)
		b = append(b, "\"\", \"\"environment\"\": \"\"dev\"\"}\"\n"...)
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return w.Flush()
}

func writeMadeParquet(to io.Writer, rows, group int) error {
	r := rand.New(rand.NewPCG(1, 2))
	w := parquet.NewGenericWriter[focusRow](to, parquet.MaxRowsPerRowGroup(int64(group)))
	buf := make([]focusRow, 0, 1000)
	for i := range rows {
		if buf = append(buf, made(r)); len(buf) == cap(buf) || i == rows-1 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return w.Close()
}

// madeFile is a made bill with as many rows as SHIPMATE_FOCUS_ROWS says, 100,000 without it. It is kept in the folder that SHIPMATE_FOCUS_MADE names,
// if any, because five million rows take minutes to make.
func madeFile(tb testing.TB, format string) (path string, rows int) {
	tb.Helper()
	rows = 100_000
	if n, err := strconv.Atoi(os.Getenv("SHIPMATE_FOCUS_ROWS")); err == nil {
		rows = n
	}
	folder := os.Getenv("SHIPMATE_FOCUS_MADE")
	if folder == "" {
		folder = tb.TempDir()
	}
	path = filepath.Join(folder, fmt.Sprintf("made-%d.%s", rows, format))
	if _, err := os.Stat(path); err == nil {
		return path, rows
	}
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if format == "csv" {
		err = writeMadeCSV(f, rows)
	} else {
		err = writeMadeParquet(f, rows, max(10_000, rows/10))
	}
	if closed := f.Close(); err != nil || closed != nil {
		tb.Fatal(err, closed)
	}
	return path, rows
}

// cpuTime is what this process has used of all cores, which says more than the clock on a machine that does other things, too.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRead reads a made bill. One of five million rows:
// SHIPMATE_FOCUS_ROWS=5000000 SHIPMATE_FOCUS_MADE=/var/tmp go test -run '^$' -bench Read -benchtime 1x ./integrations/focus
func BenchmarkRead(b *testing.B) {
	for _, format := range []string{"csv", "parquet"} {
		for _, tags := range [][]string{nil, {"team"}} {
			b.Run(fmt.Sprintf("%s/tags=%d", format, len(tags)), func(b *testing.B) {
				path, rows := madeFile(b, format)
				b.ReportAllocs()
				before := cpuTime(b)
				for b.Loop() {
					var sum int64
					s, err := Read(context.Background(), path, Options{Tags: tags}, func(c *Charge) error { sum += c.Effective; return nil })
					if err != nil || s.Rows != int64(rows) || s.RejectedRows() != 0 || sum == 0 {
						b.Fatalf("%+v, %v", s, err)
					}
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.Sys)/1e6, "MB-of-runtime")
				b.ReportMetric((cpuTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
