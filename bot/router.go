package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode"
)

// A Router finds the command that a request means, checks that the asker may use it, and runs it. It is the only place where permission
// is checked, so nothing can be reached around it.
type Router struct {
	// Channels are where a command may be used, by its name: channels of Slack, "owner/repository", or Direct for direct messages. A command
	// that is not named may be used everywhere, a confidential one in Slack only; an empty list is nowhere. Set it before the first request.
	Channels map[string][]string

	name     string
	commands []Command
	words    map[string]int // command words, lower case, to indices in commands
	access   map[Surface]Access
	log      *slog.Logger
}

// NewRouter returns a Router for commands, which help lists in the given order. name is what people call the bot, without "@". A
// surface without an entry in access may do nothing. It refuses declarations that contradict each other: two commands for one word, a
// command without a role, a word that nobody could type.
func NewRouter(name string, access map[Surface]Access, log *slog.Logger, commands ...Command) (*Router, error) {
	r := &Router{name: name, access: access, log: log, words: map[string]int{}}
	r.commands = append(slices.Clone(commands), r.help())
	for i, c := range r.commands {
		if c.Handler == nil || c.Role == Nobody {
			return nil, fmt.Errorf("command %q needs a handler and a role", c.Name)
		}
		for _, w := range append([]string{c.Name}, c.Aliases...) {
			if w == "" || commandWord(w) != w {
				return nil, fmt.Errorf("command %q: %q is not one lower-case word", c.Name, w)
			}
			if other, taken := r.words[w]; taken {
				return nil, fmt.Errorf("commands %q and %q both answer to %q", r.commands[other].Name, c.Name, w)
			}
			r.words[w] = i
		}
	}
	return r, nil
}

// Handle routes one turn: to the command that its text names; else, in a conversation that a command has answered, to that command;
// else, when nobody addressed the bot, to a command that listens. It fills in t.Command, t.Args and, from what is remembered of the
// conversation, t.Subject; and it remembers who answered and about what. The zero Reply means silence.
func (r *Router) Handle(ctx context.Context, t *Turn) (Reply, error) {
	known := conversations(t.Memory)
	place := key(t.ReplyTo.Conversation())
	before, err := r.recall(ctx, t)
	if err != nil {
		return Reply{}, err
	}
	if t.From.Bot && t.Kind != Message && before.Programs >= programTurns {
		t.decision = decision{outcome: "refused", reason: "bots"}
		return Reply{}, nil
	}
	c, err := r.find(t, before)
	if err != nil && t.From.Bot {
		return Reply{}, nil // two programs that do not understand each other would never stop
	}
	if err != nil || c == nil {
		return Reply{}, err
	}
	t.Command = c.Name
	t.decision, err = r.permit(ctx, t.Request, c)
	if err != nil {
		if t.Kind == Message || t.From.Bot {
			return Reply{}, nil // nobody asked the bot, or nobody who reads: nobody is told
		}
		if alarmOf(t.Request) != "" {
			err = stopped(t.Text, t.decision)
		}
		return Reply{}, err
	}
	reply, err := c.Handler.Handle(ctx, t)
	if t.Decided != "" && err == nil {
		t.decision.reason += ": " + cut(CleanLine(t.Decided), 60)
	}
	if err != nil || reply.Empty() {
		return reply, err
	}
	after := conversation{Command: c.Name, Subject: t.Subject}
	if c.Name == helpWord {
		after = before
	}
	if c.Follows == nil && before.Command != "" && (reply.Subject == "" || reply.Subject == before.Subject) {
		after.Command = before.Command // it takes no questions: whoever took them in this conversation goes on to
	}
	after.Programs = 0
	if t.From.Bot {
		after.Programs = before.Programs + 1
	}
	if c.Name == helpWord && after == before {
		return reply, nil
	}
	if reply.Subject != "" {
		after.Subject = reply.Subject
	}
	return reply, known.Put(place, after, keepConversation)
}

// conversations are what is remembered of each conversation.
func conversations(m *Memory) Records[conversation] { return Records[conversation]{m, "conversation"} }

// recall reads what is remembered of the turn's conversation, and what the turn is about from it.
func (r *Router) recall(ctx context.Context, t *Turn) (conversation, error) {
	before, _, err := conversations(t.Memory).Get(ctx, key(t.ReplyTo.Conversation()))
	if t.Subject == "" {
		t.Subject = before.Subject
	}
	return before, err
}

