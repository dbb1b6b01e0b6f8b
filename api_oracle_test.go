package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shipmate/handlers/pulls"
	"shipmate/integrations/github"

	"golang.org/x/exp/apidiff"
)

// TestAPIDifferences compares the exact API differences of Go commits with golang.org/x/exp/apidiff, which type-checks whole packages: on a
// clone made for it and on those named in SHIPMATE_REPOS, separated by colons. SHIPMATE_COMMITS is how many of the newest commits that touch exported API are
// taken of each (60 unless set). What a package imports from outside the standard library is made up from the names that it uses of it; function bodies are not
// checked; only the files that Linux builds are, so what ours finds gone for other systems alone does not count.
func TestAPIDifferences(t *testing.T) {
	limit := fromEnv("SHIPMATE_COMMITS", 60)
	lines := token.NewFileSet()
	standard := importer.ForCompiler(lines, "source", nil)
	all := tally{}
	for i, repo := range append([]string{moving(t)}, clones()...) {
		o := &oracle{t: t, lines: lines, standard: standard, git: newGitReader(t, repo)}
		sum := tally{}
		for _, commit := range o.git.commits() {
			if i > 0 && sum.commits == limit {
				break
			}
			o.compare(commit, &sum)
		}
		t.Logf("%-32s %s", filepath.Base(filepath.Dir(repo))+"/"+filepath.Base(repo), sum)
		if i > 0 {
			all.plus(sum)
		} else if sum != (tally{commits: 13, both: 13}) {
			t.Errorf("the clone made for it: got %s, want 13 commits of one symbol each that both name", sum)
		}
	}
	t.Logf("%-32s %s", "all of SHIPMATE_REPOS", all)
	if all.commits > 0 && (all.precision() < 0.9 || all.recall() < 0.9) {
		t.Errorf("precision %.3f and recall %.3f, want at least 0.9", all.precision(), all.recall())
	}
}

// A tally counts removed and changed symbols that both name, that only ours names and that only apidiff names.
type tally struct{ commits, both, ours, theirs int }

func (a *tally) plus(b tally) {
	a.commits, a.both, a.ours, a.theirs = a.commits+b.commits, a.both+b.both, a.ours+b.ours, a.theirs+b.theirs
}

func portion(part, rest int) float64 { return float64(part) / float64(max(part+rest, 1)) }

func (a tally) precision() float64 { return portion(a.both, a.ours) }
func (a tally) recall() float64    { return portion(a.both, a.theirs) }
func (a tally) String() string {
	return fmt.Sprintf("%4d commits, %5d symbols named by both, %4d by ours alone, %4d by apidiff alone: precision %.3f, recall %.3f",
		a.commits, a.both, a.ours, a.theirs, a.precision(), a.recall())
}

// An oracle loads packages of one clone.
type oracle struct {
	t        *testing.T
	lines    *token.FileSet
	standard types.Importer
	git      *gitReader
}

