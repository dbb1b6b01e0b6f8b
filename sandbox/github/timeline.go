package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An event is one entry of a pull request's timeline.
type event struct {
	at  time.Time
	doc doc
}

// listTimeline lists what happened to a pull request, oldest first: commits,
// comments, reviews and requests for reviews.
func listTimeline(ctx context.Context, c *call) (answer, error) {
	p, d, err := c.details(ctx)
	if err != nil {
		return answer{}, err
	}
	var list []event
	for _, m := range d.commits {
		row := c.commitDoc(m)
		inner := row["commit"].(doc)
		list = append(list, event{m.committer.when, doc{
			"event": "committed", "sha": m.id, "node_id": row["node_id"], "url": inner["url"], "html_url": row["html_url"], "author": inner["author"],
			"committer": inner["committer"], "tree": inner["tree"], "message": inner["message"], "parents": row["parents"], "verification": inner["verification"],
		}})
	}
	for _, m := range c.server.store.comments(p.number, time.Time{}) {
		row := c.commentDoc(m)
		row["event"], row["actor"] = "commented", row["user"]
		list = append(list, event{m.Created, row})
	}
	for _, v := range c.server.store.reviews(p.number) {
		row := c.reviewDoc(v)
		row["event"] = "reviewed"
		list = append(list, event{v.Submitted, row})
	}
	for i, a := range c.server.store.requests(p.number) {
		id := itoa(int64(p.number)*1000 + int64(i))
		list = append(list, event{a.At, doc{
			"id": int64(p.number)*1000 + int64(i), "node_id": nodeID("ReviewRequestedEvent", id), "url": c.repo("/issues/events/" + id), "event": "review_requested",
			"actor": c.user(p.author), "commit_id": nil, "commit_url": nil, "created_at": stamp(a.At), "performed_via_github_app": nil,
			"review_requester": c.user(p.author), "requested_reviewer": c.user(a.User),
		}})
	}
	slices.SortStableFunc(list, func(a, b event) int { return a.at.Compare(b.at) })
	page, links := paged(c, list)
	rows := make([]doc, len(page))
	for i, e := range page {
		rows[i] = e.doc
	}
	return answer{body: rows, links: links}, nil
}

// threadID is the number of the thread that a comment belongs to: that of its
// first comment.
func threadID(m lineComment) int64 {
	if m.InReplyTo != 0 {
		return m.InReplyTo
	}
	return m.ID
}

// graphPage is the most that GraphQL lists in one answer.
const graphPage = 100

// queryThreads answers the query for the threads of a pull request, which is known
// by its field: only its variables are read.
func (c *call) queryThreads(ctx context.Context, variables map[string]any) (answer, error) {
	number, _ := variables["number"].(float64)
	p := c.index.find(int(number))
	if p == nil || !strings.EqualFold(fmt.Sprint(variables["owner"], "/", variables["name"]), c.server.Repository()) {
		problem := graphProblem{"NOT_FOUND", []string{"repository", "pullRequest"}, "Could not resolve to a PullRequest."}
		return answer{body: graphAnswer{doc{"repository": nil}, []graphProblem{problem}}}, nil
	}
	d, err := c.server.reader.detailsOf(ctx, p)
	if err != nil {
		return answer{}, err
	}
	nodes := c.reviewThreads(p.number, d.head.id)
	threads := doc{"totalCount": len(nodes), "nodes": nodes[max(len(nodes)-graphPage, 0):]}
	return answer{body: graphAnswer{Data: doc{"repository": doc{"pullRequest": doc{"reviewThreads": threads}}}}}, nil
}

// controlResolve marks a thread as resolved, or as open again.
func (s *Server) controlResolve(r *http.Request, _ *index) (any, error) {
	in := struct {
		ID       int64 `json:"id"` // of the thread's first comment
		Resolved bool  `json:"resolved"`
	}{Resolved: true}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if !s.store.resolve(in.ID, in.Resolved) {
		return nil, refuse(http.StatusNotFound, "No thread begins with comment %d.", in.ID)
	}
	return doc{"ok": true}, nil
}

// reviewThreads are the threads at lines of a pull request.
func (c *call) reviewThreads(number int, head string) []doc {
	byThread := map[int64][]lineComment{}
	var order []int64
	for _, m := range c.server.store.lineComments(number, time.Time{}) {
		id := threadID(m)
		if byThread[id] == nil {
			order = append(order, id)
		}
		byThread[id] = append(byThread[id], m)
	}
	nodes := []doc{}
	for _, id := range order {
		said := byThread[id]
		first, last := said[0], said[len(said)-1]
		outdated, line := first.Commit != head, any(first.Line)
		if outdated {
			line = nil
		}
		nodes = append(nodes, doc{
			"isResolved": first.Resolved, "isOutdated": outdated, "path": first.Path, "line": line,
			"first": doc{"nodes": []doc{c.threadComment(first)}}, "last": doc{"nodes": []doc{c.threadComment(last)}},
		})
	}
	return nodes
}

func (c *call) threadComment(m lineComment) doc {
	author := doc{"__typename": "User", "login": m.User}
	if isBotLogin(m.User) { // GraphQL names an App without its "[bot]"
		author = doc{"__typename": "Bot", "login": strings.TrimSuffix(m.User, "[bot]")}
	}
	return doc{
		"author": author, "createdAt": stamp(m.Created),
		"url": c.html("/pull/" + strconv.Itoa(m.Number) + "#discussion_r" + itoa(m.ID)),
	}
}
