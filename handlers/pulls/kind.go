package pulls

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"shipmate/integrations/github"
)

// knownTypes maps what people write before the colon of a conventional commit to one word for each meaning. The types are those of
// commitlint's config-conventional, plus what dependency bots write.
var knownTypes = map[string]string{
	"feat": "feat", "feature": "feat", "fix": "fix", "bug": "fix", "bugfix": "fix", "hotfix": "fix", "docs": "docs", "doc": "docs",
	"style": "style", "refactor": "refactor", "perf": "perf", "test": "test", "tests": "test", "build": "build", "ci": "ci", "chore": "chore",
	"revert": "revert", "deps": "deps", "dep": "deps", "security": "security", "sec": "security", "release": "release",
}

// typeOther is the type when nothing tells. Replies leave it out.
const typeOther = "other"

// kindOf says what kind of change it is: what the title declares as a conventional commit, else what most commits declare, else the title's
// gitmoji or what the changed files are; where they are of several kinds, the words of the title, and without such words what changed in
// the files. from says which of these it was: one of the From constants. f has the dependencies and the replacement. typeOther when the
// snapshot lists no file that tells.
func kindOf(s github.Snapshot, v *view, f *Facts) (kind, from string) {
	switch yes, titled := reverts(s); {
	case titled && yes:
		return "revert", FromTitle
	case yes:
		return "revert", FromCommits
	}
	kind, _ = conventionalType(stripTickets(s.Title))
	if kind != "" && !(kind == "docs" && v.folderOfCode(stripTickets(s.Title))) {
		return kind, FromTitle
	}
	if kind, _ = bracketType(stripTickets(s.Title)); kind != "" && kind != "chore" {
		return kind, FromTitle
	}
	if kind = majorityType(s.List); kind != "" {
		return kind, FromCommits
	}
	if kind, from = undeclaredType(s, v, f); kind != "" {
		return kind, from
	}
	return typeOther, ""
}

// Where the type of a pull request comes from.
const (
	FromTitle   = "title"   // its author declares it there
	FromCommits = "commits" // most commits declare it
	FromFiles   = "files"   // the changed files are of a kind
	FromWords   = "words"   // the words of the title, or of the headline
	FromContent = "content" // guessed from what changed in the files
)

// typeSources say where a type comes from.
var typeSources = map[string]string{
	FromTitle: "as the title declares", FromCommits: "as most commits declare", FromFiles: "from the kind of the changed files", FromWords: "from the words of the title",
	FromContent: "guessed from what changed, since nobody says it",
}

// typeText is the type as the summary shows it: a guess is marked as one.
func (f *Facts) typeText() string {
	if f.TypeFrom == FromContent {
		return "likely " + f.Type
	}
	return f.Type
}

// undeclaredType tells without a conventional commit. What an emoji or a verb says of the program ("fix", "feat") is not said of
// documentation, tests or settings alone.
func undeclaredType(s github.Snapshot, v *view, f *Facts) (kind, from string) {
	title := cleanSubject(s.Title)
	emoji, files := gitmojiType(s.Title), typeOfFiles(v, f.asked())
	switch {
	case releaseTitle.MatchString(title):
		return "release", FromWords
	case emoji != "" && (files == "" || emoji != "feat" && emoji != "fix" && emoji != "refactor" && emoji != "perf"):
		return emoji, FromTitle
	case bumpsOnly(v, f.asked()) && typeOfWords(title) == "deps":
		return "deps", FromWords
	case files != "":
		return files, FromFiles
	case v.quiet():
		return "docs", FromFiles
	case revertsRevert(s.Title):
		return typeOfContent(v, f), FromContent
	}
	if kind = cmp.Or(typeOfWords(title), typeOfWords(headline(s))); kind != "" {
		return kind, FromWords
	}
	if kind, _ = bracketType(stripTickets(s.Title)); kind != "" { // "[chore]": at some projects that it needs no entry in the changelog
		return kind, FromTitle
	}
	return typeOfContent(v, f), FromContent
}

// folderOfCode reports whether what a title has before its colon is the name of a folder whose code changes: "doc: …" is about a package
// named doc, and no documentation.
func (v *view) folderOfCode(title string) bool {
	prefix, _, _ := strings.Cut(strings.ToLower(title), ":")
	return slices.ContainsFunc(v.files, func(f *file) bool { return f.class == ClassCode && inFolder(strings.ToLower(f.Path), prefix) })
}

