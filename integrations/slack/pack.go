package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// pack lays the pieces out in messages, the buttons at the end. Past maxMessages it cuts, says so, and keeps the buttons.
func pack(pieces, buttons []piece) []message {
	p := &packer{}
	for _, x := range pieces {
		p.add(x)
	}
	content := p.all()
	for _, x := range buttons {
		p.add(x)
	}
	if all := p.all(); len(all) <= maxMessages {
		return seal(all)
	}
	return seal(cutOff(content, buttons))
}

// A packer fills one page after the other.
type packer struct {
	full []page
	open page
}

// A page is the pieces of one message.
type page struct {
	pieces []piece
	bytes  int
	table  bool
}

func (p *packer) add(x piece) {
	if x.table && p.open.table {
		for _, text := range x.instead {
			p.add(text)
		}
		return
	}
	if !p.open.takes(x) {
		p.full = append(p.full, p.open)
		p.open = page{}
	}
	p.open.add(x)
}

// all returns the pages so far; the packer may go on.
func (p *packer) all() []page {
	out := append([]page(nil), p.full...)
	if len(p.open.pieces) > 0 {
		last := p.open
		last.pieces = append([]piece(nil), last.pieces...)
		out = append(out, last)
	}
	return out
}

func (g *page) takes(x piece) bool {
	return len(g.pieces) < maxBlocks && g.bytes+x.bytes+2 <= maxBlocksBytes
}

func (g *page) add(x piece) {
	g.pieces = append(g.pieces, x)
	g.bytes += x.bytes + 2 // a comma, and a share of the brackets
	g.table = g.table || x.table
}

// cutOff keeps maxMessages pages. The last one ends with how much is missing and, as far as they fit into one block, the buttons.
func cutOff(pages []page, buttons []piece) []page {
	missing := 0
	for _, g := range pages[min(maxMessages, len(pages)):] {
		missing += g.chars()
	}
	pages = pages[:min(maxMessages, len(pages))]
	last := &pages[len(pages)-1]
	const note = 300 // bytes of the remark's JSON, generously
	room := maxBlocksBytes - note
	blocks := maxBlocks - 1
	if len(buttons) > 0 {
		room -= buttons[0].bytes + 2
		blocks--
	}
	for len(last.pieces) > 0 && (last.bytes > room || len(last.pieces) > blocks) {
		x := last.pieces[len(last.pieces)-1]
		last.pieces = last.pieces[:len(last.pieces)-1]
		last.bytes -= x.bytes + 2
		missing += chars(x.plain)
	}
	d := &document{}
	d.para([]bot.Span{bot.Text(fmt.Sprintf("This is too long for Slack: about %d more characters are left out.", missing))})
	last.add(d.pieces[0])
	if len(buttons) > 0 {
		last.add(buttons[0])
	}
	return pages
}

func (g *page) chars() int {
	n := 0
	for _, x := range g.pieces {
		n += chars(x.plain)
	}
	return n
}

func seal(pages []page) []message {
	out := make([]message, 0, len(pages))
	for _, g := range pages {
		m := message{plain: strings.TrimSpace(plainPieces(g.pieces))}
		charts := false
		for _, x := range g.pieces {
			m.blocks = append(m.blocks, x.block)
			if x.spare == nil {
				m.spare = append(m.spare, x.block)
				continue
			}
			charts = true
			m.spare = append(m.spare, x.spare)
			if image, ok := x.block.(*slack.ImageBlock); ok {
				m.files = append(m.files, image.SlackFile.ID)
			}
		}
		if !charts {
			m.spare = nil
		}
		out = append(out, m)
	}
	return out
}
