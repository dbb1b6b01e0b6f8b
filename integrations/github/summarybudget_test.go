package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a summary may ask of GitHub: at most eight requests at first, and two that GitHub answers with 304, which it does not count, when nothing has
// changed. What changes is asked for, and not what cannot have.
func TestRequestBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	var first Snapshot
	for _, step := range []struct {
		name    string
		change  func()
		asked   []string // what is answered anew
		revised []string // what is answered with 304
	}{
		{"first", func() {}, []string{"pull", "files", "commits", "reviews", "check-runs", "status", "graphql"}, nil},
		{"unchanged", func() {}, nil, []string{"pull", "check-runs"}},
		{"a check ends", func() { w.control("check-run", obj{"number": open, "name": "test", "conclusion": "failure"}, nil) },
			[]string{"check-runs"}, []string{"pull"}},
		{"unchanged again", func() {}, nil, []string{"pull", "check-runs"}},
		{"a comment", func() { w.say("ada", open, "hello") }, []string{"pull"}, []string{"check-runs", "reviews", "status"}},
		{"just updated", func() {}, nil, []string{"pull", "check-runs", "reviews", "status"}},
		{"a review in the same second", func() { w.control("review", obj{"number": open, "user": "ben", "state": "APPROVED"}, nil) },
			[]string{"reviews"}, []string{"check-runs", "status"}},
	} {
		step.change()
		w.requests()
		s, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", open})
		if err != nil || len(s.Gaps) > 0 {
			t.Fatal(err, s.Gaps)
		}
		asked, revised := sorts(w.requests())
		if step.name == "a review in the same second" { // in the next one the pull request is another
			asked = slices.DeleteFunc(asked, func(a string) bool { return a == "pull" })
			revised = slices.DeleteFunc(revised, func(a string) bool { return a == "pull" })
			if len(s.Reviews) != 1 {
				t.Errorf("the review is not seen: %+v", s.Reviews)
			}
		}
		slices.Sort(step.asked)
		slices.Sort(step.revised)
		if !slices.Equal(asked, step.asked) || !slices.Equal(revised, step.revised) || len(asked) > 8 {
			t.Errorf("%s: asked %q anew and %q again, want %q and %q", step.name, asked, revised, step.asked, step.revised)
		}
		if step.name == "first" {
			first = s
			continue
		}
		if len(s.Files) != 30 || len(s.List) != len(first.List) || s.Owners != first.Owners || s.Attributes != first.Attributes || s.Owners == "" || s.Attributes == "" {
			t.Errorf("%s: %d files, %d commits, owners %q, attributes %q", step.name, len(s.Files), len(s.List), s.Owners, s.Attributes)
		}
	}
}

// sorts tells requests that were answered anew from those that were answered with 304, each by what it asked for, in order.
func sorts(requests []string) (asked, revised []string) {
	for _, r := range requests {
		parts := strings.Fields(r)
		what := parts[1][strings.LastIndexByte(parts[1], '/')+1:]
		if strings.HasSuffix(parts[1], fmt.Sprintf("/pulls/%d", open)) {
			what = "pull"
		}
		if parts[2] == "304" {
			revised = append(revised, what)
		} else {
			asked = append(asked, what)
		}
	}
	slices.Sort(asked)
	slices.Sort(revised)
	return asked, revised
}

// The titles of linked issues come with the files of the base, so they cost nothing more.
func TestRequestBudgetWithIssues(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"body": "Fixes #1, fixes #2, see #3", "updated_at": stamp(-600)}))
	f.json("POST /api/graphql", `{"data":{"repository":{"file0":null,"file1":{},"file2":{"text":"* @ann\n","isBinary":false,"isTruncated":false},
		"file3":{"text":"* @old\n","isBinary":false,"isTruncated":false},"issue0":{"title":"It breaks"},"issue1":null,"issue2":{"title":"It is slow"}}},
		"errors":[{"type":"NOT_FOUND","path":["repository","issue1"],"message":"Could not resolve"}]}`)
	c := f.client(t, nil)
	for range 2 {
		s, err := c.Snapshot(t.Context(), widget)
		if err != nil || len(s.Gaps) != 0 {
			t.Fatal(err, s.Gaps)
		}
		var titles []string
		for _, i := range s.Issues {
			titles = append(titles, i.Title)
		}
		if !slices.Equal(titles, []string{"It breaks", "", "It is slow"}) || s.Owners != "* @ann\n" || s.Attributes != "" {
			t.Errorf("titles %q, owners %q", titles, s.Owners)
		}
	}
	if asked := f.log(); len(asked) != 7+2 {
		t.Errorf("asked %d times, want 7 and 2:\n%s", len(asked), strings.Join(asked, "\n"))
	}
}

