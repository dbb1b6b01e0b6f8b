package pulls

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// told writes dependencies briefly: "name from>to change @line", with what a lock file says behind a bar.
func told(deps []Dependency) []string {
	out := []string{}
	for _, d := range deps {
		s := fmt.Sprintf("%s %s>%s %s @%d", d.Name, d.From, d.To, d.Change, d.Line)
		if d.Scope != "" && d.Scope != ScopeLock {
			s += " " + d.Scope
		}
		if d.Lock.File != "" {
			s += fmt.Sprintf(" | %s>%s @%d", d.Lock.From, d.Lock.To, d.Lock.Line)
		}
		out = append(out, s)
	}
	return out
}

func TestLockFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, patch string
		want              []string
		loose             int
	}{
		{"go.sum: a module's own lines, not those of go.mod files", "go.sum", `@@ -7,6 +7,6 @@ github.com/a/a v1.0.0 h1:aaaa=
 github.com/a/a v1.0.0/go.mod h1:aaaa=
-github.com/b/b v1.2.0 h1:bbbb=
-github.com/b/b v1.2.0/go.mod h1:bbbb=
+github.com/b/b v1.3.0 h1:cccc=
+github.com/b/b v1.3.0/go.mod h1:cccc=
+github.com/c/c v0.1.0/go.mod h1:dddd=
 github.com/d/d v1.0.0 h1:eeee=`, []string{"github.com/b/b v1.2.0>v1.3.0 minor @8"}, 0},
		{"npm 7 and later", "package-lock.json", `@@ -2104,9 +2104,9 @@
       }
     },
     "node_modules/@babel/core": {
-      "version": "7.22.9",
-      "resolved": "https://registry.npmjs.org/@babel/core/-/core-7.22.9.tgz",
-      "integrity": "sha512-AAAA==",
+      "version": "7.23.2",
+      "resolved": "https://registry.npmjs.org/@babel/core/-/core-7.23.2.tgz",
+      "integrity": "sha512-BBBB==",
       "dev": true,
       "dependencies": {
-        "debug": "^4.1.0",
+        "debug": "^4.2.0",
@@ -3000,6 +3000,14 @@
       "engines": {
         "node": ">=4"
       }
     },
+    "node_modules/a/node_modules/ms": {
+      "version": "2.1.2",
+      "resolved": "https://registry.npmjs.org/ms/-/ms-2.1.2.tgz",
+      "integrity": "sha512-CCCC=="
+    },
     "node_modules/next": {
       "version": "1.0.0",`, []string{"@babel/core 7.22.9>7.23.2 minor @2107", "ms >2.1.2 other @3005"}, 0},
		{"npm: a hunk that begins inside of a package", "package-lock.json", `@@ -2107,5 +2107,5 @@
-      "version": "7.22.9",
+      "version": "7.23.2",
       "dev": true,
       "engines": {
         "node": ">=4"
       }
@@ -4000,3 +4000,3 @@
     "packages/own": {
-      "version": "1.0.0",
+      "version": "2.0.0",
       "dependencies": {
         "x": "^1.0.0"`, nil, 1},
		{"npm: the version of the project itself", "package-lock.json", `@@ -1,12 +1,12 @@
 {
   "name": "widgets",
-  "version": "1.0.0",
+  "version": "2.0.0",
   "lockfileVersion": 3,
   "packages": {
     "": {
       "name": "widgets",
-      "version": "1.0.0",
+      "version": "2.0.0",
       "dependencies": {
         "x": "^1.0.0"`, nil, 0},
		{"npm 6, nested", "npm-shrinkwrap.json", `@@ -20,14 +20,14 @@
     "send": {
-      "version": "0.17.1",
-      "resolved": "https://registry.npmjs.org/send/-/send-0.17.1.tgz",
-      "integrity": "sha512-AAAA==",
+      "version": "0.18.0",
+      "resolved": "https://registry.npmjs.org/send/-/send-0.18.0.tgz",
+      "integrity": "sha512-BBBB==",
       "requires": {
         "debug": "2.6.9"
       },
       "dependencies": {
         "ms": {
-          "version": "2.1.1",
-          "resolved": "https://registry.npmjs.org/ms/-/ms-2.1.1.tgz",
+          "version": "3.0.0",
+          "resolved": "https://registry.npmjs.org/ms/-/ms-3.0.0.tgz",
           "integrity": "sha512-CCCC=="
         }
       }
     },`, []string{"ms 2.1.1>3.0.0 major @29", "send 0.17.1>0.18.0 minor @21"}, 0},
		{"Yarn 1", "yarn.lock", `@@ -10,11 +10,11 @@ ansi-regex@^5.0.0:
   resolved "https://registry.yarnpkg.com/ansi-styles/-/ansi-styles-4.0.0.tgz#aaaa"
   integrity sha512-AAAA==
 
-"@octo/ui@^1.0.0", "@octo/ui@^1.2.0":
-  version "1.2.0"
-  resolved "https://registry.yarnpkg.com/@octo/ui/-/ui-1.2.0.tgz#bbbb"
-  integrity sha512-BBBB==
+"@octo/ui@^2.0.0":
+  version "2.0.1"
+  resolved "https://registry.yarnpkg.com/@octo/ui/-/ui-2.0.1.tgz#cccc"
+  integrity sha512-CCCC==
   dependencies:
     version "^9.0.0"
     loose-envify "^1.1.0"`, []string{"@octo/ui 1.2.0>2.0.1 major @14"}, 0},
		{"Yarn 1: another commit of a repository", "yarn.lock", `@@ -10,3 +10,3 @@
 "ui@git+https://github.com/octo/ui.git":
   version "1.0.0"
-  resolved "git+https://github.com/octo/ui.git#1111111111111111111111111111111111111111"
+  resolved "git+https://github.com/octo/ui.git#2222222222222222222222222222222222222222"`, []string{"ui 1111111>2222222 other @11"}, 0},
		{"Yarn 1: the section above a hunk is no name", "yarn.lock", `@@ -11,3 +11,3 @@ ansi-regex@^5.0.0:
-  version "5.0.0"
-  resolved "https://registry.yarnpkg.com/x/-/x-5.0.0.tgz#aaaa"
+  version "5.0.1"
+  resolved "https://registry.yarnpkg.com/x/-/x-5.0.1.tgz#bbbb"
   integrity sha512-AAAA==`, nil, 1},
		{"later Yarn", "yarn.lock", `@@ -100,12 +100,22 @@ __metadata:
 
-"react@npm:^17.0.0, react@npm:^17.0.2":
-  version: 17.0.2
-  resolution: "react@npm:17.0.2"
+"react@npm:^18.0.0":
+  version: 18.2.0
+  resolution: "react@npm:18.2.0"
   dependencies:
     loose-envify: ^1.1.0
-  checksum: aaaa
+  checksum: bbbb
   languageName: node
   linkType: hard
 
 "widgets@workspace:.":
-  version: 0.0.0-use.local
+  version: 0.0.0-use.locale
   resolution: "widgets@workspace:."
   linkType: soft`, []string{"react 17.0.2>18.2.0 major @102"}, 0},
		{"pnpm 9", "pnpm-lock.yaml", `@@ -10,8 +10,8 @@ importers:
   .:
     dependencies:
       react:
-        specifier: ^18.2.0
-        version: 18.2.0
+        specifier: ^18.3.1
+        version: 18.3.1
@@ -50,7 +50,7 @@ packages:
     engines: {node: '>=0.10.0'}
 
-  react@18.2.0:
-    resolution: {integrity: sha512-AAAA==}
+  react@18.3.1:
+    resolution: {integrity: sha512-BBBB==}
     engines: {node: '>=0.10.0'}
 
   '@octo/ui@1.0.0':
@@ -90,7 +90,7 @@ snapshots:
 
-  '@octo/ui@1.0.0(react@18.2.0)':
+  '@octo/ui@1.0.0(react@18.3.1)':
     dependencies:
-      react: 18.2.0
+      react: 18.3.1
-  react@18.2.0: {}
+  react@18.3.1: {}`, []string{"react 18.2.0>18.3.1 minor @52"}, 0},
		{"pnpm 6", "pnpm-lock.yaml", `@@ -50,10 +50,10 @@ packages:
   /@octo/ui@1.0.0(react@18.2.0):
     resolution: {integrity: sha512-AAAA==}
-  /ms@2.1.2:
-    resolution: {integrity: sha512-BBBB==}
+  /ms@2.1.3:
+    resolution: {integrity: sha512-CCCC==}
     dev: true
-  /debug/4.3.4_supports-color@9.0.0:
+  /debug/4.3.1_supports-color@9.0.0:`, []string{"debug 4.3.4>4.3.1 downgrade @55", "ms 2.1.2>2.1.3 patch @52"}, 0},
		{"Cargo: two versions of a package, and the project's own", "Cargo.lock", `@@ -40,9 +40,9 @@ dependencies = [
 
 [[package]]
 name = "syn"
-version = "1.0.109"
+version = "1.0.110"
 source = "registry+https://github.com/rust-lang/crates.io-index"
-checksum = "aaaa"
+checksum = "bbbb"
 dependencies = [
  "proc-macro2",
@@ -50,9 +50,9 @@ dependencies = [
 [[package]]
 name = "syn"
-version = "2.0.32"
+version = "2.0.30"
 source = "registry+https://github.com/rust-lang/crates.io-index"
 checksum = "cccc"
@@ -90,7 +90,7 @@ checksum = "dddd"
 [[package]]
 name = "widgets"
-version = "0.1.0"
+version = "0.2.0"
 dependencies = [
  "syn 1.0.109",
@@ -120,3 +120,6 @@ source = "registry+https://github.com/rust-lang/crates.io-index"
 checksum = "eeee"
 
 [[package]]
+name = "ryu"
+version = "1.0.15"
+source = "registry+https://github.com/rust-lang/crates.io-index"
+checksum = "ffff"
+
+[[package]]
 name = "same"
 version = "1.0.0"`, []string{"syn 2.0.32>2.0.30 downgrade @52", "ryu >1.0.15 new @124", "syn 1.0.109>1.0.110 patch @43"}, 0},
		{"Cargo: one version more of a package", "Cargo.lock", `@@ -40,4 +40,9 @@ checksum = "0000"
 [[package]]
 name = "syn"
 version = "1.0.109"
 source = "registry+https://github.com/rust-lang/crates.io-index"
+
+[[package]]
+name = "syn"
+version = "2.0.32"
+source = "registry+https://github.com/rust-lang/crates.io-index"`, []string{"syn >2.0.32 other @47"}, 0},
		{"Cargo: a hunk that begins behind the name", "Cargo.lock", `@@ -43,3 +43,3 @@ name = "wrong"
-version = "1.0.109"
+version = "1.0.110"
 source = "registry+https://github.com/rust-lang/crates.io-index"`, nil, 1},
		{"Poetry", "poetry.lock", `@@ -30,13 +30,13 @@ files = [
 
 [[package]]
 name = "certifi"
-version = "2022.12.7"
+version = "2023.7.22"
 description = "Python package for providing Mozilla's CA Bundle."
 optional = false
 python-versions = ">=3.6"
 files = [
-    {file = "certifi-2022.12.7-py3-none-any.whl", hash = "sha256:aaaa"},
+    {file = "certifi-2023.7.22-py3-none-any.whl", hash = "sha256:bbbb"},
 ]
 
 [package.dependencies]
-version = ">=1.0"
+version = ">=2.0"`, []string{"certifi 2022.12.7>2023.7.22 major @33"}, 0},
		{"uv", "uv.lock", `@@ -30,9 +30,9 @@ wheels = [
 [[package]]
 name = "anyio"
-version = "4.0.0"
+version = "4.1.0"
 source = { registry = "https://pypi.org/simple" }
 dependencies = [
     { name = "idna" },
 ]
-sdist = { url = "https://files.pythonhosted.org/packages/anyio-4.0.0.tar.gz", hash = "sha256:aaaa", size = 1 }
+sdist = { url = "https://files.pythonhosted.org/packages/anyio-4.1.0.tar.gz", hash = "sha256:bbbb", size = 1 }
@@ -90,4 +90,4 @@ wheels = [
 [[package]]
 name = "widgets"
-version = "0.1.0"
+version = "0.2.0"
 source = { editable = "." }`, []string{"anyio 4.0.0>4.1.0 minor @32"}, 0},
		{"Pipenv: the version stands behind the hashes", "Pipfile.lock", `@@ -16,10 +16,10 @@
     "default": {
         "certifi": {
             "hashes": [
-                "sha256:aaaa",
-                "sha256:bbbb"
+                "sha256:cccc",
+                "sha256:dddd"
             ],
             "index": "pypi",
-            "version": "==2022.12.7"
+            "version": "==2023.7.22"
         },
@@ -60,6 +60,6 @@
                 "sha256:eeee"
             ],
             "markers": "python_version >= '3.7'",
-            "version": "==1.0.0"
+            "version": "==1.1.0"
         },
         "idna": {`, []string{"certifi 2022.12.7>2023.7.22 major @23"}, 1},
		{"Bundler", "Gemfile.lock", `@@ -5,20 +5,20 @@ GEM
   remote: https://rubygems.org/
   specs:
-    actionpack (7.0.4)
-      rack (~> 2.0, >= 2.2.0)
-    nokogiri (1.14.0-x86_64-linux)
-    nokogiri (1.14.0-arm64-darwin)
+    actionpack (7.0.8)
+      rack (~> 2.0, >= 2.2.4)
+    nokogiri (1.15.4-x86_64-linux)
+    nokogiri (1.15.4-arm64-darwin)
@@ -60,3 +60,3 @@ PATH
   specs:
-    widgets (0.1.0)
+    widgets (0.2.0)
@@ -80,3 +80,3 @@ DEPENDENCIES
-  actionpack (~> 7.0.4)
+  actionpack (~> 7.0.8)`, []string{"nokogiri 1.14.0>1.15.4 minor @9", "actionpack 7.0.4>7.0.8 patch @7"}, 0},
		{"Composer", "composer.lock", `@@ -10,18 +10,18 @@
         {
             "name": "symfony/console",
-            "version": "v5.4.0",
+            "version": "v6.0.0",
             "source": {
                 "type": "git",
                 "url": "https://github.com/symfony/console.git",
-                "reference": "aaaa"
+                "reference": "bbbb"
             },
             "authors": [
                 {
                     "name": "Fabien Potencier",
                     "version": "none"
                 }
             ]
@@ -90,4 +90,4 @@
             "name": "psr/log",
-            "version": "1.1.4",
+            "version": "1.1.3",
             "source": {
@@ -120,3 +120,3 @@
-            "version": "2.0.0",
+            "version": "2.1.0",
             "source": {`, []string{"psr/log 1.1.4>1.1.3 downgrade @91", "symfony/console v5.4.0>v6.0.0 major @12"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s github.Snapshot
			add(&s, "web/"+tt.path, tt.patch)
			f := Compute(s, DefaultWeights())
			got := told(f.Dependencies)
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if want := []DependencyFile{{File: "web/" + tt.path, Lock: true, Read: true, Unattributed: tt.loose}}; !reflect.DeepEqual(f.DependencyFiles, want) {
				t.Errorf("files = %+v, want %+v", f.DependencyFiles, want)
			}
			if len(f.LockFindings) > 0 {
				t.Errorf("findings = %+v, want none", f.LockFindings)
			}
			for _, d := range f.Dependencies {
				if d.Scope != ScopeLock {
					t.Errorf("%s has scope %q", d.Name, d.Scope)
				}
			}
		})
	}
}

