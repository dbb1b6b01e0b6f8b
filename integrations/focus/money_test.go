package focus

import "testing"

func TestAmounts(t *testing.T) {
	for s, want := range map[string]amount{
		"0": {}, "12.5": {12_500_000, 0}, "-0.00000080000": {0, -800_000}, "1.81E-8": {0, 18_100}, "+.5": {500_000, 0}, "7.": {7_000_000, 0},
		"1234567.8901234567": {1_234_567_890_123, 456_700}, "0.1": {100_000, 0}, "0.3": {300_000, 0}, "4.35": {4_350_000, 0}, "13e8": {1_300_000_000_000_000, 0},
		"99999999999.999999": {99_999_999_999_999_999, 0}, "0.0000000000005": {0, 1}, "1e-300": {}, "-1e-9999": {}, "0e9999": {}, "000000000000000000000001": {1_000_000, 0},
		"0.00000000000000000000000000001e29": {1_000_000, 0},
	} {
		if got, why := parseAmount([]byte(s)); got != want || why != usable {
			t.Errorf("%s: %v (%s), want %v", s, got, why, want)
		}
	}
	for s, want := range map[string]reason{
		"": badAmount, "-": badAmount, ".": badAmount, "1,5": badAmount, "1.2.3": badAmount, "$5": badAmount, "1e": badAmount, "1e+": badAmount, "1e12345": badAmount,
		"Inf": badAmount, "nan": badAmount, "0x1p4": badAmount, " 1": badAmount, "１": badAmount,
		"100000000000": absurdAmount, "-1e11": absurdAmount, "1e9999": absurdAmount, "99999999999999999999999999999999": absurdAmount,
	} {
		if got, why := parseAmount([]byte(s)); why != want {
			t.Errorf("%s: %v (%s), want %s", s, got, why, want)
		}
	}
}

func TestShares(t *testing.T) {
	for _, amount := range []int64{0, 1, -1, 29, 30, 31, -1_000_003, 99_999_999_999_999_999} {
		var sum int64
		for i := range int64(30) {
			part := share(amount, i, 30)
			if off := part - amount/30; off < -1 || off > 1 {
				t.Errorf("part %d of %d is %d", i, amount, part)
			}
			sum += part
		}
		if sum != amount {
			t.Errorf("parts of %d add up to %d", amount, sum)
		}
	}
}
