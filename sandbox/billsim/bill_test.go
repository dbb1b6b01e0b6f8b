package billsim

import (
	"encoding/binary"
	"encoding/csv"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTreesNeverChange(t *testing.T) {
	for split, want := range map[Split]uint64{Development: 0x5842b257764fe24d, Test: 0xc8d3ab27375447ed, Shifted: 0xb68442ab2455de1e} {
		h := fnv.New64a()
		for seed := range uint64(10) {
			b := Tree(seed, split)
			for day := range b.Days {
				for _, r := range b.Known(day, day+2) {
					binary.Write(h, binary.LittleEndian, int64(math.Round(r.Effective*100)))
				}
			}
			for _, in := range b.Incidents {
				for _, c := range in.Causes {
					binary.Write(h, binary.LittleEndian, []int64{int64(in.From), int64(in.To), int64(c.Leaf), int64(math.Round(c.Dollars))})
				}
			}
		}
		if got := h.Sum64(); got != want {
			t.Errorf("split %s has hash %#x; it was %#x", split, got, want)
		}
	}
}

// What a label says moved did: without the causes' dollars a place costs what it did the week before, and with them at least a quarter more.
func TestIncidentsAreInTheBill(t *testing.T) {
	names, beside := map[string]int{}, 0
	moved := map[Moved]int{}
	for seed := range uint64(30) {
		b := Tree(seed, Test)
		for _, in := range b.Incidents {
			names[in.Name]++
			beside += len(in.Beside)
			for _, c := range in.Causes {
				moved[c.Moved]++
				l, days := &b.Leaves[c.Leaf], float64(in.To-in.From+1)
				if !in.Node.Has(c.Path) || !c.Path.Has(l.Path) || (len(c.Leaves) > 1) != (in.Name == "wide") {
					t.Errorf("seed %d: %+v is not in %+v", seed, c, in.Node)
				}
				before := b.cost(c.Path, in.From)
				during := b.cost(c.Path, in.To+1) // the week up to its last day
				if up := during > before*1.02; in.To-in.From >= 6 && up != (c.Dollars > 0) {
					t.Errorf("seed %d: %s %+v: %.0f a day before, %.0f with %.0f a day", seed, in.Name, c, before, during, c.Dollars/days)
				}
				priceBefore, price := l.Price[in.From-1], l.Price[in.From]
				if (price != priceBefore) != (c.Moved == Price) {
					t.Errorf("seed %d: %+v: price %v before, %v then", seed, c, priceBefore, price)
				}
			}
		}
	}
	for _, name := range []string{"single", "wide", "two", "offset"} {
		if names[name] < 5 {
			t.Errorf("only %d incidents of kind %s", names[name], name)
		}
	}
	if beside < 10 {
		t.Errorf("%d leaves moved beside", beside)
	}
	if moved[Price] < 5 || moved[Quantity] < 5 {
		t.Errorf("moved: %v", moved)
	}
}

func TestLateBills(t *testing.T) {
	b := Tree(1, Shifted)
	sum := func(day, asOf int) (total float64) {
		for _, r := range b.Known(day, asOf) {
			if r.Category == "Usage" && !r.Correction {
				total += r.Effective
			}
		}
		return total
	}
	const day = 40
	final := sum(day, day+lags)
	for _, tt := range []struct {
		lag       int
		low, high float64
	}{{-1, 0, 0}, {0, .3, .6}, {1, .85, .95}, {2, .97, 1}, {3, 1, 1}} {
		if share := sum(day, day+tt.lag) / final; share < tt.low-1e-9 || share > tt.high+1e-9 {
			t.Errorf("after %d days %.3f of a day is known", tt.lag, share)
		}
	}
	if len(b.Restated) != 1 {
		t.Fatalf("restated: %+v", b.Restated)
	}
	r := b.Restated[0]
	if early, late := b.leafCost(r.Leaf, r.From, r.Until), b.leafCost(r.Leaf, r.From, r.Until+1); early < 1.5*late || late <= 0 {
		t.Errorf("a day costs %v until it is restated, then %v", early, late)
	}
	if rows := b.Known(-1, 10); rows != nil {
		t.Errorf("rows before the bill: %v", rows)
	}
}

// leafCost is what the bill says of a leaf's day.
func (b *Bill) leafCost(leaf, day, asOf int) float64 {
	for _, r := range b.Known(day, asOf) {
		if r.Path == b.Leaves[leaf].Path && r.Category == "Usage" {
			return r.Effective
		}
	}
	return 0
}

func TestFOCUS(t *testing.T) {
	b := Demo(time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC))
	for version, meter := range map[string]bool{"1.0": false, "1.2": true} {
		var out strings.Builder
		if err := b.WriteFOCUS(&out, version, b.Days-25, b.Days-1, b.Days); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, name := range records[0] {
			at[name] = i
		}
		if _, has := at["SkuMeter"]; has != meter || !slices.IsSorted(records[0][:len(records[0])-1]) {
			t.Errorf("%s has columns %v", version, records[0])
		}
		if first, last := records[1][at["ChargePeriodStart"]], records[len(records)-1][at["ChargePeriodEnd"]]; first != "2026-10-28T00:00:00Z" || last != "2026-11-22T00:00:00Z" {
			t.Errorf("%s goes from %s to %s", version, first, last)
		}
		categories := map[string]int{}
		for _, r := range records[1:] {
			categories[r[at["ChargeCategory"]]]++
			cost, err := strconv.ParseFloat(r[at["EffectiveCost"]], 64)
			if err != nil || r[at["ChargeCategory"]] == "Purchase" && cost != 0 {
				t.Errorf("cost %q of %v: %v", r[at["EffectiveCost"]], r, err)
			}
		}
		if categories["Purchase"] != 1 || categories["Tax"] != 1 || categories["Credit"] != 1 || categories["Usage"] < 1000 {
			t.Errorf("%s has %v", version, categories)
		}
	}
	if err := b.WriteFOCUS(new(strings.Builder), "2.0", 0, 1, 1); err == nil {
		t.Error("version 2.0 is written")
	}
}

func TestDemo(t *testing.T) {
	last := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	b := Demo(last)
	if !b.Day(b.Days - 1).Equal(last) {
		t.Errorf("the last day is %v", b.Day(b.Days-1))
	}
	total := 0.0
	for n := range b.Leaves {
		total += b.Leaves[n].Cost(b.Days - 20)
	}
	if len(b.Leaves) < 60 || len(b.Leaves) > 150 || total < 2000 || total > 4000 {
		t.Errorf("%d leaves for %.0f a day", len(b.Leaves), total)
	}
	if len(b.Incidents) != 3 {
		t.Fatalf("incidents: %+v", b.Incidents)
	}
	nat := b.Incidents[0]
	before, more := b.cost(nat.Node, nat.From), nat.Causes[0].Dollars/4
	if nat.To != b.Days-1 || nat.To-nat.From != 3 || before < 100 || before > 150 || more < 300 || more > 450 {
		t.Errorf("data transfer costs %.0f a day, then %.0f more: %+v", before, more, nat)
	}
}
