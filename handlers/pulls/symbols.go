package pulls

import (
	"regexp"
	"strings"
)

// maxSymbols bounds the symbols of one file.
const maxSymbols = 20

// symbols names the declarations that a file's changes are in, in order, each once: from what git wrote behind the hunk headers and, for
// Go, from the added and removed declarations themselves.
func (f *file) symbols() []string {
	out := []string{}
	seen := map[string]bool{}
	add := func(s string) {
		if s != "" && !seen[s] && len(out) < maxSymbols {
			seen[s] = true
			out = append(out, s)
		}
	}
	if f.class == ClassDocs || f.class == ClassConfig || f.class == ClassDependencies {
		return out // prose and settings declare nothing
	}
	for _, h := range f.hunks {
		f.eachSymbol(h, func(s string) bool {
			add(s)
			return len(out) < maxSymbols
		})
		if len(out) == maxSymbols {
			break
		}
	}
	return out
}

// symbolOf is the first declaration that a change of a hunk is in; "" when none is known.
func (f *file) symbolOf(h hunk) (first string) {
	if f.class == ClassDocs || f.class == ClassConfig || f.class == ClassDependencies {
		return ""
	}
	f.eachSymbol(h, func(s string) bool {
		first = s
		return s == ""
	})
	return first
}

// eachSymbol calls visit with the declaration that each change of a hunk is in, "" when it is in none, until visit returns false.
func (f *file) eachSymbol(h hunk, visit func(string) bool) {
	isGo := extension(f.Path) == "go"
	inside := symbol(h.section)
	for _, l := range h.lines {
		if isGo {
			if s := declaration(l.text); s != "" {
				inside = s // the changes behind it are in it
			}
		}
		if l.op != ' ' && !visit(inside) {
			return
		}
		if isGo && l.text == "}" {
			inside = ""
		}
	}
}

// declared matches the declarations of common languages; the groups are alternatives for the name.
var declared = regexp.MustCompile(`^\s*(?:export\s+|default\s+|public\s+|private\s+|protected\s+|static\s+|async\s+|abstract\s+|final\s+|pub(?:\([a-z]+\))?\s+|unsafe\s+)*` +
	`(?:func\s+\(\s*(?:\w+\s+)?\*?(\w+)(?:\[[^\]]*\])?\s*\)\s+(\w+)|(?:func|type|def|class|interface|struct|enum|trait|impl|fn|function\*?|module|namespace|variable|output|message|service|object)\s+(?:"[^"]*"\s+)?"?([\w$.]+))`)

// assigned matches a function that JavaScript assigns to a name or a property at the top level: "res.send = function", "const a = (b) =>".
var assigned = regexp.MustCompile(`^(?:export\s+)?(?:(?:const|let|var)\s+)?([\w$.]+)\s*=\s*(?:[\w$.]+\s*=\s*)?(?:async\s*)?(?:function\b|(?:\([^()]*\)|[\w$]+)\s*=>)`)

// labelled matches a block of Terraform with two labels: resource "aws_vpc" "this".
var labelled = regexp.MustCompile(`^(?:resource|data)\s+"([\w-]+)"\s+"([\w-]+)"`)

// symbol shortens a hunk's section to the name that it declares: "Reader.Next", "parse". What declares nothing is "".
func symbol(section string) string {
	if len(section) > 500 {
		section = section[:500]
	}
	if m := labelled.FindStringSubmatch(section); m != nil {
		return m[1] + "." + m[2]
	}
	m := declared.FindStringSubmatch(section)
	if m == nil {
		m = assigned.FindStringSubmatch(section)
		if m == nil || m[1] == "module.exports" {
			return ""
		}
		return strings.TrimPrefix(m[1], "exports.")
	}
	switch {
	case strings.Trim(m[3]+m[2], "_$.") == "":
		return ""
	case m[2] != "":
		return m[1] + "." + m[2]
	}
	return m[3]
}

// declaration returns the name that a line of Go declares at the top level; "" for other lines.
func declaration(text string) string {
	if strings.HasPrefix(text, "func ") || strings.HasPrefix(text, "type ") {
		return symbol(text)
	}
	return ""
}
