package pulls

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// logins are what people said they are called on GitHub, by surface and ID there.
func logins(m *bot.Memory) bot.Records[string] {
	return bot.Records[string]{Memory: m, Name: "github-login"}
}

func loginKey(a bot.Actor) string { return string(a.Surface) + " " + a.ID }

// whoIs is the asker's login on GitHub: the asker's own there, what the configuration says, or what the asker has said. Nothing depends on its
// being true but what the asker is shown: which of the pull requests that the bot reads are called the asker's.
func (h *handler) whoIs(ctx context.Context, t *bot.Turn) (string, error) {
	if t.From.Surface == bot.GitHub {
		return t.From.ID, nil
	}
	if t.From.Surface == bot.Slack {
		if login := h.crew.loginOf(t.From.ID); login != "" {
			return login, nil
		}
	}
	login, _, err := logins(t.Memory).Get(ctx, loginKey(t.From))
	if err == nil && login == "" {
		err = &bot.UserError{Text: `Who are you on GitHub? Tell me once, like this: "me octocat".`}
	}
	return login, err
}

// me answers "me": it remembers, or tells, who the asker is on GitHub.
func (h *handler) me(ctx context.Context, t *bot.Turn) (bot.Reply, error) {
	login := strings.Trim(strings.TrimSpace(t.Args), "@`'\"., ")
	for _, lead := range []string{"am ", "is ", "on github "} {
		login = strings.TrimPrefix(login, lead)
	}
	if login == "" {
		known, err := h.whoIs(ctx, t)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{Title: "You are " + known + " on GitHub.", Next: []bot.Action{{Label: "What waits for me", Text: "waiting"}, {Label: "My pull requests", Text: "mine"}}}, nil
	}
	login = strings.TrimPrefix(login, "@")
	if !loginForm.MatchString(login) || slices.Contains([]string{"too", "neither", "either", "also", "again", "first", "next", "please", "now"}, strings.ToLower(login)) {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("%q is no login of GitHub. Write \"me octocat\", for example.", shorten(bot.CleanLine(login), 40))}
	}
	if t.From.Surface == bot.GitHub {
		return bot.Reply{}, &bot.UserError{Text: "Here I know who you are: " + t.From.ID + "."}
	}
	if set := h.crew.loginOf(t.From.ID); t.From.Surface == bot.Slack && set != "" && !strings.EqualFold(set, login) {
		return bot.Reply{}, &bot.UserError{Text: fmt.Sprintf("My configuration says that you are %s. Whoever runs me can change that.", set)}
	}
	if err := logins(t.Memory).Put(loginKey(t.From), login, 0); err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{
		Title: fmt.Sprintf("You are %s on GitHub. I remember that.", login),
		Next:  []bot.Action{{Label: "What waits for me", Text: "waiting"}, {Label: "My pull requests", Text: "mine"}},
	}, nil
}

// whose is the login that a question about somebody's pull requests is about: the one it names, else the asker's.
func (h *handler) whose(ctx context.Context, t *bot.Turn) (string, error) {
	var named string
	args := t.Args
	if strings.TrimSpace(t.Text) == args {
		args = "" // a sentence that means the asker
	}
	for word := range strings.FieldsSeq(args) {
		word = strings.Trim(word, "`'\"?.,!@")
		switch strings.ToLower(word) {
		case "", "for", "on", "of", "me", "pulls", "prs", "pull", "requests", "now", "please", "by":
			continue
		}
		if named != "" || !loginForm.MatchString(word) {
			return "", &bot.UserError{Text: fmt.Sprintf("Whose? Write %q for your own, or %q.", t.Command, t.Command+" octocat")}
		}
		named = word
	}
	if named != "" {
		return named, nil
	}
	login, err := h.whoIs(ctx, t)
	return cmp.Or(login, named), err
}
