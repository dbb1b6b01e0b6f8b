package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
)

func chars(n int) string { return strings.Repeat("é", n) }

func plain(n int) object { return object{"type": "plain_text", "text": chars(n)} }

func mrkdwn(n int) object { return object{"type": "mrkdwn", "text": chars(n)} }

func button(id string) object {
	return object{"type": "button", "action_id": id, "text": plain(1), "value": "v"}
}

func option1(text, value int) object { return object{"text": plain(text), "value": chars(value)} }

// repeat makes n values of a function of their index.
func repeat[T any](n int, f func(i int) T) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

func section(fields object) object {
	b := object{"type": "section", "text": plain(1)}
	maps.Copy(b, fields)
	return b
}

func actionsOf(e object) object { return object{"type": "actions", "elements": []any{e}} }

func with(o object, key string, v any) object {
	c := object{}
	maps.Copy(c, o)
	c[key] = v
	return c
}

func divider(int) object { return object{"type": "divider"} }

func rows(n, columns int) []any {
	return repeat(n, func(int) []any {
		return repeat(columns, func(int) object { return object{"type": "raw_text", "text": "x"} })
	})
}

func card(n int) object { return object{"type": "card", "title": plain(n)} }

func chartOf(series, points, label int) object {
	name := func(i int) any { return fmt.Sprintf("%0*d", label, i) }
	return object{"type": "data_visualization", "title": "t", "chart": object{
		"type": "line", "axis_config": object{"categories": repeat(points, name)},
		"series": repeat(series, func(i int) object {
			return object{"name": fmt.Sprint(i), "data": repeat(points, func(i int) object { return object{"label": name(i), "value": 1} })}
		}),
	}}
}

func confirmOf(title, text, button int) object {
	return object{"title": plain(title), "text": plain(text), "confirm": plain(button), "deny": plain(1)}
}

