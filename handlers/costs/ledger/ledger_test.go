package ledger

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot/day"
	"shipmate/integrations/focus"
)

// d1 is the first day of the tests, and at a time so many hours after it began.
var d1 = day.Date(2026, time.March, 1)

func at(hours int) time.Time { return d1.Time().Add(time.Duration(hours) * time.Hour) }

// usage is a charge of an account, a service and a usage type, in whole units.
func usage(d day.Day, account, service, kind string, amount float64) focus.Charge {
	return focus.Charge{
		Day: d, Provider: "AWS", Account: account, Service: service, Region: "eu-west-1", Usage: kind, Category: focus.Usage, Currency: "USD",
		Effective: int64(amount * 1e6), Billed: int64(amount * 1e6), Quantity: amount * 10, Unit: "GB",
	}
}

// say applies one version of an object.
func say(t *testing.T, l *Ledger, object string, asOf time.Time, charges ...focus.Charge) Changes {
	t.Helper()
	c, err := l.Apply(batch(t, object, asOf, charges...).Encode())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func batch(t testing.TB, object string, asOf time.Time, charges ...focus.Charge) *Batch {
	t.Helper()
	b := NewBatch("aws", object, asOf, []string{"team", "env"})
	for _, c := range charges {
		if err := b.Add(&c); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

var all = Node{Source: "aws", Currency: "USD"}

// micro is the series of a node in whole units.
func amounts(l *Ledger, n Node, from, to day.Day, asOf time.Time) (list []float64) {
	for _, m := range l.Series(n, from, to, asOf).Micro {
		list = append(list, float64(m)/1e6)
	}
	return list
}

// What an object says replaces what it said before, and what was known earlier stays known.
func TestObjectsAreReplaced(t *testing.T) {
	l := New(nil)
	say(t, l, "a", at(30), usage(d1, "1", "ec2", "box", 5), usage(d1, "1", "ec2", "box", 2), usage(d1, "2", "s3", "bytes", 1), usage(d1+1, "1", "ec2", "box", 3))
	say(t, l, "b", at(31), usage(d1, "1", "ec2", "box", 10))
	c := say(t, l, "a", at(40), usage(d1, "1", "ec2", "box", 8), usage(d1+1, "1", "ec2", "box", 3), usage(d1+2, "1", "ec2", "box", 4))
	if c.First || c.Cells != 3 || c.From != d1 || c.To != d1+2 {
		t.Errorf("changes: %+v, want 3 from %s to %s", c, d1, d1+2)
	}
	box := Node{"aws", "USD", "1", "ec2", "eu-west-1", "box"}
	tests := []struct {
		n    Node
		asOf time.Time
		want []float64
	}{
		{all, time.Time{}, []float64{18, 3, 4}},
		{all, at(40), []float64{18, 3, 4}},
		{all, at(39), []float64{18, 3, 0}},
		{all, at(30), []float64{8, 3, 0}},
		{all, at(29), []float64{0, 0, 0}},
		{box, time.Time{}, []float64{18, 3, 4}},
		{box, at(30), []float64{7, 3, 0}},
		{Node{Source: "aws", Currency: "USD", Account: "2"}, time.Time{}, []float64{0, 0, 0}},
		{Node{Source: "aws", Currency: "USD", Account: "2"}, at(35), []float64{1, 0, 0}},
		{Node{Source: "aws", Currency: "EUR"}, time.Time{}, []float64{0, 0, 0}},
	}
	for _, tt := range tests {
		if got := amounts(l, tt.n, d1, d1+2, tt.asOf); !slices.Equal(got, tt.want) {
			t.Errorf("%s as of %s: %v, want %v", tt.n, tt.asOf, got, tt.want)
		}
	}
	if got := l.Series(all, d1-1, d1+3, at(39)).Known; !slices.Equal(got, []bool{false, true, true, false, false}) {
		t.Errorf("known: %v", got)
	}
	if got := l.History(box, d1); len(got) != 3 || got[0].Micro != 7e6 || got[1].Micro != 17e6 || got[2].Micro != 18e6 || !got[2].AsOf.Equal(at(40)) {
		t.Errorf("history: %v", got)
	}
	say(t, l, "a", at(50))
	if got := amounts(l, all, d1, d1+2, time.Time{}); !slices.Equal(got, []float64{10, 0, 0}) {
		t.Errorf("after the object became empty: %v", got)
	}
	if got := l.Series(all, d1, d1+2, time.Time{}).Known; !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("known then: %v", got)
	}
	if first, last, ok := l.Days("aws", time.Time{}); first != d1 || last != d1 || !ok {
		t.Errorf("days: %s to %s, %v", first, last, ok)
	}
}

func TestApplyTwiceAndOutOfOrder(t *testing.T) {
	l := New(nil)
	first := batch(t, "a", at(30), usage(d1, "1", "ec2", "box", 5)).Encode()
	second := batch(t, "a", at(40), usage(d1, "1", "ec2", "box", 6)).Encode()
	for _, segment := range [][]byte{first, second, first, second} {
		if _, err := l.Apply(segment); err != nil {
			t.Fatal(err)
		}
	}
	if got := amounts(l, all, d1, d1, time.Time{}); got[0] != 6 {
		t.Errorf("got %v, want 6", got)
	}
	if told, ok := l.Told("aws", "a"); !ok || !told.Equal(at(40)) {
		t.Errorf("told %s, %v", told, ok)
	}
	if told, ok := l.Told("aws", "b"); ok || !told.IsZero() {
		t.Errorf("another object: told %s, %v", told, ok)
	}
	for _, when := range []int{35, 40} {
		_, err := l.Apply(batch(t, "a", at(when), usage(d1, "1", "ec2", "box", 7)).Encode())
		if !errors.Is(err, ErrOrder) || !strings.Contains(err.Error(), `"a" of aws`) {
			t.Errorf("a version as of hour %d: %v", when, err)
		}
	}
	if s := l.Sources(); len(s) != 1 || s[0].Objects != 1 || !s[0].AsOf.Equal(at(40)) || s[0].First != d1 || s[0].Last != d1 || !slices.Equal(s[0].Currencies, []string{"USD"}) {
		t.Errorf("sources: %+v", s)
	}
}

func TestOneOffsAreNoUsage(t *testing.T) {
	charge := func(category focus.Category, billed, effective float64, correction bool) focus.Charge {
		c := usage(d1, "1", "ec2", "box", effective)
		c.Category, c.Billed, c.Correction = category, int64(billed*1e6), correction
		return c
	}
	tests := []struct {
		name   string
		charge focus.Charge
		want   Kind
	}{
		{"purchase", charge(focus.Purchase, 1200, 0, false), Purchase},
		{"tax", charge(focus.Tax, 20, 20, false), Tax},
		{"credit", charge(focus.Credit, -50, -50, false), Credit},
		{"refund", charge(focus.Refund, -5, -5, false), Refund},
		{"adjustment", charge(focus.Adjustment, 3, 3, false), Adjustment},
		{"usage below zero", charge(focus.Usage, -7, -7, false), Refund},
		{"correction of usage", charge(focus.Usage, 9, 9, true), Correction},
		{"correction of a credit", charge(focus.Credit, -9, -8, true), Correction},
		{"unknown category", charge("Fee", 4, 4, false), Adjustment},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(nil)
			say(t, l, "a", at(30), usage(d1, "1", "ec2", "box", 5), tt.charge)
			if got := amounts(l, all, d1, d1, time.Time{}); got[0] != 5 {
				t.Errorf("usage: %v, want 5", got)
			}
			got := l.OneOffs("aws", d1, d1, time.Time{})
			if len(got) != 1 || got[0].Kind != tt.want || got[0].Billed != tt.charge.Billed || got[0].Effective != tt.charge.Effective || got[0].Key.Account != "1" {
				t.Errorf("one-offs: %+v", got)
			}
			say(t, l, "a", at(31))
			if got := l.OneOffs("aws", d1, d1, time.Time{}); len(got) != 0 {
				t.Errorf("taken back: %+v", got)
			}
			if got := l.OneOffs("aws", d1, d1, at(30)); len(got) != 1 {
				t.Errorf("as known before: %+v", got)
			}
		})
	}
}

