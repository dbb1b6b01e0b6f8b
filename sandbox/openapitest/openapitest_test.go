package openapitest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shipmate/sandbox/openapitest"
)

// A recorder takes the failures that a test would have.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const user = `{"login":"ada","id":1,"node_id":"x","avatar_url":"http://x/a","gravatar_id":"","url":"http://x/u","html_url":"http://x/h",
		"followers_url":"http://x","following_url":"http://x","gists_url":"http://x","starred_url":"http://x","subscriptions_url":"http://x",
		"organizations_url":"http://x","repos_url":"http://x","events_url":"http://x","received_events_url":"http://x","type":"User","site_admin":false}`
	reaction := `{"id":1,"node_id":"x","user":` + user + `,"content":"eyes","created_at":"2024-01-01T00:00:00Z"}`
	const reactions = "/api/v3/repos/o/r/issues/comments/1/reactions"
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		answer                   string
		want                     string // "" when all is well
	}{
		{"right", "POST", reactions, `{"content":"eyes"}`, 201, reaction, ""},
		{"by the repository's id", "POST", "/api/v3/repositories/7/issues/comments/1/reactions", `{"content":"eyes"}`, 201, reaction, ""},
		{"wrong request", "POST", reactions, `{"content":"thumbs"}`, 201, reaction, "/content: value is not one of the allowed values"},
		{"request without a body", "POST", reactions, "", 201, reaction, "the request: "},
		{"wrong answer", "POST", reactions, `{"content":"eyes"}`, 201, strings.Replace(reaction, `"eyes"`, `"thumbs"`, 1), "the answer 201: "},
		{"missing member", "POST", reactions, `{"content":"eyes"}`, 201, strings.Replace(reaction, `"node_id":"x",`, "", 1), "node_id"},
		{"unknown status", "POST", reactions, `{"content":"eyes"}`, 202, reaction, "the answer 202: "},
		{"wrong number", "GET", "/api/v3/repos/o/r/pulls/two", "", 404, `{"message":"Not Found"}`, "the request: "},
		{"unknown path", "GET", "/api/v3/repos/o/r/unknown", "", 404, `{"message":"Not Found"}`, "finding the operation"},
		{"failure of the server", "GET", "/api/v3/user", "", 500, `{"message":"Server Error"}`, ""},
		{"other path", "GET", "/control/github/anything", "", 200, "hello", ""},
	} {
		r := &recorder{TB: t}
		h := openapitest.Validate(r, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.answer)
		}))
		req := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body))
		if test.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		got := httptest.NewRecorder()
		h.ServeHTTP(got, req)
		if got.Code != test.status || got.Body.String() != test.answer {
			t.Errorf("%s: the answer was changed to %d %s", test.name, got.Code, got.Body)
		}
		failures := strings.Join(r.failures, "\n")
		if test.want == "" && failures != "" || !strings.Contains(failures, test.want) {
			t.Errorf("%s: failures %q, want %q", test.name, failures, test.want)
		}
	}
}

func TestValidateAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path string
		status     int
		answer     string
		fails      bool
	}{
		{"wrong request, described answer", "/api/v3/repos/o/r/pulls/two", 404, `{"message":"Not Found"}`, false},
		{"wrong request, another answer", "/api/v3/repos/o/r/pulls/two", 404, `"Not Found"`, true},
		{"unknown path is not found", "/api/v3/repos/o/r/unknown", 404, `{"message":"Not Found"}`, false},
		{"unknown path is answered", "/api/v3/repos/o/r/unknown", 200, `{}`, true},
	} {
		r := &recorder{TB: t}
		h := openapitest.ValidateAnswers(r, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.answer)
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", test.path, nil))
		if got := len(r.failures) > 0; got != test.fails {
			t.Errorf("%s: failures %q", test.name, r.failures)
		}
	}
}
