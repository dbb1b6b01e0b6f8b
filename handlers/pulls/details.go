package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"shipmate/bot"
)

// Bounds of what replies list. What is left out is counted.
const (
	maxRows        = 40 // rows of a table
	maxDetailFiles = 25
)

// Details is everything behind a summary: components, dependencies, signals with their evidence, files.
func Details(f Facts) bot.Reply {
	return f.reply(f.title()+": details", f.details()...)
}

func (f *Facts) details() bot.Blocks {
	blocks := bot.Blocks{f.componentTable()}
	if len(f.Dependencies) > 0 {
		blocks = append(blocks, f.dependencyTable(f.Dependencies))
	}
	if len(f.Environment) > 0 {
		blocks = append(blocks, f.settingsTable())
	}
	blocks = append(blocks, f.signalBlocks()...)
	blocks = append(blocks, f.fileBlocks(f.important(), maxDetailFiles)...)
	if f.TypeFrom != "" {
		blocks = append(blocks, bot.Small(bot.Text(fmt.Sprintf("Type: %s, %s.", f.Type, typeSources[f.TypeFrom]))))
	}
	blocks = append(blocks, bot.Small(bot.Text(f.coverageLine())))
	if len(f.Issues) > 0 {
		blocks = append(blocks, f.issueLine())
	}
	return blocks
}

func (f *Facts) issueLine() bot.Para {
	spans := []bot.Span{bot.Text("issues: ")}
	for i, issue := range f.Issues[:min(len(f.Issues), 5)] {
		if i > 0 {
			spans = append(spans, bot.Text(", "))
		}
		if issue.Closes {
			spans = append(spans, bot.Text("closes "))
		}
		spans = append(spans, bot.Link(issue.Ref, issue.URL))
		if issue.Title != "" {
			spans = append(spans, bot.Text(" "+shorten(bot.CleanLine(issue.Title), 60)))
		}
	}
	return bot.P(spans...)
}

func (f *Facts) componentTable() bot.Table {
	t := bot.Table{Head: []string{"Component", "Files", "+", "−", "Owners"}, Right: []bool{false, true, true, true, false}}
	for i, c := range f.Components {
		if i == maxRows {
			t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(fmt.Sprintf("and %d more", len(f.Components)-i))}})
			break
		}
		t.Rows = append(t.Rows, [][]bot.Span{
			{bot.Text(f.componentName(c))}, {bot.Text(thousands(c.Files))}, {bot.Text(thousands(c.Additions))}, {bot.Text(thousands(c.Deletions))},
			{bot.Text(cmp.Or(few(c.Owners, 3), "–"))},
		})
	}
	return t
}

// signalBlocks lists every reason with its points and places.
func (f *Facts) signalBlocks() bot.Blocks {
	if len(f.Risk.Reasons) == 0 {
		return bot.Blocks{bot.P(bot.Bold("risk: "+f.riskText()), bot.Text(": none of my signals was found"))}
	}
	list := bot.List{}
	for _, r := range f.Risk.Reasons {
		item := bot.Item(bot.Bold(signed(r.Points)), bot.Text(dot+r.Text))
		for i, e := range r.Evidence {
			if i == 3 {
				item = append(item, bot.Text(more(len(r.Evidence)-i)))
				break
			}
			sep := ", "
			if i == 0 {
				sep = ": "
			}
			item = append(item, bot.Text(sep), f.placeSpan(e))
		}
		list.Items = append(list.Items, item)
	}
	return bot.Blocks{bot.P(bot.Bold("risk: " + f.riskText())), list}
}

// fileBlocks is a table of files, at most most of them.
func (f *Facts) fileBlocks(files []Change, most int) bot.Blocks {
	t := bot.Table{Head: []string{"File", "+", "−", "Kind"}, Right: []bool{false, true, true, false}}
	for _, c := range files[:min(len(files), most)] {
		kind := string(c.Class)
		if c.Status != "modified" && c.Status != "changed" && c.Status != "" {
			kind += ", " + c.Status
		}
		if c.Skipped != "" && c.Skipped != SkipParsed && string(c.Skipped) != string(c.Class) {
			kind += ", not read: " + string(c.Skipped)
		}
		t.Rows = append(t.Rows, [][]bot.Span{
			{bot.Link(f.shortPath(c.Path, 4), f.link(c.at()))}, {bot.Text(thousands(c.Additions))}, {bot.Text(thousands(c.Deletions))}, {bot.Text(kind)},
		})
	}
	blocks := bot.Blocks{t}
	if rest := len(files) - most; rest > 0 {
		blocks = append(blocks, bot.Small(bot.Text("and "+count(rest, "more file"))))
	}
	return blocks
}

// signed writes points as the counts of lines are written, with a true minus.
func signed(n int) string { return strings.ReplaceAll(fmt.Sprintf("%+d", n), "-", "−") }

