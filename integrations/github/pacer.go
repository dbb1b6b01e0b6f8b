package github

import (
	"context"
	"time"
)

// A pacer lets one write happen at a time, and a new one not sooner than gap after the end of the last.
type pacer struct {
	gap  time.Duration
	turn chan time.Time // holds the end of the last write while nobody writes
}

func newPacer(gap time.Duration) *pacer {
	p := &pacer{gap: gap, turn: make(chan time.Time, 1)}
	p.turn <- time.Time{}
	return p
}

// do calls write when its turn has come; an error of ctx before that means that it was not called.
func (p *pacer) do(ctx context.Context, write func() error) error {
	var last time.Time
	select {
	case last = <-p.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { p.turn <- last }()
	if err := sleep(ctx, time.Until(last.Add(p.gap))); err != nil {
		return err
	}
	defer func() { last = time.Now() }()
	return write()
}
