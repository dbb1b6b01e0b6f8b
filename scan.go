package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	civil "shipmate/bot/day"
	"shipmate/handlers/costs/detect"
)

// errInput is a mistake in what a command was given: its flags, or what it was to read. The program ends with 2 for it.
type errInput struct{ error }

func (e errInput) Unwrap() error { return e.error }

// scanOptions are the flags of costs scan.
type scanOptions struct {
	format     string
	days       string
	tags       []string
	minDollars float64
	asOf       string
	until      civil.Day // asOf; 0 is none
}

func (p program) costsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "costs", Short: "looks at cloud bills", Args: cobra.NoArgs}
	cmd.AddCommand(p.scanCommand())
	return cmd
}

func (p program) scanCommand() *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:   "scan FILE…",
		Short: "finds what is unusual in bills",
		Long: `Reads bills (FOCUS as CSV, gzipped CSV or Parquet, or AWS's Cost and Usage Report; files or folders of them), and judges what usage costs
by the day: in total, by account, service, region and usage type. Parts that never cost 1 a day are left to what they are part of. What is bought,
taxed, credited or corrected is no usage and not judged.

A CSV file with the columns day, series and amount is read, too; then each series is judged by itself.

In that CSV file a series whose name a spreadsheet would take for a formula begins with an apostrophe.

Each day is judged by earlier days only. The last days of a bill are often not complete yet: leave them out with --as-of.

Rows that cannot be used are counted by reason on the standard error, and in the last line of --format json. The exit code is 0 when the bills could be
read, whatever is in them, 2 when they or the flags could not, and 1 when something else went wrong.`,
		Example: `  shipmate costs scan bill.csv.gz
  shipmate costs scan exports/ --tag team --as-of 2026-11-21 --format json
  shipmate costs scan mine.csv --days verdicts.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.scan(cmd.Context(), args, o) },
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text, or json: one line for each event and a last one that sums up")
	cmd.Flags().StringVar(&o.days, "days", "", "writes what was thought of each day of each series to a CSV `file`; - is the standard output")
	cmd.Flags().StringSliceVar(&o.tags, "tag", nil, "`keys` of tags; what is tagged with each of their values is judged, too")
	cmd.Flags().Float64Var(&o.minDollars, "min-dollars", 10, "smallest excess of an event, in the currency's units a day")
	cmd.Flags().StringVar(&o.asOf, "as-of", "", "the last `day` that is looked at, as 2026-11-21")
	return cmd
}

// check reads the flags.
func (o *scanOptions) check() (err error) {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--format %q: it is text or json", o.format)
	}
	if !(o.minDollars > 0) || o.minDollars > 1e12 {
		return fmt.Errorf("--min-dollars %v: write an amount above 0", o.minDollars)
	}
	if o.days == "-" && o.format == "json" {
		return errors.New("--days - and --format json would both be written to the standard output")
	}
	if o.asOf != "" {
		if o.until, err = civil.Parse(o.asOf); err != nil {
			return fmt.Errorf("--as-of: %w", err)
		}
	}
	return nil
}

// scan reads the bills, judges their series and says what it found.
func (p program) scan(ctx context.Context, paths []string, o scanOptions) error {
	if err := o.check(); err != nil {
		return errInput{err}
	}
	in, err := p.readScan(ctx, paths, o)
	if err != nil {
		return err
	}
	p.showRejected(in.stats)
	days, closeDays, err := p.daysFile(o.days)
	if err != nil {
		return err
	}
	found, err := judgeAll(ctx, in, detect.Options{MinDollars: o.minDollars}, days)
	if err := errors.Join(err, closeDays()); err != nil {
		return err
	}
	report := newScanReport(in, found)
	if o.format == "json" {
		return report.json(p.out)
	}
	if o.days == "-" {
		return nil
	}
	_, err = p.out.Write([]byte(report.text()))
	return err
}

// daysFile opens what the verdicts are written to; nil when nobody wants them.
func (p program) daysFile(path string) (w *daysWriter, done func() error, err error) {
	switch path {
	case "":
		return nil, func() error { return nil }, nil
	case "-":
		w = newDaysWriter(bufio.NewWriter(p.out))
		return w, w.flush, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it says what the bill says
	if err != nil {
		return nil, nil, fmt.Errorf("writing --days: %w", err)
	}
	w = newDaysWriter(bufio.NewWriterSize(f, 1<<20))
	return w, func() error { return errors.Join(w.flush(), f.Close()) }, nil
}

// readScan reads all paths: bills, or series as they are.
func (p program) readScan(ctx context.Context, paths []string, o scanOptions) (*scanInput, error) {
	plain := 0
	for _, path := range paths {
		if isSeriesFile(path) {
			plain++
		}
	}
	switch {
	case plain == len(paths):
		return readSeriesFiles(paths, o.until)
	case plain > 0:
		return nil, errInput{fmt.Errorf("some of %s have the columns day, series and amount, others are bills: scan one kind at a time", strings.Join(paths, ", "))}
	}
	return p.readBills(ctx, paths, o)
}