func TestManifestAndLockAreOneDependency(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "Cargo.toml", "@@ -8,3 +8,4 @@\n [dependencies]\n-serde_json = \"1.0\"\n+serde_json = { version = \"1.1\", features = [\"std\"] }\n+rand = \"0.8\"")
	add(&s, "Cargo.lock", `@@ -40,4 +40,4 @@ x
 [[package]]
 name = "serde_json"
-version = "1.0.100"
+version = "1.1.3"
 source = "registry+https://github.com/rust-lang/crates.io-index"
@@ -60,4 +60,14 @@ x
+[[package]]
+name = "rand"
+version = "0.8.5"
+source = "registry+https://github.com/rust-lang/crates.io-index"
+
+[[package]]
+name = "rand_core"
+version = "0.6.4"
+source = "registry+https://github.com/rust-lang/crates.io-index"`)
	add(&s, "tools/Cargo.lock", "@@ -40,4 +40,4 @@ x\n [[package]]\n name = \"rand\"\n-version = \"0.7.0\"\n+version = \"0.7.1\"\n source = \"registry+https://github.com/rust-lang/crates.io-index\"")
	want := []string{
		"rand >0.8 new @10 | >0.8.5 @62", "serde_json 1.0>1.1 minor @9 | 1.0.100>1.1.3 @42",
		"rand_core >0.6.4 new @67", "rand 0.7.0>0.7.1 patch @42",
	}
	f := Compute(s, DefaultWeights())
	if got := told(f.Dependencies); !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f.lockOnly() {
		t.Error("a manifest changes, and only lock files are said to")
	}
}

