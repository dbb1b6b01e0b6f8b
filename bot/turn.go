package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	if row.Limited {
		return 0, p.tooOften(e, row.Request)
	}
	if row.Request.Unseen {
		return 0, p.open(e, row.Request)
	}
	if row.Request.Kind == Tick {
		select {
		case p.ticks <- struct{}{}:
			defer func() { <-p.ticks }()
		default:
			return tickRetry, nil // people go first
		}
	}
	p.letAccept()
	return 0, p.attempt(e, row)
}

// count counts the next attempt before it is made.
func (p *pipeline) count(e Entry, row inRow) error {
	p.bot.point("before an attempt is counted")
	row.Attempts++
	row.Run, row.Crashed = p.run, true
	return p.rewrite(e, row)
}

// attempt makes one attempt.
func (p *pipeline) attempt(e Entry, row inRow) error {
	b, req := p.bot, row.Request
	id := TraceID(req)
	log := b.Log.With("trace_id", id, "surface", req.ReplyTo.Surface, "kind", req.Kind)
	show := &shower{poster: b.Posters[req.ReplyTo.Surface], to: req.ReplyTo, key: id, ref: row.Ref, log: log}
	if show.poster != nil && req.Kind != Message && req.Kind != Tick {
		show.poster.Working(p.ctx, req.ReplyTo)
	}
	start := time.Now()
	same, err := p.alikes(e, req)
	if err != nil {
		return err
	}
	t, reply, err := p.answer(row, show)
	if p.ctx.Err() != nil {
		return p.ctx.Err() // the program ends; the next run makes the attempt again
	}
	if errors.Is(err, errUnsure) {
		return p.postpone(e, req)
	}
	if t.decision.outcome == "refused" {
		b.meter().Add("authz_denied_total", 1, "reason", t.decision.reason)
	}
	b.meter().Observe("handler_duration_seconds", time.Since(start), "handler", cmp.Or(t.Command, "none"), "outcome", outcomeOf(err))
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
	if err := p.finish(e, t, reply, show); err != nil {
		return err
	}
	if t.decision.outcome == "allowed" && !reply.Failed {
		if err := p.answerAlike(same, t); err != nil {
			return err
		}
	}
	if !reply.Empty() {
		log.Info("answered", "command", t.Command, "subject", reply.Subject, "ms", time.Since(start).Milliseconds())
	}
	return nil
}

// answer has a handler answer a request, when it is its turn.
func (p *pipeline) answer(row inRow, show *shower) (t *Turn, reply Reply, err error) {
	release := p.turns.take()
	defer release()
	ctx, cancel := context.WithTimeout(p.ctx, cmp.Or(p.bot.TurnTime, time.Minute))
	defer cancel()
	if row.Attempts > 1 || row.Changed {
		show.adopt(ctx)
		if row.Crashed && show.ref == "" {
			show.unsure = latest(show.unsure, p.began)
		}
	}
	t = &Turn{Request: row.Request, Memory: NewMemory(p.bot.Store, nil), Show: func(r Reply) { show.interim(ctx, r) }}
	p.bot.point("before turn")
	reply, err = p.bot.handle(ctx, t)
	p.bot.point("after turn")
	return t, reply, err
}

// outcomeOf is how a turn ended, for the meter.
func outcomeOf(err error) string {
	if _, mistake := errors.AsType[*UserError](err); mistake {
		return "refused"
	}
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.DeadlineExceeded):
		return "late"
	}
	return "failed"
}

// handle calls the router and makes a panic of a handler an error.
func (b *Bot) handle(ctx context.Context, t *Turn) (reply Reply, err error) {
	panicked := true
	err = guard(func() (err error) {
		reply, err = b.Router.Handle(ctx, t)
		panicked = false
		return err
	})
	if panicked {
		b.meter().Add("handler_panics_total", 1, "handler", cmp.Or(t.Command, "none"))
	}
	return reply, err
}

// finish commits a turn. What show has shown is replaced by the reply.
func (p *pipeline) finish(e Entry, t *Turn, reply Reply, show *shower) error {
	ref, unsure := show.end()
	changes, err := t.Memory.changes()
	if err != nil {
		return err
	}
	if reply.Empty() && ref != "" {
		reply.Title = "Done: there is nothing to say." // what was shown meanwhile does not stay
	}
	replies, err := p.replies(e, t.Request, reply, ref, unsure)
	if err != nil {
		return err
	}
	reminders, guards, err := p.remind(t.Request, reply.Later)
	if err != nil {
		return err
	}
	changes = slices.Concat(changes, replies, reminders, p.decided(t.Request, t.decision), []Change{{Key: e.Key}})
	ok, err := p.commit(e, changes, guards...)
	if err == nil && !ok {
		err = p.overtaken(e, t.Request, ref, show)
	}
	return err
}