// Commit statuses are asked for again where the repository has any, and where they cannot be read.
func TestRequestBudgetWithStatuses(t *testing.T) {
	t.Parallel()
	const at = "GET /repos/octo/widgets/commits/aaaa000000000000000000000000000000000000/status"
	for name, tt := range map[string]struct {
		set  func(*fake)
		want int // requests of the second look
	}{
		"none":   {func(*fake) {}, 2},
		"some":   {func(f *fake) { f.json(at, obj{"statuses": []obj{{"context": "ci", "state": "success"}}}) }, 3},
		"unread": {func(f *fake) { f.status(at, 403, nil, "{}") }, 3},
	} {
		f := newFake(t)
		serveWidget(f)
		f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"updated_at": stamp(-600)}))
		tt.set(f)
		c := f.client(t, nil)
		var looks [2]Snapshot
		for i := range looks {
			f.log()
			var err error
			if looks[i], err = c.Snapshot(t.Context(), widget); err != nil {
				t.Fatal(err)
			}
		}
		if asked := f.log(); len(asked) != tt.want {
			t.Errorf("%s: asked %q, want %d requests", name, asked, tt.want)
		}
		if !slices.Equal(looks[0].Checks, looks[1].Checks) || !slices.Equal(looks[0].Gaps, looks[1].Gaps) {
			t.Errorf("%s: first %+v %v, then %+v %v", name, looks[0].Checks, looks[0].Gaps, looks[1].Checks, looks[1].Gaps)
		}
	}
}

// A part with a gap is asked for again, and what the caller does to a snapshot does not change the next one.
func TestLooksAreNotShared(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"updated_at": stamp(-600)}))
	f.status("GET /repos/octo/widgets/pulls/12/reviews", 502, nil, "{}")
	c := f.client(t, nil)
	s, err := c.Snapshot(t.Context(), widget)
	if err != nil || len(s.Gaps) != 1 {
		t.Fatal(err, s.Gaps)
	}
	s.Files[0].Path, s.List[0].Message = "changed", "changed"
	f.json("GET /repos/octo/widgets/pulls/12/reviews", []obj{{"user": obj{"login": "ben"}, "state": "APPROVED"}})
	if s, err = c.Snapshot(t.Context(), widget); err != nil || len(s.Gaps) != 0 || len(s.Reviews) != 1 || s.Files[0].Path != "a.go" || s.List[0].Message != "x" {
		t.Errorf("snapshot %+v, %v", s, err)
	}
}

// Looks take a bounded room.
func TestLooksAreBounded(t *testing.T) {
	t.Parallel()
	r := newRecent()
	pr := func(n int) PullRequest { return PullRequest{Ref: Ref{"o", "r", n}, Head: Branch{SHA: "a"}} }
	patch := strings.Repeat("x", recentBytes/8)
	for n := range 20 {
		r.keep(look{snapshot: Snapshot{PullRequest: pr(n), Files: []File{{Patch: patch}}}, files: true})
		if !r.reusable(pr(n)).files || r.bytes > recentBytes {
			t.Errorf("look %d: %d bytes kept in %d looks", n, r.bytes, len(r.looks))
		}
	}
	r.keep(look{snapshot: Snapshot{PullRequest: pr(19), Files: []File{{Patch: strings.Repeat("x", recentBytes/4)}}}, files: true})
	if r.reusable(pr(19)).files {
		t.Error("a look that is too large was kept")
	}
	sum := 0
	for _, l := range r.looks {
		sum += l.bytes
	}
	if sum != r.bytes {
		t.Errorf("%d bytes are kept, %d counted", sum, r.bytes)
	}
}

