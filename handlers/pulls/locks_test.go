package pulls

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// brief writes dependencies briefly: "name from>to change @line", with what a lock file says behind a bar.
func brief(deps []Dependency) []string {
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

// A lockCase is a patch of a lock file, and what is to be found in it.
type lockCase struct {
	name, path, patch string
	want              []string // as told writes it
	loose             int      // changed versions that cannot be attributed
}

// check computes the facts of the patch alone.
func (tt lockCase) check(t *testing.T) {
	t.Helper()
	var s github.Snapshot
	add(&s, "web/"+tt.path, tt.patch)
	f := Compute(s, DefaultWeights())
	got := brief(f.Dependencies)
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
}

func TestLockFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []lockCase{
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
			tt.check(t)
		})
	}
}
