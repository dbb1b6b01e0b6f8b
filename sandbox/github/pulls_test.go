package github_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

func (b *bench) pull(number int) *gh.PullRequest {
	b.t.Helper()
	return must[*gh.PullRequest](b.t)(b.client.PullRequests.Get(b.t.Context(), b.owner, b.repo, number))
}

func (b *bench) pulls(state string) []*gh.PullRequest {
	b.t.Helper()
	return must[[]*gh.PullRequest](b.t)(b.client.PullRequests.List(b.t.Context(), b.owner, b.repo,
		&gh.PullRequestListOptions{State: state, ListOptions: gh.ListOptions{PerPage: 100}}))
}

func (b *bench) files(number int) []*gh.CommitFile {
	b.t.Helper()
	return must[[]*gh.CommitFile](b.t)(b.client.PullRequests.ListFiles(b.t.Context(), b.owner, b.repo, number, &gh.ListOptions{PerPage: 100}))
}

// summary is a pull request in one line.
func summary(p *gh.PullRequest) string {
	return fmt.Sprintf("#%d %s %s by %s from %s", p.GetNumber(), p.GetState(), p.GetTitle(), p.GetUser().GetLogin(), p.GetHead().GetLabel())
}

func TestPullsOfHistory(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	b := start(t, github.Options{Repo: r.dir})
	if got, want := b.server.Repository(), "octo/widgets"; got != want {
		t.Errorf("Repository() = %q, want %q", got, want)
	}
	var got []string
	for _, p := range b.pulls("all") {
		got = append(got, summary(p))
	}
	want := []string{
		"#5 open Long road by ken from ken:long-road",
		"#4 open Document Parse by ken from ken:feature/parser",
		"#3 closed Add a Makefile by ken from octo:chore",
		"#2 closed Add a lexer by linus-t from linus-t:fix",
		"#1 closed Parse returns an error by grace from grace:pull-1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("pull requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(b.pulls("open")); n != 2 {
		t.Errorf("%d open pull requests, want 2", n)
	}
}

func TestMergedPull(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	b := start(t, github.Options{Repo: r.dir})
	merge := strings.TrimSpace(r.git("rev-parse", "main~1"))
	base := strings.TrimSpace(r.git("merge-base", merge+"^1", merge+"^2"))
	p := b.pull(2)
	if p.GetBase().GetSHA() != base || p.GetHead().GetSHA() != strings.TrimSpace(r.git("rev-parse", "fix")) || p.GetMergeCommitSHA() != merge {
		t.Errorf("base %s, head %s, merge %s; want base %s, head fix, merge %s", p.GetBase().GetSHA(), p.GetHead().GetSHA(), p.GetMergeCommitSHA(), base, merge)
	}
	if !p.GetMerged() || p.GetMergedBy().GetLogin() != "grace" || p.GetBody() != "This is why." || p.GetCommits() != 2 {
		t.Errorf("merged %t by %s, body %q, %d commits", p.GetMerged(), p.GetMergedBy().GetLogin(), p.GetBody(), p.GetCommits())
	}
	files, added, deleted := r.numstat(base, "fix")
	if p.GetChangedFiles() != files || p.GetAdditions() != added || p.GetDeletions() != deleted {
		t.Errorf("%d files +%d -%d, want %d +%d -%d", p.GetChangedFiles(), p.GetAdditions(), p.GetDeletions(), files, added, deleted)
	}
	commits := must[[]*gh.RepositoryCommit](t)(b.client.PullRequests.ListCommits(t.Context(), b.owner, b.repo, 2, nil))
	var subjects []string
	for _, c := range commits {
		subjects = append(subjects, c.GetCommit().GetMessage())
		if email := c.GetCommit().GetAuthor().GetEmail(); strings.Contains(email, "example.com") {
			t.Errorf("an e-mail address is shown: %s", email)
		}
	}
	if want := []string{"Add a lexer", "Mention it"}; !slices.Equal(subjects, want) {
		t.Errorf("commits %q, want %q", subjects, want)
	}
}

// A merge whose subject names no branch is a pull request all the same.
func TestMergeWithoutABranch(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a.txt", "a\n")
	r.commit("Start")
	r.git("checkout", "-q", "-b", "side")
	r.write("b.txt", "b\n")
	r.commit("Add b")
	r.git("checkout", "-q", "main")
	r.merge("side", "Merge pull request #7 from linus-t\n\nAdd b")
	got := summary(start(t, github.Options{Repo: r.dir}).pull(7))
	if want := "#7 closed Add b by linus-t from linus-t:pull-7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOpenPull(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	b := start(t, github.Options{Repo: r.dir})
	p := b.pull(4)
	if p.GetBody() != "It had no comment." || p.GetMerged() || p.GetMergeCommitSHA() != "" || !p.GetMergeable() {
		t.Errorf("body %q, merged %t, merge commit %q, mergeable %t", p.GetBody(), p.GetMerged(), p.GetMergeCommitSHA(), p.GetMergeable())
	}
	row := b.files(4)[0]
	wantPatch := "@@ -1,3 +1,4 @@\n package src\n \n+// Parse parses.\n func Parse() error { return nil }"
	if row.GetFilename() != "src/parser.go" || row.GetStatus() != "modified" || row.GetPatch() != wantPatch {
		t.Errorf("file %s %s\n%s\nwant the patch\n%s", row.GetFilename(), row.GetStatus(), row.GetPatch(), wantPatch)
	}

	// Something else changes on main: still mergeable. The same file changes: not known.
	r.write("other.txt", "x\n")
	r.commit("Elsewhere")
	b = start(t, github.Options{Repo: r.dir})
	if p := b.pull(4); p.Mergeable == nil || !*p.Mergeable {
		t.Errorf("mergeable = %v after an unrelated change, want true", p.Mergeable)
	}
	r.write("src/parser.go", "package other\n")
	r.commit("The same file")
	b = start(t, github.Options{Repo: r.dir})
	if p := b.pull(4); p.Mergeable != nil || p.GetMergeableState() != "unknown" {
		t.Errorf("mergeable = %v (%s) after a change of the same file, want unknown", *p.Mergeable, p.GetMergeableState())
	}
}

// A pull request of many kinds of change must have git's own counts.
func TestCountsAreGits(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.git("config", "diff.external", "false") // what a repository's configuration may try
	r.git("config", "diff.noprefix", "true")
	r.git("config", "color.ui", "always")
	r.git("config", "log.showSignature", "true")
	odd := []string{"with space.txt", `quo"te.txt`, "new\nline.txt", "-dash.txt", "tab\tx.txt", "ümlaut.txt", "\xff\xfe.txt", "$(touch pwned).txt"}
	for i, name := range odd {
		r.write(name, lines("odd", 10+i))
	}
	r.write("moved/from.go", lines("package", 60))
	r.write("gone.txt", lines("gone", 7))
	r.write("mode.sh", "#!/bin/sh\n")
	r.write("image.png", "\x89PNG\x00\x01\x02")
	r.write("link", "was a file\n")
	r.write("no-newline", "end")
	r.write("latin1.txt", "caf\xe9\n")
	base := r.commit("Base")

	r.git("checkout", "-q", "-b", "all-kinds")
	for i, name := range odd {
		r.write(name, lines("odd", 8+i)+"changed\n")
	}
	r.git("mv", "moved", "renamed")
	r.write("renamed/from.go", lines("package", 60)+"one more\n")
	if err := os.Remove(filepath.Join(r.dir, "gone.txt")); err != nil {
		t.Fatal(err)
	}
	r.write("image.png", "\x89PNG\x00\x09\x09\x09")
	r.write("empty", "")
	r.write("no-newline", "end\nmore")
	r.write("latin1.txt", "caf\xe9 cr\xe8me\n")
	r.git("add", "-A")
	r.git("update-index", "--chmod=+x", "mode.sh")
	target := strings.TrimSpace(string(r.gitInput("README.md", "hash-object", "-w", "--stdin")))
	r.git("update-index", "--cacheinfo", "120000,"+target+",link")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+base+",vendor/sub")
	r.git("commit", "-q", "-m", "Everything at once (#not a number)")
	head := r.head()
	r.git("reset", "-q", "--hard")
	r.git("checkout", "-q", "-f", "main")

	b := start(t, github.Options{Repo: r.dir, Name: "octo/odd"})
	p := b.pull(b.pulls("open")[0].GetNumber())
	files, added, deleted := r.numstat(base, head)
	if p.GetChangedFiles() != files || p.GetAdditions() != added || p.GetDeletions() != deleted {
		t.Errorf("%d files +%d -%d, want git's %d +%d -%d", p.GetChangedFiles(), p.GetAdditions(), p.GetDeletions(), files, added, deleted)
	}
	rows := map[string]*gh.CommitFile{}
	for _, f := range b.files(p.GetNumber()) {
		rows[f.GetFilename()] = f
		added -= f.GetAdditions()
		deleted -= f.GetDeletions()
	}
	if added != 0 || deleted != 0 || len(rows) != files {
		t.Errorf("the rows differ from git's counts by +%d -%d, %d rows, want %d", added, deleted, len(rows), files)
	}
	for _, want := range []struct{ name, status, previous, patch string }{
		{"renamed/from.go", "renamed", "moved/from.go", "+one more"},
		{"gone.txt", "removed", "", "-gone 6"},
		{"mode.sh", "changed", "", ""},
		{"image.png", "modified", "", ""},
		{"link", "changed", "", "+README.md"},
		{"empty", "added", "", ""},
		{"vendor/sub", "added", "", "+Subproject commit " + base},
		{"no-newline", "modified", "", `\ No newline at end of file`},
		{"latin1.txt", "modified", "", "+caf\uFFFD cr\uFFFDme"},
		{"new\nline.txt", "modified", "", "+changed"},
		{"-dash.txt", "modified", "", "+changed"},
		{`quo"te.txt`, "modified", "", "+changed"},
		{"\uFFFD.txt", "modified", "", "+changed"},
	} {
		f := rows[want.name]
		if f.GetStatus() != want.status || f.GetPreviousFilename() != want.previous || !strings.Contains(f.GetPatch(), want.patch) || want.patch == "" && f.Patch != nil {
			t.Errorf("%q: %s, previously %q, patch %q; want %+v", want.name, f.GetStatus(), f.GetPreviousFilename(), f.GetPatch(), want)
		}
	}
	if _, err := os.Stat(filepath.Join(r.dir, "pwned")); err == nil {
		t.Error("a file name was run by a shell")
	}
}

