package schedule

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"
)

// TestFaults goes through the numbered faults of time.
func TestFaults(t *testing.T) {
	t.Run("fault 41 clocks that change in every zone", faultZones)
	t.Run("fault 42 clock set forward and back, machine asleep", faultJumps)
	t.Run("fault 42 clock was years ahead", faultWrongClock)
	t.Run("fault 43 down over three ticks", faultDown)
	t.Run("fault 44 a tick while the one before waits", faultOverlap)
	t.Run("fault 45 panic", faultPanic)
	t.Run("fault 45 refused", faultRefused)
	t.Run("fault 46 bad expressions", TestCheck)
	t.Run("fault 47 leap day, the 31st, the year's end", faultCalendar)
}

func hourly(misfire string) Job {
	return Job{Name: "x", Cron: "0 * * * *", Channel: "C1", Ask: "pulls", Misfire: misfire}
}

func faultJumps(t *testing.T) {
	inLab(t, func(l *lab) {
		l.start(hourly(""))
		time.Sleep(90 * time.Minute) // 01:30
		l.want("first", "1 01:00/01:00")
		l.set(time.Hour) // 02:30
		time.Sleep(time.Minute)
		l.want("forward", "1 02:00/02:31")
		l.set(-time.Hour) // 01:31
		time.Sleep(40 * time.Minute)
		l.want("back", "")           // 02:00 was asked
		time.Sleep(50 * time.Minute) // 03:01
		l.want("after", "1 03:00/03:00")
		l.set(3 * time.Hour) // a machine that slept: its timers did, too
		time.Sleep(time.Minute)
		l.want("asleep", "1 06:00/06:02")
		l.end()
		for id, n := range l.ids {
			if n != 1 {
				t.Errorf("%s was asked %d times", id, n)
			}
		}
		if l.counts["cron_lateness_seconds 31m0s"] != 1 || l.counts["cron_runs_total job x outcome missed"] != 2 {
			t.Errorf("counted %v", l.counts)
		}
	})
}

func faultWrongClock(t *testing.T) {
	inLab(t, func(l *lab) {
		l.store.fired = map[string]time.Time{"x": time.Now().AddDate(26, 0, 0)}
		l.start(hourly(""))
		time.Sleep(61 * time.Minute)
		l.end()
		l.want("after years", "1 01:00/01:00")
	})
}

func faultDown(t *testing.T) {
	for _, tt := range []struct {
		misfire string
		down    time.Duration
		want    string
		missed  int
	}{
		{"", 3*time.Hour + 30*time.Minute, "1 04:00/04:30", 2},
		{Once, 3*time.Hour + 30*time.Minute, "1 04:00/04:30", 2},
		{All, 3*time.Hour + 30*time.Minute, "1 02:00/04:30, 1 03:00/04:30, 1 04:00/04:30", 0},
		{All, 30 * time.Hour, "2 01:00/07:00, 2 02:00/07:00, 2 03:00/07:00, 2 04:00/07:00, 2 05:00/07:00, 2 06:00/07:00, 2 07:00/07:00", 23},
		{Skip, 3*time.Hour + 30*time.Minute, "", 3},
		{Skip, 3*time.Hour + time.Minute, "1 04:00/04:01", 2}, // it is not late yet
	} {
		inLab(t, func(l *lab) {
			l.start(hourly(tt.misfire))
			time.Sleep(time.Hour)
			l.want("before", "1 01:00/01:00")
			l.end()
			time.Sleep(tt.down)
			l.start(hourly(tt.misfire))
			l.want(tt.misfire+" "+tt.down.String(), tt.want)
			l.end()
			l.start(hourly(tt.misfire))
			l.want("once more", "")
			l.end()
			if got := l.counts["cron_runs_total job x outcome missed"]; got != tt.missed {
				t.Errorf("%s %v: missed %d, want %d", tt.misfire, tt.down, got, tt.missed)
			}
		})
	}
	inLab(t, func(l *lab) { // too late, and too many
		daily, often := hourly(""), hourly(All)
		daily.Name, daily.Cron = "daily", "0 9 * * *"
		often.Cron = "*/5 * * * *"
		l.store.fired = map[string]time.Time{"daily": time.Now(), "x": time.Now()}
		time.Sleep(15*time.Hour + time.Minute)
		l.start(daily, often)
		if got := l.heard(); strings.Count(got, ",") != allMost-1 || !strings.HasPrefix(got, "1 13:25/15:01") || strings.Contains(got, " 09:00") {
			t.Errorf("asked %q", got)
		}
		l.end()
	})
}