// limits are blocks as a function of a length: fine at the limit, refused one above it, with the path the reason names.
var limits = []struct {
	name  string
	limit int
	make  func(n int) []any
	path  string
}{
	{"blocks", 50, func(n int) []any { return repeat(n, divider) }, "/blocks"},
	{"section text", 3000, func(n int) []any { return []any{section(object{"text": mrkdwn(n)})} }, "/blocks/0/text/text"},
	{"section fields", 10, func(n int) []any {
		return []any{section(object{"fields": repeat(n, func(int) object { return plain(1) })})}
	}, "/blocks/0/fields"},
	{"field text", 2000, func(n int) []any { return []any{section(object{"fields": []any{plain(n)}})} }, "/blocks/0/fields/0/text"},
	{"header", 150, func(n int) []any { return []any{object{"type": "header", "text": plain(n)}} }, "/blocks/0/text/text"},
	{"context elements", 10, func(n int) []any {
		return []any{object{"type": "context", "elements": repeat(n, func(int) object { return mrkdwn(1) })}}
	}, "/blocks/0/elements"},
	{"actions", 25, func(n int) []any {
		return []any{object{"type": "actions", "elements": repeat(n, func(i int) object { return button(fmt.Sprint(i)) })}}
	}, "/blocks/0/elements"},
	{"image alt text", 2000, func(n int) []any {
		return []any{object{"type": "image", "image_url": "https://example.com/x.png", "alt_text": chars(n)}}
	}, "/blocks/0/alt_text"},
	{"image url", 3000, func(n int) []any {
		return []any{object{"type": "image", "image_url": chars(n), "alt_text": "x"}}
	}, "/blocks/0/image_url"},
	{"block_id", 255, func(n int) []any { return []any{with(divider(0), "block_id", chars(n))} }, "/blocks/0/block_id"},
	{"action_id", 255, func(n int) []any { return []any{actionsOf(button(chars(n)))} }, "/blocks/0/elements/0/action_id"},
	{"button text", 75, func(n int) []any { return []any{actionsOf(with(button("a"), "text", plain(n)))} }, "/blocks/0/elements/0/text/text"},
	{"button value", 2000, func(n int) []any { return []any{actionsOf(with(button("a"), "value", chars(n)))} }, "/blocks/0/elements/0/value"},
	{"button url", 3000, func(n int) []any { return []any{actionsOf(with(button("a"), "url", chars(n)))} }, "/blocks/0/elements/0/url"},
	{"options", 100, func(n int) []any {
		return []any{actionsOf(object{"type": "static_select", "options": repeat(n, func(int) object { return option1(1, 1) })})}
	}, "/blocks/0/elements/0/options"},
	{"option groups", 100, func(n int) []any {
		return []any{actionsOf(object{"type": "static_select", "option_groups": repeat(n, func(int) object {
			return object{"label": plain(1), "options": []any{option1(1, 1)}}
		})})}
	}, "/blocks/0/elements/0/option_groups"},
	{"option text", 75, func(n int) []any {
		return []any{actionsOf(object{"type": "radio_buttons", "options": []any{option1(n, 1)}})}
	}, "/blocks/0/elements/0/options/0/text/text"},
	{"option value", 150, func(n int) []any {
		return []any{actionsOf(object{"type": "radio_buttons", "options": []any{option1(1, n)}})}
	}, "/blocks/0/elements/0/options/0/value"},
	{"overflow", 5, func(n int) []any {
		return []any{section(object{"accessory": object{"type": "overflow", "options": repeat(n, func(int) object { return option1(1, 1) })}})}
	}, "/blocks/0/accessory/options"},
	{"checkboxes", 10, func(n int) []any {
		return []any{actionsOf(object{"type": "checkboxes", "options": repeat(n, func(int) object { return option1(1, 1) })})}
	}, "/blocks/0/elements/0/options"},
	{"confirm title", 100, func(n int) []any {
		return []any{actionsOf(with(button("a"), "confirm", confirmOf(n, 1, 1)))}
	}, "/blocks/0/elements/0/confirm/title/text"},
	{"confirm text", 300, func(n int) []any {
		return []any{actionsOf(with(button("a"), "confirm", confirmOf(1, n, 1)))}
	}, "/blocks/0/elements/0/confirm/text/text"},
	{"confirm button", 30, func(n int) []any {
		return []any{actionsOf(with(button("a"), "confirm", confirmOf(1, 1, n)))}
	}, "/blocks/0/elements/0/confirm/confirm/text"},
	{"input label", 2000, func(n int) []any {
		return []any{object{"type": "input", "label": plain(n), "element": object{"type": "plain_text_input"}}}
	}, "/blocks/0/label/text"},
	{"markdown", 12_000, func(n int) []any { return []any{object{"type": "markdown", "text": chars(n)}} }, "/blocks/0/text"},
	{"markdown in all", 12_000, func(n int) []any {
		return []any{object{"type": "markdown", "text": chars(6000)}, object{"type": "markdown", "text": chars(n - 6000)}}
	}, "/blocks/1/text"},
	{"table rows", 100, func(n int) []any { return []any{object{"type": "table", "rows": rows(n, 1)}} }, "/blocks/0/rows"},
	{"table columns", 20, func(n int) []any { return []any{object{"type": "table", "rows": rows(1, n)}} }, "/blocks/0/rows/0"},
	{"tables", 1, func(n int) []any {
		return repeat(n, func(int) object { return object{"type": "table", "rows": rows(1, 1)} })
	}, "/blocks/1"},
	{"data table rows", 201, func(n int) []any {
		return []any{object{"type": "data_table", "caption": "c", "rows": rows(n, 1)}}
	}, "/blocks/0/rows"},
	{"chart title", 50, func(n int) []any { return []any{with(chartOf(1, 1, 1), "title", chars(n))} }, "/blocks/0/title"},
	{"chart series", 12, func(n int) []any { return []any{chartOf(n, 1, 1)} }, "/blocks/0/chart/series"},
	{"charts", 2, func(n int) []any { return repeat(n, func(int) object { return chartOf(1, 1, 1) }) }, "/blocks/2"},
	{"chart points", 20, func(n int) []any { return []any{chartOf(1, n, 1)} }, "/blocks/0/chart/series/0/data"},
	{"chart labels", 20, func(n int) []any { return []any{chartOf(1, 1, n)} }, "/blocks/0/chart/series/0/data/0/label"},
	{"card title", 150, func(n int) []any { return []any{card(n)} }, "/blocks/0/title/text"},
	{"card body", 200, func(n int) []any { return []any{with(card(1), "body", plain(n))} }, "/blocks/0/body/text"},
	{"card actions", 3, func(n int) []any {
		return []any{with(card(1), "actions", repeat(n, func(i int) object { return button(fmt.Sprint(i)) }))}
	}, "/blocks/0/actions"},
	{"carousel", 10, func(n int) []any {
		return []any{object{"type": "carousel", "elements": repeat(n, func(int) object { return card(1) })}}
	}, "/blocks/0/elements"},
}

func TestBlockLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range limits {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := check(t, tt.make(tt.limit)); err != nil && err.Code != "msg_blocks_too_long" {
				t.Errorf("at the limit of %d: %v", tt.limit, err)
			}
			_, err := check(t, tt.make(tt.limit+1))
			if err == nil || err.Code != "invalid_blocks" {
				t.Fatalf("one above the limit of %d: got %v, want invalid_blocks", tt.limit, err)
			}
			if want := "[json-pointer:" + tt.path + "]"; !strings.Contains(strings.Join(err.Messages, "\n"), want) {
				t.Errorf("reasons: got %q, want one with %s", err.Messages, want)
			}
		})
	}
}

func check(t *testing.T, blocks []any) (json.RawMessage, *slackError) {
	t.Helper()
	raw, err := encodePlain(blocks)
	if err != nil {
		t.Fatal(err)
	}
	out, err := checkBlocks(raw, surfaceMessage)
	if err == nil {
		return out, nil
	}
	e, ok := errors.AsType[*slackError](err)
	if !ok {
		t.Fatalf("got %T %v, want a slackError", err, err)
	}
	return out, e
}

// refused are blocks Slack does not take, why not, and a part of the reason it gives.
var refused = map[string]struct{ blocks, code, reason string }{
	"no list":               {`{"type":"divider"}`, "invalid_blocks_format", ""},
	"trailing text":         {`[] []`, "invalid_blocks_format", ""},
	"no object":             {`["divider"]`, "invalid_blocks", "must be an object [json-pointer:/blocks/0]"},
	"no type":               {`[{}]`, "invalid_blocks", "missing required field: type"},
	"unknown type":          {`[{"type":"marquee"}]`, "invalid_blocks", "unsupported type: marquee [json-pointer:/blocks/0/type]"},
	"same block_id":         {`[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, "invalid_blocks", "`block_id` already exists: a"},
	"section of nothing":    {`[{"type":"section"}]`, "invalid_blocks", "missing required field: text"},
	"empty text":            {`[{"type":"section","text":{"type":"mrkdwn","text":""}}]`, "invalid_blocks", "must be more than 0 characters"},
	"mrkdwn header":         {`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, "invalid_blocks", "must be one of: plain_text"},
	"no elements":           {`[{"type":"context","elements":[]}]`, "invalid_blocks", "no fewer than 1 items allowed"},
	"input in actions":      {`[{"type":"actions","elements":[{"type":"plain_text_input"}]}]`, "invalid_blocks", "unsupported type: plain_text_input"},
	"same action_id":        {`[{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"x"}},{"type":"button","action_id":"a","text":{"type":"plain_text","text":"y"}}]}]`, "invalid_blocks", "`action_id` already exists: a"},
	"unknown button style":  {`[{"type":"actions","elements":[{"type":"button","style":"loud","text":{"type":"plain_text","text":"x"}}]}]`, "invalid_blocks", "must be one of: primary, danger"},
	"image without alt":     {`[{"type":"image","image_url":"https://example.com/x.png"}]`, "invalid_blocks", "missing required field: alt_text"},
	"unknown rich element":  {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"blink"}]}]}]`, "invalid_blocks", "unsupported type: blink"},
	"empty rich text":       {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}]`, "invalid_blocks", "must be more than 0 characters"},
	"list without style":    {`[{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{"type":"rich_text_section","elements":[]}]}]}]`, "invalid_blocks", "must be one of: bullet, ordered"},
	"text of a number":      {`[{"type":"section","text":{"type":"mrkdwn","text":3}}]`, "invalid_blocks", "must be a string"},
	"chart without a point": {`[{"type":"data_visualization","title":"t","chart":{"type":"line","axis_config":{"categories":["a","b"]},"series":[{"name":"s","data":[{"label":"a","value":1},{"label":"a","value":2}]}]}}]`, "invalid_blocks", "must be one of the categories, once: a [json-pointer:/blocks/0/chart/series/0/data/1/label]"},
	"chart of words":        {`[{"type":"data_visualization","title":"t","chart":{"type":"bar","axis_config":{"categories":["a"]},"series":[{"name":"s","data":[{"label":"a","value":"1"}]}]}}]`, "invalid_blocks", "must be a number"},
	"file by two names":     {`[{"type":"image","alt_text":"x","slack_file":{"id":"F0123456789","url":"https://x"}}]`, "invalid_blocks", "exactly one of id and url"},
	"file with no id":       {`[{"type":"image","alt_text":"x","slack_file":{"id":"https://x"}}]`, "invalid_blocks", "input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]"},
	"options and groups":    {`[{"type":"actions","elements":[{"type":"static_select"}]}]`, "invalid_blocks", "exactly one of options and option_groups"},
}

func TestBlocksRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) {
			_, err := checkBlocks(json.RawMessage(tt.blocks), surfaceMessage)
			e, ok := errors.AsType[*slackError](err)
			if !ok || e.Code != tt.code {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			if !strings.Contains(strings.Join(e.Messages, "\n"), tt.reason) {
				t.Errorf("reasons: got %q, want %q", e.Messages, tt.reason)
			}
		})
	}
}

func TestBlocksTooLong(t *testing.T) {
	t.Parallel()
	make := func(total int) []any {
		blocks := repeat(5, func(i int) object { return object{"type": "section", "block_id": fmt.Sprint(i), "text": mrkdwn(2500)} })
		raw, err := encodePlain(blocks)
		if err != nil {
			t.Fatal(err)
		}
		used := len([]rune(string(raw)))
		blocks[0].(object)["text"] = mrkdwn(2500 + total - used)
		return blocks
	}
	if _, err := check(t, make(13_200)); err != nil {
		t.Errorf("13200 characters: got %v, want none", err)
	}
	if _, err := check(t, make(13_201)); err == nil || err.Code != "msg_blocks_too_long" {
		t.Errorf("13201 characters: got %v, want msg_blocks_too_long", err)
	}
}

func TestBlocksGetIDs(t *testing.T) {
	t.Parallel()
	out, e := check(t, []any{actionsOf(object{"type": "button", "text": object{"type": "plain_text", "text": "a <b> & c"}})})
	if e != nil {
		t.Fatal(e)
	}
	var blocks []struct {
		BlockID  string `json:"block_id"`
		Elements []struct {
			ActionID string `json:"action_id"`
		}
	}
	if err := json.Unmarshal(out, &blocks); err != nil {
		t.Fatal(err)
	}
	if blocks[0].BlockID == "" || blocks[0].Elements[0].ActionID == "" {
		t.Errorf("got %s, want a block_id and an action_id", out)
	}
	if !strings.Contains(string(out), "a <b> & c") {
		t.Errorf("got %s, want the text as it was written", out)
	}
}

func FuzzCheckBlocks(f *testing.F) {
	for _, tt := range refused {
		f.Add([]byte(tt.blocks))
	}
	for _, blocks := range [][]any{{actionsOf(button("a"))}, {section(nil), card(3)}, {chartOf(2, 2, 2)}, {object{"type": "table", "rows": rows(2, 2)}}} {
		raw, err := encodePlain(blocks)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := checkBlocks(raw, surfaceMessage)
		if err != nil {
			return
		}
		again, err := checkBlocks(out, surfaceMessage)
		if e, ok := errors.AsType[*slackError](err); ok && e.Code == "msg_blocks_too_long" {
			return // the ids it got made it longer
		}
		if err != nil || string(again) != string(out) {
			t.Errorf("checked once %s, twice %s (%v)", out, again, err)
		}
	})
}
