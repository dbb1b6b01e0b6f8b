package pulls

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// added makes a patch of a new file.
func added(lines ...string) string {
	return fmt.Sprintf("@@ -0,0 +1,%d @@\n+%s", len(lines), strings.Join(lines, "\n+"))
}

// removed makes a patch of a deleted file.
func removed(lines ...string) string {
	return fmt.Sprintf("@@ -1,%d +0,0 @@\n-%s", len(lines), strings.Join(lines, "\n-"))
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, rule, path, patch string
		evidence                string // "rule file:line" of the first evidence; "": the signal is not found
	}{
		{"workflow", "ci", ".github/workflows/a.yml", added("on: push"), "ci/file .github/workflows/a.yml:1"},
		{"strangers' pull requests", "ci-privilege", ".github/workflows/a.yml", added("on:", "  pull_request_target:"), "ci/pull-request-target .github/workflows/a.yml:2"},
		{"write permission", "ci-privilege", ".github/workflows/a.yml", added("permissions:", "  contents: write"), "ci/write .github/workflows/a.yml:2"},
		{"read permission", "ci-privilege", ".github/workflows/a.yml", added("permissions:", "  contents: read"), ""},
		{"only a comment", "ci-privilege", ".github/workflows/a.yml", added("# pull_request_target would be bad"), ""},
		{"moved within the file", "ci-privilege", ".github/workflows/a.yml", "@@ -1,2 +1,2 @@\n-  contents: write\n x\n+  contents: write", ""},
		{"drops a table", "destructive-sql", "migrations/1.sql", added("BEGIN;", "DROP TABLE users;"), "sql/drop migrations/1.sql:2"},
		{"drops in the part that undoes", "destructive-sql", "migrations/1.sql", added("-- +goose Up", "CREATE TABLE u;", "-- +goose Down", "DROP TABLE u;"), ""},
		{"drops in a file that undoes", "destructive-sql", "migrations/1.down.sql", added("DROP TABLE u;"), ""},
		{"rails", "destructive-sql", "db/migrate/20240101_x.rb", added("remove_column :users, :name"), "sql/drop db/migrate/20240101_x.rb:1"},
		{"required column", "destructive-sql", "migrations/1.sql", added("ALTER TABLE u ADD COLUMN a int NOT NULL;"), "sql/not-null migrations/1.sql:1"},
		{"required column with a default", "destructive-sql", "migrations/1.sql", added("ALTER TABLE u ADD COLUMN a int NOT NULL DEFAULT 0;"), ""},
		{"delete all", "destructive-sql", "migrations/1.sql", added("DELETE FROM users;"), "sql/delete-all migrations/1.sql:1"},
		{"delete some", "destructive-sql", "migrations/1.sql", added("DELETE FROM users WHERE id = 1;"), ""},
		{"not SQL", "destructive-sql", "a.go", added(`// DROP TABLE users`), ""},
		{"unverified TLS", "security-call", "a.go", added("c := &tls.Config{", "InsecureSkipVerify: true,"), "security/tls-unverified a.go:2"},
		{"in a test", "security-call", "a_test.go", added("InsecureSkipVerify: true,"), ""},
		{"exec", "security-call", "a.go", added("cmd := exec.Command(name)"), "security/exec a.go:1"},
		{"exec of another language", "security-call", "a.txt", added("exec.Command(name)"), ""},
		{"pipe to a shell", "security-call", "Dockerfile", added("RUN curl -s https://x.example/i.sh | sh"), "security/pipe-to-shell Dockerfile:1"},
		{"auth path", "security-path", "pkg/auth/login.go", added("x"), "security/path pkg/auth/login.go:1"},
		{"session of cookies", "security-path", "web/session.go", added("c := http.Cookie{}"), "security/path web/session.go:1"},
		{"session of another kind", "security-path", "rpc/session.go", added("c := dial()"), ""},
		{"author is not auth", "security-path", "pkg/author/list.go", added("x"), ""},
		{"imports only", "security-path", "pkg/auth/a.go", "@@ -3,2 +3,2 @@ import (\n-\t\"a/b\"\n-\tx \"a/c\"\n+\t\"a/v2/b\"\n+\tx \"a/v2/c\"", ""},
		{"imports and more", "security-path", "pkg/auth/a.go", "@@ -3,2 +3,2 @@ import (\n-\t\"a/b\"\n+\t\"a/v2/b\"\n+x()", "security/path pkg/auth/a.go:3"},
		{"camel case", "security-path", "src/UserPassword.java", added("x"), "security/path src/UserPassword.java:1"},
		{"removed test", "removed-tests", "a_test.go", removed("func TestA(t *testing.T) {", "}"), "test/removed a_test.go:1"},
		{"moved test", "removed-tests", "a_test.go", "@@ -1,2 +1,2 @@\n-func TestA(t *testing.T) {\n x\n+func TestA(t *testing.T) {", ""},
		{"skipped test", "skipped-tests", "a_test.go", added("func TestA(t *testing.T) {", `t.Skip("flaky")`), "test/skipped a_test.go:2"},
		{"skipped under a condition", "skipped-tests", "a_test.go", added("if testing.Short() {", `t.Skip("slow")`), ""},
		{"only one test", "skipped-tests", "a.test.ts", added("it.only('works', () => {})"), "test/skipped a.test.ts:1"},
		{"removed export", "removed-exports", "api/a.go", removed("func Parse() {}", "func helper() {}"), "go/removed-export api/a.go:1"},
		{"removed method", "removed-exports", "api/a.go", removed("func (r *Reader) Next() {}"), "go/removed-export api/a.go:1"},
		{"method of what is not exported", "removed-exports", "api/a.go", removed("func (r *reader) Next() {}"), ""},
		{"internal", "removed-exports", "internal/a.go", removed("func Parse() {}"), ""},
		{"changed signature is no removal", "removed-exports", "api/a.go", "@@ -1 +1 @@\n-func Parse() {}\n+func Parse(s string) {}", ""},
		{"moved into a group", "removed-exports", "api/a.go", "@@ -1 +1,3 @@\n-const Limit = 1\n+const (\n+\tLimit = 1\n+)", ""},
		{"in a group of types", "removed-exports", "api/a.go", "@@ -1,5 +1,2 @@\n type (\n-\tPage struct {\n-\t\tA string\n-\t}\n )", "go/removed-export api/a.go:2"},
		{"in a group of constants behind the head", "removed-exports", "api/a.go", "@@ -9,3 +9,2 @@ const (\n \tA = 1\n-\tB = 2\n \tC = 3", "go/removed-export api/a.go:10"},
		{"moved out of a group", "removed-exports", "api/a.go", "@@ -1,3 +1,3 @@\n type (\n-\tPage struct{}\n )\n+type Page struct{}", ""},
		{"a field is in no group", "removed-exports", "api/a.go", "@@ -9,3 +9,2 @@ type List struct {\n \tA int\n-\tB int\n \tC int", ""},
		{"a field behind a group", "removed-exports", "api/a.go", "@@ -1,5 +1,4 @@\n const (\n )\n type List struct {\n-\tB int\n }", ""},
		{"on one system only", "removed-exports", "api/a_windows.go", removed("func Open() {}"), ""},
		{"under a constraint", "removed-exports", "api/a.go", "@@ -1,3 +1,2 @@\n //go:build !linux\n-func Open() {}\n x", ""},
		{"a type that became a field", "removed-exports", "api/a.go", "@@ -1 +1,3 @@\n-type Page struct{}\n+type List struct {\n+\tPage struct{ A string }\n+}", "go/removed-export api/a.go:1"},
		{"a function that became a field", "removed-exports", "api/a.go", "@@ -1 +1,3 @@\n-func Parse() {}\n+type Options struct {\n+\tParse func()\n+}", "go/removed-export api/a.go:1"},
		{"renamed test", "removed-tests", "a_test.go", "@@ -1,2 +1,2 @@\n-func TestA(t *testing.T) {\n+func TestB(t *testing.T) {\n x", ""},
		{"test replaced by another", "removed-tests", "a_test.go", "@@ -1,2 +1,3 @@\n-func TestA(t *testing.T) {\n-\ta()\n+func TestB(t *testing.T) {\n+\tb()\n+\tc()", "test/removed a_test.go:1"},
		{"auth in an example", "security-path", "examples/auth/index.js", added("x"), ""},
		{"a picture", "security-path", "web/img/saml.svg", added("<svg/>"), ""},
		{"infrastructure of an example", "infra", "examples/k8s/a.yaml", added("a: b"), ""},
		{"Go's own version", "new-dependency", "go.mod", added("module x", "", "go 1.26"), ""},
		{"tests put into a table", "removed-tests", "a_test.go", "@@ -1,2 +1,3 @@\n-func TestA(t *testing.T) {}\n-func TestB(t *testing.T) {}\n+func TestAll(t *testing.T) {\n+\ta()\n+}", "test/removed a_test.go:1"},
		{"a new step", "new-dependency", ".github/workflows/a.yml", added("- uses: actions/checkout@v4"), ""},
		{"infrastructure", "infra", "Dockerfile", added("FROM scratch"), "infra/file Dockerfile:1"},
		{"skip under a condition of Playwright", "skipped-tests", "a.test.ts", added("test.skip(f.mode !== 'build')"), ""},
		{"skip of the whole test", "skipped-tests", "a.test.ts", added("test.skip()"), "test/skipped a.test.ts:1"},
		{"comments only", "security-path", "pkg/auth/a.go", "@@ -3 +3 @@\n-// a\n+// b", ""},
		{"a schema drops what was there", "destructive-sql", "db/schema.sql", added("DROP TABLE IF EXISTS users;", "CREATE TABLE users (id int);"), ""},
		{"drops in an example", "destructive-sql", "examples/db/init.sql", added("DROP TABLE users;"), ""},
		{"new dependency", "new-dependency", "package.json", added(`"dependencies": {`, `"react": "^19.0.0"`), "dependency/new package.json:2"},
		{"new dependency of an example", "new-dependency", "examples/a/package.json", added(`"dependencies": {`, `"react": "^19.0.0"`), ""},
		{"types", "new-dependency", "package.json", added(`"dependencies": {`, `"@types/react": "^19.0.0"`), ""},
		{"package of the workspace", "new-dependency", "package.json", added(`"dependencies": {`, `"@octo/core": "workspace:*"`), ""},
		{"migration", "migration", "migrations/1.sql", added("SELECT 1;"), "migration/file migrations/1.sql:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, tt.patch)
			got := ""
			f := Compute(s, DefaultWeights())
			if i := slices.IndexFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == tt.rule }); i >= 0 {
				e := f.Risk.Reasons[i].Evidence[0]
				got = fmt.Sprintf("%s %s:%d", e.Rule, e.File, e.Line)
			}
			if got != tt.evidence {
				t.Errorf("%s: evidence %q, want %q", tt.rule, got, tt.evidence)
			}
		})
	}
}

