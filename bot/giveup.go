package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// fail plans the next attempt of a turn that failed, and says so after the first.
func (p *pipeline) fail(e Entry, row inRow, show *shower, err error) error {
	if row.Attempts == 1 && !row.Quiet && alarmOf(row.Request) == "" { // nobody waits for a reminder's answer
		show.interim(p.ctx, Reply{Title: fmt.Sprintf("Something went wrong on my side. I am trying again. (id %s)", show.key)})
	}
	row.Ref, _ = show.end()
	row.LastErr, row.Late = err.Error(), errors.Is(err, context.DeadlineExceeded)
	row.Attempts++
	row.After = time.Now().Add(backoff(row.Attempts - 1)).UTC()
	return p.rewrite(e, row)
}

// backoff is how long to wait after so many attempts.
func backoff(attempts int) time.Duration {
	d := min(firstBackoff<<min(max(attempts-1, 0), 16), longestBackoff)
	return d + rand.N(d/5)
}

// giveUp makes a request a dead letter and apologises once. A reminder is asked again later instead.
func (p *pipeline) giveUp(e Entry, row inRow) error {
	req := row.Request
	if alarmOf(req) != "" && row.LastErr != "" { // not one that ends the process
		p.bot.Log.Error("a reminder fails; asking again later", "trace_id", TraceID(req), "err", row.LastErr)
		return p.postpone(e, req)
	}
	letter := deadLetter{Request: &req, Attempts: row.Attempts - 1, Err: row.LastErr}
	if row.Quiet {
		return p.drop(e, letter)
	}
	last := errors.New(row.LastErr)
	if row.Late {
		last = context.DeadlineExceeded
	}
	apology, err := p.plan(req.ReplyTo.outKey(nameOf(e), 0), outRow{
		To: req.ReplyTo, Ref: row.Ref, Trace: TraceID(req), Key: TraceID(req), Reply: ReplyTo(last, TraceID(req)),
	})
	if err != nil {
		return err
	}
	return p.drop(e, letter, apology)
}

// drop takes a row that leads nowhere out of the pipeline and keeps it as a dead letter.
func (p *pipeline) drop(e Entry, letter deadLetter, more ...Change) error {
	letter.Time = time.Now().UTC()
	switch {
	case letter.Request != nil:
		letter.Trace = TraceID(*letter.Request)
	case letter.Reply != nil:
		letter.Trace = letter.Reply.Trace
	default:
		letter.Trace = TraceID(Request{ID: e.Key})
	}
	if letter.ID = letter.Trace; letter.Reply != nil {
		letter.ID = letter.Reply.Key + "-" + letter.Reply.kind()
	}
	kept, err := put(deadPrefix+key(day(letter.Time), letter.ID), letter)
	if err != nil {
		return err
	}
	p.bot.Log.Error("given up", "trace_id", letter.Trace, "attempts", letter.Attempts, "err", letter.Err)
	more = append(more, Change{Key: e.Key}, kept)
	switch {
	case letter.Reply != nil:
		more = append(more, p.came(*letter.Reply, "given up", "")...)
	case letter.Request != nil:
		more = append(more, p.decided(*letter.Request, decision{outcome: "given up"})...)
	}
	_, err = p.commit(e, more)
	return err
}
