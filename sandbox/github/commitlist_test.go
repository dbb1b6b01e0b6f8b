package github_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"

	"shipmate/sandbox/github"
)

func TestListCommits(t *testing.T) {
	t.Parallel()
	b := start(t, github.Options{Repo: widgets(t).dir})
	at := func(minute int) time.Time { return time.Date(2024, 5, 1, 10, minute, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name string
		opts gh.CommitsListOptions
		want []string
	}{
		{"a file", gh.CommitsListOptions{Path: "src/parser.go"}, []string{"Parse returns an error (#1)", "Start"}},
		{"since", gh.CommitsListOptions{Path: "src/parser.go", Since: at(2)}, []string{"Parse returns an error (#1)"}},
		{"until", gh.CommitsListOptions{Path: "src/parser.go", Until: at(1)}, []string{"Start"}},
		{"another branch", gh.CommitsListOptions{Path: "src/parser.go", SHA: "feature/parser"}, []string{"Document Parse", "Parse returns an error (#1)", "Start"}},
		{"a folder", gh.CommitsListOptions{Path: "src", SHA: "main"}, []string{"Add a lexer", "Parse returns an error (#1)", "Start"}},
		{"no such file", gh.CommitsListOptions{Path: "gone.go"}, nil},
		{"a page", gh.CommitsListOptions{Path: "src", ListOptions: gh.ListOptions{Page: 2, PerPage: 2}}, []string{"Start"}},
	} {
		list, _, err := b.client.Repositories.ListCommits(t.Context(), b.owner, b.repo, &tt.opts)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var got []string
		for _, c := range list {
			subject, _, _ := strings.Cut(c.GetCommit().GetMessage(), "\n")
			got = append(got, subject)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	_, _, err := b.client.Repositories.ListCommits(t.Context(), b.owner, b.repo, &gh.CommitsListOptions{SHA: "nowhere"})
	if status(err) != 404 {
		t.Errorf("no such branch: %v", err)
	}
}