func TestReasonsNameThingsOnce(t *testing.T) {
	t.Parallel()
	bump := "@@ -7 +7 @@\n-      - uses: actions/checkout@v4\n+      - uses: actions/checkout@v5"
	parts := "@@ -7,2 +7,2 @@\n-      - uses: github/codeql-action/init@v2\n-      - uses: github/codeql-action/analyze@v2\n" +
		"+      - uses: github/codeql-action/init@v3\n+      - uses: github/codeql-action/analyze@v3"
	for _, tt := range []struct {
		rule, want string
		files      map[string]string
	}{
		{"major-bump", "major version of actions/checkout", map[string]string{".github/workflows/a.yml": bump, ".github/workflows/b.yml": bump}},
		{"major-bump", "major version of github/codeql-action", map[string]string{".github/workflows/a.yml": parts}},
		{"major-bump", "major version of react, actions/checkout", map[string]string{
			".github/workflows/a.yml": bump, "package.json": "@@ -3,3 +3,3 @@\n   \"dependencies\": {\n-    \"react\": \"^18.0.0\",\n+    \"react\": \"^19.0.0\",",
		}},
		{"new-dependency", "", map[string]string{ // it moves
			"a/package.json": removed(`"dependencies": {`, `"react": "^19.0.0"`), "package.json": added(`"dependencies": {`, `"react": "^19.0.0"`)}},
		{"removed-exports", "removes exported Open", map[string]string{"api/a_linux.go": removed("func Open() {}"), "api/a_windows.go": removed("func Open() {}")}},
		{"removed-exports", "removes exported Failure, Fail", map[string]string{
			"api/a.go": removed("type Failure struct {", "}", "func (f Failure) Error() string {", "}", "func Fail() Failure {", "}"),
		}},
	} {
		var s github.Snapshot
		for _, path := range slices.Sorted(maps.Keys(tt.files)) {
			add(&s, path, tt.files[path])
		}
		f := Compute(s, DefaultWeights())
		i := slices.IndexFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == tt.rule })
		got := ""
		if i >= 0 {
			got = f.Risk.Reasons[i].Text
		}
		if got != tt.want {
			t.Errorf("%s: reasons %+v, want %q", tt.rule, f.Risk.Reasons, tt.want)
		}
	}
}

