package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"
)

// GraphQL is asked for what REST would need a request apiece for: files of the base branch, and titles of issues. Everything else is asked of REST,
// whose answers can be revalidated, which costs nothing.

// errNoGraph says that there is no GraphQL at the API's host.
var errNoGraph = errors.New("github has no GraphQL here")

// graphURL derives the address of GraphQL from that of the REST API, as GitHub has them: on github.com and *.ghe.com below the API's own host, on a
// GitHub Enterprise Server beside /api/v3/.
func graphURL(base *url.URL) string {
	u := *base
	u.Path = strings.TrimSuffix(base.Path, "v3/") + "graphql"
	return u.String()
}

// A graphNode is an answer to one field: a file or something with a title.
type graphNode struct {
	Text        *string
	IsBinary    *bool
	IsTruncated *bool
	Title       string
}

// usable returns the text of a file, unless it is none: a folder, not text, or longer than 512 KiB.
func (n *graphNode) usable() (string, bool) {
	yes := func(b *bool) bool { return b != nil && *b }
	if n == nil || n.Text == nil || yes(n.IsBinary) || yes(n.IsTruncated) || len(*n.Text) > maxBaseFile {
		return "", false
	}
	return *n.Text, utf8.ValidString(*n.Text) && !strings.ContainsRune(*n.Text, 0)
}

// A graphProblem is one of an answer's errors. Those of one field leave the others valid.
type graphProblem struct {
	Type    string
	Message string
	Path    []any // "repository", and the field's alias
}

// field returns the alias of the field that the problem is about; "" when it is about all.
func (p graphProblem) field() string {
	if len(p.Path) < 2 {
		return ""
	}
	name, _ := p.Path[1].(string)
	return name
}

// err is the problem as REST would tell it.
func (p graphProblem) err(c *Client, h http.Header) error {
	status, known := map[string]int{"NOT_FOUND": http.StatusNotFound, "FORBIDDEN": http.StatusForbidden, "INSUFFICIENT_SCOPES": http.StatusForbidden}[p.Type]
	if p.Type == "RATE_LIMITED" {
		return &LimitError{Until: resetOf(h, c.now())}
	}
	if !known {
		status = http.StatusUnprocessableEntity
	}
	return &APIError{Status: status, Message: c.redact(p.Message)}
}

// A graphQuery is made of fields of a repository, each of which has its argument in a variable: nothing is ever written into the query itself.
type graphQuery struct {
	owner            string
	declared, fields strings.Builder
	variables        map[string]any
}

func newGraphQuery(ref Ref) *graphQuery {
	return &graphQuery{owner: ref.Owner, variables: map[string]any{"owner": ref.Owner, "name": ref.Repo}}
}

// file adds a file at a commit.
func (q *graphQuery) file(alias, sha, path string) {
	fmt.Fprintf(&q.declared, ",$%s:String!", alias)
	fmt.Fprintf(&q.fields, "%s:object(expression:$%s){...on Blob{text isBinary isTruncated}} ", alias, alias)
	q.variables[alias] = sha + ":" + path
}

// title adds the title of an issue or a pull request.
func (q *graphQuery) title(alias string, number int) {
	fmt.Fprintf(&q.declared, ",$%s:Int!", alias)
	fmt.Fprintf(&q.fields, "%s:issueOrPullRequest(number:$%s){...on Issue{title}...on PullRequest{title}} ", alias, alias)
	q.variables[alias] = number
}

func (q *graphQuery) text() string {
	return "query($owner:String!,$name:String!" + q.declared.String() + "){repository(owner:$owner,name:$name){" + strings.TrimSpace(q.fields.String()) + "}}"
}

// graph sends a query and returns its fields by alias, those without an answer as nil, and what went wrong with single fields. The errors are as
// fail makes them; errNoGraph means that REST is to be asked instead.
func (c *Client) graph(ctx context.Context, q *graphQuery) (nodes map[string]*graphNode, problems map[string]error, err error) {
	raw, header, err := c.askGraph(ctx, q.owner, q.text(), q.variables)
	if err != nil {
		return nil, nil, err
	}
	return c.graphAnswer(raw, header)
}

// askGraph sends a query about a repository of owner and returns the answer as it is; the errors are those of graph.
func (c *Client) askGraph(ctx context.Context, owner, query string, variables map[string]any) (raw []byte, header http.Header, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, graphURL(c.base), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.api.UserAgent)
	resp, err := (&http.Client{Transport: c.wire(owner), Timeout: requestTimeout, CheckRedirect: noRedirect}).Do(req)
	if err != nil {
		return nil, nil, c.clean(err)
	}
	defer resp.Body.Close()
	if slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}, resp.StatusCode) {
		return nil, nil, errNoGraph
	}
	if err := github.CheckResponse(resp); err != nil {
		return nil, nil, c.clean(err)
	}
	raw, err = io.ReadAll(resp.Body)
	return raw, resp.Header, err
}

// noRedirect keeps a query, which is a POST, from being sent elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c *Client) graphAnswer(raw []byte, header http.Header) (nodes map[string]*graphNode, problems map[string]error, err error) {
	var got struct {
		Data   struct{ Repository map[string]*graphNode }
		Errors []graphProblem
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil, nil, c.clean(err)
	}
	problems = map[string]error{}
	for _, p := range got.Errors {
		name := p.field()
		if name == "" {
			return nil, nil, p.err(c, header)
		}
		problems[name] = p.err(c, header)
	}
	if got.Data.Repository == nil {
		return nil, nil, &APIError{Status: http.StatusUnprocessableEntity, Message: "the answer has no repository"}
	}
	return got.Data.Repository, problems, nil
}
