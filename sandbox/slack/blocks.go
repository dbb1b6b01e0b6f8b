package slack

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of Block Kit, from the reference pages of its blocks, block elements and composition objects. Lengths are in
// characters.
const (
	maxMessageBlocks  = 50
	maxViewBlocks     = 100
	maxBlocksJSON     = 13_200 // of a whole message; observed, not documented
	maxMarkdown       = 12_000 // of all markdown blocks together
	maxSectionText    = 3000
	maxSectionFields  = 10
	maxFieldText      = 2000
	maxHeaderText     = 150
	maxContext        = 10
	maxActions        = 25
	maxAltText        = 2000
	maxURL            = 3000
	maxID             = 255
	maxButtonText     = 75
	maxButtonValue    = 2000
	maxOptionText     = 75
	maxOptionValue    = 150
	maxOptions        = 100
	maxOptionGroups   = 100
	maxOverflow       = 5
	maxChoices        = 10 // of radio buttons and checkboxes
	maxPlaceholder    = 150
	maxConfirmTitle   = 100
	maxConfirmText    = 300
	maxConfirmButton  = 30
	maxInputLabel     = 2000
	maxPlainTextInput = 3000
	maxTableRows      = 100
	maxTableColumns   = 20
	maxRichElements   = 1000 // in one rich text element; Slack documents no limit
)

// A surface is where blocks are shown; it decides how many there may be and which.
type surface int

const (
	surfaceMessage surface = iota
	surfaceModal
	surfaceHome
)

type object = map[string]any

// checkBlocks validates a JSON list of blocks and returns it with a block_id and an action_id wherever they were missing, as
// Slack stores them. The errors are invalid_blocks_format, invalid_blocks with the reasons, and msg_blocks_too_long.
func checkBlocks(raw json.RawMessage, on surface) (json.RawMessage, error) {
	var blocks []any
	if err := decodeNumbers(raw, &blocks); err != nil {
		return nil, fail("invalid_blocks_format", "%v", err)
	}
	k := &checker{surface: on, blockIDs: map[string]bool{}}
	limit := maxViewBlocks
	if on == surfaceMessage {
		limit = maxMessageBlocks
	}
	k.count("/blocks", len(blocks), 0, limit)
	for i, b := range blocks {
		k.block("/blocks/"+strconv.Itoa(i), b)
	}
	if k.problems != nil {
		return nil, &slackError{Code: "invalid_blocks", Detail: strings.Join(k.problems, "; "), Messages: k.problems}
	}
	if on == surfaceMessage && utf8.RuneCount(compact(raw)) > maxBlocksJSON {
		return nil, fail("msg_blocks_too_long", "the blocks have more than %d characters of JSON", maxBlocksJSON)
	}
	return encodePlain(blocks)
}

// block checks one block and completes it with a block_id.
func (k *checker) block(at string, v any) {
	b := k.object(at, v)
	if b == nil {
		return
	}
	kind := k.str(at, b, "type", true, maxID)
	if id := k.str(at, b, "block_id", false, maxID); id != "" {
		if k.blockIDs[id] {
			k.add(at+"/block_id", "`block_id` already exists: %s", id)
		}
		k.blockIDs[id] = true
	}
	k.blockOf(kind, at, b)
	if _, given := b["block_id"]; !given || b["block_id"] == "" {
		b["block_id"] = strings.ToLower(newID(""))[:5]
		for k.blockIDs[b["block_id"].(string)] {
			b["block_id"] = strings.ToLower(newID(""))
		}
		k.blockIDs[b["block_id"].(string)] = true
	}
}

// blockOf checks what is particular to a kind of block.
func (k *checker) blockOf(kind, at string, b object) {
	switch kind {
	case "divider", "": // nothing to check, or reported already
	case "section":
		k.section(at, b)
	case "header":
		k.text(at, b, "text", plainOnly, true, maxHeaderText)
	case "context":
		k.context(at, b)
	case "actions":
		k.actions(at, b)
	case "image":
		k.image(at, b)
	case "rich_text":
		k.richText(at, b)
	case "markdown":
		k.markdownBlock(at, b)
	case "table":
		k.table(at, b)
	case "input":
		k.input(at, b)
	case "video":
		k.video(at, b)
	case "context_actions":
		k.contextActions(at, b)
	case "data_table":
		k.dataTable(at, b)
	case "data_visualization":
		k.chart(at, b)
	case "card":
		k.card(at, b)
	case "carousel":
		k.carousel(at, b)
	default:
		k.add(at+"/type", "unsupported type: %s", kind)
	}
}

