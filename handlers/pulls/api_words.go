package pulls

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A word is a name, a number, a string or a mark of a schema language.
type word struct {
	text string
	line int
}

// words takes a schema apart, without comments: those from a mark to the end of the line, and those between /* and */ where slashes is set. A string
// becomes an empty pair of quotes.
func words(text, comment string, slashes bool) []word {
	var out []word
	line := 1
	for text != "" {
		n := 1
		switch c := text[0]; {
		case c == '\n':
			line++
		case c <= ' ' || c == ',' && !slashes:
		case strings.HasPrefix(text, comment):
			n = until(text, 0, "\n") // the end of the line is not part of it
		case slashes && strings.HasPrefix(text, "/*"):
			n = min(until(text, 2, "*/")+2, len(text))
		case strings.HasPrefix(text, `"""`):
			n = min(until(text, 3, `"""`)+3, len(text))
		case c == '"' || c == '\'' && slashes:
			n = quoted(text)
			out = append(out, word{`""`, line})
		case inName(c):
			for n < len(text) && inName(text[n]) {
				n++
			}
			out = append(out, word{text[:n], line})
		default:
			_, n = utf8.DecodeRuneInString(text)
			out = append(out, word{text[:n], line})
		}
		if n > 1 {
			line += strings.Count(text[:n], "\n")
		}
		text = text[n:]
	}
	return out
}

func inName(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// until is where end begins behind from; the length of text when it does not.
func until(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i
	}
	return len(text)
}

// quoted is the length of the string that text begins with. It ends with its line.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(text)
}

// A reading is a position among the words of one side of a file.
type reading struct {
	file  *file
	words []word
	into  table
}

// is reports whether the next word is s.
func (r *reading) is(s string) bool { return len(r.words) > 0 && r.words[0].text == s }

// next takes a word; the zero word at the end.
func (r *reading) next() word {
	if len(r.words) == 0 {
		return word{}
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// take takes the next word if it is s.
func (r *reading) take(s string) bool {
	if r.is(s) {
		r.next()
		return true
	}
	return false
}

// skip passes over everything up to and with end, and over whole groups in brackets; it stops before a bracket that closes an outer group.
func (r *reading) skip(ends ...string) {
	depth := 0
	for len(r.words) > 0 {
		s := r.words[0].text
		switch {
		case depth == 0 && slices.Contains(ends, s):
			r.next()
			return
		case s == "{" || s == "[" || s == "(":
			depth++
		case s == "}" || s == "]" || s == ")":
			if depth == 0 {
				return
			}
			if depth--; depth == 0 && slices.Contains(ends, s+" after") {
				r.next()
				return
			}
		}
		r.next()
	}
}

func (r *reading) add(d offer, line int) {
	d.at = Evidence{File: r.file.Path, Line: line}
	r.into.add(d)
}

// balanced reports whether the brackets of a schema match: what does not is none, or is broken.
func balanced(list []word) bool {
	depth := 0
	for _, w := range list {
		switch w.text {
		case "{":
			depth++
		case "}":
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}

// A schemaLanguage reads schemas into tables.
type schemaLanguage struct {
	name    string
	comment string
	slashes bool // comments between /* and */, and commas that mean something
	space   func(f *file, list []word) string
	read    func(r *reading)
}

// diff compares the changed files of each name space together.
func (l schemaLanguage) diff(files []*file) (changes []APIChange, unread []APIUnread) {
	before, after := map[string]table{}, map[string]table{}
	for _, f := range files {
		was, is := words(f.Contents.Before, l.comment, l.slashes), words(f.Contents.After, l.comment, l.slashes)
		if !balanced(was) || !balanced(is) {
			unread = append(unread, APIUnread{f.Path, "it does not parse"})
			continue
		}
		l.side(f, was, before)
		l.side(f, is, after)
	}
	names := map[string]bool{}
	for _, side := range []map[string]table{before, after} {
		for name := range side {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		changes = append(changes, diffTables(l.name, name, before[name], after[name])...)
	}
	return changes, unread
}

func (l schemaLanguage) side(f *file, list []word, into map[string]table) {
	if len(list) == 0 {
		return
	}
	name := l.space(f, list)
	if into[name] == nil {
		into[name] = table{}
	}
	l.read(&reading{file: f, words: list, into: into[name]})
}