// conventionalType reads the type of a conventional commit's first line; "" when it is none, or of a type that nobody knows.
func conventionalType(subject string) (kind string, breaking bool) {
	m := conventional.FindStringSubmatch(strings.TrimSpace(subject))
	if m == nil {
		return "", false
	}
	kind = knownTypes[strings.ToLower(m[1])]
	scope := strings.ToLower(strings.Trim(m[2], "()"))
	if (kind == "chore" || kind == "build" || kind == "fix" || kind == "feat") && (strings.HasPrefix(scope, "deps") || scope == "dependencies") {
		kind = "deps"
	}
	return kind, kind != "" && m[3] != ""
}

// bracketed is a word in brackets in front of a title: "[chore] …", "[BUGFIX] …".
var bracketed = regexp.MustCompile(`^\[([A-Za-z]{2,16})\]\s*:?\s*`)

// bracketType reads a type in brackets in front of a title, and returns what follows it: "" and the whole title when there is none.
func bracketType(title string) (kind, rest string) {
	m := bracketed.FindStringSubmatch(title)
	if m == nil || knownTypes[strings.ToLower(m[1])] == "" {
		return "", title
	}
	return knownTypes[strings.ToLower(m[1])], title[len(m[0]):]
}

// releaseTitle is how people call the pull request that makes a release: "Prepare release v1.2", "Cut release 3.0".
var releaseTitle = regexp.MustCompile(`^(?i)(?:prepare|cut)(?: for)?(?: the)?(?: \w+)? release\b.*\d`)

func stripTickets(title string) string {
	return withoutTicket(withoutEmoji(title))
}

// breakingTitle is what people write in front of a title without the form of Conventional Commits: "BREAKING: …", "[Breaking change] …".
var breakingTitle = regexp.MustCompile(`^(?i)(?:breaking(?:[ -]changes?)?:|\[breaking(?:[ -]changes?)?\])`)

var breakingFooter = regexp.MustCompile(`(?m)^BREAKING[ -]CHANGE: `)

// declaresBreaking reports whether title, description or a commit declares a breaking change as Conventional Commits has it.
func declaresBreaking(s github.Snapshot) bool {
	if _, breaking := conventionalType(stripTickets(s.Title)); breaking || breakingTitle.MatchString(stripTickets(s.Title)) || breakingFooter.MatchString(s.Body) {
		return true
	}
	return slices.ContainsFunc(s.List, func(c github.Commit) bool {
		subject, rest, _ := strings.Cut(c.Message, "\n")
		_, breaking := conventionalType(subject)
		return breaking || breakingFooter.MatchString(rest)
	})
}

var (
	revertTitle = regexp.MustCompile(`^(?i)(?:revert(?:\(.*\))?:? ["“']|revert: |reverts? #\d+|reverts? [0-9a-f]{7,40}\b|revert (?:pull request|pr|commit)\b)`)
	revertBody  = regexp.MustCompile(`(?m)^(?:This reverts commit [0-9a-f]{7,40}|Reverts [\w.-]+/[\w.-]+#\d+)`)
)

// reverts reports whether the pull request as a whole takes back an earlier change, and whether its title says so. `Revert "Revert …"` brings
// one back and is no revert. A commit is one when git's sentence comes first in what it explains: a squashed branch has it somewhere below.
func reverts(s github.Snapshot) (yes, titled bool) {
	title := stripTickets(s.Title)
	if m := conventional.FindStringSubmatch(title); m != nil && knownTypes[strings.ToLower(m[1])] != "" && revertTitle.MatchString(m[4]) {
		title = m[4]
	}
	lower := strings.ToLower(title)
	switch {
	case strings.HasPrefix(lower, `revert "revert`):
		return false, false
	case revertTitle.MatchString(title), revertBody.MatchString(s.Body) && strings.HasPrefix(lower, "revert"):
		return true, strings.HasPrefix(lower, "revert")
	case len(s.List) != 1:
		return false, false
	}
	_, explained, _ := strings.Cut(s.List[0].Message, "\n")
	first := revertBody.FindStringIndex(strings.TrimSpace(explained))
	return first != nil && first[0] == 0, strings.HasPrefix(lower, "revert")
}

func revertsRevert(title string) bool {
	return strings.HasPrefix(strings.ToLower(stripTickets(title)), `revert "revert`)
}

// majorityType returns the type that more than half of the commits declare; merges do not count.
func majorityType(commits []github.Commit) string {
	count, total := map[string]int{}, 0
	for _, c := range commits {
		if c.Parents > 1 {
			continue
		}
		total++
		subject, _, _ := strings.Cut(c.Message, "\n")
		if kind, _ := conventionalType(subject); kind != "" {
			count[kind]++
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		if 2*count[kind] > total {
			return kind
		}
	}
	return ""
}