func TestMovesAreNoInfrastructureChange(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{PullRequest: github.PullRequest{ChangedFiles: 1}}
	s.Files = []github.File{{Path: "deploy/k8s/a.yaml", PreviousPath: "k8s/a.yaml", Status: "renamed"}}
	if f := Compute(s, DefaultWeights()); slices.ContainsFunc(f.Risk.Reasons, func(r Reason) bool { return r.Rule == "infra" }) {
		t.Errorf("reasons = %+v", f.Risk.Reasons)
	}
}

func TestMajorVersionOfAToolWeighsHalf(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]int{"dependencies": 2, "devDependencies": 1} {
		s := github.Snapshot{}
		add(&s, "package.json", "@@ -3,3 +3,3 @@\n   \""+section+"\": {\n-    \"eslint\": \"^8.0.0\"\n+    \"eslint\": \"^9.0.0\"")
		if f := Compute(s, DefaultWeights()); len(f.Risk.Reasons) != 1 || f.Risk.Reasons[0].Points != want {
			t.Errorf("%s: reasons = %+v, want %d points", section, f.Risk.Reasons, want)
		}
	}
}

func TestComponentNamesDiffer(t *testing.T) {
	t.Parallel()
	s := small(t)
	for _, p := range []string{"examples/a/src/framework/x.ts", "examples/b/src/framework/x.ts", "examples/c/web/src/x.ts"} {
		add(&s, p, added("x", "y", "z"))
	}
	f := Compute(s, DefaultWeights())
	if got, want := f.componentNames(3), "parse, a/src/framework, b/src/framework and 1 more"; got != want {
		t.Errorf("components %q, want %q", got, want)
	}
}

