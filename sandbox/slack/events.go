package slack

import (
	"crypto/rand"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// newID returns an id as Slack writes them: a prefix and upper-case letters and digits.
func newID(prefix string) string { return prefix + rand.Text()[:10] }

// newUUID returns a random version 4 UUID (RFC 9562), the form of envelope_id and client_msg_id.
func newUUID() string {
	const hex = "0123456789abcdef"
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	out := make([]byte, 0, 36)
	for i, x := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[x>>4], hex[x&15])
	}
	return string(out)
}

// An eventPayload is the outer event of the Events API.
type eventPayload struct {
	TeamID             string          `json:"team_id"`
	APIAppID           string          `json:"api_app_id"`
	Event              json.RawMessage `json:"event"`
	Type               string          `json:"type"`
	EventID            string          `json:"event_id"`
	EventTime          int64           `json:"event_time"`
	Authorizations     []authorization `json:"authorizations"`
	IsExtSharedChannel bool            `json:"is_ext_shared_channel"`
	EventContext       string          `json:"event_context"`
}

type authorization struct {
	EnterpriseID        *string `json:"enterprise_id"`
	TeamID              string  `json:"team_id"`
	UserID              string  `json:"user_id"`
	IsBot               bool    `json:"is_bot"`
	IsEnterpriseInstall bool    `json:"is_enterprise_install"`
}

// A messageEvent is a stored message as an event tells of it.
type messageEvent struct {
	*message
	Type        string `json:"type"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type,omitempty"`
	EventTS     string `json:"event_ts"`
}

// An editEvent is a message event of subtype message_changed or message_deleted.
type editEvent struct {
	Type        string   `json:"type"`
	Subtype     string   `json:"subtype"`
	Hidden      bool     `json:"hidden"`
	Message     *message `json:"message,omitempty"`
	Previous    *message `json:"previous_message,omitempty"`
	DeletedTS   string   `json:"deleted_ts,omitempty"`
	Channel     string   `json:"channel"`
	TS          string   `json:"ts"`
	EventTS     string   `json:"event_ts"`
	ChannelType string   `json:"channel_type"`
}

// emit hands one event to the app. The caller holds the lock, so events leave in the order things happened.
func (w *Workspace) emit(event any) {
	inner, err := json.Marshal(event)
	if err != nil {
		w.log.Error("slack sandbox: encode event", "error", err)
		return
	}
	w.emitRaw(inner)
}

func (w *Workspace) emitRaw(inner json.RawMessage) (eventID string) {
	id := newID("Ev")
	payload, err := json.Marshal(eventPayload{
		TeamID: TeamID, APIAppID: AppID, Event: inner, Type: "event_callback", EventID: id, EventTime: time.Now().Unix(),
		Authorizations: []authorization{{TeamID: TeamID, UserID: BotUserID, IsBot: true}},
		EventContext:   "4-" + id,
	})
	if err != nil { // inner is no JSON
		w.log.Error("slack sandbox: encode event", "error", err)
		return ""
	}
	w.hub.deliver(&delivery{kind: kindEvents, eventID: id, payload: payload, born: time.Now()})
	return id
}

// tellPosted sends the events of a new message: message, and app_mention beside it when it mentions the app in a channel.
func (w *Workspace) tellPosted(c *channel, m, parent *message) {
	if !c.has(BotUserID) {
		return
	}
	public := m.shown(false)
	if m.Subtype == "thread_broadcast" && parent != nil {
		withRoot := *public
		withRoot.Root = parent.shown(false)
		public = &withRoot
	}
	if !c.IsIM && m.User != BotUserID && mentions(m.Text, BotUserID) {
		mention := *public
		mention.Subtype = ""
		w.emit(messageEvent{message: &mention, Type: "app_mention", Channel: c.ID, EventTS: m.TS})
	}
	w.emit(messageEvent{message: public, Type: "message", Channel: c.ID, ChannelType: c.kind(), EventTS: m.TS})
	w.tellLinks(c, m)
	for _, f := range m.Files {
		w.emit(response{
			"type": "file_shared", "file_id": f.ID, "user_id": m.User, "file": response{"id": f.ID},
			"channel_id": c.ID, "event_ts": m.TS,
		})
	}
}

