package pulls

import (
	"errors"
	"strings"
	"testing"

	"shipmate/bot"
)

func TestImportantFilesBeforeTestData(t *testing.T) {
	t.Parallel()
	f := Facts{Changes: []Change{
		{Path: "ldap/testdata/core.schema", Class: ClassTest, Lines: Lines{Additions: 2000}}, {Path: "go.sum", Class: ClassLock, Lines: Lines{Additions: 9}},
		{Path: "ldap/ldap_test.go", Class: ClassTest, Lines: Lines{Additions: 600}}, {Path: "ldap/ldap.go", Class: ClassCode, Lines: Lines{Additions: 60}},
	}}
	var got []string
	for _, c := range f.important() {
		got = append(got, c.Path)
	}
	if want := "ldap/ldap.go ldap/ldap_test.go ldap/testdata/core.schema"; strings.Join(got, " ") != want {
		t.Errorf("important = %q, want %s", got, want)
	}
}

func TestMoveParts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, previous, to, from string }{
		{"pkg/view/a.json", "test/a.json", "…/view/a.json", "test/a.json"},
		{"pkg/view/fixtures/a.json", "test/fixtures/a.json", "…/view/fixtures/a.json", "test/fixtures/a.json"},
		{"b/x/y/z.go", "x/y/z.go", "b/x/y/z.go", "x/y/z.go"},
		{"a.go", "a.go", "a.go", "a.go"},
		{"", "", "", ""},
	} {
		if to, from := moveParts(Change{Path: tt.path, Previous: tt.previous}, 2); to != tt.to || from != tt.from {
			t.Errorf("moveParts(%q from %q) = %q, %q; want %q, %q", tt.path, tt.previous, to, from, tt.to, tt.from)
		}
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	f := Facts{Repository: "octo/widgets", Number: 12, Changes: []Change{
		{Path: "parse/parser.go"}, {Path: "parse/parser_test.go", Class: ClassTest}, {Path: "web/parser.go"}, {Path: "README.md"}, {Path: "new/name.go", Previous: "old/name_before.go"},
	}}
	for _, tt := range []struct{ wanted, want, wantErr string }{
		{wanted: "parse/parser.go", want: "parse/parser.go"},
		{wanted: "parser.go", want: "parse/parser.go web/parser.go"},
		{wanted: "`parser.go`,", want: "parse/parser.go web/parser.go"},
		{wanted: "parse", want: "parse/parser.go parse/parser_test.go"},
		{wanted: "./parse/", want: "parse/parser.go parse/parser_test.go"},
		{wanted: "*_test.go", want: "parse/parser_test.go"},
		{wanted: "web/**", want: "web/parser.go"},
		{wanted: "readme.MD", want: "README.md"},
		{wanted: "parser", want: "parse/parser.go web/parser.go"},
		{wanted: "name_before.go", want: "new/name.go"},
		{wanted: "go", want: "parse/parser.go parse/parser_test.go web/parser.go new/name.go"},
		{wanted: "Markdown", want: "README.md"},
		{wanted: "tests", want: "parse/parser_test.go"},
		{wanted: "rust", wantErr: "octo/widgets#12 changes no rust files."},
		{wanted: "parsr.go", wantErr: "octo/widgets#12 does not change parsr.go. Did you mean parse/parser.go or web/parser.go?"},
		{wanted: "pars", wantErr: "octo/widgets#12 does not change pars. Did you mean parse/parser.go or parse/parser_test.go or web/parser.go?"},
		{wanted: "nothing.like.it", wantErr: "octo/widgets#12 does not change nothing.like.it."},
		{wanted: "[", wantErr: "octo/widgets#12 does not change [."},
		{wanted: "/", wantErr: "octo/widgets#12 does not change /."},
	} {
		found, err := matching(&f, "changed", tt.wanted)
		var paths []string
		for _, c := range found {
			paths = append(paths, c.Path)
		}
		if got := strings.Join(paths, " "); got != tt.want {
			t.Errorf("matching(%q) = %q, want %q", tt.wanted, got, tt.want)
		}
		if e, ok := errors.AsType[*bot.UserError](err); tt.wantErr != "" && (!ok || e.Text != tt.wantErr) {
			t.Errorf("matching(%q): %v, want %q", tt.wanted, err, tt.wantErr)
		}
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"parser", "parsr", 1}, {"kitten", "sitting", 3}, {strings.Repeat("a", 101), "a", 1000}} {
		if got := editDistance(tt.a, tt.b); got != tt.want || editDistance(tt.b, tt.a) != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNewFileIsShownFromItsFirstDeclaration(t *testing.T) {
	t.Parallel()
	s := small(t)
	lines := []string{"/*", "Copyright", "*/", "", "package big", "", `import "fmt"`, "", "func Next() int {"}
	for range 80 {
		lines = append(lines, "\tfmt.Println()")
	}
	add(&s, "parse/big.go", added(append(lines, "}")...))
	s.Files[len(s.Files)-1].Status = "added"
	reply, err := askAbout(t, s, "changed big.go")
	if err != nil {
		t.Fatal(err)
	}
	text := bot.PlainText(reply, false)
	if strings.Contains(text, "Copyright") || !strings.Contains(text, "@@ line 9 @@") || !strings.Contains(text, "30 more lines on GitHub") {
		t.Errorf("the new file is shown as:\n%s", text)
	}
}

func TestDiffIsBounded(t *testing.T) {
	t.Parallel()
	s := small(t)
	long := make([]string, 500)
	for i := range long {
		long[i] = strings.Repeat("x", 300)
	}
	add(&s, "parse/big.go", added(long...))
	reply, err := askAbout(t, s, "changed big.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range reply.Blocks {
		if c, ok := b.(bot.Code); ok && (len(c.Text) > maxDiffBytes || strings.Count(c.Text, "\n") > maxDiffLines+1) {
			t.Errorf("%d bytes and %d lines of code", len(c.Text), strings.Count(c.Text, "\n"))
		}
	}
	if text := bot.PlainText(reply, false); !strings.Contains(text, "more lines on GitHub") {
		t.Errorf("what is left out is not told:\n%.500s", text)
	}
}
