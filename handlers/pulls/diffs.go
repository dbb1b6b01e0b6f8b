package pulls

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// Bounds of a reply that shows code.
const (
	maxDiffFiles = 3
	maxDiffLines = 60   // of all files together
	maxDiffBytes = 5000 // likewise
	maxLineRunes = 160
)

// files answers "files", with or without a path.
func files(_ github.Snapshot, f Facts, args string) (bot.Reply, error) {
	wanted := strings.TrimSpace(args)
	if wanted == "" {
		return FilesReply(f, f.Changes, ""), nil
	}
	found, err := matching(&f, "files", wanted)
	if err != nil {
		return bot.Reply{}, err
	}
	return FilesReply(f, found, wanted), nil
}

// changed answers "what changed in …": the declarations that the changes are in and, within bounds, the changes themselves. Without a path
// it lists the files.
func changed(s github.Snapshot, f Facts, args string) (bot.Reply, error) {
	wanted := strings.TrimSpace(args)
	for _, word := range []string{"in ", "inside ", "to ", "of "} {
		wanted = strings.TrimSpace(strings.TrimPrefix(wanted, word))
	}
	if wanted == "" {
		return FilesReply(f, f.Changes, ""), nil
	}
	found, err := matching(&f, "changed", wanted)
	if err != nil {
		return bot.Reply{}, err
	}
	return changedReply(s, f, byImportance(&f, found), wanted), nil
}

func changedReply(s github.Snapshot, f Facts, found []Change, wanted string) bot.Reply {
	what := count(len(found), "file") + " matching " + shorten(bot.CleanLine(wanted), 80)
	if len(found) == 1 {
		what = lastParts(found[0].Path, 3)
	}
	r := f.reply(fmt.Sprintf("#%d: %s", f.Number, what))
	lines, bytes := maxDiffLines, maxDiffBytes
	chosen := chosenHunks(s, f, found[:min(len(found), maxDiffFiles)])
	for _, c := range found[:min(len(found), maxDiffFiles)] {
		r.Blocks = append(r.Blocks, f.changedLine(c))
		if c.Skipped != "" && c.Skipped != SkipCut {
			r.Blocks = append(r.Blocks, bot.Small(bot.Text("Not shown: "+string(c.Skipped)+".")))
			continue
		}
		hunks, dropped := parsePatch(patchOf(s, c.Path)), 0
		if c.Status == "added" && c.sum() > lines {
			hunks, dropped = fromDeclaration(hunks)
		}
		text, left := diffText(hunks, chosen[c.Path], &lines, &bytes)
		left += dropped
		if text != "" {
			r.Blocks = append(r.Blocks, bot.Code{Text: text, Language: "diff"})
		}
		if left > 0 {
			r.Blocks = append(r.Blocks, bot.Small(bot.Link(count(left, "more line")+" on GitHub", f.link(Evidence{File: c.Path}))))
		}
	}
	if rest := found[min(len(found), maxDiffFiles):]; len(rest) > 0 {
		r.Blocks = append(r.Blocks, f.fileBlocks(rest, maxRows)...)
	}
	r.Blocks = append(r.Blocks, f.at())
	return r
}

// chosenHunks chooses which hunks of the given files a reply shows, by path, when it has no room for all of them; nil when it has.
func chosenHunks(s github.Snapshot, f Facts, found []Change) map[string]map[int]bool {
	wanted := map[string]bool{}
	for _, c := range found {
		wanted[c.Path] = true
	}
	s.Files = slices.DeleteFunc(slices.Clone(s.Files), func(file github.File) bool { return !wanted[file.Path] })
	v := newView(s, DefaultWeights())
	shown := 0
	for _, file := range v.files {
		shown += file.nearLines()
	}
	if shown <= maxDiffLines {
		return nil
	}
	_, moved := v.moves()
	chosen := map[string]map[int]bool{}
	for path := range wanted {
		chosen[path] = map[int]bool{}
	}
	for _, h := range Select(v, f.Risk.Reasons, f.Components, moved, maxDiffLines) {
		chosen[h.File][h.index] = true
	}
	return chosen
}

