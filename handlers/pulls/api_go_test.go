package pulls

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shipmate/integrations/github"
)

// sides is a snapshot of whole files: "path" → before and after; "" is a side that is not there.
func sides(files map[string][2]string) github.Snapshot {
	var s github.Snapshot
	for path, text := range files {
		f := github.File{Path: path, Status: "modified", Contents: github.Contents{Before: text[0], After: text[1], Read: true}}
		switch {
		case text[0] == "":
			f.Status = "added"
		case text[1] == "":
			f.Status = "removed"
		}
		s.Files = append(s.Files, f)
	}
	s.ChangedFiles = len(s.Files)
	return s
}

// apiText is one line for each change: a mark for breaking ones, the kind, and what it was and is.
func apiText(a API) string {
	var lines []string
	for _, c := range a.Changes {
		mark := map[bool]string{true: "!"}[c.Breaking]
		lines = append(lines, fmt.Sprintf("%s%s %s: %s → %s", mark, c.Kind, c.Symbol, c.Before, c.After))
	}
	return strings.Join(lines, "\n")
}

func TestGoAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before, after, want string }{
		{"nothing", "func F(a int) {}", "func F(a int) { go F(a) }", ""},
		{"another name of a parameter", "func F(a, b int) (n int) { return a }", "func F(x int, y int) int { return x }", ""},
		{"another name of a type parameter", "func F[T any](x T) []T { return nil }", "func F[E interface{}](x E) []E { return nil }", ""},
		{"removed", "func F() {}", "func f() {}", "!removed F: func F() → "},
		{"added", "", "func F() error { return nil }", "added F:  → func F() error"},
		{"another parameter", "func F(a int) {}", "func F(a int64) {}", "!changed F: func F(a int) → func F(a int64)"},
		{"one more result", "func F() {}", "func F() error { return nil }", "!changed F: func F() → func F() error"},
		{"variadic", "func F(a []int) {}", "func F(a ...int) {}", "!changed F: func F(a []int) → func F(a ...int)"},
		{"type parameters", "func F(x int) {}", "func F[T int|string](x T) {}", "!changed F: func F(x int) → func F[T int | string](x T)"},
		{"method", "type T struct{}\nfunc (T) M(n int) {}", "type T struct{}\nfunc (T) M() {}", "!changed T.M: func (T) M(n int) → func (T) M()"},
		{"methods of a type that goes", "type T struct{ A int }\nfunc (T) M() {}", "", "!removed T: type T struct → "},
		{"method of an unexported type", "type t struct{}\nfunc (t) M(n int) {}", "type t struct{}", ""},
		{"method of a generic type", "type T[K any] struct{}\nfunc (t *T[K]) M(k K) {}", "type T[V any] struct{}\nfunc (t *T[V]) M(k V) {}", ""},
		{"pointer receiver", "type T int\nfunc (T) M() {}", "type T int\nfunc (*T) M() {}", "!changed T.M: func (T) M() → func (*T) M()"},
		{"value receiver", "type T int\nfunc (*T) M() {}", "type T int\nfunc (T) M() {}", ""},
		{"field", "type T struct { A, b int }", "type T struct { A string; c int }", "!changed T.A: A int → A string"},
		{"removed and added field", "type T struct { A int }", "type T struct { B int }", "!removed T.A: A int → \nadded T.B:  → B int"},
		{"tag", "type T struct { A int `json:\"a\"` }", "type T struct { A int `json:\"b\"` }", ""},
		{"embedded", "type T struct { Mutex }\ntype Mutex struct{}", "type T struct {}\ntype Mutex struct{}", "!removed T.Mutex: Mutex (embedded) → "},
		{"interface method added", "type I interface { A() }", "type I interface { A(); B() error }", "!added I.B:  → B() error"},
		{"sealed interface", "type I interface { A(); x() }", "type I interface { A(); B(); x() }", "added I.B:  → B()"},
		{"interface method removed", "type I interface { A(); B() }", "type I interface { B() }", "!removed I.A: A() → "},
		{"interface order", "type I interface { A(); B() }", "type I interface { B(); A() }", ""},
		{"interface by embedding", "type I interface { A(); B() }", "type I interface { J; A() }\ntype J interface { B() }", "added J:  → type J interface"},
		{"constraint", "type N interface { ~int | ~int8 }", "type N interface { ~int }", "!changed N: type N interface{~int|~int8} → type N interface{~int}"},
		{"constant's type", "const A = 1", "const A = \"x\"", "!changed A: const A = 1 → const A = \"x\""},
		{"constant's value", "const A = 1", "const A = 2", "changed A: const A = 1 → const A = 2"},
		{"iota", "const (\n\tA = iota\n\tB\n)", "const (\n\tA = iota\n\tX\n\tB\n)", "changed B: const B = iota, line 2 of its group → const B = iota, line 3 of its group\nadded X:  → const X = iota, line 2 of its group"},
		{"variable's type", "var A int", "var A string", "!changed A: var A int → var A string"},
		{"variable's value", "var A = errors.New(\"a\")", "var A error = fmt.Errorf(\"b\")", ""},
		{"a variable that may be of the same type", "var A = f()", "var A int = g()", ""},
		{"kind", "func F() {}", "var F = func() {}", "!changed F: func F() → var F = func()"},
		{"alias of the same name of a package", "import x \"io\"\nfunc F(r x.Reader) {}", "import \"io\"\nfunc F(r io.Reader) {}", ""},
		{"another package of the same name", "import \"a/yaml.v2\"\nfunc F(yaml.Node) {}", "import \"b/yaml.v3\"\nfunc F(yaml.Node) {}", "!changed F: func F(yaml.Node) → func F(yaml.Node) (a type in it is another one now)"},
		{"any", "func F(x interface{}, b []byte) {}", "func F(x any, b []uint8) {}", ""},
		{"defined type", "type ID string", "type ID int", "!changed ID: type ID string → type ID int"},
		{"function type", "type H func(a int)", "type H func(b int)", ""},
		{"interface that is not exported", "type i interface { A() }\nfunc F(x i) {}", "type i interface { A(); B() }\nfunc F(x i) {}", "!added i.B:  → B()"},
		{"type that nobody sees", "type i interface { A() }", "type i interface { A(); B() }", ""},
		{"alias of a type of the package", "type T struct { A int }\nfunc (T) M() {}", "type T = U\ntype U struct { A int }\nfunc (U) M() {}", "added U:  → type U struct"},
		{"alias of another package's type", "type T struct { A int }", "import \"sync\"\ntype T = sync.Map", "!changed T: type T struct → type T = sync.Map"},
		{"alias in a signature", "type E = string\nfunc F(string) {}", "type E = string\nfunc F(E) {}", ""},
		{"comparable", "type T struct { A int }", "type T struct { A int; b []int }", "changed T: type T struct → type T struct (not comparable)"},
		{"a program", "package main\nfunc F() {}", "package main", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := func(body string) string {
				if strings.HasPrefix(body, "package ") {
					return body
				}
				return "package p\n" + body
			}
			a := Compute(sides(map[string][2]string{"p/a.go": {file(tt.before), file(tt.after)}}), DefaultWeights()).API
			if got := apiText(a); got != tt.want || len(a.Unread) > 0 || a.Files != 1 {
				t.Errorf("%s\nwant\n%s\n%+v", got, tt.want, a)
			}
		})
	}
}

