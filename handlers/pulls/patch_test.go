package pulls

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

const patches = `@@ -1,6 +1,7 @@ package x
 a
-b
+B
+b2
 c

 d
\ No newline at end of file
@@ -20,2 +21,3 @@ func (r *Reader) Next() {
--- not a header
+++ not a header either
+-
 z
`

func TestParsePatch(t *testing.T) {
	t.Parallel()
	hunks := parsePatch(patches)
	if len(hunks) != 2 || hunks[0].section != "package x" || symbol(hunks[1].section) != "Reader.Next" {
		t.Fatalf("hunks = %+v", hunks)
	}
	var got strings.Builder
	for _, h := range hunks {
		for _, l := range h.lines {
			fmt.Fprintf(&got, "%c%d/%d %s\n", l.op, l.old, l.new, l.text)
		}
	}
	want := " 1/1 a\n-2/2 b\n+3/2 B\n+3/3 b2\n 3/4 c\n 4/5 \n 5/6 d\n-20/21 -- not a header\n+21/21 ++ not a header either\n+21/22 -\n 21/23 z\n"
	if got.String() != want {
		t.Errorf("lines:\n%s\nwant:\n%s", got.String(), want)
	}
}

func TestParsePatchOfNonsense(t *testing.T) {
	t.Parallel()
	for _, patch := range []string{"", "\n", "no hunk\n+a", "@@", "@@ -1 @@", "@@ -a +b @@\n+x", "@@ -99999999999999999999 +1 @@\n+x", "@@@ -1 -1 +1 @@@\n++x"} {
		if n := countLines(parsePatch(patch)); n != (Lines{}) {
			t.Errorf("parsePatch(%q) has %+v", patch, n)
		}
	}
}

// TestAgreesWithGitdiff compares the scanner with go-gitdiff, which needs a file header and exact hunk headers.
func TestAgreesWithGitdiff(t *testing.T) {
	t.Parallel()
	for name, patch := range map[string]string{
		"new":     "@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n",
		"gone":    "@@ -1,2 +0,0 @@\n-a\n-b\n",
		"changed": "@@ -1,4 +1,4 @@ type T struct {\n a\n-b\n+c\n d\n e\n@@ -9,2 +9,3 @@ func f() {\n x\n+y\n z\n",
		"dashes":  "@@ -1,3 +1,3 @@\n--- a\n-+++ b\n+-- c\n+++ d\n e\n",
		"ends":    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/f b/f\n--- a/f\n+++ b/f\n" + patch))
			if err != nil || len(files) != 1 {
				t.Fatalf("gitdiff: %v", err)
			}
			var want []string
			for _, frag := range files[0].TextFragments {
				old, now := frag.OldPosition, frag.NewPosition
				for _, l := range frag.Lines {
					want = append(want, fmt.Sprintf("%s%d/%d %s", l.Op, old, now, strings.TrimSuffix(l.Line, "\n")))
					if l.Old() {
						old++
					}
					if l.New() {
						now++
					}
				}
			}
			var got []string
			for _, h := range parsePatch(patch) {
				for _, l := range h.lines {
					got = append(got, fmt.Sprintf("%c%d/%d %s", l.op, l.old, l.new, l.text))
				}
			}
			if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
				t.Errorf("lines:\n%s\ngo-gitdiff has:\n%s", g, w)
			}
			if n := patchLines(patch); n != countLines(parsePatch(patch)) {
				t.Errorf("patchLines = %+v, countLines = %+v", n, countLines(parsePatch(patch)))
			}
		})
	}
}

func TestWhitespaceOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path, patch string
		want              Lines
	}{
		{"indentation", "a.go", "@@ -1,2 +1,4 @@\n-a()\n-b()\n+if x {\n+\ta()\n+\tb()\n+}", Lines{2, 2}},
		{"indentation of Python", "a.py", "@@ -1,2 +1,3 @@\n-a()\n-b()\n+if x:\n+  a()\n+  b()", Lines{}},
		{"ends of lines of Python", "a.py", "@@ -1,1 +1,1 @@\n-a()  \n+a()", Lines{1, 1}},
		{"empty lines", "a.go", "@@ -1,2 +1,4 @@\n a\n+\n+\t\n b", Lines{2, 0}},
		{"order is no white space", "a.go", "@@ -1,2 +1,2 @@\n-a\n-b\n+b\n+a", Lines{1, 1}},
		{"a real change", "a.go", "@@ -1,1 +1,1 @@\n-a\n+b", Lines{}},
		{"empty lines of new code count", "a.go", "@@ -1,1 +1,4 @@\n a\n+b\n+\n+c", Lines{}},
	} {
		if got := whitespaceIn(tt.path, tt.patch); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestSymbols(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		"func (r *Reader) Next() bool {": "Reader.Next", "func Parse[T any](s string) T {": "Parse", "func (List[T]) Len() int {": "List.Len",
		"type Facts struct {": "Facts", "class Foo(Bar):": "Foo", "    async def fetch(self):": "fetch", "export default function render() {": "render",
		"pub(crate) fn run() {": "run", "interface Props {": "Props", `resource "aws_instance" "web" {`: "aws_instance.web", `data "aws_ami" "base" {`: "aws_ami.base", `variable "cidr" {`: "cidr", `output "id" {`: "id",
		"res.send = function send(body) {": "res.send", "exports.cookie = function () {": "cookie", "const load = async (path) => {": "load", "export const View = ({ a }) => {": "View",
		"module.exports = function () {": "", "var proto = module.exports = function () {": "proto", "x = y + z": "", "import (": "", "package x": "", "function __%[1]s() {": "",
	} {
		if got := symbol(section); got != want {
			t.Errorf("symbol(%q) = %q, want %q", section, got, want)
		}
	}
	prose := &file{class: ClassDocs, hunks: parsePatch("@@ -5 +5 @@ type Reader struct {\n-a\n+b")}
	if got := prose.symbols(); len(got) != 0 {
		t.Errorf("symbols of prose = %q", got)
	}
	f := &file{}
	f.Path = "a.go"
	f.hunks = parsePatch("@@ -1,9 +1,12 @@ func before() {\n \tx()\n+\ty()\n }\n \n+// Added does.\n+func Added() {\n+}\n \n func after() {\n-\tz()\n }\n+var loose = 1")
	if got := strings.Join(f.symbols(), " "); got != "before Added after" {
		t.Errorf("symbols = %q, want before Added after", got)
	}
}

// whitespaceIn counts the lines of a patch that change white space only.
func whitespaceIn(path, patch string) (n Lines) {
	for _, h := range parsePatch(patch) {
		n = n.plus(h.blankLines(sameBut(path)))
	}
	return n
}
