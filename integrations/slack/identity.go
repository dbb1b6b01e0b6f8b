package slack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// A Workspace is where the bot works and who it is there.
type Workspace struct {
	TeamID string // the workspace
	Team   string // its name
	URL    string // its address
	UserID string // the bot as a member
	BotID  string // the bot as the author of messages
	Name   string // the bot's handle, without "@"
}

// scanScopes are only needed to look for what was missed.
var scanScopes = []string{"channels:read", "groups:read", "im:read", "mpim:read"}

// Check asks Slack whether the bot token works and was given every scope that the manifest asks for, and says who the bot is. Scopes without
// which all but the look for missed messages and pictures works are only logged. Its errors are sentences for whoever runs the bot. The app-level token is proved by Run, which ends at once when Slack refuses it.
func (c *Client) Check(ctx context.Context) (Workspace, error) {
	ctx, cancel := deadline(ctx, 30*time.Second)
	defer cancel()
	got, err := c.authTest(ctx)
	if err != nil {
		return Workspace{}, err
	}
	w := workspaceOf(got)
	c.who.set(w)
	missing := missingScopes(got.Header.Get("X-OAuth-Scopes"), c.wantedScopes())
	var needed []string
	for _, s := range missing {
		if s == filesScope {
			c.log.Warn("without a scope charts that Slack cannot draw are shown as text: add it under OAuth & Permissions, then install the app again", "scope", s)
		} else if slices.Contains(scanScopes, s) {
			c.log.Warn("without a scope the bot cannot look for what it missed: add it under OAuth & Permissions, then install the app again", "scope", s)
		} else {
			needed = append(needed, s)
		}
	}
	if len(needed) > 0 {
		return w, &Error{Method: "auth.test", Code: "missing_scope", Class: Fatal, detail: fmt.Sprintf(
			"the Slack bot token lacks the scopes %s: add them under OAuth & Permissions (or take the app's manifest anew), then install the app again",
			strings.Join(needed, ", "))}
	}
	return w, nil
}

func (c *Client) authTest(ctx context.Context) (*slack.AuthTestResponse, error) {
	got, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return nil, c.fault("auth.test", err)
	}
	if got.UserID == "" || got.TeamID == "" {
		return nil, &Error{Method: "auth.test", Class: Temporary, detail: "the answer says neither who the bot is nor where: is the API URL right?"}
	}
	return got, nil
}

func workspaceOf(r *slack.AuthTestResponse) Workspace {
	return Workspace{TeamID: r.TeamID, Team: r.Team, URL: r.URL, UserID: r.UserID, BotID: r.BotID, Name: r.User}
}

// wantedScopes are the scopes of the manifest.
func (c *Client) wantedScopes() []string {
	if c.previews {
		return append(manifestScopes(), linkScopes()...)
	}
	return manifestScopes()
}

// missingScopes compares the scopes of the X-OAuth-Scopes header, separated by commas, with those that are wanted. An absent header tells
// nothing.
func missingScopes(header string, wanted []string) []string {
	if strings.TrimSpace(header) == "" {
		return nil
	}
	var granted []string
	for s := range strings.SplitSeq(header, ",") {
		granted = append(granted, strings.TrimSpace(s))
	}
	return slices.DeleteFunc(wanted, func(s string) bool { return slices.Contains(granted, s) })
}

// An identityCache keeps who the bot is once that is known.
type identityCache struct {
	mu    sync.Mutex
	known *Workspace
	appID string // from the socket's greeting
}

func (i *identityCache) set(w Workspace) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known = &w
}

func (i *identityCache) get() (Workspace, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil {
		return Workspace{}, false
	}
	return *i.known, true
}

func (i *identityCache) setApp(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.appID = id
}

func (i *identityCache) app() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.appID
}

// identity returns who the bot is, and asks Slack when that is not known yet.
func (c *Client) identity(ctx context.Context) (Workspace, error) {
	if w, ok := c.who.get(); ok {
		return w, nil
	}
	got, err := c.authTest(ctx)
	if err != nil {
		return Workspace{}, err
	}
	w := workspaceOf(got)
	c.who.set(w)
	return w, nil
}
