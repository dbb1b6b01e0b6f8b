package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shipmate/sandbox/github"
)

// The labels: what it can mean that a pull request went wrong.
const (
	labelReverted = "reverted"
	labelFixed    = "fixed"
	labelEither   = "either"
)

var labels = []string{labelReverted, labelFixed, labelEither}

func knownLabel(s string) bool { return slices.Contains(labels, s) }

// bad reports whether a pull request has the label.
func (p past) bad(label string) bool {
	return label != labelFixed && p.reverted || label != labelReverted && p.fixed
}

// fixWindow is how long after a pull request a fix is taken as one of it.
const fixWindow = 14 * 24 * time.Hour

// A labeller goes through what landed, the oldest first, and notes which earlier pull requests it takes back or mends. Rows are indices of
// pull requests.
type labeller struct {
	repository string // owner/name
	titles     map[string]int
	shas       map[string][]commitRow // by the first seven digits
	numbers    map[int]int
	lines      map[uint64]int // who added a line last
	times      map[int]time.Time
	reverted   map[int]bool
	fixed      map[int]bool
}

type commitRow struct {
	id  string
	row int
}

func newLabeller(repository string) *labeller {
	return &labeller{
		repository: repository, titles: map[string]int{}, shas: map[string][]commitRow{}, numbers: map[int]int{}, lines: map[uint64]int{},
		times: map[int]time.Time{}, reverted: map[int]bool{}, fixed: map[int]bool{},
	}
}

var (
	revertTitle  = regexp.MustCompile(`^(?i:revert(?:ed|s)?):?\s+["“'](.+)["”']`)
	revertPlain  = regexp.MustCompile(`^(?i:revert(?:\([^)]*\))?):\s+(.+)$`) // Conventional Commits
	revertsSHA   = regexp.MustCompile(`(?i)\b(?:this reverts|reverts) commit\s+([0-9a-f]{7,40})\b`)
	fixesSHA     = regexp.MustCompile(`(?m)^Fixes:\s+([0-9a-f]{7,40})\b`)
	revertsPull  = regexp.MustCompile(`(?i)\breverts\s+(?:([\w.-]+/[\w.-]+))?#([0-9]{1,9})\b`)
	squashNumber = regexp.MustCompile(`\s*\(#[0-9]+\)$`)
	fixTitle     = regexp.MustCompile(`(?i)\b(?:fix|fixes|fixed|fixing|bugfix|hotfix|regression)\b`)
	blames       = regexp.MustCompile(`(?i)\b(?:regression|regressed|broke|broken|introduced|caused|follow-?up|fix(?:es|ed)?(?: bug| issue)? (?:from|in|of))\b[^.\n#]{0,60}#([0-9]{1,9})\b`)
)

// land takes the next landing. row is its index as a pull request, -1 when it names none.
func (l *labeller) land(landing github.Landing, r reading, row int) {
	texts := append([]string{landing.Message, landing.Title + "\n\n" + r.body}, r.messages...)
	for _, text := range texts {
		l.reverts(text)
	}
	if row >= 0 && !r.bot && fixTitle.MatchString(landing.Title) {
		l.fixes(landing, r, texts)
	}
	if row < 0 {
		return
	}
	l.times[row] = landing.Time
	l.numbers[landing.Number] = row
	l.titles[plainTitle(landing.Title)] = row
	for _, id := range append([]string{landing.Commit}, r.ids...) {
		l.shas[id[:7]] = append(l.shas[id[:7]], commitRow{id, row})
	}
	for _, line := range r.added {
		l.lines[line] = row
	}
}

// plainTitle is a title without the number that a squash merge adds.
func plainTitle(title string) string {
	return strings.TrimSpace(squashNumber.ReplaceAllString(strings.TrimSpace(title), ""))
}

// reverts notes what a message takes back. Only what landed before is known, so that a commit undone within its own pull request is none.
func (l *labeller) reverts(message string) {
	subject, _, _ := strings.Cut(message, "\n")
	subject = plainTitle(subject)
	for _, pattern := range []*regexp.Regexp{revertTitle, revertPlain} {
		if m := pattern.FindStringSubmatch(subject); m != nil {
			if row, ok := l.titles[plainTitle(m[1])]; ok {
				l.reverted[row] = true
			}
		}
	}
	for _, pattern := range []*regexp.Regexp{revertsSHA, fixesSHA} {
		for _, m := range pattern.FindAllStringSubmatch(message, -1) {
			for _, c := range l.shas[m[1][:7]] {
				if strings.HasPrefix(c.id, m[1]) {
					l.reverted[c.row] = true
				}
			}
		}
	}
	for _, m := range revertsPull.FindAllStringSubmatch(message, -1) {
		if m[1] == "" || strings.EqualFold(m[1], l.repository) || strings.HasPrefix(l.repository, "local/") {
			if row, ok := l.numbered(m[2]); ok {
				l.reverted[row] = true
			}
		}
	}
}

// numbered returns the pull request with a number, if it landed before.
func (l *labeller) numbered(text string) (row int, ok bool) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, false
	}
	row, ok = l.numbers[n]
	return row, ok
}

// fixes notes which pull requests of the last days a fix mends: those that added a line which it removes or changes, and those it blames.
func (l *labeller) fixes(landing github.Landing, r reading, texts []string) {
	recent := func(row int) bool { return landing.Time.Sub(l.times[row]) <= fixWindow }
	for _, line := range r.removed {
		if row, ok := l.lines[line]; ok && recent(row) {
			l.fixed[row] = true
		}
	}
	for _, text := range texts {
		for _, m := range blames.FindAllStringSubmatch(text, -1) {
			if row, ok := l.numbered(m[1]); ok && recent(row) {
				l.fixed[row] = true
			}
		}
	}
}

// mark writes what was found into the rows.
func (l *labeller) mark(rows []past) {
	for i := range rows {
		rows[i].reverted, rows[i].fixed = l.reverted[i], l.fixed[i]
	}
}
