package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/go-github/v60/github"
)

const (
	mergeTries = 2 // times that GitHub is asked again whether a pull request can be merged, which it works out when it is asked
	mergePause = time.Second
)

// Conversation reads into s what people did besides reviewing, which says whose turn it is: its events, its unresolved threads, and whether
// it can be merged where GitHub had not worked that out. What cannot be read is told by a Gap; the only error is that of a context that ended.
func (c *Client) Conversation(ctx context.Context, s *Snapshot) error {
	var err error
	if s.Events, err = c.events(ctx, s.Ref); err != nil {
		s.Gaps = append(s.Gaps, c.gap("when reviews were asked for", err)...)
	}
	if s.State == "open" {
		if s.Threads, err = c.threads(ctx, s.Ref); err != nil {
			s.Gaps = append(s.Gaps, c.gap("unresolved threads", err)...)
		}
		c.askMergeable(ctx, s)
	}
	return ctx.Err()
}

// askMergeable asks again whether a pull request can be merged.
func (c *Client) askMergeable(ctx context.Context, s *Snapshot) {
	for range mergeTries {
		if s.Mergeable != "unknown" || sleep(ctx, mergePause) != nil {
			return
		}
		pr, err := c.Pull(ctx, s.Ref)
		if err != nil || pr.Head.SHA != s.Head.SHA {
			return
		}
		s.Mergeable = pr.Mergeable
	}
}

// eventKinds are the events that are told, by GitHub's names.
func eventKinds() map[string]EventKind {
	return map[string]EventKind{
		"commented": EventComment, "review_requested": EventReviewRequest, "ready_for_review": EventReady, "convert_to_draft": EventDrafted,
		"reopened": EventReopened, "head_ref_force_pushed": EventForcePush,
	}
}

// events lists what happened to a pull request, oldest first; at most the first thousand events are looked at.
func (c *Client) events(ctx context.Context, ref Ref) ([]Event, error) {
	const pages = 10
	kinds := eventKinds()
	var out []Event
	for page := 1; page <= pages; page++ {
		list, resp, err := c.api.Issues.ListIssueTimeline(ctx, ref.Owner, ref.Repo, ref.Number, &github.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return out, c.fail("events", err)
		}
		for _, e := range list {
			if kind := kinds[e.GetEvent()]; kind != "" {
				out = append(out, event(ref, kind, e))
			}
		}
		if resp.NextPage == 0 {
			break
		}
	}
	return out, nil
}

func event(ref Ref, kind EventKind, e *github.Timeline) Event {
	out := Event{Kind: kind, Actor: cmp.Or(e.GetActor().GetLogin(), e.GetUser().GetLogin()), Time: e.GetCreatedAt().Time}
	if kind == EventReviewRequest {
		out.Whom = e.GetReviewer().GetLogin()
		if slug := e.GetRequestedTeam().GetSlug(); slug != "" {
			out.Whom = ref.Owner + "/" + slug
		}
	}
	return out
}

// threadsQuery asks for the threads of a pull request. REST does not say which of them are resolved.
const threadsQuery = `query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100) {
        nodes {
          isResolved
          isOutdated
          path
          line
          first: comments(first: 1) { nodes { author { login } url } }
          last: comments(last: 1) { nodes { author { login } createdAt } }
        }
      }
    }
  }
}`

type (
	threadComments struct {
		Nodes []struct {
			Author    struct{ Login string }
			URL       string
			CreatedAt time.Time
		}
	}
	threadsAnswer struct {
		Data struct {
			Repository struct {
				PullRequest *struct {
					ReviewThreads struct {
						Nodes []struct {
							IsResolved, IsOutdated bool
							Path                   string
							Line                   int
							First, Last            threadComments
						}
					}
				}
			}
		}
		Errors []graphProblem
	}
)

// threads lists the unresolved threads among the first hundred.
func (c *Client) threads(ctx context.Context, ref Ref) ([]Thread, error) {
	raw, header, err := c.askGraph(ctx, ref.Owner, threadsQuery, map[string]any{"owner": ref.Owner, "name": ref.Repo, "number": ref.Number})
	if err != nil {
		return nil, err
	}
	var got threadsAnswer
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil, c.clean(err)
	}
	switch {
	case len(got.Errors) > 0:
		return nil, got.Errors[0].err(c, header)
	case got.Data.Repository.PullRequest == nil:
		return nil, errors.New("threads: github's answer has no pull request")
	}
	var out []Thread
	for _, n := range got.Data.Repository.PullRequest.ReviewThreads.Nodes {
		if n.IsResolved || len(n.First.Nodes) == 0 || len(n.Last.Nodes) == 0 {
			continue
		}
		begun, last := n.First.Nodes[0], n.Last.Nodes[0]
		out = append(out, Thread{
			Path: n.Path, Line: n.Line, By: begun.Author.Login, LastBy: last.Author.Login, Last: last.CreatedAt, URL: begun.URL, Outdated: n.IsOutdated,
		})
	}
	slices.SortStableFunc(out, func(a, b Thread) int { return cmp.Or(cmp.Compare(a.Path, b.Path), a.Line-b.Line) })
	return out, nil
}
