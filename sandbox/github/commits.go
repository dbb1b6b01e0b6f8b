package github

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// commitOf returns the commit the route's ref names.
func (c *call) commitOf(ctx context.Context, ref string) (*commit, error) {
	id, err := c.resolve(ctx, ref)
	if err == nil {
		var m *commit
		if m, err = c.server.reader.objects.commit(ctx, id); err == nil {
			return m, nil
		}
	}
	if errors.Is(err, errNoObject) {
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + ref}
	}
	return nil, err
}

// parentTree is the tree a commit is compared to: its first parent's, or the
// empty tree.
func (c *call) parentTree(ctx context.Context, m *commit) (string, error) {
	if len(m.parents) == 0 || c.server.repo.boundary[m.id] {
		return c.server.repo.emptyTree, nil
	}
	parent, err := c.server.reader.objects.read(ctx, m.parents[0], "tree")
	return parent.id, err
}

func oneCommit(ctx context.Context, c *call) (answer, error) {
	m, err := c.commitOf(ctx, c.vars["ref"])
	if err != nil {
		return answer{}, err
	}
	from, err := c.parentTree(ctx, m)
	if err != nil {
		return answer{}, err
	}
	changes, err := c.server.reader.diffBetween(ctx, from, m.tree)
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, changes.files[:min(len(changes.files), maxListedFiles)])
	out := c.commitDoc(m)
	out["stats"] = doc{"additions": changes.additions, "deletions": changes.deletions, "total": changes.additions + changes.deletions}
	out["files"] = c.files(page, m.id)
	return answer{body: out, links: links, modified: m.committer.when}, nil
}

// compareFiles is how many files GitHub lists in a comparison.
const compareFiles = 300

func compareCommits(ctx context.Context, c *call) (answer, error) {
	left, right, ok := strings.Cut(c.vars["range"], "...")
	if !ok {
		return answer{}, notFound()
	}
	var ends [2]*commit
	for i, ref := range []string{left, right} {
		if _, branch, ok := strings.Cut(ref, ":"); ok { // "owner:branch"
			ref = branch
		}
		m, err := c.commitOf(ctx, ref)
		if err != nil {
			return answer{}, notFound()
		}
		ends[i] = m
	}
	base, head := ends[0], ends[1]
	fork, err := c.server.repo.mergeBase(ctx, base.id, head.id)
	if err != nil {
		return answer{}, err
	}
	if fork == "" {
		return answer{}, &apiError{status: http.StatusNotFound, message: "No common ancestor between " + left + " and " + right + "."}
	}
	ahead, _, err := c.server.repo.commitsBetween(ctx, base.id, head.id)
	if err != nil {
		return answer{}, err
	}
	behind, _, err := c.server.repo.commitsBetween(ctx, head.id, base.id)
	if err != nil {
		return answer{}, err
	}
	forked, err := c.server.reader.objects.commit(ctx, fork)
	if err != nil {
		return answer{}, err
	}
	changes, err := c.server.reader.diffBetween(ctx, forked.tree, head.tree)
	if err != nil {
		return answer{}, err
	}
	slices.Reverse(ahead)
	page, links := paged(c, ahead)
	listed := changes.files[:min(len(changes.files), compareFiles)]
	if c.window().page > 1 { // GitHub gives all of them with the first page
		listed = nil
	}
	name := escapePath(left + "..." + right)
	return answer{links: links, body: doc{
		"url": c.repo("/compare/" + name), "html_url": c.html("/compare/" + name), "permalink_url": c.html("/compare/" + base.id + "..." + head.id),
		"diff_url": c.html("/compare/" + name + ".diff"), "patch_url": c.html("/compare/" + name + ".patch"),
		"base_commit": c.commitDoc(base), "merge_base_commit": c.commitDoc(forked), "status": comparison(len(ahead), len(behind)),
		"ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": c.commitDocs(page),
		"files": c.files(listed, head.id),
	}}, nil
}

func comparison(ahead, behind int) string {
	switch {
	case ahead > 0 && behind > 0:
		return "diverged"
	case ahead > 0:
		return "ahead"
	case behind > 0:
		return "behind"
	default:
		return "identical"
	}
}

func listCheckRuns(ctx context.Context, c *call) (answer, error) {
	m, err := c.commitOf(ctx, c.vars["ref"])
	if err != nil {
		return answer{}, err
	}
	q := c.URL.Query()
	list := slices.DeleteFunc(c.server.store.checks(m.id, q.Get("filter") == "all"), func(r checkRun) bool {
		return q.Get("check_name") != "" && q.Get("check_name") != r.Name || q.Get("status") != "" && q.Get("status") != r.Status
	})
	page, links := paged(c, list)
	rows := make([]doc, len(page))
	for i, r := range page {
		rows[i] = c.checkDoc(r)
	}
	return answer{body: doc{"total_count": len(list), "check_runs": rows}, links: links}, nil
}

// runOffset tells the number of a workflow run from that of its job: whoever mixes
// them up finds nothing.
const runOffset = 9_000_000_000

func (c *call) checkDoc(r checkRun) doc {
	self := c.repo("/check-runs/" + itoa(r.ID))
	page := c.html("/actions/runs/" + itoa(r.ID+runOffset) + "/job/" + itoa(r.ID))
	return doc{
		"id": r.ID, "node_id": nodeID("CheckRun", itoa(r.ID)), "head_sha": r.Commit, "external_id": "", "name": r.Name,
		"url": self, "html_url": page, "details_url": page, "status": r.Status, "conclusion": nullable(r.Conclusion),
		"started_at": stamp(r.Started), "completed_at": stamp(r.Completed), "check_suite": doc{"id": r.ID}, "app": nil, "pull_requests": []doc{},
		"output": doc{
			"title": nullable(r.Title), "summary": nullable(r.Summary), "text": nil,
			"annotations_count": len(r.Annotations), "annotations_url": self + "/annotations",
		},
	}
}

// check returns the check run the route names.
func (c *call) check() (checkRun, error) {
	id, err := c.number("id")
	if err != nil {
		return checkRun{}, err
	}
	r, ok := c.server.store.check(id)
	if !ok {
		return r, notFound()
	}
	return r, nil
}

func oneCheckRun(_ context.Context, c *call) (answer, error) {
	r, err := c.check()
	if err != nil {
		return answer{}, err
	}
	return answer{body: c.checkDoc(r)}, nil
}

func listAnnotations(_ context.Context, c *call) (answer, error) {
	r, err := c.check()
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, r.Annotations)
	rows := make([]doc, len(page))
	for i, a := range page {
		rows[i] = doc{
			"path": a.Path, "blob_href": c.repo("/contents/" + escapePath(a.Path) + "?ref=" + r.Commit), "start_line": a.StartLine, "end_line": a.EndLine,
			"start_column": nil, "end_column": nil, "annotation_level": a.Level, "title": nullable(a.Title), "message": a.Message, "raw_details": nil,
		}
	}
	return answer{body: rows, links: links}, nil
}

// combinedStatus has no statuses: what the control API makes are check runs.
// GitHub calls that "pending".
func combinedStatus(ctx context.Context, c *call) (answer, error) {
	m, err := c.commitOf(ctx, c.vars["ref"])
	if err != nil {
		return answer{}, err
	}
	self := c.repo("/commits/" + m.id)
	return answer{body: doc{
		"state": "pending", "statuses": []doc{}, "sha": m.id, "total_count": 0,
		"repository": c.repository(), "commit_url": self, "url": self + "/status",
	}}, nil
}
