package pulls

import (
	"regexp"
	"strings"
)

var requirementsLine = regexp.MustCompile(`^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*((?:===?|[><~!]=?)\s*[\w.*+!-]+(?:\s*,\s*[><~!=]=?=?\s*[\w.*+!-]+)*|@\s*\S+)?\s*(?:;.*|#.*|--.*|\\)?$`)

// requirementsReader reads pip's requirements. A file named for development or tests has those of development.
func requirementsReader(name string) manifestReader {
	scope := ""
	if strings.Contains(name, "dev") || strings.Contains(name, "test") || strings.Contains(name, "lint") || strings.Contains(name, "doc") {
		scope = "dev"
	}
	return func(_ string, lines []line, keep byte) []requirement {
		return readEach(lines, keep, func(text string) (requirement, bool) {
			m := requirementsLine.FindStringSubmatch(strings.TrimRight(text, " \t"))
			if m == nil {
				return requirement{}, false
			}
			return requirement{name: m[1], version: shownVersion(strings.TrimSpace(strings.TrimPrefix(m[2], "@"))), scope: scope}, true
		})
	}
}

var gemLine = regexp.MustCompile(`^\s*(?:gem|\w+\.add_(?:(runtime|development)_)?dependency)[\s(]+["']([\w.-]+)["']((?:\s*,\s*["'][^"']+["'])*)`)

// readGemfile reads lines of a Gemfile or a gem's specification.
func readGemfile(_ string, lines []line, keep byte) []requirement {
	return readEach(lines, keep, func(text string) (requirement, bool) {
		m := gemLine.FindStringSubmatch(text)
		if m == nil {
			return requirement{}, false
		}
		r := requirement{name: m[2], version: shownVersion(strings.NewReplacer(`"`, "", `'`, "").Replace(strings.TrimLeft(m[3], " ,")))}
		if m[1] == "development" {
			r.scope = "dev"
		}
		return r, true
	})
}

var (
	xmlElement = regexp.MustCompile(`^\s*<([\w.-]+)>\s*([^<>]*?)\s*</([\w.-]+)>\s*$`)
	// pomOwner opens what a version in a pom.xml can be of, other than the project itself.
	pomOwner = regexp.MustCompile(`^\s*<(dependency|plugin|parent|extension|annotationProcessorPath|path)>`)
	// pomProperty is a property that holds a version, by custom.
	pomProperty = regexp.MustCompile(`^(?:version\.[\w.-]+|[\w.-]+[.-]version)$`)
)

// readPOM reads lines of Maven's pom.xml. A version counts where the patch shows what it is of.
func readPOM(_ string, lines []line, keep byte) []requirement {
	var out []requirement
	owner, group, artifact := "", "", ""
	for _, l := range lines {
		if m := pomOwner.FindStringSubmatch(l.text); m != nil {
			owner, group, artifact = m[1], "", ""
			continue
		}
		if t := strings.TrimSpace(l.text); owner != "" && t == "</"+owner+">" {
			owner = ""
			continue
		}
		m := xmlElement.FindStringSubmatch(l.text)
		if m == nil || m[1] != m[3] {
			continue
		}
		switch name, value := m[1], m[2]; {
		case name == "groupId":
			group = value
		case name == "artifactId":
			artifact = value
		case l.op != keep:
		case name == "version" && owner != "" && artifact != "" && !strings.HasPrefix(value, "${"):
			out = append(out, requirement{name: strings.TrimPrefix(group+":"+artifact, ":"), version: shownVersion(value), scope: map[string]string{"plugin": "build", "extension": "build"}[owner], line: l.new})
		case pomProperty.MatchString(name) && loose(value) != "":
			out = append(out, requirement{name: name, version: value, line: l.new})
		}
	}
	return out
}

var (
	gradleModule = regexp.MustCompile(`(?:^|[\s(])(\w+)?[\s(]+(?:(?:enforcedP|p)latform\()?["']([\w.-]+:[\w.-]+):([\w.+-]+)(?:[@:][\w.-]+)?["']`)
	gradlePlugin = regexp.MustCompile(`^\s*id[\s(]+["']([\w.-]+)["']\)?\s+version\s+["']([\w.+-]+)["']`)
)

