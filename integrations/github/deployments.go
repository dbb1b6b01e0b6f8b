package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

// Deployment is one that succeeded.
type Deployment struct {
	ID          int64
	SHA         string // what was deployed
	Ref         string // the name that was asked for: a branch, tag or commit
	Environment string // such as "production"
	Description string
	Creator     string    // login, or Ghost
	Created     time.Time // when it was asked for
	Succeeded   time.Time // when GitHub was first told that it had succeeded
}

const (
	maxDeployPages = 3              // of a hundred deployments, that are looked through
	maxDeployments = 40             // whose statuses are read
	longestDeploy  = 24 * time.Hour // from being asked for to success
	maxSucceeded   = 1000           // deployments that are remembered
)

// A deployMemory remembers when deployments succeeded, by "owner/name#id": that does not change any more.
type deployMemory struct {
	mu    sync.Mutex
	known map[string]time.Time
}

// Deployments finds the deployments of a repository that succeeded from one time to another, both included, the latest first. GitHub lists them by
// when they were asked for: those of the day before from are looked at, too. Each costs a request unless its success is known. more says that there may be
// others: no more than three hundred are looked through, and no more than forty looked at.
func (c *Client) Deployments(ctx context.Context, owner, repo string, from, to time.Time) (list []Deployment, more bool, err error) {
	owner, repo, err = c.allowed(owner, repo)
	if err != nil {
		return nil, false, err
	}
	asked, more, err := c.deploymentsSince(ctx, owner, repo, from.Add(-longestDeploy), to)
	if err != nil {
		return nil, false, c.explain(err)
	}
	var wg sync.WaitGroup
	errs, slots := make([]error, len(asked)), make(chan struct{}, pagesAtATime)
	for i := range asked {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			asked[i].Succeeded, errs[i] = c.succeeded(ctx, owner, repo, asked[i].ID)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, false, c.explain(err)
	}
	list = slices.DeleteFunc(asked, func(d Deployment) bool {
		return d.Succeeded.IsZero() || d.Succeeded.Before(from) || d.Succeeded.After(to)
	})
	slices.SortStableFunc(list, func(a, b Deployment) int { return b.Succeeded.Compare(a.Succeeded) })
	return list, more, nil
}

// deploymentsSince lists those asked for in a time.
func (c *Client) deploymentsSince(ctx context.Context, owner, repo string, since, until time.Time) (out []Deployment, more bool, err error) {
	for page := 1; page <= maxDeployPages; page++ {
		found, resp, err := c.api.Repositories.ListDeployments(ctx, owner, repo, &github.DeploymentsListOptions{ListOptions: github.ListOptions{Page: page, PerPage: pageSize}})
		if err != nil {
			return nil, false, c.fail("deployments of "+owner+"/"+repo, err)
		}
		for _, d := range found {
			one := deploymentOf(d)
			if one.Created.Before(since) {
				return out, false, nil
			}
			if one.Created.After(until) {
				continue
			}
			if len(out) == maxDeployments {
				return out, true, nil
			}
			out = append(out, one)
		}
		if resp.NextPage == 0 {
			return out, false, nil
		}
	}
	return out, true, nil
}

func deploymentOf(d *github.Deployment) Deployment {
	out := Deployment{
		ID: d.GetID(), SHA: d.GetSHA(), Ref: d.GetRef(), Environment: d.GetEnvironment(), Description: d.GetDescription(),
		Creator: d.GetCreator().GetLogin(), Created: d.GetCreatedAt().Time,
	}
	if out.Creator == "" {
		out.Creator = Ghost
	}
	return out
}

// succeeded is when a deployment first did, as far as its first hundred statuses tell; zero when it has not.
func (c *Client) succeeded(ctx context.Context, owner, repo string, id int64) (at time.Time, err error) {
	key := fmt.Sprintf("%s/%s#%d", owner, repo, id)
	if at, ok := remembered(&c.deploys.mu, c.deploys.known, key); ok {
		return at, nil
	}
	list, _, err := c.api.Repositories.ListDeploymentStatuses(ctx, owner, repo, id, &github.ListOptions{PerPage: pageSize})
	if err != nil {
		return at, c.fail("statuses of a deployment of "+owner+"/"+repo, err)
	}
	for _, s := range list {
		if t := s.GetCreatedAt().Time; s.GetState() == "success" && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if !at.IsZero() {
		rememberUpTo(maxSucceeded, &c.deploys.mu, c.deploys.known, key, at)
	}
	return at, nil
}
