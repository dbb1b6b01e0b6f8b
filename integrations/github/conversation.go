package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
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
	var more bool
	var err error
	if s.Events, more, err = c.events(ctx, s.Ref); more {
		s.Gaps = append(s.Gaps, Gap{"events", "there are more than the thousand that I read"})
	}
	s.Gaps = append(s.Gaps, c.gap("when reviews were asked for", err)...)
	if s.State == "open" {
		if s.Threads, more, err = c.threads(ctx, s.Ref); more {
			s.Gaps = append(s.Gaps, Gap{"unresolved threads", "there are more than the latest 100"})
		}
		s.Gaps = append(s.Gaps, c.gap("unresolved threads", err)...)
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

// events lists what happened to a pull request, oldest first. Of more than a thousand events, which more tells of, the first hundred and the
// latest are read.
func (c *Client) events(ctx context.Context, ref Ref) (out []Event, more bool, err error) {
	const pages = 10
	kinds := eventKinds()
	page := 1
	for range pages {
		list, resp, err := c.api.Issues.ListIssueTimeline(ctx, ref.Owner, ref.Repo, ref.Number, &github.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return out, more, c.fail("events", err)
		}
		for _, e := range list {
			if kind := kinds[e.GetEvent()]; kind != "" {
				out = append(out, event(ref, kind, e))
			}
		}
		if resp.NextPage == 0 {
			return out, more, nil
		}
		page = resp.NextPage
		if first := resp.LastPage - pages + 2; page == 2 && first > page {
			page, more = first, true
		}
	}
	return out, true, nil
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
      reviewThreads(last: 100) {
        totalCount
        nodes {
          isResolved
          isOutdated
          path
          line
          first: comments(first: 1) { nodes { author { __typename login } url } }
          last: comments(last: 1) { nodes { author { __typename login } createdAt } }
        }
      }
    }
  }
}`

// A graphActor is who did something; null, and so zero, when the account is gone.
type graphActor struct {
	Typename string `json:"__typename"`
	Login    string
}

// login is the name that REST has for the account: GraphQL leaves out what Apps have behind theirs.
func (a graphActor) login() string {
	if a.Typename == "Bot" && !strings.HasSuffix(a.Login, "[bot]") {
		return a.Login + "[bot]"
	}
	return cmp.Or(a.Login, Ghost)
}

type (
	threadComments struct {
		Nodes []struct {
			Author    graphActor
			URL       string
			CreatedAt time.Time
		}
	}
	threadsAnswer struct {
		Data struct {
			Repository struct {
				PullRequest *struct {
					ReviewThreads struct {
						TotalCount int
						Nodes      []struct {
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

// threads lists the unresolved threads among the latest hundred; more says that there are more than those.
func (c *Client) threads(ctx context.Context, ref Ref) (out []Thread, more bool, err error) {
	raw, header, err := c.askGraph(ctx, ref.Owner, threadsQuery, map[string]any{"owner": ref.Owner, "name": ref.Repo, "number": ref.Number})
	if err != nil {
		return nil, false, err
	}
	var got threadsAnswer
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil, false, c.clean(err)
	}
	switch {
	case len(got.Errors) > 0:
		return nil, false, got.Errors[0].err(c, header)
	case got.Data.Repository.PullRequest == nil:
		return nil, false, errors.New("threads: github's answer has no pull request")
	}
	threads := got.Data.Repository.PullRequest.ReviewThreads
	for _, n := range threads.Nodes {
		if n.IsResolved || len(n.First.Nodes) == 0 || len(n.Last.Nodes) == 0 {
			continue
		}
		begun, last := n.First.Nodes[0], n.Last.Nodes[0]
		out = append(out, Thread{
			Path: n.Path, Line: n.Line, By: begun.Author.login(), LastBy: last.Author.login(), Last: last.CreatedAt, URL: begun.URL, Outdated: n.IsOutdated,
		})
	}
	slices.SortStableFunc(out, func(a, b Thread) int { return cmp.Or(cmp.Compare(a.Path, b.Path), a.Line-b.Line) })
	return out, threads.TotalCount > len(threads.Nodes), nil
}
