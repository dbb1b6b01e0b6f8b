package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	protocol "shipmate/handlers/costs/score"
	"shipmate/sandbox/billsim"
)

func TestEvalCosts(t *testing.T) {
	t.Parallel()
	ask := func(args ...string) string {
		t.Helper()
		var out, log bytes.Buffer
		if err := run(t.Context(), append([]string{"eval", "costs"}, args...), os.Getenv, nil, &out, &log); err != nil {
			t.Fatalf("%v\n%s", err, log.String())
		}
		return out.String()
	}
	var r CostsReport
	if err := json.Unmarshal([]byte(ask("--split", "shifted", "--series", "6", "--ablations", "--format", "json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Lag != 2 || r.Must < 6 || len(r.Rows) != 10 {
		t.Fatalf("lag %d, %d to be found, %d rows", r.Lag, r.Must, len(r.Rows))
	}
	ours := r.Rows[0].Figures
	if ours.Precision.Value < .6 || ours.Recall.Value < .8 || ours.Messages.Value < 1 || ours.Messages.Value > 1.3 || ours.Recall.Low > ours.Recall.Value || ours.Recall.High < ours.Recall.Value {
		t.Errorf("the detector's figures are %+v", ours)
	}
	for _, row := range r.Rows[4:] {
		if row.Figures.F1.Value <= 0 || row.Figures.F1.Value >= ours.F1.Value || row.Source == "" {
			t.Errorf("%s (%s) has F1 %.2f; the detector %.2f", row.Name, row.Source, row.Figures.F1.Value, ours.F1.Value)
		}
	}
	if one := r.Attribution.Single; one.Incidents == 0 || one.Explained < one.Incidents/2 || one.First < one.Explained/2 || one.Three < one.First {
		t.Errorf("attribution: %+v", one)
	}
	// The alerts that there would be without the ledger's rules show that there were charges to be misled by.
	if o := r.OneOffs; o.Alerts != 0 || o.Naive < o.Bills || o.Charges < 10*o.Bills {
		t.Errorf("one-offs: %+v", o)
	}
	text := ask("--series", "2")
	for _, want := range []string{"test split: 2 series of a year", "precision", ">= .90", "\nshipmate ", "\nsame-weekday MAD ", "Attribution, of 1 whole bills", "raised 0 alerts"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, args := range [][]string{{"--format", "xml"}, {"--split", "secret"}, {"--series", "0"}, {"--series", "10001"}} {
		if err := run(t.Context(), append([]string{"eval", "costs"}, args...), os.Getenv, nil, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

// A charge that nothing keeps apart is an alert, so that none is proof of the ledger's rules and not of a test that sees nothing.
func TestNewEvents(t *testing.T) {
	t.Parallel()
	b := &billsim.Bill{First: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Days: 200, OneOffs: []billsim.OneOff{{Day: 150, Category: "Purchase", Account: "a"}}}
	final := make([]float64, b.Days)
	for i := range final {
		final[i] = 100 + float64(i%3)
	}
	final[120] = 300 // in both
	with := slices.Clone(final)
	with[150] = 5000
	if got := newEvents(b, final, with); !slices.Equal(got, []int{150}) || !oneOffOn(b, "a", 150) || oneOffOn(b, "b", 150) {
		t.Errorf("new events on days %v", got)
	}
	if got := newEvents(b, final, final); got != nil {
		t.Errorf("between a series and itself: %v", got)
	}
}

// The replay ends with each day judged once and, without late data, at its final amount.
func TestReplay(t *testing.T) {
	t.Parallel()
	for split, off := range map[billsim.Split]float64{billsim.Test: 1e-5, billsim.Shifted: .2} {
		b := billsim.Tree(3, split)
		judged, err := replay(b)
		if err != nil {
			t.Fatal(err)
		}
		for account, amounts := range judged {
			final, _ := accountAmounts(b, account)
			if len(amounts) != b.Days {
				t.Fatalf("%s %s: %d days of %d", split, account, len(amounts), b.Days)
			}
			wrong := 0
			for i := range final {
				if d := amounts[i]/final[i] - 1; d > off || d < -off {
					wrong++
				}
			}
			if wrong > 8 { // those that were restated
				t.Errorf("%s %s: %d days are not what they were in the end", split, account, wrong)
			}
		}
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		r      protocol.Range
		digits int
		want   string
	}{
		{protocol.Range{Value: .971, Low: .9, High: 1}, 2, ".97 .90-1.00"},
		{protocol.Range{Value: 4, Low: 0, High: 12}, 0, "4 0-12"},
		{protocol.Range{}, 2, ".00 .00-.00"},
	} {
		if got := narrow(tt.r, tt.digits); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.r, got, tt.want)
		}
	}
}
