//go:build ignore

// This program cuts GitHub's OpenAPI description down to the paths that the
// stand-in serves:
//
//	go run trim_openapi.go api.github.com.json > openapi.json
//
// Its input is generated/api.github.com.json of the npm package @octokit/openapi
// (MIT, see LICENSE.octokit-openapi). Descriptions, examples and GitHub's own
// extensions are left out: they validate nothing.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

const repo = "/repos/{owner}/{repo}"

var used = []string{
	"/user", "/users/{username}", "/rate_limit", "/search/issues",
	"/app", "/app/installations", "/app/installations/{installation_id}/access_tokens", repo + "/installation", repo,
	repo + "/pulls", repo + "/pulls/comments", repo + "/pulls/comments/{comment_id}", repo + "/pulls/comments/{comment_id}/reactions", repo + "/pulls/{pull_number}",
	repo + "/pulls/{pull_number}/files", repo + "/pulls/{pull_number}/commits", repo + "/pulls/{pull_number}/reviews",
	repo + "/pulls/{pull_number}/comments", repo + "/pulls/{pull_number}/comments/{comment_id}/replies",
	repo + "/pulls/{pull_number}/requested_reviewers",
	repo + "/commits", repo + "/commits/{ref}", repo + "/commits/{ref}/check-runs", repo + "/commits/{ref}/status",
	repo + "/check-runs/{check_run_id}", repo + "/check-runs/{check_run_id}/annotations",
	repo + "/branches/{branch}", repo + "/rules/branches/{branch}",
	repo + "/actions/jobs/{job_id}/logs", repo + "/deployments", repo + "/deployments/{deployment_id}/statuses",
	repo + "/contents/{path}", repo + "/git/blobs/{file_sha}", repo + "/compare/{basehead}",
	repo + "/issues", repo + "/issues/{issue_number}", repo + "/issues/{issue_number}/comments",
	repo + "/issues/{issue_number}/timeline", repo + "/commits", repo + "/rules/branches/{branch}",
	repo + "/issues/comments", repo + "/issues/comments/{comment_id}",
	repo + "/issues/comments/{comment_id}/reactions", repo + "/issues/comments/{comment_id}/reactions/{reaction_id}",
	repo + "/hooks", repo + "/hooks/{hook_id}", repo + "/hooks/{hook_id}/deliveries",
	repo + "/hooks/{hook_id}/deliveries/{delivery_id}", repo + "/hooks/{hook_id}/deliveries/{delivery_id}/attempts",
	repo + "/labels", repo + "/collaborators/{username}", repo + "/collaborators/{username}/permission",
}

var methods = []string{"get", "post", "patch", "delete"}

type object = map[string]any

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: go run trim_openapi.go api.github.com.json")
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var whole object
	if err := json.Unmarshal(raw, &whole); err != nil {
		return err
	}
	paths := object{}
	for _, p := range used {
		item, ok := whole["paths"].(object)[p].(object)
		if !ok {
			return fmt.Errorf("no path %s", p)
		}
		kept := object{}
		for _, m := range methods {
			if op, ok := item[m].(object); ok && wanted(p, m) {
				kept[m] = op
			}
		}
		// A file's path has slashes, and so have refs: the router takes them.
		p = strings.NewReplacer("/contents/{path}", "/contents/{path:.*}", "/commits/{ref}", "/commits/{ref:.+}", "{branch}", "{branch:.+}", "{basehead}", "{basehead:.+}").Replace(p)
		paths[p] = prune(kept, false)
	}
	components := object{}
	collect(whole, paths, components)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(object{
		"openapi": whole["openapi"],
		"info":    object{"title": "GitHub's REST API, the part used here", "version": whole["info"].(object)["version"], "license": whole["info"].(object)["license"]},
		"servers": []any{object{"url": "/api/v3"}}, "paths": paths, "components": components,
	})
}

// wanted leaves out the writes that the stand-in does not serve.
func wanted(path, method string) bool {
	return method == "get" || strings.Contains(path, "/issues/comments/") || path == repo+"/issues/{issue_number}/comments" ||
		method == "post" && (strings.HasSuffix(path, "/replies") || strings.HasSuffix(path, "/attempts") ||
			strings.HasSuffix(path, "/access_tokens") || path == repo+"/pulls/comments/{comment_id}/reactions" || path == repo+"/pulls/{pull_number}/comments")
}

// prune drops what validates nothing. Below "properties" every key is a name.
func prune(v any, names bool) any {
	switch v := v.(type) {
	case object:
		for _, key := range slices.Collect(maps.Keys(v)) {
			if !names && (key == "example" || key == "examples" || key == "summary" || key == "externalDocs" || key == "tags" ||
				strings.HasPrefix(key, "x-") || key == "description" && v["content"] == nil && v["headers"] == nil) {
				if key == "description" && isResponse(v) {
					v[key] = "-"
					continue
				}
				delete(v, key)
				continue
			}
			v[key] = prune(v[key], !names && (key == "properties" || key == "schemas"))
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i], false)
		}
	}
	return v
}

// isResponse recognises a response without content, which needs its description.
func isResponse(v object) bool { return len(v) == 1 }

// collect copies the components that v refers to, and those they refer to.
func collect(whole object, v any, components object) {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			parts := strings.Split(strings.TrimPrefix(ref, "#/components/"), "/")
			group, ok := components[parts[0]].(object)
			if !ok {
				group = object{}
				components[parts[0]] = group
			}
			if group[parts[1]] == nil {
				found := prune(whole["components"].(object)[parts[0]].(object)[parts[1]], false)
				group[parts[1]] = found
				collect(whole, found, components)
			}
		}
		for _, child := range v {
			collect(whole, child, components)
		}
	case []any:
		for _, child := range v {
			collect(whole, child, components)
		}
	}
}
