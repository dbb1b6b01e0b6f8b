package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

func TestETags(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	const path = "/api/v3/repos/octo/widgets/issues/comments?sort=updated&direction=asc"
	resp, _ := b.send("GET", path, "")
	tag, left := resp.Header.Get("ETag"), resp.Header.Get("X-RateLimit-Remaining")
	if !strings.HasPrefix(tag, `"`) || left == "" || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" || resp.Header.Get("X-GitHub-Request-Id") == "" {
		t.Fatalf("headers %v", resp.Header)
	}
	for _, send := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		resp, body := b.send("GET", path, "", "If-None-Match", send)
		if resp.StatusCode != http.StatusNotModified || len(body) != 0 || resp.Header.Get("ETag") != tag || resp.Header.Get("X-RateLimit-Remaining") != left {
			t.Errorf("If-None-Match %s: %d, %d bytes, %s left; want 304, none, %s", send, resp.StatusCode, len(body), resp.Header.Get("X-RateLimit-Remaining"), left)
		}
	}
	if resp, _ := b.send("GET", path, "", "If-None-Match", tag, "Authorization", "token "+github.AdaToken()); resp.StatusCode != http.StatusOK {
		t.Errorf("somebody else's ETag: %d, want 200", resp.StatusCode)
	}
	b.comment(1, "news")
	resp, _ = b.send("GET", path, "", "If-None-Match", tag)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") == tag {
		t.Errorf("after a comment: %d with ETag %s, want 200 and a new one", resp.StatusCode, resp.Header.Get("ETag"))
	}
	modified := resp.Header.Get("Last-Modified")
	if resp, _ := b.send("GET", path, "", "If-Modified-Since", modified); modified == "" || resp.StatusCode != http.StatusNotModified {
		t.Errorf("If-Modified-Since %q: %d, want 304", modified, resp.StatusCode)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	for login, want := range map[string]string{
		"ada": "admin", "ADA": "admin", "ben": "write", "chloe": "read", "gus": "none", "mallory": "none", github.BotLogin: "write",
		"grace": "read", "linus-t": "read", "ken": "read", "nobody-here": "",
	} {
		level, _, err := b.client.Repositories.GetPermissionLevel(t.Context(), b.owner, b.repo, login)
		if level.GetPermission() != want || (want == "") != (status(err) == http.StatusNotFound) {
			t.Errorf("%s: %q, %v; want %q", login, level.GetPermission(), err, want)
		}
		is, _, err := b.client.Repositories.IsCollaborator(t.Context(), b.owner, b.repo, login)
		if wantIs := want != "" && want != "none"; err != nil || is != wantIs {
			t.Errorf("%s is a collaborator: %t, %v; want %t", login, is, err, wantIs)
		}
	}
	me := must[*gh.User](t)(b.client.Users.Get(t.Context(), ""))
	ada := must[*gh.User](t)(b.client.Users.Get(t.Context(), "ada"))
	if me.GetLogin() != github.BotLogin || me.GetType() != "Bot" || ada.GetName() != "Ada" {
		t.Errorf("I am %s (%s), ada is %s", me.GetLogin(), me.GetType(), ada.GetName())
	}
}

func TestWhoIsRefused(t *testing.T) {
	t.Parallel()
	b := startLax(t, github.Options{Repo: widgets(t).dir})
	for _, test := range []struct {
		name, method, path, token string
		status                    int
		message                   string
	}{
		{"no token", "GET", "/user", "", 401, "Requires authentication"},
		{"another token", "GET", "/user", "Bearer ghp_nonsense", 401, "Bad credentials"},
		{"another scheme", "GET", "/user", "Basic " + github.BotToken(), 401, "Bad credentials"},
		{"another repository", "GET", "/repos/octo/gadgets", "Bearer " + github.BotToken(), 404, "Not Found"},
		{"no such path", "GET", "/repos/octo/widgets/nothing", "Bearer " + github.BotToken(), 404, "Not Found"},
		{"a name for a number", "GET", "/repos/octo/widgets/pulls/two", "Bearer " + github.BotToken(), 404, "Not Found"},
		{"a huge number", "GET", "/repos/octo/widgets/pulls/99999999999999999999", "Bearer " + github.BotToken(), 404, "Not Found"},
		{"no such commit", "GET", "/repos/octo/widgets/commits/deadbeef", "Bearer " + github.BotToken(), 422, "No commit found for SHA: deadbeef"},
		{"an expression", "GET", "/repos/octo/widgets/commits/main~1", "Bearer " + github.BotToken(), 422, "No commit found for SHA: main~1"},
		{"another state", "GET", "/repos/octo/widgets/pulls?state=merged", "Bearer " + github.BotToken(), 422, "Validation Failed"},
	} {
		resp, body := b.send(test.method, "/api/v3"+test.path, "", "Authorization", test.token)
		var got struct {
			Message string
			Docs    string `json:"documentation_url"`
			Status  string
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Errorf("%s: %v in %s", test.name, err, body)
		}
		if resp.StatusCode != test.status || got.Message != test.message || got.Status != fmt.Sprint(test.status) || got.Docs == "" {
			t.Errorf("%s: %d %+v, want %d %q", test.name, resp.StatusCode, got, test.status, test.message)
		}
		if strings.Contains(string(body), "ghp_") {
			t.Errorf("%s: the answer shows a token", test.name)
		}
	}
}

