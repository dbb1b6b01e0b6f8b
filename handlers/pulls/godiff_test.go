package pulls

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sourcegraph/go-diff/diff"
)

// byScanner and byGodiff write out what the two parsers make of a patch: a row for each hunk and each line, with the numbers.
func byScanner(patch string) []string {
	var out []string
	for _, h := range parsePatch(patch) {
		out = append(out, "@@ "+h.section)
		for _, l := range h.lines {
			out = append(out, fmt.Sprintf("%c%d/%d %s", l.op, l.old, l.new, l.text))
		}
	}
	return out
}

func byGodiff(patch string) ([]string, error) {
	hunks, err := diff.ParseHunks([]byte(patch))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, h := range hunks {
		out = append(out, "@@ "+h.Section)
		old, now := h.OrigStartLine, h.NewStartLine
		body := strings.TrimSuffix(string(h.Body), "\n")
		if len(h.Body) == 0 {
			continue
		}
		for l := range strings.SplitSeq(body, "\n") {
			op, text := " ", ""
			if l != "" {
				op, text = l[:1], l[1:]
			}
			out = append(out, fmt.Sprintf("%s%d/%d %s", op, old, now, text))
			if op != "+" {
				old++
			}
			if op != "-" {
				now++
			}
		}
	}
	return out, nil
}

// disagreement compares the parsers on a patch, in lines and in counts; "" when they agree. refused says that go-diff takes the patch for none.
func disagreement(patch string) (text string, refused bool) {
	want, err := byGodiff(patch)
	if err != nil {
		return "", true
	}
	got := byScanner(patch)
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			return fmt.Sprintf("row %d is %q, go-diff has %q", i, g, w), false
		}
	}
	var n Lines
	for _, row := range want {
		switch row[0] {
		case '+':
			n.Additions++
		case '-':
			n.Deletions++
		}
	}
	if counted := patchLines(patch); counted != n {
		return fmt.Sprintf("patchLines = %+v, go-diff has %+v", counted, n), false
	}
	return "", false
}

func TestAgreesWithGodiff(t *testing.T) {
	t.Parallel()
	for _, patch := range seedPatches() {
		if text, refused := disagreement(patch); text != "" || refused {
			t.Errorf("%q: refused %v, %s", patch, refused, text)
		}
	}
}

func seedPatches() []string {
	return []string{
		patches,
		"@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file",
		"@@ -1,2 +0,0 @@\n-a\n-b",
		"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file",
		"@@ -1,4 +1,4 @@ type T struct {\r\n a\r\n-b\r\n+c\r\n d\r\n",
		"@@ -9,3 +9,3 @@ @@ odd @@\n--- a\n-+++ b\n+-- c\n+++ d\n e\n@@ -99 +99 @@\n-x\n+y",
		"@@ -1,3 +1,2 @@\n\n-\n \n@@ -7,2 +6,3 @@\n a\n+\n b\n",
		"@@ -999999999,1 +999999999,1 @@\n-\x00\n+\xff\u2028",
	}
}

// TestAgreesWithGodiffOnHistory compares the parsers on what git clones have changed: one that is made for it, this one, if it is a clone, and those
// that SHIPMATE_REPOS names, separated by colons. SHIPMATE_COMMITS is how many of the newest commits of each are taken (100 unless set). Merges show all that they brought.
func TestAgreesWithGodiffOnHistory(t *testing.T) {
	t.Parallel()
	repos := append(filepath.SplitList(os.Getenv("SHIPMATE_REPOS")), oddClone(t))
	if exec.Command("git", "rev-parse", "--verify", "-q", "HEAD").Run() == nil {
		repos = append(repos, ".")
	}
	commits := 100
	if n, err := strconv.Atoi(os.Getenv("SHIPMATE_COMMITS")); err == nil {
		commits = n
	}
	for _, repo := range repos {
		patches := patchesOf(t, repo, commits)
		refused := 0
		for _, patch := range patches {
			text, no := disagreement(patch)
			if no {
				refused++
			}
			if text != "" {
				t.Errorf("%s: %s in\n%.2000s", repo, text, patch)
			}
		}
		t.Logf("%s: %d patches, %d of them refused by go-diff", repo, len(patches), refused)
		if 1000*refused > len(patches) {
			t.Errorf("%s: go-diff refused %d of %d patches: nothing is compared there", repo, refused, len(patches))
		}
	}
}

// oddClone makes a clone whose commits change lines that look like parts of a patch, with and without their ends, and names and texts beyond ASCII.
func oddClone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "core.autocrlf=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	long := strings.Repeat("line\n", 60)
	for _, text := range []string{
		"a\nb\nc", "a\nb\nc\n", "-- a\n++ b\n@@ -1,2 +3,4 @@ c\n\\ No newline at end of file\n", "a\r\n\u2028b\r\n\x00\xff\n", long + "x\n" + long, long + "y\n" + long + "z",
		"y\n" + long + long, "",
	} {
		for _, name := range []string{"plain.txt", "sch\u00f6n \u202e.txt", "--- a"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "-A")
		git("commit", "-q", "-m", "next")
	}
	return dir
}

// patchesOf returns what the newest commits of a clone changed, a patch a file, as GitHub gives them: from the first "@@" on.
func patchesOf(t *testing.T, repo string, commits int) (patches []string) {
	t.Helper()
	out, err := exec.Command("git", "-C", repo, "-c", "safe.directory=*", "-c", "core.quotePath=true", "log", "-p", "-m", "--first-parent", "--no-color", "--no-ext-diff",
		"--no-textconv", "--format=", "-n", strconv.Itoa(commits)).Output()
	if err != nil {
		t.Fatalf("git log in %s: %v", repo, err)
	}
	for file := range strings.SplitSeq("\n"+string(out), "\ndiff --git ") {
		if at := strings.Index(file, "\n@@ -"); at >= 0 {
			patches = append(patches, file[at+1:])
		}
	}
	return patches
}

var (
	fuzzedHeader = regexp.MustCompile(`(?m)^@@ -(\d{1,9})(,\d{1,9})? \+(\d{1,9})(,\d{1,9})? @@( .*)?\r?$`)
	anyHeader    = regexp.MustCompile(`(?m)^@@ `)
	noNewline    = regexp.MustCompile(`(?m)^\\.*\n?`)
)

// FuzzPatch: whatever go-diff takes for hunks, the scanner reads in the same way. Left out are numbers that no line has, and the mark of a
// missing line end where git never writes it, which joins lines in go-diff; the table above has it where git does.
func FuzzPatch(f *testing.F) {
	for _, patch := range seedPatches() {
		f.Add(patch)
	}
	f.Fuzz(func(t *testing.T, patch string) {
		patch = noNewline.ReplaceAllString(patch, "")
		if len(patch) > 1<<16 || len(anyHeader.FindAllString(patch, -1)) != len(fuzzedHeader.FindAllString(patch, -1)) {
			return
		}
		if text, _ := disagreement(patch); text != "" {
			t.Errorf("%s in %q", text, patch)
		}
	})
}
