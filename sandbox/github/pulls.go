package github

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// serverFileLines is how many lines of patches GitHub computes for one answer.
// The rows after that are listed with zero counts and without a mark.
const serverFileLines = 20_000

// detailsForAll computes the details of several pull requests.
func (r *reader) detailsForAll(ctx context.Context, pulls []*pull) ([]*details, error) {
	got := make([]*details, len(pulls))
	err := forEach(len(pulls), func(i int) (err error) {
		got[i], err = r.detailsOf(ctx, pulls[i])
		return err
	})
	return got, err
}

// forEach calls do with 0 to n-1, a few at a time, and returns the first error in
// that order. It waits for all calls.
func forEach(n int, do func(i int) error) error {
	errs := make([]error, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(4, n) {
		wg.Go(func() {
			for i := range next {
				errs[i] = do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return cmp.Or(errs...)
}

func listPulls(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	state := cmp.Or(q.Get("state"), "open")
	if !slices.Contains([]string{"open", "closed", "all"}, state) {
		return answer{}, invalid(fieldError{Resource: "PullRequest", Field: "state", Code: "invalid"})
	}
	head, base := q.Get("head"), q.Get("base")
	list := slices.DeleteFunc(slices.Clone(c.index.pulls), func(p *pull) bool {
		return state != "all" && p.state != state ||
			head != "" && p.headOwner+":"+p.headRef != head ||
			base != "" && base != c.index.defaultBranch
	})
	said := c.server.store.remarks()
	sortPulls(list, said, q.Get("sort"), q.Get("direction"))
	page, links := paged(c, list)
	all, err := c.server.reader.detailsForAll(ctx, page)
	if err != nil {
		return answer{}, err
	}
	repository := c.repository()
	out := make([]doc, len(page))
	for i, p := range page {
		out[i] = c.pullSimple(p, all[i], said[p.number], repository)
	}
	return answer{body: out, links: links}, nil
}

// sortPulls orders pull requests as GitHub's sort and direction say. Numbers are
// given in the order of creation.
func sortPulls(list []*pull, said map[int]remarks, by, direction string) {
	if direction == "" {
		direction = "asc"
		if by == "" || by == "created" {
			direction = "desc"
		}
	}
	slices.SortStableFunc(list, func(a, b *pull) int {
		order := 0
		switch by {
		case "updated":
			order = later(a.updated, said[a.number].last).Compare(later(b.updated, said[b.number].last))
		case "popularity":
			order = cmp.Compare(said[a.number].comments, said[b.number].comments)
		}
		order = cmp.Or(order, cmp.Compare(a.number, b.number))
		if direction == "desc" {
			return -order
		}
		return order
	})
}

// details returns the pull request that the address names, with what is read of it.
func (c *call) details(ctx context.Context) (*pull, *details, error) {
	p, err := c.pull()
	if err != nil {
		return nil, nil, err
	}
	d, err := c.server.reader.detailsOf(ctx, p)
	return p, d, err
}

func onePull(ctx context.Context, c *call) (answer, error) {
	p, d, err := c.details(ctx)
	if err != nil {
		return answer{}, err
	}
	out, err := c.pullFull(ctx, p, d)
	if err != nil {
		return answer{}, err
	}
	return answer{body: out, modified: later(p.updated, c.server.store.remarks()[p.number].last)}, nil
}

// pullFull is a pull request by itself.
func (c *call) pullFull(ctx context.Context, p *pull, d *details) (doc, error) {
	n, err := c.server.reader.countsOf(ctx, d)
	if err != nil {
		return nil, err
	}
	mergeable, err := c.server.reader.mergeable(ctx, p, d, c.index.refs.tip)
	if err != nil {
		return nil, err
	}
	said := c.server.store.remarks()[p.number]
	out := c.pullSimple(p, d, said, c.repository())
	state := "unknown"
	if mergeable != nil {
		state = map[bool]string{true: "clean", false: "dirty"}[*mergeable]
	}
	var merger any
	if p.mergedBy != "" {
		merger = c.user(p.mergedBy)
	}
	maps.Copy(out, doc{
		"merged": p.merged(), "merged_by": merger, "mergeable": mergeable, "mergeable_state": state, "rebaseable": nil,
		"comments": said.comments, "review_comments": len(c.server.store.lineComments(p.number, time.Time{})), "maintainer_can_modify": false, "commits": d.commitsTotal,
		"additions": n.additions, "deletions": n.deletions, "changed_files": n.files,
	})
	return out, nil
}

func listFiles(ctx context.Context, c *call) (answer, error) {
	_, d, err := c.details(ctx)
	if err != nil {
		return answer{}, err
	}
	changes, err := c.server.reader.diffOf(ctx, d)
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, changes.files[:min(len(changes.files), maxListedFiles)])
	return answer{body: c.files(page, d.head.id), links: links}, nil
}

// files are the rows of one answer. Past serverFileLines lines of patches, every
// further row has no patch and zero counts, as on GitHub.
func (c *call) files(list []fileChange, ref string) []doc {
	rows := make([]doc, len(list))
	lines, spent := 0, false
	for i, f := range list {
		spent = spent || lines > 0 && lines+f.lines > serverFileLines
		lines += f.lines
		if spent {
			f.additions, f.deletions, f.patch = 0, 0, ""
		}
		rows[i] = c.file(f, ref)
	}
	return rows
}

func listPullCommits(ctx context.Context, c *call) (answer, error) {
	_, d, err := c.details(ctx)
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, d.commits)
	return answer{body: c.commitDocs(page), links: links}, nil
}

func (c *call) commitDocs(list []*commit) []doc {
	rows := make([]doc, len(list))
	for i, m := range list {
		rows[i] = c.commitDoc(m)
	}
	return rows
}

func listReviews(_ context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, c.server.store.reviews(p.number))
	rows := make([]doc, len(page))
	for i, r := range page {
		rows[i] = c.reviewDoc(r)
	}
	return answer{body: rows, links: links}, nil
}

func (c *call) reviewDoc(r review) doc {
	self := c.repo("/pulls/" + itoa(int64(r.Number)))
	html := c.html("/pull/" + itoa(int64(r.Number)) + "#pullrequestreview-" + itoa(r.ID))
	return doc{
		"id": r.ID, "node_id": nodeID("PullRequestReview", itoa(r.ID)), "user": c.user(r.User), "body": r.Body, "state": r.State,
		"commit_id": r.Commit, "submitted_at": stamp(r.Submitted), "html_url": html, "pull_request_url": self,
		"author_association": c.server.people.get(r.User).association,
		"_links":             doc{"html": doc{"href": html}, "pull_request": doc{"href": self}},
	}
}

func requestedReviewers(_ context.Context, c *call) (answer, error) {
	p, err := c.pull()
	if err != nil {
		return answer{}, err
	}
	users := []doc{}
	for _, login := range c.server.store.asked(p.number) {
		users = append(users, c.user(login))
	}
	return answer{body: doc{"users": users, "teams": []doc{}}}, nil
}

func noLabels(context.Context, *call) (answer, error) { return answer{body: []doc{}}, nil }
