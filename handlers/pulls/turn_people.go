package pulls

import (
	"fmt"
	"slices"
	"time"

	"shipmate/integrations/github"
)

// changesTurn looks at those who asked for changes: it is the author's turn until there is a push or an answer, then theirs.
func changesTurn(c *course) Turn {
	if c.unread() {
		return Turn{}
	}
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

// threadsTurn looks at unresolved threads: whoever did not have the last word in one has to answer, or has to look again when the lines were
// changed after that. Whoever was asked for another review after it will look at the thread then.
func threadsTurn(c *course) Turn {
	var open, answered, changed int
	var first, last time.Time
	var who []string
	for _, t := range c.s.Threads {
		pushed := t.Outdated && c.pushed.After(t.Last)
		switch {
		case t.LastBy != c.s.Author && slices.Contains(c.facts.Reviews.Waiting, t.LastBy) && requested(c.s, t.LastBy).After(t.Last):
			continue
		case t.LastBy != c.s.Author && !pushed:
			open++
			first = latest(first, t.Last)
			continue
		case t.LastBy != c.s.Author:
			changed++
			last = latest(last, c.pushed)
		default:
			answered++
			last = latest(last, t.Last)
		}
		if t.By != c.s.Author && !isProgram(t.By) && t.By != github.Ghost && !slices.Contains(who, t.By) {
			who = append(who, t.By)
		}
	}
	if open > 0 {
		return c.author(true, count(open, "unresolved thread"), first)
	}
	what := count(answered, "unresolved thread") + " answered by " + c.s.Author
	if changed > 0 {
		what = "to look again at " + count(answered+changed, "unresolved thread")
	}
	return c.turn(len(who) > 0, who, what, last)
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
