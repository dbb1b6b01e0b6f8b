package pulls

import (
	"fmt"
	"strings"
	"time"
)

// Hours are when people work, by the clock of where they are. The zero Hours are Monday to Friday, 9 to 17, in UTC.
type Hours struct {
	Zone string `yaml:"zone"` // of those who have none of their own, as the IANA database names it
	From string `yaml:"from"` // "09:00"
	To   string `yaml:"to"`   // "17:00"
	Days string `yaml:"days"` // "mon-fri", "sun-thu", or some days: "mon tue thu"
}

// DefaultHours returns the hours that hold unless the configuration says otherwise.
func DefaultHours() Hours { return Hours{Zone: "UTC", From: "09:00", To: "17:00", Days: "mon-fri"} }

// A week is Hours taken apart.
type week struct {
	zone     *time.Location
	from, to time.Duration // after midnight
	days     [7]bool       // from Sunday
}

// Check returns what is wrong with the hours, nil when nothing is.
func (h Hours) Check() error {
	_, err := h.week()
	return err
}

func (h Hours) week() (week, error) {
	if h == (Hours{}) {
		h = DefaultHours()
	}
	w := week{}
	var err error
	if w.zone, err = loadZone(h.Zone); err != nil {
		return w, err
	}
	if w.from, err = timeOfDay("from", h.From); err != nil {
		return w, err
	}
	if w.to, err = timeOfDay("to", h.To); err != nil {
		return w, err
	}
	if w.to <= w.from {
		return w, fmt.Errorf("from %s to %s is no time of the day: from has to be earlier", h.From, h.To)
	}
	w.days, err = weekdays(h.Days)
	return w, err
}

// loadZone finds a time zone by its name; "Local" is none, because it means another one on each machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %q is none; write a name such as Europe/Berlin or UTC", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q is none that I know; write a name such as Europe/Berlin or UTC", name)
	}
	return zone, nil
}

func timeOfDay(key, s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%s %q is no time of the day such as 09:00", key, s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// weekdays reads days and ranges of days, which may go round the end of the week.
func weekdays(s string) (days [7]bool, err error) {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	index := func(name string) int { return indexOf(names, strings.ToLower(strings.TrimSpace(name))) }
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, b := index(first), index(last)
		if a < 0 || b < 0 {
			return days, fmt.Errorf("days %q: write days such as mon-fri or \"mon tue thu\"", s)
		}
		for d := a; ; d = (d + 1) % 7 {
			days[d] = true
			if d == b {
				break
			}
		}
	}
	if days == [7]bool{} {
		return days, fmt.Errorf("days is empty: write days such as mon-fri")
	}
	return days, nil
}

// day is how long one day's work is.
func (w week) day() time.Duration { return w.to - w.from }

// between is the working time from a to b; 0 when b is not later. A clock that is set forward or back during the day counts as it really went.
func (w week) between(a, b time.Time) time.Duration {
	const farthest = 100 // days: waited tells of more by the calendar
	a, b = a.In(w.zone), b.In(w.zone)
	var sum time.Duration
	for i := range farthest {
		y, m, d := a.Date()
		at := func(t time.Duration) time.Time {
			return time.Date(y, m, d+i, int(t.Hours()), int(t.Minutes())%60, 0, 0, w.zone)
		}
		start, end := at(w.from), at(w.to)
		if start.After(b) {
			break
		}
		if !w.days[start.Weekday()] {
			continue
		}
		if part := earliest(end, b).Sub(latest(start, a)); part > 0 {
			sum += part
		}
	}
	return sum
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// waited says how much working time has passed since a time, in words; "" when either time is not known.
func (w week) waited(since, now time.Time) string {
	if since.IsZero() || now.IsZero() {
		return ""
	}
	const month, year = 30 * 24 * time.Hour, 365 * 24 * time.Hour
	switch d := w.between(since, now); {
	case now.Sub(since) > year:
		return "for over a year"
	case now.Sub(since) > 2*month:
		return "for " + count(int(now.Sub(since)/month), "month")
	case d < time.Hour:
		return "for less than a working hour"
	case d < 2*w.day():
		return "for " + count(int(d.Hours()), "working hour")
	default:
		return "for " + count(int(d/w.day()), "working day")
	}
}
