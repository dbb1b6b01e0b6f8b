package pulls

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A path is cut, but never so far that two changed files look the same.
func TestShortPathsDiffer(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{PullRequest: github.PullRequest{Title: "feat: x"}}
	for _, p := range []string{"pkg/cmd/issue/view/view.go", "pkg/cmd/pr/view/view.go", "api/client.go", "view/view.go"} {
		add(&s, p, added("a", "b", "c"))
	}
	f := Compute(s, DefaultWeights())
	for p, want := range map[string]string{"pkg/cmd/pr/view/view.go": "…/pr/view/view.go", "api/client.go": "api/client.go", "view/view.go": "view/view.go"} {
		if got := f.shortPath(p, 2); got != want {
			t.Errorf("%s is shown as %q, want %q", p, got, want)
		}
	}
	for name, text := range map[string]string{
		"files": bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.filesItem(f.Changes)...)}}, false),
		"place": bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.placeSpan(Evidence{File: "pkg/cmd/pr/view/view.go"}))}}, false),
	} {
		if !strings.Contains(text, "…/pr/view/view.go") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func bulletText(items ...[]bot.Span) string {
	return bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.List{Items: items}}}, false)
}

func TestMovedSymbolsAreNotRemovedAndAdded(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "src/node/utils.ts", removed("export function createIsBuiltin(a) {", "}", "export function gone(a) {", "}"))
	add(&s, "src/shared/builtin.ts", added("export function createIsBuiltin(a) {", "}"))
	f := Compute(s, DefaultWeights())
	if got, want := strings.TrimSpace(bulletText(f.apiItem())), "- API: removes gone; moves createIsBuiltin (by pattern)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The summary says a thing once.
func TestSummaryDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	exports := github.Snapshot{PullRequest: github.PullRequest{Title: "feat: x"}}
	add(&exports, "api/a.go", removed("func Open() {", "}", "func Close() {", "}"))
	add(&exports, "api/b.go", added("func Dial() {", "}"))
	unread := github.Snapshot{PullRequest: github.PullRequest{Title: "feat: x"}}
	add(&unread, "lib/a.js", added("x"))
	add(&unread, "lib/b.js", added("y"))
	unread.ChangedFiles, unread.Additions = 3, 9002
	unread.Files = append(unread.Files, github.File{Path: "lib/c.js", Status: "added", Additions: 9000})
	for name, tt := range map[string]struct {
		s    github.Snapshot
		once string
	}{"removed exports": {exports, "Open"}, "unread": {unread, "file not read"}} {
		text := bot.PlainText(Summary(Compute(tt.s, DefaultWeights())), false)
		text, _, _ = strings.Cut(text, "Details")
		if n := strings.Count(text, tt.once); n > 1 || name == "unread" && n > 0 {
			t.Errorf("%s: %q stands %d times in\n%s", name, tt.once, n, text)
		}
	}
}

func reasonOf(f Facts, rule string) string {
	for _, r := range f.Risk.Reasons {
		if r.Rule == rule {
			return r.Text
		}
	}
	return ""
}

func TestNotesForTheChangelogAreDocumentation(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, ".chloggen/tls-curves.yaml", added("change_type: enhancement"))
	add(&s, ".github/workflows/utils/cspell.json", added("word"))
	if f := Compute(s, DefaultWeights()); reasonOf(f, "security-path")+reasonOf(f, "ci") != "" {
		t.Errorf("reasons %+v", f.Risk.Reasons)
	}
	note := slices.Repeat([]string{"a: b"}, 25)
	add(&s, ".chloggen/more.yaml", added(note...))
	add(&s, "templates/slice.go.tmpl", added("x"))
	if f := Compute(s, DefaultWeights()); f.Type == "docs" || f.Type == "config" {
		t.Errorf("type %q from a note that goes with a change", f.Type)
	}
}

