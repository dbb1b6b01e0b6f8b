package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Bot wires sources, router, memory and posters together.
type Bot struct {
	Router  *Router
	Sources []Source
	Posters map[Surface]Poster
	Doers   map[string]Doer // by Effect.Kind
	Store   Store
	Log     *slog.Logger
	Meter   Meter // nil: nothing is measured
	// Audited says that what is decided and done is written down as AuditRecords, for somebody who moves them into a log.
	Audited bool
	// PerMinute is how much one person may ask within a minute; 0: without limit.
	PerMinute int
	// Used tells how full the data file is, from 0 to 1: towards 1 the bot takes less and less on. Nil: it is never full.
	Used func() float64
	// TurnTime is how long one turn may take; 0 means a minute.
	TurnTime time.Duration
	// Looks are how long after a posting whose outcome is unknown the message is looked for, and looked for once more before it is posted
	// again; the zero value means 5 and 30 seconds.
	Looks [2]time.Duration
	// Point, unless nil, is told of each point at which a crash matters. Tests end the process there.
	Point func(name string)
	// Grace is how long turns may go on after Run was told to end; 0 means 20 seconds.
	Grace time.Duration

	pipeline atomic.Pointer[pipeline] // of the last Run
}

func (b *Bot) meter() Meter {
	if b.Meter == nil {
		return NoMeter{}
	}
	return b.Meter
}

// Run accepts and answers requests until ctx ends or a source fails for good, then finishes the turns it has taken, for at most Grace. It
// returns the sources' errors; nil after an orderly end.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Turns outlive ctx by the grace: who was told "seen" is answered.
	turns, stopTurns := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTurns()
	if b.Looks == [2]time.Duration{} {
		b.Looks = [2]time.Duration{firstLook, secondLook}
	}
	p := newPipeline(b, turns)
	b.pipeline.Store(p)
	if err := p.resume(ctx); err != nil {
		return fmt.Errorf("what an earlier run left: %w", err)
	}
	var running sync.WaitGroup
	failed := make([]error, len(b.Sources))
	for i, s := range b.Sources {
		running.Go(func() {
			if failed[i] = s.Run(ctx, p.accept); failed[i] != nil {
				cancel(failed[i])
			}
		})
	}
	running.Go(func() { b.forget(ctx) })
	running.Go(func() { p.keepReminders(ctx) })
	running.Wait()
	b.drain(p, stopTurns)
	return errors.Join(failed...)
}

// point names a point at which a crash matters.
func (b *Bot) point(name string) {
	if b.Point != nil {
		b.Point(name)
	}
}

// drain waits for the turns under way, and cancels what is not done in time: the next run does it.
func (b *Bot) drain(p *pipeline, stop context.CancelFunc) {
	timer := time.AfterFunc(cmp.Or(b.Grace, 20*time.Second), stop)
	defer timer.Stop()
	p.close()
}

// Turn runs one request through the router, makes what is to be remembered durable, and returns what is to be shown. When something went
// wrong, the reply says so in words for the person who asked, and err is what it was. show takes interim replies; nil drops them.
func (b *Bot) Turn(ctx context.Context, req Request, show func(Reply)) (Reply, error) {
	id := TraceID(req)
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(b.TurnTime, time.Minute))
	defer cancel()
	if show == nil {
		show = func(Reply) {}
	}
	t := &Turn{Request: req, Memory: NewMemory(b.Store, nil), Show: show}
	reply, err := b.handle(ctx, t)
	if err == nil {
		err = b.remember(ctx, t.Memory)
	}
	if err == nil {
		return reply, nil
	}
	if _, mistake := errors.AsType[*UserError](err); !mistake {
		b.Log.Error("turn failed", "trace_id", id, "command", t.Command, "err", err)
	}
	if t.overheard {
		return Reply{}, err
	}
	return ReplyTo(err, id), err
}

// guard calls f, which runs code of handlers, and makes a panic of theirs an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (b *Bot) remember(ctx context.Context, m *Memory) error {
	changes, err := m.changes()
	if err != nil || len(changes) == 0 {
		return err
	}
	_, err = b.Store.Txn(ctx, nil, changes)
	return err
}

// forget deletes expired memories, and the IDs of requests of past days, now and every hour, until ctx ends.
func (b *Bot) forget(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		n, err := sweep(ctx, b.Store, time.Now())
		if err != nil && ctx.Err() == nil {
			b.Log.Error("expired memories could not be deleted", "err", err)
		} else if n > 0 {
			b.Log.Info("forgot expired memories", "count", n)
		}
		if err := forgetDays(ctx, b.Store, time.Now()); err != nil && ctx.Err() == nil {
			b.Log.Error("past days could not be deleted", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// TraceID is the short name under which a request stands in the log and in apologies. It is the same each time the request is seen.
func TraceID(r Request) string {
	sum := sha256.Sum256([]byte(r.ID))
	return hex.EncodeToString(sum[:5])
}
