package pulls

import (
	"path"
	"strings"
)

func protoPath(p string) bool {
	return extension(p) == "proto" && !inFolder(p, "testdata", "vendor", "third_party")
}

// diffProto compares protocol buffer definitions: the changed files of a package together. A field is known by its name; another number or type is a
// change that breaks what was encoded before.
func diffProto(_ *view, files []*file) ([]APIChange, []APIUnread) {
	return schemaLanguage{"proto", "//", true, protoPackage, func(r *reading) { r.protoBody("", "", 0) }}.diff(files)
}

// protoPackage is the package that a file declares; its folder when it declares none.
func protoPackage(f *file, list []word) string {
	for i := range len(list) - 2 {
		if list[i].text == "package" && list[i+2].text == ";" && (i == 0 || list[i-1].text == ";") {
			return list[i+1].text
		}
	}
	return path.Dir(f.Path)
}

// protoBody reads definitions up to the end of a message, or of the file. kind is "" for a file, "message", "enum" or "service".
func (r *reading) protoBody(kind, name string, depth int) {
	for len(r.words) > 0 && !r.is("}") {
		w := r.next()
		switch {
		case w.text == ";":
		case (w.text == "message" || w.text == "enum" || w.text == "service") && len(r.words) > 1 && r.words[1].text == "{":
			inner := r.next().text
			r.take("{")
			symbol := strings.TrimPrefix(name+"."+inner, ".")
			r.add(offer{symbol: symbol, parent: name, kind: w.text, text: w.text + " " + inner}, w.line)
			if depth < maxNesting {
				r.protoBody(w.text, symbol, depth+1)
			} else {
				r.skip()
			}
			r.take("}")
		case w.text == "oneof" && len(r.words) > 1 && r.words[1].text == "{" && depth < maxNesting:
			r.next()
			r.take("{")
			r.protoBody(kind, name, depth+1)
			r.take("}")
		case w.text == "rpc" && kind == "service":
			r.protoCall(name)
		case w.text == "extend":
			r.skip("} after")
		case w.text == "option" || w.text == "reserved" || w.text == "extensions" || w.text == "syntax" || w.text == "edition" || w.text == "import" || w.text == "package":
			r.skip(";")
		case kind == "enum":
			r.protoValue(name, w)
		case kind == "message":
			r.protoField(name, w)
		default:
			r.skip(";", "} after")
		}
	}
}

// protoCall reads "Name (stream A) returns (B) {…}".
func (r *reading) protoCall(service string) {
	w := r.next()
	takes := r.protoTypes()
	r.take("returns")
	gives := r.protoTypes()
	text := "(" + takes + ") returns (" + gives + ")"
	r.add(offer{symbol: service + "." + w.text, parent: service, kind: "rpc", text: "rpc " + w.text + text, key: text}, w.line)
	if r.is("{") {
		r.skip("} after")
	} else {
		r.take(";")
	}
}

// protoTypes reads what stands between round brackets.
func (r *reading) protoTypes() string {
	var parts []string
	for r.take("("); len(r.words) > 0 && !r.is(")") && !r.is("}"); {
		parts = append(parts, strings.TrimPrefix(r.next().text, "."))
	}
	r.take(")")
	return strings.Join(parts, " ")
}

// protoValue reads "NAME = 1 […];".
func (r *reading) protoValue(enum string, name word) {
	var number strings.Builder
	for r.take("="); len(r.words) > 0 && !r.is(";") && !r.is("[") && !r.is("}"); {
		number.WriteString(r.next().text)
	}
	r.skip(";")
	r.add(offer{symbol: enum + "." + name.text, parent: enum, kind: "value", text: name.text + " = " + number.String(), key: number.String()}, name.line)
}

// protoField reads "repeated foo.Bar name = 1 […];", of which first is the first word. Whether a field is marked optional does not show in what is sent.
func (r *reading) protoField(message string, first word) {
	parts := []string{strings.TrimPrefix(first.text, ".")}
	for len(r.words) > 0 && !r.is("=") && !r.is(";") && !r.is("}") && !r.is("{") {
		parts = append(parts, strings.TrimPrefix(r.next().text, "."))
	}
	if !r.take("=") || len(parts) < 2 {
		r.skip(";", "} after") // a group of proto2, or nothing that is known
		return
	}
	number := r.next().text
	r.skip(";")
	name := parts[len(parts)-1]
	typ := strings.Join(parts[:len(parts)-1], " ")
	key := strings.TrimPrefix(typ, "optional ") + " = " + number
	r.add(offer{symbol: message + "." + name, parent: message, kind: "field", text: typ + " " + name + " = " + number, key: key}, first.line)
}
