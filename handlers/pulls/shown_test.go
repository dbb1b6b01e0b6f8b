package pulls

import (
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A path is cut, but never so far that two changed files look the same.
func TestShortPathsDiffer(t *testing.T) {
	t.Parallel()
	s := github.Snapshot{PullRequest: github.PullRequest{Title: "feat: x"}}
	for _, p := range []string{"pkg/cmd/issue/view/view.go", "pkg/cmd/pr/view/view.go", "api/client.go", "view/view.go"} {
		add(&s, p, added("a", "b", "c"))
	}
	f := Compute(s, DefaultWeights())
	for p, want := range map[string]string{"pkg/cmd/pr/view/view.go": "…/pr/view/view.go", "api/client.go": "api/client.go", "view/view.go": "view/view.go"} {
		if got := f.shortPath(p, 2); got != want {
			t.Errorf("%s is shown as %q, want %q", p, got, want)
		}
	}
	for name, text := range map[string]string{
		"files": bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.filesItem(f.Changes)...)}}, false),
		"place": bot.PlainText(bot.Reply{Blocks: bot.Blocks{bot.P(f.placeSpan(Evidence{File: "pkg/cmd/pr/view/view.go"}))}}, false),
	} {
		if !strings.Contains(text, "…/pr/view/view.go") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
