package bot

import (
	"encoding/json"
	"time"
)

// A Reply is what a handler wants said and remembered: a small document without markup. The zero Reply means that the handler has
// nothing to say, and nothing is posted.
type Reply struct {
	// Title is one plain line; it is also the text of the notification.
	Title  string `json:"title,omitempty"`
	Blocks Blocks `json:"blocks,omitempty"`
	// Next are suggested commands: buttons in Slack, lines of text elsewhere.
	Next []Action `json:"next,omitempty"`
	// Card names a message that is shown once in a place and edited from then on. Empty: every reply is a new message, except where a
	// surface keeps to one message by itself (a pull request's page has one comment of the bot).
	Card string `json:"card,omitempty"`
	// Subject is what the conversation is about from now on; empty leaves it as it was.
	Subject string `json:"subject,omitempty"`
	// Also are replies to show in other places.
	Also []Post `json:"also,omitempty"`
	// Do are effects outside, carried out in this order after the reply is shown.
	Do []Effect `json:"do,omitempty"`
	// Later are questions to ask in this conversation later on.
	Later []Reminder `json:"later,omitempty"`
	// Facts is what the reply was computed from, for machines; nil when there is nothing of the kind.
	Facts json.RawMessage `json:"facts,omitempty"`
	// Unknown says that the request was not understood: surfaces where a sentence about that is noise show a mark instead.
	Unknown bool `json:"unknown,omitempty"`
	// Failed says that the request was not carried out: where a surface keeps to one message, what that shows is worth more than this.
	Failed bool `json:"failed,omitempty"`
}

// Empty reports whether the reply says nothing in the place where it was asked.
func (r Reply) Empty() bool { return r.Title == "" && len(r.Blocks) == 0 }

// A Post is a reply to show somewhere else than where it was asked.
type Post struct {
	To    Place `json:"to"`
	Reply Reply `json:"reply"`
	// Then is the command line that is asked in the thread of the message once it is shown, in the name of whoever asked now; not again when the
	// message is edited. Empty: nothing is.
	Then string `json:"then,omitempty"`
}

// An Effect is something to do outside: create a channel, start a workflow, silence an alert. The Doer of its kind does it.
type Effect struct {
	Kind string `json:"kind"`
	// Key identifies the effect: after a failure that may or may not have done it, the Doer finds out by it. Empty: the bot makes one.
	Key  string          `json:"key,omitempty"`
	Data json.RawMessage `json:"data,omitempty"` // what the Doer needs to know
	// Then is the command line that is asked when the effect is done or given up, in the name of whoever asked for it, with an EffectResult
	// in Request.Data; empty: nothing is.
	Then string `json:"then,omitempty"`
}

// An EffectResult is what came of an effect.
type EffectResult struct {
	Result json.RawMessage `json:"result,omitempty"` // what the Doer returned
	Err    string          `json:"err,omitempty"`    // why it was given up; empty when it is done
}

// A Reminder is a command line to be asked in the same conversation, in the name of whoever asked now: what that person may not do by then is
// refused then.
type Reminder struct {
	// Key identifies the reminder in its conversation: a new one takes the place of an earlier one.
	Key string `json:"key"`
	// At is when; the zero time only removes an earlier reminder with the same key.
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text"`
}

// An Action is a command that the reader may want next. Text is a complete command line, without the bot's name; choosing the action
// makes a Request of kind Click with that text.
type Action struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// A Span is a piece of text in one style. Text is data, never markup: every renderer escapes it.
type Span struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"` // http or https; anything else is shown as text
	Bold bool   `json:"bold,omitempty"`
	Mono bool   `json:"mono,omitempty"`
}

// Text makes a plain span.
func Text(s string) Span { return Span{Text: s} }

// Bold makes a bold span.
func Bold(s string) Span { return Span{Text: s, Bold: true} }

// Mono makes a span in a fixed-width font: paths, identifiers, commands.
func Mono(s string) Span { return Span{Text: s, Mono: true} }

// Link makes a span that leads to url.
func Link(s, url string) Span { return Span{Text: s, URL: url} }

// A Block is one part of a reply: Para, List, Table, Code, Fold or Chart. The set is closed, so that a renderer can be complete.
type Block interface{ block() }

// A Para is a paragraph.
type Para struct {
	Spans []Span `json:"spans"`
	Small bool   `json:"small,omitempty"` // a remark: shown smaller or greyer where the surface can
}

// A List is a list of lines, in order of importance.
type List struct {
	Items    [][]Span `json:"items"`
	Numbered bool     `json:"numbered,omitempty"`
}

// A Table has one head cell for each column; shorter rows are filled with empty cells.
type Table struct {
	Head  []string   `json:"head"`
	Rows  [][][]Span `json:"rows"`            // row, column, spans
	Right []bool     `json:"right,omitempty"` // columns of numbers, shown flush right; missing means flush left
}

// Code is preformatted text.
type Code struct {
	Text     string `json:"text"`
	Language string `json:"language,omitempty"` // such as "go" or "diff"; empty: plain text
}

// A Fold is what most readers do not need. Where the surface can fold, it is folded under its title; elsewhere it is left out and a
// button with the title runs the command Ask, which shows it. A Fold without Ask is shown in full where the surface cannot fold.
type Fold struct {
	Title  string `json:"title"`
	Blocks Blocks `json:"blocks"`
	Ask    string `json:"ask,omitempty"`
}

func (Para) block()  {}
func (List) block()  {}
func (Table) block() {}
func (Code) block()  {}
func (Fold) block()  {}

// P is a paragraph of the spans.
func P(spans ...Span) Para { return Para{Spans: spans} }

// Small is a remark of the spans.
func Small(spans ...Span) Para { return Para{Spans: spans, Small: true} }

// Item is a list item of the spans.
func Item(spans ...Span) []Span { return spans }
