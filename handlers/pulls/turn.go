package pulls

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// Turn is whose turn it is: who has to do something before the pull request can go on.
type Turn struct {
	Rule  string    `json:"rule"`           // which rule decided; the names are those of the table of rules
	Who   []string  `json:"who"`            // logins, "org/team", or "CI"; empty: nobody in particular
	What  string    `json:"what,omitempty"` // what for, a phrase; "" when nobody has to do anything
	Since time.Time `json:"since,omitzero"` // zero: not known
	// Waited is how much working time has passed since then, for people to read: "5 working hours"; "" when that is not known.
	Waited string `json:"waited,omitempty"`
}

// A turnRule decides whose turn it is, or returns the zero Turn.
type turnRule struct {
	name string
	find func(c *course) Turn
}

// turnRules are asked in this order; the first that knows decides.
func turnRules() []turnRule {
	return []turnRule{
		{"over", func(c *course) Turn { return Turn{Rule: when(c.s.State != "open", "over")} }},
		{"draft", func(c *course) Turn { return c.writer(c.s.Draft, "a draft", c.begun) }},
		{"conflicts", func(c *course) Turn {
			return c.writer(c.facts.Conflicts, "conflicts with "+cmp.Or(c.s.Base.Name, "its base"), time.Time{})
		}},
		{"checks-failed", checksTurn},
		{"checks-running", func(c *course) Turn {
			return c.turn(c.running(), []string{"CI"}, count(c.facts.Checks.Running, "check")+" running", time.Time{})
		}},
		{"changes-requested", changesTurn},
		{"threads", threadsTurn},
		{"review", reviewTurn},
		{"unknown", func(c *course) Turn { return Turn{Rule: when(c.unread(), "unknown")} }},
		{"comments", commentsTurn},
		{"owners", ownersTurn},
		{"nobody-asked", func(c *course) Turn {
			return c.author(len(c.facts.Reviews.Approved) == 0, "nobody is asked for a review", c.begun)
		}},
		{"ready", readyTurn},
	}
}

func when(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

// A course is what happened to a pull request so far, as far as the snapshot shows.
type course struct {
	s      github.Snapshot
	facts  *Facts
	owners *owners
	begun  time.Time // when it was opened, or made ready for review
	pushed time.Time // when its newest commit arrived, or was made
}

// turnOf works out whose turn it is. f has checks and reviews.
func turnOf(v *view, f *Facts) Turn {
	c := &course{s: v.Snapshot, facts: f, owners: v.owners, begun: v.CreatedAt}
	for _, commit := range v.List {
		c.pushed = latest(c.pushed, commit.Time)
	}
	c.pushed = latest(c.pushed, c.begun)
	for _, e := range v.Events {
		switch e.Kind {
		case github.EventReady, github.EventDrafted, github.EventReopened:
			c.begun = latest(c.begun, e.Time)
		case github.EventForcePush:
			c.pushed = latest(c.pushed, e.Time)
		}
	}
	for _, rule := range turnRules() {
		if t := rule.find(c); t.Rule != "" || t.What != "" {
			t.Rule = rule.name
			if t.Who == nil {
				t.Who = []string{}
			}
			return t
		}
	}
	return Turn{Rule: "unknown", Who: []string{}}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// turn is the turn of some people, if a condition holds.
func (c *course) turn(holds bool, who []string, what string, since time.Time) Turn {
	if !holds {
		return Turn{}
	}
	return Turn{Who: who, What: what, Since: since}
}

// author is the turn of the author, for what a program does not do by itself: what a program has written waits for nobody in particular.
func (c *course) author(holds bool, what string, since time.Time) Turn {
	if c.s.AuthorBot {
		return c.turn(holds, nil, what, since)
	}
	return c.writer(holds, what, since)
}

// writer is the turn of the author, program or not.
func (c *course) writer(holds bool, what string, since time.Time) Turn {
	return c.turn(holds, []string{cmp.Or(c.s.Author, "the author")}, what, since)
}

// isProgram reports whether a login is a program's. Nobody waits for one to look again: it does that by itself, or never.
func isProgram(login string) bool { return strings.HasSuffix(login, "[bot]") }

func checksTurn(c *course) Turn {
	what := "the failed check"
	if c.facts.Checks.Failed > 1 {
		what += "s"
	}
	return c.author(c.facts.Checks.Failed > 0, what, c.pushed)
}

// stuck is how long no check runs: one that began longer ago waits for people, such as a status that is pending until somebody approves.
const stuck = 24 * time.Hour

// running reports whether there is a check to wait for.
func (c *course) running() bool {
	return slices.ContainsFunc(c.facts.Checks.Pending, func(p PendingCheck) bool {
		i := slices.IndexFunc(c.s.Checks, func(k github.Check) bool { return k.Name == p.Name }) // the newest
		return i < 0 || c.s.Checks[i].Started.IsZero() || c.s.Read.Sub(c.s.Checks[i].Started) < stuck
	})
}

// unread reports whether reviews are missing of which nobody knows what they say.
func (c *course) unread() bool {
	return slices.ContainsFunc(c.s.Gaps, func(g github.Gap) bool { return g.What == "reviews" })
}

func readyTurn(c *course) Turn {
	what := "approved"
	if c.facts.Checks.Total > 0 && c.facts.Checks.Running == 0 {
		what = "approved and green"
	}
	t := Turn{What: what + ", not merged"}
	for _, r := range c.s.Reviews {
		if r.State == "APPROVED" {
			t.Since = latest(t.Since, r.Time)
		}
	}
	return t
}

// turnSpans say whose turn it is; nil when it is nobody's.
func (f *Facts) turnSpans() []bot.Span {
	t := f.Turn
	if t.What == "" || t.Rule == "draft" || t.Rule == "checks-running" { // the state says so
		return nil
	}
	lead := "a maintainer's turn"
	switch {
	case t.Rule == "ready":
		lead = "ready"
	case len(t.Who) > 0:
		lead = few(t.Who, 3) + "'s turn"
	}
	spans := []bot.Span{bot.Bold(lead), bot.Text(": " + t.What)}
	if t.Waited != "" {
		spans = append(spans, bot.Text(", "+t.Waited))
	}
	return spans
}
