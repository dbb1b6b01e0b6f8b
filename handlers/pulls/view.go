package pulls

import (
	"slices"
	"strings"

	"shipmate/integrations/github"
)

// A view is a snapshot taken apart: what Compute's functions read.
type view struct {
	github.Snapshot
	settings Settings
	problem  error // why the repository's own settings do not count; nil when they do
	files    []*file
	owners   *owners
}

// A file is one changed file with its class and its patch.
type file struct {
	github.File
	class Class
	hunks []hunk // of files that were read
	// locked are the hunks of a lock file, which are read for the versions in them and nothing else.
	locked []hunk
	blank  Lines // changes of white space only
	skip   Skip  // why it was not read; "" when it was
	// mechanical is the kind of mechanical change that it has in common with other files; "" for none.
	mechanical string
	quiet      answer // whether nothing but comments changes, once that was looked at
}

// newView classifies the files and reads their patches. w are the weights that hold where the repository says nothing.
func newView(s github.Snapshot, w Weights) *view {
	v := &view{Snapshot: s, owners: parseOwners(s.Owners)}
	v.settings, v.problem = parseSettings(s.Settings, w)
	declared := append(parseAttributes(s.Attributes), v.settings.attributes()...)
	v.files = make([]*file, 0, len(s.Files))
	for _, f := range s.Files {
		f.Additions, f.Deletions = max(f.Additions, 0), max(f.Deletions, 0)
		v.files = append(v.files, &file{File: f, class: classOf(f.Path, f.Patch, declared)})
	}
	v.markGenerated(declared)
	for _, f := range v.files {
		f.read()
	}
	return v
}

// read reads the patch, or says why not.
func (f *file) read() {
	f.skip = f.reason()
	if f.skip == SkipLock || f.skip == SkipGenerated && f.Patch != "" { // many repositories declare their lock files generated
		f.readLocked()
	}
	if f.skip != "" && f.skip != SkipCut {
		return
	}
	f.hunks = parsePatch(f.Patch)
	if f.class == ClassSnapshot {
		return // its lines are folded as a whole
	}
	same := sameBut(f.Path)
	for i := range f.hunks {
		f.hunks[i].blank = f.hunks[i].blankLines(same)
		f.blank = f.blank.plus(f.hunks[i].blank)
	}
}

// locks reports whether the file is by its name a lock file in a format that is read.
func (f *file) locks() bool { return lockReaders[strings.ToLower(base(f.Path))].read != nil }

// inTestData reports whether the file is data of tests, which nobody depends on.
func (f *file) inTestData() bool {
	return inFolder(strings.ToLower(f.Path), "testdata", "fixtures", "__tests__")
}

// readLocked keeps the hunks of a lock file whose format is known.
func (f *file) readLocked() {
	if !f.locks() || f.inTestData() {
		return
	}
	f.locked = parsePatch(f.Patch)
	if len(f.locked) > 0 && f.skip == SkipLock {
		f.skip = SkipParsed
	}
}

// reason returns why the file cannot or need not be read.
func (f *file) reason() Skip {
	switch {
	case f.NoCounts && f.class != ClassGenerated && f.class != ClassVendored:
		return SkipNoCounts
	case f.class == ClassGenerated:
		return SkipGenerated
	case f.class == ClassVendored:
		return SkipVendored
	case f.class == ClassLock:
		return SkipLock
	case f.class == ClassBinary && f.Patch == "":
		return SkipBinary
	case f.Patch == "" && f.Additions+f.Deletions > 0:
		return SkipTooLarge
	case f.Patch == "":
		return f.emptyReason()
	case patchLines(f.Patch) != f.lines():
		return SkipCut
	}
	return ""
}

// emptyReason tells a file that has nothing to read (renamed, empty, another mode) from one that GitHub shows nothing of because it is binary.
func (f *file) emptyReason() Skip {
	ext := extension(f.Path)
	switch {
	case f.PreviousPath != "" || f.Status == "renamed" || f.Status == "unchanged":
		return ""
	case f.class != ClassCode || codeExtensions[ext] || strings.HasPrefix(base(f.Path), "."):
		return ""
	}
	return SkipBinary
}

