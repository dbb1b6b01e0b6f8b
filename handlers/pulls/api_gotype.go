package pulls

import (
	"go/ast"
	"go/printer"
	"go/token"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// A typeWriter writes types so that equal text means an equal type, as far as one file tells: without the names of parameters, with import
// paths in place of the names that a file gives packages, and with numbers in place of the names of type parameters.
type typeWriter struct {
	imports map[string]string // name in the file → import path
	params  map[string]string // type parameter → its number
	aliases map[string]goAlias
	uses    map[string]bool // names of types that are not exported
	depth   int             // of aliases within aliases
	b       strings.Builder
}

// A goAlias is another name of a type, declared in one of the files read.
type goAlias struct {
	of      ast.Expr
	imports map[string]string // of its file
}

// maxAliases bounds aliases of aliases, of which strangers may make rings.
const maxAliases = 8

// sameTypes are names that the language has for one type.
var sameTypes = map[string]string{"byte": "uint8", "rune": "int32", "any": "interface{}"}

// importNames maps the names that a file uses packages by to their paths. rename, where it is not nil, gives a path the name that the other side has for it.
func importNames(f *ast.File, rename func(string) string) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := guessedName(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = rename(p)
	}
	return names
}

var (
	majorVersion = regexp.MustCompile(`^v\d+$`)
	gopkgVersion = regexp.MustCompile(`\.v\d+$`)
)

// guessedName is the name that a package of a path most likely has.
func guessedName(p string) string {
	if dir, last := path.Split(p); majorVersion.MatchString(last) && dir != "" {
		p = strings.TrimSuffix(dir, "/")
	}
	name := gopkgVersion.ReplaceAllString(path.Base(p), "")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "go-"), "-go")
	return strings.ReplaceAll(name, "-", "")
}

// typeParams gives the names of a list of type parameters their numbers.
func (w *typeWriter) typeParams(list *ast.FieldList) {
	if list == nil {
		return
	}
	for _, f := range list.List {
		for _, n := range f.Names {
			w.params[n.Name] = "$" + strconv.Itoa(len(w.params))
		}
	}
}

func (w *typeWriter) string(e ast.Expr) string {
	w.b.Reset()
	w.expr(e)
	return w.b.String()
}

func (w *typeWriter) expr(e ast.Expr) {
	switch e := e.(type) {
	case nil:
	case *ast.Ident:
		w.name(e.Name)
	case *ast.SelectorExpr:
		w.selector(e)
	case *ast.StarExpr:
		w.unary("*", e.X)
	case *ast.ParenExpr:
		w.expr(e.X)
	case *ast.Ellipsis:
		w.unary("...", e.Elt)
	case *ast.UnaryExpr:
		w.unary(e.Op.String(), e.X)
	case *ast.BinaryExpr:
		w.expr(e.X)
		w.unary(e.Op.String(), e.Y)
	case *ast.ArrayType:
		w.b.WriteString("[")
		w.expr(e.Len)
		w.unary("]", e.Elt)
	case *ast.MapType:
		w.unary("map[", e.Key)
		w.unary("]", e.Value)
	case *ast.ChanType:
		w.unary(map[ast.ChanDir]string{ast.SEND: "chan<- ", ast.RECV: "<-chan "}[e.Dir]+"chan ", e.Value)
	case *ast.FuncType:
		w.signature(e)
	case *ast.StructType:
		w.fields(e)
	case *ast.InterfaceType:
		w.methods(e)
	case *ast.IndexExpr:
		w.expr(e.X)
		w.unary("[", e.Index)
		w.b.WriteString("]")
	case *ast.IndexListExpr:
		w.expr(e.X)
		for _, i := range e.Indices {
			w.unary(",", i)
		}
	default:
		w.b.WriteString(goText(e))
	}
}

func (w *typeWriter) unary(mark string, e ast.Expr) {
	w.b.WriteString(mark)
	w.expr(e)
}

func (w *typeWriter) name(s string) {
	switch {
	case w.params[s] != "":
		s = w.params[s]
	case sameTypes[s] != "":
		s = sameTypes[s]
	case !ast.IsExported(s):
		w.uses[s] = true
	}
	if a, ok := w.aliases[s]; ok && w.depth < maxAliases {
		of := typeWriter{imports: a.imports, params: map[string]string{}, aliases: w.aliases, uses: w.uses, depth: w.depth + 1}
		s = of.string(a.of)
	}
	w.b.WriteString(s)
}

func (w *typeWriter) selector(e *ast.SelectorExpr) {
	pkg, ok := e.X.(*ast.Ident)
	if !ok {
		w.expr(e.X)
	} else if known := w.imports[pkg.Name]; known != "" {
		w.b.WriteString(known)
	} else {
		w.b.WriteString(w.likely(pkg.Name))
	}
	w.b.WriteString("." + e.Sel.Name)
}

// likely is the import whose path names a package that no guess found; the name itself when there is none.
func (w *typeWriter) likely(name string) string {
	found := ""
	for _, p := range w.imports {
		if strings.Contains(p, name) && (found == "" || p < found) {
			found = p
		}
	}
	if found == "" {
		return name
	}
	return found
}

// signature writes a function's type without "func".
func (w *typeWriter) signature(e *ast.FuncType) {
	if e.TypeParams != nil {
		w.list("[", e.TypeParams, "]")
	}
	w.list("(", e.Params, ")")
	if e.Results != nil && len(e.Results.List) > 0 {
		w.list("(", e.Results, ")")
	}
}

// list writes the types of a list, once for each name.
func (w *typeWriter) list(open string, list *ast.FieldList, closing string) {
	w.b.WriteString(open)
	if list != nil {
		for _, f := range list.List {
			for range max(len(f.Names), 1) {
				w.expr(f.Type)
				w.b.WriteString(",")
			}
		}
	}
	w.b.WriteString(closing)
}

// fields writes a struct that stands in a type: names count, tags do not.
func (w *typeWriter) fields(e *ast.StructType) {
	w.b.WriteString("struct{")
	for _, f := range e.Fields.List {
		for _, n := range f.Names {
			w.b.WriteString(n.Name + " ")
		}
		w.expr(f.Type)
		w.b.WriteString(";")
	}
	w.b.WriteString("}")
}

// methods writes an interface that stands in a type; the order of its methods does not count.
func (w *typeWriter) methods(e *ast.InterfaceType) {
	var parts []string
	for _, f := range e.Methods.List {
		part := typeWriter{imports: w.imports, params: w.params, aliases: w.aliases, uses: w.uses, depth: w.depth}
		for _, n := range f.Names {
			part.b.WriteString(n.Name)
		}
		part.expr(f.Type)
		parts = append(parts, part.b.String())
	}
	sort.Strings(parts)
	w.b.WriteString("interface{" + strings.Join(parts, ";") + "}")
}

// goText is a node as source, in one line.
func goText(node any) string {
	var b strings.Builder
	if err := printer.Fprint(&b, token.NewFileSet(), node); err != nil {
		return "?"
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
