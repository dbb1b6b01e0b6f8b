package pulls

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
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

// constants reads one line of constants. from is where its types and values are, itself or a line before; index is what iota is.
func (r *goReader) constants(s, from *ast.ValueSpec, index int) {
	w := r.writer()
	for i, n := range s.Names {
		if !n.IsExported() {
			continue
		}
		d := offer{uses: w.uses, symbol: n.Name, kind: "const", text: "const " + n.Name, at: r.place(n)}
		typ := ""
		if from.Type != nil {
			typ = w.string(from.Type)
			d.text += " " + goText(from.Type)
		}
		if i < len(from.Values) {
			value := goText(from.Values[i])
			d.text, d.soft = d.text+" = "+shorten(value, 60), value
			if typ == "" {
				typ = constantType(from.Values[i])
			}
			if usesIota(from.Values[i]) {
				d.soft += " at " + strconv.Itoa(index)
			}
			if s != from {
				d.text = "const " + n.Name + fmt.Sprintf(" = %s, line %d of its group", shorten(value, 60), index+1)
			}
		}
		d.key = typ
		if typ == "" {
			d.key = "?"
		}
		r.add(d)
	}
}

func usesIota(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "iota"
		return !found
	})
	return found
}

// variables reads one line of variables.
func (r *goReader) variables(s *ast.ValueSpec) {
	w := r.writer()
	for i, n := range s.Names {
		if !n.IsExported() {
			continue
		}
		d := offer{uses: w.uses, symbol: n.Name, kind: "var", text: "var " + n.Name, key: "?", at: r.place(n)}
		switch {
		case s.Type != nil:
			d.text, d.key = d.text+" "+shorten(goText(s.Type), 100), w.string(s.Type)
		case i < len(s.Values):
			if typ := w.valueType(s.Values[i]); typ != "" {
				d.key = typ
			}
			d.text += " = " + shorten(valueText(s.Values[i]), 80)
		}
		r.add(d)
	}
}
