package slack

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const (
	maxText       = 40_000 // characters after which chat.postMessage cuts the text
	maxUpdateText = 4_000  // characters of text chat.update takes
	maxMetadata   = 16_000 // bytes of message metadata
)

// A content is what a message says, checked.
type content struct {
	text                          string
	blocks, attachments, metadata json.RawMessage
}

// readContent is readContent for a workspace, whose files the blocks may show. The caller holds the lock.
func (w *Workspace) readContent(a args) (content, error) {
	c, err := readContent(a)
	if err == nil {
		err = w.checkPictures(c.blocks)
	}
	return c, err
}

// readContent checks the arguments of a message. A list or metadata that was not given stays nil; an empty one does not.
func readContent(a args) (content, error) {
	c := content{text: a["text"]}
	var err error
	if markdown := a["markdown_text"]; markdown != "" {
		if c.text != "" || a.json("blocks") != nil {
			return c, fail("markdown_text_conflict", "markdown_text stands alone")
		}
		if utf8.RuneCountInString(markdown) > maxMarkdown {
			return c, fail("msg_too_long", "markdown_text has more than %d characters", maxMarkdown)
		}
		block, _ := json.Marshal([]response{{"type": "markdown", "text": markdown}}) // strings always encode
		c.text, c.blocks = markdown, block
	}
	if raw := a.json("blocks"); raw != nil {
		c.blocks = raw
	}
	if c.blocks != nil {
		if c.blocks, err = checkBlocks(c.blocks, surfaceMessage); err != nil {
			return c, err
		}
	}
	if raw := a.json("attachments"); raw != nil {
		if c.attachments, err = checkAttachments(raw); err != nil {
			return c, err
		}
	}
	if raw := a.json("metadata"); raw != nil {
		if c.metadata, err = checkMetadata(raw); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c content) empty() bool {
	return strings.TrimSpace(c.text) == "" && isEmptyList(c.blocks) && isEmptyList(c.attachments)
}

func isEmptyList(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "[]" }

func checkAttachments(raw json.RawMessage) (json.RawMessage, error) {
	var list []struct {
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fail("invalid_attachments", "%v", err)
	}
	if len(list) > 100 {
		return nil, fail("too_many_attachments", "%d attachments are more than 100", len(list))
	}
	for _, a := range list {
		if a.Blocks == nil {
			continue
		}
		if _, err := checkBlocks(a.Blocks, surfaceMessage); err != nil {
			return nil, err
		}
	}
	return compact(raw), nil
}

func checkMetadata(raw json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fail("invalid_metadata_format", "%v", err)
	}
	if len(fields) == 0 {
		return json.RawMessage("{}"), nil
	}
	var kind string
	var payload map[string]any
	if json.Unmarshal(fields["event_type"], &kind) != nil || kind == "" || json.Unmarshal(fields["event_payload"], &payload) != nil {
		return nil, fail("invalid_metadata_schema", "metadata needs an event_type and an event_payload object")
	}
	if len(raw) > maxMetadata {
		return nil, fail("metadata_too_large", "metadata has more than %d bytes", maxMetadata)
	}
	return compact(raw), nil
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// cut shortens text to at most n characters.
func cut(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// newBotMessage is a message of the app.
func newBotMessage(c content) *message {
	m := &message{
		Type: "message", User: BotUserID, BotID: BotID, AppID: AppID, Team: TeamID, Text: cut(c.text, maxText),
		BotProfile: &botProfile{ID: BotID, AppID: AppID, Name: "shipmate", Updated: seedTime, TeamID: TeamID},
	}
	m.setLists(c)
	return m
}

// setLists sets what was given; an empty list or object removes.
func (m *message) setLists(c content) {
	set := func(to *json.RawMessage, from json.RawMessage) {
		switch string(from) {
		case "":
		case "[]", "{}":
			*to = nil
		default:
			*to = from
		}
	}
	set(&m.Blocks, c.blocks)
	set(&m.Attachments, c.attachments)
	set(&m.Metadata, c.metadata)
}
