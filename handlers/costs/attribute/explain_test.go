package attribute

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"shipmate/handlers/costs/ledger"
)

// leaf is "account/service/region/usage tags" with what it cost and would have cost; one unit costs a dollar.
func leaf(path string, actual, before float64) Leaf {
	path, tags, _ := strings.Cut(path, " ")
	p := strings.Split(path, "/")
	k := ledger.Key{Source: "aws", Currency: "USD", Provider: "AWS", Account: p[0], Service: p[1], Region: p[2], Usage: p[3], Tags: tags}
	return Leaf{Key: k, Actual: actual, Before: before, Quantity: actual, QuantityBefore: before, Unit: "GB", UnitBefore: "GB"}
}

// said is an explanation in a line: the parts with their path, dollars and percentage, and the rest.
func said(e Explanation) string {
	var b strings.Builder
	for _, p := range e.Parts {
		var path []string
		for _, s := range p.Path {
			if !s.Only {
				path = append(path, fmt.Sprintf("%s=%s", s.Dimension, s.Value))
			}
		}
		fmt.Fprintf(&b, "%s %+.0f %d%% %s; ", strings.Join(path, "/"), p.Excess, p.Percent, p.Effect.Kind)
	}
	fmt.Fprintf(&b, "rest %+.0f %d%%", e.Rest, e.RestPercent)
	for _, o := range e.Offsets {
		fmt.Fprintf(&b, "; %s: %s %+.0f, %s %+.0f", o.Dimension, o.Up, o.UpBy, o.Down, o.DownBy)
	}
	return b.String()
}

func TestExplain(t *testing.T) {
	t.Parallel()
	ordinary := []Leaf{leaf("prod/EC2/eu/box", 1000, 1000), leaf("prod/S3/eu/bytes", 300, 300), leaf("prod/S3/us/bytes", 200, 200), leaf("dev/EC2/us/box", 500, 500)}
	with := func(more ...Leaf) []Leaf { return append(append([]Leaf{}, ordinary...), more...) }
	wide := []Leaf{}
	for i := range 12 {
		wide = append(wide, leaf(fmt.Sprintf("prod/EC2/eu/box%02d", i), 150, 100))
	}
	tests := map[string]struct {
		leaves []Leaf
		excess float64
		want   string
	}{
		"one leaf of many": {with(leaf("prod/VPC/eu/nat", 440, 58)), math.NaN(), "service=VPC +382 100% quantity; rest +0 0%"},
		"scaled":           {with(leaf("prod/VPC/eu/nat", 440, 58)), 362, "service=VPC +381 105% quantity; rest -19 -5%"},
		"two causes": {
			with(leaf("prod/VPC/eu/nat", 300, 0), leaf("dev/SQS/us/calls", 250, 50), leaf("prod/SNS/eu/calls", 40, 40)), math.NaN(),
			"service=VPC +300 60% new; service=SQS +200 40% quantity; rest +0 0%",
		},
		"the whole service": {with(wide...), math.NaN(), "region=eu/service=EC2 +600 100% quantity; rest +0 0%"},
		"moved": {
			with(leaf("prod/RDS/eu/a", 20, 400), leaf("prod/RDS/us/a", 400, 0)), math.NaN(),
			"region=us/service=RDS +400 0% new; rest -380 0%; region: us +400, eu -380",
		},
		"a drop":  {with(leaf("prod/VPC/eu/nat", 0, 400)), math.NaN(), "service=VPC -400 100% gone; rest +0 0%"},
		"a tag":   {[]Leaf{leaf("a/S/r/u team=net", 150, 50), leaf("a/S/r/v team=net", 150, 50), leaf("a/S/r/u team=web", 50, 50), leaf("a/S/r/v", 50, 50)}, math.NaN(), "tag:team=net +200 100% quantity; rest +0 0%"},
		"nothing": {nil, math.NaN(), "rest +0 0%"},
		"no leaf": {nil, 70, "rest +70 0%"},
		"as ever": {ordinary, 0, "rest +0 0%"},
		"no numbers": {
			[]Leaf{leaf("a/S/r/u", math.NaN(), math.Inf(1)), leaf("a/S/r/v", 1e300, -1e300)}, 10, "rest +10 0%",
		},
		"below zero": {[]Leaf{leaf("a/S/r/u", 50, -50), leaf("a/T/r/v", -10, -10)}, math.NaN(), "service=S +100 100% new; rest +0 0%"},
	}
	for name, tt := range tests {
		if got := said(Explain(tt.leaves, tt.excess)); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}
