package pulls

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A lockEntry is one package in one version, as far as one side of a patch shows it.
type lockEntry struct {
	name, version string
	source        string // where it is taken from, as written; "" where the patch does not show it
	sourceChanged bool   // the line with the source is one that changes
	pin           string // the commit that is taken, for what is taken from a repository
	nested        bool   // it is there for one package only, beside the version for all
	hashes        []lockHash
	own           bool // a package of the repository itself: no dependency
	listed        bool // it stands where only packages do
	line          int  // of the version

	next *lockEntry // of the same name; nil: none
}

// A lockHash is one hash of a package; two with the same label are of the same thing.
type lockHash struct{ label, value string }

// lockSide collects what a lock file's patch shows of one side: '-' before, '+' after. Context is on both.
type lockSide struct {
	op      byte
	entries []lockEntry
	loose   int    // changed versions of packages whose name is not shown
	cache   string // the kind of cache that Yarn's hashes are of; "" where the patch does not show it
}

// lines are the lines of a hunk on this side.
func (s *lockSide) lines(h hunk) iter.Seq[*line] {
	return func(yield func(*line) bool) {
		for i := range h.lines {
			if l := &h.lines[i]; (l.op == ' ' || l.op == s.op) && !yield(l) {
				return
			}
		}
	}
}

// add starts an entry and returns its place.
func (s *lockSide) add(e lockEntry) int {
	s.entries = append(s.entries, e)
	return len(s.entries) - 1
}

// at is the entry at a place; nil for a negative place, which is an entry of which the patch does not show the name.
func (s *lockSide) at(i int) *lockEntry {
	if i < 0 {
		return nil
	}
	return &s.entries[i]
}

// version sets the version of the entry at a place. Without a place it counts the version as loose if its line changes.
func (s *lockSide) version(i int, version string, l *line) {
	switch e := s.at(i); {
	case e == nil && l.op != ' ':
		s.loose++
	case e != nil && e.version == "":
		e.version, e.line = version, l.new
	}
}

// source sets where the entry at a place is taken from. The fragment of a repository's address is the commit.
func (s *lockSide) source(i int, source string, l *line) {
	e := s.at(i)
	if e == nil {
		return
	}
	address, fragment, _ := strings.Cut(source, "#")
	e.source, e.sourceChanged = address, l.op != ' '
	if commit := strings.TrimPrefix(fragment, "commit="); wholeCommit.MatchString(commit) && fromRepository(address) {
		e.pin = commit[:7]
	}
}

// fromRepository reports whether an address is one of a repository, or of an archive that a host of repositories makes.
func fromRepository(address string) bool {
	return strings.HasPrefix(address, "git") || strings.HasSuffix(address, ".git") || strings.Contains(address, "://codeload.github.com/") || strings.HasPrefix(address, "ssh:")
}

// hash adds a hash to the entry at a place.
func (s *lockSide) hash(i int, label, value string) {
	if e := s.at(i); e != nil && value != "" {
		e.hashes = append(e.hashes, lockHash{label, value})
	}
}

// integrity adds hashes in the form that npm and others use: "sha512-… sha1-…".
func (s *lockSide) integrity(i int, text string) {
	for h := range strings.FieldsSeq(text) {
		if algorithm, sum, ok := strings.Cut(h, "-"); ok {
			s.hash(i, algorithm, sum)
		}
	}
}

// own marks the entry at a place as one of the repository itself.
func (s *lockSide) own(i int) {
	if e := s.at(i); e != nil {
		e.own = true
	}
}

// A lockFormat is one kind of lock file. read reads one side of one hunk. It names a package only by lines that the hunk shows.
type lockFormat struct {
	ecosystem string
	read      func(h hunk, s *lockSide)
}

// lockReaders are the lock files that are read, by their names in lower case.
var lockReaders = map[string]lockFormat{
	"go.sum":              {"go", lockGoSum},
	"package-lock.json":   {"npm", lockNPM},
	"npm-shrinkwrap.json": {"npm", lockNPM},
	"yarn.lock":           {"npm", lockYarn},
	"pnpm-lock.yaml":      {"npm", lockPNPM},
	"cargo.lock":          {"rust", lockCargo},
	"poetry.lock":         {"python", lockPoetry},
	"uv.lock":             {"python", lockUV},
	"pipfile.lock":        {"python", lockPipfile},
	"gemfile.lock":        {"ruby", lockGemfile},
	"composer.lock":       {"php", lockComposer},
}

// A lockRead is what a lock file's patch says.
type lockRead struct {
	dependencies []Dependency // in the order of the file
	findings     []LockFinding
	unattributed int
}

