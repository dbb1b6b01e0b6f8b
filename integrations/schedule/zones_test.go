package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// zones change their clocks in every way there is: by an hour, half an hour and two, at midnight and before it, in either half of the year,
// around Ramadan, and not at all.
func zones() []string {
	return strings.Fields(`Africa/Cairo Africa/Casablanca Africa/El_Aaiun America/Asuncion America/Chicago America/Denver America/Halifax
		America/Havana America/Los_Angeles America/Mexico_City America/Miquelon America/New_York America/Nuuk America/Santiago America/Sao_Paulo
		America/Scoresbysund America/St_Johns Antarctica/Troll Asia/Amman Asia/Beirut Asia/Damascus Asia/Gaza Asia/Jerusalem Asia/Kathmandu
		Asia/Kolkata Asia/Tehran Asia/Tokyo Atlantic/Azores Australia/Adelaide Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Chisinau
		Europe/Dublin Europe/Lisbon Europe/London Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Easter Pacific/Kiritimati UTC`)
}

// faultZones walks through 400 days of every zone, twice, and holds every run to the zone's clocks: one run for each civil day, when they show
// the time first; or, on a day on which they never do, when they first show something later.
func faultZones(t *testing.T) {
	gaps, overlaps := 0, 0
	for _, name := range zones() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []int{2018, 2025} {
			for _, at := range []string{"00:00", "00:30", "01:30", "02:15", "03:00", "23:30"} {
				var hour, minute int
				fmt.Sscanf(at, "%d:%d", &hour, &minute)
				s, err := Job{Name: "x", Zone: name, Cron: fmt.Sprintf("%d %d * * *", minute, hour)}.times()
				if err != nil {
					t.Fatal(err)
				}
				due := time.Date(from, 6, 1, 23, 59, 59, 0, zone)
				for day := range 400 {
					due = s.after(due)
					want := time.Date(from, 6, 2+day, hour, minute, 0, 0, time.UTC) // on the wall
					got, before := wallClock(due.In(zone)), wallClock(due.Add(-1).In(zone))
					switch {
					case got.Equal(want):
						for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
							if wallClock(due.Add(-back).In(zone)).Equal(want) {
								t.Errorf("%s: %v is not the first time that the clocks show it", name, due.In(zone))
							}
						}
						if wallClock(due.Add(time.Hour).In(zone)).Equal(want) || wallClock(due.Add(30*time.Minute).In(zone)).Equal(want) {
							overlaps++
						}
					case before.Before(want) && want.Before(got):
						gaps++
					default:
						t.Fatalf("%s at %s: run %d is at %v, want for %v", name, at, day, due.In(zone), want)
					}
				}
			}
		}
	}
	if len(zones()) < 30 || gaps < 50 || overlaps < 50 {
		t.Errorf("%d zones, %d gaps, %d overlaps: too few to tell", len(zones()), gaps, overlaps)
	}
}

// walk lists what is due after from, in local time.
func walk(t *testing.T, cron, zone, from string, n int) string {
	t.Helper()
	s, err := Job{Name: "x", Cron: cron, Zone: zone}.times()
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", from, s.zone)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for range n {
		at = s.after(at)
		out = append(out, at.In(s.zone).Format("2006-01-02 15:04"))
	}
	return strings.Join(out, ", ")
}

// Known changes of clocks, and what runs more often than daily: what is skipped together is due once, and nothing is due twice.
func TestTimes(t *testing.T) {
	for _, tt := range []struct{ cron, zone, from, want string }{
		{"30 2 * * *", "America/New_York", "2026-03-07 12:00", "2026-03-08 03:00, 2026-03-09 02:30"},
		{"30 1 * * *", "America/New_York", "2026-10-31 12:00", "2026-11-01 01:30, 2026-11-02 01:30"},
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-03 12:00", "2018-11-04 01:00, 2018-11-05 00:00"},
		{"*/20 2 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 03:00, 2026-03-30 02:00, 2026-03-30 02:20"},
		{"*/30 * * * *", "Europe/Berlin", "2026-03-29 01:10", "2026-03-29 01:30, 2026-03-29 03:00, 2026-03-29 03:30"},
		{"30 * * * *", "Europe/Berlin", "2026-10-25 01:00", "2026-10-25 01:30, 2026-10-25 02:30, 2026-10-25 03:30"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-04 02:30, 2026-10-05 02:15"},
	} {
		if got := walk(t, tt.cron, tt.zone, tt.from, strings.Count(tt.want, ",")+1); got != tt.want {
			t.Errorf("%s in %s: %s, want %s", tt.cron, tt.zone, got, tt.want)
		}
	}
}

// faultCalendar is about days that not every month or year has.
func faultCalendar(t *testing.T) {
	for _, tt := range []struct{ cron, from, want string }{
		{"0 9 29 2 *", "2026-01-01 00:00", "2028-02-29 09:00, 2032-02-29 09:00"},
		{"0 9 31 * *", "2026-01-31 10:00", "2026-03-31 09:00, 2026-05-31 09:00, 2026-07-31 09:00, 2026-08-31 09:00, 2026-10-31 09:00"},
		{"0 9 30 * *", "2028-01-30 10:00", "2028-03-30 09:00, 2028-04-30 09:00"},
		{"59 23 31 12 *", "2026-06-01 00:00", "2026-12-31 23:59, 2027-12-31 23:59"},
		{"0 0 1 1 *", "2026-12-31 23:59", "2027-01-01 00:00, 2028-01-01 00:00"},
		{"0 9 * * MON", "2026-12-31 12:00", "2027-01-04 09:00, 2027-01-11 09:00"},
	} {
		for _, zone := range []string{"UTC", "Europe/Berlin", "Pacific/Auckland"} {
			if got := walk(t, tt.cron, zone, tt.from, strings.Count(tt.want, ",")+1); got != tt.want {
				t.Errorf("%s in %s: %s, want %s", tt.cron, zone, got, tt.want)
			}
		}
	}
}

// FuzzCheck holds that no expression makes the parser panic, and that what passes has a next time and is due once a minute at most.
func FuzzCheck(f *testing.F) {
	for _, expression := range []string{"0 9 * * MON-FRI", "TZ=0", "@every 1ms", "0 0 30 2 *", "*/0 * * * *", "1-5/2,7 * ? * 7", "99999999999 * * * *", "- * * * *"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		j := Job{Name: "x", Cron: expression, Channel: "C1", Ask: "pulls"}
		if j.Check() != nil {
			return
		}
		s, err := j.times()
		if err != nil {
			t.Fatal(err)
		}
		first := s.after(time.Now())
		if second := s.after(first); !second.IsZero() && second.Sub(first) < time.Minute {
			t.Errorf("%q is due at %v and %v", expression, first, second)
		}
	})
}
