package pulls

import (
	"cmp"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

// goAPI reports whether a path is one of a Go file that others may import.
func goAPI(p string) bool {
	if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") || inFolder(p, "internal", "testdata", "vendor") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return false
		}
	}
	return true
}

// A goFile is one side of a file.
type goFile struct {
	at     string // the path that evidence names: the one at the head
	folder string // of its package, on this side
	ast    *ast.File
	lines  *token.FileSet
	build  string // for which systems it is; "" for all
}

// A goSide is the changed files of all packages on one side, by folder.
type goSide map[string][]goFile

// diffGo compares the exported declarations of packages, each with all of its changed files: a declaration that moves within its package is
// no change.
func diffGo(v *view, files []*file) (changes []APIChange, unread []APIUnread) {
	before, after := goSide{}, goSide{}
	for _, f := range files {
		was, is, why := parseSides(f)
		if why != "" {
			unread = append(unread, APIUnread{f.Path, why})
			continue
		}
		before.add(was)
		after.add(is)
	}
	same := func(p string) string { return p }
	from, to := v.modulePaths()
	renamed := func(p string) string {
		if rest, ok := strings.CutPrefix(p, to); ok && to != "" && (rest == "" || rest[0] == '/') {
			return from + rest
		}
		return p
	}
	folders := map[string]bool{}
	for folder := range maps.Keys(before) {
		folders[folder] = true
	}
	for folder := range maps.Keys(after) {
		folders[folder] = true
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		name := packageName(folder, before[folder], after[folder])
		was, is := goTable(before[folder], same), goTable(after[folder], renamed)
		keepCommon(was, is)
		changes = append(changes, diffTables("go", name, was, is)...)
	}
	return changes, unread
}

// keepCommon takes out the types that are not exported and that one side does not have, with their parts.
func keepCommon(a, b table) {
	for _, t := range []table{a, b} {
		for symbol, list := range t {
			owner, _, _ := strings.Cut(symbol, ".")
			if list[0].hidden && (len(a[owner]) == 0 || len(b[owner]) == 0) {
				delete(t, symbol)
			}
		}
	}
}

// packageName is the folder of a package, and its own name where that is the top folder.
func packageName(folder string, sides ...[]goFile) string {
	for _, side := range sides {
		if folder == "" && len(side) > 0 {
			return side[0].ast.Name.Name
		}
	}
	return cmp.Or(folder, ".")
}

func (s goSide) add(f *goFile) {
	if f != nil {
		s[f.folder] = append(s[f.folder], *f)
	}
}

// parseSides parses both sides of a file. A side that is not there, or that nobody can import, is nil; why says what is wrong with one.
func parseSides(f *file) (before, after *goFile, why string) {
	if f.Contents.Before != "" {
		if before, why = parseGo(f, cmp.Or(f.PreviousPath, f.Path), f.Contents.Before); why != "" {
			return nil, nil, why + " before the change"
		}
	}
	if f.Contents.After != "" {
		if after, why = parseGo(f, f.Path, f.Contents.After); why != "" {
			return nil, nil, why
		}
	}
	return before, after, ""
}

func parseGo(f *file, p, text string) (*goFile, string) {
	if !goAPI(p) || ignored(text) {
		return nil, ""
	}
	lines := token.NewFileSet()
	tree, err := parser.ParseFile(lines, p, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, "it does not parse"
	}
	if tree.Name.Name == "main" {
		return nil, ""
	}
	return &goFile{at: f.Path, folder: strings.TrimPrefix(path.Dir(p), "."), ast: tree, lines: lines, build: buildFor(p, text)}, ""
}

// ignored reports whether a file is built by nobody who imports its package: a program of its own with the constraint "ignore".
func ignored(text string) bool {
	x, err := constraint.Parse(buildLine(text))
	return err == nil && demands(x, "ignore")
}

// demands reports whether a constraint cannot hold without a tag.
func demands(x constraint.Expr, tag string) bool {
	switch x := x.(type) {
	case *constraint.TagExpr:
		return x.Tag == tag
	case *constraint.AndExpr:
		return demands(x.X, tag) || demands(x.Y, tag)
	case *constraint.OrExpr:
		return demands(x.X, tag) && demands(x.Y, tag)
	}
	return false
}

// buildLine is the line of a Go file that says for which systems it is; "" for all.
func buildLine(text string) string {
	older := ""
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		switch {
		case l != "" && !strings.HasPrefix(l, "//"):
			return older
		case constraint.IsGoBuild(l):
			return l
		case constraint.IsPlusBuild(l):
			older = cmp.Or(older, l)
		}
	}
	return older
}

// buildFor says for which systems a file is, by that line or by its name.
func buildFor(p, text string) string {
	if l := buildLine(text); l != "" {
		return strings.TrimSpace(strings.NewReplacer("//go:build", "", "// +build", "", "//+build", "").Replace(l))
	}
	return strings.TrimSuffix(strings.TrimPrefix(systemName.FindString(p), "_"), ".go")
}

// modulePaths returns the module's path before and after a change of it; both are "" when it stays.
func (v *view) modulePaths() (before, after string) {
	for _, f := range v.files {
		if f.Path != "go.mod" {
			continue
		}
		f.removed(func(l line) { before = cmp.Or(before, modulePath(l.text)) })
		f.added(func(l line) { after = cmp.Or(after, modulePath(l.text)) })
	}
	if before == "" || after == "" {
		return "", ""
	}
	return before, after
}

func modulePath(text string) string {
	rest, ok := strings.CutPrefix(text, "module ")
	if !ok {
		return ""
	}
	return path.Clean(strings.Trim(strings.TrimSpace(rest), `"`))
}

// goTable lists the exported declarations of one side of a package.
func goTable(files []goFile, rename func(string) string) table {
	r := goReader{table: table{}, types: map[string]goType{}, aliases: map[string]goAlias{}}
	each := func(visit func(ast.Decl)) {
		for _, f := range files {
			r.goFile, r.imports = f, importNames(f.ast, rename)
			for _, d := range f.ast.Decls {
				visit(d)
			}
		}
	}
	each(r.declare)
	each(r.read)
	r.promote()
	r.compare()
	r.resolve()
	r.expose()
	return r.table
}
