package main

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"
	"strings"
	"sync"
	"time"

	"shipmate/handlers/pulls"
	gh "shipmate/integrations/github"
	"shipmate/sandbox/github"
)

// A history is what is known of a repository's pull requests, the oldest first.
type history struct {
	name   string
	tip    string // the newest commit
	rows   []past
	unread int // pull requests that git could not compare: parts of the clone are missing
	took   time.Duration
	facts  []time.Duration // one for each pull request: what Compute took
}

// past is a pull request of the past: its risk as it would have been told, and what became of it.
type past struct {
	number          int
	at              time.Time
	bot             bool
	points          int
	level           string
	lines           int         // real ones
	fired           []keyPoints // the weights that had a part in points
	reverted, fixed bool
}

// settled is how long a pull request has to be there before what became of it counts.
const settled = fixWindow

// readHistory computes the risk of a clone's pull requests and finds out what became of them. Zero since and limit are no bounds.
func readHistory(ctx context.Context, repo string, w pulls.Weights, since time.Time, limit int) (h history, err error) {
	start := time.Now()
	source, err := github.OpenHistory(ctx, repo)
	if err != nil {
		return h, err
	}
	defer source.Close()
	if h.name = source.Repository(); strings.HasPrefix(h.name, "local/") {
		h.name = repo // a clone that does not know where it comes from
	}
	landings := chosen(source.Landings(), since, limit)
	if len(landings) == 0 {
		return h, fmt.Errorf("%s: no pull request in its history; merge commits and titles that end in (#123) are ones", repo)
	}
	h.tip = landings[len(landings)-1].Commit
	l := newLabeller(source.Repository())
	read := &historyReader{source: source, weights: w, probe: probeWeights()}
	const batch = 64
	for len(landings) > 0 {
		n := min(batch, len(landings))
		got := read.all(ctx, landings[:n])
		if err := ctx.Err(); err != nil {
			return h, err
		}
		for i, r := range got {
			row := -1
			if landings[i].Number > 0 && r.err != nil {
				h.unread++
				continue
			}
			if landings[i].Number > 0 {
				row = len(h.rows)
				h.rows, h.facts = append(h.rows, r.past), append(h.facts, r.took)
			}
			l.land(landings[i], r, row)
		}
		landings = landings[n:]
	}
	l.mark(h.rows)
	if len(h.rows) == 0 {
		return h, fmt.Errorf("%s: git can compare none of its pull requests", repo)
	}
	newest := h.rows[len(h.rows)-1].at
	for n := len(h.rows); n > 0 && newest.Sub(h.rows[n-1].at) < settled; n-- {
		h.rows = h.rows[:n-1]
	}
	h.took = time.Since(start)
	if len(h.rows) == 0 {
		return h, fmt.Errorf("%s: all of its pull requests are younger than 14 days", repo)
	}
	return h, nil
}

// chosen is the part of a history that the bounds leave: from the first pull request on that is within them.
func chosen(all []github.Landing, since time.Time, limit int) []github.Landing {
	first, pulls := len(all), 0
	for i := len(all) - 1; i >= 0 && (limit == 0 || pulls < limit) && !all[i].Time.Before(since); i-- {
		if all[i].Number > 0 {
			first = i
			pulls++
		}
	}
	return all[first:]
}

// reading is what one landing shows: a pull request with its risk, or a commit without one.
type reading struct {
	past
	err      error
	took     time.Duration
	messages []string // of its commits
	ids      []string // of them
	body     string
	added    []uint64 // lines of code, each with its file
	removed  []uint64
}

// A historyReader computes the facts of landings.
type historyReader struct {
	source  *github.History
	weights pulls.Weights
	probe   pulls.Weights
}

// all reads several landings at once; the answers are in their order.
func (r *historyReader) all(ctx context.Context, landings []github.Landing) []reading {
	out := make([]reading, len(landings))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, l := range landings {
		if l.Number == 0 {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = r.one(ctx, l)
		})
	}
	wg.Wait()
	return out
}

