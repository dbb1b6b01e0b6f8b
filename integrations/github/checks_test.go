package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	sandbox "shipmate/sandbox/github"
)

// check makes a check run of the stand-in and returns its number; it failed unless in says otherwise.
func (w *world) check(in obj) int64 {
	w.t.Helper()
	if in["conclusion"] == nil {
		in["conclusion"] = "failure"
	}
	var made struct{ ID int64 }
	w.control("check-run", in, &made)
	return made.ID
}

// details reads a pull request and what is behind its checks.
func (w *world) details(c *Client, number int) (Snapshot, CheckDetails) {
	w.t.Helper()
	s, err := c.Snapshot(w.t.Context(), Ref{"octo", "widgets", number})
	if err != nil {
		w.t.Fatal(err)
	}
	return s, c.CheckDetails(w.t.Context(), s.PullRequest, s.Checks)
}

// downloads are the answers of the host of job logs: 500 is for whoever sends a token there.
func (w *world) downloads() []int {
	w.t.Helper()
	var log struct{ Calls []struct{ Status int } }
	w.control("log?path=/job-logs/", nil, &log)
	var out []int
	for _, call := range log.Calls {
		out = append(out, call.Status)
	}
	return out
}

const exitLine = "2024-05-01T10:00:05.1000000Z ##[error]Process completed with exit code 1.\n"

// A log as GitHub stores it: with a byte order mark, timestamps, groups, colours, and what comes after the error.
func storedLog(token string) string {
	return "\uFEFF2024-05-01T10:00:00.1234567Z ##[group]Run go test ./...\r\n2024-05-01T10:00:00.2000000Z \x1b[36;1mgo test ./...\x1b[0m\n" +
		"2024-05-01T10:00:00.3000000Z ##[endgroup]\n2024-05-01T10:00:01.0000000Z \n2024-05-01T10:00:01.0000000Z  10%\r 99%\r100%\n" +
		"2024-05-01T10:00:04.0000000Z \x1b]8;;https://x.example\x07--- FAIL: TestNext (0.00s)\n2024-05-01T10:00:04.1000000Z     a_test.go:3: with " + token + "\n" + exitLine +
		"2024-05-01T10:00:06.0000000Z Post job cleanup.\n2024-05-01T10:00:06.1000000Z [command]/usr/bin/git version\n"
}

func TestCheckDetails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	exit := obj{"path": ".github", "start_line": 9, "message": "Process completed with exit code 1."}
	w.check(obj{"number": open, "name": "annotated", "log": "not needed", "annotations": []obj{exit,
		{"path": "main.go", "start_line": 3, "annotation_level": "warning", "message": "old"}, {"path": "main.go", "start_line": 2, "message": "undefined: x", "title": "go"}}})
	w.check(obj{"number": open, "name": "logged", "log": storedLog(sandbox.BotToken()), "annotations": []obj{exit}})
	w.check(obj{"number": open, "name": "gone", "annotations": []obj{exit}})
	w.check(obj{"number": open, "name": "green", "conclusion": "success", "log": "fine"})
	w.check(obj{"number": open, "name": "again", "log": "old"})
	w.check(obj{"number": open, "name": "again", "conclusion": "success"})
	w.check(obj{"ref": "main", "name": "logged"})
	w.check(obj{"ref": "main", "name": "gone"})
	w.check(obj{"ref": "main", "name": "gone", "conclusion": "success"})
	w.control("required", obj{"protection": []string{"logged", "e2e"}, "rules": []string{"e2e", "audit"}}, nil)
	c := w.client(nil)
	s, d := w.details(c, open)
	if required := []string{"audit", "e2e", "logged"}; !slices.Equal(d.Required, required) {
		t.Errorf("required %q, want %q", d.Required, required)
	}
	if d.At.IsZero() || len(s.Checks) != 5 {
		t.Errorf("read at %v, checks %+v", d.At, s.Checks)
	}
	want := []Failure{
		{Check: "annotated", Annotations: []Annotation{{Path: "main.go", Line: 2, Title: "go", Message: "undefined: x"}}},
		{Check: "gone"},
		{Check: "logged", OnBase: true, Log: []string{
			"Run go test ./...", "go test ./...", "", "100%", "--- FAIL: TestNext (0.00s)", "    a_test.go:3: with [token]", "Error: Process completed with exit code 1.",
		}},
	}
	if !reflect.DeepEqual(d.Failures, want) {
		t.Errorf("failures\n%+v, want\n%+v", d.Failures, want)
	}
	if gaps := []Gap{{"log of gone", "not found"}}; !slices.Equal(d.Gaps, gaps) {
		t.Errorf("gaps %+v, want %+v", d.Gaps, gaps)
	}
	if got := w.downloads(); !slices.Equal(got, []int{200}) {
		t.Errorf("downloads answered %v, want one without a token", got)
	}
	seen := w.requests()
	if count(seen, "/annotations") != 3 || count(seen, "/actions/jobs/") != 2 || count(seen, "/commits/heads/main/check-runs") != 1 {
		t.Errorf("asked\n%s", strings.Join(seen, "\n"))
	}
	for _, check := range s.Checks {
		if check.Name == "annotated" && (check.Annotations != 3 || check.ID == 0 || check.Started.IsZero() || check.Completed.IsZero() || check.DetailsURL == "") {
			t.Errorf("check %+v", check)
		}
	}
}

