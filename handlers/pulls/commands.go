package pulls

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// A reader reads pull requests. Its mistakes of people (no such pull request) are *bot.UserErrors.
type reader interface {
	Snapshot(ctx context.Context, ref github.Ref) (github.Snapshot, error)
	Pulls(ctx context.Context, owner, repo, state string, limit int) ([]github.PullRequest, error)
	Conversation(ctx context.Context, s *github.Snapshot) error
	FilesAt(ctx context.Context, pr github.PullRequest, sha string) (files []github.File, head string, all bool, err error)
	Open(ctx context.Context, owner, repo string) (list []github.PullRequest, more bool, err error)
	Status(ctx context.Context, pr github.PullRequest) (github.Snapshot, error)
	Reviewed(ctx context.Context, login string) ([]github.Ref, error)
	CheckDetails(ctx context.Context, pr github.PullRequest, checks []github.Check) github.CheckDetails
	// Texts reads whole files; the result is in the order of files.
	Texts(ctx context.Context, pr github.PullRequest, files []github.File) ([]github.Contents, error)
	surroundings
}

// patience is how long reading may take before the asker is told that it is under way: about as long as people wait without wondering.
const patience = 700 * time.Millisecond

// A question is what one command answers about a pull request. args is what was said besides the pull request.
type question struct {
	bot.Command
	// more reads into the snapshot what the answer needs and a summary does without. Nil: nothing.
	more   func(ctx context.Context, source reader, s *github.Snapshot) error
	answer func(s github.Snapshot, f Facts, args string) (bot.Reply, error)
	// recall answers with the help of what is remembered of the pull request; it takes the place of answer. Nil: answer needs nothing of it.
	recall func(h *handler, ctx context.Context, t *bot.Turn, s github.Snapshot, f Facts, args string) (bot.Reply, error)
}

// questions are the commands about one pull request, in the order of help.
func questions() []question {
	return []question{
		{Command: bot.Command{Name: "summarize", Aliases: []string{"summary", "summarise", "sum", "tldr", "pr"}, Usage: "<pull request>",
			Summary: "says what a pull request does, how large and how risky it is", Examples: []string{"summarize #123", "summarize octo/widgets#123"}},
			answer: ofFacts(Summary)},
		{Command: bot.Command{Name: "risk", Usage: "<pull request>",
			Summary: "shows what makes a pull request risky, with the places", Examples: []string{"risk #123"}},
			answer: ofFacts(RiskReply)},
		{Command: bot.Command{Name: "files", Usage: "<pull request> [path]",
			Summary: "lists the changed files, the ones that matter most first", Examples: []string{"files #123", "files #123 api/**/*.go"}},
			answer: files},
		{Command: bot.Command{Name: "changed", Aliases: []string{"diff", "changes"}, Usage: "<pull request> <path>",
			Summary: "shows what changed in a file or folder", Examples: []string{"changed #123 parser.go"}},
			answer: changed},
		{Command: bot.Command{Name: "since", Usage: "<commit|last|review> <pull request>",
			Summary: "says what changed since a commit, since I was asked last, or since your last review", Examples: []string{"since last #123", "since 4f2d9a1 #123", "since review #123"}, Personal: true},
			recall: (*handler).since},
		{Command: bot.Command{Name: "deps", Aliases: []string{"dependencies"}, Usage: "<pull request>",
			Summary: "lists the dependencies that change, with their versions", Examples: []string{"deps #123"}},
			answer: ofFacts(DepsReply)},
		{Command: bot.Command{Name: "api", Aliases: []string{"breaking", "exports"}, Usage: "<pull request>",
			Summary: "compares the public API before and after: what is removed, changed and added", Examples: []string{"api #123"}},
			more: readTexts, answer: ofFacts(APIReply)},
		{Command: bot.Command{Name: "tests", Usage: "<pull request>",
			Summary: "compares the tests with the code they are for", Examples: []string{"tests #123"}},
			answer: ofFacts(TestsReply)},
		{Command: bot.Command{Name: "reviews", Aliases: []string{"review", "turn"}, Usage: "<pull request>",
			Summary: "says whose turn it is, who said what, and what is unresolved", Examples: []string{"reviews #123"}},
			more: readConversation, answer: reviewsReply},
		{Command: bot.Command{Name: "ci", Aliases: []string{"checks", "build"}, Usage: "<pull request>",
			Summary: "says why checks failed, and which are still running", Examples: []string{"ci #123"}},
			more: checkDetails, answer: ofFacts(ChecksReply)},
		{Command: bot.Command{Name: "owners", Usage: "<pull request>",
			Summary: "says who owns the changed parts, from CODEOWNERS", Examples: []string{"owners #123"}},
			answer: ofFacts(OwnersReply)},
		{Command: bot.Command{Name: "overlap", Aliases: []string{"overlaps", "conflicts", "similar"}, Usage: "<pull request>",
			Summary: "lists open pull requests that change the same places or look like the same work", Examples: []string{"overlap #123"}},
			more: readNeighbours, answer: overlap},
		{Command: bot.Command{Name: "hot", Aliases: []string{"hotness", "churn"}, Usage: "<pull request>",
			Summary: "says how often the changed files changed lately", Examples: []string{"hot #123"}},
			more: readChurn, answer: hot},
		{Command: bot.Command{Name: "details", Usage: "<pull request>",
			Summary: "shows everything behind the summary", Examples: []string{"details #123"}},
			answer: ofFacts(Details)},
	}
}

