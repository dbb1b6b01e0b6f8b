package pulls

import (
	"path"
	"regexp"
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

// removedExports finds exported Go declarations that are gone from their package, as far as the patches show. Packages that nobody else
// can import, and those of commands, have no users to break. Moves between files of a package are no removals.
func removedExports(in *inspection) Reason {
	still, inGroup := map[string]bool{}, map[string]bool{} // folder:name
	for _, f := range in.files {
		if public(f) {
			f.added(func(l line) {
				if name := export(l.text); name != "" {
					still[path.Dir(f.Path)+":"+name] = true
				} else if name := grouped(l.text); name != "" {
					inGroup[path.Dir(f.Path)+":"+name] = true
				}
			})
		}
	}
	type removal struct {
		name string
		at   Evidence
	}
	var found []removal
	types := map[string]bool{} // folder:name
	for _, f := range in.files {
		if !public(f) {
			continue
		}
		dir := path.Dir(f.Path)
		f.removed(func(l line) {
			if name := export(l.text); name != "" && !still[dir+":"+name] && (!inGroup[dir+":"+name] || l.text[0] != 'c' && l.text[0] != 'v') {
				found = append(found, removal{name, Evidence{Rule: "go/removed-export", File: f.Path, Line: l.old, Removed: true}})
				types[dir+":"+name] = true
			}
		})
	}
	var names []string
	var places []Evidence
	for _, r := range found {
		if receiver, _, method := strings.Cut(r.name, "."); !method || !types[path.Dir(r.at.File)+":"+receiver] { // a type's methods go with it
			names, places = append(names, r.name), append(places, r.at)
		}
	}
	if len(names) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.RemovedExports, Text: "removes exported " + few(names, 2), Evidence: places}
}

// grouped returns the exported name that a line in a group of constants or variables gives a value: "\tName = 1" between "const (" and ")".
func grouped(text string) string {
	if len(text) < 2 || text[0] != '\t' || text[1] < 'A' || text[1] > 'Z' || !strings.Contains(text, " = ") {
		return ""
	}
	name, _, _ := strings.Cut(text[1:], " ")
	return name
}

// public reports whether a Go file belongs to a package that others may import.
func public(f *file) bool {
	return f.class == ClassCode && extension(f.Path) == "go" && base(f.Path) != "main.go" && !inFolder(f.Path, "internal", "cmd", "testdata", "examples", "example")
}
