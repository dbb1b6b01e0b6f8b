package slack

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
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

// supervise keeps the sockets open, each in a loop of its own over the same intake, and looks for what they did not deliver, until ctx ends or
// one of the loops learns that nothing will work.
func (c *Client) supervise(ctx context.Context, in *intake) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sockets sync.WaitGroup
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	// In this order: accept and acknowledge what was received, say goodbye on every socket, wait for the sockets to end.
	defer sockets.Wait()
	defer end()
	defer in.drain()

	var loops sync.WaitGroup
	fatal := make([]error, c.sockets+1)
	start := func(i int, loop func(context.Context) error) {
		loops.Go(func() {
			if fatal[i] = loop(ctx); fatal[i] != nil {
				cancel()
			}
		})
	}
	for i := range c.sockets {
		start(i, (&keeper{c: c, in: in, life: life, sockets: &sockets, number: i}).keep)
	}
	start(c.sockets, (&catchUp{c: c, in: in}).run)
	loops.Wait()
	return cmp.Or(fatal...)
}

// A keeper keeps one socket open. When it was told to go the next one is opened first; only once that is greeted the old one ends, after the
// time for what is on its way.
type keeper struct {
	c        *Client
	in       *intake
	life     context.Context // of the sockets
	sockets  *sync.WaitGroup
	number   int     // which of the client's sockets it is, from 0
	failures int     // in a row
	old      *socket // was told to go; nil at first
}

func (k *keeper) keep(ctx context.Context) error {
	if k.number > 0 && !sleep(ctx, k.c.times.stagger) {
		return nil
	}
	for {
		spare := 0
		if k.failures > 1 { // what another keeper needs for a refresh is left to it
			spare = opensSpared
		}
		if !k.c.opens.wait(ctx, spare) {
			return nil
		}
		reason, err := k.one(ctx)
		if isFatal(err) {
			return err // also when ctx has ended meanwhile
		}
		if ctx.Err() != nil {
			return nil
		}
		if !k.rest(ctx, reason, err) {
			return nil
		}
	}
}

// one opens a socket and waits until the next one is needed. It says why that is; err is nil when Slack only wants a fresh one.
func (k *keeper) one(ctx context.Context) (reason string, err error) {
	c := k.c
	c.counters.opens.Add(1)
	s, err := c.open(ctx)
	if err != nil {
		return refusedSocket, err
	}
	if ctx.Err() != nil {
		s.close()
		return replaced, nil
	}
	c.live.add(s)
	k.sockets.Go(func() { s.serve(k.life, k.in) })
	if k.old != nil {
		k.old.retire()
	}
	k.old = s
	select {
	case <-ctx.Done():
	case <-s.leaving:
	}
	select {
	case <-s.leaving:
	default:
		return replaced, nil
	}
	c.live.remove(s)
	if time.Since(s.since) >= c.times.stable {
		k.failures = 0
	}
	_, err = s.verdict()
	return s.reason, err
}

// rest waits until the next socket may be opened, and reports whether ctx lived that long.
func (k *keeper) rest(ctx context.Context, reason string, err error) bool {
	c := k.c
	if err != nil {
		k.failures++
		c.log.Warn("slack socket lost", "socket", k.number, "failures", k.failures, "err", err)
	}
	wait := c.delay(k.failures, err)
	if code(err) == tooMany {
		reason = tooMany
		if k.failures > patience && c.live.count() > 0 {
			wait = c.times.yield // one that works is enough; more would only fight for the last place
		}
	}
	if !slices.Contains(knownReasons, reason) {
		reason = "other"
	}
	c.meter.Add("slack_reconnects_total", 1, "reason", reason)
	if !sleep(ctx, wait) {
		return false
	}
	if err == nil {
		k.failures++ // a second one in a row is not as asked for
	}
	c.counters.reconnects.Add(1)
	return true
}

const (
	tooMany       = "too_many_websockets" // Slack's reason for ending a socket beyond the tenth
	refusedSocket = "refused"             // a socket that could not be opened

	// patience is after how many failures a socket that Slack has no place for is given up while another works. Until then one that was just
	// replaced may be counted still.
	patience = 5
	// opensSpared is what a keeper that fails leaves of the opens in a minute.
	opensSpared = 2
)

// knownReasons are what the meter calls the ends of sockets; others are "other".
var knownReasons = []string{"warning", "refresh_requested", replaced, silent, lost, refusedSocket, tooMany}

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