// A job's question waits behind the one before in its channel; a tick that could not even be put there is merged with the next.
func faultOverlap(t *testing.T) {
	inLab(t, func(l *lab) {
		release := make(chan struct{})
		l.accept = func(r bot.Request) error {
			if r.From.ID == "x" && r.Time.Hour() == 1 {
				<-release
			}
			return nil
		}
		other := hourly("")
		other.Name, other.Cron = "y", "30 * * * *"
		l.start(hourly(""), other)
		time.Sleep(4*time.Hour + 10*time.Minute)
		l.want("others go on", "1 00:30/00:30, 1 01:30/01:30, 1 02:30/02:30, 1 03:30/03:30")
		close(release)
		time.Sleep(time.Minute)
		l.want("then the newest", "1 01:00/04:10, 1 04:00/04:11")
		l.end()
	})
}

func faultPanic(t *testing.T) {
	inLab(t, func(l *lab) {
		l.accept = func(r bot.Request) error {
			if r.Time.Hour() < 3 {
				panic("the first two")
			}
			return nil
		}
		l.start(hourly(""))
		time.Sleep(4 * time.Hour)
		l.want("after panics", "1 03:00/03:00, 1 04:00/04:00")
		l.end()
	})
}

// What was not taken is asked again, and dealt with only then; what cannot be remembered is asked all the same.
func faultRefused(t *testing.T) {
	inLab(t, func(l *lab) {
		broken := true
		l.accept = func(bot.Request) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if broken {
				return bot.ErrBusy
			}
			return nil
		}
		l.start(hourly(""))
		time.Sleep(time.Hour + 5*time.Minute + time.Second)
		l.want("busy", "")
		if got := l.store.fired["x"]; got.Hour() != 0 || l.counts["cron_runs_total job x outcome failed"] != 6 {
			t.Errorf("dealt with up to %v, counted %v", got, l.counts)
		}
		l.mu.Lock()
		broken = false
		l.mu.Unlock()
		l.store.mu.Lock()
		l.store.err = errors.New("disk full")
		l.store.mu.Unlock()
		time.Sleep(2 * time.Hour)
		l.want("later", "1 01:00/01:06, 1 02:00/02:00, 1 03:00/03:00")
		l.end()
		l.start(hourly("")) // it cannot be read what was dealt with
		time.Sleep(time.Hour)
		l.want("unread", "")
		l.store.mu.Lock()
		l.store.err = nil
		l.store.mu.Unlock()
		time.Sleep(time.Minute)
		l.want("read", "1 04:00/04:06")
		l.end()
		if ids := slices.Sorted(maps.Keys(l.ids)); ids[0] != "cron:x/2000-01-01T01:00:00Z" || len(ids) != 4 {
			t.Errorf("asked as %q", ids)
		}
	})
}

// A new job begins with the next of its times, also when the program ends before that.
func TestNewJob(t *testing.T) {
	inLab(t, func(l *lab) {
		time.Sleep(30 * time.Minute)
		l.start(hourly(All))
		l.want("new", "")
		l.end()
		time.Sleep(time.Hour)
		l.start(hourly(All))
		l.want("the first of its times", "1 01:00/01:30")
		l.end()
	})
}
