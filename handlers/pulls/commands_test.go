package pulls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// canned is a reader with one pull request, and a list.
type canned struct {
	snapshot github.Snapshot
	list     []github.PullRequest
	gaps     []github.Gap // of Conversation
	heads    map[string][]github.File
	states   map[int]github.Snapshot // of Status, by number
	reviewed []github.Ref
	fails    error
	delay    time.Duration
	asked    *[]string
}

func (c canned) Snapshot(ctx context.Context, ref github.Ref) (github.Snapshot, error) {
	if c.asked != nil {
		*c.asked = append(*c.asked, ref.String())
	}
	if c.delay > 0 {
		time.Sleep(c.delay) // inside a synctest bubble only
	}
	if ref != c.snapshot.Ref {
		return github.Snapshot{}, &bot.UserError{Text: "There is no pull request " + ref.String() + ", or I cannot see it."}
	}
	s := c.snapshot
	s.Files = slices.Clone(s.Files)
	for i := range s.Files { // they are read when asked for
		s.Files[i].Contents = github.Contents{}
	}
	return s, nil
}

func (c canned) Pulls(_ context.Context, owner, repo, state string, limit int) ([]github.PullRequest, error) {
	if c.asked != nil {
		*c.asked = append(*c.asked, owner+"/"+repo+" "+state)
	}
	return slices.DeleteFunc(slices.Clone(c.list), func(p github.PullRequest) bool { return state != "all" && (p.State == "open") != (state == "open") }), nil
}

func (c canned) Conversation(_ context.Context, s *github.Snapshot) error {
	s.Gaps = append(s.Gaps, c.gaps...)
	return nil
}

func (c canned) FilesAt(_ context.Context, _ github.PullRequest, sha string) ([]github.File, string, bool, error) {
	for head, files := range c.heads {
		if strings.HasPrefix(head, sha) {
			return files, head, true, nil
		}
	}
	return nil, "", false, &bot.UserError{Text: "GitHub has no commit " + sha + " here, or not any more."}
}

func (c canned) Open(_ context.Context, owner, repo string) ([]github.PullRequest, bool, error) {
	if c.fails != nil {
		return nil, false, c.fails
	}
	return slices.DeleteFunc(slices.Clone(c.list), func(p github.PullRequest) bool { return p.State != "open" || p.Owner != owner || p.Repo != repo }), false, nil
}

func (c canned) Status(_ context.Context, pr github.PullRequest) (github.Snapshot, error) {
	if s, ok := c.states[pr.Number]; ok {
		s.PullRequest = pr
		return s, nil
	}
	return github.Snapshot{PullRequest: pr}, nil
}

func (c canned) Reviewed(context.Context, string) ([]github.Ref, error) { return c.reviewed, c.fails }

// CheckDetails returns those that the snapshot has, or empty ones.
func (c canned) CheckDetails(_ context.Context, pr github.PullRequest, checks []github.Check) github.CheckDetails {
	if c.asked != nil {
		*c.asked = append(*c.asked, fmt.Sprintf("%s %d checks", pr.Ref, len(checks)))
	}
	if c.snapshot.Details == nil {
		return github.CheckDetails{}
	}
	return *c.snapshot.Details
}

// Texts gives the contents that the snapshot has.
func (c canned) Texts(_ context.Context, _ github.PullRequest, files []github.File) ([]github.Contents, error) {
	out := make([]github.Contents, len(files))
	for i, f := range files {
		out[i] = c.snapshot.Files[slices.IndexFunc(c.snapshot.Files, func(o github.File) bool { return o.Path == f.Path })].Contents
	}
	return out, nil
}

func (c canned) Neighbours(context.Context, github.Ref) (github.Neighbours, error) {
	if c.snapshot.Neighbours == nil {
		return github.Neighbours{}, nil
	}
	return *c.snapshot.Neighbours, nil
}

