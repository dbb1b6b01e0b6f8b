package github_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

func TestRepositoryShapes(t *testing.T) {
	t.Parallel()
	r := widgets(t)
	copies := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = copies
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	run("clone", "-q", "--bare", r.dir, "bare.git")
	run("clone", "-q", r.dir, "clone")
	run("clone", "-q", "--depth", "2", "--no-single-branch", "file://"+r.dir, "shallow")
	r.git("worktree", "add", "-q", filepath.Join(copies, "linked"), "long-road")
	for _, shape := range []struct {
		name, path   string
		closed, open int
	}{
		{"work tree", r.dir, 3, 2},
		{"folder inside", filepath.Join(r.dir, "src"), 3, 2},
		{"git folder", filepath.Join(r.dir, ".git"), 3, 2},
		{"bare", filepath.Join(copies, "bare.git"), 3, 2},
		{"clone", filepath.Join(copies, "clone"), 3, 2},
		{"shallow", filepath.Join(copies, "shallow"), 1, 3}, // that "fix" was merged is not known there
		{"linked work tree", filepath.Join(copies, "linked"), -1, -1},
	} {
		t.Run(shape.name, func(t *testing.T) {
			b := start(t, github.Options{Repo: shape.path, Name: "octo/widgets"})
			closed, open := len(b.pulls("closed")), len(b.pulls("open"))
			if shape.closed >= 0 && (closed != shape.closed || open != shape.open) {
				t.Errorf("%d closed and %d open, want %d and %d", closed, open, shape.closed, shape.open)
			}
			if p := b.pulls("all")[0]; b.pull(p.GetNumber()).GetTitle() == "" {
				t.Errorf("%s has no title", summary(p))
			}
		})
	}
}

func TestEmptyRepository(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: newRepo(t).dir})
	if n := len(b.pulls("all")); n != 0 {
		t.Errorf("%d pull requests without a commit", n)
	}
	if r := must[*gh.Repository](t)(b.client.Repositories.Get(t.Context(), b.owner, b.repo)); r.GetDefaultBranch() != "main" {
		t.Errorf("default branch %q, want main", r.GetDefaultBranch())
	}
	var state struct{ Empty bool }
	b.control(http.StatusOK, "GET", "state", nil, &state)
	if !state.Empty {
		t.Error("state does not say that the repository is empty")
	}
}

func TestNoRepository(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing"), file} {
		s, err := github.New(github.Options{Repo: path})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), path+" is not a git repository") {
			t.Errorf("New(%s) = %v, want an error that names it", path, err)
		}
	}
}
