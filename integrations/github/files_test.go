package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"shipmate/bot"
)

// serveFiles answers for widget's files as GitHub does: in pages, and not beyond 3,000. Rows for which blanked holds, given the page's size and their place in the page, have no counts.
func serveFiles(f *fake, rows []obj, blanked func(size, at int, row obj) bool) {
	f.handle("GET /repos/octo/widgets/pulls/12/files", func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		page := max(1, atoi(r.URL.Query().Get("page")))
		var out []obj
		for i := (page - 1) * size; i < min(page*size, len(rows), maxFiles); i++ {
			row := rows[i]
			if blanked != nil && blanked(size, i%size, row) {
				row = obj{"filename": row["filename"], "status": row["status"], "previous_filename": row["previous_filename"],
					"additions": 0, "deletions": 0, "changes": 0}
			}
			out = append(out, row)
		}
		data, _ := json.Marshal(slices.Concat([]obj{}, out))
		answerWith(w, 200, string(data))
	})
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func rows(n int) []obj {
	var out []obj
	for i := range n {
		out = append(out, obj{"filename": fmt.Sprintf("f%04d", i), "status": "modified", "additions": 2, "deletions": 1, "changes": 3, "patch": "@@ -1 +1,2 @@\n-a\n+b\n+c"})
	}
	return out
}

func TestFiles(t *testing.T) {
	t.Parallel()
	binary := obj{"filename": "x.png", "status": "modified", "additions": 0, "deletions": 0, "changes": 0}
	rename := obj{"filename": "new", "previous_filename": "old", "status": "renamed", "additions": 0, "deletions": 0, "changes": 0}
	renamed := obj{"filename": "new", "previous_filename": "old", "status": "renamed", "additions": 6, "deletions": 3, "changes": 9, "patch": "@@"}
	tests := []struct {
		name      string
		rows      []obj
		blanked   func(size, at int, row obj) bool
		additions int // that the pull request claims; deletions are half
		claimed   int // changed files
		requests  int // at most
		counted   int // files with counts
		unknown   int // files marked NoCounts
		gaps      []Gap
	}{
		{"none", nil, nil, 0, 0, 1, 0, 0, nil},
		{"one page", rows(30), nil, 60, 30, 1, 30, 0, nil},
		{"a full page", rows(100), nil, 200, 100, 1, 100, 0, nil},
		{"three pages", rows(250), nil, 500, 250, 3, 250, 0, nil},
		{"binary and renamed are no gaps", append(rows(3), binary, rename), nil, 6, 5, 1, 3, 0, nil},
		{"filled by smaller pages", rows(100), func(size, at int, _ obj) bool { return at >= 50 }, 200, 100, 1 + 3, 100, 0, nil},
		{"filled, but for binary ones", append(rows(99), binary), func(size, at int, _ obj) bool { return at >= 50 }, 198, 100, 1 + 3, 99, 0, nil},
		{"partly filled", rows(100), func(size, at int, _ obj) bool { return at >= 10 }, 200, 100, 1 + 5, 50, 50,
			[]Gap{{"line counts", "GitHub gave none for 50 files"}}},
		{"renames stay renames", append(rows(1), rename, binary), func(_, at int, _ obj) bool { return true }, 2, 3, 2, 0, 2,
			[]Gap{{"line counts", "GitHub gave none for 2 files"}}},
		{"nothing but a rename can be what is missing", append(rows(1), renamed), func(_, at int, _ obj) bool { return at > 0 }, 8, 2, 2, 1, 1,
			[]Gap{{"line counts", "GitHub gave none for 1 files"}}},
		{"asking again is bounded", rows(2500), func(size, at int, _ obj) bool { return at > 0 }, 5000, 2500, 25 + maxAskAgain, 25 + 16, 2500 - 25 - 16,
			[]Gap{{"line counts", "GitHub gave none for 2459 files"}}},
		{"more than GitHub lists", rows(4812), nil, 9624, 4812, 30, 3000, 0, []Gap{{"files", "GitHub lists 3000 of the 4812 changed files"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			serveFiles(f, tt.rows, tt.blanked)
			pr := PullRequest{Ref: widget, Additions: tt.additions, Deletions: tt.additions / 2, ChangedFiles: tt.claimed}
			files, gaps, err := f.client(t, nil).files(t.Context(), pr)
			if err != nil {
				t.Fatal(err)
			}
			counted, unknown := 0, 0
			for i, file := range files {
				if file.Path != tt.rows[i]["filename"] {
					t.Fatalf("file %d is %s, want %v: the order is GitHub's", i, file.Path, tt.rows[i]["filename"])
				}
				if !blank(file) {
					counted++
				}
				if file.NoCounts {
					unknown++
				}
				if file.PreviousPath != "" && file.NoCounts != (tt.unknown == 1) {
					t.Errorf("the rename %s counts as unknown: %v", file.Path, file.NoCounts)
				}
			}
			if len(files) != min(len(tt.rows), maxFiles) || counted != tt.counted || unknown != tt.unknown {
				t.Errorf("%d files, %d with counts, %d unknown; want %d, %d, %d", len(files), counted, unknown, len(tt.rows), tt.counted, tt.unknown)
			}
			if !slices.Equal(gaps, tt.gaps) {
				t.Errorf("gaps are %v, want %v", gaps, tt.gaps)
			}
			if got := len(f.log()); got > tt.requests {
				t.Errorf("%d requests, want at most %d", got, tt.requests)
			}
		})
	}
}

// The rows that a smaller page fails to give stay unknown; the rest of the pull request is not lost for it.
func TestFilesWhenAskingAgainFails(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveFiles(f, rows(40), func(size, at int, _ obj) bool { return at > 9 })
	list := f.routes["GET /repos/octo/widgets/pulls/12/files"]
	f.handle("GET /repos/octo/widgets/pulls/12/files", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("per_page") != strconv.Itoa(pageSize) {
			answerWith(w, 502, "")
			return
		}
		list(w, r)
	})
	files, gaps, err := f.client(t, nil).files(t.Context(), PullRequest{Ref: widget, Additions: 80, Deletions: 40, ChangedFiles: 40})
	if err != nil || len(files) != 40 || !slices.Equal(gaps, []Gap{{"line counts", "GitHub gave none for 30 files"}}) {
		t.Errorf("%d files, gaps %v, error %v", len(files), gaps, err)
	}
}

