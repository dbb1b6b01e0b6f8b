package pulls

import (
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// An exportPattern finds what a language offers to others on single lines.
type exportPattern struct {
	language   string
	extensions []string
	hint       string         // what each such line contains: a quick way to pass the others by
	match      *regexp.Regexp // the first group that matched is the name
	optional   bool           // the language has parameters that callers may leave out: another signature need not break them
}

var exportPatterns = []exportPattern{
	{"typescript", []string{"ts", "tsx", "mts", "cts", "js", "jsx", "mjs"}, "export ", regexp.MustCompile(
		`^export\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|interface|type|enum|const|let|var|namespace)\s+([A-Za-z$]\w*)`), true},
	{"python", []string{"py", "pyi"}, "", regexp.MustCompile(`^(?:async\s+)?(?:def|class)\s+([A-Za-z]\w*)`), true},
	{"rust", []string{"rs"}, "pub ", regexp.MustCompile(`^\s*pub\s+(?:(?:async|unsafe|const|extern\s+"C")\s+)*(?:fn|struct|enum|trait|type|static|mod|union|const)\s+(\w+)`), false},
	{"java", []string{"java", "kt", "cs"}, "public ", regexp.MustCompile(
		`^\s*public\s+(?:[\w<>\[\],.?]+\s+)*?(?:(?:class|interface|enum|record|struct)\s+(\w+)|(\w+)\s*\()`), false},
}

// A mention is a declaration on one changed line.
type mention struct {
	name, text string
	at         Evidence
}

// patternAPI finds changes of public APIs in patches, where whole files are not known: names that only removed lines declare, only added lines, or
// both with another signature. A signature that goes over several lines is not compared.
func patternAPI(files []*file) []APIChange {
	out := goPatterns(files)
	for _, p := range exportPatterns {
		gone, come := map[string][]mention{}, map[string][]mention{}
		var keys []string
		for _, f := range files {
			if f.class != ClassCode || !slices.Contains(p.extensions, extension(f.Path)) || inFolder(f.Path, "testdata", "examples", "example") {
				continue
			}
			f.mentions(p, '-', gone, &keys)
			f.mentions(p, '+', come, &keys)
		}
		out = append(out, p.changes(keys, gone, come)...)
	}
	return out
}

// mentions collects what a file's lines declare, by folder and name.
func (f *file) mentions(p exportPattern, op byte, into map[string][]mention, keys *[]string) {
	f.each(op, func(l line) {
		if len(l.text) > 500 || !strings.Contains(l.text, p.hint) {
			return
		}
		m := p.match.FindStringSubmatch(l.text)
		if m == nil {
			return
		}
		name := strings.Join(m[1:], "")
		key := path.Dir(f.Path) + ":" + name
		*keys = append(*keys, key)
		into[key] = append(into[key], mention{name, signatureOf(l.text), placeOf(f, l)})
	})
}

func placeOf(f *file, l line) Evidence {
	if l.op == '-' {
		return Evidence{File: f.Path, Line: l.old, Removed: true}
	}
	return Evidence{File: f.Path, Line: l.new}
}

// signatureOf is a declaration without its body and its value.
func signatureOf(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.Index(text+" ", " = "); i > 0 && !strings.Contains(text[:i], "(") {
		text = text[:i] // also where the value is on the next line
	}
	if i := strings.Index(text, ") {"); i > 0 {
		text = text[:i+1]
	}
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), " {:;")
}

// changes compares what is gone with what has come.
func (p exportPattern) changes(keys []string, gone, come map[string][]mention) []APIChange {
	var out []APIChange
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		was, is := gone[key], come[key]
		text := func(m mention) string { return m.text }
		c := APIChange{Language: p.language}
		c.Package, _, _ = strings.Cut(key, ":")
		switch {
		case len(is) == 0:
			c.Kind, c.Symbol, c.Before, c.Breaking, c.Evidence = APIRemoved, was[0].name, was[0].text, true, was[0].at
		case len(was) == 0:
			c.Kind, c.Symbol, c.After, c.Evidence = APIAdded, is[0].name, is[0].text, is[0].at
		default:
			b, a, ok := odd(was, is, text)
			if !ok || open(b.text) || open(a.text) {
				continue
			}
			c.Kind, c.Symbol, c.Before, c.After, c.Breaking, c.Evidence = APIChanged, a.name, b.text, a.text, !p.optional, a.at
		}
		c.Evidence.Rule = p.language + "/pattern"
		out = append(out, c)
	}
	return out
}

