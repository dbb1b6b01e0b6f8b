package pulls

import (
	"iter"
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

// indentation counts the blanks at the beginning of a line.
func indentation(text string) int {
	n := 0
	for n < len(text) && (text[n] == ' ' || text[n] == '\t') {
		n++
	}
	return n
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