func TestBotBumpRaisesSomething(t *testing.T) {
	t.Parallel()
	for patch, want := range map[string]bool{
		"@@ -3,1 +3,1 @@\n-\tgithub.com/a/a v1.0.0 // indirect\n+\tgithub.com/a/a v1.0.1 // indirect":                                                         true,
		"@@ -3,1 +3,1 @@\n-\tgithub.com/a/a v0.0.0-20260101000000-b703f5612345 // indirect\n+\tgithub.com/a/a v0.0.0-20260201000000-ec0a77612345 // indirect": false,
		"@@ -3,1 +3,1 @@\n-\tgithub.com/a/a v1.1.0 // indirect\n+\tgithub.com/a/a v1.0.1 // indirect":                                                         false,
		"@@ -3,2 +3,2 @@\n-\tgithub.com/a/a v1.1.0\n-\tgithub.com/b/b v0.9.0 // indirect\n+\tgithub.com/a/a v1.1.1\n+\tgithub.com/b/b v1.0.0 // indirect":     false,
	} {
		s := github.Snapshot{PullRequest: github.PullRequest{AuthorBot: true}}
		add(&s, "go.mod", patch)
		f := Compute(s, DefaultWeights())
		if got := reasonOf(f, "bot-patch-bump") != ""; got != want {
			t.Errorf("%v for %+v", got, f.Dependencies)
		}
	}
}

// A module of the same repository is no dependency from elsewhere. One outside of it is: nobody else has it there.
func TestModulesOfTheRepository(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, to, replace, news string }{
		{"config/storage/go.mod", "../../component", "", ""},
		{"go.mod", "../component", "takes example.org/component from elsewhere", "new dependency example.org/component"},
		{"go.mod", "github.com/fork/component v1.0.0", "takes example.org/component from elsewhere", "new dependency example.org/component"},
	} {
		var s github.Snapshot
		add(&s, tt.file, added("module example.org/storage", "", "require example.org/component v1.2.0", "", "replace example.org/component => "+tt.to))
		f := Compute(s, DefaultWeights())
		if replace, news := reasonOf(f, "replace"), reasonOf(f, "new-dependency"); replace != tt.replace || news != tt.news {
			t.Errorf("%s => %s: %q, %q, want %q, %q", tt.file, tt.to, replace, news, tt.replace, tt.news)
		}
		if text := bulletText(f.dependencyItem()); tt.replace == "" && strings.Contains(text, "replaced by") {
			t.Errorf("bullet %s", text)
		}
	}
}

// What a tool rewrote in many files is not as much to go wrong as so many lines of thought.
func TestMechanicalLinesAreNoSize(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	for i := range 700 {
		add(&s, fmt.Sprintf("part%d/f%d.go", i%9, i), "@@ -1,2 +1,2 @@\n-// Copyright 2024 The Authors\n+// Copyright The Authors\n // Licensed under the Apache License")
	}
	f := Compute(s, DefaultWeights())
	if f.Risk.Level != "low" || reasonOf(f, "size")+reasonOf(f, "cross-cutting") != "" {
		t.Errorf("risk %+v", f.Risk)
	}
	for i := range 6 {
		add(&s, fmt.Sprintf("part%d/new.go", i), added(slices.Repeat([]string{"x := 1"}, 10)...))
	}
	f = Compute(s, DefaultWeights())
	if got, want := reasonOf(f, "size"), "60 changed lines besides mechanical ones"; got != want {
		t.Errorf("size %q, want %q", got, want)
	}
	if got, want := reasonOf(f, "cross-cutting"), "code in 6 parts of the repository"; got != want {
		t.Errorf("cross-cutting %q, want %q", got, want)
	}
}

// Files that are folded whatever they hold are not unread because GitHub gives no counts of them.
func TestVendoredFilesWithoutCounts(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{PullRequest: github.PullRequest{AuthorBot: true}}
	add(&s, "go.mod", "@@ -3,1 +3,1 @@\n-\tgithub.com/a/a v1.0.0\n+\tgithub.com/a/a v1.0.1")
	s.Files = append(s.Files, github.File{Path: "vendor/a/a.go", Status: "removed", NoCounts: true}, github.File{Path: "vendor/a/b.go", Status: "modified", Additions: 5000})
	s.ChangedFiles, s.Additions, s.Deletions = 3, 5001, 30_001
	f := Compute(s, DefaultWeights())
	if f.Size != "XS" || f.RealDeletions != 1 || f.Coverage.unread() != 0 || f.Coverage.partial() || len(f.Coverage.Notes) > 0 {
		t.Errorf("%s, real −%d, %+v", f.Size, f.RealDeletions, f.Coverage)
	}
	s.Files = append(s.Files, github.File{Path: "b.go", Status: "modified", NoCounts: true})
	s.ChangedFiles++
	if f = Compute(s, DefaultWeights()); f.RealDeletions != 30_001 || f.Coverage.unread() != 1 {
		t.Errorf("with code: real −%d, %+v", f.RealDeletions, f.Coverage)
	}
}

