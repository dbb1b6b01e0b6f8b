package slack

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"shipmate/bot"
)

// Run receives requests over Socket Mode until ctx ends, and then returns nil; or returns an error that trying again will not mend: a token
// that is refused, Socket Mode switched off. An envelope is acknowledged once accept has taken what it says, or when there is nothing in it
// for the bot; otherwise Slack sends it again.
//
// When ctx ends, what was received is still accepted and acknowledged before the sockets are closed.
func (c *Client) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	who, err := c.introduce(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	in := c.newIntake(context.WithoutCancel(ctx), who, accept)
	return c.supervise(ctx, in)
}

// introduce finds out who the bot is, however long Slack cannot be reached.
func (c *Client) introduce(ctx context.Context) (Workspace, error) {
	for failures := 1; ; failures++ {
		call, cancel := context.WithTimeout(ctx, c.times.reconnect)
		who, err := c.identity(call)
		cancel()
		if ctx.Err() != nil {
			return Workspace{}, nil
		}
		if err == nil || isFatal(err) {
			return who, err
		}
		c.log.Warn("slack does not answer", "err", err)
		if !sleep(ctx, c.delay(failures, err)) {
			return Workspace{}, nil
		}
	}
}

// supervise keeps a socket open. The next one is opened as soon as the last was told to go, which may still deliver for a while; a second
// socket beside the first would be a second loop over the same intake.
func (c *Client) supervise(ctx context.Context, in *intake) error {
	var sockets sync.WaitGroup
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	// In this order: accept and acknowledge what was received, say goodbye on every socket, wait for the sockets to end.
	defer sockets.Wait()
	defer end()
	defer in.drain()

	failures := 0
	for {
		s, err := c.open(ctx)
		if ctx.Err() != nil {
			if s != nil {
				s.conn.Close()
			}
			return nil
		}
		graceful := false
		if err == nil {
			sockets.Go(func() { s.serve(life, in) })
			select {
			case <-ctx.Done():
				return nil
			case <-s.leaving:
			}
			graceful, err = s.verdict()
			if time.Since(s.since) >= c.times.stable {
				failures = 0
			}
		}
		if isFatal(err) {
			return err
		}
		if !graceful {
			failures++
			c.log.Warn("slack socket lost", "failures", failures, "err", err)
		}
		if !sleep(ctx, c.delay(failures, err)) {
			return nil
		}
		if graceful {
			failures++ // a second one in a row is not as asked for
		}
		c.counters.reconnects.Add(1)
	}
}

// delay is how long to wait before connecting again after so many failures: nothing after none, then a time that doubles up to half a
// minute, with some chance in it; never less than Slack asked for.
func (c *Client) delay(failures int, err error) time.Duration {
	var wait time.Duration
	if failures > 0 {
		wait = min(c.times.backoff<<min(failures-1, 16), c.times.maxWait)
		wait -= rand.N(wait/5 + 1)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}

// sleep waits for d and reports whether ctx lived that long.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Stats count what happened since the Client was made.
type Stats struct {
	Sockets    int       // open now
	LastSign   time.Time // when a socket last showed life; zero: never
	Reconnects int64
	Envelopes  int64 // received
	Accepted   int64 // requests taken
	Refused    int64 // requests not taken and left for Slack to send again
	Unreadable int64 // envelopes acknowledged without being understood
}

// Stats returns the counts. With a healthy connection Sockets is at least one and LastSign not older than half a minute.
func (c *Client) Stats() Stats {
	s := Stats{
		Sockets: int(c.counters.sockets.Load()), Reconnects: c.counters.reconnects.Load(), Envelopes: c.counters.envelopes.Load(),
		Accepted: c.counters.accepted.Load(), Refused: c.counters.refused.Load(), Unreadable: c.counters.unreadable.Load(),
	}
	if t := c.counters.lastSign.Load(); t != 0 {
		s.LastSign = time.Unix(0, t)
	}
	return s
}

type counters struct {
	sockets, lastSign, reconnects, envelopes, accepted, refused, unreadable atomic.Int64
}
