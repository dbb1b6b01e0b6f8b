package github

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A History reads what landed on a repository's default branch, without a server:
// the same pull requests, commits and diffs that a Server shows, for programs
// that go through thousands of them. Make one with OpenHistory. Its methods are
// safe for concurrent use.
type History struct {
	name     string
	landings []Landing // oldest first
	reader   *reader
	texts    *cache[string, string] // of .gitattributes, by object
}

// A Landing is what one first-parent commit brought to the default branch.
type Landing struct {
	Number  int    // of the pull request that the commit names; 0: it names none
	Title   string // of the pull request, else the commit's subject
	Message string // of the commit
	Commit  string // id on the default branch
	Time    time.Time

	pull *pull
}

// A LandedChange is what one Landing consists of.
type LandedChange struct {
	Author               string // login
	Bot                  bool
	Body                 string // of the pull request, as far as commits tell it
	Base, Head           string // ids of commits
	Commits              []LandedCommit
	Files                []LandedFile // as GitHub lists them, at most 3,000
	Count                int          // of files
	Additions, Deletions int
	Attributes           string // .gitattributes at the base; "" when there is none
}

// A LandedCommit is one commit of a pull request.
type LandedCommit struct {
	ID, Message string
	Time        time.Time
	Parents     int
}

// A LandedFile is one changed file, with the fields and words of GitHub's list of files.
type LandedFile struct {
	Path, Previous, Status string
	Additions, Deletions   int
	Patch                  string // "" when there is none or it is too large
}

// OpenHistory reads the names of everything that landed on the default branch of
// the repository that dir is in: the newest 20,000 commits. The caller must Close
// the History.
func OpenHistory(ctx context.Context, dir string) (*History, error) {
	repo, err := openRepository(ctx, dir)
	if err != nil {
		return nil, err
	}
	refs, err := repo.readRefs(ctx)
	if err != nil {
		return nil, err
	}
	people, objects := newDirectory(), newObjectReader(repo)
	h := &History{
		name: repo.remoteName(ctx), reader: newReader(repo, objects, people, ""),
		texts: newCache[string](1<<20, func(s string) int { return 1 + len(s) }),
	}
	b := &indexer{repo: repo, objects: objects, people: people}
	args := append(slices.Clone(logArgs), "--first-parent", "--max-count="+strconv.Itoa(historyLimit), refs.tip, "--")
	if refs.tip == "" {
		return h, nil
	}
	err = repo.stream(ctx, nil, func(out *bufio.Reader) error {
		return readLog(out, func(c *commit) {
			l := Landing{Title: c.subject(), Message: c.message, Commit: c.id, Time: c.committer.when}
			if l.pull = b.named(c); l.pull != nil {
				l.Number, l.Title = l.pull.number, l.pull.title
			}
			h.landings = append(h.landings, l)
		})
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the history of %s: %w", repo.dir, err)
	}
	slices.Reverse(h.landings)
	return h, nil
}

// Repository returns the name the repository is known under: "owner/name".
func (h *History) Repository() string { return h.name }

// Landings returns everything that landed, the oldest first. A pull request may be
// named more than once.
func (h *History) Landings() []Landing { return slices.Clone(h.landings) }

// ErrNoPull is the error for a landing that names no pull request.
var ErrNoPull = errors.New("the commit names no pull request")

// Change reads what a landing consists of. Parts of the repository that are missing, as in a shallow or partial clone, are an error.
func (h *History) Change(ctx context.Context, l Landing) (LandedChange, error) {
	if l.pull == nil {
		return LandedChange{}, ErrNoPull
	}
	d, err := h.reader.compute(ctx, l.pull)
	if err != nil {
		return LandedChange{}, fmt.Errorf("reading pull request %d: %w", l.Number, err)
	}
	got, err := h.reader.differ.compare(ctx, d.from, d.to)
	if err != nil {
		return LandedChange{}, fmt.Errorf("reading pull request %d: %w", l.Number, err)
	}
	c := LandedChange{
		Author: d.author, Bot: h.reader.people.get(d.author).bot, Body: d.body, Base: d.base, Head: d.head.id,
		Count: len(got.files), Additions: got.additions, Deletions: got.deletions,
	}
	for _, m := range d.commits {
		c.Commits = append(c.Commits, LandedCommit{ID: m.id, Message: m.message, Time: m.author.when, Parents: len(m.parents)})
	}
	for _, f := range got.files[:min(len(got.files), maxListedFiles)] {
		c.Files = append(c.Files, LandedFile{f.path, f.previous, f.status, f.additions, f.deletions, f.patch})
	}
	c.Attributes, err = h.attributes(ctx, d.from)
	return c, err
}

// attributes returns the text of .gitattributes at the root of a tree.
func (h *History) attributes(ctx context.Context, tree string) (string, error) {
	if tree == h.reader.repo.emptyTree {
		return "", nil
	}
	entries, err := h.reader.objects.tree(ctx, tree)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(entries, func(e treeEntry) bool { return e.name == ".gitattributes" })
	if i < 0 {
		return "", nil
	}
	return h.texts.get(ctx, entries[i].id, func(ctx context.Context) (string, error) {
		o, err := h.reader.objects.read(ctx, entries[i].id, "")
		return validText(o.data, false), err
	})
}

// Close ends the git processes.
func (h *History) Close() { h.reader.close() }
