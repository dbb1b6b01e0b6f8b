package attribute

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// nodeEvent is "a1/EC2/eu 5 100 120": a node or "total", the first day and the excess by day; behind it "level", or "opened" and a day.
func nodeEvent(t *testing.T, s string) NodeEvent {
	t.Helper()
	s, opened, _ := strings.Cut(s, " opened ")
	s, level := strings.CutSuffix(s, " level")
	f := strings.Fields(s)
	e := NodeEvent{Node: ledger.Node{Source: "aws", Currency: "USD"}}
	for i, part := range strings.Split(strings.TrimPrefix(f[0], "total"), "/") {
		*[]*string{&e.Node.Account, &e.Node.Service, &e.Node.Region, &e.Node.Usage}[i] = part
	}
	numbers := make([]float64, len(f)-1)
	for i, n := range f[1:] {
		var err error
		if numbers[i], err = strconv.ParseFloat(n, 64); err != nil {
			t.Fatal(err)
		}
	}
	e.First, e.Excess, e.Level = day.Day(numbers[0]), numbers[1:], level
	if n, err := strconv.Atoi(opened); err == nil {
		e.Opened = day.Day(n)
	}
	return e
}

// folded is a line for each cause: the node and day that name it, the headline, the members and the excess.
func folded(causes []Cause) string {
	name := func(n ledger.Node) string {
		s := strings.Trim(strings.Join([]string{n.Account, n.Service, n.Region, n.Usage}, "/"), "/")
		if n.Account == "" && n.Service != "" {
			s = "*/" + s
		}
		return s
	}
	var lines []string
	for _, c := range causes {
		lines = append(lines, fmt.Sprintf("%s@%d is %s %v %.0f", name(c.ID.Node), c.ID.First, name(c.Headline), c.Members, c.Excess))
	}
	return strings.Join(lines, "; ")
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ events, want string }{
		"none":                       {"", ""},
		"one":                        {"a/VPC/eu/nat 3 100", "a/VPC/eu/nat@3 is a/VPC/eu/nat [0] 100"},
		"a chain on one day":         {"total 3 101, a 3 103, a/VPC 3 99, a/VPC/eu/nat 3 100", "a/VPC/eu/nat@3 is a/VPC/eu/nat [0 1 2 3] 101"},
		"the parent a day later":     {"a 4 110 160, a/VPC/eu/nat 3 60 100 150", "a/VPC/eu/nat@3 is a/VPC/eu/nat [0 1] 310"},
		"the child a day later":      {"a 3 60 100 150, a/VPC/eu/nat 4 95 150", "a@3 is a/VPC/eu/nat [0 1] 310"},
		"something new below":        {"a 3 60 260 260, a/VPC/eu/nat 3 60 60 60, a/S3/eu/bytes 4 200 200", "a/VPC/eu/nat@3 is a/VPC/eu/nat [0 1] 180; a/S3/eu/bytes@4 is a/S3/eu/bytes [2] 400"},
		"something else above":       {"a 5 1000 1000, a/VPC/eu/nat 3 60 60 60 60", "a/VPC/eu/nat@3 is a/VPC/eu/nat [1] 240; a@5 is a [0] 1880"},
		"usage types of a service":   {"a/EC2 3 100, a/EC2/eu/x 3 40, a/EC2/eu/y 3 35, a/EC2/us/x 3 20", "a/EC2/eu/x@3 is a/EC2 [0 1 2 3] 100"},
		"usage types without parent": {"a/EC2/eu/x 3 40 40, a/EC2/eu/y 4 35", "a/EC2/eu/x@3 is a/EC2/eu [0 1] 115"},
		"a new cluster":              {"a 3 110, a/EC2 3 60, a/EBS 3 30, a/ELB 3 20", "a/EBS@3 is a [0 1 2 3] 110"},
		"two accounts":               {"total 3 110, a/EC2 3 60, b/S3 3 50", "a/EC2@3 is a/EC2 [0 1] 60; b/S3@3 is b/S3 [2] 50"},
		"a service in all accounts":  {"total 3 120 120, a/EC2 3 40 40, b/EC2 3 40 40, c/EC2 4 40", "a/EC2@3 is */EC2 [0 1 2 3] 240"},
		"all of it dearer":           {"total 3 1000, a/EC2 3 100, b/S3 3 50", "a/EC2@3 is  [0 1 2] 1000"},
		"weeks apart":                {"a/EC2 3 40, b/EC2 30 40", "a/EC2@3 is a/EC2 [0] 40; b/EC2@30 is b/EC2 [1] 40"},
		"come back":                  {"a/EC2 3 40 40, a/EC2 8 60", "a/EC2@3 is a/EC2 [0 1] 140"},
		"back after a week and more": {"a/EC2 3 40 40, a/EC2 12 60", "a/EC2@3 is a/EC2 [0] 80; a/EC2@12 is a/EC2 [1] 60"},
		"back and much larger":       {"a/EC2 3 40 40, a/EC2 8 600", "a/EC2@3 is a/EC2 [0] 80; a/EC2@8 is a/EC2 [1] 600"},
		"found late":                 {"a 3 50 50 50 50, a/S3/eu/x 3 50 50 50 50 opened 6", "a@3 is a/S3/eu/x [0 1] 200"},
		"above a new level":          {"a/EC2 3 400 400 level, total 9 450", "a/EC2@3 is a/EC2 [0 1] 800"},
		"above one that is over":     {"a/EC2 3 400 400, total 9 450", "a/EC2@3 is a/EC2 [0] 800; @9 is  [1] 450"},
		"wider and noisier later":    {"a/EC2 3 280 280 280 280, a 5 480 490", "a/EC2@3 is a/EC2 [0 1] 1120"},
		"beside an older one":        {"a/EC2/eu/x 2 30 30 30, a 4 330, a/S3 4 200, a/SQS 4 100", "a/EC2/eu/x@2 is a/EC2/eu/x [0] 90; a/S3@4 is a [1 2 3] 300"},
		"moved":                      {"a/RDS/eu 3 -380, a/RDS/us 3 400", "a/RDS/eu@3 is a/RDS [0 1] 20"},
		"other bills":                {"a/EC2 3 40, a/EC2 3 40", "a/EC2@3 is a/EC2 [0] 40; a/EC2@3 is a/EC2 [1] 40"},
	}
	for name, tt := range tests {
		var events []NodeEvent
		for s := range strings.SplitSeq(tt.events, ", ") {
			if s != "" {
				events = append(events, nodeEvent(t, s))
			}
		}
		if name == "other bills" {
			events[1].Node.Source = "gcp"
		}
		if got := folded(Fold(events)); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}

