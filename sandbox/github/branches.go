package github

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// branches adds an open pull request for each branch that has commits the
// default branch lacks, and a closed one for each branch that once had one.
func (b *indexer) branches(ctx context.Context, x *index) error {
	names := make(map[string][]string) // branches by their commit
	for name, id := range x.refs.branches {
		if name != x.refs.defaultBranch && id != x.refs.tip {
			names[id] = append(names[id], name)
		}
	}
	ahead, tips, err := b.ahead(ctx, x, names)
	if err != nil {
		return err
	}
	var open []*pull
	current := make(map[string]bool)
	for _, tip := range tips {
		slices.Sort(names[tip.id])
		for _, name := range names[tip.id] {
			current[name] = true
			if len(open) < branchLimit {
				open = append(open, b.open(x, ahead, name, tip))
			}
		}
	}
	b.number(x, open)
	return b.closed(ctx, x, current)
}

// ahead reads the commits that the named ones have and the default branch lacks.
// tips are those of them that have names, newest first.
func (b *indexer) ahead(ctx context.Context, x *index, names map[string][]string) (ahead map[string]*commit, tips []*commit, err error) {
	ahead = make(map[string]*commit)
	if len(names) == 0 {
		return ahead, nil, nil
	}
	revisions := "^" + x.refs.tip + "\n" + strings.Join(slices.Sorted(maps.Keys(names)), "\n") + "\n"
	args := append(slices.Clone(logArgs), "--max-count="+strconv.Itoa(aheadLimit), "--stdin")
	err = b.repo.stream(ctx, strings.NewReader(revisions), func(out *bufio.Reader) error {
		return readLog(out, func(c *commit) {
			ahead[c.id] = c
			if names[c.id] != nil {
				tips = append(tips, c)
			}
		})
	}, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the branches of %s: %w", b.repo.dir, err)
	}
	return ahead, tips, nil
}

// open describes the pull request of a branch whose last commit is tip.
func (b *indexer) open(x *index, ahead map[string]*commit, name string, tip *commit) *pull {
	first := oldest(ahead, tip)
	author := b.people.author(first.author)
	p := &pull{
		title: branchTitle(name), state: "open", kind: kindBranch,
		author: author, headOwner: author, headRef: name, head: tip.id, into: x.refs.tip,
		created: earlier(first.author.when, tip.committer.when), updated: tip.committer.when,
	}
	if first == tip {
		p.title = cmp.Or(tip.subject(), p.title)
	}
	return p
}

// oldest follows first parents from tip while they are ahead of the default branch.
func oldest(ahead map[string]*commit, tip *commit) *commit {
	for len(tip.parents) > 0 && ahead[tip.parents[0]] != nil {
		tip = ahead[tip.parents[0]]
	}
	return tip
}

// branchTitle is the title GitHub proposes for a branch of several commits:
// "fix/slow-start" becomes "Fix/slow start".
func branchTitle(name string) string {
	title := strings.TrimSpace(strings.NewReplacer("-", " ", "_", " ").Replace(name))
	if title == "" {
		return name
	}
	return strings.ToUpper(title[:1]) + title[1:]
}

// number gives open pull requests their numbers, oldest first.
func (b *indexer) number(x *index, open []*pull) {
	highest := 0
	for n := range x.byNumber {
		highest = max(highest, n)
	}
	taken := func(n int) bool { return x.byNumber[n] != nil }
	for _, p := range slices.Backward(open) {
		p.number = b.numbers.number(knownBranch{Name: p.headRef, Head: p.head, Into: p.into}, highest, taken)
		x.byNumber[p.number] = p
	}
}

// closed adds the pull requests of branches that once had one and are not
// current: closed, and merged when their last commit is in the default branch.
func (b *indexer) closed(ctx context.Context, x *index, current map[string]bool) error {
	for _, k := range b.numbers.forgotten(current) {
		if x.byNumber[k.Number] != nil {
			continue
		}
		tip, err := b.objects.commit(ctx, k.Head)
		if err != nil {
			continue // pruned: nothing is left to show
		}
		author := b.people.author(tip.author)
		p := &pull{
			number: k.Number, title: cmp.Or(tip.subject(), branchTitle(k.Name)), state: "closed", kind: kindBranch,
			author: author, headOwner: author, headRef: k.Name, head: tip.id, into: k.Into,
			created: tip.author.when, updated: tip.committer.when,
		}
		if err := b.landing(ctx, x, p); err != nil {
			return err
		}
		x.byNumber[p.number] = p
	}
	return nil
}

// landing makes p merged when its head is in the default branch. The commit that
// brought it there is the first one after it, or the head itself when the default
// branch was only moved forward.
func (b *indexer) landing(ctx context.Context, x *index, p *pull) error {
	base, err := b.repo.mergeBase(ctx, p.head, x.refs.tip)
	if err != nil || base != p.head {
		return err
	}
	args := append(slices.Clone(logArgs), "--ancestry-path", "--reverse", p.head+".."+x.refs.tip, "--")
	var first *commit
	err = b.repo.stream(ctx, nil, func(out *bufio.Reader) error {
		return readLog(out, func(c *commit) {
			if first == nil {
				first = c
			}
		})
	}, args...)
	if err != nil {
		return fmt.Errorf("finding what merged %s: %w", p.headRef, err)
	}
	p.merge, p.mergedBy, p.mergedAt = p.head, p.author, p.updated
	if first != nil {
		p.merge, p.mergedBy, p.mergedAt = first.id, b.people.author(first.author), first.committer.when
	}
	p.updated = p.mergedAt
	return nil
}
