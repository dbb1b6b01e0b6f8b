package awscost

import (
	"errors"
	"math"
	"math/big"
	"testing"
)

func TestMicro(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "0E-10": 0, "-0.0": 0, "12.3456789012": 12_345_679, "-12.3456785": -12_345_679, "0.0000005": 1, "0.00000049999": 0, "4.1E-7": 0, "5.1e-7": 1,
		"1e3": 1_000_000_000, ".5": 500_000, "5.": 5_000_000, "+7": 7_000_000, "00000000000000000000000000000001": 1_000_000, "9223372036854.775806": 9_223_372_036_854_775_806,
		"1E-40": 0, "123456E-8": 1235, "-9223372036854.775800": -9_223_372_036_854_775_800,
	} {
		if got, err := micro(s); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]error{
		"": errNumber, "-": errNumber, ".": errNumber, "NaN": errNumber, "Inf": errNumber, "1,5": errNumber, "1.2.3": errNumber, "0x10": errNumber, "1_000": errNumber, "--1": errNumber,
		" 1": errNumber, "1e": errNumber, "1e+": errNumber, "1e999": errNumber, "1e41": errNumber, "١": errNumber, "1e30": errLarge, "9223372036855": errLarge,
	} {
		if got, err := micro(s); !errors.Is(err, want) {
			t.Errorf("%q is %d, %v, want %v", s, got, err, want)
		}
	}
}

func TestDollars(t *testing.T) {
	for f, want := range map[float64]int64{0: 0, 12.3456785: 12_345_679, -1520.5: -1_520_500_000, 1e-9: 0} {
		if got, err := dollars(f); err != nil || got != want {
			t.Errorf("%g is %d, %v, want %d", f, got, err, want)
		}
	}
	for _, f := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e11, math.MaxFloat64} {
		if got, err := dollars(f); err == nil {
			t.Errorf("%g is %d", f, got)
		}
	}
}

// micro is what exact arithmetic says, for whatever it takes.
func FuzzMicro(f *testing.F) {
	for _, s := range []string{"12.3456789012", "-0.0000005", "4.1E-7", "1e12", "NaN", "9223372036854.775807", "1e-40", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := micro(s)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number, and was read as %d", s, got)
		}
		exact.Mul(exact, big.NewRat(1_000_000, 1))
		twice := new(big.Rat).Sub(new(big.Rat).SetInt64(got), exact)
		twice.Mul(twice, big.NewRat(2, 1))
		if half := big.NewRat(1, 1); new(big.Rat).Abs(twice).Cmp(half) > 0 || twice.Sign()*exact.Sign() < 0 && new(big.Rat).Abs(twice).Cmp(half) == 0 {
			t.Errorf("%q is %s millionths, and was read as %d", s, exact.FloatString(8), got)
		}
	})
}
