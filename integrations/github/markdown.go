package github

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"shipmate/bot"
)

// maxComment is the most that GitHub takes as a comment. It counts characters; here bytes are counted, of which there are at least as many.
const maxComment = 65_536

// maxTitle is how many bytes of a reply's title are shown; escaping makes them at most five times as many.
const maxTitle = 2_000

// cutNote stands at the end of a comment that was too long.
const cutNote = "<sub>The rest is left out: GitHub takes no longer comments.</sub>"

// markdown renders a reply as a comment of at most limit bytes. name addresses the bot in the commands it suggests. Strangers' text in the
// reply mentions nobody, refers to nothing, loads nothing and opens no markup (see escape).
func markdown(r bot.Reply, name string, limit int) string {
	var parts []string
	if title := inline([]bot.Span{bot.Bold(clip(r.Title, maxTitle))}, false); title != "" {
		parts = append(parts, title)
	}
	foot := suggestions(r.Next, name)
	room := limit - len(foot) - len(cutNote) - 8
	blocks, cut := fit(r.Blocks, room-length(parts))
	parts = append(parts, blocks...)
	if cut {
		parts = append(parts, cutNote)
	}
	if foot != "" {
		parts = append(parts, foot)
	}
	return strings.Join(parts, "\n\n")
}

// length is that of the parts with an empty line behind each.
func length(parts []string) int {
	n := 0
	for _, p := range parts {
		n += len(p) + 2
	}
	return n
}

// suggestions is a line of commands to write next. They stand in code, where nothing is a reference.
func suggestions(next []bot.Action, name string) string {
	const most = 8
	var commands []string
	for _, a := range next[:min(len(next), most)] {
		if text := bot.CleanLine(a.Text); text != "" && len(text) <= 200 {
			commands = append(commands, codeSpan("/"+name+" "+text, false))
		}
	}
	if len(commands) == 0 {
		return ""
	}
	return "<sub>Also: " + strings.Join(commands, " · ") + "</sub>"
}

// fit renders blocks as far as they have room, each as a part of its own; the last one may be shortened. cut says that something is missing.
func fit(blocks bot.Blocks, room int) (parts []string, cut bool) {
	var last bot.Block
	for _, b := range blocks {
		text := block(b)
		if text == "" {
			continue
		}
		if _, ok := b.(bot.List); ok && parts != nil {
			if _, ok := last.(bot.List); ok {
				text = "<!-- -->\n\n" + text // else both would be one list
			}
		}
		last = b
		if len(text)+2 > room {
			if text = shorten(b, room-2); text != "" {
				parts = append(parts, text)
			}
			return parts, true
		}
		parts = append(parts, text)
		room -= len(text) + 2
	}
	return parts, false
}

// shorten renders as much of the beginning of a block as has room; "" when that is nothing.
func shorten(b bot.Block, room int) string {
	n := 0
	var part func(n int) bot.Block
	switch b := b.(type) {
	case bot.List:
		n, part = len(b.Items), func(n int) bot.Block { b.Items = b.Items[:n]; return b }
	case bot.Table:
		n, part = len(b.Rows), func(n int) bot.Block { b.Rows = b.Rows[:n]; return b }
	case bot.Code:
		lines := slices.Collect(strings.Lines(b.Text))
		n, part = len(lines), func(n int) bot.Block { b.Text = strings.Join(lines[:n], ""); return b }
	case bot.Chart:
		if head := chartHead(b.Sound()); len(head) <= room {
			return head
		}
	case bot.Fold:
		frame := len(fold(b.Title, nil))
		if inside, _ := fit(b.Blocks, room-frame-len(cutNote)-2); len(inside) > 0 {
			return fold(b.Title, append(inside, cutNote))
		}
	}
	if n == 0 {
		return ""
	}
	most := sort.Search(n, func(i int) bool { return len(block(part(i+1))) > room }) // the blocks grow with i
	if most == 0 {
		return ""
	}
	return block(part(most))
}

func block(b bot.Block) string {
	switch b := b.(type) {
	case bot.Para:
		return paragraph(b)
	case bot.List:
		return listing(b)
	case bot.Table:
		return table(b)
	case bot.Code:
		return codeBlock(b)
	case bot.Chart:
		return chart(b)
	case bot.Fold:
		inside := make([]string, 0, len(b.Blocks))
		for _, b := range b.Blocks {
			if text := block(b); text != "" {
				inside = append(inside, text)
			}
		}
		return fold(b.Title, inside)
	}
	return ""
}

func paragraph(p bot.Para) string {
	text := inline(p.Spans, false)
	if p.Small && text != "" {
		return "<sub>" + text + "</sub>"
	}
	return noBlock(text)
}

func listing(l bot.List) string {
	var b strings.Builder
	for i, item := range l.Items {
		mark := "-"
		if l.Numbered {
			mark = strconv.Itoa(i+1) + "."
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(mark + " " + noBlock(inline(item, false)))
	}
	return b.String()
}

func table(t bot.Table) string {
	if len(t.Head) == 0 {
		return ""
	}
	var b strings.Builder
	for _, h := range t.Head {
		b.WriteString("| " + inline([]bot.Span{bot.Text(h)}, true) + " ")
	}
	b.WriteString("|\n")
	for i := range t.Head {
		rule := "| --- "
		if i < len(t.Right) && t.Right[i] {
			rule = "| ---: "
		}
		b.WriteString(rule)
	}
	b.WriteString("|")
	for _, row := range t.Rows {
		b.WriteByte('\n')
		for i := range t.Head {
			cell := ""
			if i < len(row) {
				cell = inline(row[i], true)
			}
			b.WriteString("| " + cell + " ")
		}
		b.WriteString("|")
	}
	return b.String()
}

// drawn are the languages that GitHub draws instead of showing; a stranger's text is never drawn.
var drawn = []string{"mermaid", "math", "geojson", "topojson", "stl", "suggestion"}

// codeBlock fences the text with more backticks than it has in a row.
func codeBlock(c bot.Code) string {
	text := strings.TrimRight(bot.CleanText(c.Text), "\n")
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	language := strings.ToLower(c.Language)
	if slices.Contains(drawn, language) || strings.ContainsFunc(language, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+#-_", r)
	}) {
		language = ""
	}
	return fence + language + "\n" + text + "\n" + fence
}

// fold hides blocks behind a title. The title stands in HTML, where Markdown is not read.
func fold(title string, blocks []string) string {
	return fmt.Sprintf("<details><summary>%s</summary>\n\n%s\n\n</details>", escapeHTML(title), strings.Join(blocks, "\n\n"))
}
