package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// dependencyItem names the dependencies that change, those that need most attention first.
// Those that only lock files name are counted, and named where there are no others.
func (f *Facts) dependencyItem() []bot.Span {
	const most = 3
	var spans []bot.Span
	shown := 0
	asked, locked := f.asked(), f.locked()
	had, news := hadBefore(asked), map[string]bool{}
	for _, d := range asked {
		news[d.Name] = news[d.Name] || d.Change == BumpNew
	}
	deps := slices.DeleteFunc(distinct(asked), func(d Dependency) bool {
		moved := d.Change == BumpRemoved && news[d.Name]                                                               // told where it is now
		return moved || (d.Ecosystem == "actions" || d.language()) && (d.Change == BumpNew || d.Change == BumpRemoved) // a step is no dependency
	})
	if others := slices.DeleteFunc(slices.Clone(deps), Dependency.inRepository); len(others) > 0 {
		deps = others // where a module of the repository itself lies is no news
	}
	slices.SortStableFunc(deps, func(a, b Dependency) int { return titled(f.Title, b) - titled(f.Title, a) })
	for _, d := range deps {
		if shown == most || d.Indirect && shown > 0 {
			break
		}
		sep := ", "
		if shown == 0 {
			sep = ""
		}
		what := d.text()
		if d.Change == BumpNew && had[d.Name] == BumpRemoved {
			what = "moved to " + lastParts(d.File, 3)
		}
		spans = append(spans, bot.Text(sep), f.dependencySpan(d), bot.Text(" "+what))
		shown++
	}
	if rest := len(deps) - shown; rest > 0 {
		spans = append(spans, bot.Text(fmt.Sprintf(" and %d more", rest)))
	}
	switch {
	case len(locked) == 0:
	case len(spans) == 0:
		return f.lockedItem(locked)
	default:
		spans = append(spans, bot.Text("; in lock files "+lockedText(locked)))
	}
	return spans
}

// lockedItem names those of the dependencies that only lock files name which need most attention, and counts the others.
func (f *Facts) lockedItem(locked []Dependency) []bot.Span {
	const most = 2
	start := "in lock files: "
	if f.lockOnly() {
		start = "in lock files only: "
	}
	spans := []bot.Span{bot.Text(start)}
	locked = slices.Clone(locked)
	slices.SortStableFunc(locked, func(a, b Dependency) int { return titled(f.Title, b) - titled(f.Title, a) })
	for i, d := range locked[:min(len(locked), most)] {
		if i > 0 {
			spans = append(spans, bot.Text(", "))
		}
		spans = append(spans, f.dependencySpan(d), bot.Text(" "+d.text()))
	}
	if rest := locked[min(len(locked), most):]; len(rest) > 0 {
		spans = append(spans, bot.Text(" and "+lockedText(rest)))
	}
	return spans
}

// dependencySpan is a dependency's name, leading to its line.
func (f *Facts) dependencySpan(d Dependency) bot.Span {
	return bot.Link(shorten(d.Name, 80), f.link(Evidence{File: d.File, Line: d.Line, Removed: d.Change == BumpRemoved}))
}

// lockedText counts packages of lock files, and among them those that need attention: "14 more (1 downgrade, 2 major, 3 new)".
func lockedText(locked []Dependency) string {
	by := map[Bump]int{}
	for _, d := range locked {
		by[d.Change]++
	}
	var parts []string
	for _, change := range []Bump{BumpDowngrade, BumpMajor, BumpNew, BumpRemoved} {
		if n := by[change]; n > 0 {
			name := string(change)
			if change == BumpDowngrade && n > 1 {
				name += "s"
			}
			parts = append(parts, thousands(n)+" "+name)
		}
	}
	text := thousands(len(locked)) + " more"
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}

// titled is 1 when the title names the dependency, else 0.
func titled(title string, d Dependency) int {
	if strings.Contains(title, d.Name) {
		return 1
	}
	return 0
}

// dependencyTable lists dependencies, at most maxRows of them.
func (f *Facts) dependencyTable(deps []Dependency) bot.Table {
	t := bot.Table{Head: []string{"Dependency", "From", "To", "Change", "In"}}
	for i, d := range deps {
		if i == maxRows {
			t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(fmt.Sprintf("and %d more", len(deps)-i))}})
			break
		}
		change := string(d.Change)
		if d.Lock.Change != "" && d.Lock.Change != d.Change {
			change += ", in the lock file " + string(d.Lock.Change)
		}
		if d.Indirect {
			change += ", indirect"
		}
		if d.Scope != "" && d.Scope != ScopeLock {
			change += ", " + d.Scope
		}
		places := []bot.Span{bot.Link(f.shortPath(d.File, 2), f.link(Evidence{File: d.File, Line: d.Line, Removed: d.Change == BumpRemoved}))}
		if d.Lock.File != "" {
			places = append(places, bot.Text(", "), bot.Link(f.shortPath(d.Lock.File, 2), f.link(Evidence{File: d.Lock.File, Line: d.Lock.Line, Removed: d.Lock.Change == BumpRemoved})))
		}
		t.Rows = append(t.Rows, [][]bot.Span{
			{bot.Text(d.Name)}, {bot.Text(withLocked(d.From, d.Lock.From))}, {bot.Text(withLocked(d.To, d.Lock.To))}, {bot.Text(change)}, places,
		})
	}
	return t
}

