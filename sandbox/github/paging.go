package github

import (
	"net/url"
	"strconv"
	"strings"
)

// A link is one entry of a Link header.
type link struct{ url, rel string }

func joinLinks(links []link) string {
	parts := make([]string, len(links))
	for i, l := range links {
		parts[i] = "<" + l.url + `>; rel="` + l.rel + `"`
	}
	return strings.Join(parts, ", ")
}

// A window is the part of a list that a request asks for.
type window struct{ page, size int }

// window reads page and per_page; GitHub replaces what makes no sense.
func (c *call) window() window {
	q := c.URL.Query()
	w := window{page: 1, size: 30}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		w.page = min(n, 1<<20)
	}
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		w.size = min(n, 100)
	}
	return w
}

// paged cuts the asked part out of a list, and links to the other parts. The
// links go through the repository's id, as GitHub's do.
func paged[T any](c *call, list []T) ([]T, []link) {
	w := c.window()
	start := min((w.page-1)*w.size, len(list))
	last := (len(list) + w.size - 1) / w.size
	var links []link
	add := func(page int, rel string) {
		q := c.URL.Query()
		q.Set("page", strconv.Itoa(page))
		links = append(links, link{c.base + apiPrefix + c.server.byID(c.URL) + "?" + q.Encode(), rel})
	}
	if w.page > 1 {
		add(max(1, min(w.page-1, last)), "prev")
	}
	if w.page < last {
		add(w.page+1, "next")
		add(last, "last")
	}
	if w.page > 1 {
		add(1, "first")
	}
	return list[start:min(start+w.size, len(list))], links
}

// byID rewrites "/repos/owner/name/…" to "/repositories/<id>/…".
func (s *Server) byID(u *url.URL) string {
	path := strings.TrimPrefix(u.EscapedPath(), apiPrefix)
	if rest, ok := strings.CutPrefix(path, "/repos/"); ok {
		parts := strings.SplitN(rest, "/", 3)
		if len(parts) == 3 {
			return "/repositories/" + itoa(s.repositoryID()) + "/" + parts[2]
		}
	}
	return path
}
