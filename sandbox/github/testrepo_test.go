package github_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A gitRepo is a repository that a test builds. Its clock moves by a minute with
// each commit, so that ids are the same in every run.
type gitRepo struct {
	t      testing.TB
	dir    string
	clock  time.Time
	author string // "Name <address>"
}

func newRepo(t testing.TB) *gitRepo {
	t.Helper()
	return newRepoIn(t, t.TempDir())
}

func newRepoIn(t testing.TB, dir string) *gitRepo {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &gitRepo{t: t, dir: dir, clock: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC), author: "Grace Hopper <1906+grace@users.noreply.github.com>"}
	r.git("init", "-q", "-b", "main")
	return r
}

// git runs git in the repository and returns what it printed.
func (r *gitRepo) git(args ...string) string {
	r.t.Helper()
	return string(r.gitInput("", args...))
}

func (r *gitRepo) gitInput(stdin string, args ...string) []byte {
	r.t.Helper()
	name, address, _ := strings.Cut(strings.TrimSuffix(r.author, ">"), " <")
	stamp := strconv.FormatInt(r.clock.Unix(), 10) + " +0200"
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+address, "GIT_AUTHOR_DATE="+stamp,
		"GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+address, "GIT_COMMITTER_DATE="+stamp)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, stderr.String())
	}
	return out
}

// write writes a file of the work tree.
func (r *gitRepo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits everything in the work tree and returns the commit's id.
func (r *gitRepo) commit(message string) string {
	r.t.Helper()
	r.clock = r.clock.Add(time.Minute)
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.head()
}

func (r *gitRepo) head() string {
	r.t.Helper()
	return strings.TrimSpace(r.git("rev-parse", "HEAD"))
}

// merge merges a branch into the current one and returns the merge commit's id.
func (r *gitRepo) merge(branch, message string) string {
	r.t.Helper()
	r.clock = r.clock.Add(time.Minute)
	r.git("merge", "-q", "--no-ff", "-m", message, branch)
	return r.head()
}

// numstat is what git itself counts between two commits: files, added, deleted.
func (r *gitRepo) numstat(base, head string) (files, added, deleted int) {
	r.t.Helper()
	for record := range strings.SplitSeq(strings.TrimSuffix(r.git("diff", "--numstat", "--no-ext-diff", "--no-textconv", base, head), "\n"), "\n") {
		if record == "" {
			continue
		}
		var a, d string
		if _, err := fmt.Sscan(record, &a, &d); err != nil {
			r.t.Fatalf("numstat %q: %v", record, err)
		}
		files++
		na, _ := strconv.Atoi(a) // "-" for a binary file
		nd, _ := strconv.Atoi(d)
		added, deleted = added+na, deleted+nd
	}
	return files, added, deleted
}

// lines returns n numbered lines.
func lines(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", word, i)
	}
	return b.String()
}

// widgets builds a small repository with merged, squashed and open pull requests:
//
//	#1 squash   #2 merge of a fork's branch (two commits)   #3 merge of an own branch
//	open: feature/parser (one commit), long-road (two commits)
func widgets(t testing.TB) *gitRepo {
	t.Helper()
	template.once.Do(func() { template.built = buildWidgets(t, template.dir) })
	if template.built == nil {
		t.Fatal("the repository could not be built")
	}
	r := *template.built
	r.t, r.dir = t, t.TempDir()
	if err := os.CopyFS(r.dir, os.DirFS(template.dir)); err != nil {
		t.Fatal(err)
	}
	return &r
}

// template is what widgets copies: building it takes forty git processes.
var template struct {
	once  sync.Once
	dir   string // made and removed by TestMain
	built *gitRepo
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "widgets-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	template.dir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func buildWidgets(t testing.TB, dir string) *gitRepo {
	t.Helper()
	r := newRepoIn(t, dir)
	r.git("remote", "add", "origin", "git@github.com:octo/widgets.git")
	r.write("README.md", "# Widgets\n")
	r.write("src/parser.go", "package src\n\nfunc Parse() {}\n")
	r.commit("Start")
	r.write("src/parser.go", "package src\n\nfunc Parse() error { return nil }\n")
	r.commit("Parse returns an error (#1)\n\nSo that callers know.")

	r.git("checkout", "-q", "-b", "fix")
	r.author = "Linus <linus@example.com>"
	r.write("src/lexer.go", lines("lexer", 12))
	r.commit("Add a lexer")
	r.write("README.md", "# Widgets\n\nNow with a lexer.\n")
	r.commit("Mention it")
	r.git("checkout", "-q", "main")
	r.author = "Grace Hopper <1906+grace@users.noreply.github.com>"
	r.write("LICENSE", "free\n")
	r.commit("A licence, directly")
	r.merge("fix", "Merge pull request #2 from linus-t/fix\n\nAdd a lexer\n\nThis is why.")

	r.git("checkout", "-q", "-b", "chore")
	r.author = "Ken <ken@example.com>"
	r.write("Makefile", "all:\n")
	r.commit("Add a Makefile")
	r.git("checkout", "-q", "main")
	r.merge("chore", "Merge pull request #3 from octo/chore\n\nAdd a Makefile")

	r.git("checkout", "-q", "-b", "feature/parser")
	r.write("src/parser.go", "package src\n\n// Parse parses.\nfunc Parse() error { return nil }\n")
	r.commit("Document Parse\n\nIt had no comment.")
	r.git("checkout", "-q", "-b", "long-road", "main")
	r.write("a.txt", "a\n")
	r.commit("First")
	r.write("b.txt", "b\n")
	r.commit("Second")
	r.git("checkout", "-q", "main")
	return r
}
