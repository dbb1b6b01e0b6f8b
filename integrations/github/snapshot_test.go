package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// serveWidget answers for widget with one file and one commit and nothing else of interest.
func serveWidget(f *fake) {
	f.json("GET /repos/octo/widgets/pulls/12", pull(nil))
	f.json("GET /repos/octo/widgets/pulls/12/files", []obj{{"filename": "a.go", "status": "added", "additions": 3, "deletions": 1, "patch": "@@"}})
	f.json("GET /repos/octo/widgets/pulls/12/commits", []obj{{"sha": "aaaa000000000000000000000000000000000000", "commit": obj{"message": "x", "author": obj{"name": "Ada"}}}})
	f.json("GET /repos/octo/widgets/pulls/12/reviews", "[]")
	f.json("GET /repos/octo/widgets/commits/aaaa000000000000000000000000000000000000/check-runs", obj{"total_count": 0, "check_runs": []obj{}})
	f.json("GET /repos/octo/widgets/commits/aaaa000000000000000000000000000000000000/status", obj{"state": "pending", "total_count": 0, "statuses": []obj{}})
	f.json("GET /repos/octo/widgets/contents/", []obj{})
}

// Each part that cannot be read is told by a gap, and the others are there.
func TestSnapshotWithGaps(t *testing.T) {
	t.Parallel()
	const sha = "aaaa000000000000000000000000000000000000"
	tests := map[string]struct {
		path   string
		status int
		want   Gap
	}{
		"commits":     {"/pulls/12/commits", 502, Gap{"commits", "GitHub failed (502)"}},
		"reviews":     {"/pulls/12/reviews", 403, Gap{"reviews", "no permission"}},
		"check runs":  {"/commits/" + sha + "/check-runs", 403, Gap{"check runs", "no permission"}},
		"statuses":    {"/commits/" + sha + "/status", 404, Gap{"commit statuses", "not found"}},
		"base":        {"/contents/", 451, Gap{"CODEOWNERS and .gitattributes", "withdrawn"}},
		"not limited": {"/pulls/12/reviews", 422, Gap{"reviews", "GitHub refused (422)"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			serveWidget(f)
			f.status("GET /repos/octo/widgets"+tt.path, tt.status, nil, `{"message":"no"}`)
			s, err := f.client(t, nil).Snapshot(t.Context(), widget)
			if err != nil || len(s.Files) != 1 || s.Title != "Add a parser" || !slices.Equal(s.Gaps, []Gap{tt.want}) {
				t.Errorf("snapshot with %d files and gaps %v, error %v; want the gap %v", len(s.Files), s.Gaps, err, tt.want)
			}
		})
	}
}

func TestSnapshotWithLimitInTheMiddle(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	c := f.client(t, nil)
	if _, err := c.Snapshot(t.Context(), widget); err != nil {
		t.Fatal(err)
	}
	f.status("GET /repos/octo/widgets/pulls/12/reviews", 403, map[string]string{"Retry-After": "600"}, "{}")
	s, err := c.Snapshot(t.Context(), widget)
	if err != nil { // the files may have come behind the limit
		if !strings.Contains(err.Error(), "GitHub lets me ask nothing more until") {
			t.Errorf("error %v, want a sentence about the limit", err)
		}
		return
	}
	if i := slices.IndexFunc(s.Gaps, func(g Gap) bool { return g.What == "reviews" }); i < 0 || !strings.HasPrefix(s.Gaps[i].Why, "GitHub's limit on requests is used up until") {
		t.Errorf("gaps are %v, want one for the reviews", s.Gaps)
	}
}

// New commits that arrive during the reading make it read again, once.
func TestSnapshotOfMovingHead(t *testing.T) {
	t.Parallel()
	for _, settles := range []bool{true, false} {
		f := newFake(t)
		serveWidget(f)
		var gets atomic.Int64
		sha := func(n int64) string { return fmt.Sprintf("%040d", n) }
		f.handle("GET /repos/octo/widgets/pulls/12", func(w http.ResponseWriter, r *http.Request) {
			n := gets.Add(1)
			if settles {
				n = min(n, 2)
			}
			answerWith(w, 200, fmt.Sprintf(`{"number":12,"commits":1,"changed_files":1,"head":{"sha":"%s"},"base":{"sha":"b"}}`, sha(n)))
		})
		f.handle("GET /repos/octo/widgets/pulls/12/commits", func(w http.ResponseWriter, r *http.Request) {
			n := gets.Load() + 1
			if settles {
				n = 2
			}
			answerWith(w, 200, fmt.Sprintf(`[{"sha":"%s"}]`, sha(n)))
		})
		for n := range int64(6) {
			f.json("GET /repos/octo/widgets/commits/"+sha(n)+"/check-runs", obj{"check_runs": []obj{}})
			f.json("GET /repos/octo/widgets/commits/"+sha(n)+"/status", obj{"statuses": []obj{}})
		}
		s, err := f.client(t, nil).Snapshot(t.Context(), widget)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.Contains(s.Gaps, Gap{"the newest commits", "they arrived while I was reading"})
		if told == settles || len(s.Gaps) != map[bool]int{true: 0, false: 1}[settles] {
			t.Errorf("settles %v: gaps are %v", settles, s.Gaps)
		}
		if settles && (s.Head.SHA != sha(2) || s.List[0].SHA != s.Head.SHA) {
			t.Errorf("head %s, commits %v, want the new head", s.Head.SHA, s.List)
		}
	}
}

