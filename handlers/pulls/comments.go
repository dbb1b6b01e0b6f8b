package pulls

import (
	"regexp"
	"slices"
	"strings"
)

// A syntax is how a language writes comments.
type syntax struct {
	line        []string // marks that make the rest of a line a comment
	open, close string   // of comments over several lines; "" for none
	docs        bool     // strings in three quotes that are statements are documentation (Python)
}

var (
	slashes  = syntax{line: []string{"//"}, open: "/*", close: "*/"}
	hashes   = syntax{line: []string{"#"}}
	syntaxes = map[string]syntax{
		"py": {line: []string{"#"}, docs: true}, "pyi": {line: []string{"#"}, docs: true},
		"rb": {line: []string{"#"}, open: "=begin", close: "=end"}, "php": {line: []string{"//", "#"}, open: "/*", close: "*/"},
		"tf": {line: []string{"#", "//"}, open: "/*", close: "*/"}, "hcl": {line: []string{"#", "//"}, open: "/*", close: "*/"},
		"sql": {line: []string{"--"}, open: "/*", close: "*/"}, "lua": {line: []string{"--"}, open: "--[[", close: "]]"}, "hs": {line: []string{"--"}, open: "{-", close: "-}"},
		"elm": {line: []string{"--"}, open: "{-", close: "-}"}, "css": {open: "/*", close: "*/"}, "html": {open: "<!--", close: "-->"}, "xml": {open: "<!--", close: "-->"},
	}
	slashLanguages = set("go js jsx mjs cjs ts tsx java kt kts scala groovy c h cc cpp cxx hpp hh m mm cs swift rs dart proto zig sol v scss less")
	hashLanguages  = set("sh bash zsh fish pl pm r ex exs jl nim yml yaml toml mk ps1 cmake")
)

// directive matches comments that tools obey: changing them is no change of words.
var directive = regexp.MustCompile(`^(?://go:|//\s*\+build\b|//export\s|//\s*nolint|//\s*#\s*(?:include|cgo|define)|#!|#\s*(?:type:|noqa|pragma|pylint|mypy|fmt:|isort|frozen_string_literal|-\*-|rubocop|syntax=|shellcheck|yamllint|cython)|` +
	`(?://|/\*)\s*(?:@ts-|eslint|prettier|istanbul|tslint|jshint|global\b|biome|deno-lint|swiftlint|NOLINT|@vite|webpack|#__PURE__|@__PURE__|@jsx)|///\s*<reference)`)

// syntaxOf is how comments are written in a file; ok is false where it is not known.
func syntaxOf(path string) (s syntax, ok bool) {
	ext := extension(path)
	switch s, ok := syntaxes[ext]; {
	case ok:
		return s, true
	case slashLanguages[ext]:
		return slashes, true
	case hashLanguages[ext] || base(path) == "Makefile" || base(path) == "Dockerfile":
		return hashes, true
	}
	return syntax{}, false
}

// commentsOnly reports whether all that changes in a file is comments, documentation in the code, and empty lines. Where the patch does not
// show that a line is inside of a comment, it is code.
func (f *file) commentsOnly() bool {
	if f.quiet == unsaid {
		f.quiet = no
		if f.skip == "" && len(f.hunks) > 0 && slices.IndexFunc(f.hunks, func(h hunk) bool { return !h.commentsOnly(f.Path) }) < 0 {
			f.quiet = yes
		}
	}
	return f.quiet == yes
}

func (h hunk) commentsOnly(path string) bool {
	s, known := syntaxOf(path)
	for _, op := range []byte{'-', '+'} {
		if known && !s.quiet(h, op) {
			return false
		}
		if !known && slices.ContainsFunc(h.lines, func(l line) bool { return l.op == op && strings.TrimSpace(l.text) != "" && !comment(l.text) }) {
			return false
		}
	}
	return true
}

// quiet reports whether the lines of one side of a hunk that change are comments or empty.
func (s syntax) quiet(h hunk, op byte) bool {
	changed := false
	for _, l := range h.lines {
		changed = changed || l.op == op
	}
	if !changed {
		return true
	}
	ok, ended := s.scan(h, op, false)
	if ended { // a comment ends that does not begin here: the hunk begins inside of it
		ok, _ = s.scan(h, op, true)
	}
	return ok
}

