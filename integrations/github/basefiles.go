package github

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"
)

// The files of the base branch that say how a change is to be read: CODEOWNERS and .gitattributes. They are never read from the head,
// where the pull request's author could have changed them.
type baseText struct {
	owners     string // of the first of .github/CODEOWNERS, CODEOWNERS, docs/CODEOWNERS
	attributes string // of .gitattributes
}

// baseFiles remembers them: by base commit, and each file by what git calls its content, which outlives many base commits.
type baseFiles struct {
	mu      sync.Mutex
	commits map[string]baseText  // by repository and base commit
	blobs   map[string]foundText // by repository, object and path, where the object is the file itself or the folder that it may be in
	bytes   int                  // of all texts, those of both maps twice
}

// foundText is a file's text; found is false when there is none.
type foundText struct {
	text  string
	found bool
}

const (
	maxBaseFiles = 500       // entries of each map; when one is full, both are emptied
	maxBaseBytes = 32 << 20  // of all texts; likewise
	maxBaseFile  = 512 << 10 // bytes of a file; longer ones are not read
)

// keepCommit remembers the files of a base commit.
func (b *baseFiles) keepCommit(key string, t baseText) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.room(len(t.owners) + len(t.attributes))
	b.commits[key] = t
}

// keepBlob remembers a file.
func (b *baseFiles) keepBlob(key string, t foundText) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.room(len(t.text))
	b.blobs[key] = t
}

// room makes room for another text. The lock must be held.
func (b *baseFiles) room(size int) {
	if b.bytes+size > maxBaseBytes || max(len(b.commits), len(b.blobs)) >= maxBaseFiles {
		clear(b.commits)
		clear(b.blobs)
		b.bytes = 0
	}
	b.bytes += size
}

func newBaseFiles() *baseFiles {
	return &baseFiles{commits: map[string]baseText{}, blobs: map[string]foundText{}}
}

func remembered[V any](mu *sync.Mutex, m map[string]V, key string) (V, bool) {
	mu.Lock()
	defer mu.Unlock()
	v, ok := m[key]
	return v, ok
}

func remember[V any](mu *sync.Mutex, m map[string]V, key string, v V) {
	rememberUpTo(maxBaseFiles, mu, m, key, v)
}

// rememberUpTo remembers no more than most values: it begins anew where there would be more.
func rememberUpTo[V any](most int, mu *sync.Mutex, m map[string]V, key string, v V) {
	mu.Lock()
	defer mu.Unlock()
	if len(m) >= most {
		clear(m)
	}
	m[key] = v
}

// baseGap is what is missing when they cannot be read.
const baseGap = "CODEOWNERS and .gitattributes"

func baseKey(ref Ref, sha string) string { return ref.Owner + "/" + ref.Repo + "@" + sha }

// baseTexts reads the base's files by REST: one request for the list of the root folder, and one for each file whose content is new.
func (c *Client) baseTexts(ctx context.Context, ref Ref, sha string) (baseText, error) {
	key := baseKey(ref, sha)
	if t, ok := remembered(&c.facts.mu, c.facts.commits, key); ok {
		return t, nil
	}
	_, root, _, err := c.api.Repositories.GetContents(ctx, ref.Owner, ref.Repo, "", &github.RepositoryContentGetOptions{Ref: sha})
	if err != nil {
		return baseText{}, c.fail("the root folder of the base", err)
	}
	objects := map[string]string{} // of the root folder, by name
	for _, e := range root {
		objects[e.GetName()] = e.GetSHA()
	}
	var t baseText
	if object, ok := objects[".gitattributes"]; ok {
		if t.attributes, _, err = c.textAt(ctx, ref, ".gitattributes", sha, object); err != nil {
			return t, err
		}
	}
	for _, place := range []struct{ entry, path string }{ // the order in which GitHub looks
		{".github", ".github/CODEOWNERS"}, {"CODEOWNERS", "CODEOWNERS"}, {"docs", "docs/CODEOWNERS"},
	} {
		object, ok := objects[place.entry]
		if !ok {
			continue
		}
		text, found, err := c.textAt(ctx, ref, place.path, sha, object)
		if err != nil {
			return t, err
		}
		if found {
			t.owners = text
			break
		}
	}
	c.facts.keepCommit(key, t)
	return t, nil
}

// textAt reads a file, unless the object that it is, or that its folder is, was read before.
func (c *Client) textAt(ctx context.Context, ref Ref, path, sha, object string) (text string, found bool, err error) {
	key := ref.Owner + "/" + ref.Repo + ":" + object + ":" + path
	if known, ok := remembered(&c.facts.mu, c.facts.blobs, key); ok {
		return known.text, known.found, nil
	}
	text, found, err = c.fileAt(ctx, ref.Owner, ref.Repo, path, sha)
	if err != nil {
		return "", false, err
	}
	c.facts.keepBlob(key, foundText{text, found})
	return text, found, nil
}

// fileAt reads a text file of a repository at a commit or branch. found is false when there is no such file, when it is a folder, when it
// is not text, or when it is longer than 512 KiB.
func (c *Client) fileAt(ctx context.Context, owner, repo, path, ref string) (text string, found bool, err error) {
	owner, repo, err = c.allowed(owner, repo)
	if err != nil {
		return "", false, err
	}
	file, _, _, err := c.api.Repositories.GetContents(ctx, owner, repo, path, &github.RepositoryContentGetOptions{Ref: ref})
	if err != nil {
		if err = c.fail(path, err); status(err) == http.StatusNotFound {
			return "", false, nil
		}
		return "", false, err
	}
	if file == nil || file.GetType() != "file" || file.GetSize() > maxBaseFile {
		return "", false, nil
	}
	text, err = file.GetContent()
	if err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", false, nil
	}
	return text, true, nil
}
