package github

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	historyLimit = 20_000 // first-parent commits that are looked at
	branchLimit  = 1_000  // open pull requests, those with the newest commits
	aheadLimit   = 20_000 // commits that branches have and the default branch lacks
	plainLimit   = 50     // commits shown as pull requests where history names none
)

// A pull is a pull request as history tells it. What needs a walk or a diff is
// computed later; see details.
type pull struct {
	number    int
	title     string
	state     string // "open" or "closed"
	author    string // login; for a merge, whose branch it was
	headOwner string // login of the account that has the branch
	headRef   string
	head      string // commit
	into      string // commit of the default branch the head was compared to; "" for a root commit
	merge     string // commit on the default branch; "" while not merged
	mergedBy  string // login; "" while not merged
	created   time.Time
	updated   time.Time // without comments
	mergedAt  time.Time // zero while not merged
	kind      pullKind
}

// A pullKind says how a pull request was found.
type pullKind int

const (
	kindMerge  pullKind = iota // a merge commit
	kindSquash                 // one commit on the default branch
	kindBranch                 // a branch
)

func (p *pull) merged() bool { return p.merge != "" }

// An index is what is known of the repository at one moment. It never changes.
type index struct {
	refs          refs
	pulls         []*pull       // newest number first
	byNumber      map[int]*pull // the same
	pushed        time.Time     // of the newest commit on the default branch; zero without commits
	created       time.Time     // of the oldest commit read
	defaultBranch string
}

// find returns pull request n or nil.
func (x *index) find(n int) *pull { return x.byNumber[n] }

