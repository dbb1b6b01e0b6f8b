// Package schedule lets the clock ask: each job of the configuration is a command line that is asked on a cron schedule and answered in a
// channel. A scheduled command passes the Router like any other.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"shipmate/bot"
)

// A Clock is the Source of scheduled questions. Its fields are set before Run.
type Clock struct {
	// Fired remembers the times that were dealt with. Nil remembers nothing, so that what is missed while the program does not run stays missed.
	Fired firedStore
	// Meter is told how often jobs were asked and how late. Nil forgets it.
	Meter bot.Meter

	jobs []scheduled
	log  *slog.Logger
	now  func() time.Time
}

// firedStore keeps up to when the times of each job were dealt with, by the job's name. Load returns the zero time when there is none; Save is
// durable when it returns nil.
type firedStore interface {
	Load(ctx context.Context, job string) (time.Time, error)
	Save(ctx context.Context, job string, t time.Time) error
}

type scheduled struct {
	Job
	times
}

// New returns a Clock for jobs that pass Check.
func New(jobs []Job, log *slog.Logger) (*Clock, error) {
	// Without the monotonic clock, which stands still while a machine sleeps and does not see when somebody sets the other.
	c := &Clock{log: log, now: func() time.Time { return time.Now().Round(0) }}
	seen := map[string]bool{}
	for _, j := range jobs {
		if err := j.Check(); err != nil {
			return nil, err
		}
		if seen[j.Name] {
			return nil, fmt.Errorf("two scheduled jobs are named %q", j.Name)
		}
		seen[j.Name] = true
		times, err := j.times()
		if err != nil {
			return nil, err
		}
		c.jobs = append(c.jobs, scheduled{j, times})
	}
	return c, nil
}

// Run asks each job at its times until ctx ends, and at the start what was missed, as the job's Misfire says. A job that never ran before
// begins with the next of its times. Asking does not wait for an answer: a question that comes while the one before is being answered waits
// its turn in the channel.
func (c *Clock) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	if c.Meter == nil {
		c.Meter = bot.NoMeter{}
	}
	var running sync.WaitGroup
	for _, j := range c.jobs {
		running.Go(func() { (&runner{Clock: c, scheduled: j, accept: accept}).run(ctx) })
	}
	running.Wait()
	return nil
}

// request is the job's question at the time it fell due. The ID holds that time, so that it is answered once.
func (j Job) request(due time.Time) bot.Request {
	return bot.Request{
		ID:      fmt.Sprintf("cron:%s/%s", j.Name, due.UTC().Format(time.RFC3339)),
		Kind:    bot.Tick,
		From:    bot.Actor{Surface: bot.Clock, ID: j.Name, Name: "schedule " + j.Name},
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: j.Channel},
		Text:    j.Ask,
		Time:    due,
	}
}
