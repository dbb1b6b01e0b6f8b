package bot

import (
	"context"
	"fmt"
	"strings"
)

const helpWord = "help"

// help is the command that explains the others, from their declarations.
func (r *Router) help() Command {
	return Command{
		Name: helpWord, Aliases: []string{"hi", "hello", "commands"}, Usage: "[command]",
		Summary: "shows what I can do", Examples: []string{"help"}, Role: Viewer,
		Handler: HandlerFunc(r.explain),
	}
}

func (r *Router) explain(_ context.Context, t *Turn) (Reply, error) {
	word, _ := splitWord(t.Args)
	if word == "" {
		return r.overview(), nil
	}
	i, ok := r.words[commandWord(word)]
	if !ok {
		return Reply{}, r.unknown(word, "")
	}
	return r.commands[i].explain(), nil
}

// overview lists all commands.
func (r *Router) overview() Reply {
	var list List
	reply := Reply{Title: fmt.Sprintf("I am %s. This is what you can ask me.", r.name)}
	for _, c := range r.commands {
		list.Items = append(list.Items, Item(Mono(c.line()), Text(" "+c.Summary)))
		if c.Name != helpWord && len(reply.Next) < 4 && len(c.Examples) > 0 {
			reply.Next = append(reply.Next, Action{Label: "about " + c.Name, Text: helpWord + " " + c.Name})
		}
	}
	reply.Blocks = Blocks{list, Small(Text(fmt.Sprintf(
		"Mention me with one of these, write to me directly, use /%s, or comment \"/%s …\" on a pull request. In a thread I have answered, "+
			"just ask on without mentioning me.", r.name, r.name)))}
	return reply
}

// explain shows one command whole.
func (c Command) explain() Reply {
	reply := Reply{Title: c.line() + ": " + c.Summary}
	if len(c.Aliases) > 0 {
		reply.Blocks = append(reply.Blocks, P(Text("Also as "), Mono(strings.Join(c.Aliases, ", "))))
	}
	var examples List
	for _, e := range c.Examples {
		examples.Items = append(examples.Items, Item(Mono(e)))
	}
	if len(examples.Items) > 0 {
		reply.Blocks = append(reply.Blocks, P(Text("For example:")), examples)
	}
	if c.Confidential {
		reply.Blocks = append(reply.Blocks, Small(Text("It is confidential: answered in Slack only, unless access.channels names more.")))
	}
	reply.Blocks = append(reply.Blocks, Small(Text("Who may use it: role "+c.Role.String()+" and above.")))
	return reply
}

func (c Command) line() string { return strings.TrimSpace(c.Name + " " + c.Usage) }
