package pulls

import (
	"reflect"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

func TestDependencyBulletNamesEachOnce(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	for _, path := range []string{".github/workflows/a.yml", ".github/workflows/b.yml"} {
		add(&s, path, "@@ -7,2 +7,2 @@\n-      - uses: github/codeql-action/init@v2\n-      - uses: github/codeql-action/analyze@v2\n"+
			"+      - uses: github/codeql-action/init@v3\n+      - uses: github/codeql-action/analyze@v3")
	}
	add(&s, "go.mod", added("module x", "", "go 1.26"))
	f := Compute(s, DefaultWeights())
	if got, want := bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.dependencyItem()...)}}, false), "github/codeql-action v2 → v3 (major)"; strings.TrimSpace(got) != want {
		t.Errorf("dependencies = %q, want %q", got, want)
	}
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, patch string
		want              []Dependency
	}{
		{"minor, patch and indirect", "go.mod", `@@ -3,7 +3,7 @@ module x
 require (
-	github.com/a/a v1.2.3
+	github.com/a/a v1.3.0
-	github.com/b/b v1.0.0 // indirect
+	github.com/b/b v1.0.1 // indirect
 )`, []Dependency{
			{Name: "github.com/a/a", Ecosystem: "go", From: "v1.2.3", To: "v1.3.0", Change: BumpMinor, Line: 4},
			{Name: "github.com/b/b", Ecosystem: "go", From: "v1.0.0", To: "v1.0.1", Change: BumpPatch, Line: 5, Indirect: true},
		}},
		{"new major version in the path", "go.mod", "@@ -3,3 +3,3 @@ require (\n-\tgithub.com/a/a/v2 v2.9.0\n+\tgithub.com/a/a/v3 v3.0.0\n )", []Dependency{
			{Name: "github.com/a/a/v3", Ecosystem: "go", From: "v2.9.0", To: "v3.0.0", Change: BumpMajor, Line: 3},
		}},
		{"downgrade, new and removed on single lines", "go.mod", "@@ -3,3 +3,3 @@ module x\n-require github.com/a/a v1.2.3\n-require github.com/b/b v1.0.0\n+require github.com/a/a v1.2.2\n+require github.com/c/c v0.1.0", []Dependency{
			{Name: "github.com/a/a", Ecosystem: "go", From: "v1.2.3", To: "v1.2.2", Change: BumpDowngrade, Line: 3},
			{Name: "github.com/c/c", Ecosystem: "go", To: "v0.1.0", Change: BumpNew, Line: 4},
			{Name: "github.com/b/b", Ecosystem: "go", From: "v1.0.0", Change: BumpRemoved, Line: 3},
		}},
		{"pseudo-versions have no distance but an order", "go.mod", "@@ -3,3 +3,3 @@\n-\tgithub.com/a/a v0.0.0-20240101000000-aaaaaaaaaaaa\n-\tgithub.com/b/b v0.0.0-20240101000000-aaaaaaaaaaaa\n+\tgithub.com/a/a v0.0.0-20240201000000-bbbbbbbbbbbb\n+\tgithub.com/b/b v0.0.0-20230101000000-cccccccccccc", []Dependency{
			{Name: "github.com/b/b", Ecosystem: "go", From: "v0.0.0-20240101000000-aaaaaaaaaaaa", To: "v0.0.0-20230101000000-cccccccccccc", Change: BumpDowngrade, Line: 4},
			{Name: "github.com/a/a", Ecosystem: "go", From: "v0.0.0-20240101000000-aaaaaaaaaaaa", To: "v0.0.0-20240201000000-bbbbbbbbbbbb", Change: BumpOther, Line: 3},
		}},
		{"replacement", "go.mod", "@@ -9,1 +9,2 @@\n )\n+replace github.com/a/a => ../a", []Dependency{
			{Name: "github.com/a/a", Ecosystem: "go", To: "../a", Change: BumpNew, Line: 10, Scope: "replace"},
		}},
		{"go version; exclusions and comments are no requirements", "go.mod", "@@ -1,9 +1,9 @@\n module x\n-go 1.25\n+go 1.26.0\n exclude (\n+\tgithub.com/a/a v1.0.0\n )\n-\tgithub.com/b/b v1.0.0 // indirect\n+\tgithub.com/b/b v1.0.0", []Dependency{
			{Name: "go", Ecosystem: "go", From: "1.25", To: "1.26.0", Change: BumpMinor, Line: 2},
		}},
		{"npm sections and ranges", "web/package.json", `@@ -1,14 +1,14 @@
 {
-  "version": "1.0.0",
+  "version": "2.0.0",
   "engines": {
-    "node": ">=18"
+    "node": ">=20"
   },
   "dependencies": {
-    "react": "^17.0.2",
+    "react": "^18.0.0",
-    "@octo/ui": "workspace:*"
+    "@octo/ui": "workspace:^1.0.0"
   },
   "devDependencies": {
+    "vitest": "~1.2.0",
   }`, []Dependency{
			{Name: "react", Ecosystem: "npm", From: "^17.0.2", To: "^18.0.0", Change: BumpMajor, Line: 7},
			{Name: "vitest", Ecosystem: "npm", To: "~1.2.0", Change: BumpNew, Line: 11, Scope: "dev"},
			{Name: "@octo/ui", Ecosystem: "npm", From: "workspace:*", To: "workspace:^1.0.0", Change: BumpOther, Line: 8},
		}},
		{"npm without the section's head", "package.json", "@@ -20,3 +20,3 @@\n     \"a\": \"1.0.0\",\n-    \"b\": \"1.2.0\",\n+    \"b\": \"1.2.1\",\n-    \"build\": \"tsc\"\n+    \"build\": \"tsc -b\"", []Dependency{
			{Name: "b", Ecosystem: "npm", From: "1.2.0", To: "1.2.1", Change: BumpPatch, Line: 21},
		}},
		{"npm address with a password", "package.json", "@@ -2,1 +2,1 @@\n   \"dependencies\": {\n+    \"a\": \"git+https://bot:hunter2hunter2@git.example.com/a.git\"", []Dependency{
			{Name: "a", Ecosystem: "npm", To: "git+https://git.example.com/a.git", Change: BumpNew, Line: 3},
		}},
		{"npm address with a token", "package.json", "@@ -2,1 +2,1 @@\n   \"dependencies\": {\n+    \"a\": \"https://npm.example.com/a.tgz?t=" + credentials["secret/github-token"] + "\"", []Dependency{
			{Name: "a", Ecosystem: "npm", To: hidden, Change: BumpNew, Line: 3},
		}},
		{"moved to another section", "package.json", "@@ -2,6 +2,6 @@\n   \"dependencies\": {\n-    \"a\": \"1.0.0\"\n   },\n   \"devDependencies\": {\n+    \"a\": \"1.0.0\"\n   }", nil},
		{"another commit behind the same version", ".github/workflows/ci.yml", "@@ -5,2 +5,2 @@ jobs:\n-      - uses: octo/act@1111111111111111111111111111111111111111 # v1.0.0\n+      - uses: octo/act@2222222222222222222222222222222222222222 # v1.0.0\n-      - uses: octo/tag@v2\n+      - uses: octo/tag@3333333333333333333333333333333333333333 # v2", []Dependency{
			{Name: "octo/act", Ecosystem: "actions", From: "1111111", To: "2222222", Change: BumpOther, Line: 5},
			{Name: "octo/tag", Ecosystem: "actions", From: "v2", To: "3333333", Change: BumpOther, Line: 6},
		}},
		{"another digest of the same image", "Dockerfile", "@@ -1 +1 @@\n-FROM alpine:3.20@sha256:aaaaaaaaaaaa\n+FROM alpine:3.20@sha256:bbbbbbbbbbbb", []Dependency{
			{Name: "alpine", Ecosystem: "docker", From: "aaaaaaa", To: "bbbbbbb", Change: BumpOther, Line: 1},
		}},
		{"actions, also pinned by commit", ".github/workflows/ci.yml", "@@ -5,4 +5,4 @@ jobs:\n-      - uses: actions/checkout@v3\n+      - uses: actions/checkout@v4\n-      - uses: octo/act@1111111111111111111111111111111111111111 # v1.0.0\n+      - uses: octo/act@2222222222222222222222222222222222222222 # v1.1.0", []Dependency{
			{Name: "actions/checkout", Ecosystem: "actions", From: "v3", To: "v4", Change: BumpMajor, Line: 5},
			{Name: "octo/act", Ecosystem: "actions", From: "v1.0.0", To: "v1.1.0", Change: BumpMinor, Line: 6},
		}},
		{"image", "Dockerfile", "@@ -1,1 +1,1 @@\n-FROM golang:1.25-alpine AS build\n+FROM golang:1.26-alpine AS build", []Dependency{
			{Name: "golang", Ecosystem: "docker", From: "1.25-alpine", To: "1.26-alpine", Change: BumpMinor, Line: 1},
		}},
		{"test data requires nothing", "x/testdata/go.mod", "@@ -1,1 +1,1 @@\n-go 1.20\n+go 1.21", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, tt.patch)
			got := Compute(s, DefaultWeights()).Dependencies
			for i := range tt.want {
				tt.want[i].File = tt.path
			}
			if len(got) != len(tt.want) || len(got) > 0 && !reflect.DeepEqual(got, tt.want) {
				t.Errorf("dependencies:\n%+v\nwant:\n%+v", got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to string
		want     Bump
	}{
		{"v1.0.0", "v2.0.0", BumpMajor}, {"1.2", "1.3", BumpMinor}, {"^1.2.3", "~1.2.4", BumpPatch}, {"2.0.0", "1.9.9", BumpDowngrade},
		{"v1.0.0-rc.1", "v1.0.0", BumpPatch}, {"*", "1.0.0", BumpOther}, {"latest", "next", BumpOther}, {"1.x", "2.x", BumpMajor},
		{"v1.0.0+incompatible", "v1.0.1+incompatible", BumpPatch}, {">=1.2 <2", ">=1.3 <2", BumpMinor}, {"npm:a@1.0.0", "npm:b@2.0.0", BumpMajor},
		{"", "", BumpOther}, {"1.2.3.4", "1.2.3.5", BumpOther}, {"3.19-slim", "3.20-slim", BumpMinor},
	} {
		if got := distance(tt.from, tt.to); got != tt.want {
			t.Errorf("distance(%q, %q) = %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}
