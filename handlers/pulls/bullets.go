package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// maxBullets is how many bullets a summary may have: with its other lines it has six at most, and the summary of a small change is
// shorter than its diff. A large one has a line less of those, and so a bullet more for what to look at first.
func (f *Facts) maxBullets() int {
	if f.large() {
		return 3
	}
	return min(f.Files, 2)
}

// bullets are, in this order: the strongest reason for risk that had no room in its line, what changes in the public API, dependencies, new
// settings, a repeated replacement, what tools changed, moves, and where most of the change
// is. The last bullet names several files when one each would be too many.
func (f *Facts) bullets() [][]bot.Span {
	items := f.otherBullets()
	items = items[:min(len(items), f.maxBullets())]
	var rest []Change
	for _, c := range f.inOrder() {
		if c.Mechanical == "" && f.changeItem(c) != nil {
			rest = append(rest, c)
		}
	}
	for ; len(items) < f.maxBullets() && len(rest) > 0; rest = rest[1:] {
		if len(items) == f.maxBullets()-1 && len(rest) > 1 {
			return append(items, f.filesItem(rest))
		}
		items = append(items, f.changeItem(rest[0]))
	}
	return items
}

// otherBullets are those that are not about one file.
func (f *Facts) otherBullets() [][]bot.Span {
	var items [][]bot.Span
	told := map[string]bool{"new-dependency": true, "major-bump": true, "downgrade": true, "replace": true, // they have their own bullet
		"unread": true} // the last line counts them
	for _, r := range f.strongest() {
		told[r.Rule] = true
	}
	api := f.apiItem()
	if api != nil && f.API.Removed > 0 {
		told["removed-exports"] = true
	}
	for _, r := range f.Risk.Reasons {
		if !told[r.Rule] && r.Rule != "new-env" && r.Points > 0 && len(r.Evidence) > 0 && len(items) == 0 {
			items = append(items, bot.Item(f.reasonSpan(r), bot.Text(" ("), f.placeSpan(r.Evidence[0]), bot.Text(")")))
		}
	}
	if api != nil && f.API.Removed+f.API.Changed > 0 {
		items = append(items, api)
	}
	if item := f.dependencyItem(); item != nil {
		items = append(items, item)
	}
	if item := f.settingsItem(); item != nil && !told["new-env"] {
		items = append(items, item)
	}
	if item := f.replacementItem(); item != nil {
		items = append(items, item)
	}
	for _, item := range [][]bot.Span{f.mechanicalItem(), f.movedItem(), f.moveItem()} {
		if item != nil {
			items = append(items, item)
		}
	}
	if api != nil && f.API.Removed+f.API.Changed == 0 && f.Files > 1 { // in a single file the bullet about it names what is new
		items = append(items, api)
	}
	return items
}

// filesItem names the first of several files, briefly, and counts the others.
func (f *Facts) filesItem(files []Change) []bot.Span {
	const most = 3
	var item []bot.Span
	for i, c := range files[:min(len(files), most)] {
		if i > 0 {
			item = append(item, bot.Text(", "))
		}
		item = append(item, bot.Link(f.shortPath(c.Path, 2), f.link(c.at())))
		if c.sum() > 0 {
			item = append(item, bot.Text(" "+plusMinus(c.Additions, c.Deletions)))
		}
	}
	if rest := len(files) - most; rest > 0 {
		item = append(item, bot.Text(fmt.Sprintf(" and %s", count(rest, "more file"))))
	}
	return item
}

// placeSpan names a place briefly: the end of the path, and the line.
func (f *Facts) placeSpan(e Evidence) bot.Span {
	text := f.shortPath(e.File, 2)
	if e.Line > 0 {
		text += fmt.Sprintf(":%d", e.Line)
	}
	return bot.Link(text, f.link(e))
}

// movedItem folds renames without a change into one line; nil when they are few beside the other files.
func (f *Facts) movedItem() []bot.Span {
	moved := 0
	var first Change
	for _, c := range f.Changes {
		if c.Status == "renamed" && c.sum() == 0 && c.Skipped == "" {
			if moved == 0 {
				first = c
			}
			moved++
		}
	}
	if moved < 2 || 3*moved < len(f.Changes) {
		return nil
	}
	to, from := moveParts(first, 2)
	return bot.Item(bot.Text(count(moved, "file")+" moved without a change, such as "), bot.Link(to, f.link(first.at())), bot.Text(" from "+from))
}

// moveParts shortens both paths of a move to their last n parts, or to as many more as tell them apart.
func moveParts(c Change, n int) (to, from string) {
	same := func() bool {
		return strings.TrimPrefix(lastParts(c.Path, n), "…/") == strings.TrimPrefix(lastParts(c.Previous, n), "…/")
	}
	for deepest := strings.Count(c.Path, "/"); n <= deepest && same(); {
		n++
	}
	return lastParts(c.Path, n), lastParts(c.Previous, n)
}

// classValue orders classes by how much a reviewer wants to see of them.
var classValue = map[Class]int{
	ClassMigration: 8, ClassCI: 6, ClassInfra: 6, ClassCode: 5, ClassDependencies: 4, ClassConfig: 3, ClassTest: 2, ClassDocs: 2, ClassBinary: 1,
}

// important lists the changed files that are not folded, the one that tells most first: class before size, and size by its order of
// magnitude, so that a large test does not hide the code it is for.
func (f *Facts) important() []Change {
	var list []Change
	for _, c := range f.Changes {
		if !c.Class.folded() {
			list = append(list, c)
		}
	}
	value := func(c Change) int {
		bits := 0
		for n := c.sum(); n > 0; n /= 2 {
			bits++
		}
		if c.Class == ClassTest && !codeExtensions[extension(c.Path)] {
			return bits // data that tests read
		}
		return classValue[c.Class] * bits
	}
	slices.SortStableFunc(list, func(a, b Change) int { return cmp.Or(value(b)-value(a), cmp.Compare(a.Path, b.Path)) })
	return list
}

// changeItem is a file with what changes in it; nil when the summary says it already.
func (f *Facts) changeItem(c Change) []bot.Span {
	symbols := few(c.Symbols, 3)
	if f.Files == 1 {
		if symbols == "" {
			return nil
		}
		return bot.Item(bot.Text("in "), bot.Link(symbols, f.link(c.at())))
	}
	if c.sum() == 0 && c.Status == "renamed" || c.Class == ClassDependencies && len(f.asked()) > 0 {
		return nil
	}
	item := bot.Item(bot.Link(f.shortPath(c.Path, 3), f.link(c.at())))
	if what := statusWord(c); what != "" {
		item = append(item, bot.Text(" ("+what+")"))
	}
	if c.sum() > 0 {
		item = append(item, bot.Text(" "+plusMinus(c.Additions, c.Deletions)))
	}
	if symbols != "" && c.Status != "removed" {
		item = append(item, bot.Text(": "+symbols))
	}
	return item
}
