package github

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shipmate/bot"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// ours is the HTML that the renderer writes itself.
var ours = regexp.MustCompile(`^(?:</?sub>|</?code>|<!-- -->\n?|<details><summary>[^<>\n]*</summary>\n?|</details>\n?)$`)

var pings = regexp.MustCompile(`@[A-Za-z0-9]|#\d|(?i:gh-)\d|(?i:[a-z]://|www\.)[a-z0-9]|(?i:mailto:|xmpp:)[a-z0-9]`)

// longestHex is the length of the longest row of hexadecimal digits: from 40 on it is a commit to GitHub.
func longestHex(s string) (longest int) {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }) {
		longest = max(longest, len(part))
	}
	return longest
}

// intended are the nodes that the renderer makes.
var intended = []ast.NodeKind{
	ast.KindDocument, ast.KindParagraph, ast.KindTextBlock, ast.KindList, ast.KindListItem, ast.KindFencedCodeBlock, ast.KindHTMLBlock, ast.KindRawHTML,
	ast.KindCodeSpan, ast.KindEmphasis, ast.KindLink, ast.KindText, ast.KindString, extast.KindTable, extast.KindTableHeader, extast.KindTableRow, extast.KindTableCell,
}

// checkMarkdown fails when a comment holds anything that acts: mentions, references, links that are not the renderer's, images, HTML, folds or
// fences that are not closed, and characters that are not to be seen, anything that the renderer has no reason to make.
func checkMarkdown(t *testing.T, body string, links ...string) {
	t.Helper()
	source := []byte(body)
	var text strings.Builder
	depth := 0
	if i := strings.IndexFunc(body, func(r rune) bool { return r != '\n' && r != '\t' && r != '\u200b' && r != '\u200d' && bot.Invisible(r) }); i >= 0 {
		t.Errorf("%+q is not to be seen in\n%s", body[i:min(len(body), i+8)], body)
	}
	_ = ast.Walk(parseGFM(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if _, ok := n.(*ast.Text); !ok {
			text.WriteByte(0) // GitHub looks for references in each piece of text by itself
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		if !slices.Contains(intended, n.Kind()) {
			t.Errorf("%s in\n%s", n.Kind(), body)
		}
		switch n := n.(type) {
		case *ast.Emphasis:
			if n.Level != 2 {
				t.Errorf("emphasis of level %d in\n%s", n.Level, body)
			}
		case *ast.Link:
			if !slices.Contains(links, string(n.Destination)) {
				t.Errorf("link to %q in\n%s", n.Destination, body)
			}
		case *ast.RawHTML:
			var raw strings.Builder
			for i := range n.Segments.Len() {
				s := n.Segments.At(i)
				raw.Write(s.Value(source))
			}
			if !ours.MatchString(raw.String()) {
				t.Errorf("HTML %q in\n%s", raw.String(), body)
			}
		case *ast.HTMLBlock:
			html := htmlOf(n, source)
			if !ours.MatchString(html) || pings.MatchString(html) {
				t.Errorf("HTML %q in\n%s", html, body)
			}
			if depth += strings.Count(html, "<details>") - strings.Count(html, "</details>"); depth < 0 {
				t.Errorf("fold closed before it is opened in\n%s", body)
			}
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			text.Write(n.Segment.Value(source))
		case *ast.String:
			text.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	if depth != 0 {
		t.Errorf("%d folds left open in\n%s", depth, body)
	}
	if longestHex(text.String()) >= 40 {
		t.Errorf("a commit is linked in\n%s", body)
	}
	if m := pings.FindString(text.String()); m != "" {
		t.Errorf("%q reaches somebody in\n%s", m, body)
	}
}

var hostile = []string{
	"@everyone @octo/team", "Fixes #1", "![x](https://evil/x.png)", "<img src=//evil>", "</details>", "```", "~~~\n# x", "a\n\n> b", "- [ ] x",
	"https://evil.example", "www.evil.example", "a@b.example", "[x](https://evil)", "[^1]", "\u202eevil", "`@ada`", "\\", "**", "<!-- x", "| a |",
	"\U000e0067\U000e0068", "x\ufe0f\ufe0e\ufe01", "0123456789abcdef0123456789abcdef01234567", "octo/widgets@0123456789abcdef0123456789abcdef01234567",
	"#0123456789abcdef0123456789abcdef01234567", "gh-0123456789abcdef0123456789abcdef01234567", "ftp://me:pw@evil", "mailto:a", "> [!NOTE]\n> x", "<details open>", "<!-- shipmate:x v1 -->", "```mermaid", "$x$", "{::nomarkdown}", "\u2067\u061c",
	"1. x", "=", "    x", "&commat;ada", "&#64;ada", "#", "@", "gh-", "GH-7", "***", "\\`", "x://www.", "_", "|`|`",
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for i, s := range hostile {
		for j := range 5 {
			checkReply(t, s, hostile[(i+7*j)%len(hostile)])
		}
	}
}

// checkReply puts two texts into every place that a reply has.
func checkReply(t *testing.T, a, b string) {
	t.Helper()
	const link = "https://github.com/octo/widgets/pull/12"
	got := markdown(everywhere(a, b, a, b, link), "shipmate", maxComment)
	checkMarkdown(t, got, link, strings.ReplaceAll(safeURL(b), "&amp;", "&"))
	if got := commands(got, []string{"shipmate"}); got != nil {
		t.Errorf("the bot's own comment commands %q", got)
	}
	if want := skeleton(markdown(everywhere(harmless(a), harmless(b), a, b, link), "shipmate", maxComment)); skeleton(got) != want && len(got) < maxComment/2 {
		t.Errorf("the comment has the blocks\n%s\nharmless texts would make\n%s\nit is\n%s", skeleton(got), want, got)
	}
	checkRoundTrip(t, a)
}

// everywhere is a reply with two texts in all places; those of code and of suggested commands are given apart, for other rules say whether there is
// any.
func everywhere(a, b, codeA, codeB, link string) bot.Reply {
	spans := []bot.Span{bot.Text(a), bot.Text(b), bot.Bold(a), bot.Mono(b), bot.Mono(a), bot.Link(b, link), {Text: a, Bold: true, Mono: true}, bot.Text(b),
		{Text: a, URL: link, Bold: true}, bot.Link(a, b)}
	fold := bot.Fold{Title: b, Blocks: bot.Blocks{bot.Code{Text: codeA, Language: b}, bot.P(bot.Text(b)), bot.Code{Text: codeB}}}
	return bot.Reply{Title: a, Next: []bot.Action{{Label: b, Text: codeA}}, Blocks: bot.Blocks{
		bot.P(bot.Text(a), bot.Bold(b)), bot.Small(spans...), bot.P(spans...), bot.List{Items: [][]bot.Span{spans, {bot.Text(b)}}},
		bot.List{Items: [][]bot.Span{{bot.Text(a)}}, Numbered: true},
		bot.Table{Head: []string{a, b}, Rows: [][][]bot.Span{{spans, {bot.Text(a)}}, {{bot.Mono(b)}}}}, fold,
		chartNamed(a, b, true), chartNamed(b, a, false), bot.P(bot.Text("end")),
	}}
}

// chartNamed is a chart with two texts in all places.
func chartNamed(a, b string, stacked bool) bot.Chart {
	values := []bot.ChartValue{new(1.0), nil, new(1500.0)}
	return bot.Chart{
		Title: "x" + a, Unit: b, Alt: "x" + b, Stacked: stacked, Series: []bot.ChartSeries{{Name: a, Values: values}, {Name: b, Values: values}},
		Marks: []bot.ChartMark{{Text: a}}, Days: []time.Time{time.Unix(0, 0).UTC(), time.Unix(86400, 0).UTC(), time.Unix(2*86400, 0).UTC()},
	}
}

// harmless is a text that is shown when s is, and means nothing.
func harmless(s string) string {
	if bot.CleanLine(s) == "" {
		return ""
	}
	return "x"
}

// skeleton names the blocks of a comment, with those inside them: no text may change which there are.
func skeleton(body string) string {
	var out strings.Builder
	_ = ast.Walk(parseGFM([]byte(body)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		if entering {
			out.WriteString("(" + n.Kind().String())
		} else {
			out.WriteString(")")
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// checkRoundTrip: readers see the very text, however it is escaped.
func checkRoundTrip(t *testing.T, s string) {
	t.Helper()
	body := markdown(bot.Reply{Blocks: bot.Blocks{bot.P(bot.Text("x" + s + "x"))}}, "shipmate", maxComment)
	seen := strings.ReplaceAll(rendered(t, body), gap, "")
	if want := bot.CleanLine("x" + s + "x"); seen != want && !strings.Contains(want, "\u00a0") {
		t.Errorf("%q is shown as %q", want, seen)
	}
}

// rendered is what goldmark makes of a comment of one paragraph.
func rendered(t *testing.T, body string) string {
	t.Helper()
	var b strings.Builder
	if err := gfm().Convert([]byte(body), &b); err != nil {
		t.Fatal(err)
	}
	html := strings.TrimSuffix(strings.TrimPrefix(b.String(), "<p>"), "</p>\n")
	for _, e := range [][2]string{{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", `"`}, {"&amp;", "&"}} {
		html = strings.ReplaceAll(html, e[0], e[1])
	}
	return html
}

func FuzzMarkdown(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[(i*7+3)%len(hostile)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) <= 2000 { // longer ones only take longer
			checkReply(t, a, b)
		}
	})
}
