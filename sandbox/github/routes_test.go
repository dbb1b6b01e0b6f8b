package github_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"shipmate/sandbox/github"
)

// Every route answers with success, and so that the answer keeps to GitHub's description.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	id := func(method, path, body string) string {
		var made struct{ ID int64 }
		if _, got := b.send(method, path, body); json.Unmarshal(got, &made) != nil || made.ID == 0 {
			t.Fatalf("%s %s: %s", method, path, got)
		}
		return fmt.Sprint(made.ID)
	}
	comment := id("POST", "/api/v3/repos/octo/widgets/issues/4/comments", `{"body":"hello"}`)
	reaction := id("POST", "/api/v3/repos/octo/widgets/issues/comments/"+comment+"/reactions", `{"content":"eyes"}`)
	check := id("POST", "/control/github/check-run", `{"number":4,"name":"test","conclusion":"failure","annotations":[{"path":"a.go","start_line":3,"message":"boom"}],"log":"boom"}`)
	b.control(200, "POST", "review", map[string]any{"user": "ben", "number": 4, "state": "approved", "body": "Fine."}, nil)
	deployment := id("POST", "/control/github/deployment", `{"statuses":[{"state":"queued"},{"state":"success"}]}`)
	b.control(200, "POST", "required", map[string]any{"protection": []string{"test"}, "rules": []string{"lint"}}, nil)
	line := id("POST", "/control/github/line-comment", `{"number":4,"body":"why?","path":"src/parser.go","line":3}`)
	hook := id("POST", "/control/github/webhook", `{"url":"http://127.0.0.1:9/"}`)
	file, _, _, err := b.client.Repositories.GetContents(t.Context(), b.owner, b.repo, "LICENSE", nil)
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("/installations/{id}", fmt.Sprint("/installations/", github.InstallationID), "/jobs/{id}", "/jobs/"+check, "/deployments/{id}", "/deployments/"+deployment, "/check-runs/{id}", "/check-runs/"+check, "/pulls/comments/{id}", "/pulls/comments/"+line,
		"/{number}/comments/{id}/replies", "/4/comments/"+line+"/replies", "{hook}", hook, "{delivery}", b.delivered(hook), "{owner}", "octo", "{repo}", "widgets", "{login}", "ada", "{number}", "4",
		"{ref…}", b.pull(4).GetHead().GetSHA(), "{branch…}", "main", "{path…}", "src/parser.go", "{sha}", file.GetSHA(), "{range…}", "main...long-road",
		"{id}", comment, "{reaction}", reaction, "/search/issues", "/search/issues?q=is:pr")
	try := func(route, body string) {
		method, path, _ := strings.Cut(fill.Replace(route), " ")
		with := "Bearer " + github.BotToken()
		if strings.HasPrefix(path, "/app") || strings.HasSuffix(path, "/installation") {
			with = "Bearer " + b.jwt(nil)
		}
		if resp, got := b.send(method, "/api/v3"+path, body, "Authorization", with); resp.StatusCode >= 400 {
			t.Errorf("%s: %d %s", route, resp.StatusCode, got)
		}
	}
	var writes []string
	for _, route := range b.server.Routes() {
		if strings.HasSuffix(route, "/contents") {
			route += "/" // as clients ask for the root folder, and as it is described
		}
		if strings.HasPrefix(route, "GET ") {
			try(route, "")
		} else {
			writes = append(writes, route)
		}
	}
	for _, w := range routeWrites(b.pull(4).GetHead().GetSHA()) {
		try(w.route, w.body)
		writes = slices.DeleteFunc(writes, func(route string) bool { return route == w.route })
	}
	if len(writes) > 0 {
		t.Errorf("not tried: %q", writes)
	}
}

type routeWrite struct{ route, body string }

// routeWrites are requests that write, in this order, after what reads.
func routeWrites(head string) []routeWrite {
	return []routeWrite{
		{"POST /app/installations/{id}/access_tokens", `{}`},
		{"PATCH /repos/{owner}/{repo}/issues/comments/{id}", `{"body":"edited"}`},
		{"POST /repos/{owner}/{repo}/issues/comments/{id}/reactions", `{"content":"rocket"}`},
		{"POST /repos/{owner}/{repo}/issues/{number}/comments", `{"body":"more"}`},
		{"POST /repos/{owner}/{repo}/pulls/comments/{id}/reactions", `{"content":"eyes"}`},
		{"POST /repos/{owner}/{repo}/pulls/{number}/comments", `{"body":"again","commit_id":"` + head + `","path":"src/parser.go","line":3}`},
		{"POST /repos/{owner}/{repo}/pulls/{number}/comments/{id}/replies", `{"body":"because"}`},
		{"POST /repos/{owner}/{repo}/hooks/{hook}/deliveries/{delivery}/attempts", ""},
		{"DELETE /repos/{owner}/{repo}/issues/comments/{id}/reactions/{reaction}", ""},
		{"DELETE /repos/{owner}/{repo}/issues/comments/{id}", ""},
	}
}
