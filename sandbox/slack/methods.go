package slack

import "strings"

const (
	anyHistory = "channels:history|groups:history|im:history|mpim:history"
	anyRead    = "channels:read|groups:read|im:read|mpim:read"
	anyOpen    = "channels:manage|groups:write|im:write|mpim:write"
)

// apiMethods is the Web API: every method the stand-in answers.
func apiMethods() map[string]method {
	return map[string]method{
		"api.test":              {run: apiTest, open: true},
		"auth.test":             {run: authTest},
		"apps.connections.open": {run: connectionsOpen, app: true, write: true},
		"bots.info":             {run: botsInfo, scope: "users:read"},
		"team.info":             {run: teamInfo, scope: "team:read"},

		"chat.postMessage":   {run: chatPostMessage, scope: "chat:write", write: true},
		"chat.postEphemeral": {run: chatPostEphemeral, scope: "chat:write", write: true},
		"chat.update":        {run: chatUpdate, scope: "chat:write", write: true},
		"chat.delete":        {run: chatDelete, scope: "chat:write", write: true},
		"chat.getPermalink":  {run: chatGetPermalink},
		"chat.unfurl":        {run: chatUnfurl, scope: "links:write", write: true},
		"chat.startStream":   {run: chatStartStream, scope: "chat:write", write: true},
		"chat.appendStream":  {run: chatAppendStream, scope: "chat:write", write: true},
		"chat.stopStream":    {run: chatStopStream, scope: "chat:write", write: true},

		"conversations.list":    {run: conversationsList, scope: anyRead},
		"conversations.info":    {run: conversationsInfo, scope: anyRead},
		"conversations.members": {run: conversationsMembers, scope: anyRead},
		"conversations.history": {run: conversationsHistory, scope: anyHistory},
		"conversations.replies": {run: conversationsReplies, scope: anyHistory},
		"conversations.open":    {run: conversationsOpen, scope: anyOpen, write: true},
		"conversations.join":    {run: conversationsJoin, scope: "channels:join", write: true},

		"conversations.create":     {run: conversationsCreate, scope: anyOpen, write: true},
		"conversations.invite":     {run: conversationsInvite, scope: anyOpen + "|channels:write.invites|groups:write.invites", write: true},
		"conversations.kick":       {run: conversationsKick, scope: anyOpen, write: true},
		"conversations.leave":      {run: conversationsLeave, scope: anyOpen, write: true},
		"conversations.rename":     {run: conversationsRename, scope: anyOpen, write: true},
		"conversations.setTopic":   {run: conversationsSetTopic, scope: anyOpen + "|channels:write.topic|groups:write.topic", write: true},
		"conversations.setPurpose": {run: conversationsSetPurpose, scope: anyOpen + "|channels:write.topic|groups:write.topic", write: true},
		"conversations.archive":    {run: conversationsArchive, scope: anyOpen, write: true},
		"conversations.unarchive":  {run: conversationsUnarchive, scope: anyOpen, write: true},
		"conversations.close":      {run: conversationsClose, scope: anyOpen, write: true},

		"users.info":            {run: usersInfo, scope: "users:read"},
		"users.list":            {run: usersList, scope: "users:read"},
		"users.conversations":   {run: usersConversations, scope: anyRead},
		"users.profile.get":     {run: usersProfileGet, scope: "users.profile:read"},
		"users.lookupByEmail":   {run: usersLookupByEmail, scope: "users:read.email"},
		"usergroups.list":       {run: usergroupsList, scope: "usergroups:read"},
		"usergroups.users.list": {run: usergroupsUsersList, scope: "usergroups:read"},

		"reactions.add":    {run: reactionsAdd, scope: "reactions:write", write: true},
		"reactions.remove": {run: reactionsRemove, scope: "reactions:write", write: true},
		"reactions.get":    {run: reactionsGet, scope: "reactions:read"},

		"views.open":    {run: viewsOpen, write: true},
		"views.push":    {run: viewsPush, write: true},
		"views.update":  {run: viewsUpdate, write: true},
		"views.publish": {run: viewsPublish, write: true},

		"files.getUploadURLExternal":   {run: filesGetUploadURL, scope: "files:write"},
		"files.completeUploadExternal": {run: filesCompleteUpload, scope: "files:write", write: true},
		"files.info":                   {run: filesInfo, scope: "files:read"},

		"assistant.threads.setStatus":           {run: assistantSetStatus, scope: "chat:write|assistant:write", write: true},
		"assistant.threads.setTitle":            {run: assistantSetTitle, scope: "chat:write|assistant:write", write: true},
		"assistant.threads.setSuggestedPrompts": {run: assistantSetPrompts, scope: "chat:write|assistant:write", write: true},
	}
}

