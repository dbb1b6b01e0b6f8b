package github

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

const (
	maxListedCommits = 250     // GitHub lists no more commits of a pull request
	commitLimit      = 5_000   // commits of a pull request that are counted
	detailsLimit     = 8_000   // commits of pull requests whose details are kept
	diffsLimit       = 8 << 20 // bytes of diffs that are kept
	countsLimit      = 50_000  // totals of diffs that are kept
)

// details are what has to be computed for one pull request, besides its diff.
type details struct {
	base         string    // the merge base; the empty tree's id for a root commit
	from, to     string    // trees: the diff between them is the pull request's
	commits      []*commit // oldest first, at most maxListedCommits
	commitsTotal int
	head         *commit
	body         string
	author       string // login
}

// counts are the totals of a diff.
type counts struct{ files, additions, deletions int }

// A reader computes and keeps what is asked about single pull requests.
type reader struct {
	repo    *repository
	objects *objectReader
	differ  *differ
	people  *directory
	owner   string // of the repository

	details *cache[string, *details] // by what identifies a pull request's content
	diffs   *cache[string, *diff]    // by both trees
	counts  *cache[string, counts]   // the same
	merges  *cache[string, *bool]    // by both commits
}

func newReader(r *repository, o *objectReader, people *directory, owner string) *reader {
	return &reader{
		repo: r, objects: o, differ: newDiffer(r), people: people, owner: owner,
		details: newCache[string](detailsLimit, func(d *details) int { return 1 + len(d.commits) }),
		diffs:   newCache[string](diffsLimit, (*diff).cost),
		counts:  newCache[string](countsLimit, func(counts) int { return 1 }),
		merges:  newCache[string](countsLimit, func(*bool) int { return 1 }),
	}
}

// detailsOf computes what p's row in the index does not say.
func (r *reader) detailsOf(ctx context.Context, p *pull) (*details, error) {
	key := strings.Join([]string{strconv.Itoa(int(p.kind)), p.into, p.head, p.merge, p.author}, " ")
	return r.details.get(ctx, key, func(ctx context.Context) (*details, error) {
		d, err := r.compute(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("reading pull request %d: %w", p.number, err)
		}
		return d, nil
	})
}

func (r *reader) compute(ctx context.Context, p *pull) (*details, error) {
	head, err := r.objects.commit(ctx, p.head)
	if err != nil {
		return nil, err
	}
	d := &details{base: p.into, head: head, to: head.tree, author: p.author}
	if p.kind == kindSquash {
		d.commits, d.commitsTotal, d.body = []*commit{head}, 1, head.body()
		if mergeSubject.MatchString(head.subject()) { // one commit with a merge's message
			d.body = afterFirstLine(d.body)
		}
	} else if err := r.branchDetails(ctx, p, d); err != nil {
		return nil, err
	}
	if p.kind == kindMerge && strings.EqualFold(p.headOwner, r.owner) {
		d.author = r.people.author(head.author) // a branch of the repository itself names no person
	}
	if d.base == "" {
		d.base, d.from = r.repo.emptyTree, r.repo.emptyTree
		return d, nil
	}
	base, err := r.objects.read(ctx, d.base, "tree")
	d.from = base.id
	return d, err
}

// branchDetails finds the commits and the merge base of a pull request that has
// commits of its own.
func (r *reader) branchDetails(ctx context.Context, p *pull, d *details) error {
	commits, edges, err := r.repo.commitsBetween(ctx, p.into, p.head)
	if err != nil {
		return err
	}
	switch {
	case len(commits) == 0:
		d.base = p.head
	case len(edges) == 1: // the one commit where the branch leaves the rest is the merge base
		d.base = edges[0]
	default:
		if d.base, err = r.repo.mergeBase(ctx, p.into, p.head); err != nil {
			return err
		}
	}
	slices.Reverse(commits)
	d.commitsTotal = len(commits)
	d.commits = slices.Clone(commits[:min(len(commits), maxListedCommits)])
	switch {
	case p.merge != "" && p.kind == kindMerge:
		merge, err := r.objects.commit(ctx, p.merge)
		if err != nil {
			return err
		}
		d.body = afterFirstLine(merge.body())
	case d.commitsTotal == 1:
		d.body = d.head.body()
	}
	if d.base != "" {
		return nil
	}
	// The histories share nothing, or a shallow clone does not know what they
	// share. What the merge did to the default branch is then the change.
	d.base = p.into
	if p.kind == kindMerge {
		merge, err := r.objects.commit(ctx, p.merge)
		if err != nil {
			return err
		}
		d.head, d.to = merge, merge.tree
	}
	return nil
}