// one reads a pull request.
func (r *historyReader) one(ctx context.Context, l github.Landing) reading {
	c, err := r.source.Change(ctx, l)
	if err != nil {
		return reading{err: err}
	}
	s := pastSnapshot(r.source.Repository(), l, c)
	start := time.Now()
	f := pulls.Compute(s, r.weights)
	out := reading{took: time.Since(start), body: c.Body}
	out.past = past{
		number: l.Number, at: l.Time, bot: c.Bot, points: f.Risk.Points, level: f.Risk.Level,
		lines: f.RealAdditions + f.RealDeletions, fired: firedKeys(pulls.Compute(s, r.probe)),
	}
	for _, m := range c.Commits {
		out.messages, out.ids = append(out.messages, m.Message), append(out.ids, m.ID)
	}
	out.added, out.removed = codeLines(f, s.Files)
	return out
}

// pastSnapshot is what the bot would have read of a pull request before it was merged, as far as git knows it: no reviews, checks and labels.
func pastSnapshot(repo string, l github.Landing, c github.LandedChange) gh.Snapshot {
	owner, name, _ := strings.Cut(repo, "/")
	s := gh.Snapshot{
		PullRequest: gh.PullRequest{
			Ref: gh.Ref{Owner: owner, Repo: name, Number: l.Number}, Title: l.Title, Body: c.Body, Author: c.Author, AuthorBot: c.Bot,
			State: "open", Head: gh.Branch{SHA: c.Head}, Base: gh.Branch{SHA: c.Base},
			Additions: c.Additions, Deletions: c.Deletions, ChangedFiles: c.Count, Commits: len(c.Commits), CreatedAt: l.Time,
		},
		Attributes: c.Attributes,
	}
	for _, f := range c.Files {
		s.Files = append(s.Files, gh.File{
			Path: f.Path, PreviousPath: f.Previous, Status: f.Status, Additions: f.Additions, Deletions: f.Deletions, Patch: f.Patch,
		})
	}
	for _, m := range c.Commits {
		s.List = append(s.List, gh.Commit{SHA: m.ID, Message: m.Message, Time: m.Time, Parents: m.Parents})
	}
	return s
}

// lineSeed makes the hashes of lines; they are compared within one run only.
var lineSeed = maphash.MakeSeed()

// codeLines returns the lines of code that a pull request adds and removes, each hashed with its file. Lines that could be anywhere, such as
// a bracket, are left out.
func codeLines(f pulls.Facts, files []gh.File) (added, removed []uint64) {
	for i, file := range files {
		if i >= len(f.Changes) || f.Changes[i].Class != pulls.ClassCode {
			continue
		}
		for l := range strings.SplitSeq(file.Patch, "\n") {
			if len(l) < 2 || l[0] != '+' && l[0] != '-' || trivial(l[1:]) {
				continue
			}
			var h maphash.Hash
			h.SetSeed(lineSeed)
			h.WriteString(file.Path)
			h.WriteByte(0)
			h.WriteString(strings.TrimSpace(l[1:]))
			if l[0] == '+' {
				added = append(added, h.Sum64())
			} else {
				removed = append(removed, h.Sum64())
			}
		}
	}
	return added, removed
}

// trivial reports whether a line says too little to be told from others: a comment, an import, or less than ten letters.
func trivial(text string) bool {
	t := strings.TrimSpace(text)
	letters := 0
	for _, c := range []byte(t) {
		if c|0x20 >= 'a' && c|0x20 <= 'z' {
			letters++
		}
	}
	return letters < 10 || strings.HasPrefix(t, "//") || strings.HasPrefix(t, "#") || strings.HasPrefix(t, "*") || strings.HasPrefix(t, "import ") || strings.HasPrefix(t, `"`)
}
