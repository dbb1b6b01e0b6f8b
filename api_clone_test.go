package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// A gitReader reads a clone through one git process.
type gitReader struct {
	t    *testing.T
	repo string
	in   io.WriteCloser
	out  *bufio.Reader
}

func newGitReader(t *testing.T, repo string) *gitReader {
	g := &gitReader{t: t, repo: repo}
	cmd := g.command("cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g.in, g.out = in, bufio.NewReader(out)
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return g
}

func (g *gitReader) command(args ...string) *exec.Cmd {
	return exec.Command("git", append([]string{"-C", g.repo, "-c", "safe.directory=*", "-c", "core.quotePath=false"}, args...)...)
}

func (g *gitReader) run(args ...string) string {
	g.t.Helper()
	out, err := g.command(args...).Output()
	if err != nil {
		g.t.Fatalf("git %q in %s: %v", args, g.repo, err)
	}
	return string(out)
}

// commits are parents and commits that change Go files, the newest first; a merge counts against its first parent, as a pull request does.
func (g *gitReader) commits() (out [][2]string) {
	for row := range strings.Lines(g.run("log", "--first-parent", "--format=%P|%H", "--", "*.go")) {
		parents, commit, _ := strings.Cut(strings.TrimSpace(row), "|")
		if parent, _, _ := strings.Cut(parents, " "); parent != "" {
			out = append(out, [2]string{parent, commit})
		}
	}
	return out
}

// changes are the changed Go files, and go.mod.
func (g *gitReader) changes(commit [2]string) (files []github.File) {
	status := map[byte]string{'A': "added", 'D': "removed", 'M': "modified", 'R': "renamed", 'T': "changed"}
	for row := range strings.Lines(g.run("diff", "--name-status", "-M", commit[0], commit[1], "--", "*.go")) {
		columns := strings.Split(strings.TrimRight(row, "\n"), "\t")
		f := github.File{Path: columns[len(columns)-1], Status: status[row[0]]}
		if len(columns) == 3 {
			f.PreviousPath = columns[1]
		}
		if outside(f.Path) && (f.PreviousPath == "" || outside(f.PreviousPath)) {
			continue
		}
		files = append(files, f)
	}
	return files
}

// outside reports whether nobody can import the package of a file.
func outside(p string) bool {
	return strings.HasSuffix(p, "_test.go") || slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool {
		return part == "internal" || part == "testdata" || part == "vendor" || part[0] == '_' || part[0] == '.'
	})
}

func (g *gitReader) folder(commit, folder string) []string {
	tree := commit
	if folder != "." {
		tree += ":" + folder
	}
	out, err := g.command("ls-tree", "--name-only", tree).Output()
	if err != nil || outside(folder+"/x.go") && folder != "." {
		return nil
	}
	return strings.Fields(string(out))
}

// read is a file at a commit; "" when there is none.
func (g *gitReader) read(commit, p string) string {
	fmt.Fprintf(g.in, "%s:%s\n", commit, p)
	head, err := g.out.ReadString('\n')
	if err != nil {
		g.t.Fatal(err)
	}
	fields := strings.Fields(head)
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil { // "missing"
		return ""
	}
	text := make([]byte, size+1)
	if _, err := io.ReadFull(g.out, text); err != nil {
		g.t.Fatal(err)
	}
	return string(text[:size])
}
