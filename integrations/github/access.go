package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
)

// levels remembers what GitHub said about people's permissions.
type levels struct {
	mu   sync.Mutex
	said map[string]level // by "owner/name login", lower case
}

type level struct {
	permission string // admin, write, read or none
	read       time.Time
}

const (
	keepLevel = 5 * time.Minute
	maxLevels = 2_000
)

// loginForm is what GitHub's logins look like; it keeps anything else out of addresses. Managed users' logins have an underscore.
var loginForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

func newLevels() *levels { return &levels{said: map[string]level{}} }

// Role is a bot.Access for requests from GitHub, by the permission that GitHub names for the asker on the repository of the request: admin
// is Admin, write is Operator, and read is Viewer in a private repository; in a public one everybody can read, which says nothing about a
// person. Anything else, anybody unknown and every error is Nobody. What GitHub said is believed for five minutes.
func (c *Client) Role(ctx context.Context, r bot.Request) (bot.Role, error) {
	if r.From.Surface != bot.GitHub || r.ReplyTo.Surface != bot.GitHub {
		return bot.Nobody, errors.New("not a request from github")
	}
	if r.From.Bot || !loginForm.MatchString(r.From.ID) {
		return bot.Nobody, nil
	}
	owner, repo, _ := strings.Cut(r.ReplyTo.Channel, "/")
	owner, repo, err := c.allowed(owner, repo)
	if err != nil {
		return bot.Nobody, err
	}
	permission, err := c.permission(ctx, owner, repo, r.From.ID)
	if err != nil {
		return bot.Nobody, err
	}
	switch permission {
	case "admin":
		return bot.Admin, nil
	case "write":
		return bot.Operator, nil
	case "read":
		known, err := c.repository(ctx, owner, repo)
		if err == nil && known.Private {
			return bot.Viewer, nil
		}
		return bot.Nobody, err
	}
	return bot.Nobody, nil
}

func (c *Client) permission(ctx context.Context, owner, repo, login string) (string, error) {
	key := strings.ToLower(owner + "/" + repo + " " + login)
	c.levels.mu.Lock()
	l, ok := c.levels.said[key]
	c.levels.mu.Unlock()
	if ok && c.now().Sub(l.read) < keepLevel {
		return l.permission, nil
	}
	l = level{permission: "none", read: c.now()}
	got, _, err := c.api.Repositories.GetPermissionLevel(ctx, owner, repo, login)
	switch err = c.fail(fmt.Sprintf("permission of %s on %s/%s", login, owner, repo), err); {
	case status(err) == http.StatusNotFound: // not a collaborator
	case err != nil:
		return "", err
	case !strings.EqualFold(got.GetUser().GetLogin(), login): // an answer about somebody else
		return "", fmt.Errorf("permission of %s on %s/%s: github answered about another account", login, owner, repo)
	default:
		l.permission = got.GetPermission()
	}
	c.levels.mu.Lock()
	defer c.levels.mu.Unlock()
	if len(c.levels.said) >= maxLevels {
		clear(c.levels.said)
	}
	c.levels.said[key] = l
	return l.permission, nil
}
