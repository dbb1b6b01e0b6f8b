package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A laterRow is a question to be asked when its time has come.
type laterRow struct {
	Request Request
	Alarm   string // the key of its place in alarmPrefix
}

// remind are the changes that set the reminders of a turn, each in the place of an earlier one with its key, and the conditions under which they do.
func (p *pipeline) remind(req Request, later []Reminder) (changes []Change, guards []Guard, err error) {
	for _, r := range later {
		alarm := alarmPrefix + key(req.conversation(), r.Key)
		before, set, err := p.bot.Store.Get(p.ctx, alarm)
		if err != nil {
			return nil, nil, err
		}
		guards = append(guards, Guard{alarm, before.Rev})
		earlier := ""
		if set {
			if earlier, err = read[string](before); err != nil {
				return nil, nil, err
			}
		}
		at := fmt.Sprintf("%s%020d/%s", laterPrefix, max(r.At.UnixNano(), 0), key(req.conversation(), r.Key))
		if earlier != "" && (r.At.IsZero() || earlier != at) {
			changes = append(changes, Change{Key: earlier})
		}
		if r.At.IsZero() {
			changes = append(changes, Change{Key: alarm})
			continue
		}
		row, err := put(at, laterRow{Alarm: alarm, Request: Request{
			ID: fmt.Sprintf("%s%s/%d", laterPrefix, alarm, r.At.UnixNano()), Kind: Tick, From: req.From, ReplyTo: req.ReplyTo, Subject: req.Subject,
			Text: r.Text, Time: r.At.UTC(),
		}})
		if err != nil {
			return nil, nil, err
		}
		place, err := put(alarm, at)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, row, place)
	}
	return changes, guards, nil
}

// errUnsure is what a reminder is refused with when nobody can tell what whoever set it may do.
var errUnsure = errors.New("permission unknown")

// stopped is the error of a reminder that is refused: nobody has asked just now, so it says what ends.
func stopped(text string, d decision) error {
	if d.reason == "unknown" {
		return errUnsure
	}
	return &UserError{Text: fmt.Sprintf("I have stopped %q: whoever asked me for it may not do so here any more. Somebody who may can ask me again.", cut(CleanLine(text), 200))}
}

// alarmOf is the place of a reminder in alarmPrefix; "" when the request is none.
func alarmOf(r Request) string {
	rest, ok := strings.CutPrefix(r.ID, laterPrefix)
	if i := strings.LastIndexByte(rest, '/'); ok && i > 0 && r.Kind == Tick {
		return rest[:i]
	}
	return ""
}

// unsureAgain is how long after that a reminder is asked again.
const unsureAgain = 10 * time.Minute

// postpone has a reminder asked again after a while, unless another one has taken its place.
func (p *pipeline) postpone(e Entry, req Request) error {
	alarm := alarmOf(req)
	_, set, err := p.bot.Store.Get(p.ctx, alarm)
	if err != nil {
		return err
	}
	if set {
		_, err = p.commit(e, []Change{{Key: e.Key}})
		return err
	}
	req.Time = time.Now().Add(unsureAgain).UTC()
	req.ID = fmt.Sprintf("%s%s/%d", laterPrefix, alarm, req.Time.UnixNano())
	at := fmt.Sprintf("%s%020d/%s", laterPrefix, req.Time.UnixNano(), strings.TrimPrefix(alarm, alarmPrefix))
	row, err := put(at, laterRow{Alarm: alarm, Request: req})
	if err != nil {
		return err
	}
	place, err := put(alarm, at)
	if err != nil {
		return err
	}
	_, err = p.commit(e, []Change{{Key: e.Key}, row, place}, Guard{Key: alarm})
	return err
}

// lookAgain is the longest time between two looks at the reminders: the clock may have been set, or the machine asleep.
const lookAgain = time.Minute

// keepReminders asks what is due until ctx ends.
func (p *pipeline) keepReminders(ctx context.Context) {
	for {
		wait, err := p.ring(ctx)
		if err != nil && ctx.Err() == nil {
			p.bot.Log.Error("reminders could not be read; trying again", "err", err)
			wait = storeRetry
		}
		timer := time.NewTimer(min(wait, lookAgain))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-p.alarm:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// setAlarm has the reminders looked at: there is a new one.
func (p *pipeline) setAlarm() {
	select {
	case p.alarm <- struct{}{}:
	default: // they will be looked at
	}
}

// ring makes requests of the reminders that are due, and returns how long it is until the next one.
func (p *pipeline) ring(ctx context.Context) (wait time.Duration, err error) {
	for {
		first, err := p.bot.Store.Scan(ctx, laterPrefix, "", 1)
		if err != nil || len(first) == 0 {
			return lookAgain, err
		}
		row, err := read[laterRow](first[0])
		if err != nil {
			if err := p.drop(first[0], deadLetter{Err: err.Error()}); err != nil {
				return 0, err
			}
			continue
		}
		if wait := time.Until(row.Request.Time); wait > 0 {
			return wait, nil
		}
		ask, err := p.ask(p.rowName(row.Request), row.Request, false)
		if err != nil {
			return 0, err
		}
		if _, err := p.commit(first[0], []Change{{Key: first[0].Key}, {Key: row.Alarm}, ask}); err != nil {
			return 0, err
		}
	}
}