// scan goes through one side of a hunk, beginning inside or outside of a comment over several lines. ended is set when such a comment ends
// outside of one.
func (s syntax) scan(h hunk, op byte, inside bool) (ok, ended bool) {
	ok = true
	quote, before := `"""`, ""
	for _, l := range h.lines {
		if l.op != ' ' && l.op != op {
			continue
		}
		t := strings.TrimSpace(l.text)
		var words bool
		switch {
		case s.docs:
			var lost bool
			if words, inside, quote, lost = docString(t, before, inside, quote); lost {
				return false, true
			}
		case s.open != "":
			if !inside && strings.Contains(t, s.close) && !strings.Contains(t, s.open) {
				return false, true
			}
			words, inside = s.block(t, inside)
		}
		words = words || s.isLine(t) || s.open == "/*" && starred(t) && starred(before) // what is around a long comment does not show
		if l.op == op && t != "" && (!words || directive.MatchString(t)) {
			ok = false
		}
		if t != "" {
			before = t
		}
	}
	return ok, false
}

func (s syntax) isLine(t string) bool {
	return slices.ContainsFunc(s.line, func(mark string) bool { return strings.HasPrefix(t, mark) })
}

// starred reports whether a line is one of those that comments over several lines have, by custom.
func starred(t string) bool {
	return t == "*" || strings.HasPrefix(t, "* ") || strings.HasPrefix(t, "/*")
}

// block reports whether a line is comment as a whole, and whether the comment goes on behind it.
func (s syntax) block(t string, inside bool) (words, still bool) {
	if !inside {
		if s.isLine(t) && !strings.HasPrefix(t, s.open) {
			return true, false
		}
		i := strings.Index(t, s.open)
		if i < 0 {
			return false, false
		}
		still = !strings.Contains(t[i+len(s.open):], s.close)
		return i == 0 && (still || strings.HasSuffix(t, s.close)), still
	}
	i := strings.Index(t, s.close)
	if i < 0 {
		return true, true
	}
	return strings.TrimSpace(t[i+len(s.close):]) == "", false
}

var (
	docStart   = regexp.MustCompile(`^[rRuU]?("""|''')`)
	stringOpen = regexp.MustCompile(`(?:[=(,\[{+:%]|\breturn|\bin)\s*[rRuUfFbB]{0,2}("""|''')`)
)

// docString does what block does for Python. lost is set when a string ends that did not begin: the hunk begins inside of one. A string that
// is part of an expression is code; what follows it, up to its end, counts as code too, by not being inside of a documentation string.
func docString(t, before string, inside bool, quote string) (words, still bool, mark string, lost bool) {
	if inside {
		i := strings.Index(t, quote)
		return i < 0 || strings.TrimSpace(t[i+3:]) == "", i < 0, quote, false
	}
	if m := docStart.FindStringSubmatch(t); m != nil && !continues(before) {
		rest := t[strings.Index(t, m[1])+3:]
		i := strings.Index(rest, m[1])
		return i < 0 || strings.TrimSpace(rest[i+3:]) == "", i < 0, m[1], false
	}
	for _, q := range []string{`"""`, `'''`} {
		if strings.Count(t, q)%2 == 1 && !stringOpen.MatchString(t) && strings.HasSuffix(t, q) && t != q {
			return false, false, q, true
		}
	}
	return false, false, quote, false
}

// continues reports whether an expression goes on behind a line.
func continues(t string) bool {
	return t != "" && strings.ContainsRune(`([{,=+%\`, rune(t[len(t)-1]))
}

// quiet reports whether nothing changes but comments in code, and documentation.
func (v *view) quiet() bool {
	seen := false
	for _, f := range v.files {
		switch {
		case f.class.folded() || f.class == ClassDocs:
		case f.commentsOnly():
			seen = true
		default:
			return false
		}
	}
	return seen && len(v.files) >= v.ChangedFiles
}

func commentsOnly(in *inspection) Reason {
	if !in.quiet() {
		return Reason{}
	}
	return Reason{Points: in.w.CommentsOnly, Text: "comments only"}
}