// readGradle reads lines of a build.gradle in either language.
func readGradle(_ string, lines []line, keep byte) []requirement {
	return readEach(lines, keep, func(text string) (requirement, bool) {
		if m := gradlePlugin.FindStringSubmatch(text); m != nil {
			return requirement{name: m[1], version: m[2], scope: "build"}, true
		}
		m := gradleModule.FindStringSubmatch(text)
		if m == nil || comment(strings.TrimSpace(text)) {
			return requirement{}, false
		}
		r := requirement{name: m[2], version: m[3]}
		if lower := strings.ToLower(text); strings.HasPrefix(strings.TrimSpace(lower), "test") || strings.HasPrefix(strings.TrimSpace(lower), "androidtest") {
			r.scope = "dev"
		}
		return r, true
	})
}

var composerScopes = map[string]string{"require": "", "require-dev": "dev"}

var (
	composerHead = regexp.MustCompile(`^\s*"([\w-]+)"\s*:\s*\{\s*$`)
	composerPair = regexp.MustCompile(`^\s*"([a-z0-9][\w.-]*/[\w.-]+)"\s*:\s*"([^"]*)"\s*,?\s*$`)
)

// readComposer reads lines of a composer.json. What PHP itself and its extensions have no slash.
func readComposer(_ string, lines []line, keep byte) []requirement {
	var out []requirement
	section, shown := "", false
	for _, l := range lines {
		if m := composerHead.FindStringSubmatch(l.text); m != nil {
			section, shown = m[1], true
			continue
		}
		if t := strings.TrimSpace(l.text); t == "}" || t == "}," {
			section, shown = "", false
			continue
		}
		m := composerPair.FindStringSubmatch(l.text)
		scope, known := composerScopes[section]
		if m == nil || l.op != keep || shown && !known || loose(m[2]) == "" && m[2] != "*" && !strings.HasPrefix(m[2], "dev-") {
			continue
		}
		out = append(out, requirement{name: m[1], version: shownVersion(m[2]), scope: scope, line: l.new})
	}
	return out
}

var pubspecPair = regexp.MustCompile(`^  ([a-z_][a-z0-9_]*):\s*["']?([\^><=~]*\s*\d[^"'#]*|any)["']?\s*(?:#.*)?$`)

// readPubspec reads lines of Dart's pubspec.yaml. git names the section above the hunk: it begins at the line's first letter.
func readPubspec(section string, lines []line, keep byte) []requirement {
	var out []requirement
	scopes := map[string]string{"dependencies:": "", "dev_dependencies:": "dev", "dependency_overrides:": "override"}
	for _, l := range lines {
		if l.text != "" && l.text[0] != ' ' && l.text[0] != '#' {
			section = strings.TrimSpace(l.text)
			continue
		}
		scope, ok := scopes[section]
		m := pubspecPair.FindStringSubmatch(l.text)
		if m == nil || l.op != keep || !ok {
			continue
		}
		out = append(out, requirement{name: m[1], version: strings.TrimSpace(m[2]), scope: scope, line: l.new})
	}
	return out
}

var (
	chartItem  = regexp.MustCompile(`^\s*-\s+name:\s*["']?([\w.-]+)["']?\s*$`)
	chartField = regexp.MustCompile(`^\s+(version|repository|name):\s*["']?([^"'#\s]+)`)
)

// readChart reads the dependencies of Helm's Chart.yaml. The chart's own version stands at the beginning of a line.
func readChart(section string, lines []line, keep byte) []requirement {
	var out []requirement
	name := ""
	for _, l := range lines {
		if l.text != "" && l.text[0] != ' ' && l.text[0] != '-' && l.text[0] != '#' {
			section, name = strings.TrimSpace(l.text), ""
			continue
		}
		if section != "dependencies:" {
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(l.text), "-") {
			name = ""
		}
		if m := chartItem.FindStringSubmatch(l.text); m != nil {
			name = m[1]
			continue
		}
		if m := chartField.FindStringSubmatch(l.text); m != nil && m[1] == "version" && name != "" && l.op == keep {
			out = append(out, requirement{name: name, version: shownVersion(m[2]), line: l.new})
		}
	}
	return out
}

var imageLine = regexp.MustCompile(`^\s*(?:-\s+)?image:\s*["']?([\w.-]+(?::\d+)?(?:/[\w.-]+)*):([\w.-]+)(?:@sha256:([0-9a-f]{7})[0-9a-f]*)?["']?\s*(?:#.*)?$`)

// readImages reads the container images of Compose files and Kubernetes' resources.
func readImages(_ string, lines []line, keep byte) []requirement {
	return readEach(lines, keep, func(text string) (requirement, bool) {
		m := imageLine.FindStringSubmatch(text)
		if m == nil {
			return requirement{}, false
		}
		return requirement{name: m[1], version: m[2], pin: m[3]}, true
	})
}
