package pulls

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// tests compares test code with code.
func (v *view) tests() Tests {
	t := Tests{TestLines: v.real(ClassTest), CodeLines: v.real(ClassCode)}
	before, after := v.testNames()
	for name, n := range after {
		t.AddedTests += max(n-before[name], 0)
	}
	added := 0
	for _, f := range v.files {
		switch f.class {
		case ClassTest, ClassSnapshot:
			t.Files++
		case ClassCode:
			if f.wantsTest() {
				added += f.real().Additions
			}
		}
	}
	t.Untested = t.Files == 0 && added > 0
	return t
}

// testable are the languages that one expects tests of: not markup, styles, templates or shell scripts.
var testable = set(`go js jsx mjs cjs ts tsx py rb rake rs java kt kts scala c h cc cpp cxx hpp m mm cs fs vb swift php pm lua ex exs erl clj cljs hs ml elm dart
	vue svelte sol zig groovy`)

// wantsTest reports whether one expects a test of what changes in a file of code: not of examples, and not of what shows the documentation.
func (f *file) wantsTest() bool {
	return testable[extension(f.Path)] && !sample(f.Path) && !inFolder(f.Path, "docs") && !f.commentsOnly()
}

// testNames counts the test functions that the patches remove and add, by name, in all files together: a test that moves is in both,
// and one that gets another name is in neither.
func (v *view) testNames() (before, after map[string]int) {
	before, after = map[string]int{}, map[string]int{}
	for _, f := range v.files {
		if f.class != ClassTest {
			continue
		}
		for _, h := range f.hunks {
			h.blocks(func(removed, added []line) {
				renames := len(removed) == len(added) // line for line: a test at the same place is the same under another name
				for i, l := range removed {
					if name := testIn(l.text); name != "" && !(renames && testIn(added[i].text) != "") {
						before[name]++
					}
				}
				for i, l := range added {
					if name := testIn(l.text); name != "" && !(renames && testIn(removed[i].text) != "") {
						after[name]++
					}
				}
			})
		}
	}
	return before, after
}

var testFunction = regexp.MustCompile("^\\s*(?:func (Test\\w+|Fuzz\\w+|Benchmark\\w+)\\(|(?:async )?def (test_\\w+)\\(|(?:it|test)(?:\\.\\w+)?\\(\\s*[\"'`]([^\"'`]+)[\"'`])")

// testIn returns the name of the test that a line begins; "" when it begins none.
func testIn(text string) string {
	if !strings.Contains(text, "(") || len(text) > 500 {
		return ""
	}
	m := testFunction.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + m[2] + m[3]
}

func untested(in *inspection) Reason {
	if !in.facts.Tests.Untested {
		return Reason{}
	}
	added := 0
	for _, f := range in.files {
		if f.class == ClassCode && f.wantsTest() {
			added += f.real().Additions
		}
	}
	r := Reason{Text: "no test for " + count(added, "new line") + " of code"}
	switch {
	case added > 250:
		r.Points = in.w.UntestedL
	case added > 50:
		r.Points = in.w.UntestedM
	}
	return r
}

func removedTests(in *inspection) Reason {
	before, after := in.testNames()
	gone := 0
	for name, n := range before {
		gone += max(n-after[name], 0)
	}
	if gone == 0 {
		return Reason{}
	}
	r := Reason{Points: in.w.RemovedTests, Text: "removes " + count(gone, "test")}
	var lines Lines // of the files that lose tests
	for _, f := range in.files {
		if f.class != ClassTest {
			continue
		}
		earlier := len(r.Evidence)
		f.removed(func(l line) {
			if name := testIn(l.text); name != "" && before[name] > after[name] {
				r.Evidence = append(r.Evidence, Evidence{Rule: "test/removed", File: f.Path, Line: l.old, Removed: true})
			}
		})
		if len(r.Evidence) > earlier {
			lines = lines.plus(f.lines())
		}
	}
	added := 0
	for name, n := range after {
		added += max(n-before[name], 0)
	}
	if added >= gone || added > 0 && lines.Additions >= lines.Deletions {
		r.Points /= 2 // replaced, renamed or put into a table, most likely
		r.Text = fmt.Sprintf("replaces %s by %s", count(gone, "test"), thousands(added))
	}
	return r
}

var (
	skipCall   = regexp.MustCompile(`\bt\.Skip(?:f|Now)?\(|\b(?:it|test|describe)\.(?:skip|only)\(\s*(?:["'\x60)]|$)|^\s*(?:xit|xdescribe|fit|fdescribe)\(|^\s*@(?:Ignore|Disabled)\b|@(?:pytest\.mark|unittest)\.skip\b|^\s*#\[ignore\]`)
	skipWords  = []string{"kip", "only(", "xit(", "fit(", "describe(", "gnore", "isabled"} // one of them is on every line that skipCall matches
	conditions = regexp.MustCompile(`^\s*(?:if|switch|case|else|default|\} else)\b`)
)

