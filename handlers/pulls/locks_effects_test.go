package pulls

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// cratePatch raises a crate in a Cargo.lock.
func cratePatch(name, from, to string) string {
	return fmt.Sprintf("@@ -40,4 +40,4 @@\n [[package]]\n name = %q\n-version = %q\n+version = %q\n source = \"registry+https://github.com/rust-lang/crates.io-index\"", name, from, to)
}

func TestBotBumpsSeeLockFiles(t *testing.T) {
	t.Parallel()
	manifest := "@@ -8,2 +8,2 @@\n [dependencies]\n-serde = \"1.0.1\"\n+serde = \"1.0.2\""
	for _, tt := range []struct {
		name, manifest, lock string
		want                 bool
	}{
		{"a manifest alone", manifest, "", true},
		{"with minor versions in the lock file", manifest, cratePatch("syn", "1.0.0", "1.1.0"), true},
		{"with a major version in the lock file", manifest, cratePatch("syn", "1.0.0", "2.0.0"), false},
		{"with a downgrade in the lock file", manifest, cratePatch("syn", "1.1.0", "1.0.0"), false},
		{"a lock file alone", "", cratePatch("syn", "1.0.0", "1.1.0"), true},
		{"with another hash", manifest, cratePatch("syn", "1.0.0", "1.1.0") + "\n [[package]]\n name = \"a\"\n version = \"1.0.0\"\n source = \"registry+x\"\n-checksum = \"aa\"\n+checksum = \"bb\"", false},
	} {
		var s github.Snapshot
		s.AuthorBot = true
		if tt.manifest != "" {
			add(&s, "Cargo.toml", tt.manifest)
		}
		if tt.lock != "" {
			add(&s, "Cargo.lock", tt.lock)
		}
		got := false
		for _, r := range Compute(s, DefaultWeights()).Risk.Reasons {
			got = got || r.Rule == "bot-patch-bump"
		}
		if got != tt.want {
			t.Errorf("%s: lowered is %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestLockFilesThatAreDeclaredGeneratedAreRead(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	s.Attributes = "*.lock linguist-generated"
	add(&s, "Cargo.lock", cratePatch("syn", "1.0.0", "1.1.0"))
	f := Compute(s, DefaultWeights())
	if got := brief(f.Dependencies); !reflect.DeepEqual(got, []string{"syn 1.0.0>1.1.0 minor @42"}) || f.Changes[0].Skipped != SkipGenerated {
		t.Errorf("%q, skipped %q", got, f.Changes[0].Skipped)
	}
}

func TestWhatOnlyLockFilesNameDoesNotMakeTheType(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	s.Title = "The runtime of tokio"
	add(&s, "core/run.go", "@@ -1,2 +1,2 @@ func run() {\n-\told()\n+\tfresh()")
	add(&s, "Cargo.lock", cratePatch("tokio", "1.0.0", "1.1.0"))
	if f := Compute(s, DefaultWeights()); f.Type == "deps" {
		t.Errorf("type is %s: a word of the title is the name of a package in a lock file", f.Type)
	}
}

func TestFoldTakesTheVersionThatIsAskedFor(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	add(&s, "Cargo.toml", "@@ -8,2 +8,2 @@\n [dependencies]\n-syn = \"2.0.1\"\n+syn = \"2.0.5\"")
	add(&s, "Cargo.lock", cratePatch("syn", "1.0.0", "1.0.1")+strings.Replace(cratePatch("syn", "2.0.1", "2.0.5"), "@@ -40,4 +40,4 @@", "", 1))
	want := []string{"syn 2.0.1>2.0.5 patch @9 | 2.0.1>2.0.5 @46", "syn 1.0.0>1.0.1 patch @42"}
	if got := brief(Compute(s, DefaultWeights()).Dependencies); !reflect.DeepEqual(got, want) {
		t.Errorf("dependencies %q, want %q", got, want)
	}
}
