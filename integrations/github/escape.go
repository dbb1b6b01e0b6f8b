package github

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"shipmate/bot"
)

// How strangers' text is made harmless in a comment:
//
//   - Markdown's own characters get a backslash, and <, > and & become entities, so that no markup begins;
//   - GitHub looks for @name, #12, GH-12, whole commit IDs and addresses in the text that readers see, where no backslash helps: a zero-width
//     space is put into them, so that nobody is mentioned, nothing is referred to or closed, and no link appears;
//   - control, direction and invisible characters are dropped before (bot.CleanText).
const gap = "\u200b"

var (
	special = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "~", "\\~", "|", "\\|",
		"!", "\\!", "$", "\\$", "<", "&lt;", ">", "&gt;", "&", "&amp;")
	entities = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;")
	oneLine  = strings.NewReplacer("\n", " ", "\t", " ")
	// reaching matches what GitHub would make a reference or link of, up to the place where it is broken.
	reaching = regexp.MustCompile(`(?i)@|#\d|gh-\d|:/|www\.|(?:mailto|xmpp):`)
	commitID = regexp.MustCompile(`(?i)[0-9a-f]{40,}`)
)

// defuse puts a gap into everything that would mention, refer or link.
func defuse(s string) string {
	return reaching.ReplaceAllStringFunc(commitID.ReplaceAllStringFunc(s, broken), func(m string) string {
		switch m[0] {
		case '@', '#', ':':
			return m[:1] + gap + m[1:]
		case 'w', 'W':
			return m[:3] + gap + m[3:]
		}
		at := strings.IndexAny(m, "-:") + 1
		return m[:at] + gap + m[at:]
	})
}

// broken puts a gap behind every 20 characters.
func broken(s string) string {
	var b strings.Builder
	for len(s) > 20 {
		b.WriteString(s[:20] + gap)
		s = s[20:]
	}
	return b.String() + s
}

// escape makes plain text of one line out of anything.
func escape(s string) string { return special.Replace(defuse(line(s))) }

// escapeHTML is escape for places where Markdown is not read.
func escapeHTML(s string) string { return entities.Replace(defuse(strings.TrimSpace(line(s)))) }

// line cleans s and makes one line of it. In contrast to bot.CleanLine it keeps the spaces at the ends, which part spans.
func line(s string) string { return oneLine.Replace(bot.CleanText(s)) }

// inline renders spans as one line, without white space at the ends. Inside a table the bar that parts cells is escaped in code as well.
func inline(spans []bot.Span, inTable bool) string {
	var b strings.Builder
	for _, s := range joined(spans) {
		core := strings.TrimSpace(s.Text)
		if core == "" {
			b.WriteString(s.Text)
			continue
		}
		at := strings.Index(s.Text, core)
		b.WriteString(s.Text[:at])
		out := styled(s, core, inTable)
		if prev := b.String(); prev != "" && touches(prev[len(prev)-1], out[0]) {
			b.WriteString(gap)
		}
		b.WriteString(out + s.Text[at+len(core):])
	}
	return strings.TrimSpace(b.String())
}

// touches reports whether the characters would be read as one sign when one span ends in the first and the next begins with the second.
// A code span is kept apart from whatever stands before it: some parsers take its backtick for a part of an e-mail address.
func touches(a, b byte) bool {
	return a != ' ' && b == '`' || a == '*' && b == '*'
}

// joined cleans the spans' texts, drops the empty ones, and merges neighbours of the same style: nothing can hide in the seam of two spans.
func joined(spans []bot.Span) []bot.Span {
	var out []bot.Span
	for _, s := range spans {
		if s.Text = line(s.Text); s.Text == "" {
			continue
		}
		s.URL = safeURL(s.URL)
		if n := len(out); n > 0 && out[n-1].URL == s.URL && out[n-1].Bold == s.Bold && out[n-1].Mono == s.Mono {
			out[n-1].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

// styled renders a text without spaces at its ends in the style of s.
func styled(s bot.Span, text string, inTable bool) string {
	out := escape(text)
	if s.Mono {
		out = codeSpan(text, inTable)
	}
	if s.URL != "" {
		out = "[" + out + "](" + s.URL + ")"
	}
	if s.Bold {
		first, _ := utf8.DecodeRuneInString(out)
		last, _ := utf8.DecodeLastRuneInString(out)
		// Next to punctuation, ** is bold in some surroundings only; next to a gap, in all.
		if !letter(first) {
			out = gap + out
		}
		if !letter(last) {
			out += gap
		}
		out = "**" + out + "**"
	}
	return out
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// codeSpan fences the text with more backticks than it has in a row.
func codeSpan(s string, inTable bool) string {
	s = line(s)
	if inTable && strings.Contains(s, "|") {
		if strings.Contains(s, "\\") { // no code span in a table can hold a backslash before a bar: the bar would end the cell, and the code
			return "<code>" + escape(s) + "</code>"
		}
		s = strings.ReplaceAll(s, "|", "\\|")
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// longestRun is the length of the longest row of backticks.
func longestRun(s string) int {
	longest, n := 0, 0
	for _, r := range s {
		if r != '`' {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

var numberMark = regexp.MustCompile(`^(\d{1,9})([.)])`)

// noBlock keeps a line from beginning a heading, a list, a rule or a code block.
func noBlock(s string) string {
	if s != "" && strings.ContainsRune("#+-=:", rune(s[0])) {
		return "\\" + s
	}
	return numberMark.ReplaceAllString(s, "$1\\$2")
}

// safeURL returns an address as Markdown takes it between parentheses; "" for whatever is not plainly http or https.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		switch {
		case c == '&':
			b.WriteString("&amp;")
		case c <= ' ', c >= 0x7f, strings.IndexByte("()<>\\\"'`|*_[]{}!$~", c) >= 0:
			b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