func TestContents(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	b := start(t, github.Options{Repo: r.dir})
	ctx := t.Context()
	get := func(path, ref string) (*gh.RepositoryContent, []*gh.RepositoryContent, error) {
		file, folder, _, err := b.client.Repositories.GetContents(ctx, b.owner, b.repo, path, &gh.RepositoryContentGetOptions{Ref: ref})
		return file, folder, err
	}
	tip := r.head()
	for _, ref := range []string{"", "main", "heads/main", "refs/heads/main", "HEAD", tip, tip[:8]} {
		file, _, err := get("src/parser.go", ref)
		if err != nil {
			t.Errorf("at %q: %v", ref, err)
			continue
		}
		if text, err := file.GetContent(); err != nil || !strings.Contains(text, "func Parse() error") || file.GetSize() != len(text) {
			t.Errorf("at %q: %q, %v", ref, text, err)
		}
	}
	if _, folder, err := get("", "long-road"); err != nil || len(folder) != 6 {
		t.Errorf("the root has %d entries, %v; want 6", len(folder), err)
	}
	if _, folder, err := get("src", ""); err != nil || len(folder) != 2 || folder[0].GetPath() != "src/lexer.go" || folder[0].GetType() != "file" {
		t.Errorf("src has %v, %v", folder, err)
	}
	for _, missing := range [][2]string{{"nothing", ""}, {"src/parser.go/x", ""}, {"README.md", "no-such-branch"}} {
		if _, _, err := get(missing[0], missing[1]); status(err) != http.StatusNotFound {
			t.Errorf("%s at %q: %v, want 404", missing[0], missing[1], err)
		}
	}
	file, _, _ := get("LICENSE", "")
	blob := must[*gh.Blob](t)(b.client.Git.GetBlob(ctx, b.owner, b.repo, file.GetSHA()))
	if blob.GetSize() != 5 || strings.TrimSpace(blob.GetContent()) != "ZnJlZQo=" {
		t.Errorf("blob %d %q", blob.GetSize(), blob.GetContent())
	}
	if _, _, err := b.client.Git.GetBlob(ctx, b.owner, b.repo, tip); status(err) != http.StatusNotFound {
		t.Errorf("a commit as a blob: %v, want 404", err)
	}
}