// since is the time of the oldest commit read, or a fixed day without commits.
func (x *index) since() time.Time {
	if x.created.IsZero() {
		return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return x.created
}

// A numberer hands out the numbers of open pull requests.
type numberer interface {
	// number returns the number of the pull request of branch b, whose own
	// Number is not used: the one it has had, unless history has taken it, else a
	// new one above after.
	number(b knownBranch, after int, taken func(int) bool) int
	// forgotten returns the branches that once had a pull request and are not in
	// current.
	forgotten(current map[string]bool) []knownBranch
}

// A knownBranch is a branch that has, or had, a pull request.
type knownBranch struct {
	Name   string `json:"name"`
	Number int    `json:"number"`
	Head   string `json:"head"` // its last commit, when it was last seen open
	Into   string `json:"into"` // the default branch's last commit at that time
}

// An indexer builds indexes.
type indexer struct {
	repo    *repository
	objects *objectReader
	people  *directory
	numbers numberer
}

// build reads the repository's branches and history.
func (b *indexer) build(ctx context.Context, r refs) (*index, error) {
	x := &index{refs: r, byNumber: make(map[int]*pull), defaultBranch: r.defaultBranch}
	if r.tip == "" {
		return x, nil
	}
	history, err := b.history(ctx, x)
	if err != nil {
		return nil, err
	}
	if len(x.byNumber) == 0 {
		if err := b.plain(ctx, x, history); err != nil {
			return nil, err
		}
	}
	if err := b.branches(ctx, x); err != nil {
		return nil, err
	}
	x.pulls = slices.Collect(func(yield func(*pull) bool) {
		for _, p := range x.byNumber {
			if !yield(p) {
				return
			}
		}
	})
	slices.SortFunc(x.pulls, func(a, b *pull) int { return cmp.Compare(b.number, a.number) })
	return x, nil
}

// history reads the default branch's first-parent commits, adds the pull requests
// they name, and returns the newest plainLimit commits.
func (b *indexer) history(ctx context.Context, x *index) ([]*commit, error) {
	var newest []*commit
	args := append(slices.Clone(logArgs), "--first-parent", "--max-count="+strconv.Itoa(historyLimit), x.refs.tip, "--")
	err := b.repo.stream(ctx, nil, func(out *bufio.Reader) error {
		return readLog(out, func(c *commit) {
			if len(newest) < plainLimit {
				newest = append(newest, c)
			}
			if x.pushed.IsZero() {
				x.pushed = c.committer.when
			}
			x.created = c.committer.when
			b.people.author(c.author)
			b.people.author(c.committer)
			if p := b.named(c); p != nil && x.byNumber[p.number] == nil {
				x.byNumber[p.number] = p
			}
		})
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the history of %s: %w", b.repo.dir, err)
	}
	return newest, nil
}

var (
	mergeSubject  = regexp.MustCompile(`^Merge pull request #([0-9]{1,9}) from ([^/\s]+)(?:/(\S+))?`)
	squashSubject = regexp.MustCompile(`^(.*\S)\s*\(#([0-9]{1,9})\)$`)
)

// named returns the pull request that a first-parent commit names, or nil.
func (b *indexer) named(c *commit) *pull {
	if b.repo.boundary[c.id] {
		return nil // what it changed is unknown here
	}
	subject := c.subject()
	if m := mergeSubject.FindStringSubmatch(subject); m != nil {
		p := b.landed(c, m[1])
		if p == nil {
			return nil
		}
		title, _, _ := strings.Cut(c.body(), "\n")
		p.title = cmp.Or(strings.TrimSpace(title), subject)
		p.headRef = cmp.Or(m[3], p.headRef)
		if validLogin.MatchString(m[2]) {
			p.headOwner = b.people.add(m[2], "")
			p.author = p.headOwner
		}
		if len(c.parents) > 1 {
			p.kind, p.head = kindMerge, c.parents[1]
			p.mergedBy = b.people.author(c.author)
		}
		return p
	}
	if m := squashSubject.FindStringSubmatch(subject); m != nil {
		p := b.landed(c, m[2])
		if p != nil {
			p.title = strings.TrimSpace(m[1])
		}
		return p
	}
	return nil
}

// landed returns a merged pull request that is one commit on the default branch.
func (b *indexer) landed(c *commit, number string) *pull {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return nil
	}
	author := b.people.author(c.author)
	p := &pull{
		number: n, title: c.subject(), state: "closed", kind: kindSquash,
		author: author, headOwner: author, headRef: "pull-" + strconv.Itoa(n),
		head: c.id, merge: c.id, mergedBy: b.people.author(c.committer),
		created: earlier(c.author.when, c.committer.when), updated: c.committer.when, mergedAt: c.committer.when,
	}
	if len(c.parents) > 0 {
		p.into = c.parents[0]
	}
	return p
}

// plain shows commits as pull requests, each numbered by its place in
// first-parent history, so that a number stays as history grows.
func (b *indexer) plain(ctx context.Context, x *index, newest []*commit) error {
	out, err := b.repo.text(ctx, "rev-list", "--count", "--first-parent", x.refs.tip, "--")
	if err != nil {
		return fmt.Errorf("counting the commits of %s: %w", b.repo.dir, err)
	}
	count, err := strconv.Atoi(out)
	if err != nil {
		return fmt.Errorf("counting the commits of %s: %w", b.repo.dir, err)
	}
	for i, c := range newest {
		if b.repo.boundary[c.id] {
			continue
		}
		p := b.landed(c, strconv.Itoa(count-i))
		p.title = cmp.Or(p.title, "Commit "+c.id[:7])
		x.byNumber[p.number] = p
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// logArgs prints commits so that readLog can read them.
var logArgs = []string{"log", "-z", "--no-color", "--no-decorate", "--no-notes", "--no-show-signature", "--no-mailmap", "--encoding=UTF-8",
	"--format=tformat:%H%x00%P%x00%T%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B"}

// readLog calls each with the commits that git printed with logArgs.
func readLog(r *bufio.Reader, each func(*commit)) error {
	for {
		id, err := r.ReadString(0)
		if errors.Is(err, io.EOF) && id == "" {
			return nil
		}
		var fields [9]string
		for i := range fields {
			if err != nil {
				break
			}
			fields[i], err = r.ReadString(0)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		for i := range fields {
			fields[i] = strings.ToValidUTF8(strings.TrimSuffix(fields[i], "\x00"), "\uFFFD")
		}
		each(&commit{
			id: strings.TrimSuffix(id, "\x00"), parents: strings.Fields(fields[0]), tree: fields[1],
			author:    signature{fields[2], fields[3], parseSeconds(fields[4])},
			committer: signature{fields[5], fields[6], parseSeconds(fields[7])},
			message:   fields[8],
		})
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
