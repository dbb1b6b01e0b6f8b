package slack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A channel is a conversation of any kind and the messages in it.
type channel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	User     string   `json:"user,omitempty"` // the person of a direct message with the bot
	IsIM     bool     `json:"is_im,omitempty"`
	IsMpIM   bool     `json:"is_mpim,omitempty"`
	Private  bool     `json:"is_private,omitempty"`
	Archived bool     `json:"is_archived,omitempty"`
	Topic    string   `json:"topic,omitempty"`
	Purpose  string   `json:"purpose,omitempty"`
	Creator  string   `json:"creator,omitempty"`
	Members  []string `json:"members"`

	lastTS   int64 // the newest timestamp given out, in microseconds
	byTS     map[string]*message
	timeline []*message // what the channel itself shows, oldest first: parents, plain messages and broadcast replies
}

func (w *Workspace) addChannel(c *channel) {
	c.byTS = map[string]*message{}
	w.channels = append(w.channels, c)
	w.byID[c.ID] = c
}

// kind is the channel_type of events.
func (c *channel) kind() string {
	switch {
	case c.IsIM:
		return "im"
	case c.IsMpIM:
		return "mpim"
	case c.Private:
		return "group"
	}
	return "channel"
}

// listType is how the channel's kind is spelled in the types argument of conversations.list.
func (c *channel) listType() string {
	switch c.kind() {
	case "channel":
		return "public_channel"
	case "group":
		return "private_channel"
	}
	return c.kind()
}

func (c *channel) has(userID string) bool { return slices.Contains(c.Members, userID) }

// nextTS returns a timestamp of seconds and microseconds that no message in the channel has had.
func (c *channel) nextTS(now time.Time) string {
	c.lastTS = max(now.UnixMicro(), c.lastTS+1)
	return formatTS(c.lastTS)
}

// formatTS writes microseconds since 1970 as Slack does: seconds, a dot, six digits.
func formatTS(micro int64) string {
	return fmt.Sprintf("%d.%06d", micro/1_000_000, micro%1_000_000)
}

// parseTS reads a timestamp into microseconds. Missing digits after the dot count as zeros.
func parseTS(ts string) (int64, bool) {
	sec, frac, _ := strings.Cut(ts, ".")
	if len(frac) > 6 {
		frac = frac[:6]
	}
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || s < 0 || s > 1<<40 {
		return 0, false
	}
	f, err := strconv.ParseUint(frac+strings.Repeat("0", 6-len(frac)), 10, 32)
	if err != nil {
		return 0, false
	}
	return s*1_000_000 + int64(f), true
}

// conversation finds a channel the bot may know of, by id, by #name, or by the id of a person (their direct message).
func (w *Workspace) conversation(ref string) (*channel, error) {
	c := w.byID[ref]
	if c == nil {
		name := strings.TrimPrefix(ref, "#")
		for _, other := range w.channels {
			if ref != "" && (other.Name == name || other.IsIM && other.User == ref) {
				c = other
				break
			}
		}
	}
	if c == nil || (c.kind() != "channel" && !c.has(BotUserID)) {
		return nil, fail("channel_not_found", "no channel %q that the app can see", ref)
	}
	return c, nil
}

// writable is a channel the bot may post in.
func (w *Workspace) writable(ref string) (*channel, error) {
	c, err := w.conversation(ref)
	if err != nil {
		return nil, err
	}
	if c.Archived {
		return nil, fail("is_archived", "the channel is archived")
	}
	if !c.has(BotUserID) {
		return nil, fail("not_in_channel", "the app is not a member of the channel")
	}
	return c, nil
}

// readable is a channel whose messages the bot may read.
func (w *Workspace) readable(ref string) (*channel, error) {
	c, err := w.conversation(ref)
	if err != nil {
		return nil, err
	}
	if !c.has(BotUserID) {
		return nil, fail("not_in_channel", "the app is not a member of the channel")
	}
	return c, nil
}

// info is the channel in the shape of conversations.info.
func (c *channel) info() response {
	r := response{
		"id": c.ID, "created": seedTime, "updated": int64(seedTime) * 1000, "is_archived": c.Archived, "is_im": c.IsIM, "is_mpim": c.IsMpIM,
		"is_org_shared": false, "is_shared": false, "is_ext_shared": false, "context_team_id": TeamID,
	}
	if c.IsIM {
		r["user"], r["is_open"], r["is_user_deleted"], r["priority"] = c.User, true, false, 0
		return r
	}
	r["name"], r["name_normalized"], r["previous_names"] = c.Name, c.Name, []string{}
	r["is_channel"], r["is_group"] = c.kind() == "channel", c.kind() == "group"
	r["is_private"], r["is_general"], r["unlinked"] = c.Private || c.IsMpIM, false, 0
	r["creator"], r["is_member"], r["num_members"] = c.Creator, c.has(BotUserID), len(c.Members)
	r["topic"] = response{"value": c.Topic, "creator": c.Creator, "last_set": seedTime}
	r["purpose"] = response{"value": c.Purpose, "creator": c.Creator, "last_set": seedTime}
	r["shared_team_ids"], r["pending_shared"] = []string{TeamID}, []string{}
	return r
}
