package bot

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Outcome says what a failed attempt to show something leads to.
type Outcome int

// The outcomes. The zero Outcome is what nothing is known of.
const (
	Ambiguous Outcome = iota // it may or may not be shown: Find tells
	NotShown                 // it is certainly not shown, and may be later
	Refused                  // it is not shown, and never will be
)

// String names the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case NotShown:
		return "not shown"
	case Refused:
		return "refused"
	}
	return "ambiguous"
}

// A knownFailure is an error of a Poster that knows its outcome. after is how long to wait before trying again; 0 leaves that to the bot.
type knownFailure interface {
	error
	Outcome() (o Outcome, after time.Duration)
}

// outcome is what an error of a Poster leads to.
func outcome(err error) (o Outcome, after time.Duration) {
	if f, ok := errors.AsType[knownFailure](err); ok {
		return f.Outcome()
	}
	return Ambiguous, 0
}

func refused(err error) bool {
	o, _ := outcome(err)
	return o == Refused
}

const (
	firstLook  = 5 * time.Second // see Bot.Looks
	secondLook = 30 * time.Second
	postTime   = time.Minute    // for one attempt to show a reply
	keepTrying = 24 * time.Hour // to show a reply
)

// deliver shows the reply of one row, or notes what became of the attempt.
func (p *pipeline) deliver(e Entry) (wait time.Duration, err error) {
	row, err := read[outRow](e)
	if err != nil {
		return 0, p.drop(e, deadLetter{Err: err.Error()})
	}
	if wait := time.Until(row.After); wait > 0 {
		return wait, nil
	}
	way := p.wayOf(row)
	if way == nil {
		return 0, p.drop(e, deadLetter{Reply: &row, Err: "no way to do this here"})
	}
	if old, err := p.superseded(e, row); err != nil || old {
		return 0, err
	}
	if row.Ref == "" {
		if err := p.receipt(p.ctx, &row); err != nil {
			return 0, err
		}
	}
	if p.mayBeShown(e.Key, row) {
		if done, err := p.lookFor(way, e, &row); done || err != nil {
			return 0, err
		}
	}
	if err := p.itsTurn(way, e.Key, row); err != nil {
		return 0, err
	}
	begun, shown, failed, err := p.post(way, e, row)
	if begun || err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, p.notShown(e, row, shown, failed)
	}
	return 0, p.shown(e, row, shown)
}

// post does what a row says, when it is its turn; begun and err are those of begin, with which nothing was done.
func (p *pipeline) post(w way, e Entry, row outRow) (begun bool, shown string, failed, err error) {
	defer p.posts.take()()
	if begun, err = p.begin(e, row); begun || err != nil {
		return begun, "", nil, err
	}
	ctx, cancel := context.WithTimeout(p.ctx, postTime)
	defer cancel()
	p.bot.point("before post")
	p.forgetTurn(e.Key)
	shown, failed = w.do(ctx, row)
	p.bot.point("after post")
	return false, shown, failed, nil
}

// itsTurn waits until a new message may be shown in its place, once for each posting.
func (p *pipeline) itsTurn(w way, key string, row outRow) error {
	queue, ok := w.(waits)
	p.mu.Lock()
	waited := p.waited[key]
	p.mu.Unlock()
	if !ok || row.Ref != "" || waited {
		return nil
	}
	if err := queue.wait(p.ctx, row.To); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited[key] = true
	return nil
}

func (p *pipeline) forgetTurn(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waited, key)
}

// mayBeShown reports whether a posting of the row began of which nobody knows the outcome.
func (p *pipeline) mayBeShown(key string, row outRow) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return row.Ref == "" && !row.Since.IsZero() && (row.Run != p.run || row.Unsure || p.called[key])
}