// Files of a newer head betray it also where the commits do not: here they cannot be read.
func TestSnapshotOfMovingFiles(t *testing.T) {
	t.Parallel()
	sha := func(n int64) string { return fmt.Sprintf("%040d", n) }
	for name, tt := range map[string]struct {
		status string // of the file
		at     int64  // the head that its address names
		gets   int64  // how often the pull request is asked for
	}{"same head": {"added", 1, 1}, "newer head": {"added", 2, 3}, "removed": {"removed", 9, 1}, "odd address, same head": {"added", 7, 2}} {
		f := newFake(t)
		serveWidget(f)
		f.status("GET /repos/octo/widgets/pulls/12/commits", 403, nil, "{}")
		var gets atomic.Int64
		f.handle("GET /repos/octo/widgets/pulls/12", func(w http.ResponseWriter, _ *http.Request) {
			n := min(gets.Add(1), 2)
			if tt.at != 2 {
				n = 1
			}
			answerWith(w, 200, fmt.Sprintf(`{"number":12,"commits":1,"changed_files":1,"head":{"sha":"%s"},"base":{"sha":"b"}}`, sha(n)))
		})
		f.json("GET /repos/octo/widgets/pulls/12/files", []obj{{"filename": "a.go", "status": tt.status, "additions": 1, "patch": "@@",
			"blob_url": "https://github.com/octo/widgets/blob/" + sha(tt.at) + "/a.go"}})
		s, err := f.client(t, nil).Snapshot(t.Context(), widget)
		if err != nil || gets.Load() != tt.gets || s.Head.SHA != sha(1) && tt.at != 2 || s.Head.SHA != sha(2) && tt.at == 2 {
			t.Errorf("%s: head %s after %d questions, error %v; want %d", name, s.Head.SHA, gets.Load(), err, tt.gets)
		}
	}
}

