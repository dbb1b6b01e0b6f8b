package pulls

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var exported = regexp.MustCompile(`^(?:func (?:\((?:\w+\s+)?\*?([A-Z]\w*)(?:\[[^\]]*\])?\) )?([A-Z]\w*)[\[(]|(?:type|var|const) ([A-Z]\w*)\b)`)

// export returns the exported name that a line of Go declares at the top level, with its receiver's type; "" when it declares none.
func export(text string) string {
	if len(text) < 6 || len(text) > 500 || text[0] != 'f' && text[0] != 't' && text[0] != 'v' && text[0] != 'c' {
		return ""
	}
	m := exported.FindStringSubmatch(text)
	switch {
	case m == nil || strings.HasPrefix(text, "func (") && m[1] == "":
		return ""
	case m[1] != "":
		return m[1] + "." + m[2]
	}
	return m[2] + m[3]
}

// exports calls visit for each exported declaration on the added or removed lines of a Go file: at the top level, and in groups that begin
// with "type (", "const (" or "var (" where the patch shows that.
func (f *file) exports(op byte, visit func(name string, l line)) {
	for _, h := range f.hunks {
		inGroup := groupHead(h.section)
		for _, l := range h.lines {
			switch {
			case l.op != ' ' && l.op != op:
				continue
			case groupHead(l.text):
				inGroup = true
			case l.text != "" && l.text[0] != '\t' && l.text[0] != ' ' && l.text[0] != '/':
				inGroup = false
			}
			if l.op != op {
				continue
			}
			if name := export(l.text); name != "" {
				visit(name, l)
			} else if inGroup {
				if m := member.FindStringSubmatch(l.text[:min(len(l.text), 500)]); m != nil {
					visit(m[1], l)
				}
			}
		}
	}
}

// groupHead reports whether a line begins a group of declarations.
func groupHead(text string) bool { return text == "type (" || text == "const (" || text == "var (" }

var member = regexp.MustCompile(`^\t([A-Z]\w*)(?:[ =\[,]|$)`)

// A removal is an exported declaration on a removed line.
type removal struct {
	key  string // folder:name
	name string
	text string // its line
	at   Evidence
	twin bool // its file is one of several for different systems: another one may still declare it
}

// removedExports finds exported Go declarations that are gone from their package, as far as the patches show. Packages that nobody else
// can import, and those of commands, have no users to break. Moves between files of a package are no removals.
func removedExports(in *inspection) Reason {
	found := removals(in.files)
	times := map[string]int{}
	for _, r := range found {
		times[r.key]++
	}
	var names []string
	var places []Evidence
	told := map[string]bool{}
	for _, r := range found {
		receiver, _, method := strings.Cut(r.name, ".")
		withType := method && times[path.Dir(r.at.File)+":"+receiver] > 0 // a type's methods go with it
		if !withType && (!r.twin || times[r.key] > 1) && !told[r.name] {
			told[r.name] = true
			names, places = append(names, r.name), append(places, r.at)
		}
	}
	if len(names) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.RemovedExports, Text: "removes exported " + few(names, 2), Evidence: places}
}

// removals lists the exported declarations that files remove and no file of their folder adds.
func removals(files []*file) []removal {
	still, grouping := map[string]bool{}, map[string]bool{} // folder:name
	for _, f := range files {
		if !public(f) {
			continue
		}
		dir := path.Dir(f.Path) + ":"
		f.exports('+', func(name string, _ line) { still[dir+name] = true })
		f.added(func(l line) {
			if name := grouped(l.text); name != "" {
				grouping[dir+name] = true
			}
		})
	}
	var found []removal
	for _, f := range files {
		if !public(f) {
			continue
		}
		twin := f.twin()
		f.exports('-', func(name string, l line) {
			key := path.Dir(f.Path) + ":" + name
			value := l.text[0] != 'f' && l.text[0] != 't' // a constant or variable, or in a group
			if !still[key] && !(grouping[key] && value) {
				found = append(found, removal{key, name, signatureOf(l.text), Evidence{Rule: "go/removed-export", File: f.Path, Line: l.old, Removed: true}, twin})
			}
		})
	}
	return found
}

// newExport reports whether files declare something exported that none of them removes from its package: what others can use and could not
// before.
func newExport(files []*file) bool {
	gone, found := map[string]bool{}, false
	each := func(op byte, visit func(name string)) {
		for _, f := range files {
			if public(f) {
				f.exports(op, func(name string, _ line) { visit(path.Dir(f.Path) + ":" + name) })
			}
		}
	}
	each('-', func(name string) { gone[name] = true })
	each('+', func(name string) { found = found || !gone[name] })
	return found
}

// grouped returns the exported name that a line in a group of constants or variables gives a value, where the patch does not show the head
// of the group: "\tName = 1".
func grouped(text string) string {
	if len(text) < 2 || text[0] != '\t' || text[1] < 'A' || text[1] > 'Z' || !strings.Contains(text, " = ") {
		return ""
	}
	name, _, _ := strings.Cut(text[1:], " ")
	return name
}

var systemName = regexp.MustCompile(`_(?:unix|other|others|aix|android|darwin|dragonfly|freebsd|illumos|ios|js|linux|netbsd|openbsd|plan9|solaris|wasip1|windows|` +
	`386|amd64|arm|arm64|loong64|mips\w*|ppc64\w*|riscv64|s390x|wasm)\.go$`)

// twin reports whether a Go file is for some systems only, by its name or by a constraint that the patch shows.
func (f *file) twin() bool {
	found := systemName.MatchString(f.Path)
	for _, h := range f.hunks {
		found = found || slices.ContainsFunc(h.lines, func(l line) bool { return strings.HasPrefix(l.text, "//go:build ") })
	}
	return found
}

// public reports whether a Go file belongs to a package that others may import.
func public(f *file) bool {
	return f.class == ClassCode && extension(f.Path) == "go" && base(f.Path) != "main.go" && !inFolder(f.Path, "internal", "cmd", "testdata", "examples", "example")
}