func TestLeavesAndShares(t *testing.T) {
	tagged := usage(d1, "1", "ec2", "box", 5)
	tagged.Tags = []focus.Tag{{Key: "team", Value: "net,a=b%"}, {Key: "env", Value: ""}}
	hours := usage(d1, "1", "ec2", "box", 3)
	hours.Unit, hours.Quantity = "h", 7
	l := New([]string{"team", "env"})
	say(t, l, "a", at(30), tagged, hours, usage(d1+1, "1", "ec2", "box", 2), usage(d1+1, "2", "s3", "bytes", 1))
	leaves := l.Leaves(all, d1, d1+1, time.Time{})
	if len(leaves) != 3 {
		t.Fatalf("%d leaves: %+v", len(leaves), leaves)
	}
	box := leaves[0]
	if box.Key.Tags != "" || !slices.Equal(box.Micro, []int64{3e6, 2e6}) || len(box.Units) != 2 || box.Units[0].Unit != "GB" || !slices.Equal(box.Units[0].Quantity, []float64{0, 20}) ||
		!slices.Equal(box.Units[1].Micro, []int64{3e6, 0}) || !slices.Equal(box.Units[1].Quantity, []float64{7, 0}) {
		t.Errorf("the box: %+v", box)
	}
	if got := leaves[1].Key.Tag("team"); got != "net,a=b%" || leaves[1].Key.Tag("env") != None {
		t.Errorf("tags %q: team %q", leaves[1].Key.Tags, got)
	}
	for dimension, want := range map[string]string{"account": "1=10 2=1", "service": "ec2=10 s3=1", "region": "eu-west-1=11", "usage": "box=10 bytes=1", "team": "(none)=6 net,a=b%=5", "env": "(none)=11"} {
		shares, err := l.By(dimension, all, d1, d1+1, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range shares {
			got = append(got, s.Value+"="+strings.TrimSuffix(time.Duration(s.Total*1000).String(), "s"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %s: %v, want %s", dimension, got, want)
		}
	}
	if _, err := l.By("colour", all, d1, d1, time.Time{}); err == nil || !strings.Contains(err.Error(), "account, service, region, usage, team, env") {
		t.Errorf("an unknown dimension: %v", err)
	}
}

// A ledger with other tags than the segments' keeps those that it knows; keys that become equal are added up.
func TestOtherTags(t *testing.T) {
	a, b := usage(d1, "1", "ec2", "box", 5), usage(d1, "1", "ec2", "box", 3)
	a.Tags = []focus.Tag{{Key: "team", Value: "x"}, {Key: "env", Value: "prod"}}
	b.Tags = []focus.Tag{{Key: "team", Value: "y"}, {Key: "env", Value: "prod"}}
	l := New([]string{"env", "owner"})
	for hour := range 2 {
		say(t, l, "a", at(30+hour), a, b, usage(d1, "1", "ec2", "box", float64(1+hour)))
	}
	shares, err := l.By("env", all, d1, d1, time.Time{})
	if err != nil || len(shares) != 2 || shares[0].Value != "prod" || shares[0].Total != 8e6 || shares[1].Total != 2e6 {
		t.Errorf("shares: %+v, %v", shares, err)
	}
}

func TestNodes(t *testing.T) {
	l := New(nil)
	euro := usage(d1, "1", "ec2", "box", 9)
	euro.Currency = "EUR"
	say(t, l, "a", at(30), euro, usage(d1, "1", "ec2", "box", 5), usage(d1, "1", "ec2", "disk", .4), usage(d1, "1", "ec2", "ip", .7), usage(d1, "2", "s3", "bytes", .5), usage(d1+1, "2", "s3", "bytes", .6))
	var got []string
	for _, n := range l.Nodes(1) {
		got = append(got, n.String())
	}
	want := []string{
		"aws EUR ", "aws EUR 1", "aws EUR 1/ec2", "aws EUR 1/ec2/eu-west-1", "aws EUR 1/ec2/eu-west-1/box",
		"aws USD ", "aws USD 1", "aws USD 1/ec2", "aws USD 1/ec2/eu-west-1", "aws USD 1/ec2/eu-west-1/box",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := len(l.Nodes(0)); got != 16 {
		t.Errorf("%d nodes in all, want 16", got)
	}
	if got := len(l.Nodes(math.Inf(1))); got != 2 {
		t.Errorf("%d nodes without a limit, want the totals", got)
	}
}

func TestDiff(t *testing.T) {
	l := New(nil)
	say(t, l, "a", at(30), usage(d1, "1", "ec2", "box", 5), usage(d1, "1", "s3", "bytes", 5))
	say(t, l, "a", at(40), usage(d1, "1", "ec2", "box", 6), usage(d1, "1", "s3", "bytes", 4), usage(d1+1, "1", "s3", "bytes", 1))
	got := map[string]Revision{}
	for _, r := range l.Diff(at(35), time.Time{}) {
		got[r.Node.String()+" "+r.Day.String()] = r
	}
	tests := []struct {
		where         string
		before, after int64
		isNew         bool
	}{
		{"aws USD 1/ec2 2026-03-01", 5e6, 6e6, false},
		{"aws USD 1/s3/eu-west-1/bytes 2026-03-01", 5e6, 4e6, false},
		{"aws USD 1/s3 2026-03-02", 0, 1e6, true},
		{"aws USD  2026-03-02", 0, 1e6, true},
	}
	for _, tt := range tests {
		if r, ok := got[tt.where]; !ok || r.Before != tt.before || r.After != tt.after || r.New != tt.isNew {
			t.Errorf("%s: %+v", tt.where, r)
		}
	}
	if _, ok := got["aws USD 1 2026-03-01"]; ok || len(got) != 11 {
		t.Errorf("%d revisions, want 11 without the account's first day, whose sum is the same", len(got))
	}
	if got := l.Diff(at(40), time.Time{}); len(got) != 0 {
		t.Errorf("nothing changed since, but: %v", got)
	}
}
