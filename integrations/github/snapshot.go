package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Snapshot reads a pull request with everything the bot wants to know of it, at the head commit that it has when the reading begins.
// The pull request itself and its files are needed: that they cannot be read is an error, a *bot.UserError where people can do something
// about it. Any other part that cannot be read is told by a Gap. When new commits arrive meanwhile it reads once more, and after that
// tells of it by a Gap.
func (c *Client) Snapshot(ctx context.Context, ref Ref) (Snapshot, error) {
	s, moved, err := c.snapshot(ctx, ref)
	if err != nil || !moved {
		return s, err
	}
	if s, moved, err = c.snapshot(ctx, ref); err == nil && moved {
		s.Gaps = append(s.Gaps, Gap{"the newest commits", "they arrived while I was reading"})
	}
	return s, err
}

// snapshot reads once; moved is set when the head is another one at the end. A first look takes seven requests, where no list has more than a
// page; one at a pull request that has not changed since takes two, or three where commit statuses are in use, all of which GitHub answers with 304.
func (c *Client) snapshot(ctx context.Context, ref Ref) (s Snapshot, moved bool, err error) {
	if _, _, err := c.allowed(ref.Owner, ref.Repo); err != nil {
		return Snapshot{}, false, err
	}
	begun := c.now().UTC()
	began := c.wire(ref.Owner).gate.serverTime(c.now())
	pr, err := c.Pull(ctx, ref)
	if err != nil {
		return Snapshot{}, false, err
	}
	var (
		wg       sync.WaitGroup
		filesErr error
		gaps     [6][]Gap // each reader has its own, so that their order is always the same
		old      = c.recent.reusable(pr)
	)
	s = old.snapshot
	s.PullRequest, s.Read = pr, begun
	if !old.files {
		wg.Go(func() { s.Files, gaps[0], filesErr = c.files(ctx, pr) })
		wg.Go(func() { s.List, gaps[1] = c.readCommits(ctx, pr) })
	}
	if !old.rest {
		wg.Go(func() { s.Reviews, gaps[2] = c.readReviews(ctx, pr) })
		wg.Go(func() {
			r := c.readRelated(ctx, pr)
			s.Owners, s.Attributes, s.Settings, s.Issues, gaps[4] = r.base.owners, r.base.attributes, r.settings, r.issues, r.gaps
		})
	} else {
		wg.Go(func() { s.Settings, gaps[5] = c.readSettings(ctx, pr) })
	}
	wg.Go(func() { s.Checks, gaps[3] = c.readChecks(ctx, pr, old.rest) })
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Snapshot{}, false, fmt.Errorf("pull request %s: %w", pr.Ref, err)
	}
	if filesErr != nil {
		return Snapshot{}, false, c.explain(filesErr)
	}
	s.Gaps = slices.Concat(gaps[:]...)
	if moved = c.moved(ctx, s); !moved {
		c.recent.keep(look{snapshot: s, read: began, files: len(gaps[0])+len(gaps[1]) == 0, rest: len(gaps[2])+len(gaps[4]) == 0})
	}
	return s, moved, nil
}

// moved reports whether the head changed while the snapshot was read. It costs a request only when the commits or the files look like it.
func (c *Client) moved(ctx context.Context, s Snapshot) bool {
	if !otherCommits(s) && !slices.ContainsFunc(s.Files, func(f File) bool { return otherHead(f, s.Head.SHA) }) {
		return false
	}
	pr, err := c.Pull(ctx, s.Ref)
	return err == nil && pr.Head.SHA != s.Head.SHA
}

// otherCommits reports whether the list of commits is whole and lacks the head.
func otherCommits(s Snapshot) bool {
	return len(s.List) > 0 && len(s.List) >= s.Commits && !slices.ContainsFunc(s.List, func(c Commit) bool { return c.SHA == s.Head.SHA })
}

// otherHead reports whether a file's address is at another commit. A removed file's is not at the head.
func otherHead(f File, head string) bool {
	_, at, ok := strings.Cut(f.URL, "/blob/")
	return ok && f.Status != "removed" && !strings.HasPrefix(at, head+"/")
}

func (c *Client) readCommits(ctx context.Context, pr PullRequest) ([]Commit, []Gap) {
	list, err := c.commits(ctx, pr.Ref, pr.Commits)
	if err != nil {
		return list, c.gap("commits", err)
	}
	if len(list) < pr.Commits {
		return list, []Gap{{"commits", fmt.Sprintf("GitHub lists %d of %d", len(list), pr.Commits)}}
	}
	return list, nil
}

func (c *Client) readReviews(ctx context.Context, pr PullRequest) ([]Review, []Gap) {
	list, more, err := c.reviews(ctx, pr.Ref)
	if err != nil {
		return list, c.gap("reviews", err)
	}
	if more {
		return list, []Gap{{"reviews", fmt.Sprintf("there are more than the first %d", len(list))}}
	}
	return list, nil
}

// readChecks reads both kinds of checks of the head. With same, which says that the pull request has not changed since the last look, commit
// statuses are asked for only where any were seen.
func (c *Client) readChecks(ctx context.Context, pr PullRequest, same bool) (checks []Check, gaps []Gap) {
	var (
		wg       sync.WaitGroup
		statuses []Check
		second   []Gap
	)
	if !same || c.recent.hasStatuses(pr.Ref, false) {
		wg.Go(func() {
			list, more, err := c.statuses(ctx, pr.Ref, pr.Head.SHA)
			c.recent.hasStatuses(pr.Ref, len(list) > 0 || err != nil)
			if statuses, second = list, c.gap("commit statuses", err); more {
				second = append(second, Gap{"commit statuses", fmt.Sprintf("there are more than the first %d", len(list))})
			}
		})
	}
	list, more, err := c.checkRuns(ctx, pr.Ref, pr.Head.SHA)
	if gaps = c.gap("check runs", err); more {
		gaps = append(gaps, Gap{"check runs", fmt.Sprintf("there are more than the first %d", len(list))})
	}
	wg.Wait()
	return append(list, statuses...), append(gaps, second...)
}

// gap tells people about a part that failed and logs the error; nil when there is none.
func (c *Client) gap(what string, err error) []Gap {
	if err == nil {
		return nil
	}
	if !errors.Is(err, context.Canceled) {
		c.log.Warn("part of a pull request not read", "part", what, "err", err)
	}
	return []Gap{{what, why(err)}}
}
