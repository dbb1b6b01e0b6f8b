package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"
)

const (
	turnsAtOnce = 16                     // handlers that run at the same time
	ticksAtOnce = 4                      // how many of them may be asked by the clock
	begunAtOnce = 128                    // replies noted as begun when they are planned; while more wait, each is noted when its turn comes
	postsAtOnce = 64                     // replies and effects under way; those of one channel wait for each other
	rush        = 32                     // requests being accepted at the same time, while which handlers wait a little
	rushWait    = 250 * time.Millisecond // at most, before a handler runs all the same
	tickRetry   = 100 * time.Millisecond // for one that has to wait
)

// A pipeline works on what the store holds: the rows of one conversation in order, conversations side by side. It keeps nothing that a
// crash could lose: what it knows in memory is only which conversations to look at.
type pipeline struct {
	bot   *Bot
	ctx   context.Context // of the turns: it outlives Run's
	run   string          // names this run of the program
	began time.Time       // the run
	turns slots           // for handlers
	ticks slots           // for those that the clock asked
	posts slots           // for what is shown and done
	alarm chan struct{}   // there is a new reminder
	work  sync.WaitGroup

	limits  limits
	waiting atomic.Int64 // requests accepted and not yet answered

	accepting atomic.Int64 // requests that are being accepted
	named     atomic.Int64 // rows that got a name

	mu     sync.Mutex
	closed bool
	active map[string]*activity // by conversation
	outs   map[string]bool      // keys of out rows that were planned in this run and are not dealt with yet
	waited map[string]bool      // keys of out rows whose turn it is to be posted
	called map[string]bool      // keys of out rows that were sent off in this run and whose outcome is not yet stored
}

// slots let so many do something at the same time.
type slots chan struct{}

func (s slots) take() (release func()) {
	s <- struct{}{}
	return func() { <-s }
}

// letAccept waits while many requests are being accepted: whoever waits for an acknowledgement waits three seconds, and an answer may take longer.
func (p *pipeline) letAccept() {
	for until := time.Now().Add(rushWait); p.accepting.Load() > rush && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
}

// activity is a conversation that is being worked on, or will be looked at again.
type activity struct {
	again bool        // something came in meanwhile
	timer *time.Timer // what it waits for; nil while it is worked on
}

func newPipeline(b *Bot, ctx context.Context) *pipeline {
	var id [6]byte
	rand.Read(id[:])
	return &pipeline{
		bot: b, ctx: ctx, run: hex.EncodeToString(id[:]), began: time.Now().UTC(), turns: make(slots, turnsAtOnce),
		ticks: make(slots, ticksAtOnce), posts: make(slots, postsAtOnce), alarm: make(chan struct{}, 1), limits: limits{perMinute: b.PerMinute},
		active: map[string]*activity{}, outs: map[string]bool{}, waited: map[string]bool{}, called: map[string]bool{},
	}
}

// resume looks at every conversation that an earlier run left something of.
func (p *pipeline) resume(ctx context.Context) error {
	for _, prefix := range []string{outPrefix, inPrefix} {
		for after := ""; ; {
			found, err := p.bot.Store.Scan(ctx, prefix, after, 1000)
			if err != nil {
				return err
			}
			for _, e := range found {
				if prefix == inPrefix {
					p.waiting.Add(1)
				}
				if conv := conversationOf(e.Key); after == "" || conv != conversationOf(after) {
					p.wake(conv)
				}
				after = e.Key
			}
			if len(found) < 1000 {
				break
			}
		}
	}
	return nil
}

// wake has a conversation looked at, soon.
func (p *pipeline) wake(conv string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	a := p.active[conv]
	switch {
	case a == nil:
		a = &activity{}
		p.active[conv] = a
	case a.timer == nil:
		a.again = true
		return
	case !a.timer.Stop():
		return // it has just gone off
	}
	a.timer = nil
	p.work.Go(func() { p.attend(conv, a) }) // ends when the conversation has nothing to do now
}

// attend deals with the rows of a conversation until it is empty or has to wait.
func (p *pipeline) attend(conv string, a *activity) {
	for {
		wait, found := p.step(conv)
		if found && wait <= 0 && p.ctx.Err() == nil {
			continue
		}
		p.mu.Lock()
		switch {
		case p.closed, p.ctx.Err() != nil:
			delete(p.active, conv)
		case a.again:
			a.again = false
			p.mu.Unlock()
			continue
		case found:
			a.timer = time.AfterFunc(wait, func() { p.resumeAfter(conv, a) })
		default:
			delete(p.active, conv)
		}
		p.mu.Unlock()
		return
	}
}

// conversationOf is the conversation that a row belongs to, as it stands in keys.
func conversationOf(key string) string { return secondPart(key) }

// step deals with the first row of a conversation: replies before requests, so that answers stand in the order of questions. found is false
// when there is none; wait is how long it has to wait before it is dealt with, again or at all.
func (p *pipeline) step(conv string) (wait time.Duration, found bool) {
	for _, kind := range []struct {
		prefix string
		deal   func(Entry) (time.Duration, error)
	}{{outPrefix, p.deliver}, {inPrefix, p.turn}} {
		if kind.prefix == inPrefix && p.ending() {
			break // what was begun is shown, nothing more is begun
		}
		rows, err := p.bot.Store.Scan(p.ctx, kind.prefix+conv+"/", "", 1)
		if err == nil && len(rows) == 0 {
			continue
		}
		if err == nil {
			wait, err = kind.deal(rows[0])
		}
		if err != nil && p.ctx.Err() == nil {
			p.bot.Log.Error("the store fails; trying again", "err", err)
			wait = storeRetry
		}
		return wait, true
	}
	return 0, false
}

// storeRetry is how long a conversation rests after the store failed.
const storeRetry = 5 * time.Second

// ending reports whether the pipeline takes nothing on any more.
func (p *pipeline) ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// close takes nothing on any more and waits for what is under way. What is left stays in the store.
func (p *pipeline) close() {
	p.mu.Lock()
	p.closed = true
	for _, a := range p.active {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	p.mu.Unlock()
	p.work.Wait()
}

// resumeAfter goes on with a conversation whose waiting time is over.
func (p *pipeline) resumeAfter(conv string, a *activity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.timer = nil
	if p.closed {
		return
	}
	p.work.Go(func() { p.attend(conv, a) })
}
