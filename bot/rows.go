package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Where the pipeline keeps its rows. A conversation's rows lie together, in the order in which they are to be dealt with.
const (
	inPrefix   = "in/"  // in/<conversation>/<when, which>      accepted, not yet answered
	outPrefix  = "out/" // out/<conversation>/<when, which>/<n> decided, not yet shown
	seenPrefix = "d/"   // d/<day>/<request ID>                 accepted on that day
	deadPrefix = "dlq/" // dlq/<day>/<ID of the letter>         given up

	laterPrefix = "later/" // later/<when>/<conversation>/<key>     to be asked then
	alarmPrefix = "alarm/" // alarm/<conversation>/<key>            where in later/ that is
)

// AuditPrefix begins the keys of AuditRecords that wait to be moved into the audit log, in the order in which they were made.
const AuditPrefix = "audit/"

// An inRow is a request that was accepted.
type inRow struct {
	Request  Request
	Attempts int       // counted before each is made
	Run      string    // which run of the program counted last: an attempt that it did not survive has been counted
	After    time.Time `json:",omitzero"` // not before
	LastErr  string    `json:",omitempty"`
	Ref      string    `json:",omitempty"` // the message that is shown while it is tried
	Late     bool      `json:",omitempty"` // the last attempt took too long
	Quiet    bool      `json:",omitempty"` // nobody asked the bot, so nobody is told what goes wrong
	Changed  bool      `json:",omitempty"` // it was edited while it waited: something may be shown for what it was before
	Crashed  bool      `json:",omitempty"` // a run died with it: an interim reply may still be on its way
	Limited  bool      `json:",omitempty"` // the person asks too much: that is the answer
}

// An outRow is a reply that is to be shown, or an effect that is to be carried out.
type outRow struct {
	To    Place
	Reply Reply
	// Effect is carried out in place of showing Reply; nil: there is none.
	Effect *Effect `json:",omitempty"`
	Ref    string  `json:",omitempty"` // the message to edit; "" posts one
	Trace  string  // of the request that it answers
	Key    string  // of the effect; it is left with the message
	// Then is asked once this is shown, in the thread of it; or with what came of the effect.
	Then *Request `json:",omitempty"`

	Planned  time.Time
	Attempts int
	// Since is when the posting began of which nobody knows the outcome; zero: none did.
	Since time.Time `json:",omitzero"`
	// Doubted says that Since is when the run that began it was over, as far as a later run can know.
	Doubted bool      `json:",omitempty"`
	Run     string    // which run of the program began it
	Unsure  bool      `json:",omitempty"` // an interim reply may be shown of which Ref does not know
	After   time.Time `json:",omitzero"`  // not before
	LastErr string    `json:",omitempty"`
}

// A deadLetter is a request that failed too often, or a reply that could not be shown.
type deadLetter struct {
	ID       string // what it is called by: Trace, and what tells the replies and effects of one request apart
	Trace    string // the id under which the log speaks of it
	Request  *Request
	Reply    *outRow
	Attempts int
	Err      string
	Time     time.Time
}

// rowName orders the rows of a conversation: by the time of the request, and in the order of acceptance where that has no finer grain.
func (p *pipeline) rowName(r Request) string {
	return fmt.Sprintf("%020d-%08d-%s", max(r.Time.UnixNano(), 0), p.named.Add(1), TraceID(r))
}

func (r Request) inKey(name string) string { return inPrefix + key(r.conversation(), name) }

// outKey is where the n-th reply to the request of the row name is kept until it is shown.
func (p Place) outKey(name string, n int) string {
	return outPrefix + key(p.Conversation(), name, fmt.Sprintf("%03d", n))
}

// nameOf is the name of a row: its replies are kept under the same.
func nameOf(e Entry) string { return strings.SplitN(e.Key, "/", 4)[2] }

// askedAt is when the request of a row of the inbox was asked, by the row's name.
func askedAt(e Entry) (time.Time, bool) {
	var nanos int64
	_, err := fmt.Sscanf(nameOf(e), "%d-", &nanos)
	return time.Unix(0, nanos), err == nil && nanos > 0
}

// secondPart is the part of a key behind its first slash: a conversation, or a day.
func secondPart(key string) string { return strings.SplitN(key, "/", 3)[1] }

func isRow(key, prefix string) bool { return strings.HasPrefix(key, prefix) }

// day is the name of the bucket that what is accepted at t is remembered in.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// put is the change that stores v, which must have a JSON form.
func put(key string, v any) (Change, error) {
	data, err := json.Marshal(v)
	return Change{Key: key, Value: data}, err
}

// read decodes a row.
func read[T any](e Entry) (row T, err error) {
	if err = json.Unmarshal(e.Value, &row); err != nil {
		err = fmt.Errorf("row %s: %w", e.Key, err)
	}
	return row, err
}