func TestGoSumSaysWhatGoModDoesNot(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "go.mod", "@@ -3,4 +3,4 @@ require (\n \tgithub.com/a/a v1.0.0\n-\tgithub.com/b/b v1.0.0\n+\tgithub.com/b/b v1.1.0\n )")
	add(&s, "go.sum", "@@ -1,4 +1,6 @@\n+github.com/a/a v1.0.0 h1:aaaa=\n-github.com/b/b v1.0.0 h1:bbbb=\n+github.com/b/b v1.1.0 h1:cccc=\n+github.com/c/c v1.0.0 h1:dddd=")
	want := []string{"github.com/b/b v1.0.0>v1.1.0 minor @4 | v1.0.0>v1.1.0 @2", "github.com/c/c >v1.0.0 new @3"}
	f := Compute(s, DefaultWeights())
	if got := told(f.Dependencies); !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := f.Dependencies[len(f.Dependencies)-1]; !last.Indirect {
		t.Errorf("%s is not said to be indirect", last.Name)
	}
}

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

func TestLockOnlyIsSaid(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	s.Title = "Bump zed from 1.0.0 to 1.0.1"
	var patch strings.Builder
	patch.WriteString("@@ -1,90 +1,90 @@\n")
	for i, name := range []string{"ant", "bee", "cow", "zed"} {
		fmt.Fprintf(&patch, " [[package]]\n name = %q\n-version = \"1.0.0\"\n+version = \"%s\"\n source = \"registry+https://github.com/rust-lang/crates.io-index\"\n", name, []string{"0.9.0", "2.0.0", "3.0.0", "1.0.1"}[i])
	}
	add(&s, "Cargo.lock", patch.String())
	f := Compute(s, DefaultWeights())
	text := func(spans []bot.Span) string {
		return strings.TrimSpace(bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(spans...)}}, false))
	}
	if got, want := text(f.dependencyItem()), "in lock files only: zed 1.0.0 → 1.0.1 (patch), ant 1.0.0 → 0.9.0 (downgrade) and 2 more (2 major)"; got != want {
		t.Errorf("bullet = %q, want %q", got, want)
	}
	add(&s, "Cargo.toml", "@@ -8,2 +8,2 @@\n [dependencies]\n-zed = \"1.0.0\"\n+zed = \"1.0.1\"")
	f = Compute(s, DefaultWeights())
	if got, want := text(f.dependencyItem()), "zed 1.0.0 → 1.0.1 (patch); in lock files 3 more (1 downgrade, 2 major)"; got != want {
		t.Errorf("bullet = %q, want %q", got, want)
	}
}

