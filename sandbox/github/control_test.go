package github_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

// controlPulls is the control API's list.
type controlPulls struct {
	Pulls []struct {
		Number    int
		Additions *int // null when it could not be computed
	}
	Total int
}

func TestControlPulls(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	for query, want := range map[string]string{
		"state=all": "5 4 3 2 1", "state=open": "5 4", "state=closed": "3 2 1", "q=lexer": "2", "q=%232": "2", "q=linus": "2", "page=2": "",
	} {
		var got controlPulls
		b.control(200, "GET", "pulls?"+query, nil, &got)
		var numbers []string
		for _, p := range got.Pulls {
			numbers = append(numbers, string(rune('0'+p.Number)))
		}
		if strings.Join(numbers, " ") != want {
			t.Errorf("%s: %v, want %s", query, numbers, want)
		}
	}
	var one struct {
		Title, Body, Head, Base string
		Additions               int
		Files                   []struct{ Filename, Patch string }
	}
	b.control(200, "GET", "pulls/2", nil, &one)
	if one.Title != "Add a lexer" || one.Body != "This is why." || len(one.Files) != 2 || one.Additions != 14 || len(one.Head) != 40 {
		t.Errorf("pull request 2: %+v", one)
	}
	b.control(404, "GET", "pulls/99", nil, nil)
	b.control(400, "GET", "pulls/x", nil, nil)
	b.control(400, "GET", "pulls?page=0", nil, nil)
}

