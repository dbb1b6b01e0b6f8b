package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// A message is what Slack stores and returns for one. Everything exported goes over the wire and to disk.
type message struct {
	Type            string          `json:"type"`
	Subtype         string          `json:"subtype,omitempty"`
	Hidden          bool            `json:"hidden,omitempty"`
	User            string          `json:"user,omitempty"`
	BotID           string          `json:"bot_id,omitempty"`
	AppID           string          `json:"app_id,omitempty"`
	Username        string          `json:"username,omitempty"`
	BotProfile      *botProfile     `json:"bot_profile,omitempty"`
	ClientMsgID     string          `json:"client_msg_id,omitempty"`
	Team            string          `json:"team,omitempty"`
	Text            string          `json:"text"`
	TS              string          `json:"ts"`
	ThreadTS        string          `json:"thread_ts,omitempty"`
	ParentUserID    string          `json:"parent_user_id,omitempty"`
	Blocks          json.RawMessage `json:"blocks,omitempty"`
	Attachments     json.RawMessage `json:"attachments,omitempty"`
	Metadata        json.RawMessage `json:"metadata,omitempty"`
	Files           []*file         `json:"files,omitempty"`
	Upload          bool            `json:"upload,omitempty"`
	Reactions       []reaction      `json:"reactions,omitempty"`
	Edited          *edited         `json:"edited,omitempty"`
	ReplyCount      int             `json:"reply_count,omitempty"`
	ReplyUsersCount int             `json:"reply_users_count,omitempty"`
	ReplyUsers      []string        `json:"reply_users,omitempty"`
	LatestReply     string          `json:"latest_reply,omitempty"`
	Root            *message        `json:"root,omitempty"`
	StreamingState  string          `json:"streaming_state,omitempty"` // in_progress or completed, of a message that was streamed

	replies  []*message                        // of a parent, oldest first
	repliers []string                          // who wrote them, in order of their first reply
	chosen   map[string]map[string]interaction // what people chose in this message's inputs, by block and action id
}

type botProfile struct {
	ID      string `json:"id"`
	AppID   string `json:"app_id"`
	Name    string `json:"name"`
	Deleted bool   `json:"deleted"`
	Updated int64  `json:"updated"`
	TeamID  string `json:"team_id"`
}

type reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

type edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// shown returns m as others see it: without its metadata, unless asked for.
func (m *message) shown(metadata bool) *message {
	if metadata || m.Metadata == nil {
		return m
	}
	c := *m
	c.Metadata = nil
	return &c
}

// isReply reports whether m is inside a thread rather than starting one.
func (m *message) isReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// author is the id a reply is counted under.
func (m *message) author() string {
	if m.User != "" {
		return m.User
	}
	return m.BotID
}

// index puts a message where readers look for it. Messages come in the order of their timestamps.
func (c *channel) index(m *message) {
	c.byTS[m.TS] = m
	if micro, ok := parseTS(m.TS); ok {
		c.lastTS = max(c.lastTS, micro)
	}
	if m.isReply() {
		if parent := c.byTS[m.ThreadTS]; parent != nil {
			parent.addReply(m)
		}
	}
	if !m.isReply() || m.Subtype == "thread_broadcast" {
		c.timeline = append(c.timeline, m)
	}
}

// unindex forgets a message.
func (c *channel) unindex(m *message) {
	delete(c.byTS, m.TS)
	if parent := c.byTS[m.ThreadTS]; m.isReply() && parent != nil {
		parent.dropReply(m)
	}
	if i, found := c.find(m.TS); found {
		c.timeline = slices.Delete(c.timeline, i, i+1)
	}
}

// find returns where in the timeline a timestamp is or would be.
func (c *channel) find(ts string) (int, bool) {
	return slices.BinarySearchFunc(c.timeline, ts, func(m *message, ts string) int { return compareTS(m.TS, ts) })
}

// compareTS orders timestamps by time; they have the same number of digits until the year 2286.
func compareTS(a, b string) int { return strings.Compare(a, b) }

// addReply counts one more reply under its parent.
func (m *message) addReply(r *message) {
	m.replies = append(m.replies, r)
	m.ReplyCount, m.LatestReply, m.ThreadTS = len(m.replies), r.TS, m.TS
	if a := r.author(); !slices.Contains(m.repliers, a) {
		m.repliers = append(m.repliers, a)
	}
	m.ReplyUsersCount = len(m.repliers)
	m.ReplyUsers = m.repliers[:min(len(m.repliers), 5)] // Slack names at most five
}

// dropReply takes a reply out and counts the rest again.
func (m *message) dropReply(r *message) {
	rest := slices.DeleteFunc(m.replies, func(o *message) bool { return o == r })
	m.replies, m.repliers, m.ReplyUsers = nil, nil, nil
	m.ReplyCount, m.ReplyUsersCount, m.LatestReply, m.ThreadTS = 0, 0, "", ""
	for _, o := range rest {
		m.addReply(o)
	}
}