// readLock compares both sides of a lock file's patch.
func readLock(f *file) lockRead {
	format := lockReaders[strings.ToLower(base(f.Path))]
	lines := 0
	for _, h := range f.locked {
		lines += len(h.lines)
	}
	before := lockSide{op: '-', entries: make([]lockEntry, 0, lines/8)} // an entry has some five lines, and some of them are of one side
	after := lockSide{op: '+', entries: make([]lockEntry, 0, lines/8)}
	for _, h := range f.locked {
		format.read(h, &before)
		format.read(h, &after)
	}
	r := lockRead{unattributed: max(before.loose, after.loose)}
	known := sources(before.entries)
	changes := pairLocked(before.entries, after.entries)
	r.dependencies = make([]Dependency, 0, len(changes))
	for _, c := range changes {
		r.findings = append(r.findings, c.findings(f.Path, known)...)
		if d := (Dependency{Ecosystem: format.ecosystem, File: f.Path, Scope: ScopeLock, Indirect: format.ecosystem == "go"}); c.describe(&d) {
			r.dependencies = append(r.dependencies, d)
		}
	}
	return r
}

// A lockChange is a package on both sides; one of them is nil where it is on one side only.
type lockChange struct {
	before, after *lockEntry
	beside        bool // another version of the package stays as it is
}

// describe says what happens to the package's version; false when it stays.
func (c lockChange) describe(d *Dependency) bool {
	e := c.after
	switch {
	case c.after == nil:
		e, d.Change = c.before, BumpRemoved
		d.From = shownVersion(c.before.version)
	case c.before == nil:
		d.Change = BumpNew
		d.To = shownVersion(c.after.version)
	case c.before.version == c.after.version:
		if c.before.pin == c.after.pin || c.before.pin == "" || c.after.pin == "" {
			return false
		}
		d.From, d.To, d.Change = c.before.pin, c.after.pin, BumpOther
	default:
		d.From, d.To = shownVersion(c.before.version), shownVersion(c.after.version)
		d.Change = distance(d.From, d.To)
	}
	if c.beside || e.nested && (c.before == nil || c.after == nil) {
		d.Change = BumpOther // one version more, or one less
	}
	d.Name, d.Line = shownName(e.name), e.line
	return true
}

// pairLocked pairs the entries of both sides by name, equal versions first, then versions of the same major number, then the rest in order.
// Several entries of one version are one. The result is in the order of the file.
func pairLocked(before, after []lockEntry) []lockChange {
	type versions struct{ before, after *lockEntry } // the last of a chain
	places := make(map[string]int, len(after))
	names := make([]versions, 0, len(after))
	group := func(entries []lockEntry, end func(v *versions) **lockEntry) {
		for i := range entries {
			e := &entries[i]
			if e.name == "" || e.version == "" || e.own {
				continue
			}
			n, ok := places[e.name]
			if !ok {
				n = len(names)
				places[e.name], names = n, append(names, versions{})
			}
			last := end(&names[n])
			e.next, *last = *last, e
		}
	}
	group(after, func(v *versions) **lockEntry { return &v.after })
	group(before, func(v *versions) **lockEntry { return &v.before })
	out := make([]lockChange, 0, len(names))
	for _, v := range names {
		if v.before != nil && v.before.next == nil && v.after != nil && v.after.next == nil {
			out = append(out, lockChange{before: v.before, after: v.after})
			continue
		}
		out = append(out, pairVersions(merged(v.before), merged(v.after))...)
	}
	return out
}

// merged makes one of the entries of each version in a chain, and turns it around: a package may stand in several places of a lock file, some
// with its hash and some without.
func merged(last *lockEntry) []*lockEntry {
	var out []*lockEntry
	for e := last; e != nil; e = e.next {
		out = append(out, e)
	}
	if len(out) < 2 {
		return out
	}
	slices.Reverse(out)
	first := make(map[string]*lockEntry, len(out))
	return slices.DeleteFunc(out, func(e *lockEntry) bool {
		m := first[e.version]
		if m == nil {
			first[e.version] = e
			return false
		}
		m.hashes = append(m.hashes, e.hashes...)
		if m.source == "" {
			m.source, m.sourceChanged = e.source, e.sourceChanged
		}
		return true
	})
}

// pairVersions pairs the versions of one package.
func pairVersions(before, after []*lockEntry) []lockChange {
	switch {
	case len(before) == 0 && len(after) == 1:
		return []lockChange{{after: after[0]}}
	case len(before) == 1 && len(after) == 0:
		return []lockChange{{before: before[0]}}
	}
	var out []lockChange
	match := func(keyOf func(version string) string) {
		waiting := map[string][]*lockEntry{}
		for _, b := range before {
			k := keyOf(b.version)
			waiting[k] = append(waiting[k], b)
		}
		taken := map[*lockEntry]bool{}
		after = slices.DeleteFunc(slices.Clone(after), func(a *lockEntry) bool {
			k := keyOf(a.version)
			list := waiting[k]
			if len(list) == 0 {
				return false
			}
			taken[list[0]], waiting[k] = true, list[1:]
			out = append(out, lockChange{before: list[0], after: a})
			return true
		})
		before = slices.DeleteFunc(slices.Clone(before), func(b *lockEntry) bool { return taken[b] })
	}
	match(func(version string) string { return version })
	beside := len(out) > 0
	match(func(version string) string { return cmp.Or(majorOf(version), version) })
	match(func(string) string { return "" })
	for _, a := range after {
		out = append(out, lockChange{after: a, beside: beside})
	}
	for _, b := range before {
		out = append(out, lockChange{before: b, beside: beside})
	}
	return out
}
