package slack

import (
	"encoding/base64"
	"slices"
	"strings"
)

const (
	defaultHistory = 100
	maxHistory     = 999
	defaultReplies = 1000
	defaultList    = 100
	maxList        = 1000
)

// A page of a list is asked for with a cursor that names where it starts.
func encodeCursor(kind, position string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + ":" + position))
}

func decodeCursor(kind, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if position, ok := strings.CutPrefix(string(raw), kind+":"); err == nil && ok && position != "" {
		return position, nil
	}
	return "", fail("invalid_cursor", "the cursor is not one of this list")
}

// page cuts one page out of a list whose items have ids, and returns the cursor of the next page.
func page[T any](list []T, id func(T) string, c *call) ([]T, string, error) {
	limit, err := c.number("limit", defaultList, maxList)
	if err != nil {
		return nil, "", err
	}
	from, err := decodeCursor("id", c.args["cursor"])
	if err != nil {
		return nil, "", err
	}
	if from != "" {
		i := slices.IndexFunc(list, func(t T) bool { return id(t) == from })
		if i < 0 {
			return nil, "", fail("invalid_cursor", "the cursor is not one of this list")
		}
		list = list[i:]
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], encodeCursor("id", id(list[limit])), nil
}

func nextCursor(cursor string) response { return response{"next_cursor": cursor} }

func conversationsList(w *Workspace, c *call) (response, error) {
	return w.listConversations(c, func(ch *channel) bool { return ch.kind() == "channel" || ch.has(BotUserID) })
}

func usersConversations(w *Workspace, c *call) (response, error) {
	who := c.args["user"]
	if who == "" {
		who = BotUserID
	}
	if w.user(who) == nil {
		return nil, fail("user_not_found", "no person %q", who)
	}
	return w.listConversations(c, func(ch *channel) bool {
		return ch.has(who) && (ch.kind() == "channel" || ch.has(BotUserID))
	})
}

func (w *Workspace) listConversations(c *call, visible func(*channel) bool) (response, error) {
	types := c.args["types"]
	if types == "" {
		types = "public_channel"
	}
	wanted := strings.Split(strings.ReplaceAll(types, " ", ""), ",")
	for _, t := range wanted {
		if !slices.Contains([]string{"public_channel", "private_channel", "im", "mpim"}, t) {
			return nil, fail("invalid_types", "%q is no kind of conversation", t)
		}
	}
	var found []*channel
	for _, ch := range w.channels {
		if visible(ch) && slices.Contains(wanted, ch.listType()) && !(ch.Archived && c.flag("exclude_archived")) {
			found = append(found, ch)
		}
	}
	found, next, err := page(found, func(ch *channel) string { return ch.ID }, c)
	if err != nil {
		return nil, err
	}
	infos := make([]response, 0, len(found))
	for _, ch := range found {
		infos = append(infos, ch.info())
	}
	return response{"channels": infos, "response_metadata": nextCursor(next)}, nil
}

func conversationsInfo(w *Workspace, c *call) (response, error) {
	ch, err := w.byChannelID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	info := ch.info()
	if !c.flag("include_num_members") {
		delete(info, "num_members")
	}
	return response{"channel": info}, nil
}

// byChannelID finds a channel the app can see by its id only: unlike chat.postMessage, conversations.* take no names.
func (w *Workspace) byChannelID(id string) (*channel, error) {
	if w.byID[id] == nil {
		return nil, fail("channel_not_found", "no channel %q", id)
	}
	return w.conversation(id)
}

func conversationsMembers(w *Workspace, c *call) (response, error) {
	ch, err := w.byChannelID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	members, next, err := page(ch.Members, func(id string) string { return id }, c)
	if err != nil {
		return nil, err
	}
	return response{"members": members, "response_metadata": nextCursor(next)}, nil
}

func conversationsJoin(w *Workspace, c *call) (response, error) {
	ch, err := w.byChannelID(c.args["channel"])
	if err != nil {
		return nil, err
	}
	switch {
	case ch.kind() != "channel":
		return nil, fail("method_not_supported_for_channel_type", "only public channels can be joined")
	case ch.Archived:
		return nil, fail("is_archived", "the channel is archived")
	}
	answer := response{}
	if !w.join(ch, BotUserID, "") {
		answer["warning"] = "already_in_channel"
		answer["response_metadata"] = response{"warnings": []string{"already_in_channel"}}
	}
	answer["channel"] = ch.info()
	return answer, nil
}

// conversationsOpen finds or makes the direct message with one person, or the group message with several.
func conversationsOpen(w *Workspace, c *call) (response, error) {
	if id := c.args["channel"]; id != "" {
		ch, err := w.byChannelID(id)
		if err != nil {
			return nil, err
		}
		return w.opened(ch, c, false), nil
	}
	var people []string
	for id := range strings.SplitSeq(c.args["users"], ",") {
		id = strings.TrimSpace(id)
		switch {
		case id == "" || id == BotUserID || slices.Contains(people, id):
		case w.user(id) == nil:
			return nil, fail("user_not_found", "no person %q", id)
		case w.user(id).IsBot:
			return nil, fail("cannot_dm_bot", "%s is a bot", id)
		default:
			people = append(people, id)
		}
	}
	if len(people) == 0 {
		return nil, fail("users_list_not_supplied", "the call names nobody")
	}
	if len(people) > 8 {
		return nil, fail("too_many_users", "a group message has at most eight other people")
	}
	slices.Sort(people)
	members := append(slices.Clone(people), BotUserID)
	for _, ch := range w.channels {
		if (ch.IsIM || ch.IsMpIM) && slices.Equal(ch.Members, members) {
			return w.opened(ch, c, true), nil
		}
	}
	ch := &channel{ID: newID("C"), Name: "mpdm-" + strings.ToLower(strings.Join(people, "--")) + "-1", IsMpIM: true, Members: members, Creator: BotUserID}
	if len(people) == 1 {
		ch = &channel{ID: newID("D"), User: people[0], IsIM: true, Members: members}
	}
	w.addChannel(ch)
	w.save(record{Op: opChannel, Conversation: ch})
	return w.opened(ch, c, false), nil
}

func (w *Workspace) opened(ch *channel, c *call, already bool) response {
	answer := response{"channel": response{"id": ch.ID}}
	if c.flag("return_im") {
		answer["channel"] = ch.info()
	}
	if already {
		answer["no_op"], answer["already_open"] = true, true
	}
	return answer
}
