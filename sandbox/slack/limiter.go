package slack

import (
	"sync"
	"time"
)

// Slack lets an app post about one message a second into a channel and tolerates short bursts.
const (
	postsPerSecond = 1
	postBurst      = 5
)

// A limiter is a token bucket for each channel.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time // when tokens was right
}

func newLimiter() *limiter { return &limiter{buckets: map[string]*bucket{}} }

// take uses one token of the channel's bucket. Without one left it returns how long until there is.
func (l *limiter) take(channel string, now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[channel]
	if b == nil {
		b = &bucket{tokens: postBurst, at: now}
		l.buckets[channel] = b
	}
	b.tokens = min(postBurst, b.tokens+now.Sub(b.at).Seconds()*postsPerSecond)
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / postsPerSecond * float64(time.Second))
	}
	b.tokens--
	return 0
}
