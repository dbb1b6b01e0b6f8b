package pulls

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A goReader collects the declarations of a package.
type goReader struct {
	goFile                    // the file being read
	imports map[string]string // of that file
	table   table
	types   map[string]goType // by name, exported or not: what embedding one gives
	aliases map[string]goAlias
}

// A goType is what a named type has, for those that embed it.
type goType struct {
	members  []offer  // fields and methods, without a type's name before them
	embedded []string // names of types of the same package
	self     offer    // the type as a whole, also where it is not exported
	expr     ast.Expr // what it is declared as
	declared bool     // in one of the files read
}

// declare notes which types there are.
func (r *goReader) declare(d ast.Decl) {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, s := range g.Specs {
		if t, ok := s.(*ast.TypeSpec); ok {
			r.types[t.Name.Name] = goType{declared: true}
			if t.Assign.IsValid() && t.TypeParams == nil {
				r.aliases[t.Name.Name] = goAlias{t.Type, r.imports}
			}
		}
	}
}

// read notes what a declaration offers.
func (r *goReader) read(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		r.function(d)
	case *ast.GenDecl:
		r.group(d)
	}
}

func (r *goReader) writer() *typeWriter {
	return &typeWriter{imports: r.imports, params: map[string]string{}, aliases: r.aliases, uses: map[string]bool{}}
}

func (r *goReader) place(n ast.Node) Evidence {
	return Evidence{File: r.at, Line: r.lines.Position(n.Pos()).Line}
}

// function reads a function or method.
func (r *goReader) function(d *ast.FuncDecl) {
	if !d.Name.IsExported() {
		return
	}
	w := r.writer()
	if d.Recv == nil {
		w.typeParams(d.Type.TypeParams)
		key := w.string(d.Type)
		r.add(offer{uses: w.uses, symbol: d.Name.Name, text: signatureText("func "+d.Name.Name, d.Type), kind: "func", key: key, at: r.place(d.Name)})
		return
	}
	if len(d.Recv.List) != 1 {
		return
	}
	name, pointer := receiver(d.Recv.List[0].Type, w)
	m := offer{uses: w.uses, text: signatureText(d.Name.Name, d.Type), key: "method" + w.string(d.Type), at: r.place(d.Name), symbol: d.Name.Name}
	if pointer {
		m.lacks, m.hard, m.text = "values have it", true, "(*"+name+") "+m.text
	} else {
		m.text = "(" + name + ") " + m.text
	}
	m.text = "func " + m.text
	r.member(name, m)
}

// add notes an offer of the file being read.
func (r *goReader) add(d offer) {
	d.build = r.build
	r.table.add(d)
}

// receiver is the name of a method's type, and whether the method is for pointers to it.
func receiver(e ast.Expr, w *typeWriter) (name string, pointer bool) {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e, pointer = x.X, true
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			r := ast.FieldList{List: []*ast.Field{{Names: idents(x.Index)}}}
			w.typeParams(&r)
			e = x.X
		case *ast.IndexListExpr:
			r := ast.FieldList{List: []*ast.Field{{Names: idents(x.Indices...)}}}
			w.typeParams(&r)
			e = x.X
		case *ast.Ident:
			return x.Name, pointer
		default:
			return "", pointer
		}
	}
}

func idents(list ...ast.Expr) []*ast.Ident {
	var out []*ast.Ident
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok {
			out = append(out, id)
		}
	}
	return out
}

// member notes a field or method of a type. Those of types that are not exported count where the type is embedded.
func (r *goReader) member(owner string, m offer) {
	m.build = r.build
	t := r.types[owner]
	t.members = append(t.members, m)
	r.types[owner] = t
	if ast.IsExported(owner) {
		m.parent, m.symbol = owner, owner+"."+m.symbol
		r.add(m)
	}
}

// group reads a declaration of types, constants or variables.
func (r *goReader) group(d *ast.GenDecl) {
	var last *ast.ValueSpec // whose type and values a constant without them repeats
	for i, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			r.typ(s)
		case *ast.ValueSpec:
			if d.Tok == token.VAR {
				r.variables(s)
				continue
			}
			if s.Type != nil || len(s.Values) > 0 || last == nil {
				last = s
			}
			r.constants(s, last, i)
		}
	}
}

