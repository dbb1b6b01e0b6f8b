package github

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// Pull reads what GitHub says of a pull request itself. A number that no pull request has, or a repository that the bot does not read, is
// a *bot.UserError; so is GitHub's limit on requests.
func (c *Client) Pull(ctx context.Context, ref Ref) (PullRequest, error) {
	owner, repo, err := c.allowed(ref.Owner, ref.Repo)
	if err != nil {
		return PullRequest{}, err
	}
	ref.Owner, ref.Repo = owner, repo
	pr, _, err := c.api.PullRequests.Get(ctx, owner, repo, ref.Number)
	if err != nil {
		err = c.fail("pull request "+ref.String(), err)
		if status(err) == http.StatusNotFound {
			return PullRequest{}, c.missing(ctx, ref)
		}
		return PullRequest{}, c.explain(err)
	}
	return pullRequest(ref, pr), nil
}

// missing says what there is in place of a pull request.
func (c *Client) missing(ctx context.Context, ref Ref) error {
	if issue, _, err := c.api.Issues.Get(ctx, ref.Owner, ref.Repo, ref.Number); err == nil && !issue.IsPullRequest() {
		return &bot.UserError{Text: fmt.Sprintf("%s is an issue, not a pull request.", ref)}
	}
	return &bot.UserError{Text: fmt.Sprintf("There is no pull request %s, or I cannot see it.", ref)}
}

// Pulls lists pull requests of a repository, the ones changed last first. state is open, closed or all; "" means open. limit is at
// most 100; 0 means 30. GitHub leaves the counts (Additions, ChangedFiles …) and Mergeable out of lists: they are 0 and "unknown".
func (c *Client) Pulls(ctx context.Context, owner, repo, state string, limit int) ([]PullRequest, error) {
	owner, repo, err := c.allowed(owner, repo)
	if err != nil {
		return nil, err
	}
	list, _, err := c.api.PullRequests.List(ctx, owner, repo, &github.PullRequestListOptions{
		State: cmp.Or(state, "open"), Sort: "updated", Direction: "desc",
		ListOptions: github.ListOptions{PerPage: min(cmp.Or(max(limit, 0), 30), pageSize)},
	})
	if err != nil {
		err = c.fail("pull requests of "+owner+"/"+repo, err)
		if status(err) == http.StatusNotFound {
			return nil, &bot.UserError{Text: fmt.Sprintf("There is no repository %s/%s, or I cannot see it.", owner, repo)}
		}
		return nil, c.explain(err)
	}
	out := make([]PullRequest, 0, len(list))
	for _, pr := range list {
		out = append(out, pullRequest(Ref{Owner: owner, Repo: repo, Number: pr.GetNumber()}, pr))
	}
	return out, nil
}

func pullRequest(ref Ref, pr *github.PullRequest) PullRequest {
	p := PullRequest{
		Ref: ref, Title: pr.GetTitle(), Body: pr.GetBody(), Author: pr.GetUser().GetLogin(), AuthorBot: isBot(pr.GetUser()), AuthorAssociation: pr.GetAuthorAssociation(),
		State: pr.GetState(), Draft: pr.GetDraft(), URL: pr.GetHTMLURL(), Head: branch(pr.GetHead()), Base: branch(pr.GetBase()),
		Additions: pr.GetAdditions(), Deletions: pr.GetDeletions(), ChangedFiles: pr.GetChangedFiles(), Commits: pr.GetCommits(),
		CreatedAt: pr.GetCreatedAt().Time, UpdatedAt: pr.GetUpdatedAt().Time, MergedAt: pr.GetMergedAt().Time, Mergeable: "unknown",
	}
	if pr.GetMerged() || !p.MergedAt.IsZero() {
		p.State = "merged"
	}
	if pr.Mergeable != nil {
		p.Mergeable = "no"
		if *pr.Mergeable {
			p.Mergeable = "yes"
		}
	}
	for _, l := range pr.Labels {
		p.Labels = append(p.Labels, l.GetName())
	}
	for _, u := range pr.RequestedReviewers {
		p.RequestedReviewers = append(p.RequestedReviewers, u.GetLogin())
	}
	for _, t := range pr.RequestedTeams {
		p.RequestedReviewers = append(p.RequestedReviewers, ref.Owner+"/"+t.GetSlug())
	}
	return p
}

func branch(b *github.PullRequestBranch) Branch {
	return Branch{Repo: b.GetRepo().GetFullName(), Name: b.GetRef(), SHA: b.GetSHA()}
}

