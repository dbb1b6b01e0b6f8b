package github_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

// lineComments are the texts of a list of comments on lines.
func (b *bench) lineComments(number int, o *gh.PullRequestListCommentsOptions) string {
	b.t.Helper()
	var got []string
	for _, m := range must[[]*gh.PullRequestComment](b.t)(b.client.PullRequests.ListComments(b.t.Context(), b.owner, b.repo, number, o)) {
		got = append(got, m.GetBody())
	}
	return strings.Join(got, " ")
}

func TestLineComments(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := start(t, github.Options{Repo: widgets(t).dir, Now: c.now})
	ctx := t.Context()
	r := newReceiver(t)
	b.listen(r)
	head := b.pull(2).GetHead().GetSHA()
	first := must[*gh.PullRequestComment](t)(b.client.PullRequests.CreateComment(ctx, b.owner, b.repo, 2, &gh.PullRequestComment{
		Body: new("why?"), Path: new("src/lexer.go"), Line: new(3), Side: new("RIGHT"), CommitID: new(head),
	}))
	if first.GetDiffHunk() != "@@ -0,0 +1,12 @@\n+lexer 0\n+lexer 1\n+lexer 2" || first.GetLine() != 3 || first.GetCommitID() != head {
		t.Errorf("comment %v", first)
	}
	e, _ := next[*gh.PullRequestReviewCommentEvent](r)
	if e.GetAction() != "created" || e.GetComment().GetID() != first.GetID() || e.GetPullRequest().GetNumber() != 2 {
		t.Errorf("event %v", e)
	}
	c.forward(time.Minute)
	resp, raw := b.send("POST", "/api/v3/repos/octo/widgets/pulls/2/comments/"+strconv.FormatInt(first.GetID(), 10)+"/replies", `{"body":"because"}`)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("reply: %d %s", resp.StatusCode, raw)
	}
	b.control(200, "POST", "line-comment", map[string]any{"user": "ben", "number": 3, "body": "a Makefile", "path": "Makefile", "line": 1}, nil)

	for _, tt := range []struct {
		number int
		o      *gh.PullRequestListCommentsOptions
		want   string
	}{
		{2, nil, "why? because"},
		{0, nil, "why? because a Makefile"},
		{0, &gh.PullRequestListCommentsOptions{Sort: "created"}, "a Makefile because why?"},
		{0, &gh.PullRequestListCommentsOptions{Sort: "updated", Direction: "asc", Since: c.now()}, "because a Makefile"},
		{0, &gh.PullRequestListCommentsOptions{ListOptions: gh.ListOptions{Page: 2, PerPage: 2}}, "a Makefile"},
	} {
		if got := b.lineComments(tt.number, tt.o); got != tt.want {
			t.Errorf("%d %+v: %q, want %q", tt.number, tt.o, got, tt.want)
		}
	}
	all := must[[]*gh.PullRequestComment](t)(b.client.PullRequests.ListComments(ctx, b.owner, b.repo, 2, nil))
	if all[1].GetInReplyTo() != first.GetID() || all[1].GetPath() != "src/lexer.go" {
		t.Errorf("reply %v", all[1])
	}
	must[*gh.PullRequestComment](t)(b.client.PullRequests.GetComment(ctx, b.owner, b.repo, first.GetID()))
	if n := b.pull(2).GetReviewComments(); n != 2 {
		t.Errorf("#2 has %d review comments, want 2", n)
	}
}

func TestLineCommentsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := startLax(t, github.Options{Repo: widgets(t).dir})
	for body, want := range map[string]string{
		`{"body":"x","path":"src/lexer.go","line":13}`:              "line must be part",
		`{"body":"x","path":"src/lexer.go","line":1,"side":"LEFT"}`: "line must be part",
		`{"body":"x","path":"src/lexer.go","line":1,"side":"UP"}`:   "side must be",
		`{"body":"x","path":"none.go","line":1}`:                    "path is not",
		`{"body":"","path":"src/lexer.go","line":1}`:                "can't be blank",
		`{"body":"x","in_reply_to":7}`:                              "no comment of this",
	} {
		resp, raw := b.send("POST", "/api/v3/repos/octo/widgets/pulls/2/comments", body)
		if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %d %s, want 422 with %q", body, resp.StatusCode, raw, want)
		}
	}
	b.control(422, "POST", "line-comment", map[string]any{"number": 2, "body": "x", "path": "none.go"}, nil)
	b.control(404, "POST", "line-comment", map[string]any{"number": 999, "body": "x"}, nil)
}
