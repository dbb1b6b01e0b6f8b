package ledger

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"shipmate/integrations/focus"
	"shipmate/state/segments"
)

func TestExpired(t *testing.T) {
	l := New(nil)
	segment := func(object string, hour int, charges ...focus.Charge) string {
		data := batch(t, object, at(hour), charges...).Encode()
		if _, err := l.Apply(data); err != nil {
			t.Fatal(err)
		}
		s, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		return s.Name()
	}
	old := segment("old", 1, usage(d1, "1", "ec2", "box", 1))
	emptied := segment("emptied", 1, usage(d1, "1", "ec2", "box", 1), usage(d1+9, "1", "ec2", "box", 1))
	v1 := segment("new", 2, usage(d1+8, "1", "ec2", "box", 1))
	segment("emptied", 500, usage(d1, "1", "ec2", "box", 1))
	segment("new", 300, usage(d1+8, "1", "ec2", "box", 2))
	segment("new", 600, usage(d1+8, "1", "ec2", "box", 3))
	want := []string{emptied, old, v1}
	slices.Sort(want)
	if got := l.Expired(d1+5, at(550)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := l.Expired(d1, at(0)); len(got) != 0 {
		t.Errorf("nothing is old, but: %q", got)
	}
}

// What News calls none changes nothing, and what changes something is news.
func TestNews(t *testing.T) {
	named := usage(d1, "1", "ec2", "box", 5)
	named.AccountName = "prod"
	none := func() []focus.Charge { return nil }
	tests := []struct {
		name string
		next func() []focus.Charge
		hour int
		want bool
	}{
		{"the same", func() []focus.Charge { return []focus.Charge{named, usage(d1+1, "1", "s3", "bytes", 1)} }, 50, false},
		{"the same, without the name", func() []focus.Charge {
			return []focus.Charge{usage(d1, "1", "ec2", "box", 5), usage(d1+1, "1", "s3", "bytes", 1)}
		}, 50, false},
		{"another amount", func() []focus.Charge { return []focus.Charge{named, usage(d1+1, "1", "s3", "bytes", 2)} }, 50, true},
		{"a day less", func() []focus.Charge { return []focus.Charge{named} }, 50, true},
		{"a key more", func() []focus.Charge {
			return []focus.Charge{named, usage(d1+1, "1", "s3", "bytes", 1), usage(d1, "2", "s3", "bytes", 1)}
		}, 50, true},
		{"nothing", none, 50, true},
		{"older", none, 20, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New([]string{"team"})
			say(t, l, "a", at(30), named, usage(d1+1, "1", "s3", "bytes", 1))
			s, err := Decode(batch(t, "a", at(tt.hour), tt.next()...).Encode())
			if err != nil {
				t.Fatal(err)
			}
			if got := l.News(s); got != tt.want {
				t.Errorf("got %v", got)
			}
			c, err := l.Take(s)
			if (err != nil || c.Cells > 0) != tt.want {
				t.Errorf("taken: %+v, %v", c, err)
			}
			if l.News(s) && err == nil {
				t.Error("it is still news")
			}
		})
	}
}

// What is kept in a folder gives the same ledger again: each segment that is news is added under its name, and they are loaded in order of the names.
func TestKept(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	dir := t.TempDir()
	folder, err := segments.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	before := New(nil)
	for _, spoken := range randomHistory(r) {
		for again := range 2 { // the second time it is no news
			keep(t, folder, before, batch(t, spoken.object, spoken.asOf.Add(time.Duration(again)*time.Minute), spoken.charges...).Encode())
		}
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	if folder, err = segments.Open(dir); err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	after := New(nil)
	files, err := folder.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := folder.Read(t.Context(), f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := after.Apply(data); err != nil {
			t.Fatal(err)
		}
	}
	nodes := before.Nodes(0)
	if len(nodes) < 10 || !slices.Equal(nodes, after.Nodes(0)) {
		t.Errorf("nodes: %v, then %v", nodes, after.Nodes(0))
	}
	for _, n := range nodes {
		for d := d1; d < d1+6; d++ {
			if a, b := before.History(n, d), after.History(n, d); !slices.Equal(a, b) {
				t.Errorf("%s on %s: %v, then %v", n, d, a, b)
			}
		}
	}
}

// keep adds a segment to a folder and to a ledger, if it is news.
func keep(t *testing.T, folder *segments.Store, l *Ledger, data []byte) {
	t.Helper()
	s, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if !l.News(s) {
		return
	}
	if err := folder.Add(t.Context(), s.Name(), data); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Take(s); err != nil {
		t.Fatal(err)
	}
}

// Without the segments that have expired, loaded in the order of their names, the days that are kept are the same as of the times that are kept.
func TestExpiredAreNotMissed(t *testing.T) {
	dropped := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := randomHistory(r)
		whole := New(nil)
		var list []*Segment
		for _, spoken := range n {
			s, err := Decode(batch(t, spoken.object, spoken.asOf, spoken.charges...).Encode())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := whole.Take(s); err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
		keep, since := d1+3, n[len(n)/2].asOf
		expired := whole.Expired(keep, since)
		dropped += len(expired)
		list = slices.DeleteFunc(list, func(s *Segment) bool { return slices.Contains(expired, s.Name()) })
		slices.SortFunc(list, func(a, b *Segment) int { return cmp.Compare(a.Name(), b.Name()) })
		part := New(nil)
		for _, s := range list {
			if _, err := part.Take(s); err != nil {
				t.Fatal(err)
			}
		}
		for _, spoken := range n[len(n)/2:] {
			for _, node := range whole.Nodes(0) {
				got, want := part.Series(node, keep, keep+3, spoken.asOf).Micro, whole.Series(node, keep, keep+3, spoken.asOf).Micro
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, %s as of %s: %v, want %v", seed, node, spoken.asOf, got, want)
				}
			}
		}
	}
	if dropped < 50 {
		t.Errorf("only %d segments expired", dropped)
	}
}

// Readers see a ledger before or after a segment, never in between.
func TestReadersWhileApplying(t *testing.T) {
	l := New(nil)
	say(t, l, "a", at(1), usage(d1, "1", "ec2", "box", 1), usage(d1, "2", "s3", "bytes", 1))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 200 {
				parts := int64(0)
				shares, _ := l.By("account", all, d1, d1, time.Time{})
				for _, s := range shares {
					parts += s.Total
				}
				if len(shares) != 2 || parts != shares[0].Total*2 {
					t.Errorf("torn: %+v", shares)
					return
				}
				l.Nodes(1)
				l.Curve("aws", time.Time{})
				l.Sources()
			}
		})
	}
	for hour := range 100 {
		amount := float64(2 + hour)
		say(t, l, "a", at(2+hour), usage(d1, "1", "ec2", "box", amount), usage(d1, "2", "s3", "bytes", amount))
	}
	wg.Wait()
}