func isBot(u *github.User) bool {
	return u.GetType() == "Bot" || strings.HasSuffix(u.GetLogin(), "[bot]")
}

// commits lists the commits of a pull request, oldest first. GitHub ends at 250.
func (c *Client) commits(ctx context.Context, ref Ref, want int) ([]Commit, error) {
	var out []Commit
	for page := 1; page <= 3; page++ {
		list, resp, err := c.api.PullRequests.ListCommits(ctx, ref.Owner, ref.Repo, ref.Number, &github.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return out, c.fail("commits", err)
		}
		for _, rc := range list {
			out = append(out, commit(rc))
		}
		if resp.NextPage == 0 || want > 0 && len(out) >= want {
			break
		}
	}
	return out, nil
}

func commit(rc *github.RepositoryCommit) Commit {
	made := rc.GetCommit().GetAuthor().GetDate().Time
	if again := rc.GetCommit().GetCommitter().GetDate().Time; again.After(made) {
		made = again
	}
	return Commit{
		SHA: rc.GetSHA(), Message: rc.GetCommit().GetMessage(), Author: cmp.Or(rc.GetAuthor().GetLogin(), rc.GetCommit().GetAuthor().GetName()),
		Time: made, Parents: len(rc.Parents),
	}
}

// reviews lists the submitted reviews, oldest first; more is set when there are more than were read.
func (c *Client) reviews(ctx context.Context, ref Ref) (out []Review, more bool, err error) {
	const pages = 3
	for page := 1; page <= pages; page++ {
		list, resp, err := c.api.PullRequests.ListReviews(ctx, ref.Owner, ref.Repo, ref.Number, &github.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return out, false, c.fail("reviews", err)
		}
		for _, r := range list {
			if r.GetState() == "PENDING" { // not submitted
				continue
			}
			out = append(out, Review{Author: cmp.Or(r.GetUser().GetLogin(), Ghost), State: r.GetState(), Time: r.GetSubmittedAt().Time, SHA: r.GetCommitID()})
		}
		if resp.NextPage == 0 {
			return out, false, nil
		}
	}
	return out, true, nil
}

// checkRuns lists the latest check runs on a commit; more is set when there are more than were read.
func (c *Client) checkRuns(ctx context.Context, ref Ref, sha string) (out []Check, more bool, err error) {
	const pages = 3
	for page := 1; page <= pages; page++ {
		opts := &github.ListCheckRunsOptions{ListOptions: github.ListOptions{Page: page, PerPage: pageSize}}
		list, resp, err := c.api.Checks.ListCheckRunsForRef(ctx, ref.Owner, ref.Repo, sha, opts)
		if err != nil {
			return out, false, c.fail("check runs", err)
		}
		for _, r := range list.CheckRuns {
			out = append(out, checkRun(r))
		}
		if resp.NextPage == 0 {
			return out, false, nil
		}
	}
	return out, true, nil
}

func checkRun(r *github.CheckRun) Check {
	return Check{
		ID: r.GetID(), Name: r.GetName(), App: r.GetApp().GetSlug(), Status: r.GetStatus(), Conclusion: r.GetConclusion(),
		URL: cmp.Or(r.GetHTMLURL(), r.GetDetailsURL()), DetailsURL: r.GetDetailsURL(), Title: r.GetOutput().GetTitle(),
		Annotations: r.GetOutput().GetAnnotationsCount(), Started: r.GetStartedAt().Time, Completed: r.GetCompletedAt().Time,
	}
}

// statuses lists the commit statuses, the older kind of check, in the words of check runs; more is set when there are more than were read.
func (c *Client) statuses(ctx context.Context, ref Ref, sha string) (out []Check, more bool, err error) {
	const pages = 3
	for page := 1; page <= pages; page++ {
		s, resp, err := c.api.Repositories.GetCombinedStatus(ctx, ref.Owner, ref.Repo, sha, &github.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return out, false, c.fail("commit statuses", err)
		}
		for _, st := range s.Statuses {
			out = append(out, commitStatus(st))
		}
		if resp.NextPage == 0 {
			return out, false, nil
		}
	}
	return out, true, nil
}

func commitStatus(st *github.RepoStatus) Check {
	check := Check{Name: st.GetContext(), Status: "completed", URL: st.GetTargetURL(), Title: st.GetDescription(), Started: st.GetCreatedAt().Time}
	switch st.GetState() {
	case "success":
		check.Conclusion = "success"
	case "pending":
		check.Status = "in_progress"
		return check
	default: // failure, error
		check.Conclusion = "failure"
	}
	check.Completed = st.GetUpdatedAt().Time
	return check
}
