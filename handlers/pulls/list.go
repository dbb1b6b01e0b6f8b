package pulls

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// maxListed is how many pull requests a list shows.
const maxListed = 20

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// list answers "pulls": the pull requests of a repository, the newest first.
func (h *handler) list(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	if strings.TrimSpace(t.Text) == t.Args { // a follow-up question, about one of the pull requests listed
		return h.Handle(ctx, t)
	}
	name, state, err := h.listArgs(t.Args)
	if err != nil {
		return bot.Reply{}, err
	}
	owner, repo, _ := strings.Cut(name, "/")
	list, err := h.source.Pulls(ctx, owner, repo, cmp.Or(state, "open"), 100)
	if err != nil || len(list) > 0 || state != "" {
		return listReply(name, cmp.Or(state, "open"), list, t.Time), err
	}
	// Nothing is open, and nobody said that only open ones are wanted: what was closed last is the next best answer.
	if list, err = h.source.Pulls(ctx, owner, repo, "closed", 100); err != nil || len(list) == 0 {
		return listReply(name, "open", nil, t.Time), err
	}
	r := listReply(name, "closed", list, t.Time)
	r.Title = name + ": no open pull requests; these were closed last"
	return r, nil
}

// listArgs reads "[owner/repository] [open|closed|all]", in any order; state is "" when none was named.
func (h *handler) listArgs(args string) (name, state string, err error) {
	name = h.repository()
	for word := range strings.FieldsSeq(args) {
		word = strings.Trim(word, "`?.,")
		switch lower := strings.ToLower(word); {
		case lower == "open", lower == "closed", lower == "all":
			state = lower
		case lower == "merged":
			state = "closed"
		case repositoryName.MatchString(word):
			name = word
		case word == "", lower == "in", lower == "of", lower == "for", lower == "pull", lower == "requests", lower == "prs":
		default:
			return "", "", &bot.UserError{Text: fmt.Sprintf("I do not understand %q here. Write \"pulls octo/widgets\" or \"pulls closed\", for example.", shorten(bot.CleanLine(word), 40))}
		}
	}
	if name == "" {
		return "", "", &bot.UserError{Text: fmt.Sprintf("Which repository? Write \"pulls %s\", for example.", cmp.Or(first(h.refs.Repos), "octo/widgets"))}
	}
	return name, state, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func listReply(name, state string, list []github.PullRequest, now time.Time) bot.Reply {
	list = slices.SortedFunc(slices.Values(list), func(a, b github.PullRequest) int { return cmp.Compare(b.Number, a.Number) })
	what := state + " pull request"
	if state == "all" {
		what = "pull request"
	}
	r := bot.Reply{Title: fmt.Sprintf("%s: no %ss", name, what)}
	if len(list) == 0 {
		return r
	}
	r.Title = fmt.Sprintf("%s: %s", name, count(len(list), what))
	if len(list) == 100 { // what one answer of GitHub has room for
		r.Title = fmt.Sprintf("%s: the latest %ss", name, what)
	}
	t := bot.Table{Head: []string{"Number", "Title", "Author", "Opened"}}
	for _, p := range list[:min(len(list), maxListed)] {
		title := shorten(bot.CleanLine(p.Title), 70)
		if p.Draft {
			title += " (draft)"
		} else if state != "open" {
			title += " (" + p.State + ")"
		}
		t.Rows = append(t.Rows, [][]bot.Span{{bot.Link(fmt.Sprintf("#%d", p.Number), p.URL)}, {bot.Text(title)}, {bot.Text(p.Author)}, {bot.Text(age(p.CreatedAt, now))}})
		if len(r.Next) < 3 {
			r.Next = append(r.Next, bot.Action{Label: fmt.Sprintf("Summarize #%d", p.Number), Text: "summarize " + p.Ref.String()})
		}
	}
	r.Blocks = bot.Blocks{t}
	if rest := len(list) - maxListed; rest > 0 {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text("and "+thousands(rest)+" more")))
	}
	return r
}

// age says how long ago t was; "" when either is unknown.
func age(t, now time.Time) string {
	if t.IsZero() || now.IsZero() {
		return ""
	}
	switch d := now.Sub(t); {
	case d < time.Hour:
		return "just now"
	case d < 24*time.Hour:
		return count(int(d.Hours()), "hour") + " ago"
	case d < 60*24*time.Hour:
		return count(int(d.Hours()/24), "day") + " ago"
	}
	return t.UTC().Format("2 Jan 2006")
}
