package bot

import "context"

// A Handler answers one kind of question. It plans: it reads, and returns what it wants said and remembered; the bot does it. A handler
// may therefore be run again after a crash without harm, and is tested with values.
//
// A mistake of the person who asked is returned as a *UserError; any other error is logged and shown as "Something went wrong".
type Handler interface {
	Handle(ctx context.Context, t *Turn) (Reply, error)
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(ctx context.Context, t *Turn) (Reply, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, t *Turn) (Reply, error) { return f(ctx, t) }

// A Turn is one request on its way through a handler, with what the bot remembers.
type Turn struct {
	Request
	// Command is the name of the command that the Router found, whichever alias was used. For a Message in a conversation that a
	// command has answered before it is that command, and nobody addressed the bot: a handler that does not recognise a follow-up
	// question returns the zero Reply.
	Command string
	// Args is the rest of the text behind the command's name, trimmed; for a Message it is the whole text.
	Args string
	// Decided is what the handler did for the asker, for the audit log, where that is more than an answer: words and names of its own, such as
	// "noise c1a2b3", never what anybody wrote and nothing confidential.
	Decided string
	// Memory is what the handler remembers. Reads see the state before the turn and the turn's own writes; the writes land together
	// with the reply, or not at all.
	Memory *Memory
	// Show shows an interim reply in place of the final one, for work that takes long. Best effort, never durable; never nil.
	Show func(Reply)

	overheard bool // nobody asked the bot: what goes wrong is not told
	decision  decision
}

// A Command declares what a handler can be asked. Help, permission, buttons, schedules and all surfaces follow from the declaration.
type Command struct {
	Name     string   // one lower-case word
	Aliases  []string // other words for it; not offered in help
	Usage    string   // the arguments, such as "<pull request> [path]"; empty: none
	Summary  string   // what it does, one line, lower case, no full stop
	Examples []string // complete command lines, shown in the command's own help
	Personal bool     // the answer depends on who asks, so that it is nobody else's answer
	// Confidential says that the answer is for the people of the workspace, whoever may read the code: unless Router.Channels names the command with
	// the place, it is answered in Slack and in the terminal only, and neither on GitHub, where a comment can be read by whoever can read the
	// repository, nor on any surface to come.
	Confidential bool
	Role         Role // the least role that may use it; the zero Role is Nobody, so a command must say who may use it
	// Follows reports whether a request whose text names no command is a question for this one. An unaddressed message is only offered to
	// the command that answered in its conversation before, and must be told from chatter; an addressed one is offered to all in turn.
	// Nil: none is.
	Follows func(Request) bool
	// Hears reports whether an unaddressed request anywhere is for this command (alerts of other bots, for example). Nil: none is.
	Hears   func(Request) bool
	Handler Handler
}

// A UserError is a mistake in a request. Its text is a whole sentence written for the person who asked.
type UserError struct {
	Text string
	// Unknown says that no command was recognised, as opposed to one that could not be carried out.
	Unknown bool
	// Next are commands that the person may have meant.
	Next []Action
}

// Error returns the sentence.
func (e *UserError) Error() string { return e.Text }
