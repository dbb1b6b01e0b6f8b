package pulls

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
)

// literalTypes are the types of literals.
var literalTypes = map[token.Token]string{token.INT: "int", token.FLOAT: "float64", token.IMAG: "complex128", token.CHAR: "int32", token.STRING: "string"}

// valueType is the type of a variable that is declared by its value, as far as the text shows; "" when it does not.
func (w *typeWriter) valueType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return literalTypes[e.Kind]
	case *ast.ParenExpr:
		return w.valueType(e.X)
	case *ast.CompositeLit:
		if e.Type != nil {
			return w.string(e.Type)
		}
	case *ast.FuncLit:
		return "func" + w.string(e.Type)
	case *ast.UnaryExpr:
		if lit, ok := e.X.(*ast.CompositeLit); ok && e.Op == token.AND && lit.Type != nil {
			return "*" + w.string(lit.Type)
		}
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return "bool"
		}
	case *ast.CallExpr:
		return w.callType(e)
	}
	return ""
}

// callType is the type of what a call gives, for conversions that show it and for the functions that make most variables.
func (w *typeWriter) callType(e *ast.CallExpr) string {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		switch {
		case f.Name == "make" && len(e.Args) > 0:
			return w.string(e.Args[0])
		case f.Name == "new" && len(e.Args) > 0:
			return "*" + w.string(e.Args[0])
		case f.Name == "string" || f.Name == "int" || f.Name == "int64" || f.Name == "float64":
			return f.Name
		}
	case *ast.SelectorExpr:
		switch w.string(f) {
		case "errors.New", "fmt.Errorf":
			return "error"
		case "regexp.MustCompile":
			return "*regexp.Regexp"
		}
	case *ast.ArrayType, *ast.MapType:
		return w.string(f)
	}
	return ""
}

// valueText shows what a variable begins with, briefly.
func valueText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.CompositeLit:
		if e.Type != nil {
			return goText(e.Type) + "{…}"
		}
	case *ast.FuncLit:
		return goText(e.Type)
	case *ast.UnaryExpr:
		return e.Op.String() + valueText(e.X)
	case *ast.CallExpr:
		return goText(e.Fun) + "(…)"
	}
	return goText(e)
}

// constantType is the type of a constant that is declared by its value alone; "" when the text does not show it.
func constantType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return "untyped " + literalTypes[e.Kind]
	case *ast.ParenExpr:
		return constantType(e.X)
	case *ast.UnaryExpr:
		return constantType(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.SHL || e.Op == token.SHR {
			return constantType(e.X)
		}
		if t := constantType(e.X); t != "" && t == constantType(e.Y) {
			return t
		}
	case *ast.Ident:
		switch e.Name {
		case "iota":
			return "untyped int"
		case "true", "false":
			return "untyped bool"
		}
	}
	return ""
}

// promote gives exported types what the types of their own package that they embed have, as deep as a name is not taken already.
func (r *goReader) promote() {
	for _, owner := range slices.Sorted(maps.Keys(r.types)) {
		if ast.IsExported(owner) {
			r.promoteInto(owner, r.types[owner].embedded, map[string]bool{owner: true})
		}
	}
}

func (r *goReader) promoteInto(owner string, embedded []string, seen map[string]bool) {
	var next []string
	for _, name := range embedded {
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, m := range r.types[name].members {
			if ast.IsExported(name) {
				m.origin = name + "." + m.symbol
			}
			m.parent, m.symbol = owner, owner+"."+m.symbol
			if len(r.table[m.symbol]) == 0 {
				r.table.add(m)
			}
		}
		next = append(next, r.types[name].embedded...)
	}
	if len(next) > 0 {
		r.promoteInto(owner, next, seen)
	}
}

// resolve gives aliases of types of the package what those have: to users they are the same.
func (r *goReader) resolve() {
	for _, symbol := range slices.Sorted(maps.Keys(r.table)) {
		d := r.table[symbol][0]
		target := r.types[d.sameAs]
		if d.sameAs == "" || !target.declared || target.self.sameAs != "" {
			continue
		}
		d.kind, d.key, d.whole = target.self.kind, target.self.key, false
		r.table[symbol][0] = d
		for _, m := range target.members {
			if ast.IsExported(d.sameAs) {
				m.origin = d.sameAs + "." + m.symbol
			}
			m.parent, m.symbol = symbol, symbol+"."+m.symbol
			r.table.add(m)
		}
	}
}

// expose adds the types that are not exported and that exported declarations name: whoever calls a function has to give it what its parameters
// demand. Only what both sides expose is compared: that one more type is exposed changes nothing by itself.
func (r *goReader) expose() {
	var next []string
	for _, list := range r.table {
		for _, d := range list {
			next = slices.AppendSeq(next, maps.Keys(d.uses))
		}
	}
	for seen := map[string]bool{}; len(next) > 0; {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		t := r.types[name]
		if seen[name] || !t.declared {
			continue
		}
		seen[name] = true
		self := t.self
		self.hidden = true
		r.table.add(self)
		next = slices.AppendSeq(next, maps.Keys(self.uses))
		for _, m := range t.members {
			if m.parent != "" {
				continue // by embedding
			}
			m.parent, m.symbol, m.hidden = name, name+"."+m.symbol, true
			r.table.add(m)
			next = slices.AppendSeq(next, maps.Keys(m.uses))
		}
	}
}

// compare notes which structs cannot be compared with ==, and of which that is not known.
func (r *goReader) compare() {
	for name, list := range r.table {
		if x, ok := r.types[name].expr.(*ast.StructType); ok && len(list) == 1 && list[0].kind == "struct" {
			if list[0].lacks = r.equality(x, 0); list[0].lacks == "==" {
				list[0].text += " (not comparable)"
			}
		}
	}
}

// predeclared are the language's own types that structs can have.
var predeclared = map[string]bool{
	"bool": true, "string": true, "error": true, "any": true, "byte": true, "rune": true, "uintptr": true, "int": true, "int8": true, "int16": true, "int32": true,
	"int64": true, "uint": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true, "float32": true, "float64": true, "complex64": true, "complex128": true,
}

// equality is "" for types that can be compared, "==" for those that cannot, and "?" where that depends on a file that was not read.
func (r *goReader) equality(e ast.Expr, depth int) string {
	switch e := e.(type) {
	case *ast.ArrayType:
		if e.Len != nil {
			return r.equality(e.Elt, depth)
		}
		return "=="
	case *ast.MapType, *ast.FuncType:
		return "=="
	case *ast.StructType:
		found := ""
		for _, f := range e.Fields.List {
			if one := r.equality(f.Type, depth); one == "==" {
				return one
			} else if one != "" {
				found = one
			}
		}
		return found
	case *ast.Ident:
		t := r.types[e.Name]
		switch {
		case t.declared && depth < maxAliases:
			return r.equality(t.expr, depth+1)
		case t.declared || !predeclared[e.Name]:
			return "?"
		}
	case *ast.SelectorExpr, *ast.IndexExpr, *ast.IndexListExpr:
		return "?"
	}
	return ""
}