func TestPlainHistory(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	for i := range 55 {
		r.write("counter.txt", lines("n", i))
		r.commit(fmt.Sprintf("Count to %d", i))
	}
	b := start(t, github.Options{Repo: r.dir, Name: "octo/plain"})
	all := b.pulls("all")
	if len(all) != 50 || all[0].GetNumber() != 55 || all[49].GetNumber() != 6 || all[0].GetTitle() != "Count to 54" {
		t.Fatalf("%d pull requests from %s to %s; want 50 from #55 to #6", len(all), summary(all[0]), summary(all[len(all)-1]))
	}
	p := b.pull(40)
	files, added, deleted := r.numstat("main~16", "main~15")
	if p.GetChangedFiles() != files || p.GetAdditions() != added || p.GetDeletions() != deleted {
		t.Errorf("#40: %d +%d -%d, want %d +%d -%d", p.GetChangedFiles(), p.GetAdditions(), p.GetDeletions(), files, added, deleted)
	}
	// A number stays when history grows.
	r.commit("One more, empty")
	again := start(t, github.Options{Repo: r.dir, Name: "octo/plain"})
	if got := again.pull(40).GetHead().GetSHA(); got != p.GetHead().GetSHA() {
		t.Errorf("#40 became %s", got)
	}
	if empty := again.pull(56); empty.GetChangedFiles() != 0 || len(again.files(56)) != 0 {
		t.Errorf("an empty commit has %d files", empty.GetChangedFiles())
	}
}

