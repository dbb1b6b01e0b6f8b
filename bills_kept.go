package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"shipmate/bot/day"
	"shipmate/handlers/costs"
	"shipmate/handlers/costs/ledger"
	"shipmate/state"
	"shipmate/state/segments"
)

// load takes over what was kept, oldest first, and has it judged. What is damaged was put aside: its source is read again.
func (b *bills) load(ctx context.Context) error {
	files, err := b.kept.List(ctx)
	if err != nil {
		return err
	}
	begun := b.now()
	for i, f := range files {
		if i%50 == 0 {
			b.tellLoading(fmt.Sprintf("taking over what was read before, %d of %d parts", i, len(files)))
		}
		if err := b.loadOne(ctx, f.Name); err != nil {
			return err
		}
	}
	b.tellLoading("")
	for source := range b.last {
		if err := b.book.Judge(ctx, source); err != nil {
			return err
		}
	}
	if len(b.last) > 0 {
		b.log.Info("bills loaded", "segments", len(files), "ms", b.now().Sub(begun).Milliseconds())
		b.book.Ready() // what is new comes on top
	}
	return nil
}

// loadOne takes over one segment.
func (b *bills) loadOne(ctx context.Context, name string) error {
	data, err := b.kept.Read(ctx, name)
	if errors.Is(err, segments.ErrDamaged) {
		b.log.Error("what a bill said is damaged; the bill is read again", "err", err)
		return apply(ctx, b.db, state.Op{Key: billPrefix, Prefix: true})
	}
	if err != nil {
		return err
	}
	segment, err := ledger.Decode(data)
	if err != nil {
		return err
	}
	if segment.AsOf.After(b.last[segment.Source]) {
		b.last[segment.Source] = segment.AsOf
	}
	return b.book.Take(segment)
}

// tellLoading tells who asks meanwhile how far it is.
func (b *bills) tellLoading(text string) {
	for _, s := range b.cfg.Sources {
		b.status(s.Name, func(st *costs.Status) { st.Reading = text })
	}
}

const (
	keepDays     = 800                  // of bills
	keepVersions = 200 * 24 * time.Hour // what bills said before they were restated
)

// forget drops, once a day until ctx ends, what is too old to be asked about.
func (b *bills) forget(ctx context.Context) {
	tick := time.NewTicker(24 * time.Hour)
	defer tick.Stop()
	for {
		now := b.now().UTC()
		expired := b.book.Expired(day.Of(now)-keepDays, now.Add(-keepVersions))
		if n, err := b.kept.Prune(ctx, func(f segments.File) bool { return slices.Contains(expired, f.Name) }); err != nil && ctx.Err() == nil {
			b.log.Warn("what bills said long ago could not be dropped", "err", err)
		} else if n > 0 {
			b.log.Info("what bills said long ago was dropped", "segments", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
