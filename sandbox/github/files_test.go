package github_test

import (
	"bytes"
	"fmt"
	"testing"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

// imported builds a repository with one squashed pull request #1 that adds the
// given files, written by git fast-import.
func imported(t *testing.T, files map[string]string) *gitRepo {
	t.Helper()
	r := newRepo(t)
	var in bytes.Buffer
	commit := func(message string) {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Grace <grace@example.com> 1714550400 +0000\ndata %d\n%s\n", len(message), message)
	}
	commit("Start")
	commit("A lot (#1)")
	for name, content := range files {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
	}
	in.WriteString("done\n")
	r.gitInput(in.String(), "fast-import", "--quiet", "--done")
	return r
}

func TestFilesEndAt3000(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i := range 3_050 {
		files[fmt.Sprintf("f%04d", i)] = "x\n"
	}
	b := start(t, github.Options{Repo: imported(t, files).dir, Name: "octo/big"})
	if p := b.pull(1); p.GetChangedFiles() != 3_050 || p.GetAdditions() != 3_050 {
		t.Errorf("%d files +%d, want 3050 of both", p.GetChangedFiles(), p.GetAdditions())
	}
	seen, pages := make(map[string]bool), 0
	for page := 1; page != 0; pages++ {
		rows, resp, err := b.client.PullRequests.ListFiles(t.Context(), b.owner, b.repo, 1, &gh.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rows {
			seen[f.GetFilename()] = true
		}
		page = resp.NextPage
	}
	if len(seen) != 3_000 || pages != 30 {
		t.Errorf("%d files on %d pages, want 3000 on 30", len(seen), pages)
	}
	rows := must[[]*gh.CommitFile](t)(b.client.PullRequests.ListFiles(t.Context(), b.owner, b.repo, 1, &gh.ListOptions{Page: 31, PerPage: 100}))
	if len(rows) != 0 {
		t.Errorf("page 31 has %d files", len(rows))
	}
}

// Past 20,000 lines of patches in one answer the rows have zero counts; with
// smaller pages they are right.
func TestZeroRows(t *testing.T) {
	t.Parallel()
	files := make(map[string]string)
	for i := range 5 {
		files[fmt.Sprintf("part%d", i)] = lines("row", 6_000)
	}
	b := start(t, github.Options{Repo: imported(t, files).dir, Name: "octo/big"})
	rows := b.files(1)
	for i, f := range rows {
		zero := i >= 3
		if got := f.GetChanges() == 0 && f.Patch == nil; got != zero || f.GetStatus() != "added" {
			t.Errorf("row %d: %d changes, patch %t, status %s; want zero %t", i, f.GetChanges(), f.Patch != nil, f.GetStatus(), zero)
		}
	}
	for i := range rows {
		one := must[[]*gh.CommitFile](t)(b.client.PullRequests.ListFiles(t.Context(), b.owner, b.repo, 1, &gh.ListOptions{Page: i + 1, PerPage: 1}))[0]
		if one.GetAdditions() != 6_000 || one.Patch == nil {
			t.Errorf("%s alone: +%d, patch %t", one.GetFilename(), one.GetAdditions(), one.Patch != nil)
		}
	}
	if p := b.pull(1); p.GetAdditions() != 30_000 {
		t.Errorf("+%d in all, want 30000", p.GetAdditions())
	}
}

func TestLargePatchesAreLeftOut(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Name: "octo/big", Repo: imported(t, map[string]string{
		"a-long-line": string(bytes.Repeat([]byte("x"), 2<<20)) + "\n",
		"b-many":      lines("l", 21_000),
		"c-small":     "diff --git a/x b/x\nend-of-diff\n", // words of git's own output
	}).dir})
	rows := b.files(1)
	for i, want := range []struct {
		additions int
		patch     string
	}{{1, ""}, {21_000, ""}, {2, "@@ -0,0 +1,2 @@\n+diff --git a/x b/x\n+end-of-diff"}} {
		if rows[i].GetAdditions() != want.additions || rows[i].GetPatch() != want.patch {
			t.Errorf("%s: +%d, %d bytes of patch; want +%d and %q", rows[i].GetFilename(), rows[i].GetAdditions(), len(rows[i].GetPatch()), want.additions, want.patch)
		}
	}
}
