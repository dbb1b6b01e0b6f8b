package pulls

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"shipmate/bot"
	"shipmate/integrations/github"
)

const (
	hotDays  = 90
	hotFiles = 10 // files asked about, each at the price of a request
)

// readChurn asks how often the files changed lately that tell most of the pull request and were there before it.
func readChurn(ctx context.Context, source reader, s *github.Snapshot) error {
	paths := hotPaths(Compute(*s, DefaultWeights()))
	if len(paths) == 0 {
		return nil
	}
	var err error
	s.Churn, err = source.Churn(ctx, s.Ref, s.Base.Name, paths[:min(len(paths), hotFiles)], hotDays)
	return err
}

// hotPaths are the files to ask about, by their paths on the base branch, the one that matters most first.
func hotPaths(f Facts) []string {
	var paths []string
	for _, c := range f.important() {
		if c.Status != "added" && c.Status != "copied" && c.Class != ClassBinary && c.Class != ClassDocs {
			paths = append(paths, cmp.Or(c.Previous, c.Path))
		}
	}
	return paths
}

// hot answers "hot": how often the changed files changed lately, as a place among the files that were asked about. Sums say less: a repository
// has its own pace.
func hot(s github.Snapshot, f Facts, _ string) (bot.Reply, error) {
	list := slices.Clone(s.Churn)
	slices.SortStableFunc(list, func(a, b github.PathCommits) int { return cmp.Or(b.Commits-a.Commits, cmp.Compare(a.Path, b.Path)) })
	if len(list) == 0 {
		return f.reply(f.title()+": no changed file to ask about", bot.P(bot.Text("I ask about files that were there before, without documentation and what is generated.")), f.at()), nil
	}
	title := fmt.Sprintf("%s: %s changed most, %s in %d days", f.title(), lastParts(list[0].Path, 3), commitCount(list[0]), hotDays)
	if list[0].Commits == 0 {
		title = fmt.Sprintf("%s: none of the files changed in %d days", f.title(), hotDays)
	}
	items := bot.List{}
	for _, p := range list {
		item := bot.Item(bot.Link(lastParts(p.Path, 3), f.link(Evidence{File: p.Path})), bot.Text(": "+commitCount(p)))
		if p.Commits > 0 && p.Asked > 1 {
			item = append(item, bot.Text(fmt.Sprintf(", %smost changed of the %d files asked about", ordinal(p.Rank), p.Asked)))
		}
		items.Items = append(items.Items, item)
	}
	note := fmt.Sprintf("Commits on the base branch in the last %d days.", hotDays)
	if rest := len(hotPaths(f)) - len(list); rest > 0 {
		note += fmt.Sprintf(" Not asked about: %s.", count(rest, "more file"))
	}
	return f.reply(title, items, bot.Small(bot.Text(note)), f.at()), nil
}

func commitCount(p github.PathCommits) string {
	if p.More {
		return thousands(p.Commits) + " commits or more"
	}
	return count(p.Commits, "commit")
}

// ordinal is a place before a superlative: "", "2nd ", "3rd ", "11th ".
func ordinal(n int) string {
	ending := "th"
	switch {
	case n == 1:
		return ""
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		ending = "st"
	case n%10 == 2:
		ending = "nd"
	case n%10 == 3:
		ending = "rd"
	}
	return fmt.Sprintf("%d%s ", n, ending)
}