// Churn tells what the snapshot says of the paths that are asked for.
func (c canned) Churn(_ context.Context, _ github.Ref, _ string, paths []string, _ int) ([]github.PathCommits, error) {
	return slices.DeleteFunc(slices.Clone(c.snapshot.Churn), func(p github.PathCommits) bool { return !slices.Contains(paths, p.Path) }), nil
}

// store is a bot.Store that remembers nothing.
type store struct{}

func (store) Get(context.Context, string) (bot.Entry, bool, error)           { return bot.Entry{}, false, nil }
func (store) Scan(context.Context, string, string, int) ([]bot.Entry, error) { return nil, nil }
func (store) Txn(context.Context, []bot.Guard, []bot.Change) (bool, error)   { return true, nil }
func viewer(context.Context, bot.Request) (bot.Role, error)                  { return bot.Viewer, nil }
func newTurn(req bot.Request) *bot.Turn {
	return &bot.Turn{Request: req, Memory: bot.NewMemory(store{}, nil), Show: func(bot.Reply) {}}
}

func newRouter(t testing.TB, c canned) *bot.Router {
	t.Helper()
	refs := github.Refs{Repos: []string{"octo/widgets"}, Hosts: []string{"github.com"}}
	r, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Console: viewer}, slog.New(slog.DiscardHandler), Commands(c, refs, Options{Weights: DefaultWeights()})...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// askAbout asks a question in a conversation about s, through the real Router.
func askAbout(t testing.TB, s github.Snapshot, text string) (bot.Reply, error) {
	t.Helper()
	req := bot.Request{ID: "1", Kind: bot.Ask, From: bot.Actor{Surface: bot.Console, ID: "u"}, Subject: s.Ref.String(), Text: text, Time: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	return newRouter(t, canned{snapshot: s}).Handle(t.Context(), newTurn(req))
}

func small(t testing.TB) github.Snapshot {
	t.Helper()
	s := github.Snapshot{PullRequest: github.PullRequest{
		Ref: github.Ref{Owner: "octo", Repo: "widgets", Number: 12}, Title: "fix: parse empty input", Author: "ann", State: "open",
		URL: "https://github.com/octo/widgets/pull/12", Head: github.Branch{SHA: "0123456789abcdef0123456789abcdef01234567"},
	}}
	add(&s, "parse/parser.go", "@@ -10,3 +10,4 @@ func (p *Parser) Next() bool {\n a\n-b\n+c\n+d\n e")
	add(&s, "parse/parser_test.go", "@@ -1,2 +1,3 @@ func TestNext(t *testing.T) {\n a\n+b\n c")
	return s
}

// add adds a modified file with its counts, and its lines to the totals.
func add(s *github.Snapshot, path, patch string) *github.File {
	n := patchLines(patch)
	s.Files = append(s.Files, github.File{Path: path, Status: "modified", Additions: n.Additions, Deletions: n.Deletions, Patch: patch})
	s.ChangedFiles++
	s.Additions, s.Deletions = s.Additions+n.Additions, s.Deletions+n.Deletions
	return &s.Files[len(s.Files)-1]
}

func TestCommandFindsThePullRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text, subject, asked, wantErr string
		kind                                bot.Kind
	}{
		{name: "number", text: "summarize #12", asked: "octo/widgets#12"},
		{name: "alias", text: "tldr 12", asked: "octo/widgets#12"},
		{name: "whole name", text: "risk octo/widgets#12", asked: "octo/widgets#12"},
		{name: "address", text: "files https://github.com/octo/widgets/pull/12", asked: "octo/widgets#12"},
		{name: "a reference alone", text: "#12", asked: "octo/widgets#12"},
		{name: "an address alone", text: "https://github.com/octo/widgets/pull/12?", asked: "octo/widgets#12"},
		{name: "of the conversation", text: "risk", subject: "octo/widgets#12", asked: "octo/widgets#12"},
		{name: "named before the conversation's", text: "risk #13", subject: "octo/widgets#12", asked: "octo/widgets#13", wantErr: "There is no pull request octo/widgets#13, or I cannot see it."},
		{name: "politeness", text: "summarize this again please", subject: "octo/widgets#12", asked: "octo/widgets#12"},
		{name: "a button", text: "details octo/widgets#12", kind: bot.Click, asked: "octo/widgets#12"},
		{name: "none", text: "summarize", wantErr: `Which pull request? Write "summarize #123", for example, or ask in a thread about one.`},
		{name: "not one", text: "risk the parser thing", wantErr: `I see no pull request in "the parser thing". Write "risk #123", for example.`},
		{name: "question without a command", text: "what changed in parser.go?", subject: "octo/widgets#12", asked: "octo/widgets#12"},
		{name: "question with a reference", text: "what's the risk of #12?", asked: "octo/widgets#12"},
		{name: "another repository", text: "summarize other/repo#1", wantErr: "I do not read other/repo. I read octo/widgets."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			if tt.kind == "" {
				tt.kind = bot.Ask
			}
			req := bot.Request{ID: "1", Kind: tt.kind, From: bot.Actor{Surface: bot.Console, ID: "u"}, Subject: tt.subject, Text: tt.text}
			reply, err := newRouter(t, canned{snapshot: small(t), asked: &asked}).Handle(t.Context(), newTurn(req))
			if got := strings.Join(asked, ","); got != tt.asked {
				t.Errorf("read %q, want %q", got, tt.asked)
			}
			if tt.wantErr != "" {
				if e, ok := errors.AsType[*bot.UserError](err); !ok || e.Text != tt.wantErr {
					t.Errorf("error = %v, want the UserError %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || reply.Empty() || reply.Subject != "octo/widgets#12" || reply.Card != "" {
				t.Errorf("reply %+v, error %v; want an answer about octo/widgets#12 without a card", reply, err)
			}
			var facts struct{ Number int }
			if err := json.Unmarshal(reply.Facts, &facts); err != nil || facts.Number != 12 {
				t.Errorf("facts = %s (%v), want those of number 12", reply.Facts, err)
			}
		})
	}
}

