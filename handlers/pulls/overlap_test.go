package pulls

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// ranges makes ranges of pairs of numbers.
func ranges(numbers ...int) (out []github.LineRange) {
	for i := 0; i < len(numbers); i += 2 {
		out = append(out, github.LineRange{From: numbers[i], To: numbers[i+1]})
	}
	return out
}

func TestMeet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		ours, theirs []github.LineRange
		want         string
	}{
		{"the same line", ranges(5, 5), ranges(5, 5), "5-5"},
		{"overlapping", ranges(5, 9), ranges(8, 12), "8-12"},
		{"adjoining", ranges(5, 9), ranges(10, 12), "10-12"},
		{"adjoining before", ranges(5, 9), ranges(3, 4), "3-4"},
		{"a line between", ranges(5, 9), ranges(11, 12), ""},
		{"both insert", ranges(5, 4), ranges(5, 4), "5-4"},
		{"inserted into", ranges(5, 9), ranges(7, 6), "7-6"},
		{"inserted elsewhere", ranges(5, 4), ranges(7, 6), ""},
		{"the second of several", ranges(1, 2, 20, 22), ranges(8, 9, 22, 30), "22-30"},
		{"none", nil, ranges(8, 9), ""},
	} {
		got := ""
		if l, ok := meet(tt.ours, tt.theirs); ok {
			got = fmt.Sprintf("%d-%d", l.From, l.To)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ title, branch, otherTitle, otherBranch, want string }{
		{"Add a parser", "ABC-12-parser", "Something else", "bob/abc-12", "same ticket ABC-12"},
		{"Add a parser", "patch-1", "Something else", "patch-1", ""},
		{"Add a parser", "release-12", "Something else", "release-12-x", ""},
		{"Add a parser", "fix-parser", "Something else", "fix-parser-2", "nearly the same branch name"},
		{"Add a parser", "fix-parser", "Something else", "fix-lexer", ""},
		{"feat: read empty YAML documents", "a", "Allow empty YAML documents in the parser", "b", "nearly the same title"},
		{"feat: read empty YAML documents", "a", "Write JSON documents", "b", ""},
		{"Update dependencies", "a", "Update dependencies", "b", ""},
	} {
		s := github.Snapshot{PullRequest: github.PullRequest{Title: tt.title, Head: github.Branch{Name: tt.branch}}}
		n := github.Neighbour{PullRequest: github.PullRequest{Title: tt.otherTitle, Head: github.Branch{Name: tt.otherBranch}}}
		if got := strings.Join(alike(s, n), ", "); got != tt.want {
			t.Errorf("%q on %s, %q on %s: %q, want %q", tt.title, tt.branch, tt.otherTitle, tt.otherBranch, got, tt.want)
		}
	}
}

func TestOverlapsAreNotOfFoldedFiles(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "go.sum", added("x"))
	s.Neighbours = &github.Neighbours{Open: 1, List: []github.Neighbour{{Files: []github.Touched{{Path: "go.sum", Lines: ranges(0, -1)}}}}}
	if got := Overlaps(s); len(got) != 0 {
		t.Errorf("overlaps %+v", got)
	}
}

func TestOrdinal(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "", 2: "2nd ", 3: "3rd ", 4: "4th ", 11: "11th ", 12: "12th ", 21: "21st ", 113: "113th "} {
		if got := ordinal(n); got != want {
			t.Errorf("ordinal(%d) = %q, want %q", n, got, want)
		}
	}
}

// failing is a reader that cannot read what is around a pull request.
type failing struct{ canned }

func (failing) Neighbours(context.Context, github.Ref) (github.Neighbours, error) {
	return github.Neighbours{}, &bot.UserError{Text: "GitHub is failing just now (502). Please ask me again in a minute."}
}

func TestWhatIsAroundCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, c := range Commands(failing{canned{snapshot: small(t)}}, github.Refs{Repos: []string{"octo/widgets"}}, Options{Weights: DefaultWeights()}) {
		if c.Name != "overlap" {
			continue
		}
		turn := newTurn(bot.Request{ID: "1", Kind: bot.Ask, Text: "overlap #12"})
		turn.Command, turn.Args = "overlap", "#12"
		if _, err := c.Handler.Handle(t.Context(), turn); err == nil || !strings.Contains(err.Error(), "502") {
			t.Errorf("error = %v, want the reader's", err)
		} else if _, ok := errors.AsType[*bot.UserError](err); !ok {
			t.Errorf("error %T, want a UserError", err)
		}
		return
	}
	t.Error("there is no command overlap")
}
