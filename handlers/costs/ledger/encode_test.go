package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"shipmate/bot/day"
	"shipmate/integrations/focus"
)

func TestEncodeDecode(t *testing.T) {
	charges := []focus.Charge{usage(d1+3, "1", "ec2", "box", 5.25), usage(d1, "2", "s3", "bytes", 1e9), usage(d1+3, "1", "ec2", "box", .000001)}
	charges[0].AccountName = "prod"
	charges[1].Tags = []focus.Tag{{Key: "team", Value: "net"}}
	b := batch(t, "a/b.csv", at(30), charges...)
	data := b.Encode()
	s, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Source != "aws" || s.Object != "a/b.csv" || !s.AsOf.Equal(at(30)) || s.First != d1 || s.Last != d1+3 || s.Rows != 2 || s.Cells != 2 || strings.Join(s.Tags, ",") != "team,env" || strings.Join(s.names, "=") != "1=prod" {
		t.Errorf("got %+v", s)
	}
	for i, key := range s.keys {
		for j, c := range s.cells[i] {
			if want := b.rows[key][j]; c.day != want.day || c.micro != want.micro || math.Abs(c.qty-want.qty) > 1e-9*want.qty {
				t.Errorf("%v: %+v, want %+v", key, c, want)
			}
		}
	}
	again := batch(t, "a/b.csv", at(30), charges[2], charges[1], charges[0])
	again.names["1"] = "prod"
	if !bytes.Equal(again.Encode(), data) {
		t.Error("another order of the charges gave other bytes")
	}
	if name := s.Name(); !strings.HasPrefix(name, "20260302T060000Z-") || strings.ContainsAny(name, "/\\:") {
		t.Errorf("name %q", name)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := batch(t, "a", at(30), usage(d1, "1", "ec2", "box", 5)).Encode()
	newer := bytes.Clone(good)
	newer[len(magic)] = version + 1
	tests := []struct {
		name string
		data []byte
		want error
		says string
	}{
		{"nothing", nil, ErrDamaged, "does not begin"},
		{"something else", []byte("PK\x03\x04 and so on, for a while"), ErrDamaged, "does not begin"},
		{"newer", newer, ErrNewer, "version 2 is not known, only up to 1: a newer Shipmate wrote this segment"},
		{"cut off", good[:len(good)-1], ErrDamaged, "checksum"},
		{"longer", sealed(append(bytes.Clone(good), 0)), ErrDamaged, "not what it says"},
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 0x10
		if _, err := Decode(flipped); err == nil {
			t.Errorf("a flipped bit in byte %d was not noticed", i)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(nil)
			if _, err := l.Apply(tt.data); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || len(l.Sources()) != 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// sealed is a segment with the checksum that its body should have.
func sealed(data []byte) []byte {
	if len(data) < headSize {
		return data
	}
	binary.BigEndian.PutUint32(data[len(magic)+1:], checksum(data[headSize:]))
	return data
}

// Hostile bytes, whose checksum is right, are refused or can be applied; either takes memory in proportion to their number.
func FuzzDecode(f *testing.F) {
	f.Add(batch(f, "a", at(30), usage(d1, "1", "ec2", "box", 5), usage(d1+9, "2", "s3", "bytes", 1)).Encode())
	f.Add(batch(f, "", at(0)).Encode())
	r := rand.New(rand.NewPCG(1, 2))
	var many []focus.Charge
	for range 40 {
		many = append(many, randomCharge(r))
	}
	f.Add(batch(f, "many", at(100), many...).Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		data = sealed(bytes.Clone(data))
		s, err := Decode(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		l := New(s.Tags)
		for range 2 {
			if _, err := l.Apply(data); err != nil {
				t.Fatal(err)
			}
		}
		for _, node := range l.Nodes(0)[:min(len(l.Nodes(0)), 5)] {
			s := l.Series(node, firstDay, lastDay, s.AsOf)
			for i, micro := range s.Micro {
				if micro != 0 && !s.Known[i] {
					t.Fatalf("%d on a day that is not known", micro)
				}
			}
		}
		l.OneOffs(s.Source, firstDay, lastDay, s.AsOf)
		l.Curve(s.Source, s.AsOf)
	})
}

// oneDay is a day of a large bill: n keys in 20 accounts, 40 services, 8 regions.
func oneDay(n int, d day.Day) []focus.Charge {
	r := rand.New(rand.NewPCG(uint64(d), 3))
	charges := make([]focus.Charge, n)
	for i := range charges {
		c := usage(d, fmt.Sprintf("1111%08d", i%20), fmt.Sprintf("Amazon Service %d", i/20%40), fmt.Sprintf("EUW1-UsageType:%d.large", i/6400), 0)
		c.Region = fmt.Sprintf("eu-west-%d", i/800%8)
		c.Effective, c.Quantity = int64(1e4*math.Exp(6*r.Float64()))*int64(100-i%7), math.Round(1e6*r.ExpFloat64())/1e4
		charges[i] = c
	}
	return charges
}

// A quantity that is restated at the same cost is a change: the price is another.
func TestQuantityAlone(t *testing.T) {
	l := New(nil)
	c := usage(d1, "1", "ec2", "box", 5)
	say(t, l, "a", at(30), c)
	c.Quantity = 25
	if changes := say(t, l, "a", at(40), c); changes.Cells != 1 {
		t.Errorf("changes: %+v", changes)
	}
	for when, want := range map[int]float64{30: 50, 40: 25} {
		if leaves := l.Leaves(all, d1, d1, at(when)); len(leaves) != 1 || leaves[0].Units[0].Quantity[0] != want {
			t.Errorf("as of hour %d: %+v, want %v", when, leaves, want)
		}
	}
}
