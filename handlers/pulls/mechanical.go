package pulls

import (
	"regexp"
	"slices"
	"strings"

	"shipmate/bot"
)

// Mechanical is one kind of change that a tool made, or could have, in several files and that is all that changes in them.
type Mechanical struct {
	Kind  string `json:"kind"` // formatting, licence or imports
	Files int    `json:"files"`
	Lines int    `json:"lines"` // changed lines of those files
}

// The kinds of mechanical changes.
const (
	mechanicalFormat  = "formatting"
	mechanicalLicence = "licence"
	mechanicalImports = "imports"
)

// mechanicalKinds tell what all of a file's change is. The first that says yes counts.
var mechanicalKinds = []struct {
	kind, text string // text follows the number of files
	is         func(*file) bool
}{
	{mechanicalFormat, "formatted", (*file).formatted},
	{mechanicalLicence, "with another licence header", (*file).licenceOnly},
	{mechanicalImports, "with other imports", (*file).importsOnly},
}

// mechanicalOf is the kind of mechanical change that a file's is; "" for none.
func (f *file) mechanicalOf() string {
	if f.class.folded() || f.class == ClassDependencies || f.skip != "" || len(f.hunks) == 0 || f.Status == "added" || f.Status == "removed" {
		return ""
	}
	for _, m := range mechanicalKinds {
		if m.is(f) {
			return m.kind
		}
	}
	return ""
}

// formatted reports whether nothing but white space changes in a file, or nothing but where its lines end.
func (f *file) formatted() bool {
	if f.blank == f.lines() {
		return true
	}
	if indentationMatters(f.Path) || f.lines().sum() > 5000 {
		return false
	}
	for _, h := range f.hunks {
		same := true
		h.blocks(func(removed, added []line) { same = same && joined(removed) == joined(added) })
		if !same {
			return false
		}
	}
	return true
}

// joined is the text of lines without white space, and without the commas that formatters put behind the last of several things.
func joined(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(stripAll(l.text))
	}
	return lastComma.Replace(b.String())
}

var lastComma = strings.NewReplacer(",)", ")", ",]", "]", ",}", "}")

var licenceLine = regexp.MustCompile(`(?i)copyright|\blicen[sc]e|spdx-|all rights reserved|warrant(?:y|ies)`)

// licenceOnly reports whether all that changes is comments at the head of a file, about its licence.
func (f *file) licenceOnly() bool {
	const head = 40
	changed := func(is func(l line) bool) bool {
		return slices.ContainsFunc(f.hunks, func(h hunk) bool {
			return slices.ContainsFunc(h.lines, func(l line) bool { return l.op != ' ' && is(l) })
		})
	}
	return !changed(func(l line) bool { return l.old > head && l.new > head }) && f.commentsOnly() &&
		changed(func(l line) bool { return licenceLine.MatchString(l.text[:min(len(l.text), 500)]) })
}

// leastMechanical is how many files of a kind are worth a line of their own.
const leastMechanical = 3

// mechanical counts the mechanical changes of several files each, and remembers them at the files. A repeated replacement of which the
// imports are a part is told as that.
func (v *view) mechanical(replacement *Replacement) []Mechanical {
	out := []Mechanical{}
	kinds := make([]string, len(v.files))
	for i, f := range v.files {
		kinds[i] = f.mechanicalOf()
	}
	for _, m := range mechanicalKinds {
		one := Mechanical{Kind: m.kind}
		for i, f := range v.files {
			if kinds[i] == m.kind {
				one.Files, one.Lines = one.Files+1, one.Lines+f.lines().sum()
			}
		}
		if one.Files < leastMechanical || m.kind == mechanicalImports && replacement != nil {
			continue
		}
		for i, f := range v.files {
			if kinds[i] == m.kind {
				f.mechanical = m.kind
			}
		}
		out = append(out, one)
	}
	return out
}

// mechanicalItem folds the mechanical changes into one line; nil when there are none.
func (f *Facts) mechanicalItem() []bot.Span {
	var parts []string
	for _, m := range f.Mechanical {
		for _, k := range mechanicalKinds {
			if k.kind == m.Kind {
				parts = append(parts, count(m.Files, "file")+" only "+k.text)
			}
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return bot.Item(bot.Text(strings.Join(parts, ", ")))
}
