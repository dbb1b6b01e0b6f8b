package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOldLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, patch string
		want        []LineRange
	}{
		{"none", "", nil},
		{"replaced", "@@ -10,4 +10,4 @@ func f() {\n a\n-b\n-c\n+d\n e", []LineRange{{11, 12}}},
		{"inserted", "@@ -10,2 +10,3 @@\n a\n+b\n c", []LineRange{{11, 10}}},
		{"removed at the end", "@@ -3,2 +3 @@\n a\n-b\n\\ No newline at end of file", []LineRange{{4, 4}}},
		{"two edits of a hunk", "@@ -1,5 +1,4 @@\n-a\n b\n c\n+x\n-d\n e", []LineRange{{1, 1}, {4, 4}}},
		{"two hunks", "@@ -1 +1 @@\n-a\n+b\n@@ -20,2 +20 @@\n-c\n-d", []LineRange{{1, 1}, {20, 21}}},
		{"a new file", "@@ -0,0 +1,2 @@\n+a\n+b", []LineRange{{0, -1}}},
		{"an empty line of context", "@@ -1,3 +1,3 @@\n\n-b\n+c", []LineRange{{2, 2}}},
		{"no patch", "+a\n-b", nil},
	} {
		if got := (File{Patch: tt.patch}).OldLines(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	ref := Ref{"octo", "widgets", merged}
	for i, want := range []int{2, 1} { // the second time only the list is asked for: the head is known
		n, err := c.Neighbours(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if n.Open != 1 || n.More || len(n.List) != 1 || n.List[0].Number != open || len(n.List[0].Files) != 30 || n.List[0].Unread != "" {
			t.Fatalf("neighbours are %+v", n)
		}
		if f := n.List[0].Files[0]; f.Path != "pkg00/file.go" || f.Status != "added" || !slices.Equal(f.Lines, []LineRange{{0, -1}}) {
			t.Errorf("first file is %+v", f)
		}
		if got := w.requests(); len(got) != want {
			t.Errorf("time %d: %d requests, want %d:\n%s", i+1, len(got), want, strings.Join(got, "\n"))
		}
	}
	if n, err := c.Neighbours(t.Context(), Ref{"octo", "widgets", open}); err != nil || n.Open != 0 || len(n.List) != 0 {
		t.Errorf("beside itself: %+v, %v", n, err)
	}
}

// No more than 30 are read, and one that fails is told.
func TestNeighboursAreBounded(t *testing.T) {
	t.Parallel()
	files := 0
	f := newFake(t)
	var rows []obj
	for n := 1; n <= 50; n++ {
		rows = append(rows, obj{"number": n, "state": "open", "title": "t", "head": obj{"sha": fmt.Sprintf("s%d", n)}})
		f.json(fmt.Sprintf("GET /repos/octo/widgets/pulls/%d/files", n), []obj{{"filename": "a.go", "status": "modified", "patch": "@@ -1 +1 @@\n-a\n+b"}})
	}
	f.json("GET /repos/octo/widgets/pulls", rows)
	f.status("GET /repos/octo/widgets/pulls/3/files", 500, nil, "{}")
	c := f.client(t, nil)
	n, err := c.Neighbours(t.Context(), Ref{"octo", "widgets", 1})
	if err != nil {
		t.Fatal(err)
	}
	unread := 0
	for _, p := range n.List {
		files += len(p.Files)
		if p.Unread != "" {
			unread++
			if p.Number != 3 || p.Unread != "GitHub failed (500)" {
				t.Errorf("#%d is unread: %q", p.Number, p.Unread)
			}
		}
	}
	if n.Open != 49 || len(n.List) != 30 || files != 29 || unread != 1 {
		t.Errorf("%d open, %d looked at, %d files, %d unread; want 49, 30, 29, 1", n.Open, len(n.List), files, unread)
	}
}

func TestChurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	c := w.client(func(o *Options) { o.Now = func() time.Time { return now } })
	ref := Ref{"octo", "widgets", open}
	got, err := c.Churn(t.Context(), ref, "main", []string{"main.go", "gone.go"}, 90)
	want := []PathCommits{{Path: "main.go", Commits: 3, Rank: 1, Asked: 2}, {Path: "gone.go", Rank: 2, Asked: 2}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("churn is %+v, %v; want %+v", got, err, want)
	}
	// What was asked about before counts for the rank.
	got, err = c.Churn(t.Context(), ref, "main", []string{"parser.go"}, 90)
	if want := []PathCommits{{Path: "parser.go", Commits: 1, Rank: 2, Asked: 3}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("churn is %+v, %v; want %+v", got, err, want)
	}
	w.requests()
	if got, err := c.Churn(t.Context(), ref, "main", make([]string, 15), 90); err != nil || len(got) != 10 || len(w.requests()) != 10 {
		t.Errorf("15 paths: %d answers, %v", len(got), err)
	}
	now = now.AddDate(0, 3, 0)
	if got, err := c.Churn(t.Context(), ref, "main", []string{"main.go"}, 90); err != nil || got[0].Commits != 0 || got[0].Asked != 1 {
		t.Errorf("months later: %+v, %v", got, err)
	}
}
