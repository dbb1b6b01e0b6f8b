package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
)

// servePages answers with the rows of a list, a hundred a page, and a Link header as GitHub's.
func servePages(f *fake, path string, rows []obj, wrap func([]obj) any) {
	f.handle("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		page := max(1, atoi(r.URL.Query().Get("page")))
		if page*pageSize < len(rows) {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/repositories/77/x?per_page=100&page=%d>; rel="next"`, f.URL, page+1))
		}
		data, _ := json.Marshal(wrap(slices.Concat([]obj{}, rows[min(len(rows), (page-1)*pageSize):min(len(rows), page*pageSize)])))
		answerWith(w, 200, string(data))
	})
}

// Every list is read page by page, and one that goes on behind the last page is told by a gap.
func TestSnapshotReadsAllPages(t *testing.T) {
	t.Parallel()
	const sha = "aaaa000000000000000000000000000000000000"
	for name, tt := range map[string]struct {
		rows, commits int // of each list; commits that GitHub counts
		gaps          []Gap
	}{
		"one page": {100, 100, nil},
		"pages":    {230, 230, nil},
		"too many": {301, 400, []Gap{
			{"commits", "GitHub lists 250 of 400"}, {"reviews", "there are more than the first 300"},
			{"check runs", "there are more than the first 300"}, {"commit statuses", "there are more than the first 300"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			serveWidget(f)
			f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"commits": tt.commits}))
			var commits, reviews, runs, statuses []obj
			for i := range tt.rows {
				if i < 250 {
					commits = append(commits, obj{"sha": fmt.Sprintf("%040d", i)})
				}
				reviews = append(reviews, obj{"state": "COMMENTED", "user": obj{"login": "ada"}})
				runs = append(runs, obj{"name": fmt.Sprint("run", i), "status": "completed"})
				statuses = append(statuses, obj{"context": fmt.Sprint("status", i), "state": "success"})
			}
			commits[len(commits)-1]["sha"] = sha
			plain := func(page []obj) any { return page }
			servePages(f, "/repos/octo/widgets/pulls/12/commits", commits, plain)
			servePages(f, "/repos/octo/widgets/pulls/12/reviews", reviews, plain)
			servePages(f, "/repos/octo/widgets/commits/"+sha+"/check-runs", runs, func(page []obj) any { return obj{"total_count": tt.rows, "check_runs": page} })
			servePages(f, "/repos/octo/widgets/commits/"+sha+"/status", statuses, func(page []obj) any { return obj{"total_count": tt.rows, "statuses": page} })
			s, err := f.client(t, nil).Snapshot(t.Context(), widget)
			if err != nil {
				t.Fatal(err)
			}
			read := min(tt.rows, 300)
			if len(s.List) != min(tt.rows, 250) || len(s.Reviews) != read || len(s.Checks) != 2*read || !slices.Equal(s.Gaps, tt.gaps) {
				t.Errorf("%d commits, %d reviews, %d checks, gaps %v; want %d, %d, %d, %v",
					len(s.List), len(s.Reviews), len(s.Checks), s.Gaps, min(tt.rows, 250), read, 2*read, tt.gaps)
			}
			names := map[string]bool{}
			for _, check := range s.Checks {
				names[check.Name] = true
			}
			if len(names) != 2*read {
				t.Errorf("%d different checks, want %d", len(names), 2*read)
			}
		})
	}
}

// A commit arrives when it is made anew, such as by a rebase, which leaves its author's date alone.
func TestCommitsAreAsOldAsTheirLastRebase(t *testing.T) {
	t.Parallel()
	written := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	rebased := written.AddDate(0, 3, 0)
	by := func(at time.Time) *github.CommitAuthor {
		return &github.CommitAuthor{Date: &github.Timestamp{Time: at}}
	}
	for _, c := range []*github.Commit{{Author: by(written), Committer: by(rebased)}, {Author: by(rebased), Committer: by(written)}, {Author: by(rebased)}} {
		if got := commit(&github.RepositoryCommit{Commit: c}).Time; !got.Equal(rebased) {
			t.Errorf("%v, want %v", got, rebased)
		}
	}
}
