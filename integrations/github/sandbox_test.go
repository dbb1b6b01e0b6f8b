package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sandbox "shipmate/sandbox/github"
	"shipmate/sandbox/openapitest"
)

// world is the stand-in for GitHub with a small repository. Every request to it and each of its answers is held to GitHub's own description.
type world struct {
	*sandbox.Server
	t     testing.TB
	url   string
	calls atomic.Int64

	mu   sync.Mutex
	seen []string // "METHOD path status"
}

// The repository of a world: pull request 7 was merged, 8 is the open branch "wide" with 30 files.
const merged, open = 7, 8

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	buildRepo(t, dir)
	s, err := sandbox.New(sandbox.Options{Repo: dir, Name: "octo/widgets", NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Server: s, t: t}
	next := s.Handler()
	if _, benchmark := t.(*testing.B); !benchmark {
		next = openapitest.Validate(t, next)
	}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		status := &statusWriter{ResponseWriter: out, status: http.StatusOK}
		next.ServeHTTP(status, r)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			w.calls.Add(1)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, fmt.Sprintf("%s %s %d", r.Method, strings.TrimPrefix(r.URL.Path, "/api/v3"), status.status))
		}
	}))
	t.Cleanup(func() { server.Close(); s.Close() })
	w.url = server.URL
	return w
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// requests returns what the bot asked since the last call.
func (w *world) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

func buildRepo(t testing.TB, dir string) {
	t.Helper()
	clock := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	git := func(args ...string) {
		t.Helper()
		clock = clock.Add(time.Minute)
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=Grace Hopper", "GIT_AUTHOR_EMAIL=1906+grace@users.noreply.github.com", "GIT_AUTHOR_DATE="+clock.Format(time.RFC3339),
			"GIT_COMMITTER_NAME=Grace Hopper", "GIT_COMMITTER_EMAIL=1906+grace@users.noreply.github.com", "GIT_COMMITTER_DATE="+clock.Format(time.RFC3339))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(message string) { git("add", "-A"); git("commit", "-q", "-m", message) }
	git("init", "-q", "-b", "main")
	write("main.go", "package main\n\nfunc main() {}\n")
	write(".gitattributes", "*.pb.go linguist-generated\n")
	write(".github/CODEOWNERS", "* @octo/core\n")
	commit("first")
	git("switch", "-q", "-c", "parser")
	write("parser.go", "package main\n\nfunc parse() {}\n")
	write("main.go", "package main\n\nfunc main() { parse() }\n")
	commit("add a parser")
	write(".github/CODEOWNERS", "* @attacker\n")
	commit("take over")
	git("switch", "-q", "main")
	git("merge", "-q", "--no-ff", "-m", "Merge pull request #7 from octo/parser\n\nAdd a parser\n\nCloses #3, see also octo/gears#9", "parser")
	git("switch", "-q", "-c", "wide")
	for i := range 30 {
		write(fmt.Sprintf("pkg%02d/file.go", i), strings.Repeat("// line\n", 20))
	}
	commit("feat: go wide")
	git("switch", "-q", "main")
	write("main.go", "package main\n\nfunc main() { later() }\n")
	commit("go on")
}

// client makes a client of the stand-in with the bot's token; change may alter its options.
func (w *world) client(change func(*Options)) *Client {
	w.t.Helper()
	o := Options{
		BaseURL: w.url + "/api/v3/", Token: sandbox.BotToken(), Login: sandbox.BotLogin, Repos: []string{"octo/widgets"},
		MarkerKey: []byte(testKey), Poll: 20 * time.Millisecond, Pace: time.Nanosecond, PollShare: 1,
	}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// control asks the control API of the stand-in.
func (w *world) control(path string, in, out any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	method := http.MethodPost
	if in == nil {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/control/github/"+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("control %s: %s", path, resp.Status)
	}
	if out != nil {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			w.t.Fatal(err)
		}
	}
}

// say writes a comment and returns its number.
func (w *world) say(user string, number int, body string) int64 {
	w.t.Helper()
	var out struct{ ID int64 }
	w.control("comment", map[string]any{"user": user, "number": number, "body": body}, &out)
	return out.ID
}

// A shown is a comment as the page shows it.
type shown struct {
	ID        int64
	Author    string
	Body      string
	Reactions map[string]int
}

