package pulls

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// openAPIPath reports whether a path may be one of an OpenAPI document; its first line of content decides.
func openAPIPath(p string) bool {
	switch extension(p) {
	case "json", "yaml", "yml":
	default:
		return false
	}
	name := strings.ToLower(base(p))
	stem, _, _ := strings.Cut(name, ".")
	return strings.Contains(name, "openapi") || strings.Contains(name, "swagger") || stem == "api" || stem == "spec" || inFolder(strings.ToLower(p), "openapi", "swagger")
}

// diffOpenAPI compares OpenAPI 3 and Swagger 2 documents. References to other documents are not followed.
func diffOpenAPI(_ *view, files []*file) (changes []APIChange, unread []APIUnread) {
	for _, f := range files {
		before, after := &openAPI{f: f, table: table{}}, &openAPI{f: f, table: table{}}
		ok1, ok2 := before.read(f.Contents.Before), after.read(f.Contents.After)
		switch {
		case !ok1 || !ok2:
			unread = append(unread, APIUnread{f.Path, "it is neither YAML nor JSON that I can read"})
		case before.is || after.is:
			changes = append(changes, diffTables("openapi", f.Path, before.table, after.table)...)
		}
	}
	return changes, unread
}

// An openAPI is one side of a document.
type openAPI struct {
	f     *file
	table table
	root  *node
	is    bool            // an OpenAPI document at all
	input map[string]bool // names of schemas that requests hold
	reply map[string]bool // names of schemas that responses hold
	left  int             // how many more schemas may be looked at: references can lead in circles
}

// A spot is where a schema is: what it is called, what it is a part of, and in which direction it goes.
type spot struct {
	symbol, parent string
	in, out        bool // in requests, in responses
	depth          int
}

const (
	maxSchemas     = 20_000
	maxSchemaDepth = 12
)

// read lists what a document offers; false when it cannot be parsed.
func (o *openAPI) read(text string) bool {
	if strings.TrimSpace(text) == "" {
		return true
	}
	o.root = parseDocument(text)
	if o.root == nil {
		return false
	}
	if o.root.get("openapi") == nil && o.root.get("swagger") == nil {
		return true
	}
	o.is, o.left, o.input, o.reply = true, maxSchemas, map[string]bool{}, map[string]bool{}
	o.root.get("paths").each(func(path string, item *node) {
		for _, method := range []string{"get", "put", "post", "delete", "patch", "head", "options", "trace"} {
			if op := item.get(method); op != nil {
				o.operation(strings.ToUpper(method)+" ", path, item, op)
			}
		}
	})
	o.closure(o.input)
	o.closure(o.reply)
	for _, schemas := range []*node{o.root.get("components", "schemas"), o.root.get("definitions")} {
		schemas.each(func(name string, s *node) {
			o.add(offer{symbol: name, kind: "schema", text: "schema " + name, key: "", lenient: true}, s)
			used := o.input[name] || o.reply[name]
			o.schema(s, spot{symbol: name, parent: name, in: o.input[name], out: o.reply[name] || !used})
		})
	}
	return true
}

func (o *openAPI) add(d offer, at *node) {
	d.at = Evidence{File: o.f.Path}
	if at != nil {
		d.at.Line = at.line
	}
	o.table.add(d)
}

var pathParameter = regexp.MustCompile(`\{[^{}]*\}`)

// operation lists a method of a path, what it takes and what it gives. What a path calls its parameters does not count.
func (o *openAPI) operation(method, path string, item, op *node) {
	symbol := method + pathParameter.ReplaceAllString(path, "{}")
	o.add(offer{symbol: symbol, shown: method + path, text: method + path, kind: "operation"}, op)
	for _, list := range []*node{item.get("parameters"), op.get("parameters")} {
		for _, p := range list.list() {
			o.parameter(symbol, method+path, o.follow(p))
		}
	}
	body := o.follow(op.get("requestBody"))
	if schema := content(body); schema != nil {
		d := offer{symbol: symbol + " body", shown: method + path + " body", parent: symbol, kind: "body", text: "body " + o.typeOf(schema), key: o.typeOf(schema), lenient: true}
		d.needs = body.get("required").str() == "true"
		if d.needs {
			d.text, d.lacks, d.hard = d.text+", required", "may be left out", true
		}
		o.add(d, body)
		o.schema(schema, spot{symbol: symbol + " body", parent: symbol + " body", in: true})
	}
	op.get("responses").each(func(code string, r *node) {
		r = o.follow(r)
		at := symbol + " " + code
		schema := content(r)
		o.add(offer{symbol: at, shown: method + path + " " + code, parent: symbol, kind: "response", text: strings.TrimSpace(code + " " + o.typeOf(schema)), key: o.typeOf(schema), lenient: !strings.HasPrefix(code, "2")}, r)
		o.schema(schema, spot{symbol: at, parent: at, out: true})
	})
}