// A package's files are compared together.
func TestGoAPIOfPackages(t *testing.T) {
	t.Parallel()
	const f = "package p\n\nfunc F() {}\n"
	for _, tt := range []struct {
		name  string
		files map[string][2]string
		want  string
	}{
		{"moved between files", map[string][2]string{"p/a.go": {f, "package p\n"}, "p/b.go": {"", f}}, ""},
		{"moved between packages", map[string][2]string{"p/a.go": {f, ""}, "q/a.go": {"", f}}, "!removed F: func F() → \nadded F:  → func F()"},
		{"nobody can import", map[string][2]string{"internal/a.go": {f, ""}, "p/testdata/a.go": {f, ""}, "p/a_test.go": {f, ""}, "_x/a.go": {f, ""}}, ""},
		{"for one system", map[string][2]string{"p/a_linux.go": {f, ""}, "p/a_windows.go": {f, f + "// more\n"}}, ""},
		{"other type for one system", map[string][2]string{"p/a_linux.go": {"package p\nvar X int", "package p\nvar X string"}, "p/a_windows.go": {"package p\nvar X int", "package p\nvar X int\n//"}}, "!changed X: var X int → var X string"},
		{"only for one system now", map[string][2]string{"p/a.go": {f, "package p\n"}, "p/a_windows.go": {"", f}}, "!removed F: func F() → only for windows"},
		{"not for some systems", map[string][2]string{"p/a.go": {"//go:build !windows && !plan9\n\n" + f, "//go:build !windows && !plan9\n\npackage p\n"}}, "!removed F: func F() → "},
		{"program beside a package", map[string][2]string{"p/gen.go": {"//go:build ignore\n\npackage main\n\nfunc F() {}\n", ""}}, ""},
	} {
		if got := apiText(Compute(sides(tt.files), DefaultWeights()).API); got != tt.want {
			t.Errorf("%s: %s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// A file that does not parse, or was not read, is told; the others count.
func TestUnreadAPI(t *testing.T) {
	t.Parallel()
	s := sides(map[string][2]string{"p/bad.go": {"package p\nfunc (", "package p"}, "p/good.go": {"package p\nfunc F() {}", "package p"}})
	s.Files = append(s.Files, github.File{Path: "p/large.go", Status: "modified", Contents: github.Contents{Why: "larger than 512 KiB"}})
	a := Compute(s, DefaultWeights()).API
	want := []APIUnread{{"p/bad.go", "it does not parse before the change"}, {"p/large.go", "larger than 512 KiB"}}
	if apiText(a) != "!removed F: func F() → " || !slices.Equal(a.Unread, want) || a.Files != 1 {
		t.Errorf("%+v, want F removed and %v unread", a, want)
	}
}

// Whatever strangers write, comparing it ends, and twice the same side is no change.
func FuzzGoAPI(f *testing.F) {
	f.Add("package p\ntype T[K comparable] struct { A map[K]func(...int); t }\ntype t struct{ B int }\nconst ( A = iota; B )", "package p\nvar X, Y = f()")
	f.Fuzz(func(t *testing.T, before, after string) {
		Compute(sides(map[string][2]string{"p/a.go": {before, after}}), DefaultWeights())
		if a := Compute(sides(map[string][2]string{"p/a.go": {before, before}}), DefaultWeights()).API; len(a.Changes) > 0 {
			t.Errorf("a file differs from itself: %s", apiText(a))
		}
	})
}

// Whole files are asked for where they may show a change of a public API, hand-written ones first, and by the command api alone.
func TestWholeFiles(t *testing.T) {
	t.Parallel()
	var s github.Snapshot
	for _, f := range []struct{ path, status string }{
		{"p/a.pb.go", "modified"}, {"p/b.go", "modified"}, {"p/b_test.go", "modified"}, {"internal/c.go", "added"}, {"vendor/x/d.go", "modified"}, {"README.md", "modified"},
		{"api/openapi.yaml", "modified"}, {"config.yaml", "modified"}, {"a.proto", "removed"}, {"s.graphqls", "added"}, {"p/testdata/e.go", "modified"}, {"main.py", "modified"},
	} {
		add(&s, f.path, "@@ -1 +1 @@\n-a\n+b").Status = f.status
	}
	var got []string
	for _, i := range wholeFiles(s) {
		got = append(got, s.Files[i].Path)
	}
	if want := []string{"p/b.go", "api/openapi.yaml", "a.proto", "s.graphqls", "p/a.pb.go"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}
