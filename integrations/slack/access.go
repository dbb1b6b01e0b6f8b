package slack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/slack-go/slack"

	"shipmate/bot"
)

// Roles say who has which role. An entry is the ID of a person (U… or W…), the ID of a user group (S…), or the word "members" for every
// full member of the workspace. Names are no entries: people can change them. An empty list gives the role to nobody.
type Roles struct {
	Viewer, Operator, Admin []string
	// Bots are the programs that have the role viewer: their bots' IDs (B…) or users' IDs (U…). No other program has any.
	Bots []string
}

// everyMember is the entry for all full members.
const everyMember = "members"

var (
	personID    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	programForm = regexp.MustCompile(`^[BUW][A-Z0-9]{2,}$`)
	groupID     = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
)

// check finds entries that would never match anybody.
func (r Roles) check() error {
	for _, given := range r.ordered() {
		for _, e := range given.to {
			if e != everyMember && !personID.MatchString(e) && !groupID.MatchString(e) {
				return fmt.Errorf("role %s: %q is neither a person's ID (U…), a user group's ID (S…) nor %q: copy IDs from the profile in Slack",
					given.role, clip(e, 40), everyMember)
			}
		}
	}
	for _, e := range r.Bots {
		if !programForm.MatchString(e) {
			return fmt.Errorf("bots: %q is neither a bot's ID (B…) nor its user's (U…)", clip(e, 40))
		}
	}
	return nil
}

type assignment struct {
	role bot.Role
	to   []string
}

// ordered lists the roles, the highest first.
func (r Roles) ordered() []assignment {
	return []assignment{{bot.Admin, r.Admin}, {bot.Operator, r.Operator}, {bot.Viewer, r.Viewer}}
}

// Role is a bot.Access: it returns the highest role of whoever asked. Programs that are not listed, guests, deactivated people and people of other workspaces
// have none, whatever the lists say. When Slack cannot be asked the role is bot.Nobody, with an error. Answers of Slack are believed for
// five minutes.
func (c *Client) Role(ctx context.Context, r bot.Request) (bot.Role, error) {
	if r.From.Surface != bot.Slack {
		return bot.Nobody, nil
	}
	if r.From.Bot {
		if slices.Contains(c.roles.Bots, r.From.ID) {
			return bot.Viewer, nil
		}
		return bot.Nobody, nil
	}
	if !personID.MatchString(r.From.ID) {
		return bot.Nobody, fmt.Errorf("slack role: %q is no person's ID", clip(r.From.ID, 40))
	}
	full, err := c.fullMember(ctx, r.From.ID)
	if err != nil || !full {
		return bot.Nobody, err
	}
	for _, given := range c.roles.ordered() {
		if slices.Contains(given.to, everyMember) || slices.Contains(given.to, r.From.ID) {
			return given.role, nil
		}
		for _, e := range given.to {
			if !groupID.MatchString(e) {
				continue
			}
			members, err := c.groupMembers(ctx, e)
			if err != nil {
				return bot.Nobody, err
			}
			if slices.Contains(members, r.From.ID) {
				return given.role, nil
			}
		}
	}
	return bot.Nobody, nil
}

// fullMember reports whether somebody is a person with a full account in the bot's workspace.
func (c *Client) fullMember(ctx context.Context, id string) (bool, error) {
	who, err := c.identity(ctx)
	if err != nil {
		return false, err
	}
	u, err := c.person(ctx, id)
	if err != nil {
		return false, err
	}
	switch {
	case u.Deleted, u.IsRestricted, u.IsUltraRestricted, u.IsStranger, u.IsInvitedUser:
		return false, nil
	case u.IsBot, u.IsConnectorBot, u.IsWorkflowBot, u.ID == "USLACKBOT":
		return false, nil
	}
	// In an organisation of workspaces a person belongs to several; team_id is one of them.
	return u.TeamID == who.TeamID || slices.Contains(u.Enterprise.Teams, who.TeamID), nil
}

// person returns what Slack knows of somebody.
func (c *Client) person(ctx context.Context, id string) (slack.User, error) {
	return c.people.get(id, func() (slack.User, error) {
		u, err := c.api.GetUserInfoContext(ctx, id, slack.GetUserInfoOptionIncludeLocale(false))
		if err != nil {
			return slack.User{}, c.fault("users.info", err)
		}
		if u.ID != id {
			return slack.User{}, c.fault("users.info", errors.New("the answer is about somebody else"))
		}
		return *u, nil
	})
}

// Zone returns the time zone that somebody has set in Slack, as the IANA database names it; "" when it is not known, or when Slack cannot be
// asked. id is the person's member ID.
func (c *Client) Zone(ctx context.Context, id string) string {
	if !personID.MatchString(id) {
		return ""
	}
	u, err := c.person(ctx, id)
	if err != nil {
		c.log.Warn("time zone not read", "err", err)
		return ""
	}
	return u.TZ
}

// groupMembers returns the people in a user group.
func (c *Client) groupMembers(ctx context.Context, id string) ([]string, error) {
	return c.groups.get(id, func() ([]string, error) {
		members, err := c.api.GetUserGroupMembersContext(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", id, c.fault("usergroups.users.list", err))
		}
		return members, nil
	})
}
