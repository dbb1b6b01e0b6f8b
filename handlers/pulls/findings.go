package pulls

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A finding is what a log says of why it failed.
type finding struct {
	text, test, file string
	line             int
	at               int // index of the line that says it
}

// A finder recognises one tool's way of saying what failed. Its expressions have groups named test, file, line and text.
type finder struct {
	name string
	find *regexp.Regexp
	// near are what lines around it add, for groups that have nothing yet. A place in another file than the one already known adds nothing.
	near []*regexp.Regexp
	// section is the heading of the part of the log that belongs to a test; near is looked for there. Nil: below the line found, else above it.
	section *regexp.Regexp
	stop    *regexp.Regexp // where what is around it ends
	placed  bool           // it counts only with a file
	above   bool           // near is looked for above only
}

// reach is how many lines away near is looked for.
const reach = 25

// finders go from what is the cause of everything else to what is often the effect of something else.
func finders() []finder {
	return slices.Concat(diskFinders, testFinders, compileFinders, machineFinders)
}

// codeFinders are those of finders that are about what the change does.
func codeFinders() []finder { return slices.Concat(testFinders, compileFinders) }

var diskFinders = []finder{{name: "disk", find: regexp.MustCompile(`(?i)(?P<text>no space left on device|disk quota exceeded)`)}}

// javaFrame is where a stack trace of Java passes a test class.
const javaFrame = `\((?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)\)|\bat (?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)`

// testFinders recognise the names of failing tests: go test, vitest, jest, pytest, surefire, gradle, cargo, rspec and playwright.
var testFinders = []finder{
	{name: "go test timeout", find: regexp.MustCompile(`^panic: (?P<text>test timed out after \S+)`),
		near: res(`^\s+(?P<test>(?:Test|Fuzz|Benchmark|Example)\S*) \(\d`)},
	{name: "go test", find: regexp.MustCompile(`^\s*(?:--- FAIL:|=== FAIL: \S+) (?P<test>\S+)`),
		near: res(`^\s+(?P<file>[\w./-]+\.go):(?P<line>\d+): ?(?P<text>.*)$`, `^\s+Error:\s+(?P<text>\S.*)$`, `^panic: (?P<text>.+?)(?: \[recovered\].*)?$`,
			`^\s+(?P<file>/(?:home/runner/work|Users/runner/work|__w|github/workspace)/\S+\.go):(?P<line>\d+)`),
		stop: regexp.MustCompile(`^(?:=== |--- |FAIL\b|ok\s|PASS\b)`)},
	{name: "vitest", find: regexp.MustCompile(`^\s*FAIL\s+(?:\|\S+\| )?\s*(?P<file>\S+\.\w+) > (?P<test>.+)$`),
		near: res(`❯ (?:.*\()?(?P<file>[^\s()]+?):(?P<line>\d+):\d+`, `^\s*(?P<text>\w*Error: .+)$`), stop: regexp.MustCompile(`^\s*FAIL\s|^⎯+\[`)},
	{name: "jest", find: regexp.MustCompile(`^\s*● (?P<test>.+ › .+|Test suite failed to run)$`),
		near: res(`\((?P<file>[^()\s]+\.[cm]?[jt]sx?):(?P<line>\d+):\d+\)`, `^\s+(?P<text>(?:Expected\b.*?:|\w*Error:) .+)$`, `^\s+(?P<text>expect\(.+)$`),
		stop: regexp.MustCompile(`^\s*● `)},
	{name: "pytest", find: regexp.MustCompile(`^(?:FAILED|ERROR) (?P<file>[^\s:]+\.py)(?:::(?P<test>\S+))?(?: - (?P<text>.+))?$`),
		near:    res(`^(?P<file>[^\s:]+\.py):(?P<line>\d+): `, `^E\s+(?P<text>\S.*)$`),
		section: regexp.MustCompile(`^_{2,} (?P<test>\S+) _{2,}$`)},
	{name: "surefire", find: regexp.MustCompile(`^\[ERROR\]\s+(?P<test>[\w.$]+[.#]\w+)(?:\[[^\]]*\])?:(?P<line>\d+)(?:->\S+)? (?P<text>.+)$`)},
	{name: "surefire", find: regexp.MustCompile(`^\[ERROR\]\s+(?P<test>[\w.$]+(?:\([\w.$]+\))?)(?: --)?\s+Time elapsed: .*<<< (?:FAILURE|ERROR)!`),
		near: res(javaFrame, `^(?P<text>[\w.]+(?:Error|Exception|Failed\w*): .+)$`), stop: regexp.MustCompile(`^\[`)},
	{name: "gradle", find: regexp.MustCompile(`^(?P<test>\w+ > .+?)(?:\(\))? FAILED$`),
		near: res(javaFrame, `^\s+(?P<text>[\w.]+(?:Error|Exception|Failed\w*)(?:: .*)?)`), stop: regexp.MustCompile(`^\S`)},
	{name: "cargo", find: regexp.MustCompile(`^(?:test (?P<test>\S+) \.\.\. FAILED|---- (?P<test>\S+) stdout ----)$`),
		near: res(`panicked at '(?P<text>.*)', (?P<file>[\w./-]+\.rs):(?P<line>\d+)`, `panicked at (?P<file>[\w./-]+\.rs):(?P<line>\d+)`,
			`^(?P<text>(?:assertion|called|attempt|index|explicit) .+)$`),
		section: regexp.MustCompile(`^---- (?P<test>\S+) stdout ----$`)},
	{name: "rspec", find: regexp.MustCompile(`^rspec (?P<file>\./\S+?):(?P<line>\d+) # (?P<test>.+)$`),
		near:    res(`^\s+(?P<text>expected:? .+)$`, `Failure/Error: (?P<text>.+)$`),
		section: regexp.MustCompile(`^\s+\d+\) (?P<test>.+)$`)},
	{name: "playwright", find: regexp.MustCompile(`^\s*\d+\) (?:\[\w+\] › )?(?P<file>[^\s:]+\.[cm]?[jt]sx?):(?P<line>\d+):\d+ › (?P<test>.+?)\s*─*$`),
		near: res(`^\s+(?P<text>\w*Error: .+)$`)},
}

