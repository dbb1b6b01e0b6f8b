package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"shipmate/handlers/costs"
	"shipmate/sandbox/billsim"
)

// demoChannel is the sandbox's channel that anomalies of the made-up bill are posted to.
const demoChannel = "C0FINOPS"

// demoBudgets are for the made-up bill: one that will be kept, and one that will not.
var demoBudgets = []costs.Budget{{Name: "the whole cloud", Month: 90_000}, {Name: "data platform", Account: "data-platform", Month: 22_000}}

// withDemoBill gives a sandbox's configuration a made-up bill to read, in which something happens. It ends the day before yesterday; one that is older is
// made anew, with what was thought of it.
func withDemoBill(cfg *Config, folder string, now time.Time) error {
	bill := filepath.Join(folder, "bill")
	last := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	mark := filepath.Join(folder, "bill-last-day.txt") // not in the folder of the bill, where it would be a file that is no bill
	if text, err := os.ReadFile(mark); err != nil || !recent(string(text), last) {
		if err := errors.Join(os.RemoveAll(bill), os.RemoveAll(billsDir(folder))); err != nil {
			return fmt.Errorf("the made-up bill: %w", err)
		}
		if err := writeDemoBill(bill, last); err != nil {
			return fmt.Errorf("the made-up bill: %w", err)
		}
		if err := os.WriteFile(mark, []byte(last.Format(time.DateOnly)), 0o600); err != nil {
			return fmt.Errorf("the made-up bill: %w", err)
		}
	}
	cfg.Costs.Channel = demoChannel
	cfg.Costs.Sources = []BillConfig{{Name: "aws", Files: bill, every: 2 * time.Second}}
	cfg.Costs.Budgets = demoBudgets
	cfg.Access.Operator = []string{"members"}
	return nil
}

// recent reports whether a made-up bill that ends on a day may still be shown.
func recent(day string, last time.Time) bool {
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(day))
	return err == nil && !at.Before(last.AddDate(0, 0, -1))
}

// writeDemoBill writes the bill as exports have it: a file for each month.
func writeDemoBill(folder string, last time.Time) (err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	bill := billsim.Demo(last)
	for from := 0; from < bill.Days; {
		month := bill.Day(from).Format("2006-01")
		to := from
		for to+1 < bill.Days && bill.Day(to+1).Format("2006-01") == month {
			to++
		}
		if err := writeMonth(filepath.Join(folder, "focus-"+month+".csv"), bill, from, to); err != nil {
			return err
		}
		from = to + 1
	}
	return nil
}

func writeMonth(path string, bill *billsim.Bill, from, to int) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(bill.WriteFOCUS(file, "1.2", from, to, bill.Days), file.Close()); err != nil {
		return err
	}
	made := bill.Day(to).AddDate(0, 0, 2) // as if it was there for long, so that it is read at once
	return os.Chtimes(path, made, made)
}
