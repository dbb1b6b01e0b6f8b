package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"shipmate/bot/day"
)

// A course says the same as the series of each time, and its changes are the differences between one time and the next.
func TestCourse(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		l := New([]string{"team"})
		for hour := range 24 {
			if r.IntN(3) == 0 {
				continue
			}
			b := batch(t, fmt.Sprint("o", r.IntN(4)), at(hour))
			for range r.IntN(5) {
				c := randomCharge(r)
				_ = b.Add(&c)
			}
			if _, err := l.Apply(b.Encode()); err != nil {
				t.Fatal(err)
			}
		}
		all := l.Heard("aws")
		times := slices.DeleteFunc(slices.Clone(all), func(time.Time) bool { return r.IntN(4) == 0 }) // what is left out is part of the next step
		if len(times) == 0 {
			continue
		}
		steps := l.Times("aws", times)
		begin := r.IntN(len(times))
		for _, node := range l.Nodes(0) {
			followed(t, l, steps.Course(node, d1, d1+6, begin), node, times[begin:])
		}
		for i := begin; i+1 < len(times); i++ {
			for _, rev := range l.Diff(times[i], times[i+1]) {
				if from, to, ok := steps.Moved(i); !ok || rev.Day < from || rev.Day > to {
					t.Fatalf("seed %d: %s of %s moved, but Moved says %s to %s, %v", seed, rev.Day, rev.Node, from, to, ok)
				}
			}
		}
		if _, _, ok := steps.Moved(len(times) - 1); ok {
			t.Fatal("something moved after the last time")
		}
	}
}

// followed checks a course of the days d1 to d1+6 at all times.
func followed(t *testing.T, l *Ledger, c *Course, node Node, times []time.Time) {
	t.Helper()
	for i, asOf := range times {
		if i > 0 {
			var want []day.Day
			for _, rev := range l.Diff(times[i-1], asOf) {
				if rev.Node == node {
					want = append(want, rev.Day)
				}
			}
			if got := c.Next(); !slices.Equal(got, want) {
				t.Fatalf("%s at %s: %v moved, want %v", node, asOf, got, want)
			}
		}
		for d, micro := range l.Series(node, d1, d1+6, asOf).Micro {
			if got := c.On(d1 + day.Day(d)); got != micro {
				t.Fatalf("%s on %s as of %s: %d, want %d", node, d1+day.Day(d), asOf, got, micro)
			}
		}
	}
	if c.On(d1-1) != 0 || c.On(d1+7) != 0 {
		t.Error("a course says something of days that it does not follow")
	}
}

func TestWide(t *testing.T) {
	t.Parallel()
	const most, least = int64(1<<63 - 1), int64(-1 << 63)
	for _, c := range []struct {
		add  []int64
		want int64
	}{
		{nil, 0}, {[]int64{5, -7}, -2}, {[]int64{most, 1}, most}, {[]int64{most, most, -most}, most}, {[]int64{most, 5, -7}, most - 2}, {[]int64{least, -1}, least}, {[]int64{least, least, most, most, 3}, 1},
	} {
		var w wide
		for _, v := range c.add {
			w.add(v)
		}
		if got := w.value(); got != c.want {
			t.Errorf("%v: %d, want %d", c.add, got, c.want)
		}
	}
}