func (r *goReader) typ(s *ast.TypeSpec) {
	w := r.writer()
	w.typeParams(s.TypeParams)
	d := offer{uses: w.uses, symbol: s.Name.Name, kind: "type", at: r.place(s.Name), text: "type " + s.Name.Name + " "}
	if s.TypeParams != nil {
		w.list("[", s.TypeParams, "]")
		d.key = w.b.String()
	}
	switch x := s.Type.(type) {
	case *ast.StructType:
		d.kind, d.text, d.key = "struct", d.text+"struct", d.key+"struct"
		r.fields(s.Name.Name, x, w)
	case *ast.InterfaceType:
		rest := r.methods(s.Name.Name, x, w)
		d.kind, d.text, d.key = "interface", d.text+"interface", d.key+"interface"+rest
		if rest != "{}" {
			d.text += shorten(rest, 80)
		}
	default:
		d.text += shorten(goText(s.Type), 100)
		d.key += w.string(s.Type)
	}
	if s.Assign.IsValid() {
		d.text, d.key = "type "+s.Name.Name+" = "+strings.TrimPrefix(d.text, "type "+s.Name.Name+" "), "="+d.key
		d.kind, d.whole = "type", true
		if id, ok := s.Type.(*ast.Ident); ok && r.declares(id.Name) {
			d.sameAs = id.Name
		}
	}
	t := r.types[s.Name.Name]
	t.self, t.expr = d, s.Type
	r.types[s.Name.Name] = t
	if s.Name.IsExported() {
		r.add(d)
	}
}

// fields notes the exported fields of a struct, and what it embeds.
func (r *goReader) fields(owner string, x *ast.StructType, w *typeWriter) {
	for _, f := range x.Fields.List {
		text, key := shorten(goText(f.Type), 100), ""
		if len(f.Names) == 0 || slices.ContainsFunc(f.Names, (*ast.Ident).IsExported) {
			key = w.string(f.Type)
		}
		if len(f.Names) == 0 {
			name := embeddedName(f.Type)
			r.embeds(owner, f.Type)
			if ast.IsExported(name) {
				r.member(owner, offer{uses: w.uses, symbol: name, text: text + " (embedded)", key: "embedded " + key, at: r.place(f)})
			}
		}
		for _, n := range f.Names {
			if n.IsExported() {
				r.member(owner, offer{uses: w.uses, symbol: n.Name, text: n.Name + " " + text, key: "field " + key, at: r.place(n)})
			}
		}
	}
}

// embeddedName is the name that an embedded field has.
func embeddedName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.StarExpr:
		return embeddedName(x.X)
	case *ast.ParenExpr:
		return embeddedName(x.X)
	case *ast.IndexExpr:
		return embeddedName(x.X)
	case *ast.IndexListExpr:
		return embeddedName(x.X)
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// embeds notes that a type embeds another one of its package.
func (r *goReader) embeds(owner string, e ast.Expr) {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		t := r.types[owner]
		t.embedded = append(t.embedded, id.Name)
		r.types[owner] = t
	}
}

// methods notes the methods of an interface, and returns what else it demands, in order. Whoever implements an interface has to have the methods
// that it gets, unless it has one that only its own package can implement.
func (r *goReader) methods(owner string, x *ast.InterfaceType, w *typeWriter) string {
	var rest []string
	sealed := slices.ContainsFunc(x.Methods.List, func(f *ast.Field) bool { return len(f.Names) > 0 && !f.Names[0].IsExported() })
	for _, f := range x.Methods.List {
		if len(f.Names) == 0 {
			r.embeds(owner, f.Type)
			if id, ok := f.Type.(*ast.Ident); !ok || !r.declares(id.Name) {
				rest = append(rest, w.string(f.Type))
			}
			continue
		}
		for _, n := range f.Names {
			if t, ok := f.Type.(*ast.FuncType); ok && n.IsExported() {
				r.member(owner, offer{uses: w.uses, symbol: n.Name, text: signatureText(n.Name, t), key: "method" + w.string(t), needs: !sealed, at: r.place(n)})
			}
		}
	}
	slices.Sort(rest)
	return "{" + strings.Join(rest, ";") + "}"
}

// declares reports whether the files that are read declare a type. One of the package's other files is the same on both sides.
func (r *goReader) declares(name string) bool { return r.types[name].declared }

// signatureText is a function with its name and without its body.
func signatureText(name string, t *ast.FuncType) string {
	const most = 160
	return shorten(name+strings.TrimPrefix(goText(t), "func"), most)
}
