package github_test

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"shipmate/sandbox/github"
)

// fingerprint lists every file of a folder with the time of its last change.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			b.WriteString(path + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Nothing that a repository's configuration or attributes name is run, and the
// repository is not written to.
func TestRepositoryIsOnlyRead(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	mark := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "run.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch '"+mark+"'\ncat \"$1\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "info", "attributes"), []byte("*.go diff=trap merge=trap\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"diff.external": script, "diff.trap.textconv": script, "diff.trap.command": script, "merge.trap.driver": script,
		"core.pager": script, "core.fsmonitor": script, "core.sshCommand": script, "gpg.program": script, "log.showSignature": "true",
		"core.hooksPath": filepath.Dir(script), "core.quotePath": "true", "diff.mnemonicPrefix": "true", "i18n.logOutputEncoding": "ISO-8859-1",
	} {
		r.git("config", key, value)
	}
	before := fingerprint(t, r.dir)
	b := start(t, github.Options{Repo: r.dir})
	for _, p := range b.pulls("all") {
		b.pull(p.GetNumber())
		b.files(p.GetNumber())
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a program that the repository names was run")
	}
	if fingerprint(t, r.dir) != before {
		t.Error("the repository was written to")
	}
}

// A partial clone lacks file contents. They are not fetched: the request fails,
// and the next one is served.
func TestNeverFetches(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	r.git("config", "uploadpack.allowFilter", "true")
	clone := filepath.Join(t.TempDir(), "partial")
	cmd := exec.Command("git", "clone", "-q", "--bare", "--filter=blob:none", "file://"+r.dir, clone)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("this git cannot make a partial clone: %v\n%s", err, out)
	}
	before := fingerprint(t, clone)
	b := start(t, github.Options{Repo: clone, Name: "octo/widgets"})
	if resp, _ := b.send("GET", "/api/v3/repos/octo/widgets/pulls/2/files", ""); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("files of a pull request whose contents are missing: %d, want 500", resp.StatusCode)
	}
	if n := len(b.pulls("all")); n != 5 {
		t.Errorf("then %d pull requests, want 5", n)
	}
	var list controlPulls
	b.control(http.StatusOK, "GET", "pulls?state=all", nil, &list)
	if len(list.Pulls) != 5 || list.Pulls[3].Number != 2 || list.Pulls[3].Additions != nil {
		t.Errorf("the page's list: %+v, want five, without counts", list.Pulls)
	}
	if fingerprint(t, clone) != before {
		t.Error("something was fetched")
	}
}

func TestSHA256Repository(t *testing.T) {
	t.Parallel()
	r := &gitRepo{t: t, dir: t.TempDir(), clock: newClock().now(), author: "Grace <g@example.com>"}
	if err := exec.Command("git", "init", "-q", "-b", "main", "--object-format=sha256", r.dir).Run(); err != nil {
		t.Skipf("this git has no SHA-256: %v", err)
	}
	r.write("a", "a\n")
	r.commit("Begin (#1)")
	b := start(t, github.Options{Repo: r.dir, Name: "octo/sha256"})
	if p := b.pull(1); p.GetAdditions() != 1 || len(p.GetHead().GetSHA()) != 64 {
		t.Errorf("%s +%d with head %s", summary(p), p.GetAdditions(), p.GetHead().GetSHA())
	}
	if file, _, _, err := b.client.Repositories.GetContents(t.Context(), b.owner, b.repo, "a", nil); err != nil || file.GetSize() != 2 {
		t.Errorf("contents: %v, %v", file, err)
	}
}

func TestNamesOfRepositories(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://github.com/octo/widgets.git":          "octo/widgets",
		"https://user:secret@github.com/octo/widgets":  "octo/widgets",
		"git@github.com:octo/widgets.js.git":           "octo/widgets.js",
		"ssh://git@example.com:22/group/sub/thing.git": "sub/thing",
		"/srv/git/thing.git":                           "local/folder-name",
		"../thing":                                     "local/folder-name",
		"file:///srv/git/thing":                        "local/folder-name",
		"":                                             "local/folder-name",
	} {
		r := newRepoIn(t, filepath.Join(t.TempDir(), "folder name"))
		if url != "" {
			r.git("remote", "add", "origin", url)
		}
		s, err := github.New(github.Options{Repo: r.dir})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Repository(); got != want {
			t.Errorf("%q: %s, want %s", url, got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"octo", "octo/", "octo/a b", "octo/a/b", "../x/y"} {
		if s, err := github.New(github.Options{Repo: newRepo(t).dir, Name: name}); err == nil {
			s.Close()
			t.Errorf("the name %q was taken", name)
		}
	}
}