func afterFirstLine(s string) string {
	_, rest, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(rest)
}

// commitsBetween returns the commits that to has and from lacks, newest first,
// and the commits of from where they begin. At most commitLimit are read.
func (r *repository) commitsBetween(ctx context.Context, from, to string) (commits []*commit, edges []string, err error) {
	args := append(slices.Clone(logArgs), "--max-count="+strconv.Itoa(commitLimit), to)
	if from != "" {
		args = append(args, "^"+from)
	}
	err = r.stream(ctx, nil, func(out *bufio.Reader) error {
		return readLog(out, func(c *commit) { commits = append(commits, c) })
	}, append(args, "--")...)
	if err != nil {
		return nil, nil, err
	}
	inside := make(map[string]bool, len(commits))
	for _, c := range commits {
		inside[c.id] = true
	}
	seen := make(map[string]bool)
	for _, c := range commits {
		for _, parent := range c.parents {
			if !inside[parent] && !seen[parent] {
				seen[parent] = true
				edges = append(edges, parent)
			}
		}
	}
	return commits, edges, nil
}

// mergeBase returns the best common ancestor of two commits, or "" when they
// have none.
func (r *repository) mergeBase(ctx context.Context, a, b string) (string, error) {
	if a == "" || b == "" {
		return "", nil
	}
	out, err := r.text(ctx, "merge-base", a, b)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return "", nil
	}
	return out, err
}

// diffOf returns the changes of a pull request with the given details.
func (r *reader) diffOf(ctx context.Context, d *details) (*diff, error) {
	return r.diffBetween(ctx, d.from, d.to)
}

func (r *reader) diffBetween(ctx context.Context, from, to string) (*diff, error) {
	key := from + " " + to
	return r.diffs.get(ctx, key, func(ctx context.Context) (*diff, error) {
		got, err := r.differ.compare(ctx, from, to)
		if err == nil {
			_, _ = r.counts.get(ctx, key, func(context.Context) (counts, error) { return got.counts(), nil })
		}
		return got, err
	})
}

// countsOf is the totals of diffOf, without keeping the patches in memory longer.
func (r *reader) countsOf(ctx context.Context, d *details) (counts, error) {
	return r.counts.get(ctx, d.from+" "+d.to, func(ctx context.Context) (counts, error) {
		got, err := r.differ.compare(ctx, d.from, d.to)
		if err != nil {
			return counts{}, err
		}
		return got.counts(), nil
	})
}

func (d *diff) counts() counts { return counts{len(d.files), d.additions, d.deletions} }

// mergeable reports whether p's head merges into the default branch without
// conflicts; nil is unknown. It is known when nothing happened there since the
// branch began, or when both sides changed different files: trying the merge
// could write to the repository and run its merge drivers.
func (r *reader) mergeable(ctx context.Context, p *pull, d *details, tip string) (*bool, error) {
	if p.state != "open" {
		return nil, nil
	}
	if d.base == tip {
		return new(true), nil
	}
	return r.merges.get(ctx, tip+" "+p.head, func(ctx context.Context) (*bool, error) {
		here, err := r.repo.changedPaths(ctx, d.base, p.head)
		if err != nil {
			return nil, err
		}
		there, err := r.repo.changedPaths(ctx, d.base, tip)
		if err != nil {
			return nil, err
		}
		for path := range here {
			if there[path] {
				return nil, nil
			}
		}
		return new(true), nil
	})
}

// changedPaths returns the paths that differ between two commits; a renamed file
// counts with both its names.
func (r *repository) changedPaths(ctx context.Context, from, to string) (map[string]bool, error) {
	out, err := r.output(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", from, to, "--")
	if err != nil {
		return nil, err
	}
	paths := make(map[string]bool)
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if path != "" {
			paths[path] = true
		}
	}
	return paths, nil
}

// close ends the processes.
func (r *reader) close() {
	r.differ.crew.close()
	r.objects.crew.close()
}
