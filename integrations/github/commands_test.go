package github

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Where commands are and where they are not. The reports named are of other bots that looked for commands without parsing the comment.
func TestCommands(t *testing.T) {
	t.Parallel()
	const fence = "```"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"slash", "/shipmate summarize", []string{"summarize"}},
		{"mention", "@shipmate summarize", []string{"summarize"}},
		{"the account's own name", "@ship-bot risk", []string{"risk"}},
		{"the account of an app", "@ship-bot[bot] risk", []string{"risk"}},
		{"case", "/ShipMate Summarize", []string{"Summarize"}},
		{"colon", "@shipmate: files", []string{"files"}},
		{"comma", "@shipmate, files", []string{"files"}},
		{"nothing else", "@shipmate", []string{""}},
		{"white space around", "  \n  /shipmate   files  \r\n", []string{"files"}},
		{"after text", "Thanks!\n\n/shipmate risk", []string{"risk"}},
		{"in a later line", "Thanks!\n/shipmate risk\nbye", []string{"risk"}},
		{"several, in order", "/shipmate risk\n/shipmate files\n\n@shipmate summarize", []string{"risk", "files", "summarize"}},
		{"arguments", "/shipmate files bot/*.go *_test.go #12", []string{"files bot/*.go *_test.go #12"}},
		{"argument in code", "/shipmate files `bot/*.go`", []string{"files bot/*.go"}},
		{"address as an argument", "/shipmate summarize https://github.com/o/r/pull/1", []string{"summarize https://github.com/o/r/pull/1"}},
		{"escaped argument", "/shipmate files a\\_b &lt;c&#62;&#10;\u202ed", []string{"files a_b <c> d"}},
		{"backslash in code", "/shipmate files `a\\_b`", []string{"files a\\_b"}},
		{"Windows line ends", "Hi\r\n/shipmate risk\r\n/shipmate files\r\n", []string{"risk", "files"}},
		{"hard line break", "Hi  \n/shipmate risk", []string{"risk"}},
		{"after details", "<details><summary>log</summary>\n\ntext\n\n</details>\n\n/shipmate risk", []string{"risk"}},
		{"after a comment", "<!-- hidden -->\n\n/shipmate risk", []string{"risk"}},

		{"before a line break by backslash", "/shipmate risk\\\nthanks", []string{"risk"}},
		{"before a line break by backslash, CRLF", "/shipmate risk\\\r\nthanks", []string{"risk"}},
		{"behind a line break by backslash", "Hello\\\n/shipmate risk", []string{"risk"}},
		{"an escaped backslash at the end", "/shipmate files a\\\\\nthanks", []string{"files a\\"}},
		{"behind HTML ended inside a paragraph", "<details>\n\nlong text </details>\n\n/shipmate risk", []string{"risk"}},
		{"CRLF", "Thanks!\r\n/shipmate risk\r\nbye", []string{"risk"}},
		{"in the middle of a line", "please /shipmate risk", nil},
		{"another word", "/shipmates risk", nil},
		{"a path", "/shipmate/risk", nil},
		{"someone else", "@shipmate-dev risk", nil},
		{"escaped", "\\/shipmate risk", nil},
		{"entity", "&#47;shipmate risk", nil},
		{"quoted (bors-ng#173, oca-github-bot#82)", "> /shipmate risk\n\nno", nil},
		{"quoted, lazy line", "> hello\n/shipmate risk", nil},
		{"quoted twice", "> > /shipmate risk", nil},
		{"alert", "> [!NOTE]\n> /shipmate risk", nil},
		{"fenced (prow-github-actions#66)", fence + "\n/shipmate risk\n" + fence, nil},
		{"tilde fence (prow-github-actions#139)", "~~~\n/shipmate risk\n~~~", nil},
		{"fence never closed", fence + "\n/shipmate risk", nil},
		{"longer fence", "````\n" + fence + "\n/shipmate risk\n" + fence + "\n````", nil},
		{"indented", "    /shipmate risk", nil},
		{"indented by a tab", "\t/shipmate risk", nil},
		{"code span (test-infra#12117)", "`/shipmate risk`", nil},
		{"code span over lines", "`a\n/shipmate risk`", nil},
		{"HTML comment (kube-agents#716)", "<!-- /shipmate risk -->", nil},
		{"HTML comment over lines", "<!--\n/shipmate risk\n-->", nil},
		{"HTML comment with empty lines", "<!--\n\n/shipmate risk\n\n-->", nil},
		{"HTML comment inside a paragraph", "text <!--\n/shipmate risk\n-->", nil},
		{"HTML comment never closed", "<!--\n\n/shipmate risk", nil},
		{"HTML block", "<div>\n/shipmate risk\n</div>", nil},
		{"inside HTML with empty lines", "<details>\n\n/shipmate risk\n\n</details>", nil},
		{"inside nested HTML", "<div><b>\n\n</b>\n\n/shipmate risk\n\n</div>", nil},
		{"pre", "<pre>\n\n/shipmate risk\n\n</pre>", nil},
		{"list", "- /shipmate risk", nil},
		{"in a list's paragraph", "1. first\n\n   /shipmate risk", nil},
		{"table", "| a |\n|---|\n| /shipmate risk |", nil},
		{"heading", "# /shipmate risk", nil},
		{"underlined heading", "/shipmate risk\n===", nil},
		{"link", "[/shipmate risk](https://example.com)", nil},
		{"link over lines", "[a\n/shipmate risk](https://example.com)", nil},
		{"image", "![/shipmate risk](https://example.com/x.png)", nil},
		{"link definition", "[a]: https://example.com '\n/shipmate risk\n'", nil},
		{"emphasis", "*a\n/shipmate risk*", nil},
		{"struck out", "~~a\n/shipmate risk~~", nil},
		{"footnote", "a[^1]\n\n[^1]: note\n/shipmate risk", nil},
		{"too long", "/shipmate risk" + strings.Repeat(" ", maxBodyLength), nil},
	}
	for _, tt := range tests {
		if got := commands(tt.body, []string{"shipmate", "ship-bot"}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: commands(%q) = %q, want %q", tt.name, tt.body, got, tt.want)
		}
	}
}