// lookFor looks for what may be shown. Found, it is what is edited from now on. Not found, it is looked for again, and in the end posted again:
// done is true when there is nothing more to do now. Where looking is refused, nobody will ever know: that counts as not found.
func (p *pipeline) lookFor(w way, e Entry, row *outRow) (done bool, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, postTime)
	defer cancel()
	p.bot.point("before find")
	ref, found, failed := w.find(ctx, *row)
	p.bot.point("after find")
	if row.Run != p.run && !row.Doubted { // it may have been sent off until the run that had it was over
		row.Since, row.Doubted = latest(row.Since, p.began), true
	}
	age := time.Since(row.Since)
	switch {
	case failed == nil && found:
		row.Ref = ref
		p.bot.meter().Add("effects_ambiguous_total", 1, "resolution", "adopted")
		return false, nil
	case failed != nil && !refused(failed) && time.Since(row.Planned) < keepTrying:
		row.Attempts++
		row.LastErr = failed.Error()
		return true, p.later(e, *row, backoff(row.Attempts))
	case age < p.bot.Looks[0]:
		return true, p.later(e, *row, p.bot.Looks[0]-age)
	case age < p.bot.Looks[1]:
		return true, p.later(e, *row, p.bot.Looks[1]-age)
	}
	row.Since, row.Unsure, row.Doubted = time.Time{}, false, false
	p.bot.meter().Add("effects_ambiguous_total", 1, "resolution", "sent again")
	return false, nil
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// begin notes, before a new message is posted, that it is. An edit may be done twice and needs no note. begun is true when the row was written
// and is to be read again.
func (p *pipeline) begin(e Entry, row outRow) (begun bool, err error) {
	p.mu.Lock()
	ready := row.Ref != "" || row.Run == p.run && !row.Since.IsZero() && !p.called[e.Key]
	if ready {
		p.called[e.Key] = true
	}
	p.mu.Unlock()
	if ready {
		return false, nil
	}
	row.Since, row.Run, row.Doubted = time.Now().UTC(), p.run, false
	p.forgetCall(e.Key)
	p.bot.point("before posting again is noted")
	return true, p.rewrite(e, row)
}

// shown notes that the reply is shown as ref, and that the row is done.
func (p *pipeline) shown(e Entry, row outRow, ref string) error {
	p.bot.point("before shown is noted")
	changes := []Change{{Key: e.Key}}
	outcome := "shown"
	switch {
	case row.Effect != nil:
		outcome = "done"
	case row.Ref != "":
		outcome = "edited"
	}
	p.bot.meter().Add("effects_total", 1, "kind", row.kind(), "outcome", outcome)
	p.bot.Log.Debug(outcome, "what", row.kind(), "trace_id", row.Trace, "message", ref)
	changes = append(changes, p.came(row, outcome, ref)...)
	if place := row.receiptKey(); place != "" && ref != "" {
		change, err := put(place, ref)
		if err != nil {
			return err
		}
		changes = append(changes, change)
	}
	if row.Then != nil {
		next := *row.Then
		if row.Effect != nil {
			next.Data = result(EffectResult{Result: json.RawMessage(ref)})
		} else {
			next.ReplyTo.Thread, next.ReplyTo.Message = ref, ref
		}
		change, err := p.ask(p.rowName(next), next, false)
		if err != nil {
			return err
		}
		changes = append(changes, change)
	}
	_, err := p.commit(e, changes)
	return err
}

// kind is what the meter calls the row.
func (row outRow) kind() string {
	if row.Effect != nil {
		return row.Effect.Kind
	}
	return "reply"
}

// notShown notes what a failed attempt leads to.
func (p *pipeline) notShown(e Entry, row outRow, shown string, failed error) error {
	outcome, after := outcome(failed)
	row.Attempts++
	row.LastErr = failed.Error()
	if shown != "" {
		row.Ref = shown // a part of it is shown
	}
	p.bot.Log.Warn("not done", "what", row.kind(), "trace_id", row.Trace, "attempt", row.Attempts, "err", failed)
	p.bot.meter().Add("effects_total", 1, "kind", row.kind(), "outcome", outcome.String())
	row.Since = time.Time{}
	if outcome == Ambiguous {
		row.Since = time.Now().UTC() // until now it may have been sent off
	}
	over := outcome == Refused || time.Since(row.Planned) > keepTrying
	switch {
	case over && row.Effect != nil && row.Then != nil:
		return p.effectFailed(e, row)
	case outcome == Refused && row.Then != nil && row.Then.Kind != Tick: // nobody waits for what follows a post
		return p.excuse(e, row)
	case over:
		return p.drop(e, deadLetter{Reply: &row, Attempts: row.Attempts, Err: row.LastErr})
	case outcome == Ambiguous && row.Ref == "":
		return p.later(e, row, p.bot.Looks[0])
	}
	return p.later(e, row, max(after, backoff(row.Attempts)))
}

// later has the row dealt with again after a while.
func (p *pipeline) later(e Entry, row outRow, wait time.Duration) error {
	row.After = time.Now().Add(wait).UTC()
	return p.rewrite(e, row)
}

// rewrite stores what became of a row, unless it changed meanwhile.
func (p *pipeline) rewrite(e Entry, row any) error {
	change, err := put(e.Key, row)
	if err == nil {
		_, err = p.bot.Store.Txn(p.ctx, []Guard{{e.Key, e.Rev}}, []Change{change})
	}
	return err
}

// done forgets what is known in memory about a row that is gone.
func (p *pipeline) done(key string) {
	if isRow(key, inPrefix) {
		p.waiting.Add(-1)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.outs, key)
	delete(p.waited, key)
	delete(p.called, key)
}

func (p *pipeline) forgetCall(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.called, key)
}
