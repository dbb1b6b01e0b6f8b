package schedule

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"shipmate/bot"
)

const (
	look     = time.Minute     // the longest time between two looks at the clock, which somebody may set
	onTime   = 2 * time.Minute // what is not later was not missed
	latest   = 6 * time.Hour   // what is later is not asked any more
	allMost  = 20              // of the times that were missed
	tooEarly = 24 * time.Hour  // a time remembered that is further ahead comes from a clock that was wrong
)

// A runner asks one job.
type runner struct {
	*Clock
	scheduled
	accept func(context.Context, bot.Request) error

	last   time.Time // up to when all times are dealt with
	failed time.Time // the time that could not be asked, and was logged
}

func (r *runner) run(ctx context.Context) {
	for !r.begin(ctx) {
		if !sleep(ctx, look) {
			return
		}
	}
	for sleep(ctx, r.step(ctx)) {
	}
}

// begin reads up to when the times are dealt with. A new job's are up to now.
func (r *runner) begin(ctx context.Context) bool {
	now := r.now()
	if r.last = now; r.Fired == nil {
		return true
	}
	last, err := r.Fired.Load(ctx, r.Name)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			r.log.Error("scheduled job waits: when it ran last cannot be read", "job", r.Name, "err", err)
		}
		return false
	case last.IsZero():
		r.moved(ctx, now)
	default:
		r.last = last
	}
	return true
}

// step asks what is due, and returns how long to wait before the next look.
func (r *runner) step(ctx context.Context) time.Duration {
	now := r.now()
	if r.last.After(now.Add(tooEarly)) {
		r.log.Warn("the clock was wrong when the scheduled job ran last: it goes on from now", "job", r.Name, "last", r.last)
		r.moved(ctx, now)
	}
	due, missed, newest := r.due(now)
	if missed > 0 {
		r.log.Warn("scheduled job was missed", "job", r.Name, "times", missed, "last", newest)
		r.Meter.Add("cron_runs_total", missed, "job", r.Name, "outcome", "missed")
		r.moved(ctx, newest)
	}
	for _, at := range due {
		if !r.ask(ctx, at) {
			break // it stays due
		}
		r.moved(ctx, at)
	}
	now = r.now()
	next := r.after(now)
	if next.IsZero() {
		return look
	}
	return min(next.Sub(now), look)
}

// due lists the times to be asked now, and how many before them are not asked, of which newest is the last.
func (r *runner) due(now time.Time) (due []time.Time, missed int, newest time.Time) {
	longest, most := latest, 1
	switch r.Misfire {
	case All:
		most = allMost
	case Skip:
		longest = onTime
	}
	for at := r.after(r.last); !at.IsZero() && !at.After(now); at = r.after(at) {
		due = append(due, at)
		if len(due) > most || now.Sub(due[0]) > longest {
			missed, newest, due = missed+1, due[0], due[1:]
		}
	}
	return due, missed, newest
}

// ask delivers the question of one time, and reports whether it is durable.
func (r *runner) ask(ctx context.Context, due time.Time) bool {
	late := r.now().Sub(due)
	if err := guard(func() error { return r.accept(ctx, r.request(due)) }); err != nil {
		if ctx.Err() == nil && !r.failed.Equal(due) {
			r.log.Error("scheduled job not taken; it is tried again", "job", r.Name, "due", due, "err", err)
		}
		r.failed = due
		r.Meter.Add("cron_runs_total", 1, "job", r.Name, "outcome", "failed")
		return false
	}
	r.Meter.Add("cron_runs_total", 1, "job", r.Name, "outcome", "accepted")
	r.Meter.Observe("cron_lateness_seconds", late, "job", r.Name)
	if late > onTime {
		r.log.Info("scheduled job asked late", "job", r.Name, "due", due, "late", late.Round(time.Second))
	}
	return true
}

// moved notes up to when the times are dealt with. When that cannot be remembered, the last may be asked again after a restart, and the bot
// knows it by its ID.
func (r *runner) moved(ctx context.Context, to time.Time) {
	r.last = to
	if r.Fired == nil {
		return
	}
	if err := r.Fired.Save(ctx, r.Name, to); err != nil && ctx.Err() == nil {
		r.log.Error("when the scheduled job ran last is not remembered", "job", r.Name, "err", err)
	}
}

// guard calls f and makes a panic an error, so that the job goes on at its next time.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// sleep waits; false when ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
