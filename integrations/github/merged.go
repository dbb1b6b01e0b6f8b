package github

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

// MergedPull is a merged pull request with the paths that it changes. Of the pull request itself it has what lists tell: no counts.
type MergedPull struct {
	PullRequest
	Merge string   // the commit on the base branch that it became; deployments name it
	Paths []string // as they are after the change; those that were renamed away from, too
	// Partial says that it changes more files than GitHub gives in one answer, and that the others are not in Paths.
	Partial bool
	Unread  string // why its files could not be read, in words for people; "" when they were
}

const (
	maxClosedPages = 5  // of a hundred pull requests, that are looked through
	maxMerged      = 60 // whose files are read
)

// Merged finds the pull requests of a repository that were merged from one time to another, both included, the ones changed last first. Each costs a
// request for its files, unless they were read before. more says that there may be others: GitHub lists closed ones by when they changed last, and no
// more than five hundred are looked through, nor more than sixty given. An error is one of the list.
func (c *Client) Merged(ctx context.Context, owner, repo string, from, to time.Time) (list []MergedPull, more bool, err error) {
	owner, repo, err = c.allowed(owner, repo)
	if err != nil {
		return nil, false, err
	}
	list, more, err = c.mergedBetween(ctx, owner, repo, from, to)
	if err != nil {
		return nil, false, c.explain(err)
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, pagesAtATime)
	for i := range list {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			c.readPaths(ctx, &list[i])
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, false, fmt.Errorf("pull requests merged in %s/%s: %w", owner, repo, err)
	}
	return list, more, nil
}

// mergedBetween lists them. Whatever was merged since from has changed since then, so that the list ends where older changes begin.
func (c *Client) mergedBetween(ctx context.Context, owner, repo string, from, to time.Time) (out []MergedPull, more bool, err error) {
	for page := 1; page <= maxClosedPages; page++ {
		found, resp, err := c.api.PullRequests.List(ctx, owner, repo, &github.PullRequestListOptions{
			State: "closed", Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{Page: page, PerPage: pageSize},
		})
		if err != nil {
			return nil, false, c.fail("merged pull requests of "+owner+"/"+repo, err)
		}
		for _, p := range found {
			pr := pullRequest(Ref{Owner: owner, Repo: repo, Number: p.GetNumber()}, p)
			if !pr.UpdatedAt.IsZero() && pr.UpdatedAt.Before(from) {
				return out, false, nil
			}
			if pr.MergedAt.IsZero() || pr.MergedAt.Before(from) || pr.MergedAt.After(to) {
				continue
			}
			if len(out) == maxMerged {
				return out, true, nil
			}
			out = append(out, MergedPull{PullRequest: pr, Merge: p.GetMergeCommitSHA()})
		}
		if resp.NextPage == 0 {
			return out, false, nil
		}
	}
	return out, true, nil
}

// readPaths reads the first files of a merged pull request; they are remembered with those of open ones.
func (c *Client) readPaths(ctx context.Context, m *MergedPull) {
	t, err := c.touched(ctx, m.PullRequest)
	if err != nil {
		m.Unread = why(err)
		if !errors.Is(err, context.Canceled) {
			c.log.Warn("files of a merged pull request not read", "pull", m.Ref.String(), "err", err)
		}
	}
	m.Partial = t.partial
	for _, f := range t.files {
		m.Paths = append(m.Paths, f.Path)
		if f.PreviousPath != "" && f.Status == "renamed" {
			m.Paths = append(m.Paths, f.PreviousPath)
		}
	}
}

// CodeOwners reads the CODEOWNERS file of a repository's default branch, "" when there is none: a request for the branch's tip, and more only when
// that is new.
func (c *Client) CodeOwners(ctx context.Context, owner, repo string) (string, error) {
	owner, repo, err := c.allowed(owner, repo)
	if err != nil {
		return "", err
	}
	tip, _, err := c.api.Repositories.ListCommits(ctx, owner, repo, &github.CommitsListOptions{ListOptions: github.ListOptions{PerPage: 1}})
	if err != nil {
		return "", c.explain(c.fail("the default branch of "+owner+"/"+repo, err))
	}
	if len(tip) == 0 {
		return "", nil
	}
	t, err := c.baseTexts(ctx, Ref{Owner: owner, Repo: repo}, tip[0].GetSHA())
	if err != nil {
		return "", c.explain(err)
	}
	return t.owners, nil
}
