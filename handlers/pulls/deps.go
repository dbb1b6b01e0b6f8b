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

// Dependency is a dependency that a pull request adds, removes or moves to another version. What a manifest asks for and what a lock file
// takes for it is one dependency.
type Dependency struct {
	Name      string `json:"name"`
	Ecosystem string `json:"ecosystem"`      // go, npm, python, rust, ruby, java, php, dart, helm, actions or docker
	From      string `json:"from,omitempty"` // as written; "" when it is new
	To        string `json:"to,omitempty"`   // as written; "" when it was removed
	Change    Bump   `json:"change"`
	File      string `json:"file"`
	Line      int    `json:"line,omitempty"`     // in the new file; where it was removed, the line that took its place
	Indirect  bool   `json:"indirect,omitempty"` // needed by a dependency only
	Scope     string `json:"scope,omitempty"`    // dev, peer, optional, replace, lock, …; "" for ordinary ones
	// Lock is what a lock file takes for what the manifest asks; zero where none shows it. Of scope lock are those that only a lock file names
	// in this pull request: they are needed by others, or their manifest allowed the new version already.
	Lock Locked `json:"lock,omitzero"`
}

// ScopeLock is the scope of dependencies that no changed line of a manifest names.
const ScopeLock = "lock"

// Locked is a package as a lock file has it. From is "" when it is new, To when it is gone.
type Locked struct {
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Change Bump   `json:"change"`
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
}

// DependencyFile is a changed manifest or lock file, and how far it was read.
type DependencyFile struct {
	File string `json:"file"`
	Lock bool   `json:"lock,omitempty"`
	Read bool   `json:"read,omitempty"`
	Why  string `json:"why,omitempty"` // why it was not read, or not in whole; "" otherwise
	// Unattributed counts changed versions of which the patch does not show the package.
	Unattributed int `json:"unattributed,omitempty"`
}

// dependencies reads the patches of manifests and lock files into the facts. Those in test data are nobody's dependencies.
func dependencies(v *view, facts *Facts) {
	facts.Dependencies, facts.DependencyFiles, facts.LockFindings = []Dependency{}, []DependencyFile{}, []LockFinding{}
	var asked, taken []Dependency
	for _, f := range v.files {
		d, ok := f.dependencyFile()
		switch {
		case d.Read && d.Lock:
			l := readLock(f)
			d.Unattributed = l.unattributed
			taken = append(taken, l.dependencies...)
			facts.LockFindings = append(facts.LockFindings, l.findings...)
		case d.Read:
			m := manifestOf(f)
			found := bumps(f, m.ecosystem, m.read)
			asked = append(asked, found...)
			ok = ok && (f.class == ClassDependencies || len(found) > 0) // most workflows and containers name no dependency
		}
		if ok {
			facts.DependencyFiles = append(facts.DependencyFiles, d)
		}
	}
	out := ordered(fold(v, asked, taken))
	facts.Dependencies = slices.CompactFunc(out, func(a, b Dependency) bool { // one action used in ten steps
		a.Line, b.Line = 0, 0
		return a == b
	})
}

// ordered sorts dependencies, what needs most attention first and what only lock files name last. It moves each only once.
func ordered(deps []Dependency) []Dependency {
	order := make([]int, len(deps))
	weights := make([]int, len(deps))
	for i := range deps {
		order[i], weights[i] = i, weight(&deps[i])
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &deps[i], &deps[j]
		return cmp.Or(weights[i]-weights[j], strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File), i-j)
	})
	out := make([]Dependency, 0, len(deps))
	for _, i := range order {
		out = append(out, deps[i])
	}
	return out
}

// dependencyFile says how far a manifest or lock file can be read; false for other files, and where nothing changes.
func (f *file) dependencyFile() (DependencyFile, bool) {
	lock, known := f.locks(), manifestOf(f) != nil
	d := DependencyFile{File: f.Path, Lock: f.class == ClassLock || lock && f.class == ClassGenerated}
	switch {
	case !d.Lock && !known && f.class != ClassDependencies, !d.Lock && f.class.folded(), f.lines().sum() == 0 && !f.NoCounts:
		return d, false
	case f.inTestData():
		d.Why = "test data"
	case f.Patch == "":
		d.Why = "GitHub shows no patch of it"
	case len(f.locked) == 0 && (d.Lock || !known || len(f.hunks) == 0):
		d.Why = "not in a form that is read"
	default:
		d.Read, d.Why = true, f.cutShort()
	}
	return d, true
}

