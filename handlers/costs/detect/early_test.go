package detect_test

import (
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/detect"
	"shipmate/sandbox/billsim"
)

// What is unusual before a day is complete is unusual when it is: on no day does an early look tell what the judgement of the same amount does not.
func TestEarlyIsNeverAheadOfTheJudgement(t *testing.T) {
	t.Parallel()
	seen := 0
	for seed := range uint64(60) {
		s := billsim.Series(seed, billsim.Development)
		d := detect.New(day.Of(s.First), detect.Options{})
		for i, amount := range s.Amounts {
			if i%5 == 4 {
				amount *= 1.4
			}
			early, verdict := d.Early(amount), d.Step(amount)
			if early.Flagged && !verdict.Flagged {
				t.Errorf("series %d, %s: %.0f is told early and not when the day is complete: %s", seed, verdict.Day, amount, verdict.Why())
			}
			if early.Flagged {
				seen++
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d early looks found anything", seen)
	}
}
