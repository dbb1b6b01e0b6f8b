package pulls

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

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
	if got := brief(f.Dependencies); !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f.lockOnly() {
		t.Error("a manifest changes, and only lock files are said to")
	}
}

func TestAWiderRangeIsNoDowngrade(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "composer.json", "@@ -3,2 +3,2 @@\n     \"require\": {\n-        \"a/b\": \"^0.8.0\"\n+        \"a/b\": \"^0\"")
	if got := brief(Compute(s, DefaultWeights()).Dependencies); !reflect.DeepEqual(got, []string{"a/b ^0.8.0>^0 downgrade @4"}) {
		t.Errorf("without the lock file: %q", got)
	}
	add(&s, "composer.lock", "@@ -9,4 +9,4 @@\n         {\n             \"name\": \"a/b\",\n-            \"version\": \"0.8.0\",\n+            \"version\": \"0.11.2\",\n             \"source\": {")
	if got := brief(Compute(s, DefaultWeights()).Dependencies); !reflect.DeepEqual(got, []string{"a/b ^0.8.0>^0 other @4 | 0.8.0>0.11.2 @11"}) {
		t.Errorf("with the lock file: %q", got)
	}
}

func TestGoSumSaysWhatGoModDoesNot(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "go.mod", "@@ -3,4 +3,4 @@ require (\n \tgithub.com/a/a v1.0.0\n-\tgithub.com/b/b v1.0.0\n+\tgithub.com/b/b v1.1.0\n )")
	add(&s, "go.sum", "@@ -1,4 +1,6 @@\n+github.com/a/a v1.0.0 h1:aaaa=\n-github.com/b/b v1.0.0 h1:bbbb=\n+github.com/b/b v1.1.0 h1:cccc=\n+github.com/c/c v1.0.0 h1:dddd=")
	want := []string{"github.com/b/b v1.0.0>v1.1.0 minor @4 | v1.0.0>v1.1.0 @2", "github.com/c/c >v1.0.0 new @3"}
	f := Compute(s, DefaultWeights())
	if got := brief(f.Dependencies); !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := f.Dependencies[len(f.Dependencies)-1]; !last.Indirect {
		t.Errorf("%s is not said to be indirect", last.Name)
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
		fmt.Fprintf(&b, "     \"node_modules/package-%d\": {\n-      \"version\": \"1.0.%d\",\n-      \"resolved\": \"https://registry.example.com/package-%d/-/package-%d-1.0.%d.tgz\",\n"+
			"+      \"version\": \"1.1.%d\",\n+      \"resolved\": \"https://registry.example.com/package-%d/-/package-%d-1.1.%d.tgz\",\n       \"license\": \"MIT\"\n     },\n", i, i, i, i, i, i, i, i, i)
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