func TestCommitsAndComparisons(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	b := start(t, github.Options{Repo: r.dir})
	ctx := t.Context()
	c := must[*gh.RepositoryCommit](t)(b.client.Repositories.GetCommit(ctx, b.owner, b.repo, "feature/parser", nil))
	if c.GetAuthor().GetLogin() != "ken" || c.GetStats().GetAdditions() != 1 || len(c.Files) != 1 {
		t.Errorf("commit by %s, +%d, %d files", c.GetAuthor().GetLogin(), c.GetStats().GetAdditions(), len(c.Files))
	}
	got := must[*gh.CommitsComparison](t)(b.client.Repositories.CompareCommits(ctx, b.owner, b.repo, "main", "long-road", nil))
	if got.GetStatus() != "ahead" || got.GetAheadBy() != 2 || len(got.Files) != 2 || got.GetMergeBaseCommit().GetSHA() != r.head() {
		t.Errorf("comparison: %s by %d, %d files", got.GetStatus(), got.GetAheadBy(), len(got.Files))
	}
	got = must[*gh.CommitsComparison](t)(b.client.Repositories.CompareCommits(ctx, b.owner, b.repo, "main", "long-road", &gh.ListOptions{Page: 2, PerPage: 1}))
	if len(got.Commits) != 1 || len(got.Files) != 0 || got.GetMergeBaseCommit().GetSHA() != r.head() {
		t.Errorf("second page of a comparison: %d commits, %d files, want the files on the first one", len(got.Commits), len(got.Files))
	}
	got = must[*gh.CommitsComparison](t)(b.client.Repositories.CompareCommits(ctx, b.owner, b.repo, "feature/parser", "long-road", nil))
	if got.GetStatus() != "diverged" || got.GetBehindBy() != 1 {
		t.Errorf("comparison: %s, behind by %d", got.GetStatus(), got.GetBehindBy())
	}
	if _, _, err := b.client.Repositories.CompareCommits(ctx, b.owner, b.repo, "main", "nothing", nil); status(err) != http.StatusNotFound {
		t.Errorf("comparison with nothing: %v, want 404", err)
	}
}

func TestReviewsAndChecks(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	ctx := t.Context()
	head := b.pull(4).GetHead().GetSHA()
	if s := must[*gh.CombinedStatus](t)(b.client.Repositories.GetCombinedStatus(ctx, b.owner, b.repo, head, nil)); s.GetState() != "pending" || s.GetTotalCount() != 0 {
		t.Errorf("status %s of %d", s.GetState(), s.GetTotalCount())
	}
	b.control(200, "POST", "ask-review", map[string]any{"user": "ben", "number": 4}, nil)
	asked := must[*gh.Reviewers](t)(b.client.PullRequests.ListReviewers(ctx, b.owner, b.repo, 4, nil))
	if len(asked.Users) != 1 || len(b.pull(4).RequestedReviewers) != 1 {
		t.Errorf("asked: %v, want ben", asked.Users)
	}
	b.control(200, "POST", "review", map[string]any{"user": "ben", "number": 4, "state": "approved", "body": "Fine."}, nil)
	reviews := must[[]*gh.PullRequestReview](t)(b.client.PullRequests.ListReviews(ctx, b.owner, b.repo, 4, nil))
	if len(reviews) != 1 || reviews[0].GetState() != "APPROVED" || reviews[0].GetCommitID() != head || len(b.pull(4).RequestedReviewers) != 0 {
		t.Errorf("reviews %v, %d still asked", reviews, len(b.pull(4).RequestedReviewers))
	}
	check := map[string]any{"number": 4, "name": "test", "conclusion": "failure", "annotations": []map[string]any{{"path": "src/parser.go", "start_line": 3, "message": "boom"}}}
	var made struct{ ID int64 }
	b.control(200, "POST", "check-run", check, &made)
	b.control(200, "POST", "check-run", map[string]any{"number": 4, "name": "lint", "status": "in_progress"}, nil)
	runs := must[*gh.ListCheckRunsResults](t)(b.client.Checks.ListCheckRunsForRef(ctx, b.owner, b.repo, "feature/parser", nil))
	if runs.GetTotal() != 2 || runs.CheckRuns[1].GetConclusion() != "failure" || runs.CheckRuns[0].Conclusion != nil {
		t.Errorf("check runs %v", runs.CheckRuns)
	}
	notes := must[[]*gh.CheckRunAnnotation](t)(b.client.Checks.ListCheckRunAnnotations(ctx, b.owner, b.repo, made.ID, nil))
	if len(notes) != 1 || notes[0].GetMessage() != "boom" || notes[0].GetAnnotationLevel() != "failure" || notes[0].GetEndLine() != 3 {
		t.Errorf("annotations %v", notes)
	}
	if run := must[*gh.CheckRun](t)(b.client.Checks.GetCheckRun(ctx, b.owner, b.repo, made.ID)); run.GetName() != "test" {
		t.Errorf("check run %v", run)
	}
	check["conclusion"] = "success"
	b.control(200, "POST", "check-run", check, nil)
	runs = must[*gh.ListCheckRunsResults](t)(b.client.Checks.ListCheckRunsForRef(ctx, b.owner, b.repo, head, nil))
	if runs.GetTotal() != 2 || runs.CheckRuns[0].GetConclusion() != "success" {
		t.Errorf("after another run: %v, want the newest of each name", runs.CheckRuns)
	}
	for want, wrong := range map[int][]map[string]any{
		400: {{"number": 4}, {"number": 4, "name": "x"}, {"number": 4, "name": "x", "conclusion": "great"}, {"number": 4, "name": "x", "status": "queued", "conclusion": "success"}},
		404: {{"number": 99, "name": "x", "conclusion": "success"}},
	} {
		for _, in := range wrong {
			b.control(want, "POST", "check-run", in, nil)
		}
	}
}

