package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// clones are the git clones of real projects that a test or a benchmark is asked to read, too: SHIPMATE_REPOS, separated by colons.
func clones() []string { return filepath.SplitList(os.Getenv("SHIPMATE_REPOS")) }

// fromEnv is the number that an environment variable holds; fallback when it holds none.
func fromEnv(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return fallback
}

// moving is a clone in which each commit changes the exported API of a Go package in another way.
func moving(t *testing.T) string {
	r := newPastRepo(t)
	r.commit(0, "module", "go.mod", "module widgets\n\ngo 1.25\n")
	first := `package shop

import (
	"context"
	"io"
)

const Limit = 10

var ErrFull error

type (
	ID     int
	Writer interface{ Write(p []byte) (int, error) }
	Basket struct {
		Owner string
		Items []string
		inner int
	}
	Set[T comparable] struct{ all map[T]bool }
)

func Open(name string) (*Basket, error)        { return nil, nil }
func Read(ctx context.Context, r io.Reader)    {}
func Keys[K comparable, V any](m map[K]V) []K  { return nil }
func (b *Basket) Add(item string)              {}
func (b *Basket) Len() int                     { return 0 }
func (s Set[T]) Has(v T) bool                  { return s.all[v] }
`
	r.commit(1, "a shop", "shop/shop.go", first)
	for i, change := range [][2]string{
		{"func (b *Basket) Len() int                     { return 0 }\n", ""},
		{"Open(name string) (*Basket, error) ", "Open(name string, size int) (*Basket, error) "},
		{"		Items []string\n", "		Items map[string]int\n"},
		{"		Owner string\n", ""},
		{"Writer interface{ Write(p []byte) (int, error) }", "Writer interface{ Write(p []byte) (int, error); Close() error }"},
		{"const Limit = 10", "const Limit = \"ten\""},
		{"	ID     int", "	ID     string"},
		{"Keys[K comparable, V any]", "Keys[K ~string, V any]"},
		{"var ErrFull error\n", ""},
		{"func (b *Basket) Add(item string)", "func (b Basket) Add(item string)"},
		{"func (b Basket) Add(item string)", "func (b Basket) Add(items ...string)"},
		{"r io.Reader)    {}", "r io.Reader) error    { return nil }"},
		{"inner int", "inner uint"},
		{"func (s Set[T]) Has(v T) bool", "func (s Set[T]) Holds(v T) bool"},
		{"	Set[T comparable] struct", "	Group[T comparable] struct"},
	} {
		next := strings.Replace(first, change[0], change[1], 1)
		if next == first {
			t.Fatalf("nothing to change: %q", change[0])
		}
		if change[0][0] == '\t' && strings.Contains(change[0], "Set[") {
			next = strings.Replace(next, "(s Set[T])", "(s Group[T])", 1)
		}
		first = next
		r.commit(i+2, fmt.Sprint("change ", i), "shop/shop.go", first)
	}
	return r.dir
}

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
