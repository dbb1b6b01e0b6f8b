package pulls

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

func TestLockFindings(t *testing.T) {
	t.Parallel()
	npm := func(name, version, resolved, integrity string) string {
		return fmt.Sprintf(" \"node_modules/%s\": {\n   \"version\": %q,\n-  \"resolved\": \"https://registry.npmjs.org/x.tgz\",\n-  \"integrity\": \"sha512-AAAA\"\n+  \"resolved\": %q,\n+  \"integrity\": %q\n }\n", name, version, resolved, integrity)
	}
	cargo := func(before, after string) string {
		return "@@ -1,4 +1,4 @@\n [[package]]\n name = \"a\"\n-version = \"1.0.0\"\n-source = \"" + before + "\"\n+version = \"1.0.1\"\n+source = \"" + after + "\""
	}
	index := "registry+https://github.com/rust-lang/crates.io-index"
	for _, tt := range []struct {
		name, path, patch, want string
	}{
		{"another host", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "https://evil.example/a.tgz", "sha512-AAAA"), "dependency/source a registry.npmjs.org evil.example"},
		{"with a password", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "https://bot:hunter2hunter2@evil.example/a.tgz", "sha512-AAAA"), "dependency/source a registry.npmjs.org evil.example"},
		{"without encryption", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "http://registry.npmjs.org/a.tgz", "sha512-AAAA"), "dependency/source a registry.npmjs.org registry.npmjs.org (http)"},
		{"with encryption now", "yarn.lock", "@@ -1,3 +1,3 @@\n a@^1.0.0:\n   version \"1.0.0\"\n-  resolved \"http://npm.octo.example/a.tgz#aaaa\"\n+  resolved \"https://npm.octo.example/a.tgz#aaaa\"", ""},
		{"a repository", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "git+ssh://git@github.com/mallory/a.git#1111", "sha512-AAAA"), "dependency/source a registry.npmjs.org github.com/mallory (git)"},
		{"the same registry by another name", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "https://registry.yarnpkg.com/a.tgz", "sha512-AAAA"), ""},
		{"another hash of the same version", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "https://registry.npmjs.org/x.tgz", "sha512-BBBB"), "dependency/integrity a  "},
		{"a hash of another kind", "package-lock.json", "@@ -1,5 +1,5 @@\n" + npm("a", "1.0.0", "https://registry.npmjs.org/x.tgz", "sha1-BBBB"), ""},
		{"a new package from a host that no other is from", "yarn.lock", "@@ -1,9 +1,9 @@\n+a@^1.0.0:\n+  version \"1.0.0\"\n+  resolved \"https://npm.evil.example/a.tgz#aaaa\"\n \n b@^1.0.0:\n   version \"1.0.0\"\n   resolved \"https://registry.yarnpkg.com/b.tgz#aaaa\"", "dependency/source a  npm.evil.example"},
		{"a new package from where all are from", "yarn.lock", "@@ -1,9 +1,9 @@\n+a@^1.0.0:\n+  version \"1.0.0\"\n+  resolved \"https://npm.octo.example/a.tgz#aaaa\"\n \n b@^1.0.0:\n   version \"1.0.0\"\n   resolved \"https://npm.octo.example/b.tgz#aaaa\"", ""},
		{"a new package of which nothing else is known", "yarn.lock", "@@ -1,9 +1,9 @@\n+a@^1.0.0:\n+  version \"1.0.0\"\n+  resolved \"https://npm.octo.example/a.tgz#aaaa\"", ""},
		{"another archive, in later Yarn", "yarn.lock", "@@ -1,4 +1,4 @@\n \"a@npm:^1.0.0\":\n   version: 1.0.0\n-  resolution: \"a@npm:1.0.0\"\n+  resolution: \"a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fevil.example%2Fa.tgz\"", "dependency/source a registry.npmjs.org evil.example"},
		{"Yarn's hash", "yarn.lock", "@@ -1,4 +1,4 @@\n \"a@npm:^1.0.0\":\n   version: 1.0.0\n   resolution: \"a@npm:1.0.0\"\n-  checksum: 10/aaaa\n+  checksum: 10/bbbb", "dependency/integrity a  "},
		{"Yarn's hash of another cache", "yarn.lock", "@@ -1,4 +1,4 @@\n \"a@npm:^1.0.0\":\n   version: 1.0.0\n   resolution: \"a@npm:1.0.0\"\n-  checksum: 9/aaaa\n+  checksum: 10/bbbb", ""},
		{"Yarn's hashes of another cache, whose kind is shown apart", "yarn.lock", "@@ -1,9 +1,9 @@\n __metadata:\n   version: 6\n-  cacheKey: 8\n+  cacheKey: 10c0\n \n \"a@npm:^1.0.0\":\n   version: 1.0.0\n   resolution: \"a@npm:1.0.0\"\n-  checksum: aaaa\n+  checksum: bbbb", ""},
		{"an archive in pnpm", "pnpm-lock.yaml", "@@ -1,2 +1,2 @@ packages:\n   a@1.0.0:\n-    resolution: {integrity: sha512-AAAA}\n+    resolution: {integrity: sha512-AAAA, tarball: https://evil.example/a.tgz}", "dependency/source a registry.npmjs.org evil.example"},
		{"Cargo from a repository", "Cargo.lock", cargo(index, "git+https://github.com/mallory/a?branch=main#1111"), "dependency/source a crates.io github.com/mallory (git)"},
		{"Cargo's index in its other form", "Cargo.lock", cargo(index, "sparse+https://index.crates.io/"), ""},
		{"Cargo's hash", "Cargo.lock", "@@ -1,5 +1,5 @@\n [[package]]\n name = \"a\"\n version = \"1.0.0\"\n source = \"" + index + "\"\n-checksum = \"aaaa\"\n+checksum = \"bbbb\"", "dependency/integrity a  "},
		{"Poetry from another index", "poetry.lock", "@@ -1,5 +1,9 @@\n [[package]]\n name = \"a\"\n-version = \"1.0.0\"\n+version = \"1.0.1\"\n \n+[package.source]\n+type = \"git\"\n+url = \"https://github.com/mallory/a.git\"", "dependency/source a  github.com/mallory (git)"},
		{"Poetry: a wheel more is no other hash", "poetry.lock", "@@ -1,5 +1,9 @@\n [[package]]\n name = \"a\"\n version = \"1.0.0\"\n files = [\n     {file = \"a.whl\", hash = \"sha256:aaaa\"},\n+    {file = \"b.whl\", hash = \"sha256:bbbb\"},\n ]", ""},
		{"Poetry: another hash of a wheel", "poetry.lock", "@@ -1,5 +1,9 @@\n [[package]]\n name = \"a\"\n version = \"1.0.0\"\n files = [\n-    {file = \"a.whl\", hash = \"sha256:aaaa\"},\n+    {file = \"a.whl\", hash = \"sha256:bbbb\"},\n ]", "dependency/integrity a  "},
		{"uv from an index without encryption", "uv.lock", "@@ -1,4 +1,4 @@\n [[package]]\n name = \"a\"\n version = \"1.0.0\"\n-source = { registry = \"https://pypi.org/simple\" }\n+source = { registry = \"http://pypi.octo.example/simple\" }", "dependency/source a pypi.org pypi.octo.example (http)"},
		{"go.sum", "go.sum", "@@ -1 +1 @@\n-a.b/c v1.0.0 h1:aaaa=\n+a.b/c v1.0.0 h1:bbbb=", "dependency/integrity a.b/c  "},
		{"Composer: a tag that moved", "composer.lock", "@@ -1,6 +1,6 @@\n {\n   \"name\": \"a/b\",\n   \"version\": \"1.0.0\",\n   \"source\": {\n     \"url\": \"https://github.com/a/b.git\",\n-    \"reference\": \"aaaa\"\n+    \"reference\": \"bbbb\"\n   }", "dependency/integrity a/b  "},
		{"Composer: a branch moves", "composer.lock", "@@ -1,6 +1,6 @@\n {\n   \"name\": \"a/b\",\n   \"version\": \"dev-main\",\n   \"source\": {\n     \"url\": \"https://github.com/a/b.git\",\n-    \"reference\": \"aaaa\"\n+    \"reference\": \"bbbb\"\n   }", ""},
		{"Composer: a new package of another owner, as most are", "composer.lock", "@@ -1,16 +1,16 @@\n+{\n+  \"name\": \"a/b\",\n+  \"version\": \"1.0.0\",\n+  \"source\": {\n+    \"url\": \"https://github.com/a/b.git\"\n+  }\n+},\n {\n   \"name\": \"c/d\",\n   \"version\": \"1.0.0\",\n   \"source\": {\n     \"url\": \"git@github.com:c/d.git\"\n   }", ""},
		{"gems from another host", "Gemfile.lock", "@@ -1,4 +1,4 @@\n GEM\n-  remote: https://rubygems.org/\n+  remote: https://gems.evil.example/\n   specs:\n     rails (7.0.4)", "dependency/source rails rubygems.org gems.evil.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, tt.path, tt.patch)
			f := Compute(s, DefaultWeights())
			var got []string
			for _, l := range f.LockFindings {
				got = append(got, fmt.Sprintf("%s %s %s %s", l.Rule, l.Name, l.From, l.To))
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("findings = %q, want %q", got, tt.want)
			}
			rule := strings.ReplaceAll(strings.Split(tt.want, " ")[0], "/", "-")
			if found := len(f.Risk.Reasons) > 0 && f.Risk.Reasons[0].Rule == rule && f.Risk.Reasons[0].Evidence[0].Rule == f.LockFindings[0].Rule; found != (rule != "") {
				t.Errorf("reasons = %+v, want %q first", f.Risk.Reasons, rule)
			}
			checkAbsent(t, s, "hunter2")
		})
	}
}

