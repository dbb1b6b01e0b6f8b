package pulls

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// headline chooses the best short statement of what a pull request does: its title, unless that says nothing; then the first commit
// subject that says something, the first sentence of the description, or the title of an issue it closes. It never makes up words.
func headline(s github.Snapshot) string {
	title := cleanSubject(s.Title)
	if !noise(title) {
		return title
	}
	for _, c := range s.List {
		subject, _, _ := strings.Cut(c.Message, "\n")
		if c.Parents > 1 {
			continue
		}
		if subject = cleanSubject(subject); !noise(subject) {
			return subject
		}
	}
	if sentence := firstSentence(s.Body); !noise(sentence) {
		return sentence
	}
	for _, i := range s.Issues {
		if t := cleanSubject(i.Title); i.Closes && !noise(t) {
			return t
		}
	}
	if title != "" {
		return title
	}
	return bot.CleanLine(s.Title)
}

var (
	// conventional is the first line of Conventional Commits 1.0.0: type(scope)!: description. An upper-case type is common in titles.
	conventional = regexp.MustCompile(`^(?i)([a-z][a-z-]{1,15})(\([^()]{0,60}\))?(!)?:\s+(.+)$`)
	// ticket is an issue key that trackers put at either end of a title: "[ABC-12]", "ABC-12:", "(#123)", "[WIP]"; and "*:", all packages.
	ticketBefore = regexp.MustCompile(`^(?:\[[A-Z][A-Z0-9]{1,9}-\d+\]|\(?[A-Z][A-Z0-9]{1,9}-\d+\)?\s*[:|–-]|#\d+(?:\s*[:–-]|\s+)|\*:|(?i:\[?(?:wip|draft|rfc|do not merge|dnm)\]?\s*[:–-]|\[(?:wip|draft|rfc)\]))\s*`)
	ticketAfter  = regexp.MustCompile(`\s*(?:\((?:#\d+|[A-Z][A-Z0-9]{1,9}-\d+)\)|\[[A-Z][A-Z0-9]{1,9}-\d+\])$`)
	emojiCode    = regexp.MustCompile(`^(?::[a-z0-9_+-]+:\s*)+`)
)

// cleanSubject removes what a title or commit subject says besides what it does: a conventional-commit prefix, a type in brackets, ticket
// numbers, emoji. What "revert:" takes back would be the contrary of what it does, and keeps the word.
func cleanSubject(s string) string {
	s = bot.CleanLine(s)
	for range 4 {
		before := s
		s = ticketAfter.ReplaceAllString(withoutTicket(withoutEmoji(s)), "")
		if m := conventional.FindStringSubmatch(s); m != nil && knownTypes[strings.ToLower(m[1])] != "" {
			s = m[4]
			if knownTypes[strings.ToLower(m[1])] == "revert" && !strings.HasPrefix(strings.ToLower(s), "revert") {
				s = "Revert " + s
			}
		}
		_, s = bracketType(s)
		if s == before {
			break
		}
	}
	return shorten(upperFirst(strings.TrimRight(s, " .")), maxHeadline)
}

// withoutEmoji removes emoji from the beginning of s, written as characters or as codes.
func withoutEmoji(s string) string {
	return strings.TrimLeftFunc(emojiCode.ReplaceAllString(strings.TrimSpace(s), ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.So, r) || r == '\ufe0f' || r == '\u200d'
	})
}

// withoutTicket removes a ticket from the beginning of s. Names of standards have the form of tickets and stay.
func withoutTicket(s string) string {
	word := strings.TrimLeft(s, "[(")
	for _, standard := range []string{"UTF-", "SHA-", "ISO-", "CVE-", "RFC-", "HTTP-", "TLS-", "AES-", "MD-", "IPV-"} {
		if strings.HasPrefix(word, standard) {
			return s
		}
	}
	return ticketBefore.ReplaceAllString(s, "")
}

// maxHeadline is the most runes of a headline: two lines in Slack, and more than git's advice for subjects by half.
const maxHeadline = 110

