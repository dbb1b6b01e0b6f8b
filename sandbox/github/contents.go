package github

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"strings"
)

// GitHub sends the content of larger files only through git/blobs.
const contentLimit = 1 << 20

// resolve returns the full id of the commit a ref names: a branch, a tag, HEAD,
// pull/N/head, or a full or abbreviated commit id.
func (c *call) resolve(ctx context.Context, ref string) (string, error) {
	if id := c.index.refs.resolve(ref); id != "" {
		return id, nil
	}
	if n, ok := strings.CutSuffix(strings.TrimPrefix(strings.TrimPrefix(ref, "refs/"), "pull/"), "/head"); ok {
		for _, p := range c.index.pulls {
			if itoa(int64(p.number)) == n {
				return p.head, nil
			}
		}
	}
	m, err := c.server.reader.objects.read(ctx, strings.ToLower(ref), "commit")
	return m.id, err
}

func contents(ctx context.Context, c *call) (answer, error) {
	ref := cmp.Or(c.URL.Query().Get("ref"), c.index.defaultBranch)
	path := strings.Trim(c.vars["path"], "/")
	if ref == c.server.repo.emptyTree && path == "" { // the base of a pull request that began the history
		return answer{body: []doc{}}, nil
	}
	id, err := c.resolve(ctx, ref)
	if errors.Is(err, errNoObject) {
		return answer{}, &apiError{status: http.StatusNotFound, message: "No commit found for the ref " + ref}
	}
	if err != nil {
		return answer{}, err
	}
	at, err := c.server.reader.objects.find(ctx, id, path)
	if errors.Is(err, errNoObject) {
		return answer{}, notFound()
	}
	if err != nil {
		return answer{}, err
	}
	if at.mode != "40000" {
		body, err := c.fileContent(ctx, at, path, ref)
		return answer{body: body}, err
	}
	entries, err := c.server.reader.objects.tree(ctx, at.id)
	if err != nil {
		return answer{}, err
	}
	rows := make([]doc, len(entries))
	for i, e := range entries {
		rows[i] = c.contentEntry(e, strings.TrimPrefix(path+"/"+e.name, "/"), ref)
	}
	return answer{body: rows}, nil
}

// contentEntry is what a file and an entry of a folder have in common. Its size
// is 0: git keeps none in a folder.
func (c *call) contentEntry(e treeEntry, path, ref string) doc {
	kind := map[string]string{"40000": "dir", "160000": "submodule", "120000": "symlink"}[e.mode]
	kind = cmp.Or(kind, "file")
	git := c.repo("/git/blobs/" + e.id)
	page := c.html("/blob/" + escapePath(ref) + "/" + escapePath(path))
	if kind == "dir" {
		git, page = c.repo("/git/trees/"+e.id), c.html("/tree/"+escapePath(ref)+"/"+escapePath(path))
	}
	self := c.repo("/contents/" + escapePath(path) + "?ref=" + escapePath(ref))
	var download any
	if kind == "file" || kind == "symlink" {
		download = c.html("/raw/" + escapePath(ref) + "/" + escapePath(path))
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	return doc{
		"type": kind, "name": validPath(name), "path": validPath(path), "sha": e.id, "size": 0,
		"url": self, "html_url": page, "git_url": git, "download_url": download,
		"_links": doc{"self": self, "git": git, "html": page},
	}
}

// fileContent is a file with its content. A link or a submodule has members of
// its own.
func (c *call) fileContent(ctx context.Context, e treeEntry, path, ref string) (doc, error) {
	d := c.contentEntry(e, path, ref)
	if e.mode == "160000" {
		d["submodule_git_url"] = nil
		return d, nil
	}
	blob, err := c.server.reader.objects.read(ctx, e.id, "blob")
	if err != nil {
		return nil, err
	}
	d["size"] = blob.size
	switch {
	case e.mode == "120000":
		d["target"] = validPath(string(blob.data))
	case blob.data == nil && blob.size > 0:
		return nil, &apiError{status: http.StatusForbidden, message: "This API returns blobs up to 100 MB in size."}
	case blob.size > contentLimit:
		maps.Copy(d, doc{"encoding": "none", "content": ""})
	default:
		maps.Copy(d, doc{"encoding": "base64", "content": inLines(blob.data)})
	}
	return d, nil
}

// inLines is Base64 in lines of 60 characters, each ended, as GitHub sends it.
func inLines(data []byte) string {
	text := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for len(text) > 0 {
		n := min(60, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.String()
}

func oneBlob(ctx context.Context, c *call) (answer, error) {
	id := c.vars["sha"]
	blob, err := c.server.reader.objects.read(ctx, id, "")
	if errors.Is(err, errNoObject) || err == nil && blob.kind != "blob" {
		return answer{}, notFound()
	}
	if err != nil {
		return answer{}, err
	}
	if blob.data == nil && blob.size > 0 {
		return answer{}, &apiError{status: http.StatusForbidden, message: "This API returns blobs up to 100 MB in size."}
	}
	return answer{body: doc{
		"sha": blob.id, "node_id": nodeID("Blob", blob.id), "size": blob.size, "url": c.repo("/git/blobs/" + blob.id),
		"encoding": "base64", "content": inLines(blob.data),
	}}, nil
}