// open reports whether a declaration goes on in the next line.
func open(text string) bool { return strings.Count(text, "(") != strings.Count(text, ")") }

// odd finds one that was and is no longer, with one that is and was not.
func odd(was, is []mention, key func(mention) string) (b, a mention, ok bool) {
	keys := func(list []mention) map[string]bool {
		set := map[string]bool{}
		for _, m := range list {
			set[key(m)] = true
		}
		return set
	}
	before, after := keys(was), keys(is)
	i := slices.IndexFunc(was, func(m mention) bool { return !after[key(m)] })
	j := slices.IndexFunc(is, func(m mention) bool { return !before[key(m)] })
	if i < 0 || j < 0 {
		return b, a, false
	}
	return was[i], is[j], true
}

// goPatterns finds exported Go declarations on changed lines. Those of a file for some systems only may live on in another one.
func goPatterns(files []*file) []APIChange {
	removed := removals(files)
	types := map[string]bool{}
	for _, r := range removed {
		types[r.key] = true
	}
	var out []APIChange
	told := map[string]bool{}
	add := func(kind APIKind, folder, name, before, after string, at Evidence) {
		owner, _, method := strings.Cut(name, ".")
		if key := folder + ":" + name; told[key] || method && types[folder+":"+owner] && kind == APIRemoved || method && told[folder+":"+owner] && kind == APIAdded {
			return
		}
		told[folder+":"+name] = true
		at.Rule = "go/pattern"
		out = append(out, APIChange{Kind: kind, Language: "go", Package: folder, Symbol: name, Before: before, After: after, Breaking: kind != APIAdded, Evidence: at})
	}
	for _, r := range removed {
		if !r.twin {
			add(APIRemoved, path.Dir(r.at.File), r.name, r.text, "", r.at)
		}
	}
	gone, come, order := goMentions(files)
	known := map[string]string{} // the same line is parsed once
	lineKey := func(m mention) string {
		key, ok := known[m.text]
		if !ok {
			key = goLineKey(m.text)
			known[m.text] = key
		}
		return key
	}
	for _, key := range order {
		folder, name, _ := strings.Cut(key, ":")
		was, is := gone[key], come[key]
		if len(was) == 0 {
			add(APIAdded, folder, name, "", is[0].text, is[0].at)
		} else if b, a, ok := odd(was, is, lineKey); ok && lineKey(b) != "" && lineKey(a) != "" {
			add(APIChanged, folder, name, b.text, a.text, a.at)
		}
	}
	return out
}

// goMentions collects the exported declarations on changed lines by folder and name; order has those of added lines.
func goMentions(files []*file) (gone, come map[string][]mention, order []string) {
	gone, come = map[string][]mention{}, map[string][]mention{}
	for _, f := range files {
		if !public(f) {
			continue
		}
		note := func(into map[string][]mention) func(string, line) {
			return func(name string, l line) {
				key := path.Dir(f.Path) + ":" + name
				if into[key] = append(into[key], mention{name, signatureOf(l.text), placeOf(f, l)}); l.op == '+' && len(into[key]) == 1 {
					order = append(order, key)
				}
			}
		}
		f.exports('-', note(gone))
		f.exports('+', note(come))
	}
	return gone, come, order
}

// goLineKey is what is compared of a function that one line declares: equal keys mean that nothing changes for those who call it. "" for
// everything else, and where the signature goes on in the next line.
func goLineKey(text string) string {
	if !strings.HasPrefix(text, "func ") || open(text) {
		return ""
	}
	tree, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, parser.SkipObjectResolution)
	if err != nil || len(tree.Decls) != 1 {
		return ""
	}
	r := goReader{table: table{}, types: map[string]goType{}, goFile: goFile{ast: tree, lines: token.NewFileSet()}}
	r.read(tree.Decls[0])
	for _, list := range r.table {
		return list[0].key + " " + list[0].lacks
	}
	return ""
}