// upperFirst raises the first letter, unless the first word looks like a name: very short, or with capitals, dots, slashes or digits in it.
func upperFirst(s string) string {
	word, _, _ := strings.Cut(s, " ")
	r, size := utf8.DecodeRuneInString(s)
	if before, _, ok := strings.Cut(s, ": "); ok && len(before) < 40 {
		return s // "pr merge: …": the name of a part
	}
	if !unicode.IsLower(r) || len(word) < 3 || strings.ContainsAny(strings.TrimRight(word, ".,:;"), "./_()`-0123456789:@#") || strings.ToLower(word) != word {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// shorten cuts s at a word boundary to at most n runes.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)[:n-1]
	for i := len(r) - 1; i > n/2; i-- {
		if unicode.IsSpace(r[i]) {
			r = r[:i]
			break
		}
	}
	return strings.TrimRight(string(r), " ,;:-–") + "…"
}

// noiseWord matches what says nothing about a change, alone or with other such words.
var noiseWord = set(`wip fix fixes fixed fixup update updates updated change changes changed patch tmp temp test tests testing stuff misc various minor
	small more some few cleanup clean up refactor refactoring improvement improvements improve pr review reviews comment comments feedback address addressed
	addressing nit nits typo typos draft done final bug bugs issue issues the a an and of for from to in it this my code files file again another
	feature work progress initial commit commits merge branch main master develop dev into lint linter format formatting build ci hotfix bugfix chore feat`)

// fileUpdate is what GitHub's editor proposes as the title of a change: "Update parser.go".
var fileUpdate = regexp.MustCompile(`^(?i:updated?|updates|edit) [\w./-]+\.\w{1,10}$`)

// noise reports whether s says nothing about a change.
func noise(s string) bool {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return true
	}
	if strings.HasPrefix(s, "Merge branch ") || strings.HasPrefix(s, "Merge remote-tracking ") || strings.HasPrefix(s, "Merge pull request ") {
		return true
	}
	if fileUpdate.MatchString(s) {
		return true
	}
	meaning := 0
	for _, w := range words {
		if !noiseWord[w] && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			meaning++
		}
	}
	if len(words) == 1 { // "patch-1", "parser.go" and the like are more than one word
		return meaning == 0 || utf8.RuneCountInString(words[0]) < 4
	}
	// A branch name that GitHub made a title of: "Patch 1", "Feature/abc 123" without a verb is still better than nothing.
	return meaning == 0
}

// firstSentence returns the first sentence of a description that its author wrote: not headings, templates, lists, quotes, code, images.
func firstSentence(body string) string {
	const enough = 400
	var paragraph strings.Builder
	inComment, inFence := false, false
	for l := range strings.Lines(body) {
		l = strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(l, "```"), strings.HasPrefix(l, "~~~"):
			inFence = !inFence
			continue
		case inFence:
			continue
		case inComment || strings.HasPrefix(l, "<!--"):
			inComment = !strings.Contains(l, "-->")
			continue
		}
		if l == "" || strings.ContainsRune("#>|<-*+!=_:[", rune(l[0])) || closingLine.MatchString(l) {
			if paragraph.Len() > 0 {
				break
			}
			continue
		}
		if paragraph.Len() > enough {
			break
		}
		paragraph.WriteString(l + " ")
	}
	text := strings.TrimSpace(paragraph.String())
	if i := sentenceEnd(text); i > 0 {
		text = text[:i]
	}
	return cleanSubject(markdownLink.ReplaceAllString(strings.NewReplacer("`", "", "**", "").Replace(text), "$1"))
}

var (
	closingLine  = regexp.MustCompile(`(?i)^(?:close[sd]?|fix(?:es|ed)?|resolve[sd]?|related to|ref|refs|see|part of|depends on)\b[:\s]+\S+$`)
	markdownLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// sentenceEnd returns where the first sentence of l ends; -1 when it does not.
func sentenceEnd(l string) int {
	for i := range len(l) {
		if (l[i] == '.' || l[i] == '!' || l[i] == '?') && i > 15 && (i+1 == len(l) || l[i+1] == ' ') {
			return i
		}
	}
	return -1
}
