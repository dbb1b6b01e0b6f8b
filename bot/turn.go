package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	attemptsAtMost = 5
	firstBackoff   = 2 * time.Second
	longestBackoff = 5 * time.Minute
	longestReply   = 200 << 10 // bytes of a stored reply
)

// turn runs one request and commits what it leads to: memory, replies, and that it is done, in one transaction. An attempt that fails is made
// again later, until it is given up.
func (p *pipeline) turn(e Entry) (wait time.Duration, err error) {
	row, err := read[inRow](e)
	if err != nil {
		return 0, p.drop(e, deadLetter{Err: err.Error()})
	}
	if wait := time.Until(row.After); wait > 0 {
		return wait, nil
	}
	if row.Run != p.run { // counted by a run that may have ended in this attempt
		return 0, p.count(e, row)
	}
	if row.Attempts > attemptsAtMost {
		return 0, p.giveUp(e, row)
	}
	if row.Request.Unseen {
		return 0, p.open(e, row.Request)
	}
	return 0, p.attempt(e, row)
}

// count counts the next attempt before it is made.
func (p *pipeline) count(e Entry, row inRow) error {
	p.bot.point("before an attempt is counted")
	row.Attempts++
	row.Run = p.run
	return p.rewrite(e, row)
}

// attempt makes one attempt.
func (p *pipeline) attempt(e Entry, row inRow) error {
	b, req := p.bot, row.Request
	id := traceID(req)
	log := b.Log.With("trace_id", id, "surface", req.ReplyTo.Surface, "kind", req.Kind)
	show := &shower{poster: b.Posters[req.ReplyTo.Surface], to: req.ReplyTo, key: id, ref: row.Ref, log: log}
	if show.poster != nil && req.Kind != Message {
		show.poster.Working(p.ctx, req.ReplyTo)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(p.ctx, cmp.Or(b.TurnTime, time.Minute))
	defer cancel()
	if row.Attempts > 1 {
		show.adopt(ctx)
	}
	t := &Turn{Request: req, Memory: NewMemory(b.Store, nil), Show: func(r Reply) { show.interim(ctx, r) }}
	b.point("before turn")
	reply, err := b.handle(ctx, t)
	b.point("after turn")
	if p.ctx.Err() != nil {
		return p.ctx.Err() // the program ends; the next run makes the attempt again
	}
	if mistake, ok := errors.AsType[*UserError](err); ok {
		t.Memory, err = NewMemory(b.Store, nil), nil
		if reply = ReplyTo(mistake, id); t.overheard {
			reply = Reply{}
		}
	}
	if err != nil {
		log.Error("turn failed", "command", t.Command, "attempt", row.Attempts, "err", err)
		row.Quiet = t.overheard
		return p.fail(e, row, show, err)
	}
	if err := p.finish(e, req, t.Memory, reply, show); err != nil {
		return err
	}
	if !reply.Empty() {
		log.Info("answered", "command", t.Command, "subject", reply.Subject, "ms", time.Since(start).Milliseconds())
	}
	return nil
}

// handle calls the router and makes a panic of a handler an error.
func (b *Bot) handle(ctx context.Context, t *Turn) (reply Reply, err error) {
	err = guard(func() (err error) { reply, err = b.Router.Handle(ctx, t); return err })
	return reply, err
}

// finish commits a turn. What show has shown is replaced by the reply.
func (p *pipeline) finish(e Entry, req Request, m *Memory, reply Reply, show *shower) error {
	ref, unsure := show.end()
	changes, err := m.changes()
	if err != nil {
		return err
	}
	changes = append(changes, Change{Key: e.Key})
	posts := append([]Post{{To: req.ReplyTo, Reply: reply}}, reply.Also...)
	for i, post := range posts {
		if post.Reply.Empty() {
			continue
		}
		row := outRow{To: post.To, Reply: post.Reply, Trace: traceID(req), Key: traceID(req)}
		if i == 0 {
			row.Ref, row.Unsure = ref, unsure
		} else {
			row.Key = fmt.Sprintf("%s-%d", row.Key, i)
		}
		change, err := p.plan(post.To.outKey(nameOf(e), i), row)
		if err != nil {
			return err
		}
		changes = append(changes, change)
	}
	return p.commit(e, changes)
}

// plan is the change that has a reply shown.
func (p *pipeline) plan(key string, row outRow) (Change, error) {
	row.Reply.Also, row.Reply.Facts = nil, nil
	row.Run, row.Planned = p.run, time.Now().UTC()
	if row.Ref == "" {
		row.Since = row.Planned // it is sent off right after this is durable
	}
	change, err := put(key, row)
	if err == nil && len(change.Value) > longestReply {
		row.Reply = Reply{Title: row.Reply.Title, Blocks: Blocks{P(Text("The answer is too long to be shown. Ask for a part of it."))}}
		return put(key, row)
	}
	return change, err
}

// commit makes changes that depend on the row e, and looks at the conversations that got rows by them.
func (p *pipeline) commit(e Entry, changes []Change) error {
	p.bot.point("before commit")
	ok, err := p.bot.Store.Txn(p.ctx, []Guard{{e.Key, e.Rev}}, changes)
	if err != nil {
		return err
	}
	p.bot.point("after commit")
	if !ok {
		return nil // somebody else dealt with it
	}
	p.done(e.Key)
	for _, c := range changes {
		if c.Value != nil && isRow(c.Key, inPrefix) {
			p.waiting.Add(1)
		}
		if c.Value != nil && (isRow(c.Key, inPrefix) || isRow(c.Key, outPrefix)) && conversationOf(c.Key) != conversationOf(e.Key) {
			p.wake(conversationOf(c.Key))
		}
	}
	return nil
}

// fail plans the next attempt of a turn that failed, and says so after the first.
func (p *pipeline) fail(e Entry, row inRow, show *shower, err error) error {
	if row.Attempts == 1 && !row.Quiet {
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

// giveUp makes a request a dead letter and apologises once.
func (p *pipeline) giveUp(e Entry, row inRow) error {
	req := row.Request
	letter := deadLetter{Request: &req, Attempts: row.Attempts - 1, Err: row.LastErr}
	if row.Quiet {
		return p.drop(e, letter)
	}
	last := errors.New(row.LastErr)
	if row.Late {
		last = context.DeadlineExceeded
	}
	apology, err := p.plan(req.ReplyTo.outKey(nameOf(e), 0), outRow{
		To: req.ReplyTo, Ref: row.Ref, Trace: traceID(req), Key: traceID(req), Reply: ReplyTo(last, traceID(req)),
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
		letter.Trace = traceID(*letter.Request)
	case letter.Reply != nil:
		letter.Trace = letter.Reply.Trace
	default:
		letter.Trace = traceID(Request{ID: e.Key})
	}
	kept, err := put(deadPrefix+key(day(letter.Time), letter.Trace), letter)
	if err != nil {
		return err
	}
	p.bot.Log.Error("given up", "trace_id", letter.Trace, "attempts", letter.Attempts, "err", letter.Err)
	return p.commit(e, append(more, Change{Key: e.Key}, kept))
}
