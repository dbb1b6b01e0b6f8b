package github

import (
	"context"
	"sync"
	"time"

	"github.com/google/go-github/v60/github"
)

// PathCommits is how often a file changed lately.
type PathCommits struct {
	Path    string
	Commits int  // on the branch, since the time asked for; at most 100
	More    bool // there are more than Commits
	// Rank is the file's place among the files of the repository that were asked about on the same day, by Commits; 1 is the most changed one.
	// Files with as many commits share the place.
	Rank  int
	Asked int // how many files those are
}

// maxChurnPaths is how many files are asked about at once, each at the price of a request.
const maxChurnPaths = 10

// A churnMemory remembers how often files changed, for their rank: by "owner/name@branch", then by path.
type churnMemory struct {
	mu    sync.Mutex
	day   time.Time // what is known is of this day
	repos map[string]map[string]int
}

// maxChurnKnown bounds the files remembered of one repository and branch.
const maxChurnKnown = 2000

// Churn counts the commits of the last days on a branch that touched each of the paths; no more than 10 paths are asked about. The days
// begin at midnight, UTC, so that GitHub is asked the same thing all day long and answers most of it from its cache's mark.
func (c *Client) Churn(ctx context.Context, ref Ref, branch string, paths []string, days int) ([]PathCommits, error) {
	owner, repo, err := c.allowed(ref.Owner, ref.Repo)
	if err != nil {
		return nil, err
	}
	day := c.now().UTC().Truncate(24 * time.Hour)
	out := make([]PathCommits, min(len(paths), maxChurnPaths))
	var wg sync.WaitGroup
	errs, slots := make([]error, len(out)), make(chan struct{}, pagesAtATime)
	for i := range out {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			list, resp, err := c.api.Repositories.ListCommits(ctx, owner, repo, &github.CommitsListOptions{
				SHA: branch, Path: paths[i], Since: day.AddDate(0, 0, -days), ListOptions: github.ListOptions{PerPage: pageSize},
			})
			if err != nil {
				errs[i] = c.fail("commits of "+paths[i], err)
				return
			}
			out[i] = PathCommits{Path: paths[i], Commits: len(list), More: resp.NextPage != 0}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, c.explain(err)
		}
	}
	c.churn.rank(owner+"/"+repo+"@"+branch, day, out)
	return out, nil
}

// rank remembers the counts and fills in the ranks.
func (m *churnMemory) rank(key string, day time.Time, list []PathCommits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.day.Equal(day) {
		m.day, m.repos = day, map[string]map[string]int{}
	}
	known := m.repos[key]
	if known == nil || len(known)+len(list) > maxChurnKnown {
		known = map[string]int{}
		m.repos[key] = known
	}
	for _, p := range list {
		known[p.Path] = p.Commits
	}
	for i := range list {
		list[i].Rank, list[i].Asked = 1, len(known)
		for _, n := range known {
			if n > list[i].Commits {
				list[i].Rank++
			}
		}
	}
}
