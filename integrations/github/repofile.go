package github

import (
	"context"
	"strings"
	"sync"
	"time"
)

// settingsPath is where a repository says how its pull requests are to be looked at.
const settingsPath = ".github/shipmate.yml"

// settingsLast is how long a repository's settings are believed.
const settingsLast = 10 * time.Minute

// repoFiles remembers the settings of repositories.
type repoFiles struct {
	mu   sync.Mutex
	read map[string]repoFile // by lower-case "owner/name"
}

type repoFile struct {
	text string
	at   time.Time
}

// settings returns the text of a repository's .github/shipmate.yml, "" when there is none. It is that of the default branch, which only those
// change who may merge there: never that of a pull request's head, nor of its base where that is another branch. What was read is believed
// for ten minutes; after that the old text counts as long as a new one cannot be read.
func (c *Client) settings(ctx context.Context, owner, repo string) (string, error) {
	ref := Ref{Owner: owner, Repo: repo}
	known, fresh := c.knownSettings(ref)
	if fresh {
		return known, nil
	}
	text, _, err := c.fileAt(ctx, owner, repo, settingsPath, "") // no ref: the default branch
	if err != nil {
		return known, err
	}
	c.keepSettings(ref, text)
	return text, nil
}

// knownSettings are the settings that were read last; fresh says that they are still believed.
func (c *Client) knownSettings(ref Ref) (text string, fresh bool) {
	c.repoFiles.mu.Lock()
	defer c.repoFiles.mu.Unlock()
	known, ok := c.repoFiles.read[strings.ToLower(ref.Owner+"/"+ref.Repo)]
	return known.text, ok && c.now().Sub(known.at) < settingsLast
}

func (c *Client) keepSettings(ref Ref, text string) {
	c.repoFiles.mu.Lock()
	defer c.repoFiles.mu.Unlock()
	c.repoFiles.read[strings.ToLower(ref.Owner+"/"+ref.Repo)] = repoFile{text, c.now()}
}

// readSettings is the part of a snapshot that the repository says itself.
func (c *Client) readSettings(ctx context.Context, pr PullRequest) (string, []Gap) {
	text, err := c.settings(ctx, pr.Owner, pr.Repo)
	return text, c.gap(settingsPath, err)
}