// Wants reports whether any command would take an unaddressed request, by what is remembered now. An error is a yes: Handle will see.
func (r *Router) Wants(ctx context.Context, req Request, m *Memory) bool {
	t := &Turn{Request: req, Memory: m}
	before, err := r.recall(ctx, t)
	return err != nil || r.overhear(t, before) != nil
}

// Check tells what Handle would refuse, without running anything: nil when a request that opens a conversation means a command that the
// asker may use, else Handle's error.
func (r *Router) Check(ctx context.Context, req Request) error {
	c, err := r.find(&Turn{Request: req}, conversation{})
	if err != nil || c == nil {
		return err
	}
	_, err = r.permit(ctx, req, c)
	return err
}

// find returns the command that the request is for and sets t.Args; nil means that it is for none.
func (r *Router) find(t *Turn, before conversation) (*Command, error) {
	if t.Kind == Message {
		return r.overhear(t, before), nil
	}
	word, rest := splitWord(t.Text)
	if word == "" {
		word = helpWord
	}
	if i, ok := r.words[commandWord(word)]; ok {
		t.Args = rest
		return &r.commands[i], nil
	}
	t.Args = strings.TrimSpace(t.Text)
	if c := r.owner(before); c != nil && c.Follows != nil && c.Follows(t.Request) {
		return c, nil
	}
	for i, c := range r.commands {
		if c.Follows != nil && c.Follows(t.Request) {
			return &r.commands[i], nil
		}
	}
	return nil, r.unknown(word, rest)
}

// overhear returns the command that wants an unaddressed message: the one that answered in this conversation before, else a listener.
func (r *Router) overhear(t *Turn, before conversation) *Command {
	t.Args = strings.TrimSpace(t.Text)
	if c := r.owner(before); c != nil && !t.From.Bot && c.Follows != nil && c.Follows(t.Request) {
		return c
	}
	t.overheard = true
	for i, c := range r.commands {
		if c.Hears != nil && c.Hears(t.Request) {
			return &r.commands[i]
		}
	}
	return nil
}

func (r *Router) owner(before conversation) *Command {
	if i, ok := r.words[before.Command]; ok {
		return &r.commands[i]
	}
	return nil
}

// personal reports whether a command answers each person differently.
func (r *Router) personal(command string) bool {
	i, ok := r.words[command]
	return ok && r.commands[i].Personal
}

// unknown is the answer to a word that is no command: what was probably meant, with the arguments kept.
func (r *Router) unknown(word, rest string) error {
	e := &UserError{Unknown: true}
	for _, name := range r.similar(commandWord(word)) {
		line := strings.TrimSpace(name + " " + rest)
		e.Next = append(e.Next, Action{Label: cut(line, 40), Text: line})
	}
	shown := cut(CleanLine(word), 40)
	if len(e.Next) > 0 {
		e.Text = fmt.Sprintf("I do not know %q. Did you mean %q?", shown, e.Next[0].Label)
		return e
	}
	e.Text = fmt.Sprintf("I do not know %q. Say \"help\" to see what I can do.", shown)
	e.Next = []Action{{Label: "help", Text: helpWord}}
	return e
}

// similar returns up to three command names whose name or alias is close to word, the closest first.
func (r *Router) similar(word string) []string {
	type match struct {
		name     string
		distance int
	}
	var found []match
	for _, c := range r.commands {
		best := -1
		for _, w := range append([]string{c.Name}, c.Aliases...) {
			if d := typos(word, w); d >= 0 && (best < 0 || d < best) {
				best = d
			}
		}
		if best >= 0 {
			found = append(found, match{c.Name, best})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return a.distance - b.distance })
	var names []string
	for _, m := range found[:min(3, len(found))] {
		names = append(names, m.name)
	}
	return names
}

// splitWord returns the first word of text and the rest, trimmed.
func splitWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// commandWord is the form in which a word is looked up: lower case, without the punctuation that people put behind a word.
func commandWord(w string) string { return strings.TrimRight(strings.ToLower(CleanLine(w)), "?!.,:;") }

// cut shortens s to at most n runes.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// ReplyTo turns an error of Handle into what the person is told: a UserError's own sentence, or an apology with the id under which the log
// has the rest.
func ReplyTo(err error, id string) Reply {
	if e, ok := errors.AsType[*UserError](err); ok {
		return Reply{Title: e.Text, Next: e.Next, Unknown: e.Unknown, Failed: true}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Reply{Failed: true, Title: fmt.Sprintf("That took too long, so I gave up. Please try again. (id %s)", id)}
	}
	return Reply{Failed: true, Title: fmt.Sprintf("Something went wrong on my side, and nothing was changed. Please try again. (id %s)", id)}
}
