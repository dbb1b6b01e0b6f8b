package github

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"
)

// Open lists the open pull requests of a repository, the ones changed last first; more says that there are more than the thousand that are
// listed. GitHub leaves the counts (Additions, ChangedFiles …) and Mergeable out of lists: they are 0 and "unknown".
func (c *Client) Open(ctx context.Context, owner, repo string) (list []PullRequest, more bool, err error) {
	const pages = 10
	owner, repo, err = c.allowed(owner, repo)
	if err != nil {
		return nil, false, err
	}
	for page := 1; page <= pages; page++ {
		found, resp, err := c.api.PullRequests.List(ctx, owner, repo, &github.PullRequestListOptions{
			State: "open", Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{Page: page, PerPage: pageSize},
		})
		if err != nil {
			return list, false, c.explain(c.fail("open pull requests of "+owner+"/"+repo, err))
		}
		for _, pr := range found {
			list = append(list, pullRequest(Ref{Owner: owner, Repo: repo, Number: pr.GetNumber()}, pr))
		}
		if resp.NextPage == 0 {
			return list, false, nil
		}
	}
	return list, true, nil
}

// Status reads how a pull request stands: whether it can be merged, its reviews and its checks; neither its files nor its commits. pr is it as
// it was listed. What cannot be read beside the pull request itself is told by a Gap.
func (c *Client) Status(ctx context.Context, pr PullRequest) (Snapshot, error) {
	begun := c.now().UTC()
	pr, err := c.Pull(ctx, pr.Ref)
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{PullRequest: pr, Read: begun}
	var reading sync.WaitGroup
	var checks []Gap
	reading.Go(func() { s.Checks, checks = c.readChecks(ctx, pr, false) })
	s.Reviews, s.Gaps = c.readReviews(ctx, pr)
	reading.Wait()
	s.Gaps = append(s.Gaps, checks...)
	return s, ctx.Err()
}

// Reviewed finds the open pull requests of the configured repositories that somebody has reviewed, a hundred at most of each owner. Where an
// owner's cannot be looked for, there is an error beside those that were found. login is not checked for being somebody's.
func (c *Client) Reviewed(ctx context.Context, login string) (found []Ref, err error) {
	if !loginForm.MatchString(login) {
		return nil, fmt.Errorf("reviewed by: %q is no login", short(login))
	}
	var owners []string
	where := map[string]string{} // to look, by owner in lower case
	for _, name := range c.repos {
		owner, _, _ := strings.Cut(name, "/")
		lower := strings.ToLower(owner)
		if where[lower] == "" {
			owners, where[lower] = append(owners, lower), "repo:"+name
		} else {
			where[lower] = "user:" + owner // several repositories would have to be all of them at once
		}
	}
	for _, owner := range owners {
		list, failed := c.reviewedAt(context.WithValue(ctx, ownerKey{}, owner), "is:pr is:open reviewed-by:"+login+" "+where[owner])
		found, err = append(found, list...), cmp.Or(err, failed)
	}
	return found, c.fail("pull requests reviewed by "+login, err)
}

// reviewedAt searches among the repositories of one owner, and keeps what is of a configured one.
func (c *Client) reviewedAt(ctx context.Context, query string) (out []Ref, err error) {
	opts := &github.SearchOptions{Sort: "updated", Order: "desc", ListOptions: github.ListOptions{PerPage: pageSize}}
	found, _, err := c.api.Search.Issues(ctx, query, opts)
	if err != nil {
		return nil, err
	}
	for _, i := range found.Issues {
		parts := strings.Split(strings.TrimSuffix(i.GetRepositoryURL(), "/"), "/")
		if len(parts) < 2 {
			continue
		}
		if owner, repo, err := c.allowed(parts[len(parts)-2], parts[len(parts)-1]); err == nil {
			out = append(out, Ref{Owner: owner, Repo: repo, Number: i.GetNumber()})
		}
	}
	return out, nil
}
