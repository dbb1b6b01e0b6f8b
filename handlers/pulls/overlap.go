package pulls

import (
	"cmp"
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"shipmate/integrations/github"
)

// surroundings reads what is around a pull request. Its mistakes of people are *bot.UserErrors.
type surroundings interface {
	Neighbours(ctx context.Context, ref github.Ref) (github.Neighbours, error)
	Churn(ctx context.Context, ref github.Ref, branch string, paths []string, days int) ([]github.PathCommits, error)
}

// Overlap is what another open pull request has in common with this one.
type Overlap struct {
	Ref      string   `json:"ref"` // owner/name#number
	Title    string   `json:"title"`
	Author   string   `json:"author"`
	URL      string   `json:"url"`
	Base     string   `json:"base,omitempty"` // the branch that it goes into, where that is another one
	Files    []Shared `json:"files"`          // that both change: those that conflict first
	Conflict bool     `json:"conflict"`       // both change the same or adjoining lines of the same branch: whoever merges second has a conflict, most likely
	Like     []string `json:"like"`           // why both may be the same work, as phrases: "same ticket ABC-7"
}

// Shared is a file that two pull requests change.
type Shared struct {
	Path     string `json:"path"`
	From     int    `json:"from,omitempty"` // the lines, of the file before, that the other one changes and that meet this one's; 0: none
	To       int    `json:"to,omitempty"`
	Conflict bool   `json:"conflict"`
}

func readNeighbours(ctx context.Context, source reader, s *github.Snapshot) error {
	n, err := source.Neighbours(ctx, s.Ref)
	s.Neighbours = &n
	return err
}

// Overlaps compares a pull request with the other open ones that were read: those that conflict first, then by how many files both change.
// Generated, vendored and lock files are not compared.
func Overlaps(s github.Snapshot) []Overlap {
	out := []Overlap{}
	if s.Neighbours == nil {
		return out
	}
	v := newView(s, DefaultWeights())
	for _, n := range s.Neighbours.List {
		o := Overlap{
			Ref: n.Ref.String(), Title: n.Title, Author: n.Author, URL: n.URL, Files: shared(v, n.Files), Like: alike(s, n),
		}
		if o.Conflict = slices.ContainsFunc(o.Files, func(f Shared) bool { return f.Conflict }); s.Base.Name != n.Base.Name {
			o.Conflict, o.Base = false, n.Base.Name
		}
		if len(o.Files)+len(o.Like) > 0 {
			out = append(out, o)
		}
	}
	rank := func(o Overlap) int {
		if o.Conflict {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b Overlap) int {
		return cmp.Or(rank(b)-rank(a), len(b.Files)-len(a.Files), len(b.Like)-len(a.Like))
	})
	return out
}

// shared lists the files that both change, by their paths before the change.
func shared(v *view, theirs []github.Touched) []Shared {
	by := map[string]github.Touched{}
	for _, t := range theirs {
		by[cmp.Or(t.PreviousPath, t.Path)] = t
	}
	out := []Shared{}
	for _, f := range v.files {
		t, ok := by[cmp.Or(f.PreviousPath, f.Path)]
		if !ok || f.class.folded() {
			continue
		}
		one := Shared{Path: f.Path}
		if l, ok := meet(f.File.OldLines(), t.Lines); ok {
			one.From, one.To, one.Conflict = max(l.From, 1), max(l.To, l.From, 1), true
		}
		if added := f.Status == "added" && t.Status == "added"; added || (f.Status == "removed") != (t.Status == "removed") {
			one = Shared{Path: f.Path, Conflict: true} // there are no lines to name
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b Shared) int {
		switch {
		case a.Conflict == b.Conflict:
			return cmp.Compare(a.Path, b.Path)
		case a.Conflict:
			return -1
		}
		return 1
	})
	return out
}

// meet returns the first of their ranges that overlaps or adjoins one of ours: git merges neither.
func meet(ours, theirs []github.LineRange) (github.LineRange, bool) {
	i := 0
	for _, t := range theirs {
		for i < len(ours) && ours[i].To+1 < t.From {
			i++
		}
		if i < len(ours) && ours[i].From <= t.To+1 {
			return t, true
		}
	}
	return github.LineRange{}, false
}

// ticket matches an issue tracker's key in a branch's name.
var ticket = regexp.MustCompile(`(?:^|[/_-])([A-Za-z]{2,10}-\d+)(?:[-_/]|$)`)

// noTicket are the words before a number in branches' names that make no ticket of it.
var noTicket = set("patch fix feature feat hotfix bugfix release version update revert test wip pr try part step phase pull branch dev")

// alike says why another pull request may be the same work.
func alike(s github.Snapshot, n github.Neighbour) []string {
	out := []string{}
	for _, ours := range s.Issues {
		if slices.ContainsFunc(n.Linked, func(i github.Issue) bool { return i.Ref == ours.Ref && i.Closes && ours.Closes }) {
			out = append(out, "closes the same issue "+strings.TrimPrefix(ours.Ref, s.Owner+"/"+s.Repo))
		}
	}
	if !s.AuthorBot {
		if t := ticketOf(s.Head.Name); t != "" && t == ticketOf(n.Head.Name) {
			out = append(out, "same ticket "+t)
		}
	}
	if a, b := branchStem(s.Head.Name), branchStem(n.Head.Name); len(out) == 0 && len(a) >= 6 && a == b && a != "patch" {
		out = append(out, "nearly the same branch name")
	}
	if !s.AuthorBot && sameTitle(s.Title, n.Title) {
		out = append(out, "nearly the same title")
	}
	return out
}

// ticketOf is the ticket that a branch's name names, in capitals; "" for none.
func ticketOf(branch string) string {
	m := ticket.FindStringSubmatch(branch)
	if m == nil {
		return ""
	}
	if word, _, _ := strings.Cut(strings.ToLower(m[1]), "-"); noTicket[word] {
		return ""
	}
	return strings.ToUpper(m[1])
}

var branchEnd = regexp.MustCompile(`(?i)(?:[-_./]?v?\d+|[-_.](?:new|final|retry|again|copy|take|try|bis))+$`)

// branchStem is a branch's name without what people put behind it the second time: "fix-parser-2", "fix-parser-new". The names that GitHub's
// editor gives are none.
func branchStem(branch string) string {
	stem := branchEnd.ReplaceAllString(strings.ToLower(branch), "")
	if last := path.Base(stem); last == "patch" || strings.HasSuffix(last, "-patch") || !strings.ContainsFunc(last, unicode.IsLetter) {
		return ""
	}
	return stem
}

var titleNoise = set("the and for with from into not add adds fix fixes feat chore docs test tests refactor update updates bump remove use make when that this support allow")

// sameTitle reports whether two titles have three of five of their words in common, three at least.
func sameTitle(a, b string) bool {
	words := func(s string) map[string]bool {
		m := map[string]bool{}
		for w := range strings.FieldsFuncSeq(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(w) > 2 && !titleNoise[w] {
				m[w] = true
			}
		}
		return m
	}
	x, y := words(a), words(b)
	common := 0
	for w := range x {
		if y[w] {
			common++
		}
	}
	return common >= 3 && 5*common >= 3*(len(x)+len(y)-common)
}
