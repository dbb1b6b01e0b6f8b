// Package pulls answers questions about pull requests: what one does, how large and how risky it is, and what was not read of it.
//
// [Compute] turns a snapshot of a pull request into [Facts], without input or output and without a language model: every statement has
// its evidence in the snapshot. The renderers turn facts into replies, and [Commands] declares what people can ask.
//
// Adding a fact is one field of Facts and one function called by Compute; adding a reason for risk is one row in the table of signals.
package pulls

import (
	"shipmate/integrations/github"
)

// Facts is what can be said of a pull request at one head commit. In JSON no list is null.
type Facts struct {
	Repository string `json:"repository"` // owner/name
	Number     int    `json:"number"`
	URL        string `json:"url"`
	Title      string `json:"title"`    // as written
	Headline   string `json:"headline"` // the best short statement of what it does, chosen from what people wrote
	Author     string `json:"author"`
	AuthorBot  bool   `json:"author_bot"`
	// FirstContribution says that the author has contributed nothing to the repository yet, as far as GitHub tells. It is a hint and no permission.
	FirstContribution bool   `json:"first_contribution"`
	State             string `json:"state"` // open, closed or merged
	Draft             bool   `json:"draft"`
	Conflicts         bool   `json:"conflicts"` // GitHub says that it cannot be merged
	Head              string `json:"head"`      // commit id
	Base              string `json:"base"`      // commit id

	// Files, Additions and Deletions are GitHub's totals for the whole pull request.
	Files     int `json:"files"`
	Additions int `json:"additions"`
	Deletions int `json:"deletions"`
	// RealAdditions and RealDeletions are the totals without the lines known to be generated, vendored, lock files, recorded test output or
	// changes of white space only. Lines that could not be read count as real.
	RealAdditions int    `json:"real_additions"`
	RealDeletions int    `json:"real_deletions"`
	Type          string `json:"type"`                // feat, fix, docs, test, … as in Conventional Commits; deps, infra, config, generated, security, release and other besides
	TypeFrom      string `json:"type_from,omitempty"` // title, commits, files, words or content: how sure Type is; "" when nothing tells
	Breaking      bool   `json:"breaking"`            // its author declares a breaking change
	Size          string `json:"size"`                // XS, S, M, L, XL or XXL, by real lines

	Components   []Component  `json:"components"` // the one with most real lines first
	Classes      []ClassCount `json:"classes"`    // in the order of the Class constants; only those that occur
	Whitespace   Lines        `json:"whitespace"` // lines of otherwise real files that change white space only
	Tests        Tests        `json:"tests"`
	Risk         Risk         `json:"risk"`
	Dependencies []Dependency `json:"dependencies"` // those that manifests ask for first, then those of lock files
	// DependencyFiles are the changed manifests and lock files, LockFindings what is odd in the latter.
	DependencyFiles []DependencyFile `json:"dependency_files"`
	LockFindings    []LockFinding    `json:"lock_findings"`
	Environment     []Setting        `json:"environment"` // settings, ports and feature flags that come, and flags that go
	// Replacement is set when most of the change is the same replacement in several files.
	Replacement *Replacement `json:"replacement,omitempty"`
	API         API          `json:"api"`
	Mechanical  []Mechanical `json:"mechanical"` // what tools changed in several files, and nothing else did
	Moves       []Move       `json:"moves"`      // blocks of lines that go from one file to another; the largest first, at most 20
	Changes     []Change     `json:"changes"`    // every listed file, in GitHub's order
	// Selected is what to look at first in a large pull request (more than 20 files or 1,000 real lines), in this order; empty otherwise.
	Selected []Hunk   `json:"selected"`
	Checks   Checks   `json:"checks"`
	Reviews  Reviews  `json:"reviews"`
	Turn     Turn     `json:"turn"` // whose turn it is
	Issues   []Issue  `json:"issues"`
	Coverage Coverage `json:"coverage"`
}

// Lines counts changed lines.
type Lines struct {
	Additions int `json:"additions"`
	Deletions int `json:"deletions"`
}

// ClassCount is what one class of files has in a pull request.
type ClassCount struct {
	Class Class `json:"class"`
	Files int   `json:"files"`
	Lines
}

// Change is one changed file.
type Change struct {
	Path     string `json:"path"`
	Previous string `json:"previous,omitempty"` // before a rename or copy
	Status   string `json:"status"`             // added, removed, modified, renamed, copied, changed, unchanged
	Class    Class  `json:"class"`
	Lines
	Line    int      `json:"line,omitempty"`    // of the first change, in the old file if it is removed; 0 when the patch was not read
	Symbols []string `json:"symbols"`           // declarations around the changes, from the hunks' headers; at most 20
	Skipped Skip     `json:"skipped,omitempty"` // why the patch was not read; "" when it was
	// Mechanical is the kind of Facts.Mechanical that all of the change is; "" for none.
	Mechanical string `json:"mechanical,omitempty"`
}

