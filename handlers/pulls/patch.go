package pulls

import (
	"slices"
	"strings"
)

// A hunk is one contiguous part of a file's patch.
type hunk struct {
	section string // what git writes behind the second "@@": mostly the declaration around the change
	lines   []line
	count   Lines
	blank   Lines // of count, what changes white space only; set by file.read
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
			hunks[len(hunks)-1].count.Additions++
		case '-':
			oldLine++
			hunks[len(hunks)-1].count.Deletions++
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
		n = n.plus(h.count)
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

// blankLines counts lines whose change is one of white space: those that are the same by same, and empty ones.
func (h hunk) blankLines(same func(a, b string) bool) Lines {
	var n Lines
	h.blocks(func(removed, added []line) {
		if len(added) > 0 && len(removed) > 0 {
			both := sameInOrder(removed, added, same)
			n = n.plus(Lines{both, both})
		} else if blank(removed) && blank(added) {
			n = n.plus(Lines{len(added), len(removed)})
		}
	})
	return n
}

// blank reports whether all lines are empty but for white space.
func blank(lines []line) bool {
	return !slices.ContainsFunc(lines, func(l line) bool { return strings.TrimSpace(l.text) != "" })
}

// sameInOrder counts lines that removed and added have in common, in the same order. It looks ahead for the next equal line
// rather than for the longest common sequence: a linear pass that finds every change of indentation, which is what occurs.
func sameInOrder(removed, added []line, same func(a, b string) bool) int {
	const ahead = 20
	n, from := 0, 0
	for _, a := range added {
		for i := from; i < len(removed) && i < from+ahead; i++ {
			if same(removed[i].text, a.text) {
				n, from = n+1, i+1
				break
			}
		}
	}
	return n
}

// sameBut returns what compares two lines of a file but for white space: in languages where indentation means something, but for that at
// their ends.
func sameBut(path string) func(a, b string) bool {
	if indentationMatters(path) {
		return sameButEnd
	}
	return sameButSpace
}

func sameButEnd(a, b string) bool { return strings.TrimRight(a, " \t") == strings.TrimRight(b, " \t") }

// sameButSpace walks both lines at once and ends at the first difference, as most comparisons do.
func sameButSpace(a, b string) bool {
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		for i < len(a) && (a[i] == ' ' || a[i] == '\t') {
			i++
		}
		for j < len(b) && (b[j] == ' ' || b[j] == '\t') {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
	}
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
