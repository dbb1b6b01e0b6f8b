package github_test

import (
	"errors"
	"slices"
	"testing"

	"shipmate/sandbox/github"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write(".gitattributes", "*.gen.go linguist-generated\n")
	r.commit("first")
	first := r.head()
	r.git("checkout", "-q", "-b", "fix")
	r.write("lexer.go", "package x\n")
	side := r.commit("add a lexer")
	r.git("checkout", "-q", "main")
	r.write("a.go", "package x\n\nvar a = 1\n")
	r.commit("Add a (#1)\n\nBecause.")
	r.merge("fix", "Merge pull request #2 from linus-t/fix\n\nAdd a lexer\n\nThis is why.")
	r.git("mv", "a.go", "b.go")
	last := r.commit("Call it b (#3)")

	h, err := github.OpenHistory(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	landings := h.Landings()
	var numbers []int
	var titles []string
	for _, l := range landings {
		numbers, titles = append(numbers, l.Number), append(titles, l.Title)
	}
	if !slices.Equal(numbers, []int{0, 1, 2, 3}) || !slices.Equal(titles, []string{"first", "Add a", "Add a lexer", "Call it b"}) {
		t.Fatalf("landings %v %q", numbers, titles)
	}
	squash, err := h.Change(t.Context(), landings[1])
	if err != nil || squash.Base != first || squash.Body != "Because." || squash.Additions != 3 || squash.Attributes != "*.gen.go linguist-generated\n" {
		t.Errorf("squash merge: %+v, %v", squash, err)
	}
	merge, err := h.Change(t.Context(), landings[2])
	if err != nil || merge.Base != first || merge.Head != side || merge.Author != "linus-t" || merge.Body != "This is why." ||
		len(merge.Commits) != 1 || merge.Commits[0].ID != side || len(merge.Files) != 1 || merge.Files[0].Patch != "@@ -0,0 +1 @@\n+package x" {
		t.Errorf("merge: %+v, %v", merge, err)
	}
	rename, err := h.Change(t.Context(), landings[3])
	if err != nil || rename.Head != last || len(rename.Files) != 1 || rename.Files[0].Status != "renamed" || rename.Files[0].Previous != "a.go" {
		t.Errorf("rename: %+v, %v", rename, err)
	}
	if _, err := h.Change(t.Context(), landings[0]); !errors.Is(err, github.ErrNoPull) {
		t.Errorf("a commit that names none: %v", err)
	}
}
