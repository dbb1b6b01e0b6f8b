package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// graphPath is where GitHub Enterprise Server, and so the stand-in, serves GraphQL.
const graphPath = "/api/graphql"

// What is understood of GraphQL, besides the one query of timeline.go: one query of one repository, for files at
// commits and for titles, every argument of which is a declared variable, and every
// field of which has an alias:
//
//	query($owner:String!,$name:String!,$a:String!,$b:Int!){repository(owner:$owner,name:$name){
//	  x:object(expression:$a){...on Blob{text isBinary isTruncated}}
//	  y:issueOrPullRequest(number:$b){...on Issue{title}...on PullRequest{title}}}}
//
// The answer always has the fields above.
var (
	graphRepository = regexp.MustCompile(`\brepository\(\s*owner:\s*\$(\w+)\s*,?\s*name:\s*\$(\w+)\s*\)`)
	graphField      = regexp.MustCompile(`\b(\w+):\s*(object|issueOrPullRequest)\(\s*(expression|number):\s*\$(\w+)\s*\)`)
	graphVariable   = regexp.MustCompile(`\$(\w+):\s*(String|Int)!`)
)

// A graphProblem is an entry of an answer's errors.
type graphProblem struct {
	Type    string   `json:"type"`
	Path    []string `json:"path"`
	Message string   `json:"message"`
}

// graphAnswer is the form of every answer, also of one with errors.
type graphAnswer struct {
	Data   doc            `json:"data"`
	Errors []graphProblem `json:"errors,omitempty"`
}

// queryGraph answers a query of GraphQL.
func queryGraph(ctx context.Context, c *call) (answer, error) {
	var asked struct {
		Query     string
		Variables map[string]any
	}
	if err := c.decode(&asked); err != nil {
		return answer{}, err
	}
	if strings.Contains(asked.Query, "reviewThreads") {
		return c.queryThreads(ctx, asked.Variables)
	}
	for _, m := range graphVariable.FindAllStringSubmatch(asked.Query, -1) {
		_, text := asked.Variables[m[1]].(string)
		if _, number := asked.Variables[m[1]].(float64); !text && m[2] == "String" || !number && m[2] == "Int" {
			return answer{}, badQuery("Variable $" + m[1] + " of type " + m[2] + "! was provided invalid value")
		}
	}
	repository := graphRepository.FindStringSubmatch(asked.Query)
	fields := graphField.FindAllStringSubmatch(asked.Query, -1)
	if repository == nil || len(fields) == 0 {
		return answer{}, badQuery("The stand-in does not understand this query")
	}
	owner, name := fmt.Sprint(asked.Variables[repository[1]]), fmt.Sprint(asked.Variables[repository[2]])
	if !strings.EqualFold(owner, c.server.owner) || !strings.EqualFold(name, c.server.name) {
		message := fmt.Sprintf("Could not resolve to a Repository with the name '%s/%s'.", owner, name)
		return answer{body: graphAnswer{doc{"repository": nil}, []graphProblem{{"NOT_FOUND", []string{"repository"}, message}}}}, nil
	}
	found, out := doc{}, graphAnswer{}
	for _, f := range fields {
		value, problem, err := c.graphValue(ctx, f[2], asked.Variables[f[4]])
		if err != nil {
			return answer{}, err
		}
		if found[f[1]] = value; problem != "" {
			out.Errors = append(out.Errors, graphProblem{"NOT_FOUND", []string{"repository", f[1]}, problem})
		}
	}
	out.Data = doc{"repository": found}
	return answer{body: out}, nil
}

// badQuery says that a query cannot be answered. GitHub says so with status 200 and without data; the stand-in more loudly.
func badQuery(message string) error {
	return &apiError{status: http.StatusBadRequest, message: message}
}

// graphValue answers one field; nil when there is nothing of the kind, and then problem may say so.
func (c *call) graphValue(ctx context.Context, field string, argument any) (value any, problem string, err error) {
	if number, ok := argument.(float64); ok && field == "issueOrPullRequest" {
		p := c.index.find(int(number))
		if p == nil {
			return nil, fmt.Sprintf("Could not resolve to an issue or pull request with the number of %.0f.", number), nil
		}
		rows, err := c.issues(ctx, []*pull{p}, c.server.store.remarks())
		if err != nil {
			return nil, "", err
		}
		return doc{"title": rows[0]["title"]}, "", nil
	}
	ref, path, _ := strings.Cut(fmt.Sprint(argument), ":")
	value, err = c.graphBlob(ctx, ref, path)
	if errors.Is(err, errNoObject) {
		return nil, "", nil
	}
	return value, "", err
}

// graphBlob is a file at a commit. A folder has none of the fields.
func (c *call) graphBlob(ctx context.Context, ref, path string) (any, error) {
	if ref == c.server.repo.emptyTree {
		return nil, nil
	}
	id, err := c.resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	at, err := c.server.reader.objects.find(ctx, id, path)
	if err != nil {
		return nil, err
	}
	if at.mode == "40000" || at.mode == "160000" {
		return doc{}, nil
	}
	blob, err := c.server.reader.objects.read(ctx, at.id, "blob")
	if err != nil {
		return nil, err
	}
	d := doc{"text": validPath(string(blob.data)), "isBinary": false, "isTruncated": blob.size > contentLimit || blob.data == nil && blob.size > 0}
	if strings.ContainsRune(string(blob.data), 0) {
		d["text"], d["isBinary"] = nil, true
	}
	return d, nil
}
