package detect_test

import (
	"fmt"
	"reflect"
	"testing"

	"shipmate/handlers/costs/detect"
)

// A clone, and a detector that rested, judge as if nothing had happened; the one that was cloned does not change.
func TestCloneAndRest(t *testing.T) {
	t.Parallel()
	amounts := with(with(flat, 150, 160, 2), 180, 181, 3).series(260)
	plain, rested := detect.New(monday, detect.Options{}), detect.New(monday, detect.Options{})
	for i, a := range amounts {
		before := plain.Clone()
		events, ahead := before.Events(), before.Clone().Forecast(30)
		v, other := plain.Step(a), rested.Step(a)
		rested.Rest()
		if again := before.Clone().Step(a); !same(v, other) || !same(v, again) {
			t.Fatalf("day %d: %+v, rested %+v, cloned %+v", i, v, other, again)
		}
		if !reflect.DeepEqual(events, before.Events()) || fmt.Sprint(ahead) != fmt.Sprint(before.Clone().Forecast(30)) {
			t.Fatalf("day %d: the clone has changed", i)
		}
	}
	if len(plain.Events()) != 2 || !reflect.DeepEqual(plain.Events(), rested.Events()) {
		t.Errorf("%+v, rested %+v", plain.Events(), rested.Events())
	}
}
