package focus

import (
	"time"

	"shipmate/bot/day"
)

const secondsOfDay = 24 * 60 * 60

// parseInstant reads a time as bills write it, as seconds since 1970, UTC: 2024-09-18, 2024-09-18 22:00:00, 2024-09-18T22:00:00.000Z,
// 2024-09-18T22:00:00+02:00. A time without a zone is UTC, as FOCUS has it.
func parseInstant(b []byte) (seconds int64, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	year, ok1 := number(b[:4])
	month, ok2 := number(b[5:7])
	date, ok3 := number(b[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || date < 1 || date > 31 {
		return 0, false
	}
	d := day.Date(year, time.Month(month), date)
	if date > 28 && d.OfMonth() != date {
		return 0, false
	}
	clock, ok := parseClock(b[10:])
	return int64(d)*secondsOfDay + clock, ok
}

// parseClock reads what follows the day: nothing, or T or a space and a time with or without seconds, a fraction and a zone.
func parseClock(b []byte) (seconds int64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if len(b) < 6 || b[0] != 'T' && b[0] != ' ' && b[0] != 't' || b[3] != ':' {
		return 0, false
	}
	hour, ok1 := number(b[1:3])
	minute, ok2 := number(b[4:6])
	if !ok1 || !ok2 || hour > 24 || minute > 59 {
		return 0, false
	}
	seconds = int64(hour)*3600 + int64(minute)*60
	b = b[6:]
	if len(b) >= 3 && b[0] == ':' {
		second, ok := number(b[1:3])
		if !ok || second > 60 {
			return 0, false
		}
		seconds += int64(second)
		b = b[3:]
		if len(b) > 0 && b[0] == '.' {
			for b = b[1:]; len(b) > 0 && b[0] >= '0' && b[0] <= '9'; {
				b = b[1:]
			}
		}
	}
	offset, ok := parseZone(b)
	return seconds - offset, ok
}

// parseZone reads Z, UTC, +02:00, +0200, +02 or nothing, as seconds east of UTC.
func parseZone(b []byte) (seconds int64, ok bool) {
	switch string(b) {
	case "", "Z", "z", " UTC":
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, false
	}
	hour, ok := number(b[1:3])
	minute := 0
	if rest := b[3:]; ok && len(rest) > 0 {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		minute, ok = number(rest)
		ok = ok && len(rest) == 2
	}
	seconds = int64(hour)*3600 + int64(minute)*60
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok && hour <= 15 && minute <= 59
}

// number reads up to four decimal digits.
func number(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0 && len(b) <= 4
}

// dayOf is the UTC day of a time.
func dayOf(seconds int64) day.Day {
	d := seconds / secondsOfDay
	if seconds%secondsOfDay < 0 {
		d--
	}
	return day.Day(d)
}
