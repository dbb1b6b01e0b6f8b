package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack/slackutilsx"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

func TestTablesBeyondTheLimitsAreText(t *testing.T) {
	t.Parallel()
	table := func(rows, columns int) bot.Table {
		tab := bot.Table{Head: slices.Repeat([]string{"h"}, columns)}
		for i := range rows {
			tab.Rows = append(tab.Rows, [][]bot.Span{bot.Item(bot.Text(fmt.Sprint("row ", i)))})
		}
		return tab
	}
	for name, tt := range map[string]struct {
		blocks              bot.Blocks
		tables, text, lists int
	}{
		"fits":             {bot.Blocks{table(20, 3)}, 1, 0, 0},
		"too many rows":    {bot.Blocks{table(100, 1)}, 0, 1, 0},
		"too many columns": {bot.Blocks{table(1, 21)}, 0, 0, 1}, // aligned, its lines would be too long
		"two":              {bot.Blocks{table(2, 2), table(2, 2)}, 1, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := bot.Reply{Blocks: tt.blocks}
			got := render(r, nil)
			all := blocksJSON(t, got[0])
			if n := strings.Count(all, `"type":"table"`); n != tt.tables {
				t.Errorf("got %d table blocks, want %d", n, tt.tables)
			}
			if n := strings.Count(all, `"type":"rich_text_preformatted"`); n != tt.text {
				t.Errorf("got %d tables as text, want %d", n, tt.text)
			}
			if n := strings.Count(all, `"type":"rich_text_list"`); n != tt.lists {
				t.Errorf("got %d tables as lists, want %d", n, tt.lists)
			}
			checkMessages(t, r, got)
		})
	}
}

func TestTablesAsListsKeepLinksAndNumbers(t *testing.T) {
	t.Parallel()
	got := plainOf(slices.Concat(asList(bot.Table{
		Head: []string{"File", "+", "−", "Owner", "Kind", "Uses"}, Right: []bool{false, true, true, false, false, true},
		Rows: [][][]bot.Span{{
			bot.Item(bot.Link("a.go", "https://example.com/a")), bot.Item(bot.Text("12")), bot.Item(bot.Text("3")), nil,
			bot.Item(bot.Text("code")), bot.Item(bot.Text("7")),
		}},
	}).Items...))
	if want := "a.go · +12 −3 · code · Uses 7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestGraphemesStayWhole(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"e\u0301", "👩‍👩‍👧", "🇫🇷", "👍🏽", "❤️", "\u1100\u1161\u11a8"} {
		text := strings.Repeat(s, 40)
		for n := 1; n < 60; n++ {
			cut := fit(text, n, 1<<20)
			if cut%len(s) != 0 && n >= utf8.RuneCountInString(s) {
				t.Errorf("%q cut to %d runes breaks a character at byte %d", s, n, cut)
			}
		}
	}
	if got, want := shorten("ab cdef", 4), "ab…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	marks := "a" + strings.Repeat("\u0301", 500_000)
	if got := render(bot.Reply{Title: marks}, nil); len(got) == 0 || len(got) > maxMessages {
		t.Errorf("got %d messages of half a million marks", len(got))
	}
}

// checkMessages reports everything about messages that Slack would refuse or that would let a stranger's text do something.
func checkMessages(t testing.TB, r bot.Reply, got []message) {
	t.Helper()
	if len(got) > maxMessages {
		t.Errorf("got %d messages, want at most %d", len(got), maxMessages)
	}
	for _, m := range got {
		data, err := json.Marshal(m.blocks)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) >= 12_000 || len(m.blocks) > maxBlocks || len(m.blocks) == 0 {
			t.Errorf("got %d blocks of %d bytes", len(m.blocks), len(data))
		}
		if m.text == "" || utf8.RuneCountInString(m.text)*5 >= 4000 {
			t.Errorf("got a notification of %d characters", utf8.RuneCountInString(m.text))
		}
		for _, text := range []string{m.text, shortenEscaped(m.plain, maxPlain)} {
			sent := slackutilsx.EscapeMessage(text)
			if strings.ContainsAny(sent, "<>") || utf8.RuneCountInString(sent) >= 4000 || !utf8.ValidString(sent) {
				t.Errorf("got a text of %d characters: %.200q", utf8.RuneCountInString(sent), sent)
			}
		}
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		w := walker{t: t, links: linksOf(r.Blocks)}
		w.walk(tree, "")
		if w.tables > 1 || w.charts > 2 {
			t.Errorf("got %d tables and %d charts in one message", w.tables, w.charts)
		}
	}
}

