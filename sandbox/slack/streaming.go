package slack

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// The states of a message that is written piece by piece.
const (
	streaming = "in_progress"
	streamed  = "completed"
)

// streamText is the Markdown that a call adds to a stream: its markdown_text and its chunks of type markdown_text. Chunks about
// tasks and plans are not shown by the stand-in and are refused, so that nobody takes them for shown.
func streamText(c *call) (string, error) {
	var chunks []struct{ Type, Text string }
	if raw := c.json("chunks"); raw != nil && json.Unmarshal(raw, &chunks) != nil {
		return "", fail("invalid_chunks", "chunks must be a list of objects")
	}
	var text strings.Builder
	text.WriteString(c.args["markdown_text"])
	for _, chunk := range chunks {
		if chunk.Type != "markdown_text" {
			return "", fail("invalid_chunks", "chunks of type %q are not supported here", chunk.Type)
		}
		text.WriteString(chunk.Text)
	}
	if utf8.RuneCountInString(text.String()) > maxMarkdown {
		return "", fail("msg_too_long", "the text has more than %d characters", maxMarkdown)
	}
	return text.String(), nil
}

// setStreamed makes text everything that m says, as Markdown.
func (m *message) setStreamed(text string) error {
	m.Text, m.Blocks = cut(text, maxText), nil
	if strings.TrimSpace(text) == "" {
		return nil
	}
	raw, err := encodePlain([]response{{"type": "markdown", "block_id": "stream", "text": m.Text}})
	m.Blocks = raw
	return err
}

func chatStartStream(w *Workspace, c *call) (response, error) {
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	switch {
	case ch.byTS[c.args["thread_ts"]] == nil:
		return nil, fail("invalid_thread_ts", "a stream needs the thread_ts of a message in the channel")
	case !ch.IsIM && c.args["recipient_user_id"] == "":
		return nil, fail("missing_recipient_user_id", "a stream in a channel needs a recipient_user_id")
	case !ch.IsIM && c.args["recipient_team_id"] == "":
		return nil, fail("missing_recipient_team_id", "a stream in a channel needs a recipient_team_id")
	}
	text, err := streamText(c)
	if err != nil {
		return nil, err
	}
	m := newBotMessage(content{})
	m.ThreadTS, m.StreamingState = c.args["thread_ts"], streaming
	if err := m.setStreamed(text); err != nil {
		return nil, err
	}
	if err := w.post(ch, m, false); err != nil {
		return nil, err
	}
	return response{"channel": ch.ID, "ts": m.TS}, nil
}

// openStream finds the message that a call goes on writing.
func (w *Workspace) openStream(c *call) (*channel, *message, error) {
	ch, m, err := w.appMessage(c, "message_not_owned_by_app")
	if err == nil && m.StreamingState != streaming {
		err = fail("message_not_in_streaming_state", "the message is not being streamed")
	}
	return ch, m, err
}

func chatAppendStream(w *Workspace, c *call) (response, error) {
	ch, m, err := w.openStream(c)
	if err != nil {
		return nil, err
	}
	text, err := streamText(c)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, fail("no_text", "nothing is added")
	}
	w.change(ch, m, func(m *message) { err = m.setStreamed(m.Text + text) })
	return response{"channel": ch.ID, "ts": m.TS}, err
}

// chatStopStream ends a stream: blocks, when given, follow the text.
func chatStopStream(w *Workspace, c *call) (response, error) {
	ch, m, err := w.openStream(c)
	if err != nil {
		return nil, err
	}
	text, err := streamText(c)
	if err != nil {
		return nil, err
	}
	last, err := readContent(args{"blocks": c.args["blocks"], "metadata": c.args["metadata"]})
	if err != nil {
		return nil, err
	}
	w.change(ch, m, func(m *message) {
		if err = m.setStreamed(m.Text + text); err != nil {
			return
		}
		m.Blocks, err = joinLists(m.Blocks, last.blocks)
		m.Metadata, m.StreamingState = last.metadata, streamed
	})
	return response{"channel": ch.ID, "ts": m.TS, "message": m}, err
}

// joinLists appends one JSON list to another; either may be nil.
func joinLists(a, b json.RawMessage) (json.RawMessage, error) {
	if isEmptyList(a) || isEmptyList(b) {
		if isEmptyList(a) {
			a = b
		}
		return a, nil
	}
	var first, second []json.RawMessage
	if err := json.Unmarshal(a, &first); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &second); err != nil {
		return nil, err
	}
	return json.Marshal(append(first, second...))
}