func TestCredentialsInLockFilesAreFound(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	value := "q7Rz0LmXw2Vb9KcT4nHs8"
	add(&s, "yarn.lock", "@@ -1,3 +1,4 @@\n a@^1.0.0:\n   version \"1.0.0\"\n-  resolved \"https://npm.octo.example/a.tgz#aaaa\"\n+  resolved \"https://ci:"+value+"@npm.octo.example/a.tgz#aaaa\"\n+  integrity sha512-SK0123456789abcdef0123456789abcdef")
	f := Compute(s, DefaultWeights())
	want := []Evidence{{Rule: "secret/url-password", File: "yarn.lock", Line: 3}}
	if len(f.Risk.Reasons) == 0 || f.Risk.Reasons[0].Rule != "secret" || !reflect.DeepEqual(f.Risk.Reasons[0].Evidence, want) {
		t.Errorf("reasons = %+v, want a secret at %+v", f.Risk.Reasons, want)
	}
	checkAbsent(t, s, value)
}

// FuzzLock reads anything as any lock file, and finds in it only names that are there.
func FuzzLock(f *testing.F) {
	for _, text := range []string{
		"@@ -1 +1 @@\n-a@^1:\n+\"@a/b@1\", :\n+  version \"1\"", "@@ -1 +1 @@ packages:\n+  /@:\n+  '@a@':\n+  a/1_:", "@@ -1 +1 @@\n+{\n+\"\": {\n+\"version\": \"\"\n+}}",
		"@@ -1 +1 @@\n+[[package]]\n+name = \"\n+version = \n+source = { git = \"", "@@ -1 +1 @@ GEM\n+    a (1-)\n+  a (1) sha", "@@ -1 +1 @@\n+a v1 h1:", bigLock(100), "@@ -0 +0 @@\n+,",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, patch string) {
		for name := range lockReaders {
			file := &file{File: github.File{Path: name, Patch: patch}}
			file.locked = parsePatch(patch)
			r := readLock(file)
			for _, d := range r.dependencies {
				if d.Name != hidden && !strings.Contains(d.Name, "://") && !strings.Contains(patch, d.Name) || d.From == "" && d.To == "" {
					t.Errorf("%s: %+v is not in the patch", name, d)
				}
			}
		}
	})
}
