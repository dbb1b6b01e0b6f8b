package pulls

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// readConversation reads what people did besides reviewing.
func readConversation(ctx context.Context, source reader, s *github.Snapshot) error {
	return source.Conversation(ctx, s)
}

// maxThreads is how many unresolved threads are shown.
const maxThreads = 8

// reviewsReply answers "reviews": whose turn it is, who said what and when, what is unresolved and whose approval is missing.
func reviewsReply(s github.Snapshot, f Facts, _ string) (bot.Reply, error) {
	r := f.reply(f.title() + ": " + cmp.Or(plain(f.turnSpans()), noTurn(f)))
	if list := f.verdicts(s); len(list.Items) > 0 {
		r.Blocks = append(r.Blocks, list)
	}
	if len(s.Threads) > 0 {
		r.Blocks = append(r.Blocks, bot.P(bot.Bold(count(len(s.Threads), "unresolved thread"))), threadList(s))
	}
	if missing := f.Reviews.Owners; f.State == "open" && len(missing) > 0 {
		r.Blocks = append(r.Blocks, f.missingList(missing))
	}
	if line := f.mergeLine(s); line != "" {
		r.Blocks = append(r.Blocks, bot.P(bot.Text(line)))
	}
	for _, text := range f.coverageTexts() {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(text)))
	}
	r.Blocks = append(r.Blocks, f.at())
	return r, nil
}

func plain(spans []bot.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// noTurn says why it is nobody's turn.
func noTurn(f Facts) string {
	switch {
	case f.State != "open":
		return cmp.Or(f.State, "state unknown")
	case f.Draft:
		return "a draft, so nobody is waited for"
	case f.Checks.Running > 0:
		return count(f.Checks.Running, "check") + " running"
	}
	return "open"
}

// verdicts are what each reviewer said last, and who has not answered.
func (f *Facts) verdicts(s github.Snapshot) bot.List {
	list := bot.List{}
	add := func(who, what string, at time.Time) {
		text := " " + what
		if ago := age(at, s.Read); ago != "" {
			text += ", " + ago
		}
		list.Items = append(list.Items, bot.Item(bot.Bold(who), bot.Text(text)))
	}
	for _, who := range f.Reviews.ChangesRequested {
		add(who, "asked for changes", lastReview(s, who, "CHANGES_REQUESTED").Time)
	}
	for _, who := range f.Reviews.Waiting {
		add(who, "was asked for a review", requested(s, who))
	}
	for _, who := range f.Reviews.Commented {
		add(who, "commented", lastReview(s, who, "COMMENTED").Time)
	}
	for _, who := range f.Reviews.Approved {
		what := "approved"
		if slices.Contains(f.Reviews.Stale, who) {
			what += " an earlier commit"
		}
		add(who, what, lastReview(s, who, "APPROVED").Time)
	}
	return list
}

// lastReview is somebody's newest review of a kind; the zero Review when there is none.
func lastReview(s github.Snapshot, who, state string) github.Review {
	for _, r := range slices.Backward(s.Reviews) {
		if r.Author == who && r.State == state {
			return r
		}
	}
	return github.Review{}
}

// requested is when somebody was asked for a review last; zero when that was not read.
func requested(s github.Snapshot, who string) (at time.Time) {
	for _, e := range s.Events {
		if e.Kind == github.EventReviewRequest && e.Whom == who {
			at = latest(at, e.Time)
		}
	}
	return at
}

func threadList(s github.Snapshot) bot.List {
	list := bot.List{}
	for _, t := range s.Threads[:min(len(s.Threads), maxThreads)] {
		place := lastParts(t.Path, 2)
		if t.Line > 0 {
			place += fmt.Sprintf(":%d", t.Line)
		}
		text := " by " + t.By
		if t.LastBy != t.By {
			text += ", last word by " + t.LastBy
		}
		if ago := age(t.Last, s.Read); ago != "" {
			text += ", " + ago
		}
		if t.Outdated {
			text += " (the lines have changed)"
		}
		list.Items = append(list.Items, bot.Item(bot.Link(place, t.URL), bot.Text(text)))
	}
	if rest := len(s.Threads) - maxThreads; rest > 0 {
		list.Items = append(list.Items, bot.Item(bot.Text(fmt.Sprintf("and %d more", rest))))
	}
	return list
}

// missingList names the parts whose owners have not approved.
func (f *Facts) missingList(missing []UnownedPart) bot.List {
	list := bot.List{}
	for _, p := range missing[:min(len(missing), 5)] {
		list.Items = append(list.Items, bot.Item(bot.Text("no approval yet by an owner of "), bot.Link(p.what(), f.link(Evidence{File: p.File})), bot.Text(": "+few(p.Owners, 4))))
	}
	if rest := len(missing) - 5; rest > 0 {
		list.Items = append(list.Items, bot.Item(bot.Text("nor by the owners of "+count(rest, "other part"))))
	}
	return list
}

// mergeLine says whether GitHub would merge it, as far as GitHub says.
func (f *Facts) mergeLine(s github.Snapshot) string {
	switch {
	case f.State != "open":
		return ""
	case s.Mergeable == "no":
		return "It conflicts with " + cmp.Or(s.Base.Name, "its base") + "."
	case s.Mergeable == "unknown":
		return "GitHub has not worked out yet whether it can be merged."
	}
	return ""
}
