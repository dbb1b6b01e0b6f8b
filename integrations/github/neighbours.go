package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"
)

// Neighbours are the other open pull requests of a repository, as far as they were looked at.
type Neighbours struct {
	List []Neighbour // the ones changed last, the latest first
	Open int         // how many others are open
	More bool        // there are more than Open
}

// Neighbour is an open pull request with the places that it changes. Of the pull request itself it has what lists tell: no counts.
type Neighbour struct {
	PullRequest
	Files []Touched
	// Partial says that it changes more files than GitHub gives in one answer, and that the others are not in Files.
	Partial bool
	Unread  string  // why its files could not be read, in words for people; "" when they were
	Linked  []Issue // the issues that its description names, without their titles
}

// Touched is a file that a pull request changes, without the change itself.
type Touched struct {
	Path         string
	PreviousPath string // "" unless it was renamed or copied
	Status       string // as of File
	// Lines are the ranges of lines, in the file before the change, that it changes. None when GitHub shows no patch.
	Lines []LineRange
}

// LineRange is the lines From to To of a file, both included. What is only inserted before line From has To = From-1.
type LineRange struct{ From, To int }

// OldLines returns the ranges of lines of the file before the change that its patch removes, replaces or inserts before, in order.
func (f File) OldLines() []LineRange {
	var out []LineRange
	at, inHunk, open := 0, false, false
	for l := range strings.SplitSeq(f.Patch, "\n") {
		if strings.HasPrefix(l, "@@ -") {
			_, err := fmt.Sscanf(l, "@@ -%d", &at)
			inHunk, open = err == nil, false
			continue
		}
		switch {
		case !inHunk || strings.HasPrefix(l, `\`):
		case strings.HasPrefix(l, "+") || strings.HasPrefix(l, "-"):
			if !open {
				out, open = append(out, LineRange{at, at - 1}), true
			}
			if l[0] == '-' {
				out[len(out)-1].To = at
				at++
			}
		default:
			open = false
			at++
		}
	}
	return out
}

const (
	maxNeighbours = 30  // pull requests whose files are read
	maxTouched    = 500 // pull requests whose files are remembered
	maxRanges     = 200 // of one file; where there are more, the last one ends where they end
)

// touchedFiles is what is remembered of a pull request at a head.
type touchedFiles struct {
	files   []Touched
	partial bool
}

// A touchedMemory remembers what pull requests change, by "owner/name#number@head".
type touchedMemory struct {
	mu    sync.Mutex
	known map[string]touchedFiles
}

// Neighbours reads which files the other open pull requests of the repository change: those of the 30 that changed last, each at the price of a
// request unless its head is one that was read before. What could not be read of one is said there; an error is one of the whole list.
func (c *Client) Neighbours(ctx context.Context, pr Ref) (Neighbours, error) {
	list, err := c.Pulls(ctx, pr.Owner, pr.Repo, "open", pageSize)
	if err != nil {
		return Neighbours{}, err
	}
	n := Neighbours{More: len(list) == pageSize}
	list = slices.DeleteFunc(list, func(p PullRequest) bool { return p.Number == pr.Number })
	n.Open = len(list)
	n.List = make([]Neighbour, min(len(list), maxNeighbours))
	var wg sync.WaitGroup
	slots := make(chan struct{}, pagesAtATime)
	for i := range n.List {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			n.List[i] = c.neighbour(ctx, list[i])
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Neighbours{}, fmt.Errorf("open pull requests beside %s: %w", pr, err)
	}
	return n, nil
}

func (c *Client) neighbour(ctx context.Context, pr PullRequest) Neighbour {
	n := Neighbour{PullRequest: pr}
	for _, f := range issueRefs(pr.Body, pr.Ref, c.base.Scheme, c.host) {
		n.Linked = append(n.Linked, Issue{Ref: f.ref.String(), Closes: f.closes})
	}
	t, err := c.touched(ctx, pr)
	if err != nil {
		n.Unread = why(err)
		if !errors.Is(err, context.Canceled) {
			c.log.Warn("files of an open pull request not read", "pull", pr.Ref.String(), "err", err)
		}
	}
	n.Files, n.Partial = t.files, t.partial
	return n
}

// touched reads the first files of a pull request, or remembers them.
func (c *Client) touched(ctx context.Context, pr PullRequest) (touchedFiles, error) {
	key := pr.Ref.String() + "@" + pr.Head.SHA
	if t, ok := remembered(&c.places.mu, c.places.known, key); ok {
		return t, nil
	}
	list, resp, err := c.api.PullRequests.ListFiles(ctx, pr.Owner, pr.Repo, pr.Number, &github.ListOptions{PerPage: pageSize})
	if err != nil {
		return touchedFiles{}, c.fail("files of "+pr.Ref.String(), err)
	}
	t := touchedFiles{partial: resp.NextPage != 0, files: make([]Touched, 0, len(list))}
	for _, cf := range list {
		f := file(cf)
		lines := f.OldLines()
		if len(lines) > maxRanges {
			lines[maxRanges-1].To = lines[len(lines)-1].To
			lines = slices.Clone(lines[:maxRanges])
		}
		t.files = append(t.files, Touched{Path: f.Path, PreviousPath: f.PreviousPath, Status: f.Status, Lines: lines})
	}
	rememberUpTo(maxTouched, &c.places.mu, c.places.known, key, t)
	return t, nil
}
