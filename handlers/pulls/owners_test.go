package pulls

import (
	"math/rand"
	"strings"
	"testing"

	other "github.com/hairyhenderson/go-codeowners"
)

// ownersOf and othersOwnersOf are the owners of a path by this package and by go-codeowners, as one text.
func ownersOf(text, path string) string { return strings.Join(parseOwners(text).of(path), " ") }

func othersOwnersOf(t *testing.T, text, path string) string {
	t.Helper()
	rules, err := other.FromReader(strings.NewReader(text), "")
	if err != nil {
		t.Fatalf("go-codeowners: %v in %q", err, text)
	}
	return strings.Join(rules.Owners(path), " ")
}

// TestOwnersAgree holds what a CODEOWNERS file means against GitHub's documentation ("About code owners", and that of gitignore, whose rules it says
// to follow with exceptions) and against go-codeowners. Where that disagrees, other is what it says, and the case says what decides.
func TestOwnersAgree(t *testing.T) {
	t.Parallel()
	const same = "\x00"
	for _, tt := range []struct{ name, text, path, want, other string }{
		{"everything", "* @ann @bob", "a/b.go", "@ann @bob", same},
		{"the last match counts", "* @ann\n*.js @bob\n", "web/a.js", "@bob", same},
		{"the last match counts, whatever is more exact", "/a/b.js @bob\n* @ann\n", "a/b.js", "@ann", same},
		{"a team and an address", "*.txt @octo/cats docs@example.com", "a.txt", "@octo/cats docs@example.com", same},
		{"a folder at the root", "/build/logs/ @ann", "build/logs/x/y.log", "@ann", same},
		{"and nowhere else", "/build/logs/ @ann", "x/build/logs/y.log", "", same},
		{"a folder anywhere", "apps/ @ann", "x/apps/y/z.go", "@ann", same},
		{"a file is no folder", "apps/ @ann", "x/apps", "", same},
		{"files of a folder", "docs/* @ann", "docs/start.md", "@ann", same},
		{"not of the folders in it", "docs/* @ann", "docs/build/start.md", "", same},
		{"logs anywhere", "**/logs @ann", "deeply/nested/logs/a.log", "@ann", same},
		{"any depth between", "/a/**/z.go @ann", "a/b/c/z.go", "@ann", same},
		{"also none", "/a/**/z.go @ann", "a/z.go", "@ann", same},
		{"case matters", "/Docs/ @ann", "docs/a.md", "", same},
		{"a prefix is no match", "/app @ann", "apple/a.go", "", same},
		{"a space that is escaped", "/with\\ space/ @ann", "with space/a.go", "@ann", same},
		{"a comment behind", "*.go @ann # the best", "a.go", "@ann", same},
		{"tabs", "*.go\t@ann\t#the best", "a.go", "@ann", same},
		{"line ends of Windows", "*.go @ann\r\n*.js @bob\r\n", "a.go", "@ann", same},
		// A rule without owners takes them away: the documentation's example of /apps/github.
		{"no owners", "/apps/ @ann\n/apps/github", "apps/github/a.go", "", "@ann"},
		{"no owners but a comment", "* @ann\n/free/ # anybody's", "free/a.go", "", "@ann"},
		// A slash in the middle ties a pattern to the root (gitignore, "PATTERN FORMAT"), for docs/* says the example that it means the root's.
		{"tied to the root", "a/b @ann", "x/a/b", "", "@ann"},
		{"tied to the root, files", "docs/* @ann", "x/docs/start.md", "", "@ann"},
		// "**" at the end is everything inside (gitignore), and so not the thing itself.
		{"everything inside", "/** @ann", "a/b.go", "@ann", ""},
		{"not the thing itself", "/a/** @ann", "a", "", "@ann"},
		{"folders at any depth", "/a/**/ @ann", "a/x/b.go", "@ann", ""},
		// "?" is any one character but a slash (gitignore, and no exception is made).
		{"one character", "/a?c @ann", "abc", "@ann", ""},
		// What gitignore has and CODEOWNERS does not: "!", "[ ]" and "\#". A line with one of them is no rule.
		{"no negation", "* @ann\n!*.go @bob", "a.go", "@ann", same},
		{"no ranges", "* @ann\n/[ab].go @bob", "a.go", "@ann", "@bob"},
		{"no escaped #", "* @ann\n\\#a @bob", "#a", "@ann", "@bob"},
		// A # in a pattern is a character of it for gitignore; what GitHub makes of it is not documented. The rule is none rather than one about
		// what stands before the #.
		{"a # inside", "* @ann\n/lib/c#/ @bob", "lib/c/x.go", "@ann", same},
		// A line with an owner that can be none is no rule.
		{"no such owner", "* @ann\n*.go bob", "a.go", "@ann", "bob"},
		{"a long domain", "*.go a@b.engineering", "a.go", "a@b.engineering", same},
		// Sections are GitLab's.
		{"no sections", "* @ann\n[Docs] @bob\n/docs/\n", "docs/a.md", "", "@bob"},
		{"a slash alone matches nothing", "* @ann\n/ @bob", "a/b.go", "@ann", "@bob"},
	} {
		if got := ownersOf(tt.text, tt.path); got != tt.want {
			t.Errorf("%s: owners of %s by %q are %q, want %q", tt.name, tt.path, tt.text, got, tt.want)
		}
		if tt.other == same {
			tt.other = tt.want
		}
		if got := othersOwnersOf(t, tt.text, tt.path); got != tt.other {
			t.Errorf("%s: go-codeowners says %q, want %q", tt.name, got, tt.other)
		}
	}
}