func TestIssuesAndSearch(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	ctx := t.Context()
	b.comment(2, "x")
	issues := must[[]*gh.Issue](t)(b.client.Issues.ListByRepo(ctx, b.owner, b.repo, &gh.IssueListByRepoOptions{State: "all"}))
	if len(issues) != 5 || !issues[0].IsPullRequest() || issues[0].GetNumber() != 5 {
		t.Errorf("%d issues, first #%d", len(issues), issues[0].GetNumber())
	}
	one := must[*gh.Issue](t)(b.client.Issues.Get(ctx, b.owner, b.repo, 2))
	if one.GetComments() != 1 || one.GetState() != "closed" || one.GetTitle() != "Add a lexer" {
		t.Errorf("issue 2: %s, %s, %d comments", one.GetTitle(), one.GetState(), one.GetComments())
	}
	for query, want := range map[string]int{
		"repo:octo/widgets is:pr is:open": 2, "repo:octo/widgets is:merged lexer": 1, "is:pr author:linus-t": 1, "repo:octo/gadgets is:pr": 0,
	} {
		if got := must[*gh.IssuesSearchResult](t)(b.client.Search.Issues(ctx, query, nil)); got.GetTotal() != want {
			t.Errorf("search %q finds %d, want %d", query, got.GetTotal(), want)
		}
	}
	updated := must[[]*gh.PullRequest](t)(b.client.PullRequests.List(ctx, b.owner, b.repo, &gh.PullRequestListOptions{State: "all", Sort: "updated", Direction: "desc"}))
	if updated[0].GetNumber() != 2 {
		t.Errorf("last updated is #%d, want the commented #2", updated[0].GetNumber())
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := start(t, github.Options{Repo: widgets(t).dir, Now: c.now})
	ctx := t.Context()
	for range 80 {
		b.comment(1, "again")
	}
	_, _, err := b.client.Issues.CreateComment(ctx, b.owner, b.repo, 1, &gh.IssueComment{Body: new("too much")})
	secondary, ok := errors.AsType[*gh.AbuseRateLimitError](err)
	if !ok || secondary.GetRetryAfter() != time.Minute {
		t.Fatalf("comment 81 in a minute: %v, want the secondary limit for a minute", err)
	}
	c.forward(time.Minute)
	b.client = b.as(github.BotToken())
	b.comment(1, "after a rest")
	limits := must[*gh.RateLimits](t)(b.client.RateLimit.Get(ctx))
	if limits.Core.Limit != 5000 || limits.Core.Remaining != 5000-81 {
		t.Errorf("limits %v, want 81 used", limits.Core)
	}
	fast := start(t, github.Options{Repo: widgets(t).dir, Now: c.now, NoLimits: true})
	for range 90 {
		fast.comment(1, "again")
	}
}

func TestPrimaryRateLimit(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := start(t, github.Options{Repo: widgets(t).dir, Now: c.now})
	for i := range 30 {
		if _, _, err := b.client.Search.Issues(t.Context(), "is:pr", nil); err != nil {
			t.Fatalf("search %d: %v", i, err)
		}
	}
	_, _, err := b.client.Search.Issues(t.Context(), "is:pr", nil)
	limit, ok := errors.AsType[*gh.RateLimitError](err)
	if !ok || limit.Rate.Remaining != 0 || !limit.Rate.Reset.Equal(gh.Timestamp{Time: c.now().Add(time.Minute)}) {
		t.Fatalf("search 31: %v, want the limit until a minute later", err)
	}
	c.forward(time.Minute)
	if _, _, err := b.as(github.BotToken()).Search.Issues(t.Context(), "is:pr", nil); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}
