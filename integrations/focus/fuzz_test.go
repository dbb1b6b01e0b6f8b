package focus

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// FuzzLines compares the parser of CSV with the standard library's, where that has no complaint.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"a\",\"b \"\"c\"\"\"\r\n", "\"line\nbreak\",\n", ",,\n", "\"", "\"a\"b,c\nd\n", "a\"b,c", "\n\n", "\"a\n\"\"\n\",b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || len(b) > 4096 {
			return
		}
		p := &lineParser{comma: ','}
		var rows [][]string
		fine := true
		for rest := b; len(rest) > 0; {
			fields, size, why := p.next(rest)
			if size <= 0 || size > len(rest) {
				t.Fatalf("a row of %d of %d bytes", size, len(rest))
			}
			fine = fine && why == usable
			if len(fields) > 0 && why == usable {
				row := make([]string, len(fields))
				for i, field := range fields {
					row[i] = string(field)
				}
				rows = append(rows, row)
			}
			rest = rest[size:]
		}
		if n := lastBorder(b); n < 0 || n > len(b) || n > 0 && b[n-1] != '\n' {
			t.Fatalf("a border at %d", n)
		}
		r := csv.NewReader(bytes.NewReader(b))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || bytes.Contains(b, []byte("\r")) { // the library makes \r\n within quotes \n
			return
		}
		if !fine || !slices.EqualFunc(rows, want, slices.Equal[[]string]) {
			t.Fatalf("%q: %q, want %q", b, rows, want)
		}
	})
}

// FuzzAmount compares amounts with exact fractions.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"0", "-0.0000004", "1.81E-8", "12.5", "+.5", "7.", "99999999999.999999", "1e300", "-1e-300", "9999999999999999999999", "1,5", "NaN", "0x10", "1_0", "e5", "123456789.123456789123456789"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 60 {
			return
		}
		a, why := parseAmount([]byte(s))
		exact, ok := new(big.Rat).SetString(s)
		if why == badAmount {
			if ok && !strings.ContainsAny(s, "_/xXbBoOpP") && exponentDigits(s) <= 4 {
				t.Fatalf("%q is a number", s)
			}
			return
		}
		if !ok {
			t.Fatalf("%q is no number, and read as %v", s, a)
		}
		size, _ := new(big.Rat).Abs(exact).Float64()
		if why == absurdAmount {
			if size < absurd*(1-1e-15) {
				t.Fatalf("%q is absurd", s)
			}
			return
		}
		got := new(big.Rat).SetFrac64(a.micros, million)
		got.Add(got, new(big.Rat).SetFrac64(int64(a.rest), million*million))
		off, _ := got.Sub(got, exact).Float64()
		if math.Abs(off) > max(0.5001e-12, size*1.1e-18) {
			t.Fatalf("%q: %v is off by %g", s, a, off)
		}
		if a.micros > 0 && a.rest < 0 || a.micros < 0 && a.rest > 0 || a.rest <= -million || a.rest >= million {
			t.Fatalf("%q: %v", s, a)
		}
	})
}

func exponentDigits(s string) int {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return 0
	}
	return len(strings.TrimLeft(s[i+1:], "+-"))
}

// FuzzTags compares tags with what encoding/json reads.
func FuzzTags(f *testing.F) {
	for _, s := range []string{`{}`, `{"team": "net", "n": 3.5, "on": true, "no": null}`, `{"deep": {"a": [1, "}"]}, "x": "y"}`, `{"e": "\u00e9\""}`, `"a": "b"`, `{"a":"b",}`, `{"a"`, `[]`, `{"a":"b"}}`, `"a":1,`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4096 {
			return
		}
		got := map[string]string{}
		ok := eachTag(b, func(key, value []byte) { got[string(key)] = string(value) })
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&want); err != nil || want == nil || d.More() {
			return
		}
		if _, err := d.Token(); err == nil {
			return // something follows
		}
		if !json.Valid(b) || hasTwice(b) {
			return
		}
		if !ok {
			t.Fatalf("%q is an object", b)
		}
		for key, value := range want {
			text, read := got[key]
			switch v := value.(type) {
			case string:
				if valid := strings.ToValidUTF8(text, "\ufffd"); !read || valid != strings.ToValidUTF8(v, "\ufffd") && !strings.Contains(v, "\ufffd") {
					t.Fatalf("%q: %s is %q, want %q", b, key, text, v)
				}
			case json.Number:
				if text != v.String() {
					t.Fatalf("%q: %s is %q, want %q", b, key, text, v)
				}
			}
		}
	})
}

// hasTwice reports whether a key may be there twice, or is not valid UTF-8, which encoding/json changes.
func hasTwice(b []byte) bool {
	seen := map[string]bool{}
	twice := false
	eachTag(b, func(key, _ []byte) {
		k := string(key)
		twice = twice || seen[k] || strings.ToValidUTF8(k, "") != k
		seen[k] = true
	})
	return twice || bytes.Contains(b, []byte("null")) || strings.Contains(string(b), "{") && bytes.Count(b, []byte("{")) > 1
}

// FuzzInstant never fails, and gives times that were written in this millennium or so.
func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2024-09-18 22:00:00", "2024-09-18T22:00:00.000Z", "2024-09-18T22:00:00+02:00", "2024-09-18", "2024-02-30T00:00:00Z", "0000-01-01"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parseInstant(b)
		if ok && (s < -62167219200-2*secondsOfDay || s > 253402300800+2*secondsOfDay) {
			t.Fatalf("%q is %d", b, s)
		}
	})
}