// compileFinders recognise what compilers and linters say of a place.
var compileFinders = []finder{
	{name: "tsc", find: regexp.MustCompile(`^(?P<file>[^\s()]+\.[cm]?tsx?)(?:\((?P<line>\d+),\d+\): |:(?P<line>\d+):\d+ - )error (?P<text>TS\d+: .+)$`)},
	{name: "rustc", find: regexp.MustCompile(`^error(?:\[E\d+\])?: (?P<text>.+)$`), near: res(`^\s*--> (?P<file>[^:\s]+\.rs):(?P<line>\d+):\d+`),
		stop: regexp.MustCompile(`^(?:error|warning)`), placed: true},
	{name: "maven", find: regexp.MustCompile(`^\[ERROR\] (?P<file>\S+\.(?:java|kt|scala)):\[(?P<line>\d+),\d+\] (?:error: )?(?P<text>.+)$`)},
	{name: "kotlin", find: regexp.MustCompile(`^e: (?:file://)?(?P<file>\S+\.kts?):(?P<line>\d+):\d+:? (?P<text>.+)$`)},
	{name: "gcc", find: regexp.MustCompile(`^(?P<file>[^\s:]+\.\w+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<text>.+)$`)},
	{name: "go", find: regexp.MustCompile(`^\s?(?:vet: )?(?:Error: )?(?P<file>[\w./-]+\.go):(?P<line>\d+):\d+: (?P<text>.+)$`)},
	{name: "python", find: regexp.MustCompile(`^(?P<file>[\w./-]+\.pyi?):(?P<line>\d+):(?:\d+:(?: error:)?| error:) (?P<text>.+)$`)},
	{name: "eslint", find: regexp.MustCompile(`^\s+(?P<line>\d+):\d+\s+error\s+(?P<text>\S.*?)(?:\s{2,}\S+)?$`),
		near: res(`^(?P<file>/?[\w./@-]+\.\w+)$`), placed: true, above: true},
}

// machineFinders recognise what goes wrong with the machine rather than with the change.
var machineFinders = []finder{
	{name: "memory", find: regexp.MustCompile(`(?i)(?P<text>javascript heap out of memory|java\.lang\.OutOfMemoryError.*|\boom[- ]?killed\b|out of memory)`)},
	{name: "killed", find: regexp.MustCompile(`(?i)(?P<text>signal: killed|exit code 137\b)`)},
	{name: "timeout", find: regexp.MustCompile(`(?i)(?P<text>(?:has )?exceeded the maximum execution time of .+?\.?$|the action .+ has timed out after .+|timed out after \d.*|timeout of \d+ ?\w+ exceeded.*)`)},
	{name: "limit", find: regexp.MustCompile(`(?i)(?P<text>toomanyrequests.*|429 too many requests.*|you have reached your .*pull rate limit.*|(?:\S+ ){0,8}rate limit exceeded.*)`)},
	{name: "network", find: regexp.MustCompile(`(?i)(?P<text>.*(?:could not resolve host|temporary failure in name resolution|\bETIMEDOUT\b|\bECONNRESET\b|connection reset by peer|tls handshake timeout|50[234] (?:bad gateway|service unavailable|gateway time-?out)).*)`)},
	{name: "runner", find: regexp.MustCompile(`(?i)(?P<text>.*(?:runner lost communication with the server|runner has received a shutdown signal).*)`)},
}