// What GraphQL does not answer becomes a gap, or is asked of REST where there is no GraphQL.
func TestRelatedFails(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(20 * time.Minute)
	base, titles := "CODEOWNERS and .gitattributes", "titles of linked issues"
	for name, tt := range map[string]struct {
		status int
		answer string
		want   []Gap
	}{
		"no permission":       {403, `{"message":"Resource not accessible"}`, []Gap{{base, "no permission"}, {titles, "no permission"}}},
		"failing":             {502, `{}`, []Gap{{base, "GitHub failed (502)"}, {titles, "GitHub failed (502)"}}},
		"not JSON":            {200, `<html>`, []Gap{{base, "GitHub could not be reached"}, {titles, "GitHub could not be reached"}}},
		"no data":             {200, `{"data":null}`, []Gap{{base, "GitHub refused (422)"}, {titles, "GitHub refused (422)"}}},
		"wrong query":         {200, `{"errors":[{"message":"Parse error","path":["query"]}]}`, []Gap{{base, "GitHub refused (422)"}, {titles, "GitHub refused (422)"}}},
		"no repository":       {200, `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"]}]}`, []Gap{{base, "not found"}, {titles, "not found"}}},
		"used up":             {200, `{"errors":[{"type":"RATE_LIMITED","message":"x"}]}`, []Gap{{base, "GitHub's limit on requests is used up until " + clock(until.Truncate(time.Second))}, {titles, "GitHub's limit on requests is used up until " + clock(until.Truncate(time.Second))}}},
		"titles are withheld": {200, `{"data":{"repository":{"issue0":null}},"errors":[{"type":"FORBIDDEN","path":["repository","issue0"]}]}`, []Gap{{titles, "no permission"}}},
		"a file is withheld":  {200, `{"data":{"repository":{"issue0":{"title":"x"}}},"errors":[{"type":"FORBIDDEN","path":["repository","file2"]}]}`, []Gap{{base, "no permission"}}},
	} {
		f := newFake(t)
		serveWidget(f)
		f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"body": "Fixes #1"}))
		f.status("POST /api/graphql", tt.status, map[string]string{"X-RateLimit-Reset": fmt.Sprint(until.Unix()), "X-RateLimit-Resource": "graphql"}, tt.answer)
		s, err := f.client(t, nil).Snapshot(t.Context(), widget)
		if err != nil || !slices.Equal(s.Gaps, tt.want) {
			t.Errorf("%s: gaps %q, %v, want %q", name, s.Gaps, err, tt.want)
		}
	}
	f := newFake(t)
	serveWidget(f)
	c := f.client(t, nil)
	for _, want := range []int{1, 0} {
		f.json("GET /repos/octo/widgets/pulls/12", pull(obj{"base": obj{"sha": fmt.Sprint("b", want)}}))
		s, err := c.Snapshot(t.Context(), widget)
		if asked := f.log(); err != nil || len(s.Gaps) != 0 || count(asked, "graphql") != want || count(asked, "/contents/?ref=") != 1 {
			t.Errorf("without GraphQL asked %q, gaps %v, %v", asked, s.Gaps, err)
		}
	}
}

// Both ways of reading give the same, at the real files of the stand-in.
func TestGraphAgreesWithREST(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(nil)
	pr, err := c.Pull(t.Context(), Ref{"octo", "widgets", open})
	if err != nil {
		t.Fatal(err)
	}
	pr.Body = "Fixes #7, see #999 and acme/gears#7"
	graph, rest := c.readRelated(t.Context(), pr), w.client(nil).relatedByREST(t.Context(), pr)
	if graph.base != rest.base || graph.base.owners == "" || !slices.Equal(graph.issues, rest.issues) || graph.issues[0].Title == "" || len(graph.gaps)+len(rest.gaps) != 0 {
		t.Errorf("GraphQL: %+v, REST: %+v", graph, rest)
	}
}

// GraphQL is asked on the API's host, at GitHub's place for it.
func TestGraphURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"": "https://api.github.com/graphql", "https://ghe.example.com": "https://ghe.example.com/api/graphql",
		"https://api.acme.ghe.com": "https://api.acme.ghe.com/graphql", "http://127.0.0.1:8080/api/v3/": "http://127.0.0.1:8080/api/graphql",
	} {
		u, err := parseBase(base)
		if err != nil || graphURL(u) != want {
			t.Errorf("graphURL(%s) = %s, %v; want %s", base, graphURL(u), err, want)
		}
	}
}

// GraphQL has a budget of its own: that it is used up does not keep REST waiting.
func TestGraphHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveWidget(f)
	f.handle("POST /api/graphql", func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{"Limit": "5000", "Remaining": "0", "Resource": "graphql", "Reset": fmt.Sprint(time.Now().Add(time.Hour).Unix())} {
			w.Header().Set("X-RateLimit-"+name, value)
		}
		answerWith(w, 200, `{"data":{"repository":{}}}`)
	})
	c := f.client(t, nil)
	for range 2 {
		if s, err := c.Snapshot(t.Context(), widget); err != nil || len(s.Gaps) != 0 || !c.wire("octo").gate.low(time.Now()).IsZero() {
			t.Errorf("gaps %v, error %v", s.Gaps, err)
		}
	}
}

// The query is the very one that was validated against GitHub's schema (npm package @octokit/graphql-schema 15.26.1, with graphql 16.11.0): change
// it only with that done again. Arguments are variables, so that nothing a stranger wrote is ever part of it.
func TestGraphQuery(t *testing.T) {
	t.Parallel()
	q := newGraphQuery(Ref{`o"`, "r)", 1})
	q.file("file0", "a", `b"){x}`)
	q.title("issue0", 3)
	const want = `query($owner:String!,$name:String!,$file0:String!,$issue0:Int!){repository(owner:$owner,name:$name){` +
		`file0:object(expression:$file0){...on Blob{text isBinary isTruncated}} ` +
		`issue0:issueOrPullRequest(number:$issue0){...on Issue{title}...on PullRequest{title}}}}`
	if q.text() != want {
		t.Errorf("the query is\n%s\nwant\n%s", q.text(), want)
	}
}