func apiTest(_ *Workspace, c *call) (response, error) {
	if code := c.args["error"]; code != "" {
		return nil, &slackError{Code: code}
	}
	delete(c.args, "token")
	return response{"args": c.args}, nil
}

func authTest(_ *Workspace, c *call) (response, error) {
	return response{
		"url": c.base + "/", "team": teamName, "user": "shipmate", "team_id": TeamID, "user_id": BotUserID, "bot_id": BotID,
		"is_enterprise_install": false,
	}, nil
}

func connectionsOpen(w *Workspace, c *call) (response, error) {
	return response{"url": c.ws() + "/link/?ticket=" + w.hub.ticket() + "&app_id=" + AppID}, nil
}

func botsInfo(w *Workspace, c *call) (response, error) {
	for _, u := range w.users {
		if u.IsBot && u.Profile.BotID == c.args["bot"] {
			return response{"bot": response{
				"id": u.Profile.BotID, "deleted": false, "name": u.Name, "updated": seedTime, "app_id": u.Profile.APIAppID, "user_id": u.ID,
				"icons": response{},
			}}, nil
		}
	}
	if c.args["bot"] == webhookBotID {
		return response{"bot": response{"id": webhookBotID, "deleted": false, "name": webhookName, "updated": seedTime, "icons": response{}}}, nil
	}
	return nil, fail("bot_not_found", "no bot %q", c.args["bot"])
}

func teamInfo(_ *Workspace, c *call) (response, error) {
	return response{"team": response{
		"id": TeamID, "name": teamName, "domain": teamDomain, "url": c.base + "/", "email_domain": "sandbox.example",
		"icon": response{"image_default": true},
	}}, nil
}

func reactionsAdd(w *Workspace, c *call) (response, error)    { return w.botReacts(c, true) }
func reactionsRemove(w *Workspace, c *call) (response, error) { return w.botReacts(c, false) }

func (w *Workspace) botReacts(c *call, add bool) (response, error) {
	if c.args["name"] == "" {
		return nil, fail("invalid_name", "the call has no emoji name")
	}
	if c.args["timestamp"] == "" {
		return nil, fail("no_item_specified", "the call names no message")
	}
	c.log.TS = c.args["timestamp"]
	ch, err := w.writable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	if _, ok := parseTS(c.args["timestamp"]); !ok {
		return nil, fail("bad_timestamp", "%q is no timestamp", c.args["timestamp"])
	}
	m := ch.byTS[c.args["timestamp"]]
	if m == nil {
		return nil, fail("message_not_found", "no message %s", c.args["timestamp"])
	}
	return nil, w.react(ch, m, BotUserID, c.args["name"], add)
}

func reactionsGet(w *Workspace, c *call) (response, error) {
	c.log.TS = c.args["timestamp"]
	ch, err := w.readable(c.args["channel"])
	if err != nil {
		return nil, err
	}
	m := ch.byTS[c.args["timestamp"]]
	if m == nil {
		return nil, fail("message_not_found", "no message %s", c.args["timestamp"])
	}
	return response{
		"type": "message", "channel": ch.ID,
		"message": struct {
			*message
			Permalink string `json:"permalink"`
		}{m.shown(false), permalink(c.base, ch, m)},
	}, nil
}

func permalink(base string, c *channel, m *message) string {
	link := base + "/archives/" + c.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.isReply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return link
}
