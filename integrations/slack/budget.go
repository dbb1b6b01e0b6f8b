package slack

import (
	"context"
	"sync"
	"time"
)

// A budget lets so many things happen within a minute, however many ask for them.
type budget struct {
	most int

	mu   sync.Mutex
	past []time.Time // within the last minute
}

// wait waits until one more may happen, with so many to spare, counts it, and reports whether ctx lived that long.
func (b *budget) wait(ctx context.Context, spare int) bool {
	for {
		pause := b.take(time.Now(), spare)
		if pause <= 0 {
			return ctx.Err() == nil
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// take counts one more when that leaves enough to spare; else it returns when to ask again.
func (b *budget) take(now time.Time, spare int) (pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.past) > 0 && now.Sub(b.past[0]) >= time.Minute {
		b.past = b.past[1:]
	}
	if over := len(b.past) - (b.most - spare); over >= 0 {
		return b.past[over].Add(time.Minute).Sub(now)
	}
	b.past = append(b.past, now)
	return 0
}
