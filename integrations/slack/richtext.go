package slack

import (
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// para adds a paragraph, in as many blocks as it takes.
func (d *document) para(spans []bot.Span) {
	for _, part := range split(cleaned(spans, true), maxBlockChars, maxBlockBytes) {
		d.put(slack.NewRichTextBlock("", section(part)), plainOf(part)+"\n")
	}
}

// small adds a remark without links as a context block, which has no styles.
func (d *document) small(spans []bot.Span) {
	text := bot.Text(plainOf(cleaned(spans, false)))
	for _, part := range split([]bot.Span{text}, maxBlockChars, maxBlockBytes) {
		if s := strings.TrimSpace(plainOf(part)); s != "" {
			d.put(slack.NewContextBlock("", plainText(s)), s+"\n")
		}
	}
}

// code adds preformatted text, broken between lines.
func (d *document) code(text string) {
	text = strings.Trim(bot.CleanText(text), "\n")
	if strings.TrimSpace(text) == "" {
		return
	}
	for _, part := range split([]bot.Span{bot.Text(text)}, maxBlockChars, maxBlockBytes) {
		s := strings.Trim(plainOf(part), "\n")
		if s == "" {
			continue
		}
		d.put(slack.NewRichTextBlock("", &slack.RichTextPreformatted{
			Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(s, nil)},
		}), s+"\n")
	}
}

// list adds a list. What does not fit into one block goes on in the next, numbers included; the rest of an item that is too long for a
// block follows it as paragraphs.
func (d *document) list(l bot.List) {
	b := &listBuilder{d: d, numbered: l.Numbered}
	for _, item := range l.Items {
		parts := split(cleaned(item, false), maxBlockChars, maxBlockBytes)
		if len(parts) == 0 {
			parts = [][]bot.Span{{bot.Text(" ")}}
		}
		b.add(parts[0])
		if len(parts) > 1 {
			b.flush()
		}
		for _, rest := range parts[1:] {
			d.put(slack.NewRichTextBlock("", section(rest)), plainOf(rest)+"\n")
		}
	}
	b.flush()
}

// A listBuilder gathers items up to what one block may hold.
type listBuilder struct {
	d            *document
	numbered     bool
	items        []slack.RichTextElement
	plain        strings.Builder
	chars, bytes int
	before       int // items in earlier blocks
}

func (b *listBuilder) add(item []bot.Span) {
	e := section(item)
	text := plainOf(item)
	n, size := chars(text), jsonSize(e)
	if b.chars+n > maxBlockChars || b.bytes+size > maxBlockBytes {
		b.flush()
	}
	b.items = append(b.items, e)
	b.chars, b.bytes = b.chars+n, b.bytes+size
	b.plain.WriteString("• " + text + "\n")
}

func (b *listBuilder) flush() {
	if len(b.items) == 0 {
		return
	}
	style := slack.RTEListBullet
	offset := 0
	if b.numbered {
		style, offset = slack.RTEListOrdered, b.before
	}
	list := slack.NewRichTextList(style, 0, b.items...)
	list.Offset = offset
	b.d.put(slack.NewRichTextBlock("", list), b.plain.String())
	b.before += len(b.items)
	b.items, b.chars, b.bytes = nil, 0, 0
	b.plain.Reset()
}

// table adds a table: as a table block where its limits allow, else as aligned text, or as a list where aligned lines would break on a
// telephone or in a thread.
func (d *document) table(t bot.Table) {
	text := &document{}
	if aligned := bot.PlainText(bot.Reply{Blocks: bot.Blocks{t}}, true); widest(aligned) <= maxAligned {
		text.code(aligned)
	} else {
		text.list(asList(t))
	}
	if len(t.Head) == 0 || len(text.pieces) == 0 {
		return // nothing to see
	}
	p := newPiece(tableBlock(t), plainPieces(text.pieces))
	if len(t.Rows)+1 > maxTableRows || len(t.Head) > maxColumns || p.bytes > maxTableBytes {
		d.pieces = append(d.pieces, text.pieces...)
		return
	}
	p.table, p.instead = true, text.pieces
	d.pieces = append(d.pieces, p)
}

// widest is the length of the longest line.
func widest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, chars(line))
	}
	return most
}

