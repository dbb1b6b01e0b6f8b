package slack

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What people do in the workspace. Each of these takes the lock itself.

// member finds a channel and a person in it.
func (w *Workspace) member(userID, channelID string) (*channel, *user, error) {
	u, c := w.user(userID), w.byID[channelID]
	if u == nil {
		return nil, nil, fail("user_not_found", "no person %q", userID)
	}
	if c == nil {
		return nil, nil, fail("channel_not_found", "no channel %q", channelID)
	}
	if !c.has(u.ID) {
		return nil, nil, fail("not_in_channel", "%s is not in that channel", u.Name)
	}
	if c.Archived {
		return nil, nil, fail("is_archived", "that channel is archived")
	}
	return c, u, nil
}

// say posts what a person typed. Text that starts with a slash command of the app runs it instead; then ts is empty.
func (w *Workspace) say(base, userID, channelID, text, threadTS string) (ts string, err error) {
	if strings.TrimSpace(text) == "" {
		return "", fail("no_text", "there is nothing to post")
	}
	if utf8.RuneCountInString(text) > maxText {
		return "", fail("msg_too_long", "the text has more than %d characters", maxText)
	}
	for _, cmd := range commands() {
		if rest, found := strings.CutPrefix(text, cmd.Command); found && (rest == "" || unicode.IsSpace(rune(rest[0]))) {
			if threadTS != "" {
				return "", fail("command_in_thread", "%s is not supported in threads: type it in the channel, or mention the bot here", cmd.Command)
			}
			return "", w.slash(base, userID, channelID, cmd.Command, strings.TrimSpace(rest))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c, u, err := w.member(userID, channelID)
	if err != nil {
		return "", err
	}
	m := &message{Type: "message", User: u.ID, Team: TeamID, ThreadTS: threadTS}
	m.Text, m.Blocks = w.compose(text)
	if u.IsBot {
		m.BotID, m.AppID = u.Profile.BotID, u.Profile.APIAppID
		m.BotProfile = &botProfile{ID: m.BotID, AppID: m.AppID, Name: u.Name, Updated: seedTime, TeamID: TeamID}
	} else {
		m.ClientMsgID = newUUID()
	}
	if err := w.post(c, m, false); err != nil {
		return "", err
	}
	return m.TS, nil
}

// own finds a message and checks that the person may change it.
func (w *Workspace) own(userID, channelID, ts string) (*channel, *message, error) {
	c, u, err := w.member(userID, channelID)
	if err != nil {
		return nil, nil, err
	}
	m := c.byTS[ts]
	if m == nil {
		return nil, nil, fail("message_not_found", "no message %q", ts)
	}
	if m.User != u.ID {
		return nil, nil, fail("cant_update_message", "the message is not %s's own", u.Name)
	}
	return c, m, nil
}

func (w *Workspace) edit(userID, channelID, ts, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, m, err := w.own(userID, channelID, ts)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return fail("no_text", "there is nothing to post")
	}
	if utf8.RuneCountInString(text) > maxText {
		return fail("msg_too_long", "the text has more than %d characters", maxText)
	}
	newText, blocks := w.compose(text)
	w.change(c, m, func(m *message) {
		m.Text, m.Blocks = newText, blocks
		m.Edited = &edited{User: userID, TS: formatTS(time.Now().UnixMicro())}
	})
	return nil
}

func (w *Workspace) delete(userID, channelID, ts string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, m, err := w.own(userID, channelID, ts)
	if err != nil {
		return err
	}
	w.remove(c, m)
	return nil
}

func (w *Workspace) personReacts(userID, channelID, ts, name string, add bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, u, err := w.member(userID, channelID)
	if err != nil {
		return err
	}
	m := c.byTS[ts]
	if m == nil {
		return fail("message_not_found", "no message %q", ts)
	}
	return w.react(c, m, u.ID, name, add)
}

// slash runs a slash command, which was registered to have its text escaped. What the app acknowledges it with is its first answer.
func (w *Workspace) slash(base, userID, channelID, command, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, u, err := w.member(userID, channelID)
	if err != nil {
		return err
	}
	known := false
	for _, cmd := range commands() {
		known = known || cmd.Command == command
	}
	if !known {
		return fail("unknown_command", "%s is not a valid command", command)
	}
	text, _ = w.compose(text)
	url := &responseURL{channel: c, user: u.ID}
	payload, err := encodePlain(response{
		"team_id": TeamID, "team_domain": teamDomain, "channel_id": c.ID, "channel_name": c.shortName(), "user_id": u.ID,
		"user_name": u.Name, "command": command, "text": text, "api_app_id": AppID, "is_enterprise_install": "false",
		"response_url": w.newResponseURL(base, url), "trigger_id": w.newTrigger(u.ID, ""),
	})
	if err != nil {
		return err
	}
	w.hub.deliver(&delivery{kind: kindSlash, payload: payload, born: time.Now(), done: func(ack json.RawMessage, acked bool) {
		go w.slashDone(url, command, ack, acked)
	}})
	return nil
}

// slashDone shows the answer in a slash command's acknowledgement, or that none came.
func (w *Workspace) slashDone(u *responseURL, command string, ack json.RawMessage, acked bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !acked {
		w.postEphemeral(u.channel, u.user, &message{
			Type: "message", User: "USLACKBOT", Text: command + " failed because the app did not respond.",
		})
		return
	}
	if len(ack) == 0 || string(ack) == "null" {
		return
	}
	a := args{}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(ack, &object); err != nil {
		a.set("text", ack) // a bare string is an answer too
	}
	for key, value := range object {
		a.set(key, value)
	}
	if len(a) == 0 {
		return
	}
	if err := w.respond(u, a); err != nil {
		w.log.Warn("slack sandbox: answer in the acknowledgement of a slash command", "error", err)
	}
}
