package github_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"shipmate/sandbox/github"
)

// GraphQL answers for files and titles, tells of what is not there as GitHub does, and refuses what it does not understand.
func TestGraphQL(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	const query = `query($owner:String!,$name:String!,$f:String!,$g:String!,$h:String!,$i:Int!,$j:Int!){repository(owner:$owner,name:$name){` +
		`f:object(expression:$f){...on Blob{text isBinary isTruncated}} g:object(expression:$g){...on Blob{text isBinary isTruncated}} ` +
		`h:object(expression:$h){...on Blob{text isBinary isTruncated}} ` +
		`i:issueOrPullRequest(number:$i){...on Issue{title}...on PullRequest{title}} j:issueOrPullRequest(number:$j){...on Issue{title}...on PullRequest{title}}}}`
	variables := map[string]any{"owner": "octo", "name": "widgets", "f": "main:src/parser.go", "g": "main:none", "h": "main:src", "i": 4, "j": 4000}
	ask := func(query string, change map[string]any) (int, map[string]any) {
		t.Helper()
		v := map[string]any{}
		for _, from := range []map[string]any{variables, change} {
			maps.Copy(v, from)
		}
		body, err := json.Marshal(map[string]any{"query": query, "variables": v})
		if err != nil {
			t.Fatal(err)
		}
		resp, got := b.send("POST", "/api/graphql", string(body))
		var out map[string]any
		if err := json.Unmarshal(got, &out); err != nil {
			t.Fatal(err)
		}
		if r := resp.Header.Get("X-RateLimit-Resource"); r != "graphql" {
			t.Errorf("the budget is %q", r)
		}
		return resp.StatusCode, out
	}
	status, got := ask(query, nil)
	found, _ := got["data"].(map[string]any)["repository"].(map[string]any)
	file, _ := found["f"].(map[string]any)
	title, _ := found["i"].(map[string]any)["title"].(string)
	if status != 200 || !strings.HasPrefix(file["text"].(string), "package ") || file["isBinary"] != false || title != b.pull(4).GetTitle() ||
		found["g"] != nil || found["j"] != nil || !reflect.DeepEqual(found["h"], map[string]any{}) {
		t.Errorf("answered %d %v", status, got)
	}
	problems, _ := got["errors"].([]any)
	if len(problems) != 1 || !reflect.DeepEqual(problems[0].(map[string]any)["path"], []any{"repository", "j"}) {
		t.Errorf("errors are %v", got["errors"])
	}
	if status, got := ask(query, map[string]any{"name": "gears"}); status != 200 || got["data"].(map[string]any)["repository"] != nil || got["errors"] == nil {
		t.Errorf("another repository: %d %v", status, got)
	}
	for _, bad := range []string{"", "{viewer{login}}", strings.ReplaceAll(query, "repository(", "organization(")} {
		if status, _ := ask(bad, nil); status != 400 {
			t.Errorf("%q: answered %d", bad, status)
		}
	}
	if status, _ := ask(query, map[string]any{"i": "4"}); status != 400 {
		t.Errorf("a number as text: answered %d", status)
	}
}
