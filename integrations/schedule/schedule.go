// Package schedule lets the clock ask: each job of the configuration is a command line that is asked on a cron schedule and answered in a
// channel. A scheduled command passes the Router like any other.
package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"shipmate/bot"
)

// A Job is one scheduled question.
type Job struct {
	Name    string `yaml:"name"`    // for the log; unique
	Cron    string `yaml:"cron"`    // five fields: minute, hour, day of the month, month, day of the week
	Zone    string `yaml:"zone"`    // IANA time zone that Cron is read in; "" is UTC
	Channel string `yaml:"channel"` // Slack channel ID that is answered in
	Ask     string `yaml:"ask"`     // the command line
}

// Check says what is wrong with the job; nil when nothing is.
func (j Job) Check() error {
	switch {
	case j.Name == "":
		return errors.New("name is missing")
	case strings.TrimSpace(j.Ask) == "":
		return fmt.Errorf("job %q: ask is missing: write the command, such as: pulls", j.Name)
	case len(j.Channel) < 2 || strings.Trim(j.Channel, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "":
		return fmt.Errorf("job %q: channel %q is no Slack channel ID (C…)", j.Name, j.Channel)
	}
	_, err := j.schedule()
	return err
}

// schedule parses the job's times. The cron package's own prefixes (TZ=, @every) are refused: the first can make its parser panic, the second
// drifts with every restart.
func (j Job) schedule() (cron.Schedule, error) {
	if strings.ContainsAny(j.Cron, "=@") {
		return nil, fmt.Errorf("job %q: cron %q: write five fields, such as \"0 9 * * MON-FRI\", and the time zone under zone", j.Name, j.Cron)
	}
	zone, err := time.LoadLocation(cmp.Or(j.Zone, "UTC"))
	if err != nil || j.Zone == "Local" {
		return nil, fmt.Errorf("job %q: %q is no time zone: write one such as Europe/Berlin", j.Name, j.Zone)
	}
	s, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(j.Cron)
	if err != nil {
		return nil, fmt.Errorf("job %q: cron %q: %w", j.Name, j.Cron, err)
	}
	if spec, ok := s.(*cron.SpecSchedule); ok {
		spec.Location = zone
	}
	if s.Next(time.Now()).IsZero() {
		return nil, fmt.Errorf("job %q: cron %q never happens", j.Name, j.Cron)
	}
	return s, nil
}

// A Clock is the Source of scheduled questions.
type Clock struct {
	jobs []scheduled
	log  *slog.Logger
}

type scheduled struct {
	Job
	times cron.Schedule
}

// New returns a Clock for jobs that have passed Check.
func New(jobs []Job, log *slog.Logger) (*Clock, error) {
	c := &Clock{log: log}
	seen := map[string]bool{}
	for _, j := range jobs {
		if err := j.Check(); err != nil {
			return nil, err
		}
		if seen[j.Name] {
			return nil, fmt.Errorf("two scheduled jobs are named %q", j.Name)
		}
		seen[j.Name] = true
		times, err := j.schedule()
		if err != nil {
			return nil, err
		}
		c.jobs = append(c.jobs, scheduled{j, times})
	}
	return c, nil
}

// Run asks each job at its times until ctx ends. What fell due while the program was not running is not asked afterwards.
func (c *Clock) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	var running sync.WaitGroup
	for _, j := range c.jobs {
		running.Go(func() { c.run(ctx, j, accept) })
	}
	running.Wait()
	return nil
}

func (c *Clock) run(ctx context.Context, j scheduled, accept func(context.Context, bot.Request) error) {
	for {
		due := j.times.Next(time.Now())
		timer := time.NewTimer(time.Until(due))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := accept(ctx, j.request(due)); err != nil && ctx.Err() == nil {
			c.log.Error("scheduled job not taken", "job", j.Name, "due", due, "err", err)
		}
	}
}

// request is the job's question at the time it fell due. The ID holds that time, so that a tick is answered once.
func (j Job) request(due time.Time) bot.Request {
	return bot.Request{
		ID:      fmt.Sprintf("clock:%s/%s", j.Name, due.UTC().Format(time.RFC3339)),
		Kind:    bot.Tick,
		From:    bot.Actor{Surface: bot.Clock, ID: j.Name, Name: "schedule " + j.Name},
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: j.Channel},
		Text:    j.Ask,
		Time:    due,
	}
}