func TestLastBulletNamesSeveralFiles(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{PullRequest: github.PullRequest{Title: "feat: x"}}
	for i := range 9 {
		add(&s, fmt.Sprintf("pkg/p%d/f.go", i), added(strings.Split(strings.Repeat("x ", 40-4*i)+"x", " ")...))
	}
	f := Compute(s, DefaultWeights())
	text := bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.List{Items: f.bullets()}}}, false)
	want := "- pkg/p0/f.go +41 −0\n- …/p1/f.go +37 −0, …/p2/f.go +33 −0, …/p3/f.go +29 −0 and 5 more files\n"
	if strings.TrimLeft(text, "\n") != want {
		t.Errorf("bullets:\n%s\nwant:\n%s", text, want)
	}
}

func TestUntestedIsWeighedBySize(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int]int{10: 0, 100: 1, 400: 2} {
		var s github.Snapshot
		add(&s, "a.go", added(slices.Repeat([]string{"x := 1"}, lines)...))
		got := 0
		for _, r := range Compute(s, DefaultWeights()).Risk.Reasons {
			if r.Rule == "untested" {
				got = r.Points
			}
		}
		if got != want {
			t.Errorf("%d lines without a test: %d points, want %d", lines, got, want)
		}
		add(&s, "a_test.go", added("func TestA(t *testing.T) {}"))
		if f := Compute(s, DefaultWeights()); f.Tests.Untested || f.Tests.AddedTests != 1 {
			t.Errorf("with a test: %+v", f.Tests)
		}
	}
}

