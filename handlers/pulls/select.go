package pulls

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Hunk is one chosen part of a file's patch.
type Hunk struct {
	File    string `json:"file"`
	Line    int    `json:"line"`              // of its first change, in the new file; in the old one if Removed
	Removed bool   `json:"removed,omitempty"` // the whole file is gone
	Lines
	Symbol    string `json:"symbol,omitempty"` // the declaration that it is in
	Component string `json:"component"`

	index int // of the file's hunks
}

// Bounds of what is chosen of a large pull request for Facts, and from which size on it is one.
const (
	largeFiles    = 20   // more files than this
	largeLines    = 1000 // or more real lines
	selectedLines = 2000 // that the chosen hunks have together
	maxSelected   = 60   // hunks
	longestHunk   = 80   // lines that one hunk counts for: nobody reads more of it in one go
)

// large reports whether a pull request is too large for all of it to be looked at.
func (f *Facts) large() bool {
	return len(f.Changes) > largeFiles || f.RealAdditions+f.RealDeletions > largeLines
}

// A tier says what is given up first when there is no room for everything: the last one.
type tier int

const (
	tierChange   tier = iota // what does something
	tierTest                 // tests
	tierDeletion             // nothing but deletions that no signal is about
	tierImport               // nothing but imports
	tierMoved                // lines that moved from or to another file
	tierSpace                // white space only
	tierContext              // no changed line
)

// weightOf is how much a line of a class is worth to somebody who reads part of a change.
var weightOf = map[Class]float64{
	ClassMigration: 4, ClassCI: 4, ClassInfra: 4, ClassConfig: 4, ClassDependencies: 3, ClassCode: 2, ClassTest: 1, ClassDocs: 0.5,
	ClassBinary: 0.1, ClassSnapshot: 0.1, ClassLock: 0.1, ClassVendored: 0.1, ClassGenerated: 0.1,
}

// interfaces are the languages whose files are what others program against.
var interfaces = set("proto graphql gql thrift openapi swagger raml wsdl avsc")

// A candidate is a hunk that may be chosen.
type candidate struct {
	Hunk
	tier  tier
	value float64 // risk of its component × log2(1 + changed lines) × weight of its class; more where a reason for risk lies in it
	cost  int     // lines
}

// selected chooses what the facts name of a large pull request; nothing of one that is small enough to be looked at whole.
func selected(v *view, f *Facts, moved movedLines) []Hunk {
	if !f.large() {
		return []Hunk{}
	}
	out := Select(v, f.Risk.Reasons, f.Components, moved, selectedLines)
	out = out[:min(len(out), maxSelected)]
	files := map[string]*file{}
	for _, file := range v.files {
		files[file.Path] = file
	}
	for i, h := range out {
		if file := files[h.File]; h.index < len(file.hunks) { // two files of one path are a contradiction
			out[i].Symbol = file.symbolOf(file.hunks[h.index])
		}
	}
	return out
}

// Select chooses hunks of a pull request that together have at most budget lines, a very long one counting for 80. Each component has its
// best hunk before any has its second; what is left goes to the hunks of most value. Whole kinds of hunks are given up first: those
// without a change, white space, moved blocks, imports, deletions that no signal is about, and tests. The order is that of choosing. It is
// deterministic: equal hunks are in the order of path and line.
func Select(v *view, reasons []Reason, parts []Component, moved movedLines, budget int) []Hunk {
	all := candidates(v, reasons, parts, moved)
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(b.value, a.value), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.index, b.index))
	})
	var first, rest []candidate
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.Component] || c.tier >= tierSpace {
			rest = append(rest, c)
			continue
		}
		seen[c.Component] = true
		first = append(first, c)
	}
	slices.SortStableFunc(first, func(a, b candidate) int { return cmp.Compare(b.value, a.value) })
	chosen := []Hunk{}
	for _, c := range append(first, rest...) {
		if c.cost <= budget || len(chosen) == 0 { // some of the best one is better than nothing
			budget = max(budget-c.cost, 0)
			chosen = append(chosen, c.Hunk)
		}
	}
	return chosen
}

// candidates are all hunks of the files that were read, with what they are worth.
func candidates(v *view, reasons []Reason, parts []Component, moved movedLines) []candidate {
	in := v.componentOf(parts)
	places, risks := placesOf(reasons, in)
	var out []candidate
	for i, f := range v.files {
		component := in[f.Path]
		risk := 1 + float64(risks[component])
		for n, h := range f.hunks {
			c := candidate{Hunk: Hunk{File: f.Path, Component: component, Removed: f.Status == "removed", index: n}}
			c.Line, c.Lines = f.startOf(h), h.count
			points := pointsIn(places[f.Path], h)
			c.tier = f.tierOf(h, points, moved.in(i, n))
			c.cost = min(c.sum()+2, longestHunk) // and a line of context on both sides
			changed := max(c.sum()-h.blank.sum()-moved.in(i, n), 0)
			c.value = risk * math.Log2(1+float64(changed)) * f.weight(points)
			if f.class != ClassTest { // that tests are gone is said elsewhere
				c.value *= 1 + float64(points)
			}
			out = append(out, c)
		}
	}
	return out
}