// at is where the file's change begins.
func (c Change) at() Evidence {
	return Evidence{File: c.Path, Line: c.Line, Removed: c.Status == "removed"}
}

// Tests compares test code with the code it is for.
type Tests struct {
	Files      int  `json:"files"` // changed test files
	TestLines  int  `json:"test_lines"`
	CodeLines  int  `json:"code_lines"`
	Untested   bool `json:"untested"`    // code was added or changed, and no test
	AddedTests int  `json:"added_tests"` // test functions that are new, where the patch shows them
}

// Issue is an issue that the description names.
type Issue struct {
	Ref    string `json:"ref"` // owner/name#number
	Title  string `json:"title,omitempty"`
	Closes bool   `json:"closes"`
	URL    string `json:"url,omitempty"`
}

// Evidence says where in the pull request a statement comes from.
type Evidence struct {
	Rule string `json:"rule"`           // such as "secret/github-token"
	File string `json:"file,omitempty"` // "": the pull request as a whole
	Line int    `json:"line,omitempty"` // in the new file, or in the old one if Removed; 0: the file as a whole
	// Removed says that the line is one that is gone.
	Removed bool `json:"removed,omitempty"`
}

// Compute works out the facts of a snapshot. It is deterministic, and total: a snapshot that contradicts itself gives facts that say so.
func Compute(s github.Snapshot, w Weights) Facts {
	v := newView(s, w)
	f := Facts{
		Repository: s.Owner + "/" + s.Repo, Number: s.Number, URL: s.URL, Title: s.Title, Author: s.Author, AuthorBot: s.AuthorBot,
		State: s.State, Draft: s.Draft, Conflicts: s.Mergeable == "no", Head: s.Head.SHA, Base: s.Base.SHA,
		Files: s.ChangedFiles, Additions: s.Additions, Deletions: s.Deletions,
	}
	f.FirstContribution = !s.AuthorBot && newcomers[s.AuthorAssociation]
	f.Headline = headline(s)
	f.Classes = v.classCounts()
	f.Whitespace = v.whitespace()
	folded := v.folded()
	f.RealAdditions = without(f.Additions, folded.Additions)
	f.RealDeletions = without(f.Deletions, folded.Deletions)
	f.Size = sizeOf(f.RealAdditions + f.RealDeletions)
	f.Components = components(v)
	dependencies(v, &f)
	f.Environment = v.environment()
	f.Replacement = v.replacement()
	f.API = v.api()
	f.Mechanical = v.mechanical(f.Replacement)
	f.Type, f.TypeFrom = kindOf(s, v, &f)
	f.Breaking = declaresBreaking(s)
	f.Tests = v.tests()
	f.Changes = v.changes()
	f.Checks = checks(s)
	f.Reviews = reviews(s)
	f.Reviews.Owners = missingOwners(v, f.Reviews)
	f.Turn = turnOf(v, &f)
	f.Issues = issues(s.Issues)
	f.Coverage = v.coverage()
	f.Risk = risk(v, &f, v.settings.Risk)
	moves, moved := v.moves()
	f.Moves = moves
	f.Selected = selected(v, &f, moved)
	return f
}

// newcomers are GitHub's words for people who have contributed nothing to a repository yet.
var newcomers = set("FIRST_TIME_CONTRIBUTOR FIRST_TIMER NONE")

// without is what is left of a total without the folded lines. Contradictory counts never make it negative or more than the total.
func without(total, folded int) int { return min(max(total-folded, 0), max(total, 0)) }

// sizes are the classes of size by real lines. They follow the thresholds that Kubernetes' size labels use (10, 30, 100, 500, 1000), spread
// so that half of the pull requests of an ordinary repository are at most S: a median of 34 lines was measured on two large ones.
var sizes = []struct {
	name string
	most int
}{{"XS", 10}, {"S", 50}, {"M", 250}, {"L", 1000}, {"XL", 3000}}

// sizeOf returns the class of size for a number of real lines.
func sizeOf(lines int) string {
	for _, s := range sizes {
		if lines <= s.most {
			return s.name
		}
	}
	return "XXL"
}

func issues(list []github.Issue) []Issue {
	out := make([]Issue, 0, len(list))
	for _, i := range list {
		out = append(out, Issue{Ref: i.Ref, Title: i.Title, Closes: i.Closes, URL: i.URL})
	}
	return out
}