// linkForm is a link in a message's text; what stands behind | is its label.
var linkForm = regexp.MustCompile(`<(https?://[^|>\s]+)(?:\|[^>]*)?>`)

// tellLinks tells the app of links to the hosts that it has registered, as Slack does for links of people, once for each message.
func (w *Workspace) tellLinks(c *channel, m *message) {
	if m.User == BotUserID || m.BotID != "" {
		return
	}
	var links []response
	for _, found := range linkForm.FindAllStringSubmatch(m.Text, -1) {
		link := strings.ReplaceAll(found[1], "&amp;", "&")
		if u, err := url.Parse(link); err == nil && slices.Contains(w.opts.LinkHosts, u.Host) {
			links = append(links, response{"domain": u.Host, "url": link})
		}
	}
	if len(links) == 0 {
		return
	}
	event := response{
		"type": "link_shared", "user": m.User, "channel": c.ID, "message_ts": m.TS, "links": links, "is_bot_user_member": true,
		"source": "conversations_history", "unfurl_id": c.ID + "." + m.TS, "event_ts": m.TS,
	}
	if m.ThreadTS != "" {
		event["thread_ts"] = m.ThreadTS
	}
	w.emit(event)
}

// mentions reports whether text holds a mention of the user, with or without a label.
func mentions(text, userID string) bool {
	return strings.Contains(text, "<@"+userID+">") || strings.Contains(text, "<@"+userID+"|")
}

// tellChanged sends the events of a change: message_changed, and app_mention beside it, again, when a person's edit leaves a
// mention of the app in the message. The mention carries edited and the message's own ts.
func (w *Workspace) tellChanged(c *channel, m, before *message) {
	if !c.has(BotUserID) {
		return
	}
	if m.Edited != before.Edited && !c.IsIM && m.User != BotUserID && mentions(m.Text, BotUserID) {
		mention := *m.shown(false)
		mention.Subtype = ""
		w.emit(messageEvent{message: &mention, Type: "app_mention", Channel: c.ID, EventTS: m.Edited.TS})
	}
	ts := formatTS(time.Now().UnixMicro())
	w.emit(editEvent{
		Type: "message", Subtype: "message_changed", Hidden: true, Message: m.shown(false), Previous: before.shown(false),
		Channel: c.ID, TS: ts, EventTS: ts, ChannelType: c.kind(),
	})
}

func (w *Workspace) tellDeleted(c *channel, m *message) {
	if !c.has(BotUserID) {
		return
	}
	ts := formatTS(time.Now().UnixMicro())
	w.emit(editEvent{
		Type: "message", Subtype: "message_deleted", Hidden: true, Previous: m.shown(false), DeletedTS: m.TS,
		Channel: c.ID, TS: ts, EventTS: ts, ChannelType: c.kind(),
	})
}

func (w *Workspace) tellReaction(c *channel, m *message, userID, name string, add bool) {
	if !c.has(BotUserID) {
		return
	}
	kind := "reaction_removed"
	if add {
		kind = "reaction_added"
	}
	w.emit(response{
		"type": kind, "user": userID, "reaction": name, "item_user": m.User, "event_ts": formatTS(time.Now().UnixMicro()),
		"item": response{"type": "message", "channel": c.ID, "ts": m.TS},
	})
}

// join adds a member and says so; it reports whether that changed anything.
func (w *Workspace) join(c *channel, userID, inviter string) bool {
	if c.has(userID) {
		return false
	}
	c.Members = append(slices.Clone(c.Members), userID)
	w.save(record{Op: opChannel, Conversation: c})
	if c.has(BotUserID) {
		short := map[string]string{"channel": "C", "group": "G"}[c.kind()]
		w.emit(response{
			"type": "member_joined_channel", "user": userID, "channel": c.ID, "channel_type": short, "team": TeamID,
			"inviter": inviter, "event_ts": formatTS(time.Now().UnixMicro()),
		})
	}
	return true
}