func TestCheckDetailsAsksLittleWhenNoneFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(obj{"number": open, "name": "test", "conclusion": "success"})
	w.check(obj{"number": open, "name": "e2e", "status": "in_progress", "conclusion": ""})
	c := w.client(nil)
	s, err := c.Snapshot(t.Context(), Ref{"octo", "widgets", open})
	if err != nil {
		t.Fatal(err)
	}
	w.requests()
	if d := c.CheckDetails(t.Context(), s.PullRequest, s.Checks); len(d.Failures)+len(d.Gaps) != 0 {
		t.Errorf("details %+v", d)
	}
	if seen := w.requests(); len(seen) != 2 || count(seen, "branches/main 200") != 2 {
		t.Errorf("asked %v", seen)
	}
	if d := c.CheckDetails(t.Context(), PullRequest{Ref: Ref{"octo", "secret", 1}}, []Check{{Name: "x", Status: "completed"}}); len(d.Gaps) != 1 || len(w.requests()) != 0 {
		t.Errorf("of another repository: %+v", d)
	}
}

func TestCheckDetailsIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 8 {
		w.check(obj{"number": merged, "name": fmt.Sprint("check ", i), "log": exitLine})
	}
	_, d := w.details(w.client(nil), merged)
	if got := w.downloads(); len(got) != 5 || len(d.Failures) != 8 || d.Failures[4].Log == nil || d.Failures[5].Log != nil {
		t.Errorf("%d downloads, failures %+v", len(got), d.Failures)
	}
	if want := []Gap{{"the causes of 3 more", "I look into the first 5 failed checks"}}; !slices.Equal(d.Gaps, want) {
		t.Errorf("gaps %+v, want %+v", d.Gaps, want)
	}
	if seen := w.requests(); count(seen, "/commits/heads/") != 0 {
		t.Errorf("the base of a merged pull request was asked: %v", seen)
	}
}

// A log of 50 MB is read from its end, where the storage allows it.
func TestLongLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.check(obj{"number": open, "name": "test"})
	line := "2024-05-01T10:00:00.0000000Z " + strings.Repeat("x", 70) + "\n"
	w.SetJobLog(id, exitLine+strings.Repeat(line, 500_000)+"2024-05-01T10:00:04.0000000Z --- FAIL: TestLast (0.00s)\n"+exitLine)
	_, d := w.details(w.client(nil), open)
	if got := w.downloads(); !slices.Equal(got, []int{200, 206}) {
		t.Errorf("downloads answered %v, want the whole, not read, and a part", got)
	}
	if l := d.Failures[0].Log; len(l) != logWindow || l[logWindow-2] != "--- FAIL: TestLast (0.00s)" || len(d.Gaps) > 0 {
		t.Errorf("log %q, gaps %+v", l, d.Gaps)
	}
}

// jobLogs makes a fake whose only job has its log at an address, and returns what is read of it.
func jobLogs(t *testing.T, address string) (Failure, []Gap) {
	t.Helper()
	f := newFake(t)
	f.handle("GET /repos/octo/widgets/actions/jobs/7/logs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", address)
		w.WriteHeader(http.StatusFound)
	})
	check := Check{Name: "test", Status: "completed", Conclusion: "failure", DetailsURL: f.URL + "/octo/widgets/actions/runs/1/job/7"}
	d := f.client(t, nil).CheckDetails(t.Context(), PullRequest{Ref: widget}, []Check{check})
	for _, g := range d.Gaps {
		if strings.Contains(g.Why, "sig=") || strings.Contains(g.What, "sig=") {
			t.Errorf("the signed address is in %+v", g)
		}
	}
	return d.Failures[0], d.Gaps
}

