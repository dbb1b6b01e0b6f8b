package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"shipmate/bot"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/ledger"
	"shipmate/integrations/awscost"
	"shipmate/state"
	"shipmate/state/segments"
)

// bills reads the configured bills, keeps what they said, and has the book judge it. It is a Source: whenever something was read, "costs check" is
// asked in the channel that anomalies are told in.
type bills struct {
	cfg   CostsConfig
	book  *costs.Book
	kept  *segments.Store
	db    state.Store
	meter bot.Meter
	log   *slog.Logger
	now   func() time.Time
	// settle is how long files must not have changed before they are read; 0: the reader's default.
	settle time.Duration

	making    sync.Mutex                 // of explorers
	explorers map[string]*awscost.Client // by source

	drills onceAWhile[awscost.Drill]
	found  onceAWhile[awscost.AnomalyReading]

	mu   sync.Mutex           // of last
	last map[string]time.Time // the newest as-of time, by source
}

// billsDir is the folder of what bills said, in a data folder.
func billsDir(folder string) string { return filepath.Join(folder, "bills") }

// newBills opens what was kept. It reads nothing yet.
func newBills(cfg Config, book *costs.Book, db state.Store, meter bot.Meter, log *slog.Logger) (*bills, error) {
	kept, err := segments.Open(billsDir(cfg.Data))
	if err != nil {
		return nil, err
	}
	b := &bills{cfg: cfg.Costs, book: book, kept: kept, db: db, meter: meter, log: log, now: time.Now, explorers: map[string]*awscost.Client{}, last: map[string]time.Time{}}
	for _, s := range cfg.Costs.Sources {
		book.SetStatus(s.Name, costs.Status{Kind: s.kind()})
	}
	return b, nil
}

// kind is what a source is, for people.
func (s BillConfig) kind() string {
	switch {
	case s.CostExplorer != nil:
		return "AWS Cost Explorer"
	case s.OpenCost != "":
		return "OpenCost"
	}
	return "files"
}

// Run loads what was kept and then reads each bill again and again until ctx ends.
func (b *bills) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	if err := b.load(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	var reading sync.WaitGroup
	first := make(chan struct{}, len(b.cfg.Sources))
	for _, s := range b.cfg.Sources {
		reading.Go(func() { b.follow(ctx, s, accept, first) })
	}
	reading.Go(func() { // ends once every bill was read and the bot was asked, or with ctx
		for range b.cfg.Sources {
			select {
			case <-first:
			case <-ctx.Done():
				return
			}
		}
		b.book.Ready()
		debug.FreeOSMemory() // reading bills takes far more for a moment than what they say takes for good
		// What was read while nobody could be answered yet, or by a run that died before it asked, is told now; it is silent when nothing is new.
		b.ask(ctx, fmt.Sprintf("start/%d", b.now().UnixNano()), accept)
	})
	reading.Go(func() { b.forget(ctx) })
	reading.Wait()
	return nil
}

// readOnce reads each bill once. What could not be read is the error; the others can be asked about.
func (b *bills) readOnce(ctx context.Context) error {
	var failed []error
	for _, s := range b.cfg.Sources {
		if _, err := b.reader(s)(ctx); err != nil {
			failed = append(failed, fmt.Errorf("bill %s: %w", s.Name, err))
		}
	}
	b.book.Ready()
	return errors.Join(failed...)
}

// follow reads one bill at its times. What failed is tried again sooner, and in the end as often as otherwise.
func (b *bills) follow(ctx context.Context, s BillConfig, accept func(context.Context, bot.Request) error, first chan<- struct{}) {
	read := b.reader(s)
	for once, failed := true, 0; ctx.Err() == nil; once = false {
		changed, err := read(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := s.every
		if err != nil {
			failed++
			wait = min(s.every, time.Minute<<min(failed, 8))
			b.log.Warn("a bill could not be read", "source", s.Name, "err", err)
			b.meter.Add("bill_reads_total", 1, "source", s.Name, "outcome", "failed")
		} else {
			failed = 0
			b.meter.Add("bill_reads_total", 1, "source", s.Name, "outcome", "ok")
		}
		if once {
			first <- struct{}{}
		}
		if changed && !b.ask(ctx, s.Name, accept) {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// ask has the bot say what is new; false when ctx ended.
func (b *bills) ask(ctx context.Context, source string, accept func(context.Context, bot.Request) error) bool {
	if b.cfg.Channel == "" {
		return true
	}
	b.mu.Lock()
	at := b.last[source]
	b.mu.Unlock()
	req := bot.Request{
		ID: fmt.Sprintf("bill:%s/%s", source, at.Format(time.RFC3339)), Kind: bot.Tick, From: bot.Actor{Surface: bot.Clock, ID: "bills", Name: "new bills"},
		ReplyTo: bot.Place{Surface: bot.Slack, Channel: b.cfg.Channel}, Text: "costs check", Time: b.now(),
	}
	for {
		err := accept(ctx, req)
		if err == nil || errors.Is(err, bot.ErrKnown) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(5 * time.Second):
		}
	}
}

// keep makes what objects of a source say durable, all as of now, and has it judged together: read hands each object to add. What was added counts, also
// when the rest fails. Only one call for a source runs at a time; others go on, and so do questions.
func (b *bills) keep(ctx context.Context, source string, read func(asOf time.Time, add func(*ledger.Batch) error) error) (changed bool, err error) {
	b.mu.Lock()
	last := b.last[source]
	b.mu.Unlock()
	asOf := b.now().UTC().Truncate(time.Second)
	if !asOf.After(last) {
		asOf = last.Add(time.Second)
	}
	err = read(asOf, func(batch *ledger.Batch) error {
		data := batch.Encode()
		segment, err := ledger.Decode(data)
		if err != nil {
			return err
		}
		if !b.book.News(segment) {
			return nil
		}
		if err := b.kept.Add(ctx, segment.Name(), data); err != nil {
			return err
		}
		changed = true
		return b.book.Take(segment)
	})
	if !changed {
		return false, err
	}
	b.mu.Lock()
	b.last[source] = asOf
	b.mu.Unlock()
	return true, errors.Join(err, b.book.Judge(ctx, source))
}

// status changes what is known of how a source is read.
func (b *bills) status(source string, change func(*costs.Status)) {
	s := b.book.Status(source)
	s.Rejected = maps.Clone(s.Rejected)
	change(&s)
	for _, text := range []*string{&s.Reading, &s.Err, &s.Note} {
		*text = shortLine(*text)
	}
	b.book.SetStatus(source, s)
}

// shortLine is text for people in one line of bounded length: it may name files, or repeat what a server says.
func shortLine(text string) string {
	line := []rune(bot.CleanLine(text))
	if len(line) <= 600 {
		return string(line)
	}
	return string(line[:600]) + "…"
}

// reader is what reads a source; it reports whether anything was new.
func (b *bills) reader(s BillConfig) func(context.Context) (bool, error) {
	switch {
	case s.CostExplorer != nil:
		return b.costExplorer(s)
	case s.OpenCost != "":
		return b.openCost(s)
	}
	return b.files(s)
}

// close lets another process open what is kept.
func (b *bills) close() error { return b.kept.Close() }
