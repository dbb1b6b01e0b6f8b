package slack

import (
	"slices"
	"strconv"
	"strings"
)

// element checks an interactive element, or an image, that must be of one of the allowed types, and completes it with an
// action_id.
func (k *checker) element(at string, v any, allowed ...string) {
	e := k.object(at, v)
	if e == nil {
		return
	}
	kind := k.str(at, e, "type", true, maxID)
	if kind == "" {
		return
	}
	if !slices.Contains(allowed, kind) {
		k.add(at+"/type", "unsupported type: %s", kind)
		return
	}
	if kind == "image" {
		k.imageElement(at, e)
		return
	}
	if k.str(at, e, "action_id", false, maxID); e["action_id"] == nil || e["action_id"] == "" {
		e["action_id"] = strings.ToLower(newID(""))[:5]
	}
	k.text(at, e, "placeholder", plainOnly, false, maxPlaceholder)
	if c, ok := e["confirm"]; ok {
		k.confirm(at+"/confirm", c)
	}
	switch kind {
	case "button", "workflow_button":
		k.button(at, e)
	case "overflow":
		k.options(at, e, maxOverflow)
	case "radio_buttons", "checkboxes":
		k.options(at, e, maxChoices)
	case "static_select", "multi_static_select":
		k.staticSelect(at, e)
	case "plain_text_input", "email_text_input", "url_text_input":
		k.str(at, e, "initial_value", false, maxPlainTextInput)
	}
}

func (k *checker) button(at string, e object) {
	k.text(at, e, "text", plainOnly, true, maxButtonText)
	k.str(at, e, "value", false, maxButtonValue)
	k.str(at, e, "url", false, maxURL)
	k.str(at, e, "accessibility_label", false, 75)
	if style, ok := e["style"]; ok && style != "primary" && style != "danger" {
		k.add(at+"/style", "must be one of: primary, danger")
	}
}

func (k *checker) confirm(at string, v any) {
	c := k.object(at, v)
	if c == nil {
		return
	}
	k.text(at, c, "title", plainOnly, true, maxConfirmTitle)
	k.text(at, c, "text", anyText, true, maxConfirmText)
	k.text(at, c, "confirm", plainOnly, true, maxConfirmButton)
	k.text(at, c, "deny", plainOnly, true, maxConfirmButton)
}

func (k *checker) staticSelect(at string, e object) {
	_, options := e["options"]
	_, groups := e["option_groups"]
	if options == groups {
		k.add(at, "exactly one of options and option_groups is required")
		return
	}
	if options {
		k.options(at, e, maxOptions)
		return
	}
	for i, v := range k.list(at, e, "option_groups", true, 1, maxOptionGroups) {
		at := at + "/option_groups/" + strconv.Itoa(i)
		if g := k.object(at, v); g != nil {
			k.text(at, g, "label", plainOnly, true, maxOptionText)
			k.options(at, g, maxOptions)
		}
	}
}

func (k *checker) options(at string, e object, most int) {
	for i, v := range k.list(at, e, "options", true, 1, most) {
		at := at + "/options/" + strconv.Itoa(i)
		if o := k.object(at, v); o != nil {
			k.text(at, o, "text", anyText, true, maxOptionText)
			k.str(at, o, "value", true, maxOptionValue)
			k.text(at, o, "description", anyText, false, maxOptionText)
			k.str(at, o, "url", false, maxURL)
		}
	}
}

// table checks a table block: rows of cells that are raw_text or rich_text.
func (k *checker) table(at string, b object) {
	if k.surface != surfaceMessage {
		k.add(at+"/type", "unsupported type: table")
	}
	if k.tables++; k.tables > 1 {
		k.add(at, "only one table is allowed in a message")
	}
	for i, v := range k.list(at, b, "rows", true, 1, maxTableRows) {
		at := at + "/rows/" + strconv.Itoa(i)
		row, ok := v.([]any)
		if !ok {
			k.add(at, "must be an array")
			continue
		}
		k.count(at, len(row), 1, maxTableColumns)
		for j, cell := range row {
			k.cell(at+"/"+strconv.Itoa(j), cell)
		}
	}
	k.list(at, b, "column_settings", false, 0, maxTableColumns)
}

func (k *checker) cell(at string, v any) {
	c := k.object(at, v)
	switch {
	case c == nil:
	case c["type"] == "raw_text":
		k.str(at, c, "text", true, maxMarkdown)
	case c["type"] == "rich_text":
		k.richText(at, c)
	default:
		k.add(at+"/type", "unsupported type: %v", c["type"])
	}
}

// richText checks a rich_text block: sections, lists, quotes and preformatted text.
func (k *checker) richText(at string, b object) {
	for i, v := range k.list(at, b, "elements", true, 1, maxRichElements) {
		at := at + "/elements/" + strconv.Itoa(i)
		e := k.object(at, v)
		if e == nil {
			continue
		}
		switch e["type"] {
		case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
			k.richElements(at, e)
		case "rich_text_list":
			k.richList(at, e)
		default:
			k.add(at+"/type", "unsupported type: %v", e["type"])
		}
	}
}

func (k *checker) richList(at string, e object) {
	if e["style"] != "bullet" && e["style"] != "ordered" {
		k.add(at+"/style", "must be one of: bullet, ordered")
	}
	for i, v := range k.list(at, e, "elements", true, 1, maxRichElements) {
		at := at + "/elements/" + strconv.Itoa(i)
		s := k.object(at, v)
		if s == nil {
			continue
		}
		if s["type"] != "rich_text_section" {
			k.add(at+"/type", "must be one of: rich_text_section")
			continue
		}
		k.richElements(at, s)
	}
}

// richElements checks what stands inside a rich text section.
func (k *checker) richElements(at string, s object) {
	needs := map[string]string{
		"text": "text", "link": "url", "user": "user_id", "usergroup": "usergroup_id", "channel": "channel_id", "emoji": "name",
		"team": "team_id", "color": "value", "broadcast": "range", "date": "format",
	}
	for i, v := range k.list(at, s, "elements", true, 0, maxRichElements) {
		at := at + "/elements/" + strconv.Itoa(i)
		e := k.object(at, v)
		if e == nil {
			continue
		}
		kind, _ := e["type"].(string)
		need, ok := needs[kind]
		if !ok {
			k.add(at+"/type", "unsupported type: %v", e["type"])
			continue
		}
		k.str(at, e, need, true, maxText)
		switch {
		case kind == "broadcast" && e["range"] != "here" && e["range"] != "channel" && e["range"] != "everyone":
			k.add(at+"/range", "must be one of: here, channel, everyone")
		case kind == "date" && e["timestamp"] == nil:
			k.add(at, "missing required field: timestamp")
		}
		if style, ok := e["style"]; ok {
			k.object(at+"/style", style)
		}
	}
}
