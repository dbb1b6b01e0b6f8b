package slack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// The limits that the renderer keeps: Slack's own (https://docs.slack.dev/reference/block-kit/blocks), or tighter where Slack's are not
// written down. Characters are code points; bytes are those of the JSON that is sent.
const (
	maxBlocks      = 50     // in a message
	maxBlocksBytes = 11_500 // of all blocks of a message; Slack has been seen to refuse 13,200 and more
	maxBlockChars  = 2900   // of text in one block
	maxBlockBytes  = 6000   // of one block's JSON, tables excepted
	maxTableBytes  = 9000   // of a table's JSON
	maxTableRows   = 100    // with the head
	maxColumns     = 20
	maxAligned     = 48 // characters in a line of aligned text: about what a thread is wide
	maxButtons     = 25 // in an actions block
	maxLabel       = 75
	maxValue       = 2000
	maxValueBytes  = 4000
	maxURL         = 3000
	maxMessages    = 5    // for one reply
	maxFallback    = 700  // characters of a notification; escaping makes each at most five
	maxPlain       = 3900 // characters of a message without blocks, escaped
)

// A message is one message of Slack.
type message struct {
	blocks []slack.Block
	spare  []slack.Block // for when Slack refuses the charts among the blocks; nil when there are none
	files  []string      // that the blocks show
	text   string        // for notifications and screen readers; not escaped
	plain  string        // what the blocks say, for when Slack refuses them; not escaped
}

// A piece is one block with what packing it needs to know.
type piece struct {
	block   slack.Block
	bytes   int
	plain   string
	table   bool
	spare   slack.Block // of a chart: the text that stands in for it where Slack refuses it
	instead []piece     // of a table: what stands in for it where a message has one already
}

// render makes the messages of a reply; none when it says nothing. All text becomes rich_text or plain_text, which Slack shows as it is:
// nothing in it can mention anybody or become markup.
// files are the uploaded pictures of charts by chartHash.
func render(r bot.Reply, files map[string]string) []message {
	d := &document{files: files}
	if title := bot.CleanLine(r.Title); title != "" {
		d.para([]bot.Span{{Text: title, Bold: len(r.Blocks) > 0}})
	}
	d.add(r.Blocks)
	if len(d.pieces) == 0 {
		return nil
	}
	for _, a := range r.Next {
		d.button(a.Label, a.Text)
	}
	messages := pack(d.pieces, d.actions())
	head := withSpark(notification(r.Title, d.pieces), d.spark)
	for i := range messages {
		messages[i].text = head
		if len(messages) > 1 {
			messages[i].text = fmt.Sprintf("%s (%d/%d)", head, i+1, len(messages))
		}
	}
	return messages
}

// notification is the one line that stands for a reply.
func notification(title string, pieces []piece) string {
	line := bot.CleanLine(title)
	for _, p := range pieces {
		if line == "" {
			line = bot.CleanLine(p.plain)
		}
	}
	return shorten(line, maxFallback)
}

// A document collects the pieces and buttons of a reply.
type document struct {
	pieces  []piece
	buttons []bot.Action
	known   map[string]bool // command lines that have a button
	files   map[string]string
	natives int    // charts that Slack draws itself
	spark   string // of the first chart
}

func (d *document) add(blocks bot.Blocks) {
	for _, b := range blocks {
		switch b := b.(type) {
		case bot.Para:
			if b.Small && !linked(b.Spans) {
				d.small(b.Spans)
			} else {
				d.para(b.Spans)
			}
		case bot.List:
			d.list(b)
		case bot.Table:
			d.table(b)
		case bot.Code:
			d.code(b.Text)
		case bot.Chart:
			d.chart(b)
		case bot.Fold:
			if b.Ask != "" && d.button(b.Title, b.Ask) {
				continue
			}
			d.para([]bot.Span{bot.Bold(bot.CleanLine(b.Title))})
			d.add(b.Blocks)
		}
	}
}

// put adds a block that says plain.
func (d *document) put(b slack.Block, plain string) {
	d.pieces = append(d.pieces, newPiece(b, plain))
}

func newPiece(b slack.Block, plain string) piece {
	return piece{block: b, bytes: jsonSize(b), plain: plain}
}

// jsonSize is the length of v as slack-go sends it.
func jsonSize(v any) int {
	data, err := json.Marshal(v)
	if err != nil { // blocks are made of strings, numbers and booleans only
		return maxBlocksBytes
	}
	return len(data)
}

// button notes a button that runs a command line. It reports whether there will be one: not without a command, and not for one that is
// longer than Slack carries.
func (d *document) button(label, line string) bool {
	line = bot.CleanLine(line)
	label = bot.CleanLine(label)
	if line == "" || chars(line) > maxValue || cost(line) > maxValueBytes {
		return false
	}
	if label == "" {
		label = line
	}
	if d.known[line] {
		return true
	}
	if d.known == nil {
		d.known = map[string]bool{}
	}
	d.known[line] = true
	d.buttons = append(d.buttons, bot.Action{Label: shorten(label, maxLabel), Text: line})
	return true
}

// actions makes blocks of the buttons. Each action_id is unique in its reply.
func (d *document) actions() []piece {
	var out []piece
	var row []slack.BlockElement
	var lines []string
	bytes := 0
	flush := func() {
		if len(row) > 0 {
			out = append(out, newPiece(slack.NewActionBlock("", row...), "You can ask: "+strings.Join(lines, " · ")))
			row, lines, bytes = nil, nil, 0
		}
	}
	for i, a := range d.buttons {
		b := slack.NewButtonBlockElement(fmt.Sprintf("%s%d", actionPrefix, i+1), a.Text, plainText(a.Label))
		size := jsonSize(b)
		if len(row) == maxButtons || bytes+size > maxBlockBytes {
			flush()
		}
		row, lines, bytes = append(row, b), append(lines, a.Text), bytes+size
	}
	flush()
	return out
}

// plainText is a text object in which nothing is markup, not even emoji names.
func plainText(s string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: s, Emoji: new(false)}
}