func TestSnapshotIsCancelled(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	ctx, cancel := context.WithCancel(t.Context())
	f.handle("GET /repos/octo/widgets/pulls/12/reviews", func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err := f.client(t, nil).Snapshot(ctx, widget); err == nil {
		t.Error("a cancelled snapshot is no error")
	}
}

// CODEOWNERS is looked for where GitHub looks, and asked for only when its content is new.
func TestBaseTexts(t *testing.T) {
	t.Parallel()
	entry := func(name, sha string) obj { return obj{"type": "file", "name": name, "path": name, "sha": sha} }
	file := func(text string) obj { return obj{"type": "file", "encoding": "", "content": text, "size": len(text)} }
	f := newFake(t)
	c := f.client(t, nil)
	root := "GET /repos/octo/widgets/contents/"
	f.json(root+"CODEOWNERS", file("* root\n"))
	f.json(root+"docs/CODEOWNERS", file("* docs\n"))
	f.json(root+".gitattributes", file("* text\n"))
	steps := []struct {
		sha      string
		root     []obj
		want     baseText
		requests int
	}{
		{"s1", []obj{}, baseText{}, 1},
		{"s1", []obj{}, baseText{}, 0}, // known
		{"s2", []obj{entry("docs", "d1"), entry(".github", "g1")}, baseText{owners: "* docs\n"}, 3},
		{"s3", []obj{entry("docs", "d1"), entry(".github", "g1")}, baseText{owners: "* docs\n"}, 1},
		{"s4", []obj{entry("docs", "d1"), entry("CODEOWNERS", "c1"), entry(".gitattributes", "a1")}, baseText{"* root\n", "* text\n"}, 3},
		{"s5", []obj{entry("CODEOWNERS", "c1"), entry(".gitattributes", "a1")}, baseText{"* root\n", "* text\n"}, 1},
		{"s6", []obj{entry("CODEOWNERS", "c2")}, baseText{owners: "* root\n"}, 2},
	}
	for i, s := range steps {
		f.json(strings.TrimSpace(root), s.root)
		f.log()
		got, err := c.baseTexts(t.Context(), widget, s.sha)
		asked := f.log()
		if err != nil || got != s.want || len(asked) != s.requests {
			t.Errorf("step %d: %+v, %v after %v; want %+v after %d requests", i, got, err, asked, s.want, s.requests)
		}
		for _, a := range asked {
			if ref := query(t, a).Get("ref"); ref != s.sha {
				t.Errorf("step %d: asked at %q, want the base %q", i, ref, s.sha)
			}
		}
	}
	// An empty file is the first one too, also when it is known already.
	f.json(root+".github/CODEOWNERS", file(""))
	f.json(strings.TrimSpace(root), []obj{entry(".github", "g2"), entry("CODEOWNERS", "c1")})
	for _, sha := range []string{"e1", "e2"} {
		if got, err := c.baseTexts(t.Context(), widget, sha); err != nil || got != (baseText{}) {
			t.Errorf("%s: got %+v, %v, want no owners", sha, got, err)
		}
	}
}

func TestFileAt(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	at := "GET /repos/octo/widgets/contents/"
	f.json(at+"text", obj{"type": "file", "encoding": "base64", "content": "aGVs\nbG8=", "size": 5})
	f.json(at+"binary", obj{"type": "file", "encoding": "base64", "content": "AAEC", "size": 3})
	f.json(at+"latin1", obj{"type": "file", "encoding": "base64", "content": "/w==", "size": 1})
	f.json(at+"large", obj{"type": "file", "encoding": "none", "content": "", "size": maxBaseFile + 1})
	f.json(at+"folder", []obj{{"type": "file", "name": "x"}})
	f.json(at+"link", obj{"type": "symlink", "target": "text"})
	f.status(at+"broken", 500, nil, "")
	c := f.client(t, nil)
	for path, want := range map[string]string{"text": "hello", "binary": "", "latin1": "", "large": "", "folder": "", "link": "", "none": ""} {
		text, found, err := c.fileAt(t.Context(), "octo", "widgets", path, "main")
		if err != nil || text != want || found != (want != "") {
			t.Errorf("fileAt(%s) = %q, %v, %v; want %q", path, text, found, err, want)
		}
	}
	if _, _, err := c.fileAt(t.Context(), "octo", "widgets", "broken", "main"); status(err) != 500 {
		t.Errorf("fileAt(broken): %v, want the failure", err)
	}
}

func TestIssueRefs(t *testing.T) {
	t.Parallel()
	pr := Ref{"octo", "widgets", 12}
	tests := map[string]string{ // * stands before the ones that are closed
		"":                                 "",
		"Fixes #1":                         "*octo/widgets#1",
		"see #2, fixes #1":                 "*octo/widgets#1 octo/widgets#2",
		"#1 and later: Closes: #1":         "*octo/widgets#1",
		"closed #1, resolves acme/gears#4": "*octo/widgets#1 *acme/gears#4",
		"Resolved https://github.com/octo/widgets/issues/3":     "*octo/widgets#3",
		"fixed OCTO/Widgets#5":                                  "*octo/widgets#5",
		"GH-7 #8\n#9":                                           "octo/widgets#7 octo/widgets#8 octo/widgets#9",
		"**Fixes** #1":                                          "*octo/widgets#1",
		"- [ ] closes #1":                                       "*octo/widgets#1",
		"# Fixes #1\n\n> see #2":                                "*octo/widgets#1 octo/widgets#2",
		"this is #12 itself":                                    "",
		"`fixes #1`\n\n```\n#2\n```\n\n    #3":                  "",
		"<!-- fixes #1 -->\n\ntext <!-- #2 -->":                 "",
		"fixes `x` #1":                                          "octo/widgets#1",
		"foo#1 /#2 a-#3 #4x &#5; ##6":                           "",
		"#0 #99999999999":                                       "",
		"https://github.com.evil.example/octo/widgets/issues/3": "",
		"https://me@github.com/octo/widgets/issues/3":           "",
		"prefixes #1, affixes #2":                               "octo/widgets#1 octo/widgets#2",
		"[text #1](https://example.com)":                        "octo/widgets#1",
	}
	for body, want := range tests {
		var got []string
		for _, r := range issueRefs(body, pr, "https", "github.com") {
			got = append(got, map[bool]string{true: "*"}[r.closes]+r.ref.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("issueRefs(%q) = %v, want %q", body, got, want)
		}
	}
	if got := issueRefs(strings.Repeat("#1 #2 #3 #4 #5 #6 #7 ", 3)+strings.Join(strings.Fields(fmt.Sprint(numbers(100))), " #"), pr, "https", "github.com"); len(got) != maxIssues {
		t.Errorf("%d references are kept, want %d", len(got), maxIssues)
	}
}

func numbers(n int) []int { return sequence(100, 100+n) }

func TestTitlesOfIssues(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("GET /repos/octo/widgets/issues/1", obj{"number": 1, "title": "It breaks"})
	f.json("GET /repos/octo/widgets/issues/3", obj{"number": 3, "title": "It is slow"})
	got, gaps := f.client(t, nil).readIssues(t.Context(), PullRequest{Ref: widget, Body: "fixes #1 #2 #3 #4 acme/gears#5"})
	var titles []string
	for _, i := range got {
		titles = append(titles, i.Ref+" "+i.Title)
	}
	want := []string{"octo/widgets#1 It breaks", "octo/widgets#2 ", "octo/widgets#3 It is slow", "octo/widgets#4 ", "acme/gears#5 "}
	if !slices.Equal(titles, want) || len(gaps) != 0 {
		t.Errorf("issues are %q with gaps %v, want %q", titles, gaps, want)
	}
	if asked := f.log(); len(asked) != maxLookups {
		t.Errorf("asked %v, want %d titles", asked, maxLookups)
	}
}