// A page that fails once is asked for again; if it fails again, half a list is none.
func TestFilesFail(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int64]int{1: 0, 2: 502} {
		f := newFake(t)
		serveFiles(f, rows(250), nil)
		list := f.routes["GET /repos/octo/widgets/pulls/12/files"]
		var failed atomic.Int64
		f.handle("GET /repos/octo/widgets/pulls/12/files", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "2" && failed.Add(1) <= failures {
				answerWith(w, 502, "")
				return
			}
			list(w, r)
		})
		files, _, err := f.client(t, nil).files(t.Context(), PullRequest{Ref: widget, ChangedFiles: 250})
		if status(err) != want || (err == nil) != (len(files) == 250) {
			t.Errorf("after %d failures %d files, error %v, want %d", failures, len(files), err, want)
		}
	}
}

// Where commits are missing, as after a fork is gone, GitHub cannot list the changes. People are told what it says, as one line.
func TestChangesThatGitHubCannotShow(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	f.status("GET /repos/octo/widgets/pulls/12/files", 422, nil, `{"message":"Sorry, there was a problem generating this diff.\nThe repository may be missing relevant data."}`)
	_, err := f.client(t, nil).Snapshot(t.Context(), widget)
	said, ok := errors.AsType[*bot.UserError](err)
	if want := "GitHub cannot do this: Sorry, there was a problem generating this diff. The repository may be missing relevant data."; !ok || said.Text != want {
		t.Errorf("error %v, want %q", err, want)
	}
}