// cutShort is why a file that was read was not read in whole; "" when it was.
func (f *file) cutShort() string {
	if patchLines(f.Patch) != f.lines() {
		return string(SkipCut)
	}
	return ""
}

// language reports whether d is the version of Go itself: a line of go.mod that is no dependency.
func (d Dependency) language() bool {
	return d.Ecosystem == "go" && (d.Name == "go" || d.Name == "toolchain")
}

// distinct folds the same change in several files into one, and the parts of one action: what people read as one change.
func distinct(deps []Dependency) []Dependency {
	seen := map[bump]bool{}
	var out []Dependency
	for _, d := range deps {
		if b := d.bump(); !seen[b] {
			seen[b] = true
			d.Name = b.name
			out = append(out, d)
		}
	}
	return out
}

// A bump is what people read as one change of a dependency, wherever it is made.
type bump struct{ name, from, to string }

func (d *Dependency) bump() bump {
	name := d.Name
	if d.Ecosystem == "actions" {
		name = firstParts(name, 2)
	}
	return bump{name, d.From, d.To}
}

// bumpOrder is every way to change, what needs most attention first.
var bumpOrder = []Bump{BumpDowngrade, BumpMajor, BumpNew, BumpMinor, BumpOther, BumpPatch, BumpRemoved}

// weight orders dependencies, what needs most attention first.
func weight(d *Dependency) int {
	order := slices.Index(bumpOrder, d.Change)
	switch {
	case d.Scope == ScopeLock:
		return order + 20
	case d.Indirect:
		return order + 10
	}
	return order
}

// asked are the dependencies that manifests name, without those that only lock files have. They are part of the facts: not to be changed.
func (f *Facts) asked() []Dependency { return f.Dependencies[:f.firstLocked()] }

// locked are the dependencies that only lock files name. They are part of the facts: not to be changed.
func (f *Facts) locked() []Dependency { return f.Dependencies[f.firstLocked():] }

func (f *Facts) firstLocked() int {
	for i := range f.Dependencies {
		if f.Dependencies[i].Scope == ScopeLock {
			return i
		}
	}
	return len(f.Dependencies)
}

// lockOnly reports whether versions change in lock files and no manifest of the same kind does.
func (f *Facts) lockOnly() bool {
	locks := slices.ContainsFunc(f.DependencyFiles, func(d DependencyFile) bool { return d.Lock && d.Read })
	return locks && !slices.ContainsFunc(f.Changes, func(c Change) bool { return c.Class == ClassDependencies })
}

// distance says how far apart two versions are. Ranges are compared by the version that they begin with.
func distance(from, to string) Bump {
	if f, ok := plainVersion(from); ok {
		if t, ok := plainVersion(to); ok && f != t {
			return plainDistance(f, t)
		}
	}
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

// plainVersion reads three numbers, which most versions are.
func plainVersion(s string) (v [3]int, ok bool) {
	part, digits := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && digits < 9 && (digits == 0 || v[part] > 0): // no leading zero
			v[part] = 10*v[part] + int(c-'0')
			digits++
		case c == '.' && part < 2 && digits > 0:
			part, digits = part+1, 0
		default:
			return v, false
		}
	}
	return v, part == 2 && digits > 0
}

// plainDistance is distance for versions that differ.
func plainDistance(from, to [3]int) Bump {
	switch {
	case slices.Compare(to[:], from[:]) < 0:
		return BumpDowngrade
	case from[0] != to[0]:
		return BumpMajor
	case from[1] != to[1]:
		return BumpMinor
	}
	return BumpPatch
}

// majorOf is the major number that a version or range begins with, "" when there is none.
func majorOf(s string) string { return semver.Major(loose(s)) }

// loose returns the semantic version that a version or range begins with, "" when there is none: "^1.2.0", ">=1.2 <2", "v4", "1.22-alpine".
func loose(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "npm:"); ok { // npm:other-name@1.2.3
		s = rest[strings.LastIndexByte(rest, '@')+1:]
	}
	s = strings.TrimPrefix(s, "workspace:")
	s = strings.TrimLeft(s, "^~<>=! ")
	if i := strings.IndexAny(s, " ,"); i >= 0 {
		s = s[:i]
	}
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
