package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A Job is one scheduled question.
type Job struct {
	Name    string `yaml:"name"`    // for the log; unique
	Cron    string `yaml:"cron"`    // five fields: minute, hour, day of the month, month, day of the week
	Zone    string `yaml:"zone"`    // IANA time zone that Cron is read in; "" is UTC
	Channel string `yaml:"channel"` // Slack channel ID that is answered in
	Ask     string `yaml:"ask"`     // the command line
	Misfire string `yaml:"misfire"` // what is done about the times that were missed: once (or ""), all or skip
}

// The ways to deal with times that were missed, because the program did not run, or the machine slept. None reaches back more than six hours.
const (
	Once = "once" // the last of them is asked late
	All  = "all"  // each of them is asked late, the last twenty at most
	Skip = "skip" // none is asked
)

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
	if !slices.Contains([]string{"", Once, All, Skip}, j.Misfire) {
		return fmt.Errorf("job %q: misfire %q: write once, all or skip", j.Name, j.Misfire)
	}
	_, err := j.times()
	return err
}

// times parses the job's schedule. The cron package's own prefixes (TZ=, @every) are refused: the first can make its parser panic, the second
// drifts with every restart.
func (j Job) times() (times, error) {
	if strings.ContainsAny(j.Cron, "=@") {
		return times{}, fmt.Errorf("job %q: cron %q: write five fields, such as \"0 9 * * MON-FRI\", and the time zone under zone", j.Name, j.Cron)
	}
	zone, err := time.LoadLocation(cmp.Or(j.Zone, "UTC"))
	if err != nil || j.Zone == "Local" {
		return times{}, fmt.Errorf("job %q: %q is no time zone: write one such as Europe/Berlin", j.Name, j.Zone)
	}
	s, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(j.Cron)
	if err != nil {
		return times{}, fmt.Errorf("job %q: cron %q: %w", j.Name, j.Cron, err)
	}
	if spec, ok := s.(*cron.SpecSchedule); ok {
		spec.Location = time.UTC // it reads a clock on the wall; what the zone makes of that is decided by times
	}
	found := times{s, zone}
	if found.after(time.Now()).IsZero() {
		return times{}, fmt.Errorf("job %q: cron %q never happens", j.Name, j.Cron)
	}
	return found, nil
}
