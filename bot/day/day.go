// Package day counts civil days, without hours and zones: bills are by the day.
package day

import (
	"fmt"
	"time"
)

// A Day is a civil day of the Gregorian calendar, as the number of days since 1 January 1970. Days are subtracted and compared as numbers.
type Day int32

// Of is the day of t in t's own location.
func Of(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// Date is the day of a date; values outside their range are normalized as [time.Date] does.
func Date(year int, month time.Month, date int) Day {
	seconds := time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Unix()
	return Day(seconds / 86400) // whole days, so that the division is exact before 1970, too
}

// Parse reads a day as 2026-11-21. Anything behind ten characters that are a date and a T or a space is left out.
func Parse(s string) (Day, error) {
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		s = s[:10]
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is no day: write it as 2026-11-21", s)
	}
	return Of(t), nil
}

// Time is midnight UTC at which the day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String is the day as 2026-11-21.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Short is the day as people write it, without the year: 21 Nov.
func (d Day) Short() string { return d.Time().Format("2 Jan") }

// MarshalText writes the day as String does.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = Parse(string(text))
	return err
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return time.Weekday((int(d)%7 + 7 + 4) % 7) } // 1 January 1970 was a Thursday

// Month is the first day of the day's month.
func (d Day) Month() Day {
	y, m, _ := d.Time().Date()
	return Date(y, m, 1)
}

// NextMonth is the first day of the month after the day's.
func (d Day) NextMonth() Day {
	y, m, _ := d.Time().Date()
	return Date(y, m+1, 1)
}

// OfMonth is the day's number in its month, from 1.
func (d Day) OfMonth() int { return d.Time().Day() }