// asList makes an item of each row of a table. Numbers are told by the head of their column ("+12 −3"), everything else tells itself.
func asList(t bot.Table) bot.List {
	var l bot.List
	for _, row := range t.Rows {
		var item []bot.Span
		numbers := false // the cell before was a number
		for i, cell := range row[:min(len(row), len(t.Head))] {
			if strings.TrimSpace(plainOf(cell)) == "" {
				continue
			}
			number := i < len(t.Right) && t.Right[i]
			switch {
			case len(item) > 0 && number && numbers:
				item = append(item, bot.Text(" "))
			case len(item) > 0:
				item = append(item, bot.Text(" · "))
			}
			if head := bot.CleanLine(t.Head[i]); number && chars(head) == 1 {
				item = append(item, bot.Text(head)) // a sign
			} else if number {
				item = append(item, bot.Text(head+" "))
			}
			item, numbers = append(item, cell...), number
		}
		l.Items = append(l.Items, item)
	}
	return l
}

func tableBlock(t bot.Table) *slack.TableBlock {
	b := slack.NewTableBlock("")
	head := make([]slack.TableCell, len(t.Head))
	settings := make([]slack.ColumnSetting, len(t.Head))
	for i, h := range t.Head {
		head[i] = cell([]bot.Span{bot.Bold(h)})
		settings[i] = slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true}
		if i < len(t.Right) && t.Right[i] {
			settings[i].Align = slack.ColumnAlignmentRight
		}
	}
	b.AddRow(head...)
	for _, row := range t.Rows {
		cells := make([]slack.TableCell, len(t.Head))
		for i := range cells {
			var spans []bot.Span
			if i < len(row) {
				spans = row[i]
			}
			cells[i] = cell(spans)
		}
		b.AddRow(cells...)
	}
	return b.WithColumnSettings(settings...)
}

func cell(spans []bot.Span) slack.TableCell {
	spans = cleaned(spans, false)
	if strings.TrimSpace(plainOf(spans)) == "" {
		return slack.NewTableRawTextCell(" ")
	}
	if len(spans) == 1 && spans[0] == bot.Text(spans[0].Text) {
		return slack.NewTableRawTextCell(spans[0].Text)
	}
	return slack.NewTableRichTextCell(section(spans))
}

// section makes rich text of cleaned spans.
func section(spans []bot.Span) *slack.RichTextSection {
	s := slack.NewRichTextSection()
	for _, p := range spans {
		var style *slack.RichTextSectionTextStyle
		if p.Bold || p.Mono {
			style = &slack.RichTextSectionTextStyle{Bold: p.Bold, Code: p.Mono}
		}
		if p.URL != "" {
			s.Elements = append(s.Elements, slack.NewRichTextSectionLinkElement(p.URL, p.Text, style))
		} else {
			s.Elements = append(s.Elements, slack.NewRichTextSectionTextElement(p.Text, style))
		}
	}
	return s
}

// cleaned returns the spans with invisible characters gone, links that are none turned into text, and nothing empty. Without lines, line
// breaks become spaces.
func cleaned(spans []bot.Span, lines bool) []bot.Span {
	var out []bot.Span
	for _, s := range spans {
		s.Text = bot.CleanText(s.Text)
		if !lines {
			s.Text = strings.NewReplacer("\n", " ", "\t", " ").Replace(s.Text)
		}
		if s.URL = webURL(s.URL); s.URL != "" && strings.TrimSpace(s.Text) == "" {
			s.Text = s.URL
		}
		if s.Text != "" {
			out = append(out, s)
		}
	}
	if strings.TrimSpace(plainOf(out)) == "" {
		return nil
	}
	return out
}

func linked(spans []bot.Span) bool {
	for _, s := range spans {
		if webURL(s.URL) != "" {
			return true
		}
	}
	return false
}

// webURL returns s if it is an http or https address that leads where it says, else "".
func webURL(s string) string {
	if s == "" || len(s) > maxURL || cost(s) > maxURL || s != bot.CleanLine(s) || strings.ContainsAny(s, "<>| \"\\^`{}") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}

func plainOf(spans []bot.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

func plainPieces(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.plain)
	}
	return b.String()
}