// A walker checks the strings and objects of a message.
type walker struct {
	t      testing.TB
	links  []string // that the reply asks for
	tables int
	charts int
}

// linksOf are the addresses that blocks ask for.
func linksOf(blocks bot.Blocks) (links []string) {
	of := func(spans []bot.Span) {
		for _, s := range spans {
			links = append(links, s.URL)
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case bot.Para:
			of(b.Spans)
		case bot.List:
			for _, item := range b.Items {
				of(item)
			}
		case bot.Table:
			for _, cell := range slices.Concat(b.Rows...) {
				of(cell)
			}
		case bot.Fold:
			links = append(links, linksOf(b.Blocks)...)
		}
	}
	return links
}

func (w *walker) walk(v any, field string) {
	switch v := v.(type) {
	case map[string]any:
		w.object(v)
		for k, x := range v {
			w.walk(x, k)
		}
	case []any:
		if len(v) == 0 {
			w.t.Errorf("%s is empty", field)
		}
		for _, x := range v {
			w.walk(x, field)
		}
	case string:
		w.str(v, field)
	}
}

func (w *walker) object(o map[string]any) {
	switch o["type"] {
	case "text", "link", "plain_text", "raw_text", "rich_text", "rich_text_section", "rich_text_list", "rich_text_preformatted", "context", "actions":
	case "line", "bar":
	case "data_visualization":
		w.charts++
	case "image":
		if alt, _ := o["alt_text"].(string); alt == "" || utf8.RuneCountInString(alt) > 2000 || o["image_url"] != nil {
			w.t.Errorf("got image %v", o)
		}
	case "table":
		w.tables++
	case "button":
		label := o["text"].(map[string]any)["text"].(string)
		value := o["value"].(string)
		if utf8.RuneCountInString(label) > 75 || utf8.RuneCountInString(value) > 2000 || !strings.HasPrefix(o["action_id"].(string), actionPrefix) {
			w.t.Errorf("got button %v", o)
		}
	case nil: // styles and column settings
	default: // mrkdwn, user, usergroup, channel, broadcast, emoji: never
		w.t.Errorf("got an object of type %v", o["type"])
	}
	if e, ok := o["elements"].([]any); ok && (o["type"] == "actions" && len(e) > maxButtons || o["type"] == "context" && len(e) > 10) {
		w.t.Errorf("got %d elements in %v", len(e), o["type"])
	}
}

func (w *walker) str(s, field string) {
	if !utf8.ValidString(s) {
		w.t.Errorf("%s is no valid UTF-8", field)
	}
	if field == "text" && s == "" || utf8.RuneCountInString(s) > 3000 {
		w.t.Errorf("%s has %d characters", field, utf8.RuneCountInString(s))
	}
	if field == "url" && (!strings.HasPrefix(strings.ToLower(s), "http") || !slices.Contains(w.links, s)) {
		w.t.Errorf("got the address %q, asked for are %q", s, w.links)
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && r != '\u200d' && bot.Invisible(r) }); i >= 0 {
		w.t.Errorf("%s has an invisible character: %+q", field, s[i:min(len(s), i+8)])
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"", "plain", "<!channel> <@U0ADA> *b* `c` & > <https://x.example|y>", "a\u202eb\u200bc\x00\xff", "👩‍👩‍👧🇫🇷\U000e0041", "```\nx\n```", strings.Repeat("<&>", 3000),
		strings.Repeat("e\u0301", 5000), "@here @channel", "a\ufe0fb\ufe0e\ufe0f\ufe01", "https://me:pw@evil.example/<!here>", "<!subteam^S1> <#C1> <!date^1^{date}^https://evil.example|x>",
	} {
		f.Add(s, s, s, "https://example.com/"+s, uint16(len(s)))
	}
	f.Fuzz(func(t *testing.T, title, text, cell, link string, n uint16) {
		spans := []bot.Span{bot.Text(text), bot.Link(cell, link), bot.Mono(title), {Text: text, URL: link, Bold: true, Mono: true}}
		table := bot.Table{Head: []string{title, cell}}
		list := bot.List{Numbered: n%2 == 0}
		rows := min(int(n%120), 1+200_000/(1+len(title)+len(text)+len(cell)+len(link))) // what is long is not also many: a try takes milliseconds
		for range rows {
			table.Rows = append(table.Rows, [][]bot.Span{spans, {bot.Text(cell)}})
			list.Items = append(list.Items, spans, nil)
		}
		r := bot.Reply{Title: title, Blocks: bot.Blocks{
			bot.P(spans...), bot.Small(spans...), bot.Small(bot.Text(text)), list, table, table, bot.Code{Text: text, Language: title},
			bot.Fold{Title: title, Ask: text, Blocks: bot.Blocks{bot.P(spans...)}}, bot.Fold{Title: cell, Blocks: bot.Blocks{bot.Code{Text: cell}}},
		}, Next: []bot.Action{{Label: title, Text: cell}, {Text: text}, {Label: text}}}
		for range n % 40 {
			r.Next = append(r.Next, bot.Action{Label: title, Text: fmt.Sprint(len(r.Next), text)})
		}
		checkMessages(t, r, render(r, nil))
	})
}