// storage is a host of job logs; whatever comes with a credential or the address before is an error.
func storage(t *testing.T, serve http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s was sent to the host of logs", name)
			}
		}
		serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Where the end cannot be had, no more than the bound is read, and that is said.
func TestEndlessLog(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	line := []byte(strings.Repeat("y", 1<<16) + "\n")
	address := storage(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first\n", exitLine)
		for r.Context().Err() == nil {
			n, err := w.Write(line)
			if err != nil {
				return
			}
			sent.Add(int64(n))
		}
	})
	f, gaps := jobLogs(t, address+"/log?sig=secret")
	if want := []string{"first", "Error: Process completed with exit code 1."}; !slices.Equal(f.Log, want) {
		t.Errorf("log %q, want %q", f.Log, want)
	}
	if want := []Gap{{"the end of the log of test", "it has more than 16 MiB"}}; !slices.Equal(gaps, want) {
		t.Errorf("gaps %+v, want %+v", gaps, want)
	}
	if n := sent.Load(); n > maxLog+(16<<20) { // what is in flight in the connection
		t.Errorf("%d bytes were taken", n)
	}
}

func TestLogIsDownloadedFromSafeAddressesOnly(t *testing.T) {
	t.Parallel()
	const unsafe, unreachable = "it is at an address that I do not go to", "GitHub could not be reached"
	good := storage(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, exitLine) })
	to := func(address string) string {
		return storage(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, address, http.StatusFound) })
	}
	var circle string
	circle = storage(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, circle, http.StatusFound) })
	for name, tt := range map[string]struct{ address, why string }{
		"here":                       {good, ""},
		"redirected here":            {to(good), ""},
		"http elsewhere":             {"http://logs.example.com/x?sig=1", unsafe},
		"redirected to http":         {to("http://logs.example.com/x?sig=1"), unsafe},
		"redirected to another kind": {to("file:///etc/passwd"), unsafe},
		"with a user":                {strings.Replace(good, "http://", "http://me:pw@", 1), unsafe},
		"nowhere":                    {"", unsafe},
		"no address":                 {"http://[::1?sig=1", unreachable},
		"in circles":                 {circle, unsafe},
		"refused":                    {storage(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }), "no permission"},
		"failing":                    {storage(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), "GitHub failed (503)"},
		"broken off": {storage(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		}), unreachable},
	} {
		f, gaps := jobLogs(t, tt.address)
		if tt.why == "" && (len(gaps) > 0 || len(f.Log) != 1) || tt.why != "" && (len(f.Log) > 0 || !slices.Equal(gaps, []Gap{{"log of test", tt.why}})) {
			t.Errorf("%s: log %q, gaps %+v; want %q", name, f.Log, gaps, tt.why)
		}
	}
}