// What readers do not see is not part of a command.
func TestCommandsWithoutHiddenParts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"/shipmate risk <!-- --force -->":                     "risk",
		"/shipmate risk <!-- a --> #12 <!-- b -->":            "risk  #12",
		"/shipmate risk <span title='x y'>a</span>":           "risk a",
		"/shipmate " + strings.Repeat("ä", maxCommand):        strings.Repeat("ä", maxCommand/2),
		"/shipmate files a <!-- starts here\nends here --> b": "files a",
	}
	for body, want := range tests {
		if got := commands(body, []string{"shipmate"}); len(got) != 1 || got[0] != want {
			t.Errorf("commands(%.60q) = %.60q, want %.60q", body, got, want)
		}
	}
}

// Text made to be slow to parse is not parsed: anybody may write it.
func TestCommandsOfCostlyText(t *testing.T) {
	t.Parallel()
	usual := strings.Repeat("| a ", 30) + "|\n" + strings.Repeat("|---", 30) + "|" + strings.Repeat("\n| 1 | 2 | 3 |", 1000) + "\n\n" + strings.Repeat("> ", 12) + "deep"
	if got := commands("/shipmate risk\n\n"+usual, []string{"shipmate"}); !slices.Equal(got, []string{"risk"}) {
		t.Errorf("a long table and a deep quote: got %q", got)
	}
	parse := func(text string) time.Duration {
		began := time.Now()
		commands("/shipmate risk\n\n"+text, []string{"shipmate"})
		issueRefs("#1\n\n"+text, widget, "https", "github.com")
		return time.Since(began)
	}
	for name, costly := range map[string]string{
		"table":           strings.Repeat("a|", 8000) + "\n" + strings.Repeat("-|", 8000) + strings.Repeat("\nx", 16000),
		"quoted table":    "> " + strings.Repeat("a|", 8000) + "\n> " + strings.Repeat("-|", 8000) + strings.Repeat("\n> x", 8000),
		"quotes":          strings.Repeat(">", 60000),
		"quotes in lists": strings.Repeat("> - ", 15000),
		"lists":           strings.Repeat("1. ", 20000),
	} {
		// In the same run a usual text tells what is quick on this machine; the best of three is the work without its interruptions.
		took := min(parse(costly), parse(costly), parse(costly))
		if quick := parse(usual); took > 5*quick {
			t.Errorf("%s took %v, a usual text %v", name, took, quick)
		}
	}
}

// Whatever a comment is, putting it into a quote or a fence, or behind a code span, leaves no command.
func FuzzCommands(f *testing.F) {
	for _, s := range []string{"/shipmate risk", "> /shipmate a\n/shipmate b", "```\n/shipmate c", "<!--\n/shipmate d -->", "- x\n\n/shipmate e", "\t/shipmate"} {
		f.Add(s)
	}
	names := []string{"shipmate"}
	f.Fuzz(func(t *testing.T, body string) {
		got := commands(body, names)
		if len(got) > maxCommands {
			t.Fatalf("%d commands", len(got))
		}
		for _, c := range got {
			if len(c) > maxCommand || strings.ContainsAny(c, "\r\n") {
				t.Fatalf("commands(%q) has %q", body, c)
			}
		}
		lines := strings.FieldsFunc(body, func(r rune) bool { return r == '\n' || r == '\r' })
		quoted := "> " + strings.Join(lines, "\n> ")
		if got := commands(quoted, names); got != nil {
			t.Fatalf("quoted: commands(%q) = %q", quoted, got)
		}
		fence := strings.Repeat("`", 3+longestRun(body))
		fenced := fence + "\n" + body + "\n" + fence
		if got := commands(fenced, names); got != nil {
			t.Fatalf("fenced: commands(%q) = %q", fenced, got)
		}
	})
}
