package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"shipmate/bot"
)

// blocksJSON writes the blocks of a message as they are sent, without the escapes of HTML characters.
func blocksJSON(t testing.TB, m message) string {
	t.Helper()
	data, err := json.Marshal(m.blocks)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(data))
}

func TestRender(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		reply bot.Reply
		want  []string // blocks of the only message
	}{
		{"a sentence", bot.Reply{Title: "I do not know *that*."}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"I do not know *that*."}]}]}`,
		}},
		{"title and styles", bot.Reply{Title: "T", Blocks: bot.Blocks{
			bot.P(bot.Text("a "), bot.Bold("b"), bot.Mono("c"), bot.Link("d", "https://e.example/?f=1&g=2")),
		}}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"T","style":{"bold":true}}]}]}`,
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a "},{"type":"text","text":"b","style":{"bold":true}},` +
				`{"type":"text","text":"c","style":{"code":true}},{"type":"link","url":"https://e.example/?f=1&g=2","text":"d"}]}]}`,
		}},
		{"addresses that are none", bot.Reply{Blocks: bot.Blocks{
			bot.P(bot.Link("a", "javascript:alert(1)"), bot.Link("b", "https://user@host.example/"), bot.Link("", "https://host.example/"), bot.Link("c", "//host")),
		}}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"},{"type":"text","text":"b"},` +
				`{"type":"link","url":"https://host.example/","text":"https://host.example/"},{"type":"text","text":"c"}]}]}`,
		}},
		{"small", bot.Reply{Blocks: bot.Blocks{bot.Small(bot.Text("as of "), bot.Mono("<!here>"))}}, []string{
			`{"type":"context","elements":[{"type":"plain_text","text":"as of <!here>","emoji":false}]}`,
		}},
		{"small with a link", bot.Reply{Blocks: bot.Blocks{bot.Small(bot.Link("log", "https://l.example/"))}}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"https://l.example/","text":"log"}]}]}`,
		}},
		{"list", bot.Reply{Blocks: bot.Blocks{bot.List{Numbered: true, Items: [][]bot.Span{bot.Item(bot.Text("one\ntwo")), nil}}}}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one two"}]},` +
				`{"type":"rich_text_section","elements":[{"type":"text","text":" "}]}],"style":"ordered","indent":0,"border":0,"offset":0}]}`,
		}},
		{"code", bot.Reply{Blocks: bot.Blocks{bot.Code{Text: "```\n\tx := <-c\r\n", Language: "go"}}}, []string{
			"{\"type\":\"rich_text\",\"elements\":[{\"type\":\"rich_text_preformatted\",\"elements\":[{\"type\":\"text\",\"text\":\"```\\n\\tx := <-c\"}],\"border\":0}]}",
		}},
		{"table", bot.Reply{Blocks: bot.Blocks{bot.Table{
			Head: []string{"file", "lines"}, Right: []bool{false, true},
			Rows: [][][]bot.Span{{bot.Item(bot.Mono("a.go")), bot.Item(bot.Text("12"))}, {bot.Item(bot.Text("b"))}},
		}}}, []string{
			`{"type":"table","rows":[[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"file","style":{"bold":true}}]}]},` +
				`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"lines","style":{"bold":true}}]}]}],` +
				`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a.go","style":{"code":true}}]}]},{"type":"raw_text","text":"12"}],` +
				`[{"type":"raw_text","text":"b"},{"type":"raw_text","text":" "}]],` +
				`"column_settings":[{"align":"left","is_wrapped":true},{"align":"right","is_wrapped":true}]}`,
		}},
		{"folds and buttons", bot.Reply{Title: "T", Blocks: bot.Blocks{
			bot.Fold{Title: "Files", Ask: "files #12", Blocks: bot.Blocks{bot.P(bot.Text("hidden"))}},
			bot.Fold{Title: "Notes", Blocks: bot.Blocks{bot.P(bot.Text("shown"))}},
		}, Next: []bot.Action{{Label: "Risk", Text: "risk #12"}, {Label: "the same", Text: "files #12"}, {Label: "none"}}}, []string{
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"T","style":{"bold":true}}]}]}`,
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"Notes","style":{"bold":true}}]}]}`,
			`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"shown"}]}]}`,
			`{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Files","emoji":false},"action_id":"shipmate:1","value":"files #12"},` +
				`{"type":"button","text":{"type":"plain_text","text":"Risk","emoji":false},"action_id":"shipmate:2","value":"risk #12"}]}`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := render(tt.reply, nil)
			if len(got) != 1 {
				t.Fatalf("got %d messages, want 1", len(got))
			}
			if want := "[" + strings.Join(tt.want, ",") + "]"; blocksJSON(t, got[0]) != want {
				t.Errorf("got  %s\nwant %s", blocksJSON(t, got[0]), want)
			}
		})
	}
}

