package pulls

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Person is somebody who writes and reviews pull requests, under the login that GitHub knows.
type Person struct {
	Slack string   `yaml:"slack"` // the member ID there; "": not known
	Zone  string   `yaml:"zone"`  // as the IANA database names it; "": as Slack knows, else that of Hours
	Teams []string `yaml:"teams"` // "org/team": what waits for the team waits for the person
}

// loginForm is what GitHub's logins look like; managed users' logins have an underscore.
var loginForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// Options are what the pull request commands can be told. The zero Options work, with all weights 0.
type Options struct {
	Weights Weights
	Hours   Hours
	People  map[string]Person // by login
	// Zone tells the time zone of a member of Slack, "" when it is not known. Nil: no zone is.
	Zone func(ctx context.Context, member string) string
}

// CheckPeople returns what is wrong with people, nil when nothing is.
func CheckPeople(people map[string]Person) error {
	slack := map[string]string{}
	for _, login := range slices.Sorted(maps.Keys(people)) {
		p := people[login]
		if !loginForm.MatchString(login) {
			return fmt.Errorf("%q is no login of GitHub", login)
		}
		if p.Zone != "" {
			if _, err := loadZone(p.Zone); err != nil {
				return fmt.Errorf("%s: %w", login, err)
			}
		}
		if other := slack[p.Slack]; p.Slack != "" && other != "" {
			return fmt.Errorf("%s and %s have the same slack member %s", other, login, p.Slack)
		}
		slack[p.Slack] = login
		for _, team := range p.Teams {
			if !repositoryName.MatchString(team) {
				return fmt.Errorf("%s: team %q is not of the form org/team", login, team)
			}
		}
	}
	return nil
}

// A crew is what is known of people.
type crew struct {
	week   week
	people map[string]Person // by login in lower case
	zone   func(ctx context.Context, member string) string
}

func newCrew(o Options) crew {
	c := crew{people: map[string]Person{}, zone: o.Zone}
	var err error
	if c.week, err = o.Hours.week(); err != nil { // refused with the configuration
		c.week, _ = DefaultHours().week()
	}
	for login, p := range o.People {
		c.people[strings.ToLower(login)] = p
	}
	return c
}

// weekOf is when somebody works.
func (c crew) weekOf(ctx context.Context, login string) week {
	w := c.week
	p := c.people[strings.ToLower(login)]
	name := p.Zone
	if name == "" && p.Slack != "" && c.zone != nil {
		name = c.zone(ctx, p.Slack)
	}
	if zone, err := loadZone(name); err == nil {
		w.zone = zone
	}
	return w
}

// clock adds to a turn how long it has been, in the working time of the first of those whose turn it is. CI does not sleep.
func (c crew) clock(ctx context.Context, t *Turn, now time.Time) {
	if t.What == "" || t.Rule == "checks-running" {
		return
	}
	t.Waited = c.weekOf(ctx, first(t.Who)).waited(t.Since, now)
}

// loginOf is the login of a member of Slack as the configuration has it; "" when it has none.
func (c crew) loginOf(member string) string {
	for _, login := range slices.Sorted(maps.Keys(c.people)) {
		if p := c.people[login]; member != "" && p.Slack == member {
			return login
		}
	}
	return ""
}

// names are the names under which a person can be asked: the login and the teams.
func (c crew) names(login string) []string {
	return append([]string{login}, c.people[strings.ToLower(login)].Teams...)
}