// ofFacts makes an answer of a renderer that needs nothing but the facts.
func ofFacts(render func(Facts) bot.Reply) func(github.Snapshot, Facts, string) (bot.Reply, error) {
	return func(_ github.Snapshot, f Facts, _ string) (bot.Reply, error) { return render(f), nil }
}

// Commands declares what people can ask about pull requests. source reads them, and refs finds the one that a text names.
func Commands(source reader, refs github.Refs, o Options) []bot.Command {
	h := &handler{source: source, refs: refs, weights: o.Weights, crew: newCrew(o), questions: map[string]question{}}
	var out []bot.Command
	for _, q := range questions() {
		h.questions[q.Name] = q
		c := q.Command
		c.Role, c.Handler, c.Follows = bot.Viewer, h, h.follows
		out = append(out, c)
	}
	return append(out, h.others()...)
}

// A handler answers questions about one pull request: the one that is named, else the one that the conversation is about.
type handler struct {
	source    reader
	refs      github.Refs
	weights   Weights
	crew      crew
	questions map[string]question // by command
}

// Handle answers a command, or a follow-up question in a conversation that is about a pull request already.
func (h *handler) Handle(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	name, args := t.Command, t.Args
	commit := ""
	if name == "since" {
		commit, args = leadingCommit(args)
	}
	ref, args, named, err := h.refs.Find(args)
	if err != nil {
		return bot.Reply{}, err
	}
	if strings.TrimSpace(t.Text) == t.Args { // the text does not begin with a command's name
		if name, args = asked(t.Kind, args, named); name == "" {
			return bot.Reply{}, nil
		}
	}
	if !named {
		if ref, err = h.subject(t, name, args); err != nil {
			return bot.Reply{}, err
		}
	}
	if word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(args)), " "); name == "changed" && word == "since" {
		name = "since"
	}
	q := h.questions[name]
	s, err := h.read(ctx, t, ref, q.more)
	if err != nil {
		return bot.Reply{}, err
	}
	f := Compute(s, h.weights)
	h.crew.clock(ctx, &f.Turn, s.Read)
	var reply bot.Reply
	if q.recall != nil {
		reply, err = q.recall(h, ctx, t, s, f, strings.TrimSpace(commit+" "+args))
	} else {
		reply, err = q.answer(s, f, args)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return reply, h.remember(ctx, t, s, &f)
}

// leadingCommit takes a commit's name off the beginning of what was said: one of digits alone would be taken for a pull request's number.
func leadingCommit(args string) (commit, rest string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(args), " ")
	if word = strings.Trim(word, "`'\",.;:"); commitName.MatchString(strings.ToLower(word)) {
		return word, rest
	}
	return "", args
}

// follows reports whether a request that does not begin with a command is a question for this package.
func (h *handler) follows(r bot.Request) bool {
	_, rest, named, err := h.refs.Find(r.Text)
	if err != nil {
		return false
	}
	command, _ := asked(r.Kind, rest, named)
	return command != ""
}

// asked is the command that a text without a command's name means, and what it is about; "" when it means none. named says that the text had a
// reference, which was taken out of it: a reference alone asks the bot for a summary, and is an answer among people.
func asked(kind bot.Kind, text string, named bool) (command, args string) {
	if named && kind != bot.Message && strings.Trim(text, " ?!.") == "" {
		return "summarize", ""
	}
	command, args, _ = followUp(text)
	if command == "reviews" && kind == bot.Message && toPeople.MatchString(text) {
		return "", ""
	}
	return command, args
}

// subject is the pull request that the conversation is about.
func (h *handler) subject(t *bot.Turn, name, args string) (github.Ref, error) {
	if t.Subject != "" {
		if ref, _, found, err := h.refs.Find(t.Subject); found || err != nil {
			return ref, err
		}
	}
	e := &bot.UserError{Text: fmt.Sprintf("Which pull request? Write %q, for example, or ask in a thread about one.", name+" #123")}
	if args != "" {
		e.Text = fmt.Sprintf("I see no pull request in %q. Write %q, for example.", shorten(bot.CleanLine(args), 60), name+" #123")
	}
	if h.repository() != "" {
		e.Next = []bot.Action{{Label: "Open pull requests", Text: "pulls"}}
	}
	return github.Ref{}, e
}

// read reads the pull request, and more of it unless that is nil. When that takes longer than patience, it shows that it is being read.
func (h *handler) read(ctx context.Context, t *bot.Turn, ref github.Ref, more func(context.Context, reader, *github.Snapshot) error) (github.Snapshot, error) {
	done := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() { // ends when the pull request is read
		select {
		case <-done:
		case <-time.After(patience):
			t.Show(bot.Reply{Title: "Reading " + ref.String() + " …"})
		}
	})
	s, err := h.source.Snapshot(ctx, ref)
	if err == nil && more != nil {
		err = more(ctx, h.source, &s)
	}
	close(done)
	waiting.Wait()
	return s, err
}

// readTexts reads the files whose whole text may show a change of a public API.
func readTexts(ctx context.Context, source reader, s *github.Snapshot) error {
	at := wholeFiles(*s)
	if len(at) == 0 {
		return nil
	}
	var files []github.File
	for _, i := range at {
		files = append(files, s.Files[i])
	}
	texts, err := source.Texts(ctx, s.PullRequest, files)
	for i, t := range texts {
		s.Files[at[i]].Contents = t
	}
	return err
}

// repository is the one that is meant when none is named; "" when there is no such.
func (h *handler) repository() string {
	switch {
	case h.refs.Default != "":
		return h.refs.Default
	case len(h.refs.Repos) == 1:
		return h.refs.Repos[0]
	}
	return ""
}
