package bot

import (
	"context"
	"time"
)

// amend takes note that a message was edited or deleted: the text of its request is replaced, or the request is cancelled, if it is not
// answered yet. Nothing is ever run again for an edit.
func (p *pipeline) amend(ctx context.Context, r Request) error {
	for {
		e, row, found, err := p.waitingFor(ctx, r)
		if err != nil {
			return err
		}
		var changes []Change
		if r.Kind == Deleted { // the message may come after its deletion: it is known from now on
			changes = append(changes, Change{Key: seenKey(time.Now(), r.Of), Value: []byte(seenValue)})
		}
		var guards []Guard
		if found {
			guards = append(guards, Guard{e.Key, e.Rev})
			change := Change{Key: e.Key}
			if r.Kind == Edited {
				row.Request.Text = r.Text
				if change, err = put(e.Key, row.again(p.run)); err != nil {
					return err
				}
			}
			changes = append(changes, change)
		}
		if len(changes) == 0 {
			return known(r)
		}
		ok, err := p.bot.Store.Txn(ctx, guards, changes)
		if err != nil {
			return err
		}
		if ok {
			if found && r.Kind == Deleted {
				p.done(e.Key)
			}
			return nil
		}
		// The row has changed meanwhile: look again.
	}
}

// replace puts a request in the place of the message that it came from, if that waits; done says that nothing is left to do.
func (p *pipeline) replace(ctx context.Context, r Request) (done bool, err error) {
	e, row, found, err := p.waitingFor(ctx, r)
	if err != nil || !found {
		return false, err
	}
	guards, changes := seen(r, time.Now())
	row.Request = r
	change, err := put(e.Key, row.again(p.run))
	if err != nil {
		return false, err
	}
	// When the row has changed meanwhile, or the request is known, it is taken like any other, or not at all.
	return p.bot.Store.Txn(ctx, append(guards, Guard{e.Key, e.Rev}), append(changes, change))
}

// again is the row of a request that has changed: what was begun for the old one is looked for, and there are five attempts at the new one.
func (row inRow) again(run string) inRow {
	row.Attempts, row.Run, row.Changed = 1, run, true
	row.After, row.LastErr, row.Late, row.Quiet = time.Time{}, "", false, false
	return row
}

// waitingFor finds the request that an edit or a deletion is about among those that wait in its conversation: that of the message, or the one to
// which an earlier edit of the message led.
func (p *pipeline) waitingFor(ctx context.Context, r Request) (e Entry, row inRow, found bool, err error) {
	prefix := inPrefix + key(r.conversation()) + "/"
	for after := ""; ; {
		rows, err := p.bot.Store.Scan(ctx, prefix, after, 100)
		if err != nil {
			return e, row, false, err
		}
		for _, e := range rows {
			if row, err := read[inRow](e); err == nil && (row.Request.ID == r.Of || row.Request.Of == r.Of) {
				return e, row, true, nil
			}
			after = e.Key
		}
		if len(rows) < 100 {
			return e, row, false, nil
		}
	}
}
