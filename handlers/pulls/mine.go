package pulls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

const (
	maxStates    = 40 // pull requests whose reviews and checks are read for one answer
	statesAtOnce = 4
	maxMine      = 25 // that are shown
)

// A task is a pull request with whose turn it is.
type task struct {
	facts Facts
	since time.Time
}

// mine answers "mine": somebody's open pull requests, those that wait for their author first.
func (h *handler) mine(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	login, all, notes, err := h.openFor(ctx, t)
	if err != nil {
		return bot.Reply{}, err
	}
	own := slices.DeleteFunc(all, func(p github.PullRequest) bool { return !strings.EqualFold(p.Author, login) })
	tasks, more := h.tasks(ctx, own)
	slices.SortStableFunc(tasks, func(a, b task) int {
		return cmp.Or(a.order(login)-b.order(login), a.since.Compare(b.since))
	})
	r := bot.Reply{Title: fmt.Sprintf("%s: %s", login, countOpen(len(own)))}
	return h.taskReply(ctx, r, tasks, slices.Concat(notes, more), login), nil
}

func countOpen(n int) string {
	if n == 0 {
		return "no open pull requests"
	}
	return count(n, "open pull request")
}

// waiting answers "waiting": the pull requests in which it is somebody's turn, the one that waits longest first.
func (h *handler) waiting(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	login, all, notes, err := h.openFor(ctx, t)
	if err != nil {
		return bot.Reply{}, err
	}
	reviewed, err := h.source.Reviewed(ctx, login)
	if err != nil {
		notes = append(notes, "what you reviewed before was not looked for: GitHub's search failed")
	}
	names := h.crew.names(login)
	if teams := teamsOf(all); len(names) == 1 && len(teams) > 0 {
		notes = append(notes, fmt.Sprintf("what waits for %s is left out: I do not know which teams %s is in", few(teams, 3), login))
	}
	candidates := slices.DeleteFunc(all, func(p github.PullRequest) bool {
		return !strings.EqualFold(p.Author, login) && !slices.Contains(reviewed, p.Ref) && !slices.ContainsFunc(p.RequestedReviewers, func(who string) bool { return holds(names, who) })
	})
	tasks, more := h.tasks(ctx, candidates)
	tasks = slices.DeleteFunc(tasks, func(x task) bool { return !x.of(names) })
	slices.SortStableFunc(tasks, func(a, b task) int { return a.since.Compare(b.since) })
	r := bot.Reply{Title: fmt.Sprintf("Nothing waits for %s.", login)}
	if len(tasks) > 0 {
		r.Title = fmt.Sprintf("%s waits for %s", count(len(tasks), "pull request"), login)
		if len(tasks) > 1 {
			r.Title = fmt.Sprintf("%s wait for %s", count(len(tasks), "pull request"), login)
		}
	}
	return h.taskReply(ctx, r, tasks, slices.Concat(notes, more), login), nil
}

// teamsOf are the teams that are asked for reviews.
func teamsOf(list []github.PullRequest) (teams []string) {
	for _, p := range list {
		for _, who := range p.RequestedReviewers {
			if strings.Contains(who, "/") && !slices.Contains(teams, who) {
				teams = append(teams, who)
			}
		}
	}
	return teams
}

func holds(names []string, who string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, who) })
}

// of reports whether it is the turn of one of these names. A draft waits for nobody; what is ready waits for its author, who mostly merges it.
func (x task) of(names []string) bool {
	t := x.facts.Turn
	switch t.Rule {
	case "draft":
		return false
	case "ready":
		return holds(names, x.facts.Author)
	case "review": // also where others are asked too
		return slices.ContainsFunc(t.Who, func(who string) bool { return holds(names, who) })
	}
	return slices.ContainsFunc(t.Who, func(who string) bool { return holds(names, who) })
}

// order is where a pull request stands in its author's list: to do, ready, waiting for others, drafts.
func (x task) order(login string) int {
	switch t := x.facts.Turn; {
	case t.Rule == "draft":
		return 3
	case t.Rule == "ready":
		return 1
	case holds(t.Who, login):
		return 0
	}
	return 2
}

// openFor finds out whom a question is about and lists the open pull requests.
func (h *handler) openFor(ctx context.Context, t *bot.Turn) (login string, all []github.PullRequest, notes []string, err error) {
	if login, err = h.whose(ctx, t); err != nil {
		return "", nil, nil, err
	}
	all, notes, err = h.open(ctx)
	return login, all, notes, err
}

