package pulls

import (
	"fmt"
	"strings"
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
		{name: "mixed files", title: "Words", paths: []string{"a.go", "README.md"}, want: "fix"},
		{name: "breaking title", title: "BREAKING: look up all labels", want: "other", breaking: true},
		{name: "breaking title in brackets", title: "[Breaking change] Add ids", want: "other", breaking: true},
		{name: "about breaking", title: "Breaking the build is an error", want: "other"},
		{name: "a package named doc", title: "doc: hide parent flags", paths: []string{"doc/man.go", "cmd.go"}, want: "fix"},
		{name: "docs beside a package named doc", title: "docs: hide parent flags", paths: []string{"cmd.go"}, want: "docs"},
		{name: "all packages", title: "*: add a theme", paths: []string{"a.go"}, want: "feat"},
		{name: "verb", title: "Add a parser", paths: []string{"a.go"}, want: "feat"},
		{name: "bump", title: "Bump x from 1 to 2", paths: []string{"a.go"}, want: "deps"},
		{name: "revert", title: `Revert "feat: list widgets"`, want: "revert"},
		{name: "revert conventional", title: "revert: list widgets", want: "revert"},
		{name: "revert of a revert", title: `Revert "Revert "feat: list widgets""`, want: "other"},
		{name: "revert in the only commit", title: "Back out widgets", commits: commits("Back out widgets\n\nThis reverts commit 0123456789abcdef."), want: "revert"},
		{name: "revert behind another type", title: `chore: revert "fix: close the file"`, paths: []string{"a.go"}, want: "revert"},
		{name: "revert of a revert behind a type", title: `chore: revert "Revert "feat: list widgets""`, paths: []string{"a.go"}, want: "chore"},
		{name: "a commit of many that were one revert among others", title: "Merge the widgets branch", paths: []string{"a.go"},
			commits: commits("Merge the widgets branch\n\n* Add widgets\n\n* Revert \"Add gears\"\n\nThis reverts commit 0123456789abcdef.\n\n* Add wheels"), want: "fix"},
		{name: "type in brackets", title: "[REFACTOR] Widgets", paths: []string{"a.go"}, want: "refactor"},
		{name: "chore in brackets, where words tell more", title: "[chore] Fix widgets", paths: []string{"a.go"}, want: "fix"},
		{name: "chore in brackets", title: "[chore][pkg/widgets] Widgets", paths: []string{"a.go"}, want: "chore"},
		{name: "a release is prepared", title: "[chore] Prepare release v1.44.0/v0.138.0", paths: []string{"a.go"}, want: "release"},
		{name: "a release is cut", title: "Cut release 3.0 beta.0", paths: []string{"a.go"}, want: "release"},
		{name: "about releases", title: "Prepare the release workflow for forks", paths: []string{"a.go"}, want: "fix"},
		{name: "about reverting", title: "Add a revert button", want: "feat"},
		{name: "nothing", want: "other"},
		{name: "any form of a verb", title: "Dropped the old parser", paths: []string{"a.go"}, want: "refactor"},
		{name: "a verb behind a part of several words", title: "pr status: fix detection", paths: []string{"a.go"}, want: "fix"},
		{name: "a verb before a colon", title: "Fix grammar: 'allows to'", paths: []string{"a.go"}, want: "fix"},
		{name: "a telling word", title: "Minor typos fixed", paths: []string{"a.go"}, want: "fix"},
		{name: "gitmoji", title: "👷 Label pull requests", paths: []string{"a.go"}, want: "ci"},
		{name: "gitmoji with a variation selector", title: "⬆️ Update the action", paths: []string{".github/workflows/a.yml"}, want: "deps"},
		{name: "gitmoji as code", title: ":bug: Close the file", paths: []string{"a.go"}, want: "fix"},
		{name: "a gitmoji for the program, on words alone", title: "🐛 Repair a link", paths: []string{"docs/a.md"}, want: "docs"},
		{name: "conventional before gitmoji", title: "✨ fix: close the file", paths: []string{"a.go"}, want: "fix"},
		{name: "bump of actions", title: "Bump actions/checkout from 4 to 5", paths: []string{".github/workflows/a.yml"}, want: "ci"},
		{name: "mostly words", title: "Add a diagram", paths: []string{"docs/a.md", "docs/b.md", "docs/c.md", "docs/d.md", "site/main.css"}, want: "docs"},
		{name: "words, and pictures with them", title: "Setup demystified", paths: []string{"docs/a.md", "docs/a.png"}, want: "docs"},
		{name: "update of code", title: "Update a.go", paths: []string{"a.go"}, want: "fix"},
		{name: "shell", title: "Sync script", paths: []string{"sync.sh"}, want: "fix"},
		{name: "example alone", title: "Words", paths: []string{"examples/a.go"}, want: "docs"},
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
		{name: "what is reverted is no statement", title: `revert: "fix: close the file"`, want: `Revert "fix: close the file"`},
		{name: "reverts in words", title: "revert: list widgets", want: "Revert list widgets"},
		{name: "reverts said twice", title: `revert: Revert "list widgets"`, want: `Revert "list widgets"`},
		{name: "type in brackets", title: "[chore] [pkg/widgets] fix a crash", want: "[pkg/widgets] fix a crash"},
		{name: "no type in brackets", title: "[pkg] fix a crash", want: "[pkg] fix a crash"},
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
		{name: "GitHub's editor", title: "Update parser.go", body: "Parses empty input.", want: "Parses empty input"},
		{name: "GitHub's editor and nothing else", title: "Update parser.go", want: "Update parser.go"},
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

func TestKindFromContent(t *testing.T) {
	t.Parallel()
	many := func(mark string, n int, text string) string {
		return fmt.Sprintf("@@ -1,%d +1,%d @@\n", n, n) + strings.Repeat(mark+text+"\n", n-1) + mark + text
	}
	for _, tt := range []struct {
		name, title string
		patches     map[string]string
		want        string
	}{
		{"much new code", "Widgets", map[string]string{"a.go": many("+", 60, "x()")}, "feat"},
		{"a little that others can use", "Widgets", map[string]string{"a.go": "@@ -1 +1,4 @@\n a\n+\n+// Close closes.\n+func (w *Widget) Close() error { return w.close() }"}, "feat"},
		{"another signature", "Widgets", map[string]string{"a.go": "@@ -1 +1,3 @@\n-func Open() {\n+func Open(name string) {\n+\tif name == \"\" {"}, "fix"},
		{"moved to another file", "Widgets", map[string]string{"a.go": "@@ -1,2 +1 @@\n a\n-func Open() {}", "b.go": "@@ -1 +1,4 @@\n a\n+\n+\n+func Open() {}"}, "fix"},
		{"for this module only", "Widgets", map[string]string{"internal/a.go": "@@ -1 +1,2 @@\n a\n+func Open() {}"}, "fix"},
		{"much less code", "Widgets", map[string]string{"a.go": many("-", 60, "x()")}, "refactor"},
		{"comments", "Widgets", map[string]string{"a.go": "@@ -1 +1 @@\n-// a\n+// b", "b.py": "@@ -1 +1 @@\n-# a\n+# b"}, "docs"},
		{"a pointer is no comment", "Widgets", map[string]string{"a.go": "@@ -1 +1 @@\n-*p = 1\n+*p = 2"}, "fix"},
		{"white space", "Widgets", map[string]string{"a.go": "@@ -1 +1 @@\n-a( b)\n+a(b)"}, "refactor"},
		{"a dependency that the title names", "Widgets on parsekit", map[string]string{"go.mod": "@@ -3 +3 @@ require (\n-\tgithub.com/acme/parsekit v1.0.0\n+\tgithub.com/acme/parsekit v1.1.0",
			"a.go": "@@ -1 +1 @@\n-a\n+b"}, "deps"},
		{"a description in setup.py", "Indentation on the index", map[string]string{"setup.py": "@@ -5 +5 @@ setup(\n-    description='one two',\n+    description='one  two',"}, "config"},
		{"a version in setup.py", "Newer click", map[string]string{"setup.py": "@@ -5 +5 @@ setup(\n-        'click>=7.0',\n+        'click>=8.0',"}, "deps"},
		{"a version in pom.xml", "Newer Spring", map[string]string{"pom.xml": "@@ -5 +5 @@\n-    <version>2.0</version>\n+    <version>2.1</version>"}, "deps"},
		{"changelog with a test", "Bytes of the changelog", map[string]string{"CHANGES.md": many("+", 60, "x"), "a_test.go": "@@ -1 +1 @@\n-a\n+b"}, "docs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := github.Snapshot{PullRequest: github.PullRequest{Title: tt.title}}
			for path, patch := range tt.patches {
				add(&s, path, patch)
			}
			if got := Compute(s, DefaultWeights()).Type; got != tt.want {
				t.Errorf("type %q, want %q", got, tt.want)
			}
		})
	}
}
