package github

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// gfm is a parser of GitHub's Markdown: CommonMark with tables, strikethrough, task lists, bare links and footnotes.
func gfm() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))
}

const (
	maxCells = 100_000 // of all tables in a text
	maxNest  = 200     // of blocks inside each other
)

// parseGFM parses GitHub's Markdown. A text that would take very long or very much memory is read as an empty one: anybody may write it.
func parseGFM(source []byte) ast.Node {
	if costly(source) {
		source = nil
	}
	return gfm().Parser().Parse(text.NewReader(source))
}

// costly reports whether parsing may take much more than the text is long: rows of a table are filled up to the width of its second line,
// so that 64 KB can make a hundred million cells, and each block inside another is looked at again for every mark on its line.
func costly(source []byte) bool {
	lines, columns := 0, 0
	for line := range bytes.Lines(source) {
		lines++
		if len(bytes.Trim(line, "|:-> \t\r\n")) == 0 { // may be the second line of a table, also in a quote
			columns = max(columns, bytes.Count(line, []byte("|"))+1)
		}
		if opens(line) > maxNest {
			return true
		}
	}
	return lines*columns > maxCells
}

// opens counts the quotes and lists that a line may begin inside each other.
func opens(line []byte) int {
	marks := line[:len(line)-len(bytes.TrimLeft(line, "0123456789.)>*+- \t"))]
	n := bytes.Count(marks, []byte(">"))
	for mark := range bytes.FieldsSeq(marks) {
		if bytes.IndexByte([]byte(".)*+-"), mark[len(mark)-1]) >= 0 {
			n++
		}
	}
	return n
}