// open lists the open pull requests of all repositories. A repository that cannot be read is a note; an error only when none can.
func (h *handler) open(ctx context.Context) (all []github.PullRequest, notes []string, err error) {
	var failed []error
	for _, name := range h.refs.Repos {
		owner, repo, _ := strings.Cut(name, "/")
		list, more, err := h.source.Open(ctx, owner, repo)
		if err != nil {
			failed = append(failed, err)
			notes = append(notes, name+" could not be read")
			continue
		}
		if more {
			notes = append(notes, fmt.Sprintf("only the %s open pull requests of %s that changed last were looked at", thousands(len(list)), name))
		}
		all = append(all, list...)
	}
	if len(failed) > 0 && len(failed) == len(h.refs.Repos) {
		return nil, nil, errors.Join(failed[0], ctx.Err())
	}
	return all, notes, nil
}

// tasks reads how pull requests stand, those that changed last first, and works out whose turn it is in each.
func (h *handler) tasks(ctx context.Context, list []github.PullRequest) (out []task, notes []string) {
	slices.SortStableFunc(list, func(a, b github.PullRequest) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	if rest := len(list) - maxStates; rest > 0 {
		notes = append(notes, fmt.Sprintf("%s that changed longest ago were not looked at", count(rest, "pull request")))
		list = list[:maxStates]
	}
	found := make([]*task, len(list))
	slots := make(chan struct{}, statesAtOnce)
	var reading sync.WaitGroup
	for i, p := range list {
		reading.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s, err := h.source.Status(ctx, p)
			if err != nil {
				return
			}
			f := Compute(s, h.weights)
			h.crew.clock(ctx, &f.Turn, s.Read)
			found[i] = &task{facts: f, since: f.Turn.Since}
		})
	}
	reading.Wait()
	failed := 0
	for _, x := range found {
		if x == nil {
			failed++
			continue
		}
		out = append(out, *x)
	}
	if failed > 0 {
		notes = append(notes, count(failed, "pull request")+" could not be read")
	}
	return out, notes
}

// taskReply lists pull requests with whose turn it is.
func (h *handler) taskReply(_ context.Context, r bot.Reply, tasks []task, notes []string, login string) bot.Reply {
	list := bot.List{}
	for _, x := range tasks[:min(len(tasks), maxMine)] {
		f := x.facts
		name := fmt.Sprintf("#%d", f.Number)
		if len(h.refs.Repos) != 1 {
			name = f.ref()
		}
		item := bot.Item(bot.Link(name, f.URL), bot.Text(" "+shorten(f.Headline, 70)+dot))
		list.Items = append(list.Items, append(item, x.stateOf(login)...))
		if len(r.Next) < 3 {
			r.Next = append(r.Next, bot.Action{Label: "Summarize " + fmt.Sprintf("#%d", f.Number), Text: "summarize " + f.ref()})
		}
	}
	if len(list.Items) > 0 {
		r.Blocks = append(r.Blocks, list)
	}
	if rest := len(tasks) - maxMine; rest > 0 {
		notes = append(notes, "and "+thousands(rest)+" more")
	}
	for _, n := range notes {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(n)))
	}
	return r
}

// stateOf says whose turn it is, to the person login.
func (x task) stateOf(login string) []bot.Span {
	t := x.facts.Turn
	switch {
	case t.Rule == "draft":
		return []bot.Span{bot.Text("draft")}
	case t.Rule == "checks-running":
		return []bot.Span{bot.Text(t.What)}
	case holds(t.Who, login):
		what := t.What
		if t.Waited != "" {
			what += ", " + t.Waited
		}
		return []bot.Span{bot.Bold("your turn"), bot.Text(": " + what)}
	}
	if spans := x.facts.turnSpans(); spans != nil {
		return spans
	}
	return []bot.Span{bot.Text(x.facts.State)}
}

var (
	asksMine = regexp.MustCompile(`^(?:(?:list |show )?(?:me )?my (?:open )?(?:prs|pulls|pull requests)|what(?:'s| is| are) my (?:open )?(?:prs|pulls|pull requests))$`)
	asksWait = regexp.MustCompile(`^(?:what(?:'s| is)? (?:waiting|waits) (?:for|on) me|what (?:do|should) i (?:have to )?(?:review|do)(?: next)?|what needs my review|anything (?:for me|waiting for me|to review))$`)
)

// followsForm makes a bot.Command's Follows of the sentences that mean it. They have to be said to the bot.
func followsForm(form *regexp.Regexp) func(bot.Request) bool {
	return func(r bot.Request) bool {
		return r.Kind != bot.Message && len(r.Text) < 200 && form.MatchString(asForm(r.Text))
	}
}

func asForm(text string) string {
	return strings.Join(strings.Fields(strings.TrimRight(strings.ReplaceAll(strings.ToLower(text), "’", "'"), "?!. ")), " ")
}
