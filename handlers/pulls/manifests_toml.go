package pulls

import (
	"regexp"
	"strings"
)

// A tomlTable says how the lines of a table of a manifest are read.
type tomlTable struct {
	known bool   // it names dependencies
	scope string // of those
}

// readTOML reads `name = "version"` and `name = { version = "…" }` in tables of dependencies. table says which those are; it is not asked where
// the patch does not show the table: there, only what cannot be anything else counts, which is what loose matches.
func readTOML(lines []line, keep byte, table func(name string) tomlTable, loose *regexp.Regexp) []requirement {
	var out []requirement
	current, shown, parent := tomlTable{}, false, ""
	for _, l := range lines {
		t := strings.TrimSpace(l.text)
		if head, ok := strings.CutPrefix(t, "["); ok && !strings.HasPrefix(l.text, " ") && strings.HasSuffix(t, "]") {
			head = strings.Trim(head, "[]")
			current, shown, parent = table(head), true, ""
			if i := strings.LastIndexByte(head, '.'); !current.known && i > 0 { // [dependencies.serde]
				if t := table(head[:i]); t.known {
					current, parent = t, unquote(head[i+1:])
				}
			}
			continue
		}
		if l.op != keep || len(t) > 500 {
			continue
		}
		if shown && !current.known || !shown && !loose.MatchString(t) {
			continue
		}
		if r, ok := tomlRequirement(t, parent); ok {
			r.scope, r.line = current.scope, l.new
			out = append(out, r)
		}
	}
	return out
}

var tomlPair = regexp.MustCompile(`^["']?([A-Za-z0-9][\w.-]*)["']?\s*=\s*(.*)$`)

// tomlRequirement reads one line. parent is the package that the table is about; "" when each line is about one.
func tomlRequirement(text, parent string) (requirement, bool) {
	m := tomlPair.FindStringSubmatch(text)
	if m == nil {
		return requirement{}, false
	}
	name, value := m[1], m[2]
	if parent != "" {
		if name != "version" {
			return requirement{}, false
		}
		name = parent
	}
	name = strings.TrimSuffix(name, ".version") // serde.version = "1"
	version := ""
	switch {
	case strings.HasPrefix(value, "{"):
		for _, key := range []string{"version", "git", "url"} {
			if version = inline(value, key); version != "" {
				break
			}
		}
	case strings.HasPrefix(value, `"`), strings.HasPrefix(value, "'"):
		version, _, _ = strings.Cut(value[1:], value[:1])
	}
	if version == "" {
		return requirement{}, false
	}
	return requirement{name: name, version: shownVersion(version)}, true
}

// Lines that name a dependency wherever they stand: in Cargo.toml with the version in braces, in Poetry's form with an operator.
var (
	cargoLoose   = regexp.MustCompile(`^[\w-]+\s*=\s*\{.*\bversion\s*=`)
	pythonLoose  = regexp.MustCompile(`^["']?[A-Za-z0-9][\w.-]*["']?\s*=\s*["'](?:[\^~]|[=><!~]=)\s*\d`)
	catalogLoose = regexp.MustCompile(`^[\w-]+\s*=\s*(?:\{.*\bversion\s*=|"\d+(?:\.[\w-]+)+"$)`)
)

// readCargo reads lines of a Cargo.toml.
func readCargo(_ string, lines []line, keep byte) []requirement {
	return readTOML(lines, keep, func(name string) tomlTable {
		last := name[strings.LastIndexByte(name, '.')+1:]
		if name == "package.metadata" {
			return tomlTable{}
		}
		scope, ok := map[string]string{"dependencies": "", "dev-dependencies": "dev", "build-dependencies": "build"}[last]
		return tomlTable{ok, scope}
	}, cargoLoose)
}

// readPipfile reads lines of a Pipfile.
func readPipfile(_ string, lines []line, keep byte) []requirement {
	return readTOML(lines, keep, func(name string) tomlTable {
		return tomlTable{name == "packages" || name == "dev-packages", map[string]string{"dev-packages": "dev"}[name]}
	}, pythonLoose)
}

// readCatalog reads lines of Gradle's version catalog. A version that several libraries share goes by its own name.
func readCatalog(_ string, lines []line, keep byte) []requirement {
	out := readTOML(lines, keep, func(name string) tomlTable {
		return tomlTable{known: name == "versions" || name == "libraries" || name == "plugins"}
	}, catalogLoose)
	for i, r := range out {
		if parts := strings.Split(r.version, ":"); len(parts) == 3 && !strings.Contains(r.version, "/") { // "group:name:version"
			out[i].name, out[i].version = parts[0]+":"+parts[1], parts[2]
		}
	}
	return out
}

// readPyproject reads lines of a pyproject.toml: the lists of PEP 621 and PEP 735, and Poetry's tables.
func readPyproject(_ string, lines []line, keep byte) []requirement {
	out := readTOML(lines, keep, func(name string) tomlTable {
		switch {
		case name == "tool.poetry.dependencies":
			return tomlTable{known: true}
		case name == "tool.poetry.dev-dependencies", strings.HasPrefix(name, "tool.poetry.group.") && strings.HasSuffix(name, ".dependencies"):
			return tomlTable{true, "dev"}
		}
		return tomlTable{}
	}, pythonLoose)
	return append(out, pythonLists(lines, keep)...)
}

var (
	listHead = regexp.MustCompile(`^["']?([\w-]+)["']?\s*=\s*\[`)
	// quotedRequirement is a requirement with a version as an element of a list.
	quotedRequirement = regexp.MustCompile(`["']([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*\(?((?:[=><!~]=?=?)\s*v?\d[^"';)]*|@\s*[^"';]+)?\)?\s*(?:;[^"]*)?["']`)
)

// pythonLists reads the elements of lists of requirements. Where the patch does not show which list it is, an element needs a version.
func pythonLists(lines []line, keep byte) []requirement {
	var out []requirement
	table, list := "", ""
	for _, l := range lines {
		t := strings.TrimSpace(l.text)
		switch m := listHead.FindStringSubmatch(t); {
		case strings.HasPrefix(l.text, "["):
			table, list = strings.Trim(t, "[]"), ""
			continue
		case m != nil:
			list = m[1]
			t = t[len(m[0])-1:]
		case t == "]":
			list = "" // the next element is of a list that is shown
			continue
		}
		scope, ok := listScope(table, list)
		if l.op != keep || !ok || len(t) > 500 {
			continue
		}
		for _, m := range quotedRequirement.FindAllStringSubmatch(t, -1) {
			if version := strings.TrimSpace(m[2]); version != "" || list != "" && table != "" {
				out = append(out, requirement{name: m[1], version: shownVersion(strings.TrimSpace(strings.TrimPrefix(version, "@"))), scope: scope, line: l.new})
			}
		}
	}
	return out
}

// listScope is the scope of the requirements of a list; false for lists of something else.
func listScope(table, list string) (string, bool) {
	switch {
	case table == "" && list == "", table == "project" && list == "dependencies", table == "" && list == "dependencies":
		return "", true
	case table == "project.optional-dependencies":
		return "optional", true
	case table == "dependency-groups":
		return "dev", true
	case table == "build-system" && list == "requires":
		return "build", true
	}
	return "", false
}
