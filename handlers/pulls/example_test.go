package pulls_test

import (
	"fmt"

	"shipmate/bot"
	"shipmate/handlers/pulls"
	"shipmate/integrations/github"
)

// The facts of a pull request are worked out from a snapshot alone; a reply is a rendering of them.
func ExampleCompute() {
	s := github.Snapshot{
		PullRequest: github.PullRequest{
			Ref: github.Ref{Owner: "octo", Repo: "widgets", Number: 42}, Title: "fix(parse): accept empty input", Author: "ann", State: "merged",
			Head: github.Branch{SHA: "4f2d9a1c0b3e"}, Additions: 1, Deletions: 1, ChangedFiles: 1,
		},
		Files: []github.File{{
			Path: "parse/parser.go", Status: "modified", Additions: 1, Deletions: 1,
			Patch: "@@ -10 +10 @@ func (p *Parser) Next() Token {\n-\tc := p.input[p.pos]\n+\tc := p.peek()",
		}},
	}
	f := pulls.Compute(s, pulls.DefaultWeights())
	fmt.Println(f.Type, f.Size, f.Risk.Level)
	fmt.Print(bot.PlainText(pulls.Summary(f), false))
	// Output:
	// fix XS low
	// #42 Accept empty input
	// fix · XS +1 −1 · parse/parser.go
	// risk: low (0/10)
	// - in Parser.Next
	// by ann, merged · octo/widgets#42 at 4f2d9a1
	// Details: details octo/widgets#42
	// next: risk octo/widgets#42 · files octo/widgets#42
}