func TestLockFilesThatAreNotRead(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	sum := "@@ -1 +1 @@\n-a.b/c v1.0.0 h1:aaaa=\n+a.b/c v1.1.0 h1:bbbb="
	add(&s, "go.sum", sum)
	add(&s, "big/go.sum", "").Additions = 9000
	add(&s, "flake.lock", "@@ -1 +1 @@\n-a\n+b")
	add(&s, "testdata/go.sum", sum)
	add(&s, "cut/go.sum", sum).Additions = 20
	s.Additions += 9019
	f := Compute(s, DefaultWeights())
	want := []DependencyFile{
		{File: "go.sum", Lock: true, Read: true}, {File: "big/go.sum", Lock: true, Why: "GitHub shows no patch of it"}, {File: "flake.lock", Lock: true, Why: "not in a form that is read"},
		{File: "testdata/go.sum", Lock: true, Why: "test data"}, {File: "cut/go.sum", Lock: true, Read: true, Why: "cut short"},
	}
	if !reflect.DeepEqual(f.DependencyFiles, want) {
		t.Errorf("files = %+v\nwant %+v", f.DependencyFiles, want)
	}
	if got, want := f.coverageLine(), "Read 0 of 5 files, 0 of 9,027 changed lines. Not read: 2 lock (parsed), 3 lock."; got != want {
		t.Errorf("coverage = %q, want %q", got, want)
	}
	if f.RealAdditions != 0 || f.Coverage.unread() != 0 {
		t.Errorf("real +%d, %d unread: lock files are folded and expected", f.RealAdditions, f.Coverage.unread())
	}
	if got := bot.PlainText(DepsReply(f), false); !strings.Contains(got, "Read go.sum, cut/go.sum. Not read, or not in whole: big/go.sum (GitHub shows no patch of it), flake.lock (not in a form that is read), testdata/go.sum (test data), cut/go.sum (cut short).") {
		t.Errorf("deps:\n%s", got)
	}
}

