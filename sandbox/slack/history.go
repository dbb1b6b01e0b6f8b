package slack

import (
	"slices"
	"strconv"
	"strings"
)

// A span is the part of a list of messages that a call asks for.
type span struct {
	oldest, latest string
	inclusive      bool
	metadata       bool
	limit          int
	cursor         string // the timestamp the page starts at
}

func readSpan(c *call, limit int) (span, error) {
	s := span{
		oldest: normalTS(c.args["oldest"]), latest: normalTS(c.args["latest"]),
		inclusive: c.flag("inclusive"), metadata: c.flag("include_all_metadata"),
	}
	var err error
	for key, ts := range map[string]string{"oldest": s.oldest, "latest": s.latest} {
		if c.args[key] != "" && ts == "" {
			return s, fail("invalid_ts_"+key, "%q is no timestamp", c.args[key])
		}
	}
	if s.limit, err = c.number("limit", limit, max(limit, maxHistory)); err != nil {
		return s, err
	}
	position, err := decodeCursor("next_ts", c.args["cursor"])
	if position == "" || err != nil {
		return s, err
	}
	micro, err := strconv.ParseInt(position, 10, 64)
	if err != nil || micro < 0 {
		return s, fail("invalid_cursor", "the cursor is not one of this list")
	}
	s.cursor = formatTS(micro)
	return s, nil
}

// normalTS brings a timestamp to the form messages carry, so that it compares as text. It returns "" for what is none.
func normalTS(ts string) string {
	if micro, ok := parseTS(ts); ok && ts != "" {
		return formatTS(micro)
	}
	return ""
}

// holds reports whether a timestamp is inside the span's borders.
func (s span) holds(ts string) bool {
	border := 0
	if s.inclusive {
		border = -1
	}
	return (s.oldest == "" || compareTS(ts, s.oldest) > border) && (s.latest == "" || compareTS(s.latest, ts) > border)
}

func tsCursor(ts string) string { return encodeCursor("next_ts", strings.ReplaceAll(ts, ".", "")) }

// conversationsHistory lists what the channel shows, newest first.
func conversationsHistory(w *Workspace, c *call) (response, error) {
	ch, err := w.readableByID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	s, err := readSpan(c, defaultHistory)
	if err != nil {
		return nil, err
	}
	end := len(ch.timeline)
	for _, top := range []string{s.latest, s.cursor} { // the newest message that can be in the page
		if top == "" {
			continue
		}
		i, found := ch.find(top)
		if found {
			i++
		}
		end = min(end, i)
	}
	found, next := []*message{}, ""
	for _, m := range slices.Backward(ch.timeline[:end]) {
		if s.oldest != "" && compareTS(m.TS, s.oldest) < 0 {
			break
		}
		if !s.holds(m.TS) {
			continue
		}
		if len(found) == s.limit {
			next = m.TS
			break
		}
		found = append(found, m.shown(s.metadata))
	}
	answer := response{"messages": found, "has_more": next != "", "pin_count": 0}
	if next != "" {
		answer["response_metadata"] = nextCursor(tsCursor(next))
	}
	return answer, nil
}

func (w *Workspace) readableByID(id string) (*channel, error) {
	if w.byID[id] == nil {
		return nil, fail("channel_not_found", "no channel %q", id)
	}
	return w.readable(id)
}

// conversationsReplies lists a thread, its parent first. A reply's own timestamp gives that reply alone.
func conversationsReplies(w *Workspace, c *call) (response, error) {
	c.log.ThreadTS, c.log.TS = c.args["ts"], ""
	ch, err := w.readableByID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	s, err := readSpan(c, defaultReplies)
	if err != nil {
		return nil, err
	}
	parent := ch.byTS[c.args["ts"]]
	if parent == nil {
		return nil, fail("thread_not_found", "no message %q", c.args["ts"])
	}
	found, next := []*message{}, ""
	if s.cursor == "" {
		found = append(found, parent.shown(s.metadata)) // first, whatever oldest says
	}
	start := 0
	if s.cursor != "" {
		start, _ = slices.BinarySearchFunc(parent.replies, s.cursor, func(m *message, ts string) int { return compareTS(m.TS, ts) })
	}
	for _, m := range parent.replies[start:] {
		if !s.holds(m.TS) {
			continue
		}
		if len(found) == s.limit {
			next = m.TS
			break
		}
		found = append(found, m.shown(s.metadata))
	}
	answer := response{"messages": found, "has_more": next != ""}
	if next != "" {
		answer["response_metadata"] = nextCursor(tsCursor(next))
	}
	return answer, nil
}