func TestSafeLog(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base, address string
		want          bool
	}{
		{"https://api.github.com/", "https://store.example.com/a?sig=1", true},
		{"https://api.github.com/", "http://store.example.com/a", false},
		{"https://api.github.com/", "http://127.0.0.1:9/a", false},
		{"http://127.0.0.1:1/", "http://127.0.0.1:9/a", true},
		{"http://127.0.0.1:1/", "http://127.0.0.1.example.com/a", false},
		{"http://127.0.0.1:1/", "ftp://127.0.0.1/a", false},
		{"https://api.github.com/", "https://me@store.example.com/a", false},
		{"https://api.github.com/", "https:///a", false},
	} {
		base, err := url.Parse(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(tt.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := safeLog(base, address); got != tt.want {
			t.Errorf("safeLog(%s, %s) = %v", tt.base, tt.address, got)
		}
	}
}

// The job is taken from the check's details only when they are at GitHub itself.
func TestJobOf(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Token: testToken, Repos: []string{"octo/widgets"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int64{
		"https://github.com/octo/widgets/actions/runs/12/job/34":                  34,
		"https://github.com/octo/widgets/actions/runs/12/attempts/2/job/34":       34,
		"https://GitHub.com/octo/widgets/actions/runs/12/job/34?pr=5":             34,
		"https://github.com/octo/widgets/runs/34":                                 0,
		"https://github.com.example.com/octo/widgets/actions/runs/1/job/34":       0,
		"https://github.com@example.com/octo/widgets/actions/runs/1/job/34":       0,
		"https://me@github.com/octo/widgets/actions/runs/1/job/34":                0,
		"http://github.com/octo/widgets/actions/runs/12/job/34":                   0,
		"https://ci.example.com/octo/widgets/actions/runs/12/job/34":              0,
		"https://github.com/octo/widgets/actions/runs/1/job/34/../35":             0,
		"https://github.com/octo/widgets/actions/runs/1/job/99999999999999999999": 0,
		"": 0, "%": 0,
	} {
		if got := c.jobOf(Check{DetailsURL: address}); got != want {
			t.Errorf("job of %q is %d, want %d", address, got, want)
		}
	}
}

// What is required is told as far as it can be read; a server without rulesets is no gap.
func TestRequired(t *testing.T) {
	t.Parallel()
	pr := PullRequest{Ref: widget, State: "open", Base: Branch{Name: "release/1.0 x"}}
	for name, tt := range map[string]struct {
		branch, rules int
		want          []string
		gaps          []Gap
	}{
		"both":          {200, 200, []string{"build", "lint"}, nil},
		"no rulesets":   {200, 404, []string{"build"}, nil},
		"no permission": {403, 200, []string{"lint"}, []Gap{{"required checks", "no permission"}}},
		"rules fail":    {200, 502, []string{"build"}, []Gap{{"required checks", "GitHub failed (502)"}}},
	} {
		f := newFake(t)
		serve := func(route string, status int, body any) {
			if f.json(route, body); status != 200 {
				f.status(route, status, nil, "{}")
			}
		}
		serve("GET /repos/octo/widgets/branches/release/1.0 x", tt.branch, obj{"protection": obj{"required_status_checks": obj{"contexts": []string{"build"}}}})
		serve("GET /repos/octo/widgets/rules/branches/release/1.0 x", tt.rules, []obj{
			{"type": "a_kind_that_came_later", "parameters": obj{"required_status_checks": []obj{{"context": "no"}}}},
			{"type": "required_status_checks", "parameters": obj{"required_status_checks": []obj{{"context": "lint"}}}}, {"type": "deletion"},
		})
		d := f.client(t, nil).CheckDetails(t.Context(), pr, nil)
		if !slices.Equal(d.Required, tt.want) || !slices.Equal(d.Gaps, tt.gaps) {
			t.Errorf("%s: %q, gaps %+v; want %q, %+v", name, d.Required, d.Gaps, tt.want, tt.gaps)
		}
	}
}

// A private repository of an account that pays nothing can have no rules, which GitHub tells by 403.
func TestRulesHaveAPrice(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("GET /repos/octo/widgets/branches/main", obj{})
	f.status("GET /repos/octo/widgets/rules/branches/main", 403, nil, `{"message":"Upgrade to GitHub Pro or make this repository public to enable this feature."}`)
	d := f.client(t, nil).CheckDetails(t.Context(), PullRequest{Ref: widget, State: "open", Base: Branch{Name: "main"}}, nil)
	if len(d.Required) > 0 || len(d.Gaps) > 0 {
		t.Errorf("%q, gaps %+v", d.Required, d.Gaps)
	}
}

// Where many rules hold for a branch, the one about checks may be the hundredth.
func TestManyRules(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.json("GET /repos/octo/widgets/branches/main", obj{})
	f.handle("GET /repos/octo/widgets/rules/branches/main", func(w http.ResponseWriter, r *http.Request) {
		rules := make([]obj, 100)
		for i := range rules {
			rules[i] = obj{"type": "deletion"}
		}
		rules[99] = obj{"type": "required_status_checks", "parameters": obj{"required_status_checks": []obj{{"context": "lint"}}}}
		data, err := json.Marshal(rules[:max(30, atoi(r.URL.Query().Get("per_page")))])
		if err != nil {
			t.Error(err)
		}
		answerWith(w, 200, string(data))
	})
	d := f.client(t, nil).CheckDetails(t.Context(), PullRequest{Ref: widget, State: "open", Base: Branch{Name: "main"}}, nil)
	if !slices.Equal(d.Required, []string{"lint"}) || len(d.Gaps) > 0 {
		t.Errorf("%q, gaps %+v", d.Required, d.Gaps)
	}
}