func TestControlCommentsAndEvents(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", b.url+"/control/github/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	events := bufio.NewScanner(resp.Body)
	next := func() (kind, body string) {
		t.Helper()
		for events.Scan() {
			line, ok := strings.CutPrefix(events.Text(), "data: ")
			if !ok {
				continue
			}
			var e struct {
				Type    string
				Comment struct{ Body string }
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			return e.Type, e.Comment.Body
		}
		t.Fatalf("the events ended: %v", events.Err())
		return "", ""
	}
	expect := func(kind, body string) {
		t.Helper()
		if gotKind, gotBody := next(); gotKind != kind || gotBody != body {
			t.Errorf("event %s %q, want %s %q", gotKind, gotBody, kind, body)
		}
	}
	var made struct{ ID int64 }
	b.control(200, "POST", "comment", map[string]any{"number": 2, "body": "/shipmate summarize"}, &made)
	expect("comment", "/shipmate summarize")
	got := must[*gh.IssueComment](t)(b.client.Issues.GetComment(t.Context(), b.owner, b.repo, made.ID))
	if got.GetUser().GetLogin() != "ada" {
		t.Errorf("the comment is by %s, want ada", got.GetUser().GetLogin())
	}
	b.control(200, "POST", "edit-comment", map[string]any{"id": made.ID, "body": "changed"}, nil)
	expect("comment_edited", "changed")
	b.control(403, "POST", "edit-comment", map[string]any{"user": "gus", "id": made.ID, "body": "mine"}, nil)
	if _, _, err := b.client.Reactions.CreateIssueCommentReaction(t.Context(), b.owner, b.repo, made.ID, "eyes"); err != nil {
		t.Fatal(err)
	}
	expect("reaction", "changed")
	var one struct {
		Comments []struct {
			ID        int64
			Author    string
			Reactions map[string]int
		}
	}
	b.control(200, "GET", "pulls/2", nil, &one)
	if len(one.Comments) != 1 || one.Comments[0].Reactions["eyes"] != 1 {
		t.Errorf("comments %+v", one.Comments)
	}
	b.control(200, "POST", "delete-comment", map[string]any{"id": made.ID}, nil)
	expect("comment_deleted", "changed")
	for path, in := range map[string]map[string]any{
		"comment": {"number": 99, "body": "x"}, "edit-comment": {"id": 1, "body": "x"}, "delete-comment": {"id": 1}, "review": {"user": "nobody", "number": 2},
	} {
		b.control(404, "POST", path, in, nil)
	}
	b.control(422, "POST", "comment", map[string]any{"number": 2, "body": ""}, nil)
	b.control(400, "POST", "comment", map[string]any{"unknown": 2}, nil)
	b.control(404, "POST", "state", nil, nil)
}

func TestFaultsAndLog(t *testing.T) {
	t.Parallel()
	b := startLax(t, github.Options{Repo: widgets(t).dir})
	b.control(200, "POST", "fault", map[string]any{
		"method": "GET", "path_contains": "/pulls/2", "status": 429, "headers": map[string]string{"Retry-After": "7"}, "times": 2,
	}, nil)
	for i, want := range []int{429, 429, 200} {
		resp, _ := b.send("GET", "/api/v3/repos/octo/widgets/pulls/2", "")
		if resp.StatusCode != want || want == 429 && resp.Header.Get("Retry-After") != "7" {
			t.Errorf("request %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	b.server.Inject(github.Fault{PathContains: "/user", Status: 500, Times: -1})
	if resp, _ := b.send("GET", "/api/v3/user", ""); resp.StatusCode != 500 {
		t.Errorf("a fault for all: %d", resp.StatusCode)
	}
	b.control(200, "DELETE", "faults", nil, nil)
	if resp, _ := b.send("GET", "/api/v3/user", ""); resp.StatusCode != 200 {
		t.Errorf("after the faults were cleared: %d", resp.StatusCode)
	}
	b.control(400, "POST", "fault", map[string]any{"status": 99}, nil)
	b.server.Inject(github.Fault{Method: "POST", PathContains: "/issues/2/comments"})
	if _, _, err := b.client.Issues.CreateComment(t.Context(), b.owner, b.repo, 2, &gh.IssueComment{Body: new("lost")}); !errors.Is(err, io.EOF) {
		t.Errorf("a broken connection: %v, want EOF", err)
	}

	var log struct {
		Calls []struct {
			Method, Path, Login string
			Status              int
		}
	}
	b.control(200, "GET", "log?path=/pulls/2", nil, &log)
	if len(log.Calls) != 3 || log.Calls[0].Status != 429 || log.Calls[2].Status != 200 || log.Calls[2].Login != github.BotLogin {
		t.Errorf("log %+v", log.Calls)
	}
	_, raw := b.send("GET", "/control/github/log", "")
	if strings.Contains(string(raw), github.BotToken()) {
		t.Error("the log shows a token")
	}
}

func TestDataSurvives(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	file := filepath.Join(t.TempDir(), "new", "github.json")
	o := github.Options{Repo: r.dir, Data: file}
	s, err := github.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // nothing happened: the folder need not be there
		t.Fatal(err)
	}
	var kept *gh.IssueComment
	t.Run("before", func(t *testing.T) {
		b := start(t, o)
		b.pulls("open")
		kept = b.comment(5, "keep me")
		if _, _, err := b.client.Reactions.CreateIssueCommentReaction(t.Context(), b.owner, b.repo, kept.GetID(), "rocket"); err != nil {
			t.Fatal(err)
		}
		b.control(200, "POST", "review", map[string]any{"user": "ben", "number": 5, "state": "APPROVED"}, nil)
	})
	// A new pull request in history takes 4; a branch is merged; a branch is new.
	r.write("LICENSE", "freer\n")
	r.commit("Freer (#4)")
	r.merge("long-road", "Merge branch 'long-road'")
	r.git("checkout", "-q", "-b", "newer")
	r.write("c.txt", "c\n")
	r.commit("Newer")
	r.git("checkout", "-q", "main")
	b := start(t, o)
	got := must[*gh.IssueComment](t)(b.client.Issues.GetComment(t.Context(), b.owner, b.repo, kept.GetID()))
	if got.GetBody() != "keep me" || got.GetReactions().GetRocket() != 1 {
		t.Errorf("after a restart: %q with %d rockets", got.GetBody(), got.GetReactions().GetRocket())
	}
	for number, want := range map[int]string{4: "Freer", 5: "Second", 6: "Document Parse", 7: "Newer"} {
		if p := b.pull(number); p.GetTitle() != want {
			t.Errorf("%s, want %s", summary(p), want)
		}
	}
	p := b.pull(5)
	if !p.GetMerged() || p.GetState() != "closed" || p.GetCommits() != 2 || p.GetChangedFiles() != 2 || p.GetMergeCommitSHA() != r.head() {
		t.Errorf("the merged branch: merged %t by %s, %d commits, %d files; want %s", p.GetMerged(), p.GetMergeCommitSHA(), p.GetCommits(), p.GetChangedFiles(), r.head())
	}
	if next := b.comment(1, "next"); next.GetID() <= kept.GetID() {
		t.Errorf("id %d was given after %d", next.GetID(), kept.GetID())
	}
}

func TestDamagedData(t *testing.T) {
	t.Parallel()
	dir := widgets(t).dir
	for name, content := range map[string]string{
		"cut": `{"version":1,"comments":[{"id":`, "empty": "", "foreign": `{"hello":"world"}`, "newer": `{"version":9}`,
	} {
		file := filepath.Join(t.TempDir(), name+".json")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := github.New(github.Options{Repo: dir, Data: file})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want an error that names the file", name, err)
		}
		if left, _ := os.ReadFile(file); string(left) != content {
			t.Errorf("%s: the file was changed to %q", name, left)
		}
	}
}

// The stand-in sees branches that come while it runs.
func TestNewBranchesAreSeen(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	c := newClock()
	b := start(t, github.Options{Repo: r.dir, Now: c.now})
	if n := len(b.pulls("open")); n != 2 {
		t.Fatalf("%d open pull requests, want 2", n)
	}
	r.git("checkout", "-q", "-b", "late")
	r.write("late.txt", "late\n")
	r.commit("Late")
	r.git("checkout", "-q", "main")
	for deadline := time.Now().Add(60 * time.Second); len(b.pulls("open")) != 3; {
		if time.Now().After(deadline) {
			t.Fatal("the new branch is not seen")
		}
		c.forward(3 * time.Second)
	}
	if p := b.pull(6); p.GetTitle() != "Late" {
		t.Error(summary(p))
	}
}

// Many clients at once, while the repository changes, and a Close in between.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	c := newClock()
	s, err := github.New(github.Options{Repo: r.dir, Now: c.now, NoLimits: true, Data: filepath.Join(t.TempDir(), "github.json")})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	ask := func(method, path, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		req.Header.Set("Authorization", "token "+github.AdaToken())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	var clients sync.WaitGroup
	for n := range 6 {
		clients.Go(func() {
			for i := range 15 {
				number := strconv.Itoa(1 + (n+i)%5)
				c.forward(time.Second)
				for _, status := range []int{
					ask("GET", "/api/v3/repos/octo/widgets/pulls/"+number, ""),
					ask("GET", "/api/v3/repos/octo/widgets/pulls/"+number+"/files", ""),
					ask("GET", "/control/github/pulls?state=all", ""),
					ask("POST", "/control/github/comment", `{"number":`+number+`,"body":"x"}`),
				} {
					if status != http.StatusOK && status != http.StatusServiceUnavailable && status != http.StatusInternalServerError {
						t.Errorf("status %d", status)
					}
				}
				if n == 0 && i == 10 {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				}
			}
		})
	}
	r.git("branch", "another", "feature/parser")
	clients.Wait()
	if got := ask("GET", "/api/v3/user", ""); got != http.StatusServiceUnavailable {
		t.Errorf("after Close: %d, want 503", got)
	}
}
