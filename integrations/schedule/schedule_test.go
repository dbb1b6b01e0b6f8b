package schedule

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

func job(cron string) Job {
	return Job{Name: "morning", Cron: cron, Zone: "Europe/Berlin", Channel: "C1", Ask: "pulls"}
}

func TestCheck(t *testing.T) {
	with := func(f func(*Job)) Job {
		j := job("0 9 * * *")
		f(&j)
		return j
	}
	for name, test := range map[string]struct {
		job  Job
		want string // part of the fault; "" means none
	}{
		"good":            {job("0 9 * * MON-FRI"), ""},
		"no zone is UTC":  {with(func(j *Job) { j.Zone = "" }), ""},
		"no name":         {with(func(j *Job) { j.Name = "" }), "name is missing"},
		"no ask":          {with(func(j *Job) { j.Ask = " " }), "ask is missing"},
		"channel by name": {with(func(j *Job) { j.Channel = "#eng" }), "no Slack channel ID"},
		"bad zone":        {with(func(j *Job) { j.Zone = "Mars/Olympus" }), "no time zone"},
		"never":           {job("0 0 30 2 *"), "never happens"},
		"panics cron":     {job("TZ=0"), "five fields"},
		"every":           {job("@every 1ms"), "five fields"},
		"misfire":         {with(func(j *Job) { j.Misfire = "twice" }), "write once, all or skip"},
		"skip":            {with(func(j *Job) { j.Misfire = Skip }), ""},
		"seconds":         {job("* * * * * *"), "expected exactly 5 fields"},
		"empty":           {job(""), "empty spec string"},
	} {
		err := test.job.Check()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestTwoJobsOfOneName(t *testing.T) {
	if _, err := New([]Job{job("0 9 * * *"), job("0 10 * * *")}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("got no error")
	}
}

// TestRun lets ten days pass over the change to summer time of 2000 in Berlin; the bubble's clock starts on 1 January 2000.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New([]Job{job("0 9 * * MON-FRI")}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(time.Date(2000, 3, 22, 0, 0, 0, 0, time.UTC)))
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		var got []string
		done := make(chan error)
		go func() {
			done <- c.Run(ctx, func(_ context.Context, r bot.Request) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, r.ID)
				return nil
			})
		}()
		time.Sleep(7 * 24 * time.Hour)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		want := []string{
			"cron:morning/2000-03-22T08:00:00Z", "cron:morning/2000-03-23T08:00:00Z", "cron:morning/2000-03-24T08:00:00Z",
			"cron:morning/2000-03-27T07:00:00Z", "cron:morning/2000-03-28T07:00:00Z",
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked %q, want %q", got, want)
		}
	})
}
