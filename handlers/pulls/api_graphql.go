package pulls

import (
	"path"
	"strings"
)

func graphQLPath(p string) bool {
	e := extension(p)
	return (e == "graphql" || e == "graphqls" || e == "gql") && !inFolder(p, "testdata", "vendor", "node_modules")
}

// diffGraphQL compares GraphQL schemas: the changed files of a folder together. Queries and fragments are none.
func diffGraphQL(_ *view, files []*file) ([]APIChange, []APIUnread) {
	return schemaLanguage{"graphql", "#", false, func(f *file, _ []word) string { return path.Dir(f.Path) }, (*reading).graphQL}.diff(files)
}

// graphQL reads the definitions of a file.
func (r *reading) graphQL() {
	for len(r.words) > 0 {
		w := r.next()
		extends := w.text == "extend"
		if extends {
			w = r.next()
		}
		switch w.text {
		case "type", "interface", "input", "enum", "union", "scalar":
			name := r.next()
			if !extends {
				r.add(offer{symbol: name.text, kind: w.text, text: w.text + " " + name.text}, name.line)
			}
			r.graphQLType(w.text, name.text)
		case "query", "mutation", "subscription", "fragment", "schema":
			r.skip("} after")
		case "{":
			for depth := 1; depth > 0 && len(r.words) > 0; {
				switch r.next().text {
				case "{":
					depth++
				case "}":
					depth--
				}
			}
		}
	}
}

// graphQLType reads what follows a type's name.
func (r *reading) graphQLType(kind, name string) {
	if r.take("implements") {
		for r.take("&"); len(r.words) > 0 && !r.is("{") && !r.is("@"); r.take("&") {
			w := r.next()
			r.add(offer{symbol: name + " implements " + w.text, parent: name, kind: "implements", text: "implements " + w.text}, w.line)
			if !r.is("&") {
				break
			}
		}
	}
	r.directives()
	switch {
	case kind == "union" && r.take("="):
		for r.take("|"); len(r.words) > 0; {
			w := r.next()
			r.add(offer{symbol: name + " = " + w.text, parent: name, kind: "member", text: w.text}, w.line)
			if !r.take("|") {
				return
			}
		}
	case r.take("{"):
		for len(r.words) > 0 && !r.is("}") {
			r.graphQLMember(kind, name)
		}
		r.take("}")
	}
}

// graphQLMember reads a field, an input or a value.
func (r *reading) graphQLMember(kind, owner string) {
	w := r.next()
	symbol := owner + "." + w.text
	switch {
	case w.text == `""` || w.text == "{":
	case kind == "enum":
		r.add(offer{symbol: symbol, parent: owner, kind: "value", text: w.text}, w.line)
	case kind == "input":
		r.input(symbol, owner, w)
	default:
		var arguments []func()
		if r.take("(") {
			for len(r.words) > 0 && !r.is(")") && !r.is("}") {
				if a := r.next(); a.text != `""` {
					arguments = append(arguments, r.argument(symbol, a))
				}
			}
			r.take(")")
		}
		typ := ""
		if r.take(":") {
			typ = r.graphQLTypeName()
		}
		d := offer{symbol: symbol, parent: owner, kind: "field", text: w.text + ": " + typ, key: strings.TrimSuffix(typ, "!")}
		if !strings.HasSuffix(typ, "!") {
			d.lacks, d.hard = "always a value", true
		}
		r.add(d, w.line)
		for _, add := range arguments {
			add()
		}
	}
	r.directives()
}

// argument reads an argument of a field; what it returns notes it.
func (r *reading) argument(field string, w word) func() {
	inner := reading{file: r.file, words: r.words, into: table{}}
	inner.input(field+"("+w.text+")", field, w)
	inner.directives()
	r.words = inner.words
	return func() {
		for _, list := range inner.into {
			for _, d := range list {
				r.into.add(d)
			}
		}
	}
}

// input reads ": Type = default" of an input or argument. One that must be given, and has no default, breaks those who do not give it.
func (r *reading) input(symbol, owner string, w word) {
	typ := ""
	if r.take(":") {
		typ = r.graphQLTypeName()
	}
	d := offer{symbol: symbol, parent: owner, kind: "input", text: w.text + ": " + typ, key: strings.TrimSuffix(typ, "!"), needs: strings.HasSuffix(typ, "!")}
	if r.take("=") {
		d.needs = false
		d.text += " = …"
		if r.is("[") || r.is("{") {
			end := map[string]string{"[": "] after", "{": "} after"}[r.words[0].text]
			r.skip(end)
		} else {
			r.next()
		}
	}
	if d.needs {
		d.lacks, d.hard = "may be left out", true
	}
	r.add(d, w.line)
}

// graphQLTypeName reads a type such as "[User!]!".
func (r *reading) graphQLTypeName() string {
	var b strings.Builder
	for r.is("[") {
		b.WriteString(r.next().text)
	}
	b.WriteString(r.next().text)
	for r.is("]") || r.is("!") {
		b.WriteString(r.next().text)
	}
	return b.String()
}

// directives passes over "@name(…)".
func (r *reading) directives() {
	for r.take("@") {
		r.next()
		if r.is("(") {
			r.skip(") after")
		}
	}
}
