package bot

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PlainText renders a reply as text without markup, for a terminal or a log. Folds are shown as the command that opens them, unless
// unfold is set. Control characters of strangers' text never reach the terminal.
func PlainText(r Reply, unfold bool) string {
	var b strings.Builder
	if r.Title != "" {
		b.WriteString(CleanLine(r.Title) + "\n")
	}
	writeBlocks(&b, r.Blocks, unfold)
	if len(r.Next) > 0 {
		labels := make([]string, 0, len(r.Next))
		for _, a := range r.Next {
			labels = append(labels, CleanLine(a.Text))
		}
		b.WriteString("next: " + strings.Join(labels, " · ") + "\n")
	}
	return b.String()
}

func writeBlocks(b *strings.Builder, blocks Blocks, unfold bool) {
	for _, block := range blocks {
		switch block := block.(type) {
		case Para:
			b.WriteString(plainSpans(block.Spans) + "\n")
		case List:
			for i, item := range block.Items {
				mark := "- "
				if block.Numbered {
					mark = fmt.Sprintf("%d. ", i+1)
				}
				b.WriteString(mark + plainSpans(item) + "\n")
			}
		case Table:
			writeTable(b, block)
		case Code:
			for line := range strings.Lines(block.Text) {
				line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
				b.WriteString("    " + clean(line, false) + "\n")
			}
		case Chart:
			writeChart(b, block)
		case Fold:
			if unfold || block.Ask == "" {
				b.WriteString("\n" + CleanLine(block.Title) + "\n")
				writeBlocks(b, block.Blocks, unfold)
			} else {
				b.WriteString(CleanLine(block.Title) + ": " + CleanLine(block.Ask) + "\n")
			}
		}
	}
}

func writeTable(b *strings.Builder, t Table) {
	width := make([]int, len(t.Head))
	cells := make([][]string, 0, len(t.Rows)+1)
	head := make([]string, len(t.Head))
	for i, h := range t.Head {
		head[i] = CleanLine(h)
	}
	cells = append(cells, head)
	for _, row := range t.Rows {
		line := make([]string, len(t.Head))
		for i := range min(len(row), len(line)) {
			line[i] = plainSpans(row[i])
		}
		cells = append(cells, line)
	}
	for _, line := range cells {
		for i, c := range line {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, line := range cells {
		var row strings.Builder
		for i, c := range line {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i < len(t.Right) && t.Right[i] {
				row.WriteString(pad + c + "  ")
			} else {
				row.WriteString(c + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
}

// plainSpans joins the texts. A link's address is left out: terminals show what a link says, and `ask --json` has the address.
func plainSpans(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(clean(s.Text, false))
	}
	return b.String()
}

// CleanLine makes a stranger's text safe to show as one line: line breaks and tabs become spaces; control characters, characters that
// change the direction of writing (the Trojan Source attack), tag characters and zero-width characters are dropped, except the joiner that
// many emoji and scripts are written with, where it stands between two visible characters, and one variation selector behind what can be an emoji.
// Invalid UTF-8 becomes U+FFFD.
func CleanLine(s string) string {
	return strings.TrimSpace(clean(s, false))
}

// CleanText is CleanLine for text of several lines: line feeds and tabs stay, and so does white space at the ends.
func CleanText(s string) string {
	return clean(strings.ReplaceAll(s, "\r\n", "\n"), true)
}

func clean(s string, lines bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	visible := false // the rune before was visible
	varies := false  // and may be shown in two ways
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	for i, r := range runes {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			if lines && (r == '\n' || r == '\t') {
				b.WriteRune(r)
			} else {
				b.WriteByte(' ')
			}
			visible = false
		case r == '\u200d': // zero-width joiner
			if visible && i+1 < len(runes) && !Invisible(runes[i+1]) {
				b.WriteRune(r)
			}
			visible = false
		case r == '\ufe0e' || r == '\ufe0f': // the two selectors of emoji; a row of them can hide any text
			if varies {
				b.WriteRune(r)
			}
			varies = false
			continue
		case Invisible(r):
		default:
			b.WriteRune(r)
			visible = true
		}
		varies = visible && !Invisible(r) && (r > unicode.MaxASCII || strings.ContainsRune("0123456789#*", r))
	}
	return b.String()
}

// plain reports whether s is printable ASCII, which needs no cleaning.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Invisible reports whether r shows nothing but changes how text around it is read or hides text: controls, direction marks and overrides,
// zero-width characters, tag characters, variation selectors except the two of emoji, and other default-ignorable characters.
func Invisible(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f: // C0 and C1 controls
		return true
	case r == 0x00ad, r == 0x034f, r == 0x061c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xfeff, r == 0xffa0:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xfe00 && r <= 0xfe0d, r == 0x16fe4, r >= 0x13430 && r <= 0x1343f, r == 0x1d159:
		return true
	case r >= 0xfff0 && r <= 0xfffb, r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}
