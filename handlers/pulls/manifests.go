package pulls

import (
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

// readGoMod reads lines of a go.mod: requirements, replacements, the go version. Exclusions and retractions require nothing.
func readGoMod(section string, lines []line, keep byte) []requirement {
	var out []requirement
	block := goModBlock(section)
	for _, l := range lines {
		text, comment, _ := strings.Cut(strings.TrimSpace(l.text), "//")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if b := goModBlock(text); b != "" {
			block = b
			continue
		}
		if fields[0] == ")" {
			block = ""
			continue
		}
		directive := block
		if !strings.HasPrefix(l.text, "\t") && !strings.HasPrefix(l.text, " ") {
			directive, fields = fields[0], fields[1:]
		}
		if l.op != keep {
			continue
		}
		if r, ok := goRequirement(directive, fields); ok {
			r.indirect = strings.HasPrefix(strings.TrimSpace(comment), "indirect")
			r.line = l.new
			out = append(out, r)
		}
	}
	return out
}

// goModBlock returns the directive of a line that opens a block: "require" of "require (".
func goModBlock(text string) string {
	directive, ok := strings.CutSuffix(strings.TrimSpace(text), "(")
	if !ok {
		return ""
	}
	return strings.TrimSpace(directive)
}

// goRequirement reads the fields of one line under a directive; "" is a block whose head the patch does not show.
func goRequirement(directive string, fields []string) (requirement, bool) {
	if i := indexOf(fields, "=>"); i > 0 && i+1 < len(fields) && (directive == "replace" || directive == "") {
		return requirement{name: fields[0], version: strings.Join(fields[i+1:], " "), scope: "replace"}, true
	}
	switch {
	case directive == "go" && len(fields) == 1:
		return requirement{name: "go", version: fields[0]}, true
	case directive == "toolchain" && len(fields) == 1:
		return requirement{name: "toolchain", version: strings.TrimPrefix(fields[0], "go")}, true
	case (directive == "require" || directive == "") && len(fields) == 2 && semver.IsValid(fields[1]):
		return requirement{name: fields[0], version: fields[1]}, true
	}
	return requirement{}, false
}

func indexOf(list []string, want string) int {
	for i, s := range list {
		if s == want {
			return i
		}
	}
	return -1
}

var (
	jsonSection = regexp.MustCompile(`^\s*"([A-Za-z]+)"\s*:\s*\{\s*$`)
	jsonPair    = regexp.MustCompile(`^\s*"((?:@[\w.~-]+/)?[\w.~-]+)"\s*:\s*"([^"]*)"\s*,?\s*$`)
	// npmRange is what npm takes for a version: a range, a tag, or where to get it from.
	npmRange = regexp.MustCompile(`^(?:[\^~<>=v]*\s*\d+(?:\.(?:\d+|x|\*))*(?:[-+.][\w.+-]*)?(?:\s.*)?|\*|latest|next|canary|(?:npm|workspace|file|link|catalog|portal|git\+\w+|git|github|https?):.*)$`)
	// npmScopes are the sections that name dependencies, and what ours are called.
	npmScopes = map[string]string{
		"dependencies": "", "devDependencies": "dev", "peerDependencies": "peer", "optionalDependencies": "optional",
		"resolutions": "override", "overrides": "override",
	}
	// npmOther are keys of package.json that look like a dependency where the patch does not show their section.
	npmOther = set("name version node npm yarn pnpm vscode description main module types license author homepage type url bugs email private " +
		"test build start lint dev")
)

// readPackageJSON reads lines of a package.json. Where the hunk does not show which section a line is in, what looks like a dependency
// counts as one.
func readPackageJSON(_ string, lines []line, keep byte) []requirement {
	var out []requirement
	section, known := "", false
	for _, l := range lines {
		if m := jsonSection.FindStringSubmatch(l.text); m != nil {
			section, known = m[1], true
			continue
		}
		if t := strings.TrimSpace(l.text); t == "}" || t == "}," {
			section, known = "", false
			continue
		}
		m := jsonPair.FindStringSubmatch(l.text)
		if m == nil || l.op != keep || !npmRange.MatchString(m[2]) {
			continue
		}
		scope, isSection := npmScopes[section]
		if known && !isSection || !known && npmOther[m[1]] {
			continue
		}
		out = append(out, requirement{name: m[1], version: shownVersion(m[2]), scope: scope, line: l.new})
	}
	return out
}

// shownVersion is a version as it may be told: without the user and password of an address, and nothing that looks like a credential.
func shownVersion(version string) string {
	if strings.Contains(version, "://") {
		version = userinfo.ReplaceAllString(version, "://")
	}
	if secretOn(version, ClassCode) != "" {
		return hidden
	}
	return version
}

// shownName is a name as it may be told. What is named by an address is told as a version is.
func shownName(name string) string {
	if strings.Contains(name, "://") {
		return shownVersion(name)
	}
	return name
}

var userinfo = regexp.MustCompile(`://[^/\s]*@`)

var (
	usesLine    = regexp.MustCompile(`^\s*(?:-\s+)?uses:\s*["']?([\w.-]+/[\w./-]+)@([\w./-]+)["']?\s*(?:#\s*(?:tag=)?(v?\d[\w.-]*))?`)
	fromLine    = regexp.MustCompile(`(?i)^FROM\s+(?:--\S+\s+)*([\w.-]+(?::\d+)?(?:/[\w.-]+)*):([\w.-]+)(?:@sha256:([0-9a-f]{7})[0-9a-f]*)?(?:\s|$)`)
	wholeCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// readUses reads the actions that a workflow uses. An action pinned by commit has its version in a comment, by custom.
func readUses(_ string, lines []line, keep byte) []requirement {
	return readEach(lines, keep, func(text string) (requirement, bool) {
		m := usesLine.FindStringSubmatch(text)
		if m == nil {
			return requirement{}, false
		}
		r := requirement{name: m[1], version: m[2]}
		if wholeCommit.MatchString(m[2]) {
			r.version = m[2][:7]
			if m[3] != "" {
				r.version, r.pin = m[3], r.version
			}
		}
		return r, true
	})
}

// readFrom reads the base images of a Dockerfile.
func readFrom(_ string, lines []line, keep byte) []requirement {
	return readEach(lines, keep, func(text string) (requirement, bool) {
		m := fromLine.FindStringSubmatch(text)
		if m == nil {
			return requirement{}, false
		}
		return requirement{name: m[1], version: m[2], pin: m[3]}, true
	})
}

func readEach(lines []line, keep byte, read func(string) (requirement, bool)) []requirement {
	var out []requirement
	for _, l := range lines {
		if l.op != keep || len(l.text) > 500 {
			continue
		}
		if r, ok := read(l.text); ok {
			r.line = l.new
			out = append(out, r)
		}
	}
	return out
}
