package awscost

import (
	"errors"
	"math"
	"strings"
)

const (
	longestNumber   = 64   // digits and all
	largestExponent = 40   // of numbers that are written with one
	largestAmount   = 1e16 // millionths: ten billion a day
	largestQuantity = 9e18 // millionths
	microDigits     = 6
)

var (
	errNumber = errors.New("is no decimal number")
	errLarge  = errors.New("is too large")
)

// micro reads a decimal number, such as "-12.3456789012" or "4.1E-7", as millionths, exactly; halves are rounded away from zero.
func micro(s string) (int64, error) {
	digits, exponent, negative, ok := split(s)
	if !ok {
		return 0, errNumber
	}
	shift := exponent + microDigits // how far the point has to go to the right
	for ; shift > 0; shift-- {
		digits += "0"
	}
	half := false
	if shift < 0 {
		cut := len(digits) + shift // the first digit that is left out
		half = cut >= 0 && digits[cut] >= '5'
		digits = digits[:max(cut, 0)]
	}
	var n int64
	for _, c := range []byte(strings.TrimLeft(digits, "0")) {
		digit := int64(c - '0')
		if n > (math.MaxInt64-1-digit)/10 { // one is left for rounding
			return 0, errLarge
		}
		n = n*10 + digit
	}
	if half {
		n++
	}
	if negative {
		n = -n
	}
	return n, nil
}

// split takes a number apart: its digits without the point, and the power of ten that they are to be multiplied by.
func split(s string) (digits string, exponent int, negative, ok bool) {
	if len(s) > longestNumber {
		return "", 0, false, false
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		power, minus, ok := signed(s[i+1:])
		if !ok || power > largestExponent {
			return "", 0, false, false
		}
		if exponent = power; minus {
			exponent = -power
		}
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", 0, false, false
	}
	return digits, exponent - len(fraction), negative, true
}

// signed reads a whole number of at most two digits, with or without a sign.
func signed(s string) (n int, negative, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false, false
	}
	for _, c := range []byte(s) {
		n = n*10 + int(c-'0')
	}
	return n, negative, true
}

// dollars rounds an amount that AWS sends as a binary number to millionths.
func dollars(f float64) (int64, error) {
	switch f = math.Round(f * 1e6); {
	case math.IsNaN(f):
		return 0, errNumber
	case math.Abs(f) > largestAmount:
		return 0, errLarge
	}
	return int64(f), nil
}
