package main

import (
	"fmt"
	"strings"
	"time"

	"shipmate/integrations/github"
)

// github checks what concerns GitHub.
func (c *configCheck) github(g *GitHubConfig, dir string, getenv func(string) string) {
	before := len(c.faults)
	c.address("$.github.base_url", g.BaseURL)
	if err := github.CheckBaseURL(g.BaseURL); err != nil && len(c.faults) == before {
		c.fault("$.github.base_url", "%v", err)
	}
	c.identity(g, dir, getenv)
	if len(g.Repos) == 0 {
		c.fault("$.github.repos", "is empty: list the repositories to read, as owner/name")
	}
	for i, r := range g.Repos {
		if !repoName.MatchString(r) {
			c.fault(fmt.Sprintf("$.github.repos[%d]", i), "%q is no repository: write owner/name", r)
		}
	}
	var err error
	if g.poll, err = time.ParseDuration(g.Poll); err != nil || g.poll < 100*time.Millisecond || g.poll > time.Hour {
		c.fault("$.github.poll", "%q is no time between 100ms and 1h", g.Poll)
	}
	if g.Share < 1 || g.Share > 100 {
		c.fault("$.github.poll_share", "%d is no percentage from 1 to 100", g.Share)
	}
	c.webhook(&g.Webhook, dir, getenv)
}

// identity checks as whom the bot asks GitHub: with a token or as an App.
func (c *configCheck) identity(g *GitHubConfig, dir string, getenv func(string) string) {
	switch {
	case g.App == AppConfig{}:
		err := g.Token.resolve(dir, getenv)
		if err != nil && g.Token.name == "" {
			err = fmt.Errorf("%w, or give a GitHub App under github.app", err)
		}
		if err != nil {
			c.fault("$.github.token", "%v", err)
		}
		return
	case g.Token.name != "":
		c.fault("$.github.app", "stands beside github.token: the bot is one or the other, so leave one of them empty")
		return
	}
	if g.App.ID < 1 {
		c.fault("$.github.app.id", "%d is not the number of an App: it is at the top of the App's settings, as App ID", g.App.ID)
	}
	if g.App.Installation < 0 {
		c.fault("$.github.app.installation", "%d is not the number of an installation: leave it out, and it is looked up", g.App.Installation)
	}
	if g.App.Installation > 0 && len(owners(g.Repos)) > 1 {
		c.fault("$.github.app.installation", "is of one owner, and the repositories have several (%s): leave it out, and the one of each owner is looked up",
			strings.Join(owners(g.Repos), ", "))
	}
	err := g.App.PrivateKey.resolve(dir, getenv)
	if err == nil {
		err = github.CheckKey(g.App.PrivateKey.value)
	}
	if err != nil {
		c.fault("$.github.app.private_key", "%v", err)
	}
}

// owners are those of the repositories, each once.
func owners(repos []string) (list []string) {
	seen := map[string]bool{}
	for _, r := range repos {
		owner, _, _ := strings.Cut(r, "/")
		if lower := strings.ToLower(owner); !seen[lower] {
			seen[lower] = true
			list = append(list, owner)
		}
	}
	return list
}
