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

// What is charged on one day of each month and on no other is told once.
func TestAMonthlyChargeAlone(t *testing.T) {
	t.Parallel()
	for date, most := range map[int]int{1: 2, 6: 3, 28: 4} { // other days than the first are known from the second time on
		d := detect.New(day.Date(2025, 1, 1), detect.Options{New: true})
		var early int
		for at := day.Date(2025, 1, 1); at < day.Date(2026, 6, 1); at++ {
			amount := 0.
			if at.OfMonth() == date && at > day.Date(2025, 2, 10) {
				amount = 640
			}
			if at == day.Date(2026, 4, date) {
				amount = 2000
			}
			if v := d.Early(amount); v.Flagged {
				early++
			}
			d.Step(amount)
		}
		if n := len(d.Events()); n < 1 || n > most || early != n || d.Events()[n-1].Actual != 2000 {
			t.Errorf("on day %d of each month: %d events (%d early), want at most %d, the last of them the one of 2,000: %+v", date, n, early, most, d.Events())
		}
	}
}
