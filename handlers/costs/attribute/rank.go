package attribute

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs/ledger"
)

// A Context is an event, as far as changes can be compared with it. What is not known is "".
type Context struct {
	Onset       day.Day // the first day of the event
	Service     string  // names as in the bill
	Usage       string
	Region      string
	Account     string
	AccountName string
	Environment string   // such as "prod"
	Tags        string   // as in a ledger's key
	Owners      []string // of what costs, such as "@octo/team-net"
}

// A Change is something that may have made a difference: a merged pull request, a deployment, or both in one.
type Change struct {
	Repo   string // owner/name
	Number int    // of the pull request; 0: a deployment that belongs to none that is known
	Title  string
	URL    string
	Author string
	Merged time.Time // zero: not merged, or not known
	// Deployed is when it was deployed successfully; zero: not known. It counts rather than when it was merged.
	Deployed    time.Time
	Environment string // that it was deployed to
	Paths       []string
	Labels      []string
}

// took is when a change took effect, as far as that is known.
func (c Change) took() time.Time {
	if !c.Deployed.IsZero() {
		return c.Deployed
	}
	return c.Merged
}

// A ReasonKind says what a change and an event have in common.
type ReasonKind string

// The reasons.
const (
	ByService     ReasonKind = "service" // words for the service or the usage type
	ByRegion      ReasonKind = "region"
	ByAccount     ReasonKind = "account" // its number, or words of its name
	ByEnvironment ReasonKind = "environment"
	ByTag         ReasonKind = "tag"
	ByOwner       ReasonKind = "owner"
	ByInfra       ReasonKind = "infrastructure" // the change is one of what runs
	ByTime        ReasonKind = "time"
)

// A Reason is why a change is a candidate.
type Reason struct {
	Kind   ReasonKind
	Words  []string // found, or the kind of infrastructure; at most three
	Path   string   // the first in which they were found; "" for the title, labels and the like
	Points float64
}

// A Candidate is a change that may be the cause of an event. Nothing here shows that it is: it is always to be called possible.
type Candidate struct {
	Change
	Score   float64
	Reasons []Reason      // the weightiest first
	Ahead   time.Duration // from when the change took effect to the beginning of the onset day; below 0 for during that day
}

// Lead and Lag are how long before the onset day, and after it, a change may be.
const (
	Lead = 48 * time.Hour
	Lag  = 6 * time.Hour
)

// Window is when a change must have taken effect to be considered. Bills are by UTC day, and an event may begin at any hour of its first day: the
// window is from 48 hours before that day begins to 6 hours after it ends.
func Window(onset day.Day) (from, to time.Time) {
	return onset.Time().Add(-Lead), (onset + 1).Time().Add(Lag)
}

// The points. Where only weak words are found it is half of them; a word both in the title and in a path counts once and a half.
const (
	pointsService     = 3
	pointsRegion      = 1
	pointsAccount     = 2
	pointsEnvironment = 1
	pointsTag         = 1.5
	pointsOwner       = 1
	pointsTime        = 1 // at the beginning of the onset day, falling to 0 at both ends of the window
	floorScore        = 3
)

// Rank finds the changes that may be causes of an event, most likely first. A change is one when it took effect in the window, touches something
// that runs, has the service, account, environment or a tag in common with the event, and reaches three points: so time and infrastructure alone are never enough,
// nor is a weak word in one place. Of equal ones the later comes first, then by repository and number.
func Rank(c Context, changes []Change) []Candidate {
	l := lookFor(c)
	var out []Candidate
	for _, change := range changes {
		if one, ok := l.judge(change); ok {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Ahead, b.Ahead), strings.Compare(a.Repo, b.Repo), cmp.Compare(a.Number, b.Number))
	})
	return out
}

// A looker knows the words that an event is known by.
type looker struct {
	c            Context
	from, to     time.Time
	strong, weak []string
	by           []lookWords
}

type lookWords struct {
	kind   ReasonKind
	words  []string
	points float64
}

func lookFor(c Context) looker {
	l := looker{c: c}
	l.from, l.to = Window(c.Onset)
	l.strong, l.weak = wordsFor(c.Service, c.Usage)
	_, values := ledger.SplitTags(c.Tags)
	l.by = []lookWords{
		{ByAccount, append(nameWords(c.Account, false), nameWords(c.AccountName, true)...), pointsAccount},
		{ByEnvironment, environments(c.Environment + " " + c.AccountName), pointsEnvironment},
		{ByTag, tagWords(values), pointsTag},
		{ByOwner, tagWords(c.Owners), pointsOwner},
		{ByRegion, nameWords(c.Region, false), pointsRegion},
	}
	return l
}

// judge compares a change with the event.
func (l looker) judge(c Change) (Candidate, bool) {
	at := c.took()
	if at.IsZero() || at.Before(l.from) || at.After(l.to) || len(c.Paths) > 0 && !slices.ContainsFunc(c.Paths, func(p string) bool { return !idle(p) }) {
		return Candidate{}, false
	}
	paths := slices.DeleteFunc(slices.Clone(c.Paths), idle)
	title := textOf(c.Title + " " + strings.Join(c.Labels, " ") + " " + c.Environment)
	texts := make([]text, len(paths))
	for i, p := range paths {
		texts[i] = textOf(p)
	}
	one := Candidate{Change: c, Ahead: l.c.Onset.Time().Sub(at)}
	add := func(r Reason, ok bool) {
		if ok {
			one.Reasons, one.Score = append(one.Reasons, r), one.Score+r.Points
		}
	}
	service, ok := find(ByService, title, paths, texts, l.strong, pointsService)
	if !ok {
		service, ok = find(ByService, title, paths, texts, l.weak, pointsService/2.)
	}
	add(service, ok)
	for _, b := range l.by {
		r, ok := find(b.kind, title, paths, texts, b.words, b.points)
		add(r, ok)
	}
	related := slices.ContainsFunc(one.Reasons, func(r Reason) bool { return r.Kind != ByRegion && r.Kind != ByOwner })
	add(infraReason(paths))
	add(Reason{Kind: ByTime, Points: l.nearness(at)}, true)
	slices.SortStableFunc(one.Reasons, func(a, b Reason) int { return cmp.Compare(b.Points, a.Points) })
	return one, related && one.Score >= floorScore
}

// nearness is 1 at the beginning of the onset day and falls to 0 at the ends of the window.
func (l looker) nearness(at time.Time) float64 {
	onset := l.c.Onset.Time()
	if at.Before(onset) {
		return pointsTime * float64(at.Sub(l.from)) / float64(Lead)
	}
	return pointsTime * float64(l.to.Sub(at)) / float64(l.to.Sub(onset))
}

// find looks for words in the title and in paths.
func find(kind ReasonKind, title text, paths []string, texts []text, words []string, points float64) (Reason, bool) {
	r := Reason{Kind: kind, Points: points}
	said := title.any(words)
	for i, t := range texts {
		if found := t.any(words); len(found) > 0 {
			r.Words, r.Path = found, paths[i]
			break
		}
	}
	switch {
	case len(said) > 0 && r.Path != "":
		r.Points *= 1.5
	case len(said) > 0:
		r.Words = said
	}
	r.Words = r.Words[:min(len(r.Words), 3)]
	return r, len(r.Words) > 0
}

// infraReason is the weightiest kind of infrastructure that is changed.
func infraReason(paths []string) (r Reason, ok bool) {
	for _, p := range paths {
		if kind, points := infraOf(p); points > r.Points {
			r = Reason{Kind: ByInfra, Words: []string{kind}, Path: p, Points: points}
		}
	}
	return r, r.Points > 0
}