// replies are the rows of everything that a turn has shown and done.
func (p *pipeline) replies(e Entry, req Request, reply Reply, ref string, unsure time.Time) (changes []Change, err error) {
	add := func(key string, row outRow) {
		if err == nil {
			var change Change
			change, err = p.plan(key, row)
			changes = append(changes, change)
		}
	}
	trace := TraceID(req)
	for i, post := range append([]Post{{To: req.ReplyTo, Reply: reply}}, reply.Also...) {
		row := outRow{To: post.To, Reply: post.Reply, Trace: trace, Key: trace}
		if i == 0 {
			row.Ref, row.Unsure, row.Since = ref, !unsure.IsZero(), unsure
		} else {
			row.Key = fmt.Sprintf("%s-%d", trace, i)
		}
		if post.Then != "" {
			row.Then = &Request{
				ID: fmt.Sprintf("%s/shown/%d", req.ID, i), Kind: Tick, From: req.From, ReplyTo: post.To, Subject: post.Reply.Subject, Text: post.Then, Time: time.Now().UTC(),
			}
		}
		if !post.Reply.Empty() {
			add(post.To.outKey(nameOf(e), i), row)
		}
	}
	for i, effect := range reply.Do {
		n := len(reply.Also) + 1 + i
		effect.Key = cmp.Or(effect.Key, fmt.Sprintf("%s-%d", trace, n))
		row := outRow{To: req.ReplyTo, Effect: &effect, Trace: trace, Key: effect.Key}
		if effect.Then != "" {
			row.Then = &Request{
				ID: req.ID + "/done/" + effect.Key, Kind: Done, From: req.From, ReplyTo: req.ReplyTo, Subject: cmp.Or(reply.Subject, req.Subject), Text: effect.Then,
				Time: time.Now().UTC(),
			}
		}
		add(req.ReplyTo.outKey(nameOf(e), n), row)
	}
	return changes, err
}

// plan is the change that has a reply shown or an effect carried out.
func (p *pipeline) plan(key string, row outRow) (Change, error) {
	row.Reply.Also, row.Reply.Do, row.Reply.Later, row.Reply.Facts = nil, nil, nil, nil
	row.Run, row.Planned = p.run, time.Now().UTC()
	if row.Ref == "" && !row.Unsure && p.backlog() < begunAtOnce {
		row.Since = row.Planned // it is sent off right after this is durable
	}
	change, err := put(key, row)
	if err == nil && len(change.Value) > longestReply {
		if row.Effect != nil {
			return change, fmt.Errorf("effect %s: its data is too long to be stored", row.Effect.Kind)
		}
		row.Reply = Reply{Title: row.Reply.Title, Blocks: Blocks{P(Text("The answer is too long to be shown. Ask for a part of it."))}}
		return put(key, row)
	}
	return change, err
}

// commit makes changes that depend on the row e, and looks at the conversations that got rows by them. ok is false when the row, or what else
// the guards name, has changed since it was read.
func (p *pipeline) commit(e Entry, changes []Change, more ...Guard) (ok bool, err error) {
	p.bot.point("before commit")
	ok, err = p.bot.Store.Txn(p.ctx, append(more, Guard{e.Key, e.Rev}), changes)
	if err != nil {
		return false, err
	}
	p.bot.point("after commit")
	if !ok {
		return false, nil
	}
	p.done(e.Key)
	for _, c := range changes {
		if c.Value != nil && isRow(c.Key, inPrefix) {
			p.waiting.Add(1)
		}
		if c.Value != nil && isRow(c.Key, outPrefix) {
			p.planned(c.Key)
		}
		if c.Value != nil && (isRow(c.Key, inPrefix) || isRow(c.Key, outPrefix)) && conversationOf(c.Key) != conversationOf(e.Key) {
			p.wake(conversationOf(c.Key))
		}
		if c.Value != nil && isRow(c.Key, laterPrefix) {
			p.setAlarm()
		}
	}
	return true, nil
}

// planned notes that a row of the outbox was planned in this run.
func (p *pipeline) planned(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outs[key] = true
}

// backlog is how many rows were planned in this run and are not dealt with yet.
func (p *pipeline) backlog() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.outs)
}

// overtaken deals with a turn whose question was edited or deleted while it ran: an edited one is asked again and replaces what was shown; for
// a deleted one nothing more is said.
func (p *pipeline) overtaken(e Entry, req Request, ref string, show *shower) error {
	if ref == "" {
		return nil
	}
	now, ok, err := p.bot.Store.Get(p.ctx, e.Key)
	switch {
	case err != nil:
		return err
	case !ok:
		if _, err := show.poster.Post(p.ctx, req.ReplyTo, ref, show.key, Reply{Title: "The question was deleted, so I stopped."}); err != nil {
			show.log.Warn("interim reply left standing", "err", err)
		}
		return nil
	}
	row, err := read[inRow](now)
	if err != nil {
		return err
	}
	row.Ref = ref
	return p.rewrite(now, row)
}
