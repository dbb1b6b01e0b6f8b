package pulls

import (
	"testing"

	"shipmate/integrations/github"
)

func commits(messages ...string) []github.Commit {
	var out []github.Commit
	for _, m := range messages {
		out = append(out, github.Commit{Message: m, Parents: 1})
	}
	return out
}

func TestKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, title, body string
		commits           []github.Commit
		paths             []string
		want              string
		breaking          bool
	}{
		{name: "feat", title: "feat(api): list widgets", want: "feat"},
		{name: "upper case", title: "Fix: crash", want: "fix"},
		{name: "breaking mark", title: "feat(api)!: drop v1", want: "feat", breaking: true},
		{name: "breaking footer", title: "fix: x", body: "Why\n\nBREAKING CHANGE: callers must close", want: "fix", breaking: true},
		{name: "breaking commit", title: "Rework the API", commits: commits("refactor!: rework"), want: "refactor", breaking: true},
		{name: "behind a ticket", title: "[ABC-12] docs: explain", want: "docs"},
		{name: "chore(deps)", title: "chore(deps): bump x from 1 to 2", want: "deps"},
		{name: "no type", title: "parser: handle empty input", want: "fix"},
		{name: "not a type", title: "http: handle timeouts", want: "fix"},
		{name: "commits", title: "Widgets", commits: commits("feat: a", "feat: b", "fix: c"), want: "feat"},
		{name: "no majority", title: "Widgets", commits: commits("feat: a", "fix: c"), want: "other"},
		{name: "merges do not count", title: "Widgets", commits: append(commits("feat: a"), github.Commit{Message: "fix: x", Parents: 2}), want: "feat"},
		{name: "docs files", title: "Words", paths: []string{"README.md", "docs/a.md"}, want: "docs"},
		{name: "test files", title: "Words", paths: []string{"a_test.go", "testdata/a.golden"}, want: "test"},
		{name: "test files and their readme", title: "Words", paths: []string{"a_test.go", "acceptance/README.md"}, want: "test"},
		{name: "feat(deps)", title: "feat(deps): router@^2.1.0", want: "deps"},
		{name: "scripts in a manifest", title: "Words", paths: []string{"package.json"}, want: "config"},
		{name: "dependency files", title: "Words", paths: []string{"go.mod", "go.sum"}, want: "deps"},
		{name: "ci files", title: "Words", paths: []string{".github/workflows/a.yml"}, want: "ci"},
		{name: "mixed files", title: "Words", paths: []string{"a.go", "README.md"}, want: "other"},
		{name: "breaking title", title: "BREAKING: look up all labels", want: "other", breaking: true},
		{name: "breaking title in brackets", title: "[Breaking change] Add ids", want: "other", breaking: true},
		{name: "about breaking", title: "Breaking the build is an error", want: "other"},
		{name: "a package named doc", title: "doc: hide parent flags", paths: []string{"doc/man.go", "cmd.go"}, want: "other"},
		{name: "docs beside a package named doc", title: "docs: hide parent flags", paths: []string{"cmd.go"}, want: "docs"},
		{name: "all packages", title: "*: add a theme", paths: []string{"a.go"}, want: "feat"},
		{name: "verb", title: "Add a parser", paths: []string{"a.go"}, want: "feat"},
		{name: "bump", title: "Bump x from 1 to 2", paths: []string{"a.go"}, want: "deps"},
		{name: "revert", title: `Revert "feat: list widgets"`, want: "revert"},
		{name: "revert conventional", title: "revert: list widgets", want: "revert"},
		{name: "revert of a revert", title: `Revert "Revert "feat: list widgets""`, want: "other"},
		{name: "revert in the only commit", title: "Back out widgets", commits: commits("Back out widgets\n\nThis reverts commit 0123456789abcdef."), want: "revert"},
		{name: "about reverting", title: "Add a revert button", want: "feat"},
		{name: "nothing", want: "other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{PullRequest: github.PullRequest{Title: tt.title, Body: tt.body}, List: tt.commits}
			for _, p := range tt.paths {
				add(&s, p, "@@ -1 +1 @@\n-a\n+b")
			}
			f := Compute(s, DefaultWeights())
			if f.Type != tt.want || f.Breaking != tt.breaking {
				t.Errorf("type %q, breaking %v; want %q, %v", f.Type, f.Breaking, tt.want, tt.breaking)
			}
		})
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, title, body string
		commits           []github.Commit
		issue             string
		want              string
	}{
		{name: "as it is", title: "Parse empty input", want: "Parse empty input"},
		{name: "conventional", title: "feat(parser)!: accept empty input.", want: "Accept empty input"},
		{name: "ticket", title: "[ABC-123] parse empty input (#45)", want: "Parse empty input"},
		{name: "ticket with a dash", title: "ABC-123: fix: parse empty input", want: "Parse empty input"},
		{name: "a standard is no ticket", title: "UTF-8: decode CVE-2024-1 names", want: "UTF-8: decode CVE-2024-1 names"},
		{name: "issue number", title: "#4386 display names", want: "Display names"},
		{name: "all packages", title: "*: add a theme", want: "Add a theme"},
		{name: "a list of globs", title: "*.go: format", want: "*.go: format"},
		{name: "emoji", title: ":sparkles: ✨ add a parser", want: "Add a parser"},
		{name: "a name keeps its case", title: "fix: go.mod tidy", want: "go.mod tidy"},
		{name: "a part keeps its case", title: "pr merge: avoid a prompt", want: "pr merge: avoid a prompt"},
		{name: "draft mark", title: "WIP: parse empty input", want: "Parse empty input"},
		{name: "noise takes the commit", title: "wip", commits: commits("fix typo", "Parse empty input\n\nmore"), want: "Parse empty input"},
		{name: "noise skips merges", title: "fix", commits: []github.Commit{{Message: "Merge parser branch of ann", Parents: 2}, {Message: "Parse empty input", Parents: 1}}, want: "Parse empty input"},
		{name: "noise takes the description", title: "Updates", body: "<!-- template\nwords here -->\n## What\n- [ ] done\n\nParses empty input\nwithout a crash. And more.", want: "Parses empty input without a crash"},
		{name: "noise takes the issue", title: "fix bug", body: "Fixes #12", issue: "Parser crashes on empty input", want: "Parser crashes on empty input"},
		{name: "nothing else", title: "wip", want: "Wip"},
		{name: "nothing at all", want: ""},
		{name: "one line", title: "a\nb\x1b[31m parser", want: "a b[31m parser"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{PullRequest: github.PullRequest{Title: tt.title, Body: tt.body}, List: tt.commits}
			if tt.issue != "" {
				s.Issues = []github.Issue{{Ref: "octo/widgets#12", Title: tt.issue, Closes: true}}
			}
			if got := headline(s); got != tt.want && upperFirst(tt.want) != got {
				t.Errorf("headline = %q, want %q", got, tt.want)
			}
		})
	}
}
