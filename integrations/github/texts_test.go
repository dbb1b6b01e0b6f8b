package github

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
)

// serveTexts answers for widget, whose base branch has moved on since it began at the commit "fork".
func serveTexts(f *fake) PullRequest {
	f.json("GET /repos/octo/widgets/compare/base...head", obj{"merge_base_commit": obj{"sha": "fork"}})
	answers := map[string]string{
		"gone.go": "", "folder": `[]`, "binary.go": `{"type":"file","encoding":"base64","content":"AAEC","size":3}`,
		"large.go": fmt.Sprintf(`{"type":"file","encoding":"none","content":"","size":%d}`, maxText+1),
	}
	paths := slices.AppendSeq([]string{"a.go", "b.go", "new.go", "old.go", "to.go", "from.go", "twin.go"}, maps.Keys(answers))
	for i := range MaxTexts + 3 {
		paths = append(paths, fmt.Sprintf("f%d.go", i))
	}
	for _, path := range paths {
		f.handle("GET /repos/octo/widgets/contents/"+path, func(w http.ResponseWriter, r *http.Request) {
			body, special := answers[path]
			switch {
			case special && body == "":
				answerWith(w, 404, `{"message":"Not Found"}`)
			case special:
				answerWith(w, 200, body)
			default:
				answerWith(w, 200, fmt.Sprintf(`{"type":"file","encoding":"","content":"%s at %s","size":9}`, path, r.URL.Query().Get("ref")))
			}
		})
	}
	return PullRequest{Ref: widget, Base: Branch{SHA: "base"}, Head: Branch{SHA: "head"}}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	pr := serveTexts(f)
	c := f.client(t, nil)
	tests := []struct {
		file File
		want Contents
	}{
		{File{Path: "a.go", Status: "modified"}, Contents{Before: "a.go at fork", After: "a.go at head", Read: true}},
		{File{Path: "new.go", Status: "added"}, Contents{After: "new.go at head", Read: true}},
		{File{Path: "old.go", Status: "removed"}, Contents{Before: "old.go at fork", Read: true}},
		{File{Path: "to.go", PreviousPath: "from.go", Status: "renamed"}, Contents{Before: "from.go at fork", After: "to.go at head", Read: true}},
		{File{Path: "twin.go", PreviousPath: "a.go", Status: "copied"}, Contents{After: "twin.go at head", Read: true}},
		{File{Path: "gone.go", Status: "modified"}, Contents{Why: "not found"}},
		{File{Path: "large.go", Status: "modified"}, Contents{Why: "larger than 512 KiB"}},
		{File{Path: "binary.go", Status: "removed"}, Contents{Why: "not text"}},
		{File{Path: "folder", Status: "added"}, Contents{Why: "not a file"}},
	}
	var files []File
	for _, tt := range tests {
		files = append(files, tt.file)
	}
	got, err := c.Texts(t.Context(), pr, files)
	if err != nil || len(got) != len(tests) {
		t.Fatalf("%d texts, %v", len(got), err)
	}
	for i, tt := range tests {
		if got[i] != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.file.Path, got[i], tt.want)
		}
	}
	f.log()
	if _, err := c.Texts(t.Context(), pr, files[:5]); err != nil {
		t.Fatal(err)
	}
	if asked := f.log(); len(asked) != 0 {
		t.Errorf("asked again: %v", asked)
	}
}

// However many files there are, the requests are bounded, and what is left out is told.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	pr := serveTexts(f)
	var files []File
	for i := range MaxTexts + 3 {
		files = append(files, File{Path: fmt.Sprintf("f%d.go", i), Status: "modified"})
	}
	got, err := f.client(t, nil).Texts(t.Context(), pr, files)
	if err != nil || !got[MaxTexts-1].Read || got[MaxTexts].Why != "more than 40 files" {
		t.Errorf("the last ones are %+v, %v", got[MaxTexts-1:], err)
	}
	if asked := f.log(); len(asked) != 1+2*MaxTexts {
		t.Errorf("%d requests, want %d", len(asked), 1+2*MaxTexts)
	}
}

func TestTextsWithoutMergeBase(t *testing.T) {
	t.Parallel()
	files := []File{{Path: "a.go", Status: "modified"}, {Path: "b.go", Status: "added"}}
	for _, tt := range []struct {
		status int
		body   string
		why    string
	}{
		{404, `{"message":"No common ancestor between base and head."}`, "the merge base: not found"},
		{200, `{}`, "the merge base: GitHub could not be reached"},
		{403, `{}`, "the merge base: no permission"},
	} {
		f := newFake(t)
		pr := serveTexts(f)
		f.status("GET /repos/octo/widgets/compare/base...head", tt.status, nil, tt.body)
		got, err := f.client(t, nil).Texts(t.Context(), pr, files)
		if want := (Contents{Why: tt.why}); err != nil || !slices.Equal(got, []Contents{want, want}) {
			t.Errorf("%d: %+v, %v; want %q", tt.status, got, err, tt.why)
		}
		if got, err := f.client(t, nil).Texts(t.Context(), pr, files[1:]); err != nil || !got[0].Read {
			t.Errorf("%d: a new file needs no merge base: %+v, %v", tt.status, got, err)
		}
	}
}

func TestTextsOfOtherRepositories(t *testing.T) {
	t.Parallel()
	if _, err := newFake(t).client(t, nil).Texts(t.Context(), PullRequest{Ref: Ref{"other", "repo", 1}}, nil); err == nil {
		t.Error("a repository that is not configured is read")
	}
}

// The base branch has gone on since the open pull request began: that is no part of it.
func TestTextsOfSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	for _, tt := range []struct {
		number int
		files  []File
		want   []Contents
		asked  int
	}{
		{merged, []File{{Path: "main.go", Status: "modified"}, {Path: "parser.go", Status: "added"}}, []Contents{
			{Before: "package main\n\nfunc main() {}\n", After: "package main\n\nfunc main() { parse() }\n", Read: true},
			{After: "package main\n\nfunc parse() {}\n", Read: true},
		}, 4},
		{open, []File{{Path: "main.go", Status: "modified"}}, []Contents{
			{Before: "package main\n\nfunc main() { parse() }\n", After: "package main\n\nfunc main() { parse() }\n", Read: true},
		}, 3},
	} {
		pr, err := c.Pull(t.Context(), Ref{"octo", "widgets", tt.number})
		if err != nil {
			t.Fatal(err)
		}
		w.requests()
		got, err := c.Texts(t.Context(), pr, tt.files)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("#%d: texts are %+v, %v", tt.number, got, err)
		}
		if asked := w.requests(); len(asked) != tt.asked {
			t.Errorf("#%d: asked %q, want %d requests", tt.number, asked, tt.asked)
		}
	}
}