func (f *file) lines() Lines { return Lines{f.Additions, f.Deletions} }

// real is the file's lines that count for the size.
func (f *file) real() Lines {
	if f.class.folded() {
		return Lines{}
	}
	return Lines{max(f.Additions-f.blank.Additions, 0), max(f.Deletions-f.blank.Deletions, 0)}
}

func (l Lines) sum() int { return l.Additions + l.Deletions }

func (l Lines) plus(m Lines) Lines {
	return Lines{l.Additions + m.Additions, l.Deletions + m.Deletions}
}

// patchLines counts the changed lines of a patch without keeping them.
func patchLines(patch string) Lines {
	var n Lines
	for l := range strings.SplitSeq(patch, "\n") {
		switch {
		case strings.HasPrefix(l, "+"):
			n.Additions++
		case strings.HasPrefix(l, "-"):
			n.Deletions++
		}
	}
	return n
}

// added calls visit for each added line of the files that were read, until it returns false.
func (f *file) added(visit func(l line)) { f.each('+', visit) }

// removed calls visit for each removed line.
func (f *file) removed(visit func(l line)) { f.each('-', visit) }

func (f *file) each(op byte, visit func(l line)) {
	for _, h := range f.hunks {
		for _, l := range h.lines {
			if l.op == op {
				visit(l)
			}
		}
	}
}

// classCounts counts files and lines by class.
func (v *view) classCounts() []ClassCount {
	by := map[Class]*ClassCount{}
	for _, f := range v.files {
		c := by[f.class]
		if c == nil {
			c = &ClassCount{Class: f.class}
			by[f.class] = c
		}
		c.Files++
		c.Lines = c.plus(f.lines())
	}
	out := []ClassCount{}
	for _, class := range allClasses {
		if c := by[class]; c != nil {
			out = append(out, *c)
		}
	}
	return out
}

// whitespace sums up the white space changes of files that are not folded.
func (v *view) whitespace() Lines {
	var n Lines
	for _, f := range v.files {
		if !f.class.folded() {
			n = n.plus(f.blank)
		}
	}
	return n
}

// folded sums up what is not part of the real size. Where GitHub counts the lines of all files but generated and vendored ones, what its
// counts lack are theirs.
func (v *view) folded() Lines {
	n, listed := v.whitespace(), Lines{}
	unknown, uncounted := len(v.files) < v.ChangedFiles, false
	for _, f := range v.files {
		listed = listed.plus(f.lines())
		if f.class.folded() {
			n = n.plus(f.lines())
		}
		uncounted = uncounted || f.NoCounts
		unknown = unknown || f.skip == SkipNoCounts
	}
	if uncounted && !unknown {
		n = n.plus(Lines{max(v.Additions-listed.Additions, 0), max(v.Deletions-listed.Deletions, 0)})
	}
	return n
}

// only reports whether there are files and all of them are of the given classes; folded ones go with any.
func (v *view) only(classes ...Class) bool {
	seen := false
	for _, f := range v.files {
		switch {
		case slices.Contains(classes, f.class):
			seen = true
		case !f.class.folded():
			return false
		}
	}
	return seen && len(v.files) >= v.ChangedFiles
}

// real sums up the real lines of the given classes.
func (v *view) real(classes ...Class) int {
	n := 0
	for _, f := range v.files {
		if slices.Contains(classes, f.class) {
			n += f.real().sum()
		}
	}
	return n
}

// changes lists the files.
func (v *view) changes() []Change {
	out := make([]Change, 0, len(v.files))
	for _, f := range v.files {
		out = append(out, Change{
			Path: f.Path, Previous: f.PreviousPath, Status: f.Status, Class: f.class, Lines: f.lines(), Line: f.startLine(), Symbols: f.symbols(), Skipped: f.skip, Mechanical: f.mechanical,
		})
	}
	return out
}
