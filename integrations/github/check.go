package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Check asks GitHub whether the bot can work: whether it is let in and each repository can be seen and written to. It returns all
// that is wrong, joined, each with what to do about it. A repository in which the bot can only read is no error: it is logged.
func (c *Client) Check(ctx context.Context) error {
	if c.app != nil {
		return c.app.check(ctx)
	}
	if _, err := c.Login(ctx); err != nil {
		return c.advise("", err)
	}
	var errs []error
	for _, name := range c.repos {
		owner, repo, _ := strings.Cut(name, "/")
		r, _, err := c.api.Repositories.Get(ctx, owner, repo)
		if err != nil {
			errs = append(errs, c.advise(name, c.fail("repository "+name, err)))
			continue
		}
		if p := r.GetPermissions(); p != nil && !p["push"] && !p["triage"] {
			c.log.Warn("the token cannot write here; to comment it needs \"Pull requests: write\" and \"Issues: write\"", "repo", name)
		}
		if r.GetArchived() {
			c.log.Warn("the repository is archived: the bot can read it and cannot comment there", "repo", name)
		}
	}
	return errors.Join(errs...)
}

// advise adds to an error what somebody who sets the bot up can do about it.
func (c *Client) advise(repo string, err error) error {
	advice := ""
	switch s := status(err); {
	case s == http.StatusUnauthorized:
		advice = "the token is wrong, revoked or expired: make a new one and put it where github.token says"
	case repo == "" && s == http.StatusForbidden:
		advice = "an App's token cannot tell who it belongs to: give the App itself under github.app, or set github.login, such as \"shipmate[bot]\""
	case repo == "" && s == http.StatusNotFound:
		advice = "there is no GitHub at " + c.base.String() + ": check github.base_url"
	case s == http.StatusNotFound, s == http.StatusForbidden:
		advice = "check the name " + repo + ", and give the token access to it: Metadata, Contents, Checks, Actions and Commit statuses: read; " +
			"Pull requests and Issues: write"
	case s == 0:
		advice = "check github.base_url (" + c.base.String() + ") and the network"
	default:
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}