// The workspace checks blocks as Slack does: what the renderer makes of awkward replies must pass, and what it says must not mention.
func TestWorkspaceTakesWhatIsRendered(t *testing.T) {
	t.Parallel()
	server := newWorkspace(t, sandbox.Options{NoLimits: true})
	c, log := newClient(t, server.URL, Options{})
	awkward := "<!channel> <@U0ADA> <https://x.example|y> & *b* :tada: \u202e\x00"
	replies := []bot.Reply{
		longReply(20),
		{Title: awkward, Blocks: bot.Blocks{bot.P(bot.Text(awkward)), bot.Small(bot.Text(awkward)), bot.Code{Text: awkward},
			bot.List{Items: [][]bot.Span{bot.Item(bot.Text(awkward)), nil}},
			bot.Table{Head: []string{awkward, ""}, Rows: [][][]bot.Span{{bot.Item(bot.Bold(awkward))}}}},
			Next: []bot.Action{{Label: awkward, Text: awkward}}},
		{Title: strings.Repeat("<", 5000), Blocks: bot.Blocks{bot.Code{Text: strings.Repeat("&\n", 20_000)}}},
		{Title: strings.Repeat("👩‍👩‍👧", 3000), Next: slices.Repeat([]bot.Action{{Label: "x", Text: "y"}}, 60)},
	}
	for i, r := range replies {
		ref, err := c.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: eng}, "", fmt.Sprint(i), r)
		if err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
		if ref, err = c.Post(t.Context(), bot.Place{Surface: bot.Slack, Channel: eng}, ref, fmt.Sprint(i), r); err != nil {
			t.Fatalf("edit of reply %d: %v", i, err)
		}
		for _, m := range messages(t, server, eng, splitRef(ref)[0]) {
			if strings.ContainsAny(m.Text, "<>") {
				t.Errorf("reply %d: live markup in the text %q", i, m.Text)
			}
		}
	}
	if strings.Contains(log.String(), "refused the blocks") {
		t.Errorf("blocks were refused:\n%s", log)
	}
}

func TestSplitBreaksBetweenLinesAndWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{
		{"one two three", 9, "one two |three"},
		{"first\nsecond third", 10, "first\n|second |third"},
		{"a verylongword", 8, "a verylo|ngword"},
		{"unbroken", 3, "unb|rok|en"},
		{"fits", 4, "fits"},
		{"   ", 2, ""},
	} {
		var got []string
		for _, part := range split([]bot.Span{bot.Text(tt.in)}, tt.n, 1000) {
			got = append(got, plainOf(part))
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%q in parts of %d: got %q, want %q", tt.in, tt.n, strings.Join(got, "|"), tt.want)
		}
	}
	link := bot.Span{Text: "one two", URL: "https://h.example/", Bold: true}
	parts := split([]bot.Span{bot.Text("x "), link}, 6, 1000)
	if len(parts) != 2 || parts[0][1].URL != link.URL || parts[1][0].URL != link.URL || !parts[1][0].Bold {
		t.Errorf("got %+v, want a link in both parts", parts)
	}
}