func (w *world) comments(number int) []shown {
	w.t.Helper()
	var out struct{ Comments []shown }
	w.control(fmt.Sprintf("pulls/%d", number), nil, &out)
	return out.Comments
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control("check-run", obj{"number": merged, "name": "test", "conclusion": "failure"}, nil)
	w.control("review", obj{"number": merged, "user": "ben", "state": "APPROVED"}, nil)
	c := w.client(nil)
	s, err := c.Snapshot(t.Context(), Ref{"Octo", "Widgets", merged})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Ref.String(); got != "octo/widgets#7" {
		t.Errorf("Ref = %s", got)
	}
	if s.State != "merged" || s.Title == "" || s.Author == "" || s.MergedAt.IsZero() || s.Additions != 5 || s.Deletions != 2 || s.ChangedFiles != 3 {
		t.Errorf("pull request is %+v", s.PullRequest)
	}
	var paths []string
	additions, deletions := 0, 0
	for _, f := range s.Files {
		paths, additions, deletions = append(paths, f.Path+" "+f.Status), additions+f.Additions, deletions+f.Deletions
		if !strings.HasPrefix(f.Patch, "@@") || f.NoCounts {
			t.Errorf("file %+v", f)
		}
	}
	if want := []string{".github/CODEOWNERS modified", "main.go modified", "parser.go added"}; !slices.Equal(paths, want) {
		t.Errorf("files are %q, want %q", paths, want)
	}
	if additions != s.Additions || deletions != s.Deletions {
		t.Errorf("files add +%d -%d, want +%d -%d", additions, deletions, s.Additions, s.Deletions)
	}
	if len(s.List) != 2 || s.List[1].SHA != s.Head.SHA || s.List[0].Author != "grace" || s.List[0].Message != "add a parser" {
		t.Errorf("commits are %+v", s.List)
	}
	if len(s.Reviews) != 1 || s.Reviews[0].Author != "ben" || s.Reviews[0].State != "APPROVED" {
		t.Errorf("reviews are %+v", s.Reviews)
	}
	if len(s.Checks) != 1 || s.Checks[0].Name != "test" || s.Checks[0].Conclusion != "failure" {
		t.Errorf("checks are %+v", s.Checks)
	}
	if s.Owners != "* @octo/core\n" || s.Attributes != "*.pb.go linguist-generated\n" {
		t.Errorf("owners %q, attributes %q, want those of the base", s.Owners, s.Attributes)
	}
	host := strings.TrimPrefix(w.url, "http://")
	want := []Issue{
		{Ref: "octo/widgets#3", Closes: true, URL: "http://" + host + "/octo/widgets/issues/3"},
		{Ref: "octo/gears#9", URL: "http://" + host + "/octo/gears/issues/9"},
	}
	if !slices.Equal(s.Issues, want) {
		t.Errorf("issues are %+v, want %+v", s.Issues, want)
	}
	if len(s.Gaps) != 0 {
		t.Errorf("gaps are %+v", s.Gaps)
	}
}

func TestPullsOfSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	for state, want := range map[string][]string{"": {"octo/widgets#8"}, "closed": {"octo/widgets#7"}, "all": {"octo/widgets#7", "octo/widgets#8"}} {
		list, err := c.Pulls(t.Context(), "octo", "widgets", state, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, p.Ref.String())
			if p.Title == "" || p.Author == "" || p.Mergeable != "unknown" {
				t.Errorf("listed as %+v", p)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("state %q lists %v, want %v", state, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.client(func(o *Options) { o.Login = "" }).Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	tests := map[string]struct {
		change func(*Options)
		want   string
	}{
		"wrong token":      {func(o *Options) { o.Token, o.Login = testToken, "" }, "the token is wrong, revoked or expired"},
		"wrong repository": {func(o *Options) { o.Repos = append(o.Repos, "octo/gone") }, "check the name octo/gone"},
		"wrong address":    {func(o *Options) { o.BaseURL = "http://127.0.0.1:1/"; o.Login = "" }, "check github.base_url"},
	}
	for name, tt := range tests {
		if err := w.client(tt.change).Check(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Check: %v, want %q", name, err, tt.want)
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	w := newWorld(b)
	ref := Ref{"octo", "widgets", open}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if s, err := w.client(nil).Snapshot(b.Context(), ref); err != nil || len(s.Files) != 30 {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		c := w.client(nil)
		for b.Loop() {
			if _, err := c.Snapshot(b.Context(), ref); err != nil {
				b.Fatal(err)
			}
		}
	})
}