// res compiles expressions.
func res(forms ...string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(forms))
	for i, f := range forms {
		out[i] = regexp.MustCompile(f)
	}
	return out
}

// findCause returns what the first of the finders that finds something finds in lines, and its name; ok is false when none does.
func findCause(lines []string, finders []finder) (f finding, name string, ok bool) {
	for _, by := range finders {
		for i, l := range lines {
			f = finding{at: i}
			if !f.fill(by.find, l) {
				continue
			}
			f.describe(by, lines)
			if !by.placed || f.file != "" {
				return f, by.name, true
			}
		}
	}
	return finding{}, "", false
}

// fill takes what l says by form for what is not known yet, and reports whether l has the form and is about the same file.
func (f *finding) fill(form *regexp.Regexp, l string) bool {
	m := form.FindStringSubmatch(l)
	if m == nil {
		return false
	}
	got := finding{}
	for i, name := range form.SubexpNames() {
		switch value := strings.TrimSpace(m[i]); {
		case value == "":
		case name == "test":
			got.test = value
		case name == "file":
			got.file = repoPath(value)
		case name == "line":
			got.line, _ = strconv.Atoi(value) // digits; what is too large for a number is no line
		case name == "text":
			got.text = value
		}
	}
	if got.file != "" && f.file != "" && base(got.file) != base(f.file) {
		return false
	}
	if f.file == "" {
		f.file = got.file
	}
	if f.test == "" {
		f.test = got.test
	}
	if f.line == 0 {
		f.line = got.line
	}
	if f.text == "" {
		f.text = got.text
	}
	return true
}

// describe completes a finding from the lines around it.
func (f *finding) describe(by finder, lines []string) {
	first := f.at
	for i := first + 1; f.test != "" && i < len(lines); i++ { // the innermost of a test's parts
		inner := finding{at: i}
		if inner.fill(by.find, lines[i]) && strings.HasPrefix(inner.test, f.test+"/") {
			f.test, f.at = inner.test, i
		}
	}
	if class, _, ok := cutLast(f.test, ".#"); ok && f.file == "" && by.name == "surefire" {
		f.file = base(strings.ReplaceAll(strings.Trim(class, "()"), ".", "/")) + ".java"
	}
	below, above := f.at+1, first-1
	if by.section != nil {
		at := slices.IndexFunc(lines, func(l string) bool { return heads(by.section, l, f.test) })
		if at < 0 {
			return
		}
		below, above = at+1, -1
		by.stop = by.section
	}
	for _, form := range by.near {
		for i := below; !by.above && i < min(len(lines), below+reach) && !stops(by.stop, lines[i]); i++ {
			f.add(form, lines, i)
		}
		for i := above; i >= max(0, above-reach) && !stops(by.stop, lines[i]); i-- {
			f.add(form, lines, i)
		}
	}
}

// add takes what a line near the finding says. A value that was expected goes with the one that came.
func (f *finding) add(near *regexp.Regexp, lines []string, i int) {
	before := f.text
	f.fill(near, lines[i])
	for n := i + 1; before == "" && f.text != "" && n < min(len(lines), i+3); n++ {
		if !otherValue.MatchString(lines[n]) {
			break
		}
		if !strings.HasSuffix(f.text, ":") {
			f.text += ","
		}
		f.text += " " + strings.Join(strings.Fields(lines[n]), " ")
	}
}

// otherValue is a line that completes what an assertion says.
var otherValue = regexp.MustCompile(`^\s+(?i:received|actual|got|left|right|expected)\s*:`)

func stops(form *regexp.Regexp, l string) bool { return form != nil && form.MatchString(l) }

// heads reports whether l is the heading of the part about a test, which may be named by its last part there.
func heads(section *regexp.Regexp, l, test string) bool {
	head := finding{}
	if !head.fill(section, l) {
		return false
	}
	return head.test == test || strings.HasSuffix(test, "::"+head.test) || strings.ReplaceAll(test, "::", ".") == head.test ||
		strings.HasSuffix(strings.ReplaceAll(test, "::", "."), "."+head.test)
}

// cutLast cuts s at the last of the given characters.
func cutLast(s, chars string) (before, after string, ok bool) {
	i := strings.LastIndexAny(s, chars)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// workspace is where runners check a repository out.
var workspace = regexp.MustCompile(`^(?:file://)?(?:/(?:home|Users)/runner/work/[^/]+/[^/]+/|/github/workspace/|/__w/[^/]+/[^/]+/|[A-Za-z]:/a/[^/]+/[^/]+/)`)

// repoPath is a path of a log as it is in the repository, as far as the log tells.
func repoPath(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	return strings.TrimPrefix(workspace.ReplaceAllString(path, ""), "./")
}
