package github

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listCommits lists commits, the newest first: those that a branch or commit (sha) has, that touch a path, and of a time (since, until).
func listCommits(ctx context.Context, c *call) (answer, error) {
	q := c.URL.Query()
	ref := cmp.Or(q.Get("sha"), c.index.defaultBranch)
	id, err := c.resolve(ctx, ref)
	if errors.Is(err, errNoObject) {
		return answer{}, &apiError{status: http.StatusNotFound, message: "Not Found"}
	}
	if err != nil {
		return answer{}, err
	}
	args := append(slices.Clone(logArgs), "--max-count="+strconv.Itoa(historyLimit))
	for _, name := range []string{"since", "until"} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return answer{}, invalid(fieldError{Resource: "Commit", Field: name, Code: "invalid"})
		}
		args = append(args, "--"+name+"="+t.UTC().Format(time.RFC3339))
	}
	args = append(args, id, "--")
	if path := strings.Trim(q.Get("path"), "/"); path != "" {
		args = append(args, path)
	}
	var list []*commit
	err = c.server.repo.stream(ctx, nil, func(out *bufio.Reader) error {
		return readLog(out, func(m *commit) { list = append(list, m) })
	}, args...)
	if err != nil {
		return answer{}, err
	}
	page, links := paged(c, list)
	return answer{body: c.commitDocs(page), links: links}, nil
}
