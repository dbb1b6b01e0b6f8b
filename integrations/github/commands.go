package github

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"shipmate/bot"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

const (
	maxCommands   = 5     // taken of one comment
	maxCommand    = 4_096 // bytes of one command
	maxBodyLength = 256 << 10
)

// commands finds what a comment asks of the bot: the rest of each line that begins with /name or @name, for one of the names, in the text
// of a paragraph that is in nothing else. What stands in code, quotes, lists, tables, headings, links, struck-out text, footnotes, HTML or
// HTML comments is no command.
func commands(body string, names []string) []string {
	if len(body) > maxBodyLength || !mayCommand(body, names) {
		return nil
	}
	source := []byte(body)
	var out []string
	open := 0 // HTML elements begun and not ended above
	for n := parseGFM(source).FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.HTMLBlock:
			open = max(0, open+opened(htmlOf(n, source)))
		case *ast.Paragraph:
			if open == 0 {
				out = append(out, paragraphCommands(n, source, names)...)
			} else { // only what it ends counts: people write things like List<String>
				open = max(0, open+min(0, opened(inlineHTML(n, source))))
			}
		}
	}
	return out
}

// mayCommand saves parsing the many comments that do not even contain a name.
func mayCommand(body string, names []string) bool {
	lower := strings.ToLower(body)
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(lower, strings.ToLower(name)) })
}

// paragraphCommands reads the lines of one paragraph. A line begins a command only where its first character is plain text of the
// paragraph itself, which a line inside a code span or a link that spans lines is not.
func paragraphCommands(p *ast.Paragraph, source []byte, names []string) []string {
	plain := map[int]bool{} // where plain text begins
	for n := p.FirstChild(); n != nil; n = n.NextSibling() {
		if t, ok := n.(*ast.Text); ok {
			plain[t.Segment.Start] = true
		}
	}
	hidden := hiddenParts(p)
	var out []string
	for i := range p.Lines().Len() {
		line := p.Lines().At(i)
		start := line.Start + len(line.Value(source)) - len(bytes.TrimLeft(line.Value(source), " \t"))
		if !plain[start] {
			continue
		}
		shown := visible(source, start, line.Stop, hidden)
		if i+1 < p.Lines().Len() {
			shown = withoutBreak(shown)
		}
		if args, ok := command(shown, names); ok {
			out = append(out, args)
		}
	}
	return out
}

// withoutBreak drops the backslash that breaks a line at its end, unless another backslash escapes it.
func withoutBreak(line string) string {
	slashes := len(line) - len(strings.TrimRight(line, "\\"))
	return line[:len(line)-slashes%2]
}

// A part is a range of the source.
type part struct{ start, stop int }

// hiddenParts finds the HTML inside a paragraph: tags and comments, which readers do not see.
func hiddenParts(p *ast.Paragraph) []part {
	var out []part
	_ = ast.Walk(p, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if raw, ok := n.(*ast.RawHTML); ok && entering {
			for i := range raw.Segments.Len() {
				s := raw.Segments.At(i)
				out = append(out, part{s.Start, s.Stop})
			}
		}
		return ast.WalkContinue, nil
	})
	return out
}

func inlineHTML(p *ast.Paragraph, source []byte) string {
	var b strings.Builder
	for _, h := range hiddenParts(p) {
		b.Write(source[h.start:h.stop])
	}
	return b.String()
}

// visible is the source from start to stop without the hidden parts.
func visible(source []byte, start, stop int, hidden []part) string {
	var b strings.Builder
	for _, h := range hidden {
		if h.start >= start && h.start < stop {
			b.Write(source[start:h.start])
			start = min(h.stop, stop)
		}
	}
	b.Write(source[start:stop])
	return strings.TrimSpace(b.String())
}

// command reads a line: the text behind the bot's name; ok is false when the line is not for the bot.
func command(line string, names []string) (args string, ok bool) {
	if line == "" || line[0] != '/' && line[0] != '@' {
		return "", false
	}
	for _, name := range names {
		if len(line) <= len(name) || !strings.EqualFold(line[1:1+len(name)], name) {
			continue
		}
		rest := line[1+len(name):]
		if line[0] == '@' {
			rest = strings.TrimPrefix(rest, "[bot]")
			rest = strings.TrimLeft(rest, ":,")
		}
		if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			continue
		}
		return clip(bot.CleanLine(asSeen(rest)), maxCommand), true
	}
	return "", false
}

// asSeen undoes Markdown's escaping: backslashes and entities, or the backticks of code spans, in which nothing is escaped.
func asSeen(s string) string {
	if strings.Contains(s, "`") {
		return strings.ReplaceAll(s, "`", "")
	}
	return string(util.UnescapePunctuations(util.ResolveEntityNames(util.ResolveNumericReferences([]byte(s)))))
}

// clip cuts s to at most n bytes, at the end of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

var (
	tag  = regexp.MustCompile(`(?s)<!--.*?-->|<(/?)([A-Za-z][A-Za-z0-9-]*)(?:"[^"]*"|'[^']*'|[^'">])*?(/?)>`)
	void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p", "li"}
)

// opened counts the elements that a piece of HTML begins, less those that it ends.
func opened(html string) int {
	n := 0
	for _, m := range tag.FindAllStringSubmatch(html, -1) {
		switch {
		case m[2] == "" || m[3] != "" || slices.Contains(void, strings.ToLower(m[2])): // a comment, or nothing that stays open
		case m[1] != "":
			n--
		default:
			n++
		}
	}
	return n
}

func htmlOf(n *ast.HTMLBlock, source []byte) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(source))
	}
	if n.HasClosure() {
		b.Write(n.ClosureLine.Value(source))
	}
	return b.String()
}
