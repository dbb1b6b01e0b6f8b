package slack

import "net/http"

// A newcomer is somebody whom a test adds to the workspace: what is not set is as for a full member. They are gone after a restart.
type newcomer struct {
	Name              string   `json:"name"`
	TeamID            string   `json:"team_id"` // another workspace's: somebody in a shared channel
	Deleted           bool     `json:"deleted"`
	IsRestricted      bool     `json:"is_restricted"`
	IsUltraRestricted bool     `json:"is_ultra_restricted"`
	IsStranger        bool     `json:"is_stranger"`
	IsBot             bool     `json:"is_bot"`
	Channels          []string `json:"channels"` // that they are members of
}

// controlPerson adds somebody to the workspace, with a direct message with the app, and answers with both IDs.
func (w *Workspace) controlPerson(_ *http.Request, in newcomer) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.Name == "" || w.userNamed(in.Name) != nil {
		return nil, fail("invalid_arguments", "name must be one that nobody has")
	}
	u := person(newID("U"), in.Name, in.Name, "888888")
	if in.IsBot {
		u = botUser(u.ID, newID("B"), newID("A"), in.Name, in.Name)
	}
	if in.TeamID != "" {
		u.TeamID, u.Profile.Team = in.TeamID, in.TeamID
	}
	u.Deleted, u.IsRestricted, u.IsUltraRestricted, u.IsStranger = in.Deleted, in.IsRestricted, in.IsUltraRestricted, in.IsStranger
	w.users = append(w.users, u)
	for _, id := range in.Channels {
		c := w.byID[id]
		if c == nil {
			return nil, fail("channel_not_found", "no channel %q", id)
		}
		c.Members = append(c.Members, u.ID)
	}
	im := &channel{ID: newID("D"), User: u.ID, IsIM: true, Members: []string{u.ID, BotUserID}}
	w.addChannel(im)
	return response{"ok": true, "id": u.ID, "bot_id": u.Profile.BotID, "im": im.ID}, nil
}