// forOther writes a pattern such that go-codeowners understands by it what GitHub does by the original (see the cases above).
func forOther(pattern string) string {
	bare := strings.TrimSuffix(pattern, "/")
	if inside, ok := strings.CutSuffix(bare, "/**"); ok {
		pattern = inside + "/" // everything inside
	}
	if strings.Contains(bare, "/") { // tied to the root
		pattern = "/" + strings.TrimPrefix(pattern, "/")
	}
	return pattern
}

// TestOwnersAgreeOnGenerated compares the two libraries on files of random rules, the same ones each time.
func TestOwnersAgreeOnGenerated(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(1))
	segments := []string{"a", "b", "ab", "docs", "*.go", "*", "a*", "*b", "x.go", "**"}
	names := []string{"a", "b", "ab", "docs", "x.go", "a.go", "axgo", ".go"}
	who := []string{"@ann", "@bob", "@octo/core", "eve@example.com"}
	some := func(from []string, most int) (out []string) {
		for range 1 + r.Intn(most) {
			if next := from[r.Intn(len(from))]; next != "**" || len(out) == 0 || out[len(out)-1] != "**" {
				out = append(out, next)
			}
		}
		return out
	}
	owned := 0
	for range 600 {
		var ours, theirs strings.Builder
		for range 1 + r.Intn(4) {
			pattern := []string{"", "/"}[r.Intn(2)] + strings.Join(some(segments, 3), "/") + []string{"", "", "/"}[r.Intn(3)]
			if strings.Trim(pattern, "/") == "**" { // a case of the table
				continue
			}
			owners := " " + strings.Join(some(who, 2), " ") + "\n"
			ours.WriteString(pattern + owners)
			theirs.WriteString(forOther(pattern) + owners)
		}
		for range 20 {
			path := strings.Join(some(names, 4), "/")
			got, want := ownersOf(ours.String(), path), othersOwnersOf(t, theirs.String(), path)
			if got != want {
				t.Errorf("owners of %s are %q, go-codeowners says %q, by\n%s", path, got, want, &ours)
			}
			if got != "" {
				owned++
			}
		}
	}
	if owned < 2000 {
		t.Errorf("only %d paths had an owner", owned)
	}
}