// anyEvents are events of a small tree, with odd numbers here and there.
func anyEvents(r *rand.Rand) []NodeEvent {
	part := func(s string, n int) string { return s + strconv.Itoa(r.IntN(n)) }
	events := make([]NodeEvent, r.IntN(30))
	for i := range events {
		k := ledger.Key{Source: part("src", 2), Currency: "USD", Account: part("a", 2), Service: part("s", 3), Region: part("r", 2), Usage: part("u", 2)}
		e := NodeEvent{Node: k.At(r.IntN(5)), First: day.Day(r.IntN(12)), Excess: make([]float64, r.IntN(8))}
		e.Level = r.IntN(3) == 0
		e.Opened = e.First + day.Day(max(0, r.IntN(8)-4))
		for j := range e.Excess {
			e.Excess[j] = r.ExpFloat64() * 100
			if r.IntN(8) == 0 {
				e.Excess[j] = strange(r)
			}
		}
		events[i] = e
	}
	return events
}

// until is what was known of events on a day.
func until(events []NodeEvent, d day.Day) (known []NodeEvent) {
	for _, e := range events {
		if e.Opened <= d {
			e.Level = e.Level && int(d-e.First) >= len(e.Excess)
			e.Excess = e.Excess[:min(len(e.Excess), int(d-e.First)+1)]
			known = append(known, e)
		}
	}
	return known
}

// Every event is in one cause; later days change neither who is with whom nor what a cause is called; the order of the events changes nothing.
func TestCausesStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 4))
		events := anyEvents(r)
		slices.SortStableFunc(events, func(a, b NodeEvent) int { return int(a.Opened - b.Opened) }) // so that the known ones are a prefix
		final := Fold(events)
		seen := make([]bool, len(events))
		for _, c := range final {
			for _, m := range c.Members {
				if seen[m] {
					t.Fatalf("seed %d: event %d is in two causes", seed, m)
				}
				seen[m] = true
			}
		}
		if slices.Contains(seen, false) {
			t.Fatalf("seed %d: an event is in no cause: %+v", seed, final)
		}
		for d := range day.Day(20) {
			for i, c := range Fold(until(events, d)) {
				if c.ID != final[i].ID || !slices.Equal(c.Members, final[i].Members[:len(c.Members)]) || math.IsNaN(c.Excess) {
					t.Fatalf("seed %d, day %d: cause %+v became %+v", seed, d, c, final[i])
				}
			}
		}
		if again := Fold(events); !reflect.DeepEqual(again, final) {
			t.Fatalf("seed %d: %+v and then %+v", seed, final, again)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 5))
	var events []NodeEvent
	for i := range 1000 {
		k := ledger.Key{Source: "aws", Account: fmt.Sprint(r.IntN(50)), Service: fmt.Sprint(r.IntN(40)), Region: fmt.Sprint(r.IntN(4)), Usage: fmt.Sprint(i)}
		events = append(events, NodeEvent{Node: k.At(r.IntN(5)), First: day.Day(r.IntN(365)), Excess: []float64{100, 100, 100}})
	}
	for b.Loop() {
		Fold(events)
	}
}
