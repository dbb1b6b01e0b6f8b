package pulls

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"shipmate/bot"
)

// Replacement is one replacement of a text by another that most of a change consists of, such as a rename. A credential is never part of it.
type Replacement struct {
	From  string `json:"from"` // whole words
	To    string `json:"to"`
	Files int    `json:"files"`
	Lines int    `json:"lines"` // that it changes, and nothing else does
}

// Bounds of what counts as a repeated replacement.
const (
	leastFiles     = 3
	leastShare     = 0.7 // of the changed lines that are not folded
	longestReplace = 60
)

// A pair is a line before and after.
type pair struct {
	file        string
	before, now string
}

// replacement finds the replacement that most of the changed lines are; nil when there is none.
func (v *view) replacement() *Replacement {
	pairs, total := v.pairs()
	if len(pairs) < leastFiles || float64(len(pairs)) < leastShare*float64(total) {
		return nil
	}
	type change struct{ from, to string }
	count := map[change]int{}
	best := change{}
	for _, p := range pairs {
		c := change{}
		c.from, c.to = difference(p.before, p.now)
		count[c]++
		if n := cmp.Compare(count[c], count[best]); n > 0 || n == 0 && c.from+c.to < best.from+best.to {
			best = c
		}
	}
	if len(best.from) < 3 || best.to == "" || max(len(best.from), len(best.to)) > longestReplace || secretOn(best.from, ClassCode)+secretOn(best.to, ClassCode) != "" {
		return nil
	}
	r, files := Replacement{From: best.from, To: best.to}, map[string]bool{}
	for _, p := range pairs {
		if strings.ReplaceAll(p.before, best.from, best.to) == p.now {
			r.Lines++
			files[p.file] = true
		}
	}
	if r.Files = len(files); r.Files < leastFiles || float64(r.Lines) < leastShare*float64(total) {
		return nil
	}
	return &r
}

// pairs are the lines that take the place of others, one for one, and how many lines change in all: a pair is one.
func (v *view) pairs() (pairs []pair, total int) {
	const longest = 500
	for _, f := range v.files {
		if f.class.folded() || f.class == ClassDependencies {
			continue
		}
		for _, h := range f.hunks {
			h.blocks(func(removed, added []line) {
				total += max(len(removed), len(added))
				for i := range removed {
					if len(removed) == len(added) && len(removed[i].text) < longest && len(added[i].text) < longest {
						pairs = append(pairs, pair{f.Path, removed[i].text, added[i].text})
					}
				}
			})
		}
	}
	return pairs, total
}

// difference returns the part in which two lines differ, extended to whole words and whole version numbers.
func difference(a, b string) (from, to string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	j := 0
	for j < len(a)-i && j < len(b)-i && a[len(a)-1-j] == b[len(b)-1-j] {
		j++
	}
	for i > 0 && (wordEnd(a[:i]) || i > 1 && a[i-1] == '.' && digit(a[i-2]) && i < len(a) && digit(a[i])) {
		i--
	}
	for j > 0 && (wordStart(a[len(a)-j:]) || j > 1 && a[len(a)-j] == '.' && digit(a[len(a)-j+1]) && j < len(a) && digit(a[len(a)-j-1])) {
		j--
	}
	from, to = strings.TrimSpace(a[i:len(a)-j]), strings.TrimSpace(b[i:len(b)-j])
	if !utf8.ValidString(from) || !utf8.ValidString(to) {
		return "", ""
	}
	return from, to
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// wordEnd reports whether s ends in the middle of a word or of a character.
func wordEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r == '_' || r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// wordStart reports whether s begins in the middle of a word or of a character.
func wordStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// replacementItem says that a change is one replacement in many places; nil when it is none.
func (f *Facts) replacementItem() []bot.Span {
	r := f.Replacement
	if r == nil || f.Type == "deps" && len(f.Dependencies) > 0 { // its versions are told
		return nil
	}
	for _, m := range f.Mechanical {
		if m.Kind == mechanicalLicence && m.Files >= r.Files { // the year of a copyright
			return nil
		}
	}
	return bot.Item(bot.Mono(bot.CleanLine(r.From)), bot.Text(" → "), bot.Mono(bot.CleanLine(r.To)), bot.Text(" on "+count(r.Lines, "line")+" of "+count(r.Files, "file")))
}
