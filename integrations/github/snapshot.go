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

// snapshot reads once; moved is set when the head is another one at the end.
func (c *Client) snapshot(ctx context.Context, ref Ref) (s Snapshot, moved bool, err error) {
	begun := c.now().UTC()
	pr, err := c.Pull(ctx, ref)
	if err != nil {
		return Snapshot{}, false, err
	}
	s = Snapshot{PullRequest: pr, Read: begun}
	var (
		wg       sync.WaitGroup
		filesErr error
		fileGaps []Gap
		parts    = make([][]Gap, 6) // each reader has its own, so that their order is always the same
	)
	wg.Go(func() { s.Files, fileGaps, filesErr = c.files(ctx, pr) })
	wg.Go(func() { s.List, parts[0] = c.readCommits(ctx, pr) })
	wg.Go(func() { s.Reviews, parts[1] = c.readReviews(ctx, pr) })
	wg.Go(func() { s.Checks, parts[2] = c.readChecks(ctx, pr) })
	wg.Go(func() { s.Owners, s.Attributes, parts[3] = c.readBase(ctx, pr) })
	wg.Go(func() { s.Issues, parts[4] = c.readIssues(ctx, pr) })
	wg.Go(func() { s.Settings, parts[5] = c.readSettings(ctx, pr) })
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Snapshot{}, false, fmt.Errorf("pull request %s: %w", pr.Ref, err)
	}
	if filesErr != nil {
		return Snapshot{}, false, c.explain(filesErr)
	}
	s.Gaps = slices.Concat(append([][]Gap{fileGaps}, parts...)...)
	return s, c.moved(ctx, s), nil
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

// readChecks reads both kinds of checks of the head.
func (c *Client) readChecks(ctx context.Context, pr PullRequest) (checks []Check, gaps []Gap) {
	var (
		wg       sync.WaitGroup
		statuses []Check
		second   []Gap
	)
	wg.Go(func() {
		list, more, err := c.statuses(ctx, pr.Ref, pr.Head.SHA)
		if statuses, second = list, c.gap("commit statuses", err); more {
			second = append(second, Gap{"commit statuses", fmt.Sprintf("there are more than the first %d", len(list))})
		}
	})
	list, more, err := c.checkRuns(ctx, pr.Ref, pr.Head.SHA)
	if gaps = c.gap("check runs", err); more {
		gaps = append(gaps, Gap{"check runs", fmt.Sprintf("there are more than the first %d", len(list))})
	}
	wg.Wait()
	return append(list, statuses...), append(gaps, second...)
}

func (c *Client) readBase(ctx context.Context, pr PullRequest) (owners, attributes string, gaps []Gap) {
	t, err := c.baseTexts(ctx, pr.Ref, pr.Base.SHA)
	return t.owners, t.attributes, c.gap("CODEOWNERS and .gitattributes", err)
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
