package github

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"

	"github.com/google/go-github/v60/github"
)

// An App has no way to a repository of an owner that is not configured.
func TestAppIsAskedAboutStrangers(t *testing.T) {
	t.Parallel()
	_, err := newFake(t).app(t).Snapshot(t.Context(), Ref{"stranger", "widgets", 1})
	if userErr, ok := errors.AsType[*bot.UserError](err); !ok || !strings.Contains(userErr.Text, "I do not read stranger/widgets") {
		t.Errorf("error %v", err)
	}
}

// What is behind a check reads for an App as for a token, and its own token is in none of it.
func TestAppReadsChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.app(nil)
	mine, err := c.wire("octo").tokens.token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.check(obj{"number": open, "name": "annotated", "annotations": []obj{{"path": "main.go", "start_line": 2, "message": "undefined: x with " + mine}}})
	w.check(obj{"number": open, "name": "logged", "log": storedLog(mine)})
	_, d := w.details(c, open)
	if len(d.Failures) != 2 || len(d.Gaps) > 0 {
		t.Fatalf("details %+v", d)
	}
	if got := d.Failures[0].Annotations; len(got) != 1 || got[0].Message != "undefined: x with [token]" {
		t.Errorf("annotations %+v", got)
	}
	if got := d.Failures[1].Log; len(got) < 2 || got[0] != "Run go test ./..." || got[len(got)-2] != "    a_test.go:3: with [token]" {
		t.Errorf("log %q", got)
	}
}

// What an installation may not do is told at the start, all of what the documents ask for.
func TestAppLacksPermissions(t *testing.T) {
	t.Parallel()
	read, write := "read", "write"
	for _, tt := range []struct {
		have *github.InstallationPermissions
		want []string
	}{
		{&github.InstallationPermissions{
			Metadata: &read, Contents: &write, Checks: &read, Actions: &read, Statuses: &read, PullRequests: &write, Issues: &write,
		}, nil},
		{&github.InstallationPermissions{Metadata: &read, Contents: &read, Checks: &read, Statuses: &read, PullRequests: &read, Issues: &write},
			[]string{"Actions: read", "Pull requests: write"}},
	} {
		if got := missingPermissions(tt.have); !slices.Equal(got, tt.want) {
			t.Errorf("missing %q, want %q", got, tt.want)
		}
	}
}

// The log of a job of a renamed repository, too, is at an address that does not say whose it is.
func TestAppReadsLogInRenamedRepository(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	logs := storage(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "##[error]boom") })
	for from, to := range map[string]string{"/repos/octo/widgets/actions/jobs/7/logs": "/api/v3/repositories/77/actions/jobs/7/logs", "/repositories/77/actions/jobs/7/logs": logs} {
		f.handle("GET "+from, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(map[bool]int{true: http.StatusFound, false: http.StatusMovedPermanently}[to == logs])
		})
	}
	check := Check{Name: "test", Status: "completed", Conclusion: "failure", DetailsURL: f.URL + "/octo/widgets/actions/runs/1/job/7"}
	d := f.app(t).CheckDetails(t.Context(), PullRequest{Ref: widget}, []Check{check})
	if got := d.Failures[0].Log; !slices.Equal(got, []string{"Error: boom"}) || len(d.Gaps) > 0 {
		t.Errorf("log %q, gaps %v", got, d.Gaps)
	}
}
