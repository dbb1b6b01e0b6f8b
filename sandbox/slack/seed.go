package slack

import "slices"

// IDs of the seeded people, bots and channels.
const (
	benID      = "U0BEN"
	chloeID    = "U0CHLOE"
	gusID      = "U0GUS"
	deployerID = "U0DEPLOYER"

	deployerBotID = "B0DEPLOYER"
	webhookBotID  = "B0WEBHOOK"

	webhookName = "alerts"

	teamName   = "Sandbox"
	teamDomain = "sandbox"

	// seedTime is when everything seeded was made, in Unix seconds.
	seedTime = 1735689600
)

// A user is a member of the workspace, in the shape of users.info.
type user struct {
	ID                string  `json:"id"`
	TeamID            string  `json:"team_id"`
	Name              string  `json:"name"`
	Deleted           bool    `json:"deleted"`
	Color             string  `json:"color"`
	RealName          string  `json:"real_name"`
	TZ                string  `json:"tz"`
	TZLabel           string  `json:"tz_label"`
	TZOffset          int     `json:"tz_offset"`
	Profile           profile `json:"profile"`
	IsAdmin           bool    `json:"is_admin"`
	IsOwner           bool    `json:"is_owner"`
	IsPrimaryOwner    bool    `json:"is_primary_owner"`
	IsRestricted      bool    `json:"is_restricted"`
	IsUltraRestricted bool    `json:"is_ultra_restricted"`
	IsStranger        bool    `json:"is_stranger,omitempty"`
	IsBot             bool    `json:"is_bot"`
	IsAppUser         bool    `json:"is_app_user"`
	Updated           int64   `json:"updated"`
}

// A profile is the part of a user that users.profile.get returns.
type profile struct {
	RealName              string `json:"real_name"`
	RealNameNormalized    string `json:"real_name_normalized"`
	DisplayName           string `json:"display_name"`
	DisplayNameNormalized string `json:"display_name_normalized"`
	Title                 string `json:"title"`
	Email                 string `json:"email,omitempty"`
	StatusText            string `json:"status_text"`
	StatusEmoji           string `json:"status_emoji"`
	BotID                 string `json:"bot_id,omitempty"`
	APIAppID              string `json:"api_app_id,omitempty"`
	Team                  string `json:"team"`
}

// A userGroup is a group of people with a handle, in the shape of usergroups.list.
type userGroup struct {
	ID          string   `json:"id"`
	TeamID      string   `json:"team_id"`
	IsUsergroup bool     `json:"is_usergroup"`
	Name        string   `json:"name"`
	Handle      string   `json:"handle"`
	Description string   `json:"description"`
	DateCreate  int64    `json:"date_create"`
	DateUpdate  int64    `json:"date_update"`
	UserCount   int      `json:"user_count"`
	Users       []string `json:"users,omitempty"`
}

// A slashCommand is one the app registered.
type slashCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	UsageHint   string `json:"usage_hint"`
}

func commands() []slashCommand {
	return []slashCommand{{"/shipmate", "Ask Shipmate", "help | summarize #123"}}
}

// seed makes the people and channels every workspace starts with.
func (w *Workspace) seed() {
	w.users = []*user{
		person(AdaID, "ada", "Ada Moreau", "9f69e7"),
		person(benID, "ben", "Ben Okafor", "4bbe2e"),
		person(chloeID, "chloe", "Chloe Lindqvist", "e7392d"),
		person(gusID, "gus", "Gus Ferreira", "d58247"),
		botUser(deployerID, deployerBotID, "A0DEPLOYER", "deployer", "Deployer"),
		botUser(BotUserID, BotID, AppID, "shipmate", "Shipmate"),
	}
	w.user(AdaID).IsAdmin = true
	w.user(gusID).IsRestricted = true
	w.groups = []userGroup{
		group("S0ONCALL", "On-call engineers", "oncall", AdaID, benID),
		group("S0RELEASERS", "Release managers", "releasers", AdaID, chloeID),
	}
	people := []string{AdaID, benID, chloeID}
	everyone := slices.Concat(people, []string{gusID, deployerID, BotUserID})
	for _, c := range []*channel{
		{ID: "C0ENG", Name: "eng", Topic: "Code, reviews and releases", Members: slices.Clone(everyone)},
		{ID: "C0INCIDENTS", Name: "incidents", Topic: "What is broken right now", Members: slices.Clone(everyone)},
		{ID: "C0FINOPS", Name: "finops", Topic: "What the cloud costs", Members: slices.Concat(people, []string{deployerID, BotUserID})},
	} {
		c.Creator = AdaID
		w.addChannel(c)
	}
	for _, id := range append(people, gusID) {
		w.addChannel(&channel{ID: "D" + id[1:], User: id, IsIM: true, Members: []string{id, BotUserID}})
	}
}

func person(id, name, real, color string) *user {
	u := newUser(id, name, real, color)
	u.Profile.Email = name + "@sandbox.example"
	return u
}

func botUser(id, botID, appID, name, real string) *user {
	u := newUser(id, name, real, "757575")
	u.IsBot = true
	u.Profile.BotID, u.Profile.APIAppID = botID, appID
	return u
}

func newUser(id, name, real, color string) *user {
	return &user{
		ID: id, TeamID: TeamID, Name: name, RealName: real, Color: color, Updated: seedTime,
		TZ: "Europe/Paris", TZLabel: "Central European Time", TZOffset: 3600,
		Profile: profile{
			RealName: real, RealNameNormalized: real, DisplayName: name, DisplayNameNormalized: name, Team: TeamID,
		},
	}
}

func group(id, name, handle string, users ...string) userGroup {
	return userGroup{
		ID: id, TeamID: TeamID, IsUsergroup: true, Name: name, Handle: handle,
		DateCreate: seedTime, DateUpdate: seedTime, UserCount: len(users), Users: users,
	}
}

// user returns the user with this id, or nil.
func (w *Workspace) user(id string) *user {
	for _, u := range w.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

// userNamed returns the user with this handle, without the @, or nil.
func (w *Workspace) userNamed(name string) *user {
	for _, u := range w.users {
		if u.Name == name {
			return u
		}
	}
	return nil
}