func TestRootCommitAndDuplicates(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "one\ntwo\n")
	r.commit("Begin (#1)")
	r.commit("Old (#2)")
	r.write("a", "one\n")
	r.commit("New (#2)")
	b := start(t, github.Options{Repo: r.dir, Name: "octo/root"})
	if p := b.pull(1); p.GetAdditions() != 2 || p.GetChangedFiles() != 1 {
		t.Errorf("the root commit has %d files +%d, want 1 and +2", p.GetChangedFiles(), p.GetAdditions())
	}
	at := &gh.RepositoryContentGetOptions{Ref: b.pull(1).GetBase().GetSHA()}
	if file, folder, _, err := b.client.Repositories.GetContents(t.Context(), b.owner, b.repo, "", at); file != nil || len(folder) != 0 || err != nil {
		t.Errorf("its base has %v, %v, %v, want an empty folder", file, folder, err)
	}
	if _, _, _, err := b.client.Repositories.GetContents(t.Context(), b.owner, b.repo, "a", at); status(err) != http.StatusNotFound {
		t.Errorf("a file in its base: %v, want 404", err)
	}
	if p := b.pull(2); p.GetTitle() != "New" || p.GetDeletions() != 1 {
		t.Errorf("#2 is %q -%d, want the newest", p.GetTitle(), p.GetDeletions())
	}
}

func TestBranchesNobodyShouldRun(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "a\n")
	r.commit("Begin (#7)")
	names := []string{"$(touch${IFS}pwned)", "--upload-pack=touch", "`id`", "a;b|c&d", "ünïcode"}
	for _, name := range names {
		r.git("checkout", "-q", "--detach", "main")
		r.write("a", name)
		r.commit("On " + name)
		r.git("update-ref", "refs/heads/"+name, "HEAD")
	}
	r.git("checkout", "-q", "main")
	b := start(t, github.Options{Repo: r.dir, Name: "octo/names"})
	var got []string
	for _, p := range b.pulls("open") {
		got = append(got, p.GetHead().GetRef())
		if b.pull(p.GetNumber()).GetChangedFiles() != 1 {
			t.Errorf("%s has no changes", summary(p))
		}
		file, _, _, err := b.client.Repositories.GetContents(t.Context(), b.owner, b.repo, "a", &gh.RepositoryContentGetOptions{Ref: p.GetHead().GetRef()})
		if err != nil {
			t.Errorf("contents at %q: %v", p.GetHead().GetRef(), err)
			continue
		}
		if text, err := file.GetContent(); err != nil || text != p.GetHead().GetRef() {
			t.Errorf("contents at %q = %q, %v", p.GetHead().GetRef(), text, err)
		}
	}
	slices.Sort(got)
	slices.Sort(names)
	if !slices.Equal(got, names) {
		t.Errorf("branches %q, want %q", got, names)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "pwned")); err == nil {
		t.Error("a branch name was run by a shell")
	}
}