// coverageLine is what was read and what not, with reasons.
func (f *Facts) coverageLine() string {
	c := f.Coverage
	parts := []string{fmt.Sprintf("Read %s of %s, %s of %s.", thousands(c.FilesRead), count(c.FilesTotal, "file"), thousands(c.LinesRead), count(c.LinesTotal, "changed line"))}
	var why []string
	for _, s := range c.Skipped {
		why = append(why, fmt.Sprintf("%d %s", s.Files, s.Reason))
	}
	if len(why) > 0 {
		parts = append(parts, "Not read: "+strings.Join(why, ", ")+".")
	}
	for _, n := range c.Notes {
		parts = append(parts, capital(n)+".")
	}
	return strings.Join(parts, " ")
}

// capital raises the first letter of a phrase.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// RiskReply is the answer to "risk": every signal with its points and places.
func RiskReply(f Facts) bot.Reply {
	r := f.reply(f.title(), f.signalBlocks()...)
	for _, text := range f.coverageTexts() {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(text)))
	}
	r.Blocks = append(r.Blocks, f.at())
	return r
}

// at says which state of the pull request a reply is of.
func (f *Facts) at() bot.Para {
	return bot.Small(bot.Link(f.ref(), f.URL), bot.Text(" at "), bot.Mono(shortCommit(f.Head)))
}

// FilesReply is the answer to "files": the given files, which are all or those of a path.
func FilesReply(f Facts, files []Change, pattern string) bot.Reply {
	title := f.title() + ": " + count(len(files), "file")
	if pattern != "" {
		title += " matching " + bot.CleanLine(pattern)
	}
	sorted := byImportance(&f, files)
	if len(sorted) > maxRows {
		sorted = f.selectedFirst(sorted)
	}
	r := f.reply(title, f.fileBlocks(sorted, maxRows)...)
	if len(files) < f.Coverage.FilesTotal && pattern == "" {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(fmt.Sprintf("GitHub lists %d of %d files", len(files), f.Coverage.FilesTotal))))
	}
	r.Blocks = append(r.Blocks, f.at())
	return r
}

// byImportance sorts files as important does, with folded ones at the end.
func byImportance(f *Facts, files []Change) []Change {
	chosen := map[string]bool{}
	for _, c := range files {
		chosen[c.Path] = true
	}
	out := slices.DeleteFunc(f.important(), func(c Change) bool { return !chosen[c.Path] })
	for _, c := range files {
		if c.Class.folded() {
			out = append(out, c)
		}
	}
	return out
}

// TestsReply is the answer to "tests".
func TestsReply(f Facts) bot.Reply {
	t := f.Tests
	title := f.title() + ": "
	switch {
	case t.Files == 0 && t.CodeLines == 0:
		title += "no code and no tests"
	case t.Files == 0:
		title += fmt.Sprintf("no test for %s of code", count(t.CodeLines, "changed line"))
	default:
		title += fmt.Sprintf("%s of tests for %s of code", count(t.TestLines, "line"), thousands(t.CodeLines))
	}
	list := bot.List{}
	if t.AddedTests > 0 {
		list.Items = append(list.Items, bot.Item(bot.Text(count(t.AddedTests, "new test"))))
	}
	for _, r := range f.Risk.Reasons {
		if r.Rule == "removed-tests" || r.Rule == "skipped-tests" {
			list.Items = append(list.Items, bot.Item(f.reasonSpan(r)))
		}
	}
	for _, c := range f.important() {
		if c.Class == ClassTest && len(list.Items) < 8 {
			list.Items = append(list.Items, f.changeItemAlways(c))
		}
	}
	if len(list.Items) == 0 {
		return f.reply(title, f.at())
	}
	return f.reply(title, list, f.at())
}

// changeItemAlways is changeItem for lists of files of which none may be left out.
func (f *Facts) changeItemAlways(c Change) []bot.Span {
	return bot.Item(bot.Link(f.shortPath(c.Path, 3), f.link(c.at())), bot.Text(" "+plusMinus(c.Additions, c.Deletions)))
}

// OwnersReply is the answer to "owners": who has to look at which part.
func OwnersReply(f Facts) bot.Reply {
	t := bot.Table{Head: []string{"Component", "Files", "Owners"}, Right: []bool{false, true, false}}
	owned := false
	for _, c := range f.Components[:min(len(f.Components), maxRows)] {
		owned = owned || len(c.Owners) > 0
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Text(f.componentName(c))}, {bot.Text(thousands(c.Files))}, {bot.Text(cmp.Or(few(c.Owners, 6), "nobody named"))}})
	}
	if !owned {
		return f.reply(f.title()+": no owners", bot.P(bot.Text("CODEOWNERS on the base branch names nobody for these files, or there is none.")), f.at())
	}
	return f.reply(f.title()+": owners", t, f.at())
}