// compare adds one commit to sum, when either side finds something in it.
func (o *oracle) compare(commit [2]string, sum *tally) {
	files := o.git.changes(commit)
	folders := map[string]bool{}
	for i, f := range files {
		folders[path.Dir(f.Path)] = true
		if f.PreviousPath != "" {
			folders[path.Dir(f.PreviousPath)] = true
		}
		if f.Status != "added" {
			files[i].Contents.Before = o.git.read(commit[0], cmp.Or(f.PreviousPath, f.Path))
		}
		if f.Status != "removed" {
			files[i].Contents.After = o.git.read(commit[1], f.Path)
		}
		files[i].Contents.Read = true
	}
	theirs, names := map[string]string{}, map[string]string{} // folder:symbol → what happened; folder → name
	for folder := range folders {
		if !o.theirs(commit, folder, theirs, names) {
			delete(folders, folder)
		}
	}
	ours := findOurs(files, folders, names, theirs)
	byTheirNames(ours, theirs)
	if len(ours)+len(theirs) == 0 {
		return
	}
	sum.commits++
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		if sameKind(ours[key], theirs[key]) {
			sum.both++
		} else {
			sum.theirs++
			o.t.Logf("%.8s apidiff alone: %s %s (ours: %q)", commit[1], key, theirs[key], ours[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		if !sameKind(ours[key], theirs[key]) {
			sum.ours++
			o.t.Logf("%.8s ours alone: %s %s (apidiff: %q)", commit[1], key, ours[key], theirs[key])
		}
	}
}

// findOurs is what the bot finds in the folders that apidiff could load, by folder:symbol.
func findOurs(files []github.File, folders map[string]bool, names, theirs map[string]string) map[string]string {
	ours := map[string]string{}
	facts := pulls.Compute(github.Snapshot{PullRequest: github.PullRequest{ChangedFiles: len(files)}, Files: files}, pulls.DefaultWeights())
	for _, c := range facts.API.Changes {
		folder := c.Package
		if names["."] == folder && folders["."] {
			folder = "."
		}
		if c.Exact && c.Language == "go" && folders[folder] && (c.Kind != pulls.APIAdded || c.Breaking) && (theirs[folder+":"+c.Symbol] != "" || !strings.HasPrefix(c.After, "only for ")) {
			kind := string(c.Kind)
			if c.Kind == pulls.APIAdded {
				kind = "changed"
			}
			ours[folder+":"+c.Symbol] = kind
		}
	}
	return ours
}

var typeParameters = regexp.MustCompile(`\[[^]]*\]`)

// byTheirNames renames: apidiff names methods of generic types with their type parameters, and what an interface gets by embedding another one
// by that other one.
func byTheirNames(ours, theirs map[string]string) {
	for key, what := range maps.Clone(theirs) {
		if plain := typeParameters.ReplaceAllString(key, ""); plain != key {
			delete(theirs, key)
			theirs[plain] = what
		}
	}
	for key, what := range theirs {
		if method := key[strings.LastIndexByte(key, '.')+1:]; what == "added" && ours[key] == "" {
			for other := range ours {
				if strings.HasSuffix(other, "."+method) && theirs[other] == "" {
					delete(theirs, key)
					theirs[other] = what
				}
			}
		}
	}
}

func sameKind(ours, theirs string) bool {
	return ours != "" && theirs != "" && (ours == "removed") == strings.HasPrefix(theirs, "removed")
}

// theirs notes what apidiff finds in one folder; false when the folder has no package that both sides can load.
func (o *oracle) theirs(commit [2]string, folder string, found, names map[string]string) bool {
	before, ok1 := o.load(commit[0], folder)
	after, ok2 := o.load(commit[1], folder)
	if !ok1 || !ok2 || before == nil && after == nil {
		return false
	}
	if after == nil || before == nil { // apidiff compares packages that there are on both sides
		if before != nil {
			names[folder] = before.Name()
			for _, n := range before.Scope().Names() {
				if ast.IsExported(n) {
					found[folder+":"+n] = "removed"
				}
			}
		}
		return true
	}
	names[folder] = after.Name()
	byEmbedding := map[string]string{} // a method that a type has by embedding → the embedded type's
	for _, c := range apidiff.Changes(before, after).Changes {
		symbol, what, _ := strings.Cut(c.Message, ": ")
		if obj, holder, ok := strings.Cut(symbol, ", method set of "); ok { // a method that it has by embedding
			symbol = holder + obj[strings.LastIndexByte(obj, '.'):]
			byEmbedding[plain(symbol)] = plain(obj)
		}
		symbol, _, _ = strings.Cut(symbol, ",")
		symbol = plain(symbol)
		if c.Compatible && !strings.Contains(what, "changed") {
			continue
		}
		found[folder+":"+symbol] = what
	}
	for by, of := range byEmbedding { // apidiff tells of both
		if found[folder+":"+of] == found[folder+":"+by] {
			delete(found, folder+":"+by)
		}
	}
	return true
}

func plain(symbol string) string {
	return strings.NewReplacer("(", "", "*", "", ")", "").Replace(symbol)
}

// load type-checks the package in a folder: nil when there is none that others can import. ok is false when a file does not parse.
func (o *oracle) load(commit, folder string) (p *types.Package, ok bool) {
	var files []*ast.File
	for _, name := range o.git.folder(commit, folder) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text := o.git.read(commit, path.Join(folder, name))
		if !built(name, text) {
			continue
		}
		f, err := parser.ParseFile(o.lines, path.Join(folder, name), text, parser.SkipObjectResolution)
		if err != nil {
			return nil, false
		}
		files = append(files, f)
	}
	if len(files) == 0 || files[0].Name.Name == "main" || slices.ContainsFunc(files, func(f *ast.File) bool { return f.Name.Name != files[0].Name.Name }) {
		return nil, len(files) == 0 || files[0].Name.Name == "main"
	}
	config := types.Config{IgnoreFuncBodies: true, FakeImportC: true, Error: func(error) {}, Importer: madeUp{o.standard, files}}
	p, _ = config.Check("repo/"+folder, o.lines, files, nil)
	return p, p != nil
}

// built reports whether Linux builds a file.
func built(name, text string) bool {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = "linux", "amd64", true
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	ok, err := ctx.MatchFile("/", name)
	return ok && err == nil
}

// madeUp imports the standard library, and of everything else a package with the names that are used of it.
type madeUp struct {
	standard types.Importer
	files    []*ast.File
}

func (m madeUp) Import(p string) (*types.Package, error) {
	if first, _, _ := strings.Cut(p, "/"); !strings.Contains(first, ".") {
		if pkg, err := m.standard.Import(p); err == nil {
			return pkg, nil
		}
	}
	name := regexp.MustCompile(`^(?:go-)?([\w-]+?)(?:[.]v\d+|-go)?$`).ReplaceAllString(path.Base(strings.TrimRight(regexp.MustCompile(`/v\d+$`).ReplaceAllString(p, ""), "/")), "$1")
	name = strings.ReplaceAll(name, "-", "")
	pkg := types.NewPackage(p, name)
	for _, f := range m.files {
		local := name
		for _, spec := range f.Imports {
			if spec.Path.Value == strconv.Quote(p) && spec.Name != nil {
				local = spec.Name.Name
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := s.X.(*ast.Ident); ok && id.Name == local && pkg.Scope().Lookup(s.Sel.Name) == nil {
					obj := types.NewTypeName(token.NoPos, pkg, s.Sel.Name, nil)
					types.NewNamed(obj, types.NewStruct(nil, nil), nil)
					pkg.Scope().Insert(obj)
				}
			}
			return true
		})
	}
	pkg.MarkComplete()
	return pkg, nil
}
