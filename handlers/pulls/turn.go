package pulls

import (
	"cmp"
	"fmt"
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
			return c.turn(c.facts.Checks.Running > 0, []string{"CI"}, count(c.facts.Checks.Running, "check")+" running", time.Time{})
		}},
		{"changes-requested", changesTurn},
		{"threads", threadsTurn},
		{"review", reviewTurn},
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

// changesTurn looks at those who asked for changes: it is the author's turn until there is a push or an answer, then theirs.
func changesTurn(c *course) Turn {
	var again []string
	var since time.Time
	for _, who := range c.facts.Reviews.ChangesRequested {
		verdict := c.verdict(who)
		if verdict.SHA != "" && verdict.SHA != c.s.Head.SHA {
			again, since = append(again, who), latest(since, c.pushed)
		} else if answered := c.saidAfter(c.s.Author, verdict.Time); !answered.IsZero() {
			again, since = append(again, who), latest(since, answered)
		} else {
			return c.author(true, "changes requested by "+who, verdict.Time)
		}
	}
	return c.turn(len(again) > 0, again, "to look again at the changes asked for", since)
}

// verdict is the newest review of somebody that is more than a comment.
func (c *course) verdict(who string) github.Review {
	for _, r := range slices.Backward(c.s.Reviews) {
		if r.Author == who && r.State != "COMMENTED" {
			return r
		}
	}
	return github.Review{}
}

// saidAfter is when somebody first wrote a comment after a time, below the pull request or at its lines, which GitHub lists as a review; zero when
// nobody did, or when that was not read.
func (c *course) saidAfter(who string, after time.Time) (first time.Time) {
	said := func(by string, at time.Time) {
		if by == who && at.After(after) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, e := range c.s.Events {
		if e.Kind == github.EventComment {
			said(e.Actor, e.Time)
		}
	}
	for _, r := range c.s.Reviews {
		said(r.Author, r.Time)
	}
	return first
}

// threadsTurn looks at unresolved threads: whoever did not have the last word in one has to answer.
func threadsTurn(c *course) Turn {
	var open, answered int
	var first, last time.Time
	var who []string
	for _, t := range c.s.Threads {
		if t.LastBy != c.s.Author {
			open++
			first = latest(first, t.Last)
		} else {
			answered++
			last = latest(last, t.Last)
			if t.By != c.s.Author && t.By != github.Ghost && !isProgram(t.By) && !slices.Contains(who, t.By) {
				who = append(who, t.By)
			}
		}
	}
	if open > 0 {
		return c.author(true, count(open, "unresolved thread"), first)
	}
	return c.turn(len(who) > 0, who, count(answered, "unresolved thread")+" answered by "+c.s.Author, last)
}

// reviewTurn is the turn of those who were asked for a review.
func reviewTurn(c *course) Turn {
	who := c.facts.Reviews.Waiting
	since := time.Time{}
	for _, e := range c.s.Events {
		if e.Kind == github.EventReviewRequest && slices.Contains(who, e.Whom) {
			since = latest(since, e.Time)
		}
	}
	return c.turn(len(who) > 0, who, "to review", latest(latest(since, c.begun), c.pushedIfUnknown(since)))
}

// pushedIfUnknown is when the newest commit arrived, where nothing tells when the review was asked for.
func (c *course) pushedIfUnknown(asked time.Time) time.Time {
	if asked.IsZero() {
		return c.pushed
	}
	return time.Time{}
}

// commentsTurn looks at people's reviews without a verdict: the author has to do something about them until the next push.
func commentsTurn(c *course) Turn {
	if len(c.facts.Reviews.Commented) == 0 || len(c.facts.Reviews.Approved) > 0 {
		return Turn{}
	}
	var last github.Review
	for _, r := range c.s.Reviews {
		if r.State == "COMMENTED" && r.Author != c.s.Author && !isProgram(r.Author) && r.Time.After(last.Time) {
			last = r
		}
	}
	switch answered := c.saidAfter(c.s.Author, last.Time); {
	case last.Author == "":
		return Turn{}
	case last.SHA != "" && last.SHA != c.s.Head.SHA:
		return c.turn(true, []string{last.Author}, "to look again", c.pushed)
	case !answered.IsZero():
		return c.turn(true, []string{last.Author}, "to look again", answered)
	}
	return c.author(true, "comments of "+last.Author, last.Time)
}

// ownersTurn is the turn of the owners of changed files of whom none has approved.
func ownersTurn(c *course) Turn {
	missing := c.facts.Reviews.Owners
	if len(missing) == 0 {
		return Turn{}
	}
	who := missing[0].Owners
	what := "to review " + missing[0].what()
	if n := len(missing) - 1; n > 0 {
		what += fmt.Sprintf(" (and owners of %s)", count(n, "other part"))
	}
	return c.turn(true, who, what, c.begun)
}

func readyTurn(c *course) Turn {
	what := "approved"
	if c.facts.Checks.Total > 0 {
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
