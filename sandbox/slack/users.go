package slack

import (
	"slices"
	"strings"
)

func usersInfo(w *Workspace, c *call) (response, error) {
	u := w.user(c.args["user"])
	if u == nil {
		return nil, fail("user_not_found", "no person %q", c.args["user"])
	}
	return response{"user": w.visible(u)}, nil
}

// visible hides a person's e-mail address from a token without the scope for it.
func (w *Workspace) visible(u *user) *user {
	if slices.Contains(w.opts.Scopes, "users:read.email") {
		return u
	}
	c := *u
	c.Profile.Email = ""
	return &c
}

func usersList(w *Workspace, c *call) (response, error) {
	list, next, err := page(w.users, func(u *user) string { return u.ID }, c)
	if err != nil {
		return nil, err
	}
	members := make([]*user, 0, len(list))
	for _, u := range list {
		members = append(members, w.visible(u))
	}
	return response{"members": members, "cache_ts": seedTime, "response_metadata": nextCursor(next)}, nil
}

func usersProfileGet(w *Workspace, c *call) (response, error) {
	id := c.args["user"]
	if id == "" {
		id = BotUserID
	}
	u := w.user(id)
	if u == nil {
		return nil, fail("user_not_found", "no person %q", id)
	}
	return response{"profile": w.visible(u).Profile}, nil
}

func usersLookupByEmail(w *Workspace, c *call) (response, error) {
	for _, u := range w.users {
		if u.Profile.Email != "" && strings.EqualFold(u.Profile.Email, c.args["email"]) {
			return response{"user": u}, nil
		}
	}
	return nil, fail("users_not_found", "nobody has this address")
}

func usergroupsList(w *Workspace, c *call) (response, error) {
	groups := slices.Clone(w.groups)
	if !c.flag("include_users") {
		for i := range groups {
			groups[i].Users = nil
		}
	}
	return response{"usergroups": groups}, nil
}

func usergroupsUsersList(w *Workspace, c *call) (response, error) {
	for _, g := range w.groups {
		if g.ID == c.args["usergroup"] {
			return response{"users": g.Users}, nil
		}
	}
	return nil, fail("no_such_subteam", "no user group %q", c.args["usergroup"])
}