// weight is the weight of a file's class; what others program against weighs more than other code.
func (f *file) weight(points int) float64 {
	if f.class == ClassCode && (interfaces[extension(f.Path)] || points > 0) {
		return weightOf[ClassConfig]
	}
	return weightOf[f.class]
}

// startOf is the line of a hunk's first change, in the old file if the file is gone; 0 when it has none.
func (f *file) startOf(h hunk) int {
	i := slices.IndexFunc(h.lines, func(l line) bool { return l.op != ' ' })
	switch {
	case i < 0:
		return 0
	case f.Status == "removed":
		return max(h.lines[i].old, 1)
	}
	return max(h.lines[i].new, 1)
}

// startLine is the line of the file's first change, as in startOf; 0 when the patch was not read.
func (f *file) startLine() int {
	for _, h := range f.hunks {
		if at := f.startOf(h); at > 0 {
			return at
		}
	}
	return 0
}

// tierOf says what kind of hunk one is. points are those of the reasons for risk that lie in it, moved the lines that moved.
func (f *file) tierOf(h hunk, points, moved int) tier {
	switch n := h.count; {
	case n.sum() == 0:
		return tierContext
	case points > 0:
		return tierChange
	case h.blank == n:
		return tierSpace
	case 10*moved >= 9*(n.sum()-h.blank.sum()):
		return tierMoved
	case h.importsOnly():
		return tierImport
	case n.Additions == 0:
		return tierDeletion
	case f.class == ClassTest || f.class == ClassSnapshot:
		return tierTest
	}
	return tierChange
}

// importsOnly reports whether all changed lines of a hunk are imports or empty.
func (h hunk) importsOnly() bool {
	return !slices.ContainsFunc(h.lines, func(l line) bool {
		return l.op != ' ' && strings.TrimSpace(l.text) != "" && !importLine.MatchString(l.text)
	})
}

// A place is a line that a reason for risk names.
type place struct {
	line    int
	removed bool
	points  int
}

// placesOf returns, by file, the places of the reasons that raise the risk, and by component how many points they have there.
func placesOf(reasons []Reason, in map[string]string) (places map[string][]place, risks map[string]int) {
	places, risks = map[string][]place{}, map[string]int{}
	for _, r := range reasons {
		if r.Points <= 0 {
			continue
		}
		there := map[string]bool{}
		for _, e := range r.Evidence {
			if e.File == "" {
				continue
			}
			places[e.File] = append(places[e.File], place{e.Line, e.Removed, r.Points})
			if c := in[e.File]; !there[c] {
				there[c] = true
				risks[c] += r.Points
			}
		}
	}
	return places, risks
}

// pointsIn adds up the points of the places in a hunk.
func pointsIn(places []place, h hunk) (points int) {
	if len(h.lines) == 0 {
		return 0
	}
	first, last := h.lines[0], h.lines[len(h.lines)-1]
	for _, p := range places {
		if p.line > 0 && (p.removed && first.old <= p.line && p.line <= last.old || !p.removed && first.new <= p.line && p.line <= last.new) {
			points += p.points
		}
	}
	return points
}

// componentOf returns the component of each changed file, by path: the longest of their folders that it is in.
func (v *view) componentOf(parts []Component) map[string]string {
	names := map[string]bool{}
	for _, c := range parts {
		names[c.Name] = true
	}
	in := make(map[string]string, len(v.files))
	for _, f := range v.files {
		folder := folderOf(f)
		for folder != "" && !names[folder] {
			cut := strings.LastIndexByte(folder, '/')
			folder = folder[:max(cut, 0)]
		}
		in[f.Path] = cmp.Or(folder, ".")
	}
	return in
}

// inOrder lists the changed files that are not folded, the one to look at first first: of a large pull request those of the chosen hunks, at
// the lines of these.
func (f *Facts) inOrder() []Change { return f.selectedFirst(f.important()) }

// selectedFirst puts the files of the chosen hunks first, each with the line and the declaration of its first chosen one.
func (f *Facts) selectedFirst(list []Change) []Change {
	if len(f.Selected) == 0 {
		return list
	}
	by := map[string]Change{}
	for _, c := range list {
		by[c.Path] = c
	}
	out := make([]Change, 0, len(list))
	first := map[string]bool{}
	for _, h := range f.Selected {
		c, listed := by[h.File]
		if !listed || first[h.File] {
			continue
		}
		first[h.File] = true
		c.Line = h.Line
		if h.Symbol != "" {
			c.Symbols = append([]string{h.Symbol}, slices.DeleteFunc(slices.Clone(c.Symbols), func(s string) bool { return s == h.Symbol })...)
		}
		out = append(out, c)
	}
	for _, c := range list {
		if !first[c.Path] {
			out = append(out, c)
		}
	}
	return out
}