func (k *checker) section(at string, b object) {
	_, hasText := b["text"]
	_, hasFields := b["fields"]
	if !hasText && !hasFields {
		k.add(at, "missing required field: text")
	}
	k.text(at, b, "text", anyText, false, maxSectionText)
	for i, f := range k.list(at, b, "fields", false, 1, maxSectionFields) {
		k.textObject(at+"/fields/"+strconv.Itoa(i), f, anyText, maxFieldText)
	}
	if a, ok := b["accessory"]; ok {
		k.element(at+"/accessory", a, "image", "button", "overflow", "static_select", "external_select", "users_select",
			"conversations_select", "channels_select", "multi_static_select", "multi_external_select", "multi_users_select",
			"multi_conversations_select", "multi_channels_select", "datepicker", "timepicker", "radio_buttons", "checkboxes",
			"workflow_button")
	}
}

func (k *checker) context(at string, b object) {
	for i, v := range k.list(at, b, "elements", true, 1, maxContext) {
		at := at + "/elements/" + strconv.Itoa(i)
		if e, ok := v.(object); ok && e["type"] == "image" {
			k.imageElement(at, e)
			continue
		}
		k.textObject(at, v, anyText, maxSectionText)
	}
}

func (k *checker) actions(at string, b object) {
	ids := map[string]bool{}
	for i, v := range k.list(at, b, "elements", true, 1, maxActions) {
		at := at + "/elements/" + strconv.Itoa(i)
		k.element(at, v, "button", "overflow", "static_select", "external_select", "users_select", "conversations_select",
			"channels_select", "multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select",
			"multi_channels_select", "datepicker", "timepicker", "datetimepicker", "radio_buttons", "checkboxes", "workflow_button")
		if e, ok := v.(object); ok {
			id, _ := e["action_id"].(string)
			if ids[id] {
				k.add(at+"/action_id", "`action_id` already exists: %s", id)
			}
			ids[id] = true
		}
	}
}

func (k *checker) image(at string, b object) {
	k.imageElement(at, b)
	k.text(at, b, "title", plainOnly, false, 2000)
}

func (k *checker) imageElement(at string, o object) {
	if _, file := o["slack_file"]; file {
		k.slackFile(at, o)
	} else {
		k.str(at, o, "image_url", true, maxURL)
	}
	k.str(at, o, "alt_text", true, maxAltText)
}

func (k *checker) video(at string, b object) {
	k.str(at, b, "alt_text", true, maxAltText)
	k.str(at, b, "video_url", true, maxURL)
	k.str(at, b, "thumbnail_url", true, maxURL)
	k.text(at, b, "title", plainOnly, true, 199)
	k.text(at, b, "description", plainOnly, false, 199)
	k.str(at, b, "author_name", false, 49)
}

func (k *checker) markdownBlock(at string, b object) {
	if k.surface != surfaceMessage {
		k.add(at+"/type", "unsupported type: markdown")
	}
	k.markdown += utf8.RuneCountInString(k.str(at, b, "text", true, maxMarkdown))
	if k.markdown > maxMarkdown {
		k.add(at+"/text", "all markdown blocks together must be less than %d characters", maxMarkdown+1)
	}
}

// input is allowed in messages too.
func (k *checker) input(at string, b object) {
	k.text(at, b, "label", plainOnly, true, maxInputLabel)
	k.text(at, b, "hint", plainOnly, false, maxInputLabel)
	e, ok := b["element"]
	if !ok {
		k.add(at, "missing required field: element")
		return
	}
	k.element(at+"/element", e, "plain_text_input", "rich_text_input", "email_text_input", "url_text_input", "number_input",
		"static_select", "external_select", "users_select", "conversations_select", "channels_select", "multi_static_select",
		"multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select", "datepicker",
		"timepicker", "datetimepicker", "radio_buttons", "checkboxes", "file_input")
}

func (k *checker) contextActions(at string, b object) {
	for i, v := range k.list(at, b, "elements", true, 1, 5) {
		k.element(at+"/elements/"+strconv.Itoa(i), v, "feedback_buttons", "icon_button")
	}
}
