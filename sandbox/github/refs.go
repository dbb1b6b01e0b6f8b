package github

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// refs are the names of commits in a repository.
type refs struct {
	defaultBranch string
	tip           string            // commit of the default branch; "" in a repository without commits
	branches      map[string]string // commit by branch: local ones, and those of origin that have no local namesake
	tags          map[string]string // commit by tag
}

// equal reports whether nothing was moved, added or deleted between r and other.
func (r refs) equal(other refs) bool {
	return r.defaultBranch == other.defaultBranch && r.tip == other.tip &&
		maps.Equal(r.branches, other.branches) && maps.Equal(r.tags, other.tags)
}

// resolve returns the full id of the commit that name stands for, as GitHub
// reads a ref: a branch or tag, with or without "heads/", "tags/" or "refs/".
// It returns "" for what is no such name; ids are not looked up here.
func (r refs) resolve(name string) string {
	if name == "" || name == "HEAD" {
		return r.tip
	}
	short := strings.TrimPrefix(name, "refs/")
	if branch, ok := strings.CutPrefix(short, "heads/"); ok && r.branches[branch] != "" {
		return r.branches[branch]
	}
	if tag, ok := strings.CutPrefix(short, "tags/"); ok && r.tags[tag] != "" {
		return r.tags[tag]
	}
	return cmp.Or(r.branches[name], r.tags[name])
}

const (
	localPrefix  = "refs/heads/"
	originPrefix = "refs/remotes/origin/"
	tagPrefix    = "refs/tags/"
)

// readRefs lists branches and tags and decides which branch is the default one:
// what origin calls its HEAD, else the checked-out branch, else main or master.
func (r *repository) readRefs(ctx context.Context) (refs, error) {
	out, err := r.output(ctx, "for-each-ref", "--format=%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(symref)%00%(refname)",
		"refs/heads", "refs/remotes/origin", "refs/tags")
	if err != nil {
		return refs{}, fmt.Errorf("listing the branches of %s: %w", r.dir, err)
	}
	got := refs{branches: make(map[string]string), tags: make(map[string]string)}
	remote := make(map[string]string)
	originHead := ""
	for line := range strings.Lines(string(out)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\x00", 6)
		if len(f) != 6 {
			return refs{}, fmt.Errorf("listing the branches of %s: unexpected output %q", r.dir, line)
		}
		id, name := f[1], f[5]
		if f[0] == "tag" {
			f[0], id = f[2], f[3]
		}
		if name == originPrefix+"HEAD" {
			originHead = strings.TrimPrefix(f[4], originPrefix)
			continue
		}
		if f[0] != "commit" {
			continue
		}
		if branch, ok := strings.CutPrefix(name, localPrefix); ok {
			got.branches[branch] = id
		} else if branch, ok := strings.CutPrefix(name, originPrefix); ok {
			remote[branch] = id
		} else if tag, ok := strings.CutPrefix(name, tagPrefix); ok {
			got.tags[tag] = id
		}
	}
	return got, r.chooseDefault(ctx, &got, remote, originHead)
}

// chooseDefault sets the default branch and its tip, and adds origin's branches
// to the local ones. The default branch is origin's when origin has named one:
// that is the state everybody else sees.
func (r *repository) chooseDefault(ctx context.Context, got *refs, remote map[string]string, originHead string) error {
	local := maps.Clone(got.branches)
	for name, id := range remote {
		if got.branches[name] == "" {
			got.branches[name] = id
		}
	}
	if remote[originHead] != "" {
		got.defaultBranch, got.tip = originHead, remote[originHead]
		got.branches[originHead] = got.tip
		return nil
	}
	head, _ := r.text(ctx, "symbolic-ref", "--quiet", "HEAD") // fails when HEAD is detached
	head = strings.TrimPrefix(head, localPrefix)
	for _, name := range []string{head, "main", "master"} {
		if name != "" && got.branches[name] != "" {
			got.defaultBranch, got.tip = name, cmp.Or(local[name], got.branches[name])
			return nil
		}
	}
	got.defaultBranch = cmp.Or(head, "main")
	if len(got.branches) > 0 && head != "" { // HEAD names a branch that is not there
		names := slices.Sorted(maps.Keys(got.branches))
		got.defaultBranch, got.tip = names[0], got.branches[names[0]]
		return nil
	}
	if id, err := r.text(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"); err == nil {
		got.tip = id
		got.branches[got.defaultBranch] = id
	}
	return nil
}