// parameter lists what a request has besides its body. Parameters in the path go with the path.
func (o *openAPI) parameter(symbol, shown string, p *node) {
	in, name := p.get("in").str(), p.get("name").str()
	if name == "" || in == "path" {
		return
	}
	schema := cmpNode(p.get("schema"), p)
	if in == "body" {
		o.schema(schema, spot{symbol: symbol + " body", parent: symbol, in: true})
		return
	}
	d := offer{symbol: symbol + " " + in + " " + name, shown: shown + " " + in + " " + name, parent: symbol, kind: "parameter", key: o.typeOf(schema), lenient: true}
	d.text = name + " " + d.key
	if p.get("required").str() == "true" {
		d.needs, d.lacks, d.hard, d.text = true, "may be left out", true, d.text+", required"
	}
	o.add(d, p)
}

func cmpNode(a, b *node) *node {
	if a != nil {
		return a
	}
	return b
}

// content is the schema of a body or response: that of JSON, else of the first kind of content, else what Swagger 2 has.
func content(n *node) *node {
	c := n.get("content")
	if s := c.get("application/json", "schema"); s != nil {
		return s
	}
	if c != nil && len(c.keys) > 0 {
		return c.get(c.keys[0], "schema")
	}
	return n.get("schema")
}

// follow is what a reference within the document leads to.
func (o *openAPI) follow(n *node) *node {
	for range maxSchemaDepth {
		ref, ok := strings.CutPrefix(n.get("$ref").str(), "#/")
		if !ok {
			return n
		}
		n = o.root
		for part := range strings.SplitSeq(ref, "/") {
			n = n.get(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
		}
	}
	return nil
}

// refName is the name of a schema that a reference leads to; "" when it is none.
func refName(n *node) string {
	ref := n.get("$ref").str()
	if strings.HasPrefix(ref, "#/components/schemas/") || strings.HasPrefix(ref, "#/definitions/") {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	return ""
}

// typeOf is a schema's type in a few words.
func (o *openAPI) typeOf(s *node) string {
	switch {
	case s == nil:
		return ""
	case s.get("$ref") != nil:
		return cmp.Or(refName(s), s.get("$ref").str())
	case s.get("items") != nil:
		return "array of " + cmp.Or(s.get("items", "type").str(), refName(s.get("items")), "anything")
	}
	if types := s.get("type").list(); len(types) > 0 { // OpenAPI 3.1
		var names []string
		for _, t := range types {
			names = append(names, t.str())
		}
		slices.Sort(names)
		return strings.Join(names, " or ")
	}
	t := cmp.Or(s.get("type").str(), "object")
	if format := s.get("format").str(); format != "" {
		t += " (" + format + ")"
	}
	return t
}

// schema lists the properties and values of a schema. Those of a named one are listed once, under its name.
func (o *openAPI) schema(s *node, at spot) {
	if s == nil || o.left == 0 || at.depth > maxSchemaDepth {
		return
	}
	o.left--
	at.depth++
	if name := refName(s); name != "" {
		if at.in {
			o.input[name] = true
		}
		if at.out {
			o.reply[name] = true
		}
		return
	}
	for _, part := range s.get("allOf").list() {
		if refName(part) != "" && at.depth < maxSchemaDepth {
			part = o.follow(part)
		}
		o.schema(part, at)
	}
	if items := s.get("items"); items != nil {
		at.symbol += "[]"
		o.schema(items, at)
		return
	}
	for _, v := range s.get("enum").list() {
		o.add(offer{symbol: at.symbol + " = " + v.str(), parent: at.parent, kind: "value", text: v.str(), lenient: !at.in}, v)
	}
	required := map[string]bool{}
	for _, r := range s.get("required").list() {
		required[r.str()] = true
	}
	s.get("properties").each(func(name string, p *node) {
		symbol := at.symbol + "." + name
		d := offer{symbol: symbol, parent: at.parent, kind: "property", key: o.typeOf(p), lenient: !at.out, needs: required[name] && at.in}
		d.text = name + " " + d.key
		if required[name] {
			d.text += ", required"
		}
		if d.needs {
			d.lacks, d.hard = "may be left out", true
		}
		o.add(d, p)
		o.schema(p, spot{symbol: symbol, parent: symbol, in: at.in, out: at.out, depth: at.depth})
	})
}

// closure adds the names of schemas that those in a set refer to.
func (o *openAPI) closure(set map[string]bool) {
	var walk func(n *node, depth int)
	budget := maxSchemas
	walk = func(n *node, depth int) {
		if n == nil || depth > 2*maxSchemaDepth || budget == 0 {
			return
		}
		budget--
		if name := refName(n); name != "" && !set[name] {
			set[name] = true
			walk(o.follow(n), depth+1)
		}
		for _, k := range n.keys {
			walk(n.fields[k], depth+1)
		}
		for _, i := range n.items {
			walk(i, depth+1)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		walk(o.root.get("components", "schemas", name), 0)
		walk(o.root.get("definitions", name), 0)
	}
}
