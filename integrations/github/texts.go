package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"
)

const (
	// MaxTexts is how many files Client.Texts reads of a pull request: each costs up to two requests.
	MaxTexts      = 40
	maxText       = 512 << 10 // bytes of one side of a file
	textsAtATime  = 4
	maxTextsBytes = 32 << 20 // of what is kept; more empties it
)

// A textMemory keeps texts by repository, commit and path, and merge bases by repository and both commits. What a commit holds never changes.
type textMemory struct {
	mu    sync.Mutex
	bytes int
	known map[string]sideText
	forks map[string]string
}

// sideText is a file at one commit: its text, or why there is none.
type sideText struct{ text, why string }

func newTextMemory() *textMemory {
	return &textMemory{known: map[string]sideText{}, forks: map[string]string{}}
}

func (m *textMemory) put(key string, t sideText) {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := len(key) + len(t.text)
	if m.bytes+size > maxTextsBytes {
		clear(m.known)
		m.bytes = 0
	}
	if _, ok := m.known[key]; !ok {
		m.known[key], m.bytes = t, m.bytes+size
	}
}

// Texts reads the whole text of changed files of a pull request on both sides. The result is in the order of files and as long; files beyond
// MaxTexts, those longer than 512 KiB and those that are not text are told by Contents.Why, as is whatever GitHub refuses. The error is
// the end of ctx, or that the repository is none of those that the bot reads.
//
// The side before is the merge base, as GitHub's comparison of base and head names it. It is asked for once; with the files that takes at
// most 1 + 2 × MaxTexts requests, and none for what was read before.
func (c *Client) Texts(ctx context.Context, pr PullRequest, files []File) ([]Contents, error) {
	owner, repo, err := c.allowed(pr.Owner, pr.Repo)
	if err != nil {
		return nil, err
	}
	pr.Owner, pr.Repo = owner, repo
	out := make([]Contents, len(files))
	fork := ""
	if slices.ContainsFunc(files, hasBefore) {
		fork, err = c.mergeBase(ctx, pr)
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("not read", "err", err)
		for i := range out {
			out[i].Why = "the merge base: " + why(err)
		}
		return out, nil
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, textsAtATime)
	for i, f := range files {
		if i >= MaxTexts {
			out[i].Why = fmt.Sprintf("more than %d files", MaxTexts)
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i] = c.bothSides(ctx, pr, f, fork)
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("files of %s: %w", pr.Ref, err)
	}
	return out, nil
}

// bothSides reads a file at the merge base and at the head, as far as it is there.
func (c *Client) bothSides(ctx context.Context, pr PullRequest, f File, fork string) Contents {
	var before, after sideText
	if hasBefore(f) {
		before = c.side(ctx, pr.Ref, earlierPath(f), fork)
	}
	if f.Status != "removed" && before.why == "" {
		after = c.side(ctx, pr.Ref, f.Path, pr.Head.SHA)
	}
	if before.why != "" || after.why != "" {
		return Contents{Why: before.why + after.why}
	}
	return Contents{Before: before.text, After: after.text, Read: true}
}

// hasBefore reports whether there is something to compare a file with. A copy's original stays where it is.
func hasBefore(f File) bool { return f.Status != "added" && f.Status != "copied" }

func earlierPath(f File) string {
	if f.PreviousPath != "" {
		return f.PreviousPath
	}
	return f.Path
}

// side reads a file at a commit, unless it was read before. What a moment may mend is not remembered.
func (c *Client) side(ctx context.Context, ref Ref, path, sha string) sideText {
	key := ref.Owner + "/" + ref.Repo + "@" + sha + ":" + path
	if t, ok := remembered(&c.texts.mu, c.texts.known, key); ok {
		return t
	}
	file, _, _, err := c.api.Repositories.GetContents(ctx, ref.Owner, ref.Repo, path, &github.RepositoryContentGetOptions{Ref: sha})
	if err != nil {
		if err = c.fail(path, err); ctx.Err() == nil {
			c.log.Warn("not read", "err", err)
		}
		return sideText{why: why(err)}
	}
	t := textOf(file)
	c.texts.put(key, t)
	return t
}

// textOf is the text of GitHub's answer about a file; nil is what it gives for a folder.
func textOf(file *github.RepositoryContent) sideText {
	switch {
	case file == nil || file.GetType() != "file":
		return sideText{why: "not a file"}
	case file.GetSize() > maxText:
		return sideText{why: fmt.Sprintf("larger than %d KiB", maxText>>10)}
	}
	text, err := file.GetContent()
	if err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return sideText{why: "not text"}
	}
	return sideText{text: text}
}

// mergeBase is the commit that a pull request began at. The second page of a comparison is asked for, because GitHub lists the files of the
// whole comparison, with their patches, in the first one only.
func (c *Client) mergeBase(ctx context.Context, pr PullRequest) (string, error) {
	key := pr.Owner + "/" + pr.Repo + "@" + pr.Base.SHA + "..." + pr.Head.SHA
	if fork, ok := remembered(&c.texts.mu, c.texts.forks, key); ok {
		return fork, nil
	}
	what := "comparison of " + pr.Ref.String()
	for _, page := range []int{2, 1} {
		compared, _, err := c.api.Repositories.CompareCommits(ctx, pr.Owner, pr.Repo, pr.Base.SHA, pr.Head.SHA, &github.ListOptions{Page: page, PerPage: 1})
		if err = c.fail(what, err); status(err) == http.StatusNotFound {
			return "", fmt.Errorf("%w (no common ancestor?)", err)
		}
		if err != nil {
			return "", err
		}
		if fork := compared.GetMergeBaseCommit().GetSHA(); fork != "" {
			remember(&c.texts.mu, c.texts.forks, key, fork)
			return fork, nil
		}
	}
	return "", errors.New(what + ": github's answer names no merge base")
}
