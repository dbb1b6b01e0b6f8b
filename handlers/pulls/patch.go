package pulls

import (
	"strings"
)

// A hunk is one contiguous part of a file's patch.
type hunk struct {
	section string // what git writes behind the second "@@": mostly the declaration around the change
	lines   []line
}

// A line is one line of a hunk, without its mark.
type line struct {
	op   byte // '+', '-' or ' '
	text string
	old  int // line number in the old file; for an added line, of the line it comes before
	new  int // line number in the new file; for a removed line, of the line that took its place
}

// parsePatch reads what GitHub calls a file's patch: hunks without a file header. It reads them itself rather than with a diff library,
// because GitHub cuts patches short, which makes libraries refuse the whole file, and because slicing one string costs no allocation per
// line. A test compares it with go-gitdiff. Text before the first hunk header is skipped.
func parsePatch(patch string) []hunk {
	var hunks []hunk
	lines := make([]line, 0, strings.Count(patch, "\n")+1)
	oldLine, newLine, start := 0, 0, 0
	end := func() {
		if n := len(hunks); n > 0 {
			hunks[n-1].lines = lines[start:len(lines):len(lines)]
		}
		start = len(lines)
	}
	for patch != "" {
		var text string
		text, patch, _ = strings.Cut(patch, "\n")
		if o, n, section, ok := hunkHeader(text); ok {
			end()
			hunks = append(hunks, hunk{section: section})
			oldLine, newLine = o, n
			continue
		}
		if len(hunks) == 0 || strings.HasPrefix(text, `\`) { // "\ No newline at end of file"
			continue
		}
		l := line{op: ' ', old: oldLine, new: newLine}
		if text != "" {
			l.op, l.text = text[0], strings.TrimSuffix(text[1:], "\r")
		}
		switch l.op {
		case '+':
			newLine++
		case '-':
			oldLine++
		default:
			l.op = ' '
			oldLine, newLine = oldLine+1, newLine+1
		}
		lines = append(lines, l)
	}
	end()
	return hunks
}

// hunkHeader reads "@@ -10,6 +12,8 @@ func main() {". Combined diffs ("@@@") are no hunks of GitHub's.
func hunkHeader(s string) (oldStart, newStart int, section string, ok bool) {
	rest, ok := strings.CutPrefix(s, "@@ -")
	if !ok {
		return 0, 0, "", false
	}
	ranges, section, ok := strings.Cut(rest, " @@")
	if !ok {
		return 0, 0, "", false
	}
	before, after, ok := strings.Cut(ranges, " +")
	if !ok {
		return 0, 0, "", false
	}
	oldStart, ok1 := rangeStart(before)
	newStart, ok2 := rangeStart(after)
	return oldStart, newStart, strings.TrimSpace(section), ok1 && ok2
}

// rangeStart reads the first number of "10,6" or "10". Numbers beyond a billion are no line numbers.
func rangeStart(s string) (int, bool) {
	s, _, _ = strings.Cut(s, ",")
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > 1e9 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, s != ""
}

// countLines counts the added and removed lines of hunks.
func countLines(hunks []hunk) Lines {
	var n Lines
	for _, h := range hunks {
		for _, l := range h.lines {
			switch l.op {
			case '+':
				n.Additions++
			case '-':
				n.Deletions++
			}
		}
	}
	return n
}

// blocks calls visit for every run of changed lines without context between them: removed and added are what git shows of one edit.
func (h hunk) blocks(visit func(removed, added []line)) {
	for i := 0; i < len(h.lines); {
		if h.lines[i].op == ' ' {
			i++
			continue
		}
		start := i
		for i < len(h.lines) && h.lines[i].op == '-' {
			i++
		}
		middle := i
		for i < len(h.lines) && h.lines[i].op == '+' {
			i++
		}
		visit(h.lines[start:middle], h.lines[middle:i])
	}
}

// whitespaceOnly counts lines whose change is one of white space. In languages where indentation means something it has to be at the ends
// of lines or be an empty line.
func whitespaceOnly(path string, hunks []hunk) Lines {
	strip := stripAll
	if indentationMatters(path) {
		strip = stripEnd
	}
	var n Lines
	for _, h := range hunks {
		h.blocks(func(removed, added []line) {
			if len(added) == 0 || len(removed) == 0 {
				for _, l := range append(removed[:len(removed):len(removed)], added...) {
					if strings.TrimSpace(l.text) != "" {
						return
					}
				}
				n.Additions, n.Deletions = n.Additions+len(added), n.Deletions+len(removed)
				return
			}
			same := sameInOrder(removed, added, strip)
			n.Additions, n.Deletions = n.Additions+same, n.Deletions+same
		})
	}
	return n
}

// sameInOrder counts lines that removed and added have in common, in the same order, after strip. It looks ahead for the next equal line
// rather than for the longest common sequence: a linear pass that finds every change of indentation, which is what occurs.
func sameInOrder(removed, added []line, strip func(string) string) int {
	const ahead = 20
	same, from := 0, 0
	for _, a := range added {
		want := strip(a.text)
		for i := from; i < len(removed) && i < from+ahead; i++ {
			if strip(removed[i].text) == want {
				same, from = same+1, i+1
				break
			}
		}
	}
	return same
}

func stripEnd(s string) string { return strings.TrimRight(s, " \t") }

// stripAll removes all white space.
func stripAll(s string) string {
	if !strings.ContainsAny(s, " \t") {
		return s
	}
	return noSpace.Replace(s)
}

var noSpace = strings.NewReplacer(" ", "", "\t", "")

// indentationMatters reports whether white space at the beginning of a line has a meaning in this kind of file.
func indentationMatters(path string) bool {
	switch extension(path) {
	case "py", "pyi", "yml", "yaml", "mk", "haml", "pug", "jade", "slim", "sass", "styl", "coffee", "nim", "fs", "fsx", "hs", "elm", "rst", "md", "feature", "bzl", "star":
		return true
	}
	return base(path) == "Makefile" || base(path) == "GNUmakefile"
}
