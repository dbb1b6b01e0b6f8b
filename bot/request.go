// Package bot is the domain of Shipmate: what can be asked, what an answer is made of, and who may ask.
//
// Everything that can ask (a Slack mention, a button, a GitHub comment, a schedule, a terminal line) becomes a [Request]. The
// [Router] finds the [Command] it means, checks that the asker may use it, and runs its [Handler]. The handler reads and returns a
// [Reply], a small document that knows nothing of Slack or GitHub; a [Poster] shows it where the request came from.
//
// The package imports only the standard library, so that it can be read, tested and trusted on its own.
package bot

import (
	"strings"
	"time"
)

// Kind says what happened.
type Kind string

// The kinds of request.
const (
	Ask     Kind = "ask"     // somebody addressed the bot: a mention, a direct message, a slash command, a terminal line
	Message Kind = "message" // somebody wrote where the bot can read, without addressing it
	Click   Kind = "click"   // somebody pressed a button; Text is the button's command line
	Tick    Kind = "tick"    // the clock asked; Text is the command line of the schedule or of the reminder
	Edited  Kind = "edited"  // somebody changed what they had written: Text replaces that of the request Of, if it is not answered yet
	Done    Kind = "done"    // an effect was carried out or given up: Text is its command line, Data an EffectResult
	Deleted Kind = "deleted" // somebody deleted what they had written: it cancels the request Of, if it is not answered yet
)

// Surface names a place where people meet the bot. Each has its own Source, Poster and identities.
type Surface string

// The surfaces.
const (
	Slack   Surface = "slack"
	GitHub  Surface = "github"
	Console Surface = "console"
	Clock   Surface = "clock" // nobody: a schedule from the configuration
)

// A Request is one thing somebody, or the clock, asked the bot to do. It is a value: nobody changes what another one reads.
type Request struct {
	// ID identifies what happened, not its delivery: the same message delivered twice, or seen both as a mention and as a message,
	// has the same ID. Never empty.
	ID string
	// Alias is another name of the same happening, where the surface gives it two (Slack's client_msg_id, the delivery of a webhook); what is
	// known under either is not taken again. Empty: none.
	Alias string
	Kind  Kind
	From  Actor
	// ReplyTo is where the answer belongs.
	ReplyTo Place
	// Unseen says that nobody else in the channel saw the question (a slash command): before it is answered the bot says there who asked
	// what, and the answer belongs in the thread of that. ReplyTo names no thread then.
	Unseen bool
	// Subject is what the conversation is about, such as "octo/widgets#42"; empty when that is unknown. A source sets it when the place
	// itself says so (a comment on a pull request); otherwise the Router fills in what the conversation was about before.
	Subject string
	// Of is the ID of the earlier message that an Edited or a Deleted is about. In an Ask it is the message to which an edit added the bot's
	// name: the Ask takes the place of that message if it is not dealt with yet. Empty otherwise.
	Of string
	// Found says that the source came upon it when it looked for what it might have missed: nobody delivered it, and nobody waits for an
	// acknowledgement.
	Found bool
	// Text is what was asked, without the bot's own name, with the surface's escaping undone. It is a stranger's text: data, never markup.
	Text string
	// Data is what belongs to the request beside its text, as JSON; empty when there is nothing of the kind.
	Data string
	// Time is when it happened, by the surface's clock.
	Time time.Time
}

// An Actor is who asked.
type Actor struct {
	Surface Surface
	ID      string // stable on its surface: a Slack user ID, a GitHub login; never a display name
	Name    string // for people to read; may be empty
	Bot     bool   // a program: it is heard by listeners and never commands
}

// conversation names the conversation that the request belongs to. One that is still unseen has none yet, so it waits for nobody.
func (r Request) conversation() string {
	if r.Unseen {
		return r.ID
	}
	return r.ReplyTo.Conversation()
}

// A Place is somewhere a reply can be shown.
type Place struct {
	Surface Surface
	Channel string // a Slack channel ID, or a person's for the direct message with them; "owner/repository"; empty on the console
	Thread  string // the Slack timestamp of the thread's first message, a pull request's number; empty: not in a thread
	Message string // the message that asked: a Slack timestamp, a GitHub comment ID; empty when there is none
}

// Conversation names the conversation that a place belongs to: its thread, or its channel where there are no threads. Turns of one
// conversation run one after the other, and what the bot remembers of it is kept under this name.
func (p Place) Conversation() string {
	return strings.Join([]string{string(p.Surface), p.Channel, p.Thread}, ":")
}