func TestRenderNothing(t *testing.T) {
	t.Parallel()
	for _, r := range []bot.Reply{{}, {Title: " \u200b"}, {Next: []bot.Action{{Label: "a", Text: "a"}}}, {Blocks: bot.Blocks{bot.P(), bot.Code{}, bot.Table{}}}} {
		if got := render(r, nil); len(got) != 0 {
			t.Errorf("%+v: got %d messages, want none", r, len(got))
		}
	}
}

func TestNotificationStandsForTheReply(t *testing.T) {
	t.Parallel()
	got := render(bot.Reply{Blocks: bot.Blocks{bot.P(bot.Text("first\nline"))}}, nil)
	if got[0].text != "first line" {
		t.Errorf("got notification %q, want the first block's text", got[0].text)
	}
	long := render(longReply(2), nil)
	if len(long) != 2 || long[1].text != "long (2/2)" {
		t.Errorf("got %d messages, the last with %q, want %q", len(long), long[len(long)-1].text, "long (2/2)")
	}
}

// What is too long is split, at most into five messages; then the reply says how much is missing and keeps its buttons.
func TestCutSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := longReply(20)
	r.Next = []bot.Action{{Label: "Files", Text: "files"}}
	got := render(r, nil)
	if len(got) != maxMessages {
		t.Fatalf("got %d messages, want %d", len(got), maxMessages)
	}
	last := blocksJSON(t, got[maxMessages-1])
	kept := 0
	for _, m := range got {
		kept += utf8.RuneCountInString(m.plain)
	}
	var missing int
	_, rest, _ := strings.Cut(last, "This is too long for Slack: about ")
	if _, err := fmt.Sscanf(rest, "%d more characters are left out", &missing); err != nil {
		t.Fatalf("the last message does not say what is missing: %s", last)
	}
	if all := 60 * 2500; missing+kept < all || missing+kept > all+1000 {
		t.Errorf("%d characters are shown and %d called missing, want %d together", kept, missing, all)
	}
	if !strings.Contains(last, `"value":"files"`) {
		t.Errorf("the button is gone: %s", last)
	}
	checkMessages(t, r, got)
}

// Nothing is lost when text is split.
func TestSplitKeepsEverything(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("all the words, ", 700)
	var plain strings.Builder
	for _, m := range render(bot.Reply{Blocks: bot.Blocks{bot.P(bot.Text(words))}}, nil) {
		plain.WriteString(m.plain)
	}
	if got := strings.ReplaceAll(plain.String(), "\n", ""); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(words, " ", "") {
		t.Errorf("got %d characters, want %d", len(got), len(words))
	}
	items := bot.List{Numbered: true}
	for i := range 300 {
		items.Items = append(items.Items, bot.Item(bot.Text(fmt.Sprintf("item %d of a long list", i+1))))
	}
	offset := 0
	for _, m := range render(bot.Reply{Blocks: bot.Blocks{items}}, nil) {
		var blocks []struct {
			Elements []struct {
				Offset   int               `json:"offset"`
				Elements []json.RawMessage `json:"elements"`
			} `json:"elements"`
		}
		if err := json.Unmarshal([]byte(blocksJSON(t, m)), &blocks); err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			if b.Elements[0].Offset != offset {
				t.Errorf("a list goes on at %d, want %d", b.Elements[0].Offset, offset)
			}
			offset += len(b.Elements[0].Elements)
		}
	}
	if offset != len(items.Items) {
		t.Errorf("got %d items, want %d", offset, len(items.Items))
	}
}