func TestChecksInWords(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Checks{
		"the one check is running":        {Total: 1, Running: 1},
		"all 3 checks are running":        {Total: 3, Running: 3},
		"1 of 3 checks passed, 2 running": {Total: 3, Passed: 1, Running: 2},
		"the one check failed":            {Total: 1, Failed: 1},
		"all 2 checks failed":             {Total: 2, Failed: 2},
		"1 of 2 checks failed":            {Total: 2, Failed: 1, Passed: 1},
	} {
		f := Facts{Checks: c}
		var line string
		for _, s := range f.checkSpans() {
			line += s.Text
		}
		line = strings.TrimSuffix(strings.TrimPrefix(line, dot), ": ")
		if got := c.verdict(); got != want || line != want {
			t.Errorf("%+v: %q, %q, want %q", c, got, line, want)
		}
	}
}

// What lowers a risk does not outweigh what leaves the building or gives a pipeline rights.
func TestNothingLowersADanger(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule, path, patch string
		bot               bool
		want              string
	}{
		{"secret", "README.md", added("Use " + credentials["secret/github-token"]), false, "high"},
		{"secret", "a_test.go", added(`x := "` + credentials["secret/github-token"] + `"`), false, "high"},
		{"ci-privilege", ".github/workflows/a.yml", "@@ -1,3 +1,4 @@\n permissions:\n+  contents: write\n jobs:\n-      - uses: a/b@v1.0.0\n+      - uses: a/b@v1.0.1", true, "medium"},
	} {
		s := github.Snapshot{PullRequest: github.PullRequest{AuthorBot: tt.bot}}
		add(&s, tt.path, tt.patch)
		if f := Compute(s, DefaultWeights()); reasonOf(f, tt.rule) == "" || f.Risk.Level != tt.want {
			t.Errorf("%s: %+v, want %s", tt.path, f.Risk, tt.want)
		}
	}
}

func TestPlacesInRepositoriesAreShort(t *testing.T) {
	t.Parallel()
	const old, now = "ddb31739b573c8be19f3d0085667be695b425c1b", "f941b0a3ca094066dd9d5e002f48acdc5fda45a0"
	for to, want := range map[string]string{
		"git+https://github.com/acme/ui.git#" + now: "acme/ui#ddb3173 → acme/ui#f941b0a",
		"github:acme/ui#" + now:                     "acme/ui#ddb3173 → acme/ui#f941b0a",
		"git+ssh://git@example.org/acme/ui.git#v2":  "acme/ui#ddb3173 → git+ssh://example.org/acme/ui.git#v2",
	} {
		d := Dependency{From: "git+https://github.com/acme/ui.git#" + old, To: shownVersion(to), Change: BumpOther}
		if got := d.text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f := Facts{}
	table := f.dependencyTable([]Dependency{{Name: "ui", From: "^1.0.0", To: "git+https://github.com/acme/ui.git#" + now, Lock: Locked{To: "https://codeload.github.com/acme/ui/tar.gz/" + now}}})
	if got := table.Rows[0][2][0].Text; got != "acme/ui#f941b0a" {
		t.Errorf("in the table %q", got)
	}
}

// Examples and what shows the documentation are not what one expects tests of.
func TestDocsAndExamplesNeedNoTest(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"docs/.vitepress/theme/Hero.ts": false, "website/src/a.tsx": true, "examples/a.go": false, "pkg/docs.go": true, "src/a.ts": true} {
		var s github.Snapshot
		add(&s, path, added(slices.Repeat([]string{"x := 1"}, 300)...))
		f := Compute(s, DefaultWeights())
		if f.Tests.Untested != want || (reasonOf(f, "untested") != "") != want {
			t.Errorf("%s: %+v, %+v", path, f.Tests, f.Risk.Reasons)
		}
	}
}