// skippedTests finds tests that are switched off, or that switch off all others. A skip under a condition, as "test.skip(isWindows)" is too,
// is a test for some places only.
func skippedTests(in *inspection) Reason {
	var places []Evidence
	for _, f := range in.files {
		if f.class != ClassTest {
			continue
		}
		for _, h := range f.hunks {
			before := ""
			for _, l := range h.lines {
				if l.op == '+' && containsAny(l.text, skipWords) && skipCall.MatchString(l.text) && !conditions.MatchString(before) && !comment(l.text) {
					places = append(places, Evidence{Rule: "test/skipped", File: f.Path, Line: l.new})
				}
				if l.op != '-' {
					before = l.text
				}
			}
		}
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.SkippedTests, Text: "switches off " + count(len(places), "test"), Evidence: places}
}

// comment reports whether a line is one in most languages. A space has to follow where the mark means something else without it: "*p = 1",
// "#include", "--n".
func comment(text string) bool {
	t := strings.TrimSpace(text)
	for _, mark := range []string{"*", "#", "--"} {
		if t == mark || strings.HasPrefix(t, mark+" ") {
			return true
		}
	}
	return strings.HasPrefix(t, "//") || strings.HasPrefix(t, "/*") || strings.HasPrefix(t, "*/") || strings.HasPrefix(t, "##") || strings.HasPrefix(t, "<!--")
}

// sample reports whether a file is an example or serves the developers' own machines: nothing that runs anywhere.
func sample(name string) bool {
	return inFolder(name, "examples", "example", "samples", "demo", "demos", "playground", "playgrounds", ".devcontainer")
}

var securityWords = set(`auth authn authz oauth oauth2 oidc saml sso login signin session sessions crypto cryptography encryption password passwords passwd credential
	credentials secret secrets permission permissions rbac acl jwt csrf cors tls x509 payment payments billing keyring webhook webhooks`)

// securityPaths finds code whose path says that it guards something.
func securityPaths(in *inspection) Reason {
	var places []Evidence
	var words []string
	for _, f := range in.files {
		if f.class != ClassCode && f.class != ClassConfig || f.real().sum() == 0 || f.importsOnly() || f.commentsOnly() || sample(f.Path) || extension(f.Path) == "svg" {
			continue
		}
		if word := securityWord(f.Path); word != "" && (!vagueWords[word] || f.guards()) {
			places = append(places, Evidence{Rule: "security/path", File: f.Path, Line: f.firstLine()})
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	if len(places) == 0 {
		return Reason{}
	}
	return Reason{Points: in.w.SecurityPath, Text: "touches " + few(words, 2) + " code", Evidence: places}
}

// vagueWords are the words for security that have other meanings too.
var vagueWords = set("session sessions webhook webhooks")

var guardLine = regexp.MustCompile(`(?i)cookie|auth|log_?in|token|csrf|signature|hmac|secret|password|crypt`)

// guards reports whether a line that the patch shows is about what sessions and the like guard; true when there is no patch to see.
func (f *file) guards() bool {
	for _, h := range f.hunks {
		if guardLine.MatchString(h.section) || slices.ContainsFunc(h.lines, func(l line) bool { return len(l.text) < 4000 && guardLine.MatchString(l.text) }) {
			return true
		}
	}
	return len(f.hunks) == 0
}

// importLine matches a line that imports something in Go, JavaScript, Python, Java, Rust or C, and does nothing else.
var importLine = regexp.MustCompile(`^\s*(?:(?:import\s+)?(?:[\w.]+\s+)?"[^"]+"|(?:import|from|use|using|#include)\b[^=(]*)[;\s]*$`)

// importsOnly reports whether all that changes in a file is what it imports: the trace of something that moved elsewhere.
func (f *file) importsOnly() bool {
	if f.skip != "" || len(f.hunks) == 0 {
		return false
	}
	only := true
	check := func(l line) { only = only && (strings.TrimSpace(l.text) == "" || importLine.MatchString(l.text)) }
	f.added(check)
	f.removed(check)
	return only
}

// securityWord returns the first word of a path that is about security, in lower case; "" for none. Words end at punctuation and where case
// changes.
func securityWord(name string) string {
	start, last := 0, rune(0)
	for i, r := range name + "/" {
		boundary := !unicode.IsLetter(r) && !unicode.IsDigit(r)
		if boundary || unicode.IsUpper(r) && unicode.IsLower(last) {
			if word := strings.ToLower(name[start:i]); securityWords[word] {
				return word
			}
			start = i
			if boundary {
				start = i + 1
			}
		}
		last = r
	}
	return ""
}

// lastParts returns the last n parts of a path, after "…/" when there are more.
func lastParts(p string, n int) string {
	parts := strings.Split(p, "/")
	if len(parts) <= n {
		return p
	}
	return "…/" + strings.Join(parts[len(parts)-n:], "/")
}

// shortPath is the end of a changed file's path: its last n parts, or as many more as no other changed file ends in.
func (f *Facts) shortPath(p string, n int) string {
	for ; ; n++ {
		short := lastParts(p, n)
		end, cut := strings.CutPrefix(short, "…")
		if !cut || !slices.ContainsFunc(f.Changes, func(c Change) bool { return c.Path != p && strings.HasSuffix(c.Path, end) }) {
			return short
		}
	}
}