func TestEveryActionIsAWholeCommand(t *testing.T) {
	t.Parallel()
	s := small(t)
	add(&s, "go.mod", "@@ -1,2 +1,2 @@\n-require github.com/a/b v1.0.0\n+require github.com/a/b v2.0.0")
	router := newRouter(t, canned{snapshot: s})
	seen := 0
	check := func(text string) {
		seen++
		req := bot.Request{ID: "1", Kind: bot.Click, From: bot.Actor{Surface: bot.Console, ID: "u"}, Text: text}
		if reply, err := router.Handle(t.Context(), newTurn(req)); err != nil || reply.Empty() {
			t.Errorf("%q: reply %+v, error %v", text, reply, err)
		}
	}
	for _, ask := range []string{"summarize", "risk", "files", "deps", "tests", "owners", "details", "overlap", "hot", "changed parser.go"} {
		reply, err := askAbout(t, s, ask)
		if err != nil {
			t.Fatalf("%s: %v", ask, err)
		}
		for _, a := range reply.Next {
			check(a.Text)
		}
		for _, b := range reply.Blocks {
			if f, ok := b.(bot.Fold); ok {
				check(f.Ask)
			}
		}
	}
	_, err := askAbout(t, s, "files parsr.go")
	if e, ok := errors.AsType[*bot.UserError](err); ok {
		for _, a := range e.Next {
			check(a.Text)
		}
	}
	if seen < 5 {
		t.Errorf("only %d actions were found", seen)
	}
}

