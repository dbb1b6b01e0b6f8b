package pulls

import (
	"go/ast"
	"maps"
	"slices"
)

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
