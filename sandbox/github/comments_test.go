package github_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

// A clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (b *bench) comment(number int, body string) *gh.IssueComment {
	b.t.Helper()
	return must[*gh.IssueComment](b.t)(b.client.Issues.CreateComment(b.t.Context(), b.owner, b.repo, number, &gh.IssueComment{Body: new(body)}))
}

// bodies lists the repository's comments.
func (b *bench) bodies(o *gh.IssueListCommentsOptions) []string {
	b.t.Helper()
	var got []string
	for _, m := range must[[]*gh.IssueComment](b.t)(b.client.Issues.ListComments(b.t.Context(), b.owner, b.repo, 0, o)) {
		got = append(got, m.GetBody())
	}
	return got
}

func status(err error) int {
	if e, ok := errors.AsType[*gh.ErrorResponse](err); ok {
		return e.Response.StatusCode
	}
	return 0
}

func TestCommentLife(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := start(t, github.Options{Repo: widgets(t).dir, Now: c.now})
	ctx := t.Context()
	m := b.comment(2, "Hello <b>&\u2028")
	if m.GetUser().GetLogin() != github.BotLogin || m.GetUser().GetType() != "Bot" || !strings.HasSuffix(m.GetHTMLURL(), "/octo/widgets/pull/2#issuecomment-"+id(m)) {
		t.Errorf("comment by %s (%s) at %s", m.GetUser().GetLogin(), m.GetUser().GetType(), m.GetHTMLURL())
	}
	if m.GetBody() != "Hello <b>&\u2028" || !m.GetCreatedAt().Equal(gh.Timestamp{Time: c.now()}) {
		t.Errorf("body %q at %s", m.GetBody(), m.GetCreatedAt())
	}
	if n := b.pull(2).GetComments(); n != 1 {
		t.Errorf("%d comments on #2, want 1", n)
	}
	c.forward(time.Minute)
	m = must[*gh.IssueComment](t)(b.client.Issues.EditComment(ctx, b.owner, b.repo, m.GetID(), &gh.IssueComment{Body: new("Changed")}))
	if m.GetBody() != "Changed" || m.GetUpdatedAt().Sub(m.GetCreatedAt().Time) != time.Minute {
		t.Errorf("after the edit: %q, changed %s after it was made", m.GetBody(), m.GetUpdatedAt().Sub(m.GetCreatedAt().Time))
	}
	if _, err := b.client.Issues.DeleteComment(ctx, b.owner, b.repo, m.GetID()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.client.Issues.GetComment(ctx, b.owner, b.repo, m.GetID()); status(err) != http.StatusNotFound {
		t.Errorf("after the deletion: %v, want 404", err)
	}
	if _, _, err := b.client.Issues.CreateComment(ctx, b.owner, b.repo, 99, &gh.IssueComment{Body: new("x")}); status(err) != http.StatusNotFound {
		t.Errorf("comment on #99: %v, want 404", err)
	}
}

func id(m *gh.IssueComment) string { return m.GetURL()[strings.LastIndexByte(m.GetURL(), '/')+1:] }

func TestCommentsSince(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := start(t, github.Options{Repo: widgets(t).dir, Now: c.now})
	first := b.comment(1, "one")
	c.forward(time.Second)
	b.comment(2, "two")
	c.forward(time.Second)
	third := c.now()
	b.comment(4, "three")
	c.forward(time.Second)
	must[*gh.IssueComment](t)(b.client.Issues.EditComment(t.Context(), b.owner, b.repo, first.GetID(), &gh.IssueComment{Body: new("one, edited")}))
	for _, test := range []struct {
		name, sort, direction string
		since                 *time.Time
		want                  []string
	}{
		{"by id", "", "", nil, []string{"one, edited", "two", "three"}},
		{"direction alone is ignored", "", "desc", nil, []string{"one, edited", "two", "three"}},
		{"updated, ascending", "updated", "asc", nil, []string{"two", "three", "one, edited"}},
		{"updated, descending by default", "updated", "", nil, []string{"one, edited", "three", "two"}},
		{"created, descending", "created", "desc", nil, []string{"three", "two", "one, edited"}},
		{"since includes its second", "updated", "asc", &third, []string{"three", "one, edited"}},
		{"since is about edits too", "created", "asc", new(third.Add(time.Second)), []string{"one, edited"}},
		{"since after all", "updated", "asc", new(third.Add(time.Hour)), nil},
	} {
		o := &gh.IssueListCommentsOptions{Since: test.since}
		if test.sort != "" {
			o.Sort = new(test.sort)
		}
		if test.direction != "" {
			o.Direction = new(test.direction)
		}
		if got := b.bodies(o); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	o := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: 2}}
	page, resp, err := b.client.Issues.ListComments(t.Context(), b.owner, b.repo, 0, o)
	if err != nil || len(page) != 2 || resp.NextPage != 2 || resp.LastPage != 2 {
		t.Errorf("a page of two: %d, next %d, last %d, %v", len(page), resp.NextPage, resp.LastPage, err)
	}
	if !strings.Contains(resp.Header.Get("Link"), "/api/v3/repositories/") {
		t.Errorf("Link = %q, want it to go through the repository's id", resp.Header.Get("Link"))
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Link"), "<"+b.url), ">")
	if resp, body := b.send("GET", next, ""); resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "three") {
		t.Errorf("the linked page: %d %s", resp.StatusCode, body)
	}
}

func TestCommentsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := startLax(t, github.Options{Repo: widgets(t).dir})
	const path = "/api/v3/repos/octo/widgets/issues/2/comments"
	for _, test := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"no JSON", `{"body":`, 400, "Problems parsing JSON"},
		{"a list", `[]`, 422, "Invalid request"},
		{"no text", `{}`, 422, "can't be blank"},
		{"wrong type", `{"body":5}`, 422, "Invalid request"},
		{"too long", `{"body":"` + strings.Repeat("ü", 65_537) + `"}`, 422, "maximum is 65536 characters"},
		{"longest", `{"body":"` + strings.Repeat("ü", 65_536) + `"}`, 201, "ü"},
	} {
		resp, body := b.send("POST", path, test.body)
		if resp.StatusCode != test.status || !strings.Contains(string(body), test.want) {
			t.Errorf("%s: %d %.200s, want %d with %q", test.name, resp.StatusCode, body, test.status, test.want)
		}
	}
	if resp, _ := b.send("GET", path+"?since=yesterday", ""); resp.StatusCode != 422 {
		t.Errorf("since=yesterday: %d, want 422", resp.StatusCode)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	ctx := t.Context()
	m := b.comment(2, "react to me")
	first, resp, err := b.client.Reactions.CreateIssueCommentReaction(ctx, b.owner, b.repo, m.GetID(), "eyes")
	if err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("first reaction: %v %v, want 201", resp, err)
	}
	again, resp, err := b.client.Reactions.CreateIssueCommentReaction(ctx, b.owner, b.repo, m.GetID(), "eyes")
	if err != nil || resp.StatusCode != http.StatusOK || again.GetID() != first.GetID() {
		t.Errorf("the same again: %v %v with id %d, want 200 and %d", resp, err, again.GetID(), first.GetID())
	}
	ada := b.as(github.AdaToken())
	if _, _, err := ada.Reactions.CreateIssueCommentReaction(ctx, b.owner, b.repo, m.GetID(), "eyes"); err != nil {
		t.Fatal(err)
	}
	got := must[*gh.IssueComment](t)(b.client.Issues.GetComment(ctx, b.owner, b.repo, m.GetID()))
	if got.GetReactions().GetEyes() != 2 || got.GetReactions().GetTotalCount() != 2 || !got.GetUpdatedAt().Equal(m.GetUpdatedAt()) {
		t.Errorf("reactions %v, updated %s; want two eyes and no update", got.GetReactions(), got.GetUpdatedAt())
	}
	// Nobody can take back somebody else's reaction.
	if _, err := ada.Reactions.DeleteIssueCommentReaction(ctx, b.owner, b.repo, m.GetID(), first.GetID()); status(err) != http.StatusNotFound {
		t.Errorf("deleting another's reaction: %v, want 404", err)
	}
	if _, err := b.client.Reactions.DeleteIssueCommentReaction(ctx, b.owner, b.repo, m.GetID(), first.GetID()); err != nil {
		t.Error(err)
	}
	left := must[[]*gh.Reaction](t)(b.client.Reactions.ListIssueCommentReactions(ctx, b.owner, b.repo, m.GetID(), nil))
	if len(left) != 1 || left[0].GetUser().GetLogin() != "ada" {
		t.Errorf("%d reactions are left, want ada's", len(left))
	}
	lax := startLax(t, github.Options{Repo: widgets(t).dir})
	m = lax.comment(2, "x")
	if _, _, err := lax.client.Reactions.CreateIssueCommentReaction(ctx, lax.owner, lax.repo, m.GetID(), "thumbs"); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("an unknown emoji: %v, want 422", err)
	}
}
