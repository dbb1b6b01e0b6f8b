package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"shipmate/bot"
)

// elementBytes is about what the JSON of one element takes beside its text and address.
const elementBytes = 80

// split cuts spans into parts that hold at most so many characters and so many bytes of JSON each: after a line if one ends in the second
// half of what fits, else after a word, else between characters as people see them. No part is without text.
func split(spans []bot.Span, maxChars, maxBytes int) [][]bot.Span {
	var out [][]bot.Span
	var part []bot.Span
	room, bytes := maxChars, maxBytes
	flush := func() {
		if strings.TrimSpace(plainOf(part)) != "" {
			out = append(out, part)
		}
		part, room, bytes = nil, maxChars, maxBytes
	}
	for _, s := range spans {
		for s.Text != "" {
			fixed := elementBytes + cost(s.URL)
			n := fit(s.Text, room, bytes-fixed)
			if n < len(s.Text) && n > 0 {
				n = breakAt(s.Text, n)
			}
			if n == 0 && len(part) > 0 {
				flush()
				continue
			}
			if n == 0 { // not even one character as people see it fits: cut inside
				_, n = utf8.DecodeRuneInString(s.Text)
			}
			head := s
			head.Text, s.Text = s.Text[:n], s.Text[n:]
			part = append(part, head)
			room, bytes = room-chars(head.Text), bytes-fixed-cost(head.Text)
			if s.Text != "" {
				flush()
			}
		}
	}
	flush()
	return out
}

// fit returns the length of the longest prefix of s of at most so many characters and bytes of JSON that ends between two characters as
// people see them; if there is none but some runes fit, of those runes.
func fit(s string, maxChars, maxBytes int) int {
	border, count, bytes := 0, 0, 0
	for i, r := range s {
		if i > 0 && !joined(s, i) {
			border = i
		}
		count++
		bytes += runeCost(r)
		if count > maxChars || bytes > maxBytes {
			if border == 0 {
				return i
			}
			return border
		}
	}
	return len(s)
}

// breakAt moves a cut at n back to the end of a line or word in the second half of s[:n], if there is one.
func breakAt(s string, n int) int {
	for _, mark := range []string{"\n", " "} {
		if i := strings.LastIndex(s[:n], mark); i >= n/2 && !joined(s, i+1) {
			return i + 1
		}
	}
	return n
}

// joined reports whether the runes before and after s[i] belong to one character as people see it. It knows the common cases of Unicode
// Standard Annex 29: combining marks, emoji sequences, flags and Hangul syllables.
func joined(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	const joiner = '\u200d'
	switch {
	case before == '\n':
		return false
	case unicode.Is(unicode.M, after), after == joiner, before == joiner:
		return true
	case after >= 0x1f3fb && after <= 0x1f3ff: // skin tones
		return true
	case after >= 0x1160 && after <= 0x11ff: // vowels and finals of Hangul
		return true
	case isFlag(before) && isFlag(after):
		pairs := 0
		for rest := s[:i]; ; pairs++ {
			r, size := utf8.DecodeLastRuneInString(rest)
			if !isFlag(r) {
				return pairs%2 == 1
			}
			rest = rest[:len(rest)-size]
		}
	}
	return false
}

// isFlag reports whether r is one of the letters of which two make a flag.
func isFlag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// shorten cuts s to at most n characters, the last of them an ellipsis if something is missing.
func shorten(s string, n int) string {
	if chars(s) <= n {
		return s
	}
	return strings.TrimRight(s[:fit(s, n-1, len(s)*6)], " ") + "…"
}

func chars(s string) int { return utf8.RuneCountInString(s) }

// cost is the length of s in JSON as encoding/json writes it.
func cost(s string) int {
	n := 0
	for _, r := range s {
		n += runeCost(r)
	}
	return n
}

func runeCost(r rune) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\t', r == '\r':
		return 2
	case r < 0x20, r == '<', r == '>', r == '&', r == 0x2028, r == 0x2029:
		return 6
	}
	return utf8.RuneLen(r)
}
