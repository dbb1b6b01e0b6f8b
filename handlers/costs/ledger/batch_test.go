package ledger

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/integrations/focus"
)

func TestAccountNames(t *testing.T) {
	named := func(name string) focus.Charge {
		c := usage(d1, "1", "ec2", "box", 5)
		c.AccountName = name
		return c
	}
	l := New(nil)
	say(t, l, "a", at(30), named("old"))
	say(t, l, "b", at(40), named("new"))
	say(t, l, "c", at(35), named("between"))
	say(t, l, "d", at(50), usage(d1, "1", "ec2", "box", 5))
	if got := l.AccountName("1"); got != "new" || l.AccountName("2") != "" {
		t.Errorf("got %q, want new", got)
	}
}

func TestHostileCharges(t *testing.T) {
	with := func(change func(*focus.Charge)) focus.Charge {
		c := usage(d1, "1", "ec2", "box", 5)
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		charge focus.Charge
		want   error
	}{
		{"before 2000", with(func(c *focus.Charge) { c.Day = firstDay - 1 }), ErrDay},
		{"after 2099", with(func(c *focus.Charge) { c.Day = math.MaxInt32 }), ErrDay},
		{"the smallest integer", with(func(c *focus.Charge) { c.Effective = math.MinInt64; c.Billed = math.MinInt64 }), ErrAmount},
		{"the largest integer", with(func(c *focus.Charge) { c.Effective = math.MaxInt64 }), ErrAmount},
		{"not a number", with(func(c *focus.Charge) { c.Quantity = math.NaN() }), nil},
		{"infinite", with(func(c *focus.Charge) { c.Quantity = math.Inf(-1) }), nil},
		{"long, not UTF-8", with(func(c *focus.Charge) { c.Usage = strings.Repeat("x\xff", 1000); c.Unit = c.Usage; c.Account = "\xff" }), nil},
		{"empty", focus.Charge{Day: d1}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := batch(t, "a", at(30), usage(d1, "1", "ec2", "box", 5))
			if err := b.Add(&tt.charge); !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			l := New(nil)
			if _, err := l.Apply(b.Encode()); err != nil {
				t.Fatal(err)
			}
			if got := amounts(l, Node{"aws", "USD", "1", "ec2", "eu-west-1", "box"}, d1, d1, time.Time{}); got[0] != 5 && got[0] != 10 {
				t.Errorf("the other charge: %v", got)
			}
		})
	}
	long := strings.Repeat("x", 300)
	if a, b := text(long+"a"), text(long+"b"); a == b || len(a) > maxText {
		t.Errorf("%q and %q", a, b)
	}
}

// A batch that is full refuses what is new, takes what it has a place for, and stays whole.
func TestFullBatch(t *testing.T) {
	tax := usage(d1, "1", "ec2", "box", 2)
	tax.Category = focus.Tax
	huge := tax
	huge.Effective = 2 * maxAmount
	tests := []struct {
		name  string
		room  room
		fits  focus.Charge
		other focus.Charge
		want  error
	}{
		{"of keys", room{0, 9, 999}, usage(d1+1, "1", "ec2", "box", 1), usage(d1, "1", "ec2", "disk", 1), ErrRows},
		{"of days", room{9, 0, 999}, usage(d1, "1", "ec2", "box", 1), usage(d1+1, "1", "ec2", "box", 1), ErrRows},
		{"of text", room{9, 9, 0}, usage(d1+1, "1", "ec2", "box", 1), usage(d1, "1", "ec2", "disk", 1), ErrRows},
		{"for half a one-off", room{1, 9, 999}, usage(d1, "1", "ec2", "box", 1), tax, ErrRows},
		{"for half an amount", room{9, 9, 999}, usage(d1, "1", "ec2", "box", 1), huge, ErrAmount},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := batch(t, "a", at(30), usage(d1, "1", "ec2", "box", 5))
			b.room = tt.room
			before := b.Encode()
			if err := b.Add(&tt.other); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !slices.Equal(b.Encode(), before) {
				t.Error("the refused charge changed the batch")
			}
			if err := b.Add(&tt.fits); err != nil || slices.Equal(b.Encode(), before) {
				t.Errorf("what fits: %v", err)
			}
		})
	}
}

// FuzzTags: every tag's value is found again, whatever it and its name consist of.
func FuzzTags(f *testing.F) {
	f.Add("team", "net", "env", "prod=1,x%2C")
	f.Add("a,b", "", "a", "%25")
	f.Add("a,b", strings.Repeat("x\xff", 120), "a", "%25")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		k := Key{Tags: joinTags([]focus.Tag{{Key: name1, Value: value1}, {Key: name2, Value: value2}})}
		if want := text(value1); k.Tag(name1) != want && cut(name1) != cut(name2) {
			t.Errorf("%q: %q is %q, want %q", k.Tags, name1, k.Tag(name1), want)
		}
		if want := text(value2); k.Tag(name2) != want && cut(name1) != cut(name2) {
			t.Errorf("%q: %q is %q, want %q", k.Tags, name2, k.Tag(name2), want)
		}
		var again []focus.Tag
		names, values := SplitTags(k.Tags)
		for i := range names {
			again = append(again, focus.Tag{Key: names[i], Value: values[i]})
		}
		if joinTags(again) != k.Tags {
			t.Errorf("%q was taken apart as %q", k.Tags, again)
		}
		if got := project(k.Tags, []string{name1, name2}); got != k.Tags && cut(name1) != cut(name2) {
			t.Errorf("%q projected on all its tags is %q", k.Tags, got)
		}
	})
}

func TestCells(t *testing.T) {
	t.Parallel()
	b := batch(t, "o", at(1), usage(d1, "1", "s", "u", 1), usage(d1, "1", "s", "u", 2), usage(d1+1, "1", "s", "u", 2), usage(d1, "2", "s", "u", 2))
	if b.Cells() != 3 || b.Len() != 2 {
		t.Errorf("%d cells of %d keys, want 3 of 2", b.Cells(), b.Len())
	}
}