// nearLines counts the lines that a reply shows of a file's hunks: the changed ones and those beside them.
func (f *file) nearLines() (n int) {
	for _, h := range f.hunks {
		for i := range h.lines {
			if near(h.lines, i) {
				n++
			}
		}
	}
	return n
}

// changedLine names a file, what happened to it, and the declarations that its changes are in.
func (f *Facts) changedLine(c Change) bot.Para {
	spans := []bot.Span{bot.Link(c.Path, f.link(c.at())), bot.Text(" " + plusMinus(c.Additions, c.Deletions))}
	if what := statusWord(c); what != "" {
		spans = append(spans, bot.Text(" ("+what+")"))
	}
	if len(c.Symbols) > 0 {
		spans = append(spans, bot.Text(": "+few(c.Symbols, 8)))
	}
	return bot.P(spans...)
}

// patchOf finds the patch of a file.
func patchOf(s github.Snapshot, path string) string {
	for _, f := range s.Files {
		if f.Path == path {
			return f.Patch
		}
	}
	return ""
}

// fromDeclaration leaves out what a new file has before its first declaration: licence and imports tell nobody what it does.
func fromDeclaration(hunks []hunk) (rest []hunk, dropped int) {
	if len(hunks) != 1 {
		return hunks, 0
	}
	i := slices.IndexFunc(hunks[0].lines, func(l line) bool { return symbol(l.text) != "" && !comment(l.text) })
	if i <= 0 {
		return hunks, 0
	}
	return []hunk{{section: hunks[0].section, lines: hunks[0].lines[i:]}}, i
}

// diffText writes hunks with one line of context around changes, as long as there is room, and counts the changed lines left
// out. A line that looks like a credential is replaced by a remark. Of the hunks only those that are chosen are written; nil chooses all.
func diffText(hunks []hunk, chosen map[int]bool, lines, bytes *int) (text string, left int) {
	var b strings.Builder
	guard := &secretGuard{}
	for n, h := range hunks {
		skip := chosen != nil && !chosen[n]
		var section string
		if s := symbol(h.section); s != "" {
			section = " " + s
		}
		for i, l := range h.lines {
			shown := guard.show(l.text)
			if !near(h.lines, i) {
				continue
			}
			head := ""
			if i == 0 || !near(h.lines, i-1) {
				head = fmt.Sprintf("@@ line %d @@%s\n", l.new, section)
			}
			row := head + string(l.op) + cutLine(shown) + "\n"
			if skip || *lines <= 0 || *bytes < len(row) {
				if !skip {
					*lines = 0
				}
				if l.op != ' ' {
					left++
				}
				continue
			}
			*lines, *bytes = *lines-1, *bytes-len(row)
			b.WriteString(row)
		}
	}
	return b.String(), left
}

// near reports whether line i is changed or next to a changed one.
func near(lines []line, i int) bool {
	for j := max(i-1, 0); j <= i+1 && j < len(lines); j++ {
		if lines[j].op != ' ' {
			return true
		}
	}
	return false
}

// cutLine shortens a long line of code; its indentation stays.
func cutLine(s string) string {
	if utf8.RuneCountInString(s) > maxLineRunes {
		return string([]rune(s)[:maxLineRunes-1]) + "…"
	}
	return s
}

// A secretGuard hides lines that look like credentials, and everything between the lines that begin and end a private key.
type secretGuard struct{ inKey bool }

const hidden = "[hidden: looks like a credential]"

// show returns what may be shown of the next line.
func (g *secretGuard) show(text string) string {
	begins, ends := strings.Contains(text, "-----BEGIN") && strings.Contains(text, "PRIVATE KEY"), strings.Contains(text, "-----END")
	was := g.inKey
	g.inKey = (g.inKey || begins) && !ends
	if was || begins || secretOn(text, ClassCode) != "" {
		return hidden
	}
	return text
}
