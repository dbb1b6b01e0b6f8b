package github_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shipmate/sandbox/github"

	gh "github.com/google/go-github/v60/github"
)

func TestDeployments(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	deploy := func(in map[string]any) (id int64) {
		var out struct{ ID int64 }
		b.control(200, "POST", "deployment", in, &out)
		return out.ID
	}
	first := deploy(map[string]any{"at": at, "environment": "staging"})
	second := deploy(map[string]any{"at": at.Add(time.Hour), "user": "ben", "statuses": []map[string]any{
		{"state": "in_progress"}, {"state": "success", "at": at.Add(2 * time.Hour)}, {"state": "inactive", "at": at.Add(5 * time.Hour)},
	}})
	list := func(o gh.DeploymentsListOptions) string {
		found, _, err := b.client.Repositories.ListDeployments(t.Context(), b.owner, b.repo, &o)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, d := range found {
			ids = append(ids, fmt.Sprint(d.GetID(), " ", d.GetEnvironment(), " ", d.GetRef(), " ", d.GetCreator().GetLogin(), " ", d.GetCreatedAt().UTC().Format("15h")))
		}
		return strings.Join(ids, ", ")
	}
	one, two := fmt.Sprint(first, " staging main ada 09h"), fmt.Sprint(second, " production main ben 10h")
	for want, o := range map[string]gh.DeploymentsListOptions{
		two + ", " + one: {}, one: {Environment: "staging"}, two: {Environment: "production", Ref: "main"}, "": {SHA: strings.Repeat("0", 40)},
	} {
		if got := list(o); got != want {
			t.Errorf("%+v lists %s, want %s", o, got, want)
		}
	}
	statuses, _, err := b.client.Repositories.ListDeploymentStatuses(t.Context(), b.owner, b.repo, second, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range statuses {
		got = append(got, s.GetState()+" "+s.GetCreatedAt().UTC().Format("15h"))
	}
	if want := "inactive 14h, success 11h, in_progress 10h"; strings.Join(got, ", ") != want {
		t.Errorf("statuses are %q, want %q", got, want)
	}
	b.control(400, "POST", "deployment", map[string]any{"statuses": []map[string]any{{"state": "fine"}}}, nil)
	b.control(404, "POST", "deployment", map[string]any{"ref": "nowhere"}, nil)
	b.control(422, "POST", "deployment", map[string]any{"number": 4}, nil)
}
