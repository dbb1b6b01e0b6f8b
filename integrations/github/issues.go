package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

const (
	maxIssues  = 20 // told of one pull request
	maxLookups = 3  // titles that REST is asked for
)

// reference matches what GitHub makes a reference to an issue of, with the word before it that closes the issue when the pull request is
// merged. See "Linking a pull request to an issue using a keyword" in GitHub's documentation.
var reference = regexp.MustCompile(`(?i)(?:^|[^\w/&#.-])(?:(clos(?:e|es|ed)|fix(?:es|ed)?|resolv(?:e|es|ed)):?\s+)?` +
	`(?:(https?://[^\s<>]+/(?:issues|pull)/\d+)|(?:([a-z0-9][a-z0-9-]*)/([a-z0-9._-]+))?#(\d{1,10})\b|gh-(\d{1,10})\b)`)

// linked returns the issues that the description mentions, without titles, and for each its number when it is in the same repository, else 0.
func (c *Client) linked(pr PullRequest) (issues []Issue, numbers []int) {
	found := issueRefs(pr.Body, pr.Ref, c.base.Scheme, c.host)
	issues = make([]Issue, 0, len(found))
	for _, f := range found {
		number := 0
		if f.ref.Owner == pr.Owner && f.ref.Repo == pr.Repo {
			number = f.ref.Number
		}
		numbers = append(numbers, number)
		issues = append(issues, Issue{
			Ref: f.ref.String(), Closes: f.closes,
			URL: fmt.Sprintf("%s://%s/%s/%s/issues/%d", c.base.Scheme, c.host, f.ref.Owner, f.ref.Repo, f.ref.Number),
		})
	}
	return issues, numbers
}

// readIssues finds the issues that the description mentions and asks REST for the titles of a few. A title that cannot be had stays empty.
func (c *Client) readIssues(ctx context.Context, pr PullRequest) ([]Issue, []Gap) {
	issues, numbers := c.linked(pr)
	lookups := 0
	for i, number := range numbers {
		if number == 0 || lookups == maxLookups {
			continue
		}
		lookups++
		got, _, err := c.api.Issues.Get(ctx, pr.Owner, pr.Repo, number)
		switch err = c.fail("issue "+issues[i].Ref, err); {
		case err == nil:
			issues[i].Title = got.GetTitle()
		case status(err) != http.StatusNotFound:
			return issues, c.gap("titles of linked issues", err)
		}
	}
	return issues, nil
}

type issueRef struct {
	ref    Ref
	closes bool
}

// issueRefs finds the references to issues in Markdown, the ones that are closed first. What stands in code or in HTML is none. Each issue
// is told once; the pull request itself never.
func issueRefs(body string, pr Ref, scheme, host string) []issueRef {
	var refs []Ref
	closes := map[Ref]bool{}
	for _, para := range plainTexts(body) {
		for _, m := range reference.FindAllStringSubmatch(para, -1) {
			ref, ok := refOf(m, pr, scheme, host)
			if !ok || ref == pr {
				continue
			}
			if _, known := closes[ref]; !known {
				if len(refs) == maxIssues {
					continue
				}
				refs = append(refs, ref)
			}
			closes[ref] = closes[ref] || m[1] != ""
		}
	}
	out := make([]issueRef, 0, len(refs))
	for _, wanted := range []bool{true, false} {
		for _, ref := range refs {
			if closes[ref] == wanted {
				out = append(out, issueRef{ref, wanted})
			}
		}
	}
	return out
}

// refOf reads one match of reference.
func refOf(m []string, pr Ref, scheme, host string) (Ref, bool) {
	ref, digits := Ref{Owner: pr.Owner, Repo: pr.Repo}, m[5]+m[6]
	if m[2] != "" {
		u, err := url.Parse(m[2])
		if err != nil || u.User != nil || u.Scheme != scheme || !strings.EqualFold(u.Host, host) {
			return Ref{}, false
		}
		parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
		if len(parts) != 4 || !validRepo(parts[0]+"/"+parts[1]) {
			return Ref{}, false
		}
		ref.Owner, ref.Repo, digits = parts[0], parts[1], parts[3]
	} else if m[3] != "" {
		ref.Owner, ref.Repo = m[3], m[4]
	}
	if strings.EqualFold(ref.Owner, pr.Owner) && strings.EqualFold(ref.Repo, pr.Repo) {
		ref.Owner, ref.Repo = pr.Owner, pr.Repo
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 1 {
		return Ref{}, false
	}
	ref.Number = int(n)
	return ref, true
}

// plainTexts returns the text of each paragraph, heading, list item and table cell that people read as text, without code and HTML.
func plainTexts(body string) []string {
	source := []byte(body)
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	// The walk's function returns no error, so neither does the walk.
	_ = ast.Walk(parseGFM(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() == ast.TypeBlock {
			flush()
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan, *ast.RawHTML:
			b.WriteString(" \x00 ") // keeps what stands before and behind apart
			return ast.WalkSkipChildren, nil
		case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
			return ast.WalkSkipChildren, nil
		case *ast.AutoLink:
			b.Write(n.URL(source))
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	flush()
	return out
}
