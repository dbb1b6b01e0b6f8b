package github

import (
	"slices"
	"strings"
	"testing"

	"shipmate/bot"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	r := bot.Reply{
		Title: "octo/widgets#12: Fixes #1 for @octo/team",
		Blocks: bot.Blocks{
			bot.P(bot.Text("by "), bot.Link("ada", "https://github.com/ada"), bot.Text(" on "), bot.Mono("a`b|c"), bot.Text(" "), bot.Bold("(now)")),
			bot.Small(bot.Text("read 3 of 4 files")),
			bot.List{Items: [][]bot.Span{bot.Item(bot.Text("# no heading")), bot.Item(bot.Mono("main.go"), bot.Text(" +1"))}},
			bot.List{Numbered: true, Items: [][]bot.Span{bot.Item(bot.Text("1. first"))}},
			bot.Table{Head: []string{"file", "+"}, Right: []bool{false, true}, Rows: [][][]bot.Span{
				{bot.Item(bot.Mono("a|b")), bot.Item(bot.Text("1|2"))}, {bot.Item(bot.Text("short"))},
			}},
			bot.Code{Text: "x := \"```\"\n", Language: "Go"},
			bot.Fold{Title: "All <files> of @ada", Blocks: bot.Blocks{bot.P(bot.Text("inside"))}},
		},
		Next: []bot.Action{{Label: "Risk", Text: "risk octo/widgets#12"}, {Label: "Files", Text: "files #12"}},
	}
	want := strings.ReplaceAll(`**octo/widgets#~12: Fixes #~1 for @~octo/team**

by [ada](https://github.com/ada) on ''a'b|c'' **~(now)~**

<sub>read 3 of 4 files</sub>

- \# no heading
- 'main.go' +1

<!-- -->

1. 1\. first

| file | + |
| --- | ---: |
| 'a\|b' | 1\|2 |
| short |  |

''''go
x := "'''"
''''

<details><summary>All &lt;files&gt; of @~ada</summary>

inside

</details>

<sub>Also: '/shipmate risk octo/widgets#12' · '/shipmate files #12'</sub>`, "'", "`")
	want = strings.ReplaceAll(want, "~", gap)
	if got := markdown(r, "shipmate", maxComment); got != want {
		t.Errorf("markdown is\n%s\nwant\n%s", got, want)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"@ada and @octo/team":                "@¦ada and @¦octo/team",
		"Fixes #12, octo/widgets#3, GH-4":    "Fixes #¦12, octo/widgets#¦3, GH-¦4",
		"see https://github.com/o/r/pull/1":  "see https:¦//github.com/o/r/pull/1",
		"www.example.com":                    "www¦.example.com",
		"mail a@b.example":                   "mail a@¦b.example",
		"mailto:x xmpp:y":                    "mailto:¦x xmpp:¦y",
		"![x](http://e/x.png)":               "\\!\\[x\\](http:¦//e/x.png)",
		"<img src=x> &lt;":                   "&lt;img src=x&gt; &amp;lt;",
		"a*b_c`d~e|f\\g$h":                   "a\\*b\\_c\\`d\\~e\\|f\\\\g\\$h",
		"safe\u202egnp.exe\u2066":            "safegnp.exe",
		"a\nb\tc":                            "a b c",
		"@\u200bada":                         "@¦ada",
		"Fixes octo/widgets#3 closes GH-7":   "Fixes octo/widgets#¦3 closes GH-¦7",
		"https://me:pw@evil.example/":        "https:¦//me:pw@¦evil.example/",
		"ftp://e, o/r@deadbeef":              "ftp:¦//e, o/r@¦deadbeef",
		strings.Repeat("0a", 20):             strings.Repeat("0a", 10) + "¦" + strings.Repeat("0a", 10),
		"a\U000e0067\U000e007fb\ufe0f\ufe0e": "ab",
		"\u2067x\u2069\u061c\u200ey":         "xy",
	}
	for in, want := range tests {
		want = strings.ReplaceAll(want, "¦", gap)
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// No text becomes a reference where two spans, or two cells, meet.
func TestSeams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		spans   []bot.Span
		inTable bool
		want    string
	}{
		{[]bot.Span{bot.Text("#"), bot.Text("12")}, false, "#¦12"},
		{[]bot.Span{bot.Text("#"), bot.Bold(""), bot.Text("12")}, false, "#¦12"},
		{[]bot.Span{bot.Text("#"), bot.Mono("\u202e"), bot.Text("12")}, false, "#¦12"},
		{[]bot.Span{bot.Text("@"), bot.Bold("ada")}, false, "@¦**ada**"},
		{[]bot.Span{bot.Text("https:"), bot.Text("//e")}, false, "https:¦//e"},
		{[]bot.Span{bot.Bold("a"), bot.Bold("b"), bot.Mono("c"), bot.Mono("d")}, false, "**ab**¦`cd`"},
		{[]bot.Span{bot.Text("Risk: "), bot.Bold("high"), bot.Text(" "), bot.Mono("x")}, false, "Risk: **high** `x`"},
		{[]bot.Span{bot.Text("!"), bot.Link("x", "https://e/")}, false, "\\![x](https://e/)"},
		{[]bot.Span{bot.Mono("a|b")}, true, "`a\\|b`"},
		{[]bot.Span{bot.Mono(`a\|@b`)}, true, `<code>a\\\|@¦b</code>`},
		{[]bot.Span{bot.Mono(`a\|b`)}, false, "`a\\|b`"},
	}
	for _, tt := range tests {
		if got, want := inline(tt.spans, tt.inTable), strings.ReplaceAll(tt.want, "¦", gap); got != want {
			t.Errorf("inline(%v) = %q, want %q", tt.spans, got, want)
		}
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"https://github.com/o/r/pull/1":       "https://github.com/o/r/pull/1",
		"https://e/a?b=1&lt=2#x":              "https://e/a?b=1&amp;lt=2#x",
		"https://e/a) ![x](http://evil/x.png": "https://e/a%29%20%21%5Bx%5D%28http://evil/x.png",
		"https://e/<b>`|\\":                   "https://e/%3Cb%3E%60%7C%5C",
		"javascript:alert(1)":                 "",
		"data:text/html,x":                    "",
		"//github.com/x":                      "",
		"https://me:pw@github.com/":           "",
		"https:github.com":                    "",
		"ht\ntp://x":                          "",
		"":                                    "",
	}
	for in, want := range tests {
		if got := safeURL(in); got != want {
			t.Errorf("safeURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkdownDrawsNothing(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"mermaid", "Math", "geojson", "suggestion", "a b", "x\ny", "`"} {
		if got := codeBlock(bot.Code{Text: "x", Language: language}); got != "```\nx\n```" {
			t.Errorf("language %q gives %q", language, got)
		}
	}
}

// Long replies end at the end of a block, say so, and stay whole: nothing is left open.
func TestMarkdownIsCut(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("word ", 40)
	items := slices.Repeat([][]bot.Span{bot.Item(bot.Text(line))}, 500)
	next := []bot.Action{{Text: "risk"}}
	tests := map[string]bot.Blocks{
		"paragraphs": slices.Repeat(bot.Blocks{bot.P(bot.Text(line))}, 500),
		"list":       {bot.List{Items: items}},
		"table":      {bot.Table{Head: []string{"a"}, Rows: slices.Repeat([][][]bot.Span{{bot.Item(bot.Text(line))}}, 500)}},
		"code":       {bot.Code{Text: strings.Repeat(line+"\n", 500)}},
		"fold":       {bot.Fold{Title: "all", Blocks: bot.Blocks{bot.List{Items: items}}}, bot.P(bot.Text("behind"))},
		"no break":   {bot.P(bot.Text("first")), bot.P(bot.Text(strings.Repeat("x", 2*maxComment)))},
	}
	for name, blocks := range tests {
		got := markdown(bot.Reply{Title: "Title", Blocks: blocks, Next: next}, "shipmate", maxComment)
		if len(got) > maxComment || len(got) < maxComment-500 && name != "no break" {
			t.Errorf("%s: %d bytes, want at most %d, and not much less", name, len(got), maxComment)
		}
		if !strings.HasSuffix(got, "\n\n"+cutNote+"\n\n<sub>Also: `/shipmate risk`</sub>") {
			t.Errorf("%s ends in %q, which does not say that it is cut", name, got[len(got)-120:])
		}
		checkMarkdown(t, got)
	}
	if got := markdown(bot.Reply{Title: strings.Repeat("&", 2*maxComment), Next: next}, "shipmate", maxComment); len(got) > maxComment {
		t.Errorf("a long title makes %d bytes, want at most %d", len(got), maxComment)
	}
	if got := markdown(bot.Reply{Title: "Title", Blocks: tests["fold"][1:]}, "shipmate", maxComment); strings.Contains(got, cutNote) {
		t.Errorf("a short reply says that it is cut: %q", got)
	}
}