// bigLock is a patch of a lock file with about as many lines.
func bigLock(lines int) string {
	var b strings.Builder
	b.WriteString("@@ -1,50000 +1,50000 @@\n")
	for i := range lines / 7 {
		fmt.Fprintf(&b, "     \"node_modules/package-%d\": {\n-      \"version\": \"1.0.%d\",\n-      \"resolved\": \"https://registry.npmjs.org/package-%d/-/package-%d-1.0.%d.tgz\",\n"+
			"+      \"version\": \"1.1.%d\",\n+      \"resolved\": \"https://registry.npmjs.org/package-%d/-/package-%d-1.1.%d.tgz\",\n       \"license\": \"MIT\"\n     },\n", i, i, i, i, i, i, i, i, i)
	}
	return b.String()
}

func TestBigLockFilesAreExact(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "package-lock.json", bigLock(50_000))
	f := Compute(s, DefaultWeights())
	if len(f.Dependencies) != 7142 {
		t.Fatalf("%d dependencies, want 7142", len(f.Dependencies))
	}
	for _, d := range f.Dependencies {
		if d.Change != BumpMinor || strings.TrimPrefix(d.From, "1.0.") != strings.TrimPrefix(d.Name, "package-") {
			t.Fatalf("%+v", d)
		}
	}
}

func BenchmarkLock(b *testing.B) {
	f := &file{File: github.File{Path: "package-lock.json", Patch: bigLock(50_000)}}
	f.locked = parsePatch(f.Patch)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.locked = parsePatch(f.Patch)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			readLock(f)
		}
	})
	b.Run("compute", func(b *testing.B) {
		var s github.Snapshot
		add(&s, "package-lock.json", f.Patch)
		b.ReportAllocs()
		for b.Loop() {
			Compute(s, DefaultWeights())
		}
	})
}
