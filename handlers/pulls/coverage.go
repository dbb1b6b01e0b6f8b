package pulls

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Skip is why a file was not read.
type Skip string

// The reasons.
const (
	SkipGenerated Skip = "generated"
	SkipVendored  Skip = "vendored"
	SkipLock      Skip = "lock"
	SkipParsed    Skip = "lock (parsed)" // not read line by line, but for the versions in it
	SkipBinary    Skip = "binary"
	SkipTooLarge  Skip = "too large"       // GitHub shows no patch of it
	SkipCut       Skip = "cut short"       // GitHub shows part of its patch; that part was read
	SkipNoCounts  Skip = "no counts given" // GitHub lists it without counts or patch, because the whole answer was too long
	SkipUnlisted  Skip = "not listed"      // beyond the 3,000 files that GitHub lists
)

var allSkips = []Skip{SkipGenerated, SkipVendored, SkipParsed, SkipLock, SkipBinary, SkipTooLarge, SkipCut, SkipNoCounts, SkipUnlisted}

// expected reports whether leaving such a file unread says nothing against the summary.
func (s Skip) expected() bool {
	return s == SkipGenerated || s == SkipVendored || s == SkipLock || s == SkipParsed || s == SkipBinary
}

// Coverage says what was read. FilesRead and the files of Skipped add up to FilesTotal.
type Coverage struct {
	FilesTotal int       `json:"files_total"` // as GitHub counts them; more if it lists more
	FilesRead  int       `json:"files_read"`
	LinesTotal int       `json:"lines_total"` // changed lines as GitHub counts them
	LinesRead  int       `json:"lines_read"`  // changed lines of the patches that were read
	Skipped    []Skipped `json:"skipped"`
	Notes      []string  `json:"notes"` // what else is not known, each a phrase
}

// Skipped is how many files were not read for one reason.
type Skipped struct {
	Reason Skip `json:"reason"`
	Files  int  `json:"files"`
	Lines  int  `json:"lines"` // as far as GitHub counts them
}

// unread counts the files that may matter and were not read.
func (c Coverage) unread() int {
	n := 0
	for _, s := range c.Skipped {
		if !s.Reason.expected() {
			n += s.Files
		}
	}
	return n
}

// partial reports whether less than half of what should be read was read, by files or by lines.
func (c Coverage) partial() bool {
	lines := c.LinesTotal
	for _, s := range c.Skipped {
		if s.Reason.expected() {
			lines -= s.Lines
		}
	}
	return c.unread() > 0 && (2*c.unread() > c.FilesTotal || 2*c.LinesRead < lines)
}

func (v *view) coverage() Coverage {
	c := Coverage{
		FilesTotal: max(v.ChangedFiles, len(v.files)), LinesTotal: max(v.Additions, 0) + max(v.Deletions, 0), Skipped: []Skipped{}, Notes: []string{},
	}
	count := map[Skip]int{SkipUnlisted: c.FilesTotal - len(v.files)}
	listed, lines := Lines{}, map[Skip]int{}
	for _, f := range v.files {
		listed = listed.plus(f.lines())
		count[f.skip]++
		lines[f.skip] += f.lines().sum()
		c.LinesRead += countLines(f.hunks).sum()
	}
	c.FilesRead = count[""]
	for _, reason := range allSkips {
		if n := count[reason]; n > 0 {
			c.Skipped = append(c.Skipped, Skipped{reason, n, lines[reason]})
		}
	}
	c.Notes = append(c.Notes, v.contradictions(listed, count)...)
	if v.problem != nil {
		c.Notes = append(c.Notes, ".github/shipmate.yml is not used: "+v.problem.Error())
	}
	for _, g := range v.Gaps {
		if g.What != "" && g.What != "files" && g.What != "line counts" { // those two are told by Skipped
			c.Notes = append(c.Notes, strings.TrimSpace(g.What+" not read: "+cmp.Or(g.Why, "unknown reason")))
		}
	}
	return c
}

// contradictions says where GitHub's totals and its list of files disagree, other than through files that it does not list or count.
func (v *view) contradictions(listed Lines, count map[Skip]int) []string {
	var out []string
	if len(v.files) > v.ChangedFiles {
		out = append(out, fmt.Sprintf("GitHub counts %d files and lists %d", v.ChangedFiles, len(v.files)))
	}
	total := Lines{v.Additions, v.Deletions}
	uncounted := count[SkipUnlisted] > 0 || slices.ContainsFunc(v.files, func(f *file) bool { return f.NoCounts })
	incomplete := uncounted && listed.Additions <= total.Additions && listed.Deletions <= total.Deletions
	if listed != total && !incomplete {
		out = append(out, fmt.Sprintf("GitHub counts +%d −%d in all, and its files add up to +%d −%d", total.Additions, total.Deletions, listed.Additions, listed.Deletions))
	}
	return out
}
