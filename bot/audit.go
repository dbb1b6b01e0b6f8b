package bot

import (
	"crypto/rand"
	"fmt"
	"time"
)

// An AuditRecord says what was decided or done, and for whom; never what anybody wrote.
type AuditRecord struct {
	Time    time.Time `json:"time"`
	Trace   string    `json:"trace"`   // the id under which the log speaks of the request
	Event   string    `json:"event"`   // decision, reply, effect, dead letter
	Outcome string    `json:"outcome"` // allowed, refused, limited; shown, edited, superseded, done, given up; retried, dropped
	Surface Surface   `json:"surface"`
	Actor   string    `json:"actor,omitempty"` // the ID on the surface
	Channel string    `json:"channel,omitempty"`
	Thread  string    `json:"thread,omitempty"`
	Message string    `json:"message,omitempty"` // the message that asked, or that is shown
	Command string    `json:"command,omitempty"` // or the kind of an effect
	Reason  string    `json:"reason,omitempty"`  // a fixed word or sentence
}

// A decision is what the Router decided about a turn.
type decision struct {
	command string // "" when it found none
	outcome string // allowed or refused; "" when there was nothing to decide
	reason  string
}

// record is the change that keeps an audit record until it is moved into the log; nothing when nobody keeps one.
func (p *pipeline) record(r AuditRecord) []Change {
	if !p.bot.Audited {
		return nil
	}
	return []Change{record(r, p.named.Add(1))}
}

// record is the change that writes a record down, the n-th that its writer makes.
func record(r AuditRecord, n int64) Change {
	r.Time = time.Now().UTC()
	change, err := put(fmt.Sprintf("%s%020d-%08d-%s", AuditPrefix, r.Time.UnixNano(), n, rand.Text()), r)
	if err != nil { // strings and a time always encode
		panic(err)
	}
	return change
}

// decided is the record of what was decided about a request.
func (p *pipeline) decided(req Request, d decision) []Change {
	if d.outcome == "" {
		return nil
	}
	return p.record(AuditRecord{
		Trace: TraceID(req), Event: "decision", Outcome: d.outcome, Surface: req.From.Surface, Actor: req.From.ID,
		Channel: req.ReplyTo.Channel, Thread: req.ReplyTo.Thread, Message: req.ReplyTo.Message, Command: d.command, Reason: d.reason,
	})
}

// came is the record of what came of a row of the outbox.
func (p *pipeline) came(row outRow, outcome, message string) []Change {
	r := AuditRecord{
		Trace: row.Trace, Event: "reply", Outcome: outcome, Surface: row.To.Surface, Channel: row.To.Channel, Thread: row.To.Thread, Message: message,
	}
	if row.Effect != nil {
		r.Event, r.Command, r.Message = "effect", row.Effect.Kind, ""
	}
	return p.record(r)
}
