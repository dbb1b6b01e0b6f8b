package github

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A route leads requests to an endpoint. Its pattern is a path in which {name}
// stands for one segment, and {name…}, at the end or before fixed segments, for
// one or more: a branch may have slashes in its name, escaped or not.
type route struct {
	method  string
	pattern []string
	run     endpoint
}

// table lists the routes. The first that matches answers.
func (s *Server) table() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		on("GET", "/user", currentUser),
		on("GET", "/users/{login}", oneUser),
		on("GET", "/app", forApp(currentApp)),
		on("GET", "/app/installations", forApp(listInstallations)),
		on("POST", "/app/installations/{id}/access_tokens", forApp(createToken)),
		on("GET", "/rate_limit", rateLimit),
		on("GET", "/search/issues", searchIssues),
		on("GET", repo, oneRepository),
		on("GET", repo+"/installation", forApp(repositoryInstallation)),
		on("GET", repo+"/pulls", listPulls),
		on("GET", repo+"/pulls/comments", listAllLineComments),
		on("GET", repo+"/pulls/comments/{id}", oneLineComment),
		on("POST", repo+"/pulls/comments/{id}/reactions", addLineReaction),
		on("GET", repo+"/pulls/{number}", onePull),
		on("GET", repo+"/pulls/{number}/files", listFiles),
		on("GET", repo+"/pulls/{number}/commits", listPullCommits),
		on("GET", repo+"/pulls/{number}/reviews", listReviews),
		on("GET", repo+"/pulls/{number}/comments", listLineComments),
		on("POST", repo+"/pulls/{number}/comments", createLineComment),
		on("POST", repo+"/pulls/{number}/comments/{id}/replies", replyToLineComment),
		on("GET", repo+"/pulls/{number}/requested_reviewers", requestedReviewers),
		on("GET", repo+"/commits", listCommits),
		on("GET", repo+"/commits/{ref…}/check-runs", listCheckRuns),
		on("GET", repo+"/commits/{ref…}/status", combinedStatus),
		on("GET", repo+"/commits/{ref…}", oneCommit),
		on("GET", repo+"/check-runs/{id}", oneCheckRun),
		on("GET", repo+"/check-runs/{id}/annotations", listAnnotations),
		on("GET", repo+"/branches/{branch…}", oneBranch),
		on("GET", repo+"/rules/branches/{branch…}", branchRules),
		on("GET", repo+"/actions/jobs/{id}/logs", downloadLog),
		on("GET", repo+"/deployments", listDeployments),
		on("GET", repo+"/deployments/{id}/statuses", listDeploymentStatuses),
		on("GET", repo+"/contents", contents),
		on("GET", repo+"/contents/{path…}", contents),
		on("GET", repo+"/git/blobs/{sha}", oneBlob),
		on("GET", repo+"/compare/{range…}", compareCommits),
		on("GET", repo+"/issues", listIssues),
		on("GET", repo+"/issues/comments", listAllComments),
		on("GET", repo+"/issues/comments/{id}", oneComment),
		on("PATCH", repo+"/issues/comments/{id}", editComment),
		on("DELETE", repo+"/issues/comments/{id}", deleteComment),
		on("GET", repo+"/issues/comments/{id}/reactions", listReactions),
		on("POST", repo+"/issues/comments/{id}/reactions", addReaction),
		on("DELETE", repo+"/issues/comments/{id}/reactions/{reaction}", deleteReaction),
		on("GET", repo+"/issues/{number}", oneIssue),
		on("GET", repo+"/issues/{number}/comments", listComments),
		on("POST", repo+"/issues/{number}/comments", createComment),
		on("GET", repo+"/issues/{number}/timeline", listTimeline),
		on("GET", repo+"/hooks", listHooks),
		on("GET", repo+"/hooks/{hook}", oneHook),
		on("GET", repo+"/hooks/{hook}/deliveries", listDeliveries),
		on("GET", repo+"/hooks/{hook}/deliveries/{delivery}", oneDelivery),
		on("POST", repo+"/hooks/{hook}/deliveries/{delivery}/attempts", redeliver),
		on("GET", repo+"/labels", noLabels),
		on("GET", repo+"/collaborators/{login}", isCollaborator),
		on("GET", repo+"/collaborators/{login}/permission", permission),
	}
}

func on(method, pattern string, run endpoint) route {
	return route{method, strings.Split(pattern, "/"), run}
}

// match finds the endpoint for a request, and what the wildcards stand for. It
// returns nil when there is none, or when the request is about another repository.
func (s *Server) match(r *http.Request) (endpoint, map[string]string) {
	if r.URL.Path == graphPath && r.Method == http.MethodPost {
		return queryGraph, nil
	}
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix), "/")
	if rest, ok := strings.CutPrefix(path, "/repositories/"+itoa(s.repositoryID())); ok && (rest == "" || rest[0] == '/') {
		path = "/repos/" + s.owner + "/" + s.name + rest
	}
	segments := strings.Split(path, "/")
	for i := range segments {
		text, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, nil
		}
		segments[i] = text
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, one := range s.routes {
		if one.method != method {
			continue
		}
		vars, ok := matchSegments(one.pattern, segments)
		if !ok {
			continue
		}
		if vars["repo"] != "" && !(strings.EqualFold(vars["owner"], s.owner) && strings.EqualFold(vars["repo"], s.name)) {
			return nil, nil
		}
		return one.run, vars
	}
	return nil, nil
}

// matchSegments compares a path with a pattern, segment by segment.
func matchSegments(pattern, path []string) (map[string]string, bool) {
	vars := make(map[string]string)
	long := slices.IndexFunc(pattern, func(p string) bool { return strings.HasSuffix(p, "…}") })
	if long >= 0 {
		extra := len(path) - len(pattern) // segments the long wildcard takes beyond its own
		if extra < 0 {
			return nil, false
		}
		joined := strings.Join(path[long:long+extra+1], "/")
		path = slices.Concat(path[:long], []string{joined}, path[long+extra+1:])
	}
	if len(pattern) != len(path) {
		return nil, false
	}
	for i, p := range pattern {
		name, ok := strings.CutPrefix(p, "{")
		switch {
		case ok && path[i] == "":
			return nil, false
		case ok:
			vars[strings.TrimRight(name, "…}")] = path[i]
		case p != path[i]:
			return nil, false
		}
	}
	return vars, true
}
