// Package page is the web page of the sandbox: a small chat workspace and a view of the repository's pull requests. It is
// plain HTML, CSS and ES modules, embedded in the program, and talks to nothing but the control API of the server it came
// from.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
)

//go:embed index.html favicon.svg css js/*.js
var content embed.FS

// policy is the Content-Security-Policy of every answer: only this server's own scripts, styles and data, no inline code,
// no frames, and (by Trusted Types) no string ever parsed as HTML.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page at / and its parts at /css/, /js/ and /favicon.svg, and leads the addresses that GitHub and Slack
// give to a pull request and to a message to their places in the page. Anything else is 404. Files are revalidated
// by ETag on each load, so a new program never meets the scripts of an old one.
func Handler() http.Handler {
	files := load(content)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			head.Set("Allow", "GET, HEAD")
			http.Error(w, "the page can only be read", http.StatusMethodNotAllowed)
			return
		}
		if place := placeOf(r.URL.Path); place != "" {
			http.Redirect(w, r, place, http.StatusFound)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "" {
			name = "index.html"
		}
		f, ok := files[name]
		if !ok {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		head.Set("Cache-Control", "no-cache")
		head.Set("ETag", f.etag)
		head.Set("Content-Type", f.mime)
		if r.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(f.body) // a reader that went away is not an error of ours
	})
}

var (
	pullPath    = regexp.MustCompile(`^/[^/]+/[^/]+/pull/(\d+)(/files)?/?$`)
	messagePath = regexp.MustCompile(`^/archives/(\w+)/p(\d+)(\d{6})$`)
)

// placeOf returns where the page shows what has this address, a path, on github.com or in a Slack workspace, or "".
func placeOf(address string) string {
	if m := pullPath.FindStringSubmatch(address); m != nil {
		return "/#/pulls/" + m[1] + m[2]
	}
	if m := messagePath.FindStringSubmatch(address); m != nil {
		return "/#/c/" + m[1] + "/" + m[2] + "." + m[3]
	}
	return ""
}

// A file is one embedded file, ready to be sent.
type file struct {
	body []byte
	mime string
	etag string
}

// load reads every embedded file. An embedded file system cannot fail to be read, so an error here is a mistake in the
// embed directive and shows up as a missing file in the tests.
func load(fsys fs.FS) map[string]file {
	files := map[string]file{}
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[name] = file{body: body, mime: mimeType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	return files
}

// mimeType names the few types the page consists of itself: the system's own table can be wrong about .js.
func mimeType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return mime.TypeByExtension(ext)
	}
}
