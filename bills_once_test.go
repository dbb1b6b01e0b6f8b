package main

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTheSameQuestionCostsOnce(t *testing.T) {
	var o onceAWhile[int]
	now, asked := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), 0
	fails := errors.New("used up")
	ask := func(question string, err error) int {
		got, _ := o.get(question, now, func() (int, error) { asked++; return asked, err })
		return got
	}
	if ask("a", fails) != 1 || ask("a", nil) != 2 || ask("a", nil) != 2 || ask("b", nil) != 3 || ask("a", fails) != 2 {
		t.Errorf("asked %d times, want an answer kept, and no error", asked)
	}
	now = now.Add(keepAnswer)
	if ask("a", nil) != 4 {
		t.Error("an old answer is given again")
	}
	for i := range 10 * mostAnswers {
		ask(fmt.Sprint(i), nil)
	}
	if len(o.said) > mostAnswers {
		t.Errorf("%d answers are kept", len(o.said))
	}
}