// withLocked is the version that a manifest asks for, with the one that is taken if that is another.
func withLocked(asked, locked string) string {
	asked, locked = shortPlace(asked), shortPlace(locked)
	switch {
	case locked == "" || locked == asked:
		return cmp.Or(asked, "–")
	case asked == "":
		return "locked " + locked
	}
	return asked + ", locked " + locked
}

// DepsReply is the answer to "deps": what manifests ask for, then what only lock files say, what is odd in those, and what was read.
func DepsReply(f Facts) bot.Reply {
	asked, locked := f.asked(), f.locked()
	var title []string
	if len(asked) > 0 {
		title = append(title, dependencyCount(len(asked)))
	}
	if len(locked) > 0 {
		title = append(title, thousands(len(locked))+" in lock files")
	}
	r := f.reply(f.title() + ": " + cmp.Or(strings.Join(title, ", "), "no dependency changes"))
	if len(title) == 0 {
		r.Blocks = append(r.Blocks, bot.P(bot.Text("I found no dependency that changes.")))
	}
	if len(asked) > 0 {
		r.Blocks = append(r.Blocks, f.dependencyTable(asked))
	}
	if len(locked) > 0 {
		start := "In lock files: "
		if f.lockOnly() {
			start = "In lock files only, no manifest changes: "
		}
		r.Blocks = append(r.Blocks, bot.P(bot.Bold(start), bot.Text(changeCounts(locked))), f.dependencyTable(locked))
	}
	if items := f.findingItems(); len(items) > 0 {
		r.Blocks = append(r.Blocks, bot.List{Items: items})
	}
	r.Blocks = append(r.Blocks, bot.Small(bot.Text(f.dependencyCoverage())), f.at())
	return r
}

// changeCounts counts by kind of change: "1 major, 2 minor".
func changeCounts(deps []Dependency) string {
	by := map[Bump]int{}
	for _, d := range deps {
		by[d.Change]++
	}
	var parts []string
	for _, change := range bumpOrder {
		if n := by[change]; n > 0 {
			parts = append(parts, thousands(n)+" "+string(change))
		}
	}
	return strings.Join(parts, ", ")
}

func dependencyCount(n int) string {
	if n == 1 {
		return "1 dependency"
	}
	return thousands(n) + " dependencies"
}

// findingItems are what is odd in lock files.
func (f *Facts) findingItems() [][]bot.Span {
	const most = 10
	var items [][]bot.Span
	for i, l := range f.LockFindings {
		if i == most {
			items = append(items, bot.Item(bot.Text(fmt.Sprintf("and %d more", len(f.LockFindings)-i))))
			break
		}
		what := "another hash, same version"
		switch {
		case l.Rule == ruleSource && l.From == "":
			what = "taken from " + l.To
		case l.Rule == ruleSource:
			what = "taken from " + l.To + " instead of " + l.From
		}
		items = append(items, bot.Item(bot.Bold(shorten(l.Name+" "+l.Version, 80)), bot.Text(": "+what+" ("), f.placeSpan(Evidence{File: l.File, Line: l.Line}), bot.Text(")")))
	}
	return items
}

// dependencyCoverage says which manifests and lock files were read, and what of them was not.
func (f *Facts) dependencyCoverage() string {
	const most = 6
	var read, not, parts []string
	loose := 0
	for _, d := range f.DependencyFiles {
		name := lastParts(d.File, 2)
		if d.Read {
			read = append(read, name)
		}
		if d.Why != "" {
			not = append(not, name+" ("+d.Why+")")
		}
		loose += d.Unattributed
	}
	if len(read) > 0 {
		parts = append(parts, "Read "+few(read, most)+".")
	}
	if len(not) > 0 {
		parts = append(parts, "Not read, or not in whole: "+few(not, most)+".")
	}
	if loose > 0 {
		parts = append(parts, "Not attributed: "+count(loose, "changed version")+" of packages that the patch does not name.")
	}
	if slices.ContainsFunc(f.locked(), func(d Dependency) bool { return d.Change == BumpNew || d.Change == BumpRemoved }) {
		parts = append(parts, "What is new or removed in a lock file may be there in another version, outside of the patch.")
	}
	if len(parts) == 0 {
		return "No manifest or lock file that I know changes."
	}
	return strings.Join(parts, " ")
}
