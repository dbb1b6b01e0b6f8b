package pulls

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Bump says how a dependency changes.
type Bump string

// The ways a dependency can change. The first three follow semantic versioning; other is what has no order: a commit, a range, a place.
const (
	BumpMajor     Bump = "major"
	BumpMinor     Bump = "minor"
	BumpPatch     Bump = "patch"
	BumpDowngrade Bump = "downgrade"
	BumpNew       Bump = "new"
	BumpRemoved   Bump = "removed"
	BumpOther     Bump = "other"
)

// Dependency is a dependency that a pull request adds, removes or moves to another version.
type Dependency struct {
	Name      string `json:"name"`
	Ecosystem string `json:"ecosystem"`      // go, npm, actions or docker
	From      string `json:"from,omitempty"` // as written; "" when it is new
	To        string `json:"to,omitempty"`   // as written; "" when it was removed
	Change    Bump   `json:"change"`
	File      string `json:"file"`
	Line      int    `json:"line,omitempty"`     // in the new file; where it was removed, the line that took its place
	Indirect  bool   `json:"indirect,omitempty"` // needed by a dependency only
	Scope     string `json:"scope,omitempty"`    // dev, peer, optional, tool, replace, …; "" for ordinary ones
}

// dependencies reads the manifests' patches. Manifests in test data are nobody's dependencies.
func dependencies(v *view) []Dependency {
	out := []Dependency{}
	for _, f := range v.files {
		lower := strings.ToLower(f.Path)
		if len(f.hunks) == 0 || inFolder(lower, "testdata", "fixtures", "__tests__") {
			continue
		}
		switch name := base(lower); {
		case name == "go.mod":
			out = append(out, bumps(f, "go", readGoMod)...)
		case name == "package.json":
			out = append(out, bumps(f, "npm", readPackageJSON)...)
		case f.class == ClassCI && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")):
			out = append(out, bumps(f, "actions", readUses)...)
		case f.class == ClassInfra && strings.Contains(name, "dockerfile"):
			out = append(out, bumps(f, "docker", readFrom)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Dependency) int {
		return cmp.Or(weight(a)-weight(b), strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
	return slices.CompactFunc(out, func(a, b Dependency) bool { // one action used in ten steps
		a.Line, b.Line = 0, 0
		return a == b
	})
}

// language reports whether d is the version of Go itself: a line of go.mod that is no dependency.
func (d Dependency) language() bool {
	return d.Ecosystem == "go" && (d.Name == "go" || d.Name == "toolchain")
}

// own reports whether d is another package of the same repository.
func (d Dependency) own() bool {
	for _, form := range []string{"workspace:", "file:", "link:", "portal:"} {
		if strings.HasPrefix(d.To, form) {
			return true
		}
	}
	return false
}

// hadBefore says of the dependencies that the repository had before what happens to them, by name: BumpRemoved only when no manifest keeps it.
func hadBefore(deps []Dependency) map[string]Bump {
	had := map[string]Bump{}
	for _, d := range deps {
		if d.From != "" && (had[d.Name] == "" || d.Change != BumpRemoved) {
			had[d.Name] = d.Change
		}
	}
	return had
}

// distinct folds the same change in several files into one, and the parts of one action: what people read as one change.
func distinct(deps []Dependency) []Dependency {
	type change struct{ name, from, to string }
	seen := map[change]bool{}
	var out []Dependency
	for _, d := range deps {
		if d.Ecosystem == "actions" {
			d.Name = firstParts(d.Name, 2)
		}
		if c := (change{d.Name, d.From, d.To}); !seen[c] {
			seen[c] = true
			out = append(out, d)
		}
	}
	return out
}

// weight orders dependencies, what needs most attention first.
func weight(d Dependency) int {
	order := slices.Index([]Bump{BumpDowngrade, BumpMajor, BumpNew, BumpMinor, BumpOther, BumpPatch, BumpRemoved}, d.Change)
	if d.Indirect {
		return order + 10
	}
	return order
}

// A requirement is what one line of a manifest asks for.
type requirement struct {
	name, version string
	indirect      bool
	scope         string
	pin           string // the commit or digest that stands beside the version, short; "" for none
	line          int
}

// A manifestReader returns the requirements in the lines of one side of a hunk. Context lines are given too, since they say which section
// a line is in; keep says which lines count.
type manifestReader func(section string, lines []line, keep byte) []requirement

// maxRequirements bounds the changed requirements of one side of one file: pairing looks at every pair.
const maxRequirements = 2000

// bumps pairs what a file's patch removes with what it adds.
func bumps(f *file, ecosystem string, read manifestReader) []Dependency {
	var before, after []requirement
	for _, h := range f.hunks {
		before = append(before, read(h.section, side(h.lines, '-'), '-')...)
		after = append(after, read(h.section, side(h.lines, '+'), '+')...)
	}
	before, after = before[:min(len(before), maxRequirements)], after[:min(len(after), maxRequirements)]
	var out []Dependency
	used := make([]bool, len(after))
	dep := func(r requirement) Dependency {
		return Dependency{Name: r.name, Ecosystem: ecosystem, File: f.Path, Line: r.line, Indirect: r.indirect, Scope: r.scope}
	}
	for _, b := range before {
		i := partner(b, after, used)
		if i < 0 {
			d := dep(b)
			d.From, d.Change = b.version, BumpRemoved
			out = append(out, d)
			continue
		}
		used[i] = true
		a := after[i]
		d := dep(a)
		d.From, d.To, d.Change = b.version, a.version, distance(b.version, a.version)
		if a.version == b.version && a.name == b.name {
			if a.pin == b.pin {
				continue // moved, or another comment
			}
			d.From, d.To, d.Change = cmp.Or(b.pin, b.version), cmp.Or(a.pin, a.version), BumpOther // what the version says is not what is taken
		}
		out = append(out, d)
	}
	for i, a := range after {
		if !used[i] {
			d := dep(a)
			d.To, d.Change = a.version, BumpNew
			out = append(out, d)
		}
	}
	return out
}

// side returns the lines of one side: the context and those with the mark op.
func side(lines []line, op byte) []line {
	out := make([]line, 0, len(lines))
	for _, l := range lines {
		if l.op == ' ' || l.op == op {
			out = append(out, l)
		}
	}
	return out
}

// partner finds the requirement in after that takes the place of b: of the same name, else of the same Go module with another major
// version in its path. -1: there is none.
func partner(b requirement, after []requirement, used []bool) int {
	same := func(a, b string) bool { return a == b }
	for _, match := range []func(a, b string) bool{same, sameModule} {
		for i, a := range after {
			if !used[i] && a.scope == b.scope && match(a.name, b.name) {
				return i
			}
		}
	}
	for i, a := range after { // moved to another section
		if !used[i] && a.name == b.name {
			return i
		}
	}
	return -1
}

func sameModule(a, b string) bool {
	pa, _, ok1 := module.SplitPathVersion(a)
	pb, _, ok2 := module.SplitPathVersion(b)
	return ok1 && ok2 && pa == pb && strings.Contains(pa, "/")
}

// distance says how far apart two versions are. Ranges are compared by the version that they begin with.
func distance(from, to string) Bump {
	f, t := loose(from), loose(to)
	switch {
	case f == "" || t == "":
		return BumpOther
	case semver.Compare(t, f) < 0:
		return BumpDowngrade
	case semver.Major(f) != semver.Major(t):
		return BumpMajor
	case module.IsPseudoVersion(f) || module.IsPseudoVersion(t):
		return BumpOther // any number of commits
	case semver.MajorMinor(f) != semver.MajorMinor(t):
		return BumpMinor
	case semver.Compare(t, f) == 0:
		return BumpOther
	}
	return BumpPatch
}

// loose returns the semantic version that a version or range begins with, "" when there is none: "^1.2.0", ">=1.2 <2", "v4", "1.22-alpine".
func loose(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "npm:"); ok { // npm:other-name@1.2.3
		s = rest[strings.LastIndexByte(rest, '@')+1:]
	}
	s = strings.TrimPrefix(s, "workspace:")
	s = strings.TrimLeft(s, "^~<>=! ")
	s, _, _ = strings.Cut(s, " ")
	s = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(s, ".x"), ".x"), ".*")
	s = "v" + strings.TrimPrefix(s, "v")
	if semver.IsValid(s) {
		return semver.Canonical(s)
	}
	number, _, _ := strings.Cut(s, "-") // "3.20-slim": no semantic version has a suffix after two numbers
	if semver.IsValid(number) {
		return semver.Canonical(number)
	}
	return ""
}
