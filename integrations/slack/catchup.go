package slack

import (
	"context"
	"time"
)

const (
	scanBack  = 24 * time.Hour // how far back is looked for what was missed
	scanMost  = 200            // messages of a channel, and of a thread, that are looked at
	scanRetry = 5 * time.Second
)

// scanBurst is how many calls of a scan may follow each other at once; the others are spaced out as Slack's tier 3 allows, fifty a minute, so that
// something is left for whoever else calls the same methods.
const scanBurst = 20

// A positionStore keeps until when everything that was written is known to have been heard. The zero time is what was never saved.
type positionStore interface {
	Load(ctx context.Context) (time.Time, error)
	Save(ctx context.Context, t time.Time) error
}

// A catchUp looks through the channels for messages that no socket delivered: after the start, when no socket was open for a while, and every
// few minutes, because a socket may look well and deliver nothing. What it finds goes the same way as what is delivered. What was written before
// the bot was first started, or before it joined a channel, is never looked at.
type catchUp struct {
	c       *Client
	in      *intake
	from    time.Time       // until when everything was heard
	refused int64           // requests, when the last look began
	told    map[string]bool // of what cannot be looked at, which is said once
	tier    pace            // of the calls
}

// findings are what a scan came to.
type findings struct {
	taken  int // what nobody had delivered
	missed int // of these, what was written while there was a socket
}

// run looks again and again until ctx ends, or Slack refuses the bot's token.
func (u *catchUp) run(ctx context.Context) error {
	c := u.c
	if c.positions == nil || !u.begin(ctx) {
		return nil
	}
	wait := c.times.scan
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-c.live.back:
		case <-time.After(wait):
		}
		if wait = c.times.scan; c.live.count() == 0 {
			continue // when there is a socket again
		}
		err := u.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case isFatal(err):
			return err
		case err != nil:
			c.log.Warn("channels could not be looked through for what was missed", "err", err)
			wait = min(c.times.soonest<<min(failures, 10), c.times.scan) - c.times.soonest
			failures++
		default:
			failures = 0
		}
		if !sleep(ctx, c.times.soonest) {
			return nil
		}
	}
}

// begin reads since when there is something to look for. It returns false when ctx ended.
func (u *catchUp) begin(ctx context.Context) bool {
	u.told, u.tier = map[string]bool{}, pace{every: u.c.times.tier, burst: scanBurst}
	for {
		from, err := u.c.positions.Load(ctx)
		if now := time.Now(); err == nil && (from.IsZero() || from.After(now)) { // the clock was put back
			from = now
			err = u.c.positions.Save(ctx, from)
		}
		if err == nil {
			u.from = from
			return ctx.Err() == nil
		}
		if ctx.Err() == nil {
			u.c.log.Error("how far the channels were read is not known; trying again", "err", err)
		}
		if !sleep(ctx, scanRetry) {
			return false
		}
	}
}

// look scans once, says what it came to, and moves on when all went well.
func (u *catchUp) look(ctx context.Context) error {
	began, refused := time.Now(), u.c.counters.refused.Load()
	f, err := u.scan(ctx)
	u.report(f, refused == u.refused)
	u.refused = refused
	if err != nil {
		return err
	}
	if from := began.Add(-u.c.times.margin); from.After(u.from) {
		u.from = from
	}
	if err := u.c.positions.Save(ctx, u.from); err != nil && ctx.Err() == nil {
		u.c.log.Error("how far the channels were read is not kept", "err", err)
	}
	return nil
}

// report says what a scan came to. Finding what was written while there was a socket means that sockets do not deliver, unless the bot itself
// refused something: they are replaced.
func (u *catchUp) report(f findings, takenWell bool) {
	c := u.c
	if f.taken == 0 {
		return
	}
	c.meter.Add("catchup_recovered_total", f.taken, "source", "slack")
	c.counters.recovered.Add(int64(f.taken))
	if f.missed > 0 && takenWell {
		c.log.Warn("messages were found that no socket delivered; the sockets are replaced", "count", f.missed)
		c.live.leaveAll()
		return
	}
	c.log.Info("messages were found that were not delivered", "count", f.taken)
}

// once logs what stands in the way of looking somewhere, the first time.
func (u *catchUp) once(where string, err error) {
	if !u.told[where] {
		u.told[where] = true
		u.c.log.Warn("what is missed here is not looked for", "where", where, "err", err)
	}
}
