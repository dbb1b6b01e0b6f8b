package bot

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// everything is a reply with one of each block.
func everything() Reply {
	return Reply{
		Title: "Title",
		Blocks: Blocks{
			P(Text("a "), Bold("b"), Text(" "), Link("c", "https://example.com/c")),
			Small(Mono("head abc")),
			List{Items: [][]Span{Item(Text("one")), Item(Text("two"))}, Numbered: true},
			Table{Head: []string{"file", "lines"}, Rows: [][][]Span{{Item(Text("a.go")), Item(Text("5"))}, {Item(Text("long.go")), Item(Text("12"))}, {Item(Text("short"))}}, Right: []bool{false, true}},
			Code{Text: "x := 1\n\treturn\n"},
			Fold{Title: "Details", Ask: "details #1", Blocks: Blocks{P(Text("inside"))}},
		},
		Next: []Action{{Label: "Risk", Text: "risk #1"}},
	}
}

func TestPlainText(t *testing.T) {
	want := strings.Join([]string{
		"Title", "a b c", "head abc", "1. one", "2. two",
		"file     lines", "a.go         5", "long.go     12", "short",
		"    x := 1", "        return", "Details: details #1", "next: risk #1", "",
	}, "\n")
	if got := PlainText(everything(), false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := PlainText(everything(), true); !strings.Contains(got, "\nDetails\ninside\n") {
		t.Errorf("unfolded:\n%s", got)
	}
}

func TestReplyKeepsItsFormInJSON(t *testing.T) {
	data, err := json.Marshal(everything())
	if err != nil {
		t.Fatal(err)
	}
	var got Reply
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if want := everything(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if err := json.Unmarshal([]byte(`{"blocks":[{"kind":"hologram"}]}`), &got); err == nil {
		t.Error("a block of unknown kind was read without an error")
	}
}

func TestCleanLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                        "plain",
		"  a\nb\tc\r\nd ":              "a b c  d",
		"a\u202eb\u2066c\u2069":        "abc",
		"in\u200bvis\u00adible\ufeff":  "invisible",
		"\U000e0041\U000e0042x":        "x",
		"bell\a esc\x1b[31m nul\x00":   "bell esc[31m nul",
		"bad \xff utf-8":               "bad \ufffd utf-8",
		"👩\u200d🚀":                     "👩\u200d🚀",
		"❤\ufe0f\u200d🔥 1\ufe0f\u20e3": "❤\ufe0f\u200d🔥 1\ufe0f\u20e3",
		"hid\ufe0f\ufe0eden":           "hidden",
		"😀\ufe0f\ufe0e\ufe0f\ufe01":    "😀\ufe0f",
		"😀\U000e0148\U000e0155\ufe03":  "😀",
		"\ufe0fx \ufe0f\u200b\ufe0fy":  "x y",
		"\u200dlead and trail\u200d":   "lead and trail",
		"שלום":                         "שלום",
		"c1\u0085next\u009bcsi":        "c1 nextcsi",
	} {
		if got := CleanLine(in); got != want {
			t.Errorf("CleanLine(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := CleanText("a\r\n\tb\u202e\n"), "a\n\tb\n"; got != want {
		t.Errorf("CleanText = %q, want %q", got, want)
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("a\ufe0f", "😀\ufe0f\ufe0f\ufe0e", "\U000e0041\ufe00", "\u2028\ufe0f")
	f.Add("title", "span \u202e <!channel>", "line\x1b[2J\nnext", "https://example.com")
	f.Fuzz(func(t *testing.T, title, span, code, url string) {
		got := PlainText(Reply{Title: title, Blocks: Blocks{
			P(Link(span, url)), Code{Text: code}, Table{Head: []string{span}, Rows: [][][]Span{{Item(Text(code)), Item(Text(title))}}},
			List{Items: [][]Span{Item(Mono(code))}},
		}, Next: []Action{{Text: span}}}, true)
		if !utf8.ValidString(got) {
			t.Errorf("not UTF-8: %q", got)
		}
		before := ' '
		for _, r := range got {
			if r != '\n' && r != '\u200d' && Invisible(r) {
				t.Errorf("%U in %q", r, got)
			}
			if selects := r == '\ufe0e' || r == '\ufe0f'; selects && (unicode.IsLetter(before) && before < 0x80 || before == ' ' || before == '\ufe0e' || before == '\ufe0f') {
				t.Errorf("%U behind %U in %q", r, before, got)
			}
			before = r
		}
	})
}
