package main

import (
	"testing"

	"shipmate/sandbox/billsim"
)

// The causes of whole bills are told once each, as far as a few bills show.
func TestFoldingOfBills(t *testing.T) {
	t.Parallel()
	r := foldReport(billsim.Development, 4)
	t.Logf("%+v, %.2f messages a cause", r, r.PerCause())
	if r.Causes < 10 || r.PerCause() > 1.1 || r.Headlines*10 < r.Single*9 {
		t.Errorf("folded: %+v, %.2f messages a cause", r, r.PerCause())
	}
	if r.ToldCauses*100 < r.Causes*95 || r.ToldOthers*2 > r.Others {
		t.Errorf("told unasked: %+v", r)
	}
}
