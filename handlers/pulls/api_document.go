package pulls

import (
	"cmp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A node is a value of a YAML or JSON document. A nil node is one that is not there; every method works on it.
type node struct {
	text   string // of a scalar
	line   int
	keys   []string
	fields map[string]*node
	items  []*node
}

// get is what a key of a mapping leads to.
func (n *node) get(keys ...string) *node {
	for _, k := range keys {
		if n == nil {
			return nil
		}
		n = n.fields[k]
	}
	return n
}

func (n *node) str() string {
	if n == nil {
		return ""
	}
	return n.text
}

// each visits the entries of a mapping in order.
func (n *node) each(visit func(key string, value *node)) {
	if n == nil {
		return
	}
	for _, k := range n.keys {
		visit(k, n.fields[k])
	}
}

func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// maxNesting bounds how deep a document may be nested: deeper ones are made to break parsers.
const maxNesting = 100

// parseDocument reads YAML, of which JSON is a part; nil when it is neither, or nested too deeply. Anchors and aliases are not followed: they can make a
// short document endless.
func parseDocument(text string) (root *node) {
	if tooDeep(text) {
		return nil
	}
	defer func() {
		if recover() != nil { // a parser that strangers' text upsets
			root = nil
		}
	}()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	return convert(file.Docs[0].Body, 0)
}

// tooDeep reports whether brackets, or marks at the beginning of a line, are nested more deeply than people do.
func tooDeep(text string) bool {
	depth := 0
	for l := range strings.Lines(text) {
		marks := 0
		for word := range strings.FieldsSeq(l) {
			if !strings.ContainsAny(word[:1], "-?:&!*") {
				break
			}
			marks++
		}
		for _, c := range []byte(l) {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth+marks > maxNesting {
				return true
			}
		}
	}
	return false
}

func convert(n ast.Node, depth int) *node {
	if n == nil || depth > maxNesting {
		return nil
	}
	out := &node{fields: map[string]*node{}}
	if t := n.GetToken(); t != nil && t.Position != nil {
		out.line = t.Position.Line
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			out.put(v, depth)
		}
	case *ast.MappingValueNode:
		out.put(n, depth)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			out.items = append(out.items, convert(v, depth+1))
		}
	case *ast.AnchorNode:
		return convert(n.Value, depth+1)
	case *ast.TagNode:
		return convert(n.Value, depth+1)
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.StringNode:
		out.text = n.Value
	case ast.ScalarNode:
		out.text = n.GetToken().Value
	}
	return out
}

func (n *node) put(v *ast.MappingValueNode, depth int) {
	key := v.Key.GetToken().Value
	value := convert(v.Value, depth+1)
	if value == nil {
		value = &node{}
	}
	value.line = cmp.Or(v.Key.GetToken().Position.Line, value.line)
	if n.fields[key] == nil {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = value
}