func TestLoweringSignals(t *testing.T) {
	t.Parallel()
	docs := github.Snapshot{}
	add(&docs, "README.md", added(slices.Repeat([]string{"words"}, 400)...))
	moved := github.Snapshot{PullRequest: github.PullRequest{ChangedFiles: 1}, Files: []github.File{{Path: "b/x.go", PreviousPath: "a/x.go", Status: "renamed"}}}
	bump := github.Snapshot{PullRequest: github.PullRequest{AuthorBot: true}}
	add(&bump, "go.mod", "@@ -3,1 +3,1 @@\n-\tgithub.com/a/a v1.0.0\n+\tgithub.com/a/a v1.0.1")
	for rule, s := range map[string]github.Snapshot{"docs-only": docs, "rename-only": moved, "bot-patch-bump": bump} {
		r := Compute(s, DefaultWeights()).Risk
		if r.Level != "low" || !slices.ContainsFunc(r.Reasons, func(r Reason) bool { return r.Rule == rule && r.Points < 0 }) {
			t.Errorf("%s: %+v", rule, r)
		}
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	if err := DefaultWeights().Check(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	w := DefaultWeights()
	w.Secret, w.High, w.CrossCuttingFrom = 11, 2, 1
	err := w.Check()
	for _, key := range []string{"secret is 11", "high is 2", "cross_cutting_from is 1"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("Check = %v, want it to name %q", err, key)
		}
	}
	s := github.Snapshot{}
	add(&s, "Dockerfile", added("FROM scratch"))
	w = DefaultWeights()
	w.Infra = 0
	if r := Compute(s, w).Risk; slices.ContainsFunc(r.Reasons, func(r Reason) bool { return r.Rule == "infra" }) {
		t.Error("a signal of weight 0 is still told")
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	s.Owners = "# who\n*  @octo/all\n/\n[section]\n/api/ @ann bob@example.com\nthis line ] is no rule @@\n/api/free.go\n"
	add(&s, "api/a.go", added("x"))
	add(&s, "web/a.ts", added("x"))
	add(&s, "api/free.go", added("x"))
	got := map[string]string{}
	for _, c := range Compute(s, DefaultWeights()).Components {
		got[c.Name] = strings.Join(c.Owners, " ")
	}
	if got["api"] != "@ann bob@example.com" || got["web"] != "@octo/all" {
		t.Errorf("owners = %q", got)
	}
}

func TestComponents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		paths []string
		want  string
	}{
		{"root", []string{"a.go", "b.go"}, "."},
		{"folders", []string{"pkg/cmd/a/a.go", "pkg/cmd/b/b.go", "api/x.go"}, "api pkg/cmd/a pkg/cmd/b"},
		{"test data belongs to what it tests", []string{"pkg/a/a.go", "pkg/a/testdata/deep/x.json"}, "pkg/a"},
		{"many are cut to their first parts", []string{"p/a/x.go", "p/b/x.go", "p/c/x.go", "p/d/x.go", "q/e/x.go", "q/f/x.go", "q/g/x.go"}, "p q"},
		{"none", nil, ""},
	} {
		var s github.Snapshot
		for _, p := range tt.paths {
			add(&s, p, added("x"))
		}
		var names []string
		for _, c := range Compute(s, DefaultWeights()).Components {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