// post stores a new message in c, tells the page and the app about it, and returns its timestamp. A thread_ts that names a
// reply means that reply's thread. The caller holds the lock and has filled in author, text and blocks.
func (w *Workspace) post(c *channel, m *message, broadcast bool) error {
	m.Type = "message"
	var parent *message
	if m.ThreadTS != "" {
		parent = c.byTS[m.ThreadTS]
		if parent != nil && parent.isReply() {
			parent = c.byTS[parent.ThreadTS]
		}
		if parent == nil {
			return fail("thread_not_found", "no message %s in the channel", m.ThreadTS)
		}
		m.ThreadTS, m.ParentUserID = parent.TS, parent.User
		if broadcast {
			m.Subtype, m.Root = "thread_broadcast", nil
		}
	}
	m.TS = c.nextTS(time.Now())
	c.index(m)
	w.save(record{Op: opMessage, Channel: c.ID, Message: m})
	w.publish(streamEvent{Type: "message", Channel: c.ID, Message: m})
	if parent != nil {
		w.publish(streamEvent{Type: "message_changed", Channel: c.ID, Message: parent})
	}
	w.clearStatus(c, m)
	w.tellPosted(c, m, parent)
	return nil
}

// change applies f to a stored message and announces it as an edit. The caller holds the lock.
func (w *Workspace) change(c *channel, m *message, f func(*message)) {
	before := *m
	f(m)
	w.save(record{Op: opMessage, Channel: c.ID, Message: m})
	w.publish(streamEvent{Type: "message_changed", Channel: c.ID, Message: m})
	w.tellChanged(c, m, &before)
}

// remove deletes a message. A parent with replies leaves a tombstone, as in Slack. The caller holds the lock.
func (w *Workspace) remove(c *channel, m *message) {
	before := *m
	if len(m.replies) > 0 {
		*m = message{
			Type: "message", Subtype: "tombstone", Hidden: true, User: "USLACKBOT", Text: "This message was deleted.", TS: m.TS,
			ThreadTS: m.TS, ReplyCount: m.ReplyCount, ReplyUsersCount: m.ReplyUsersCount, ReplyUsers: m.ReplyUsers,
			LatestReply: m.LatestReply, replies: m.replies, repliers: m.repliers,
		}
		w.save(record{Op: opMessage, Channel: c.ID, Message: m})
		w.publish(streamEvent{Type: "message_changed", Channel: c.ID, Message: m})
		w.tellChanged(c, m, &before)
		return
	}
	c.unindex(m)
	w.save(record{Op: opDelete, Channel: c.ID, TS: m.TS})
	w.publish(streamEvent{Type: "message_deleted", Channel: c.ID, Message: &before})
	if parent := c.byTS[before.ThreadTS]; before.isReply() && parent != nil {
		w.publish(streamEvent{Type: "message_changed", Channel: c.ID, Message: parent})
	}
	w.tellDeleted(c, &before)
}

// react adds or removes one person's reaction. The caller holds the lock.
func (w *Workspace) react(c *channel, m *message, userID, name string, add bool) error {
	if !validEmoji(name) {
		return fail("invalid_name", "%q is no emoji name", name)
	}
	i := slices.IndexFunc(m.Reactions, func(r reaction) bool { return r.Name == name })
	has := i >= 0 && slices.Contains(m.Reactions[i].Users, userID)
	if add && has {
		return fail("already_reacted", "this person already reacted with %s", name)
	}
	if !add && !has {
		return fail("no_reaction", "this person did not react with %s", name)
	}
	rs := slices.Clone(m.Reactions)
	switch {
	case add && i < 0:
		rs = append(rs, reaction{Name: name, Users: []string{userID}})
		i = len(rs) - 1
	case add:
		rs[i].Users = append(slices.Clone(rs[i].Users), userID)
	default:
		rs[i].Users = slices.DeleteFunc(slices.Clone(rs[i].Users), func(u string) bool { return u == userID })
	}
	rs[i].Count = len(rs[i].Users)
	m.Reactions = slices.DeleteFunc(rs, func(r reaction) bool { return r.Count == 0 })
	w.save(record{Op: opMessage, Channel: c.ID, Message: m})
	w.publish(streamEvent{Type: "reaction", Channel: c.ID, Message: m, User: userID, Name: name, Removed: !add})
	w.tellReaction(c, m, userID, name, add)
	return nil
}

// validEmoji reports whether name could be an emoji: Slack's spelling without colons, with an optional skin tone.
func validEmoji(name string) bool {
	base, tone, toned := strings.Cut(name, "::")
	if toned && (len(tone) != len("skin-tone-2") || !strings.HasPrefix(tone, "skin-tone-") || tone[10] < '2' || tone[10] > '6') {
		return false
	}
	return base != "" && len(base) <= 100 && strings.Trim(base, "abcdefghijklmnopqrstuvwxyz0123456789_+-'") == ""
}