func TestUnaddressedTextThatIsNoQuestionIsSilent(t *testing.T) {
	t.Parallel()
	h := Commands(canned{snapshot: small(t)}, github.Refs{Repos: []string{"octo/widgets"}}, Options{Weights: DefaultWeights()})[0].Handler
	turn := newTurn(bot.Request{ID: "1", Kind: bot.Message, Subject: "octo/widgets#12", Text: "thanks!"})
	turn.Command, turn.Args = "summarize", "thanks!"
	if reply, err := h.Handle(t.Context(), turn); err != nil || !reply.Empty() {
		t.Errorf("Handle = %+v, %v; want silence", reply, err)
	}
}

func TestReadingIsShownOnlyWhenItTakesLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		delay time.Duration
		want  string
	}{{patience / 2, ""}, {2 * patience, "Reading octo/widgets#12 …"}} {
		synctest.Test(t, func(t *testing.T) {
			h := Commands(canned{snapshot: small(t), delay: tt.delay}, github.Refs{Repos: []string{"octo/widgets"}}, Options{Weights: DefaultWeights()})[0].Handler
			turn := newTurn(bot.Request{ID: "1", Kind: bot.Ask, Text: "summarize #12"})
			turn.Command, turn.Args = "summarize", "#12"
			shown := ""
			turn.Show = func(r bot.Reply) { shown += r.Title }
			if _, err := h.Handle(t.Context(), turn); err != nil {
				t.Fatal(err)
			}
			if shown != tt.want {
				t.Errorf("after %v: shown %q, want %q", tt.delay, shown, tt.want)
			}
		})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	pr := func(n int, title string, age time.Duration) github.PullRequest {
		return github.PullRequest{Ref: github.Ref{Owner: "octo", Repo: "widgets", Number: n}, Title: title, Author: "ann", State: "open", CreatedAt: now.Add(-age)}
	}
	c := canned{list: []github.PullRequest{pr(7, "older", 48*time.Hour), pr(9, "newer\x1b[31m", time.Hour), pr(8, "between", 3*time.Hour)}}
	ask := func(text string) (bot.Reply, []string, error) {
		var asked []string
		c.asked = &asked
		req := bot.Request{ID: "1", Kind: bot.Ask, From: bot.Actor{Surface: bot.Console, ID: "u"}, Text: text, Time: now}
		reply, err := newRouter(t, c).Handle(t.Context(), newTurn(req))
		return reply, asked, err
	}
	reply, asked, err := ask("pulls")
	if err != nil {
		t.Fatal(err)
	}
	want := `octo/widgets: 3 open pull requests
Number  Title      Author  Opened
#9      newer[31m  ann     1 hour ago
#8      between    ann     3 hours ago
#7      older      ann     2 days ago
next: summarize octo/widgets#9 · summarize octo/widgets#8 · summarize octo/widgets#7
`
	if got := bot.PlainText(reply, false); got != want {
		t.Errorf("pulls:\n%s\nwant:\n%s", got, want)
	}
	if len(asked) != 1 || asked[0] != "octo/widgets open" {
		t.Errorf("asked %q", asked)
	}
	if _, asked, _ := ask("prs closed octo/gadgets"); len(asked) != 1 || asked[0] != "octo/gadgets closed" {
		t.Errorf("asked %q, want octo/gadgets closed", asked)
	}
	if _, _, err := ask("pulls whatever"); err == nil || !strings.Contains(err.Error(), "whatever") {
		t.Errorf("error = %v, want one that names the word", err)
	}
	for i := range c.list {
		c.list[i].State = "merged"
	}
	if reply, _, err := ask("pulls"); err != nil || reply.Title != "octo/widgets: no open pull requests; these were closed last" || len(reply.Blocks) != 1 {
		t.Errorf("nothing open: %+v, %v", reply, err)
	}
	if reply, _, err := ask("pulls open"); err != nil || reply.Title != "octo/widgets: no open pull requests" {
		t.Errorf("nothing open, and only that asked for: %q, %v", reply.Title, err)
	}
	c.list = nil
	if reply, _, err := ask("pulls"); err != nil || reply.Title != "octo/widgets: no open pull requests" {
		t.Errorf("empty list: %q, %v", reply.Title, err)
	}
}
