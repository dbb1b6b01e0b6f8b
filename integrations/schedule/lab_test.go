package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// memory keeps times as a database does.
type memory struct {
	mu    sync.Mutex
	fired map[string]time.Time
	err   error
}

func (m *memory) Load(_ context.Context, job string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fired[job], m.err
}

func (m *memory) Save(_ context.Context, job string, t time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fired == nil {
		m.fired = map[string]time.Time{}
	}
	m.fired[job] = t
	return m.err
}

// A lab runs a Clock in a bubble whose wall clock can be set.
type lab struct {
	t      *testing.T
	store  *memory
	mu     sync.Mutex
	asked  []string // "name due/heard", by the wall clock
	ids    map[string]int
	counts map[string]int
	shift  time.Duration
	accept func(bot.Request) error // nil takes
	end    func()
}

// inLab runs f in a bubble, which begins on 1 January 2000 at midnight UTC.
func inLab(t *testing.T, f func(*lab)) {
	synctest.Test(t, func(t *testing.T) {
		f(&lab{t: t, store: &memory{}, ids: map[string]int{}, counts: map[string]int{}})
	})
}

func (l *lab) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Round(0).Add(l.shift)
}

// start lets the jobs run until stop.
func (l *lab) start(jobs ...Job) {
	c, err := New(jobs, slog.New(slog.DiscardHandler))
	if err != nil {
		l.t.Fatal(err)
	}
	c.now, c.Fired, c.Meter = l.now, l.store, meter{l}
	ctx, cancel := context.WithCancel(l.t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx, l.take) }()
	l.end = func() {
		cancel()
		if err := <-done; err != nil {
			l.t.Error(err)
		}
	}
}

func (l *lab) take(_ context.Context, r bot.Request) error {
	if l.accept != nil {
		if err := l.accept(r); err != nil {
			return err
		}
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, r.Time.UTC().Format("2 15:04")+"/"+now.UTC().Format("15:04"))
	l.ids[r.ID]++
	return nil
}

// heard returns what was asked since the last call: the day and time it was due at, and the time it was asked at.
func (l *lab) heard() string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	out := strings.Join(l.asked, ", ")
	l.asked = nil
	return out
}

// set changes the wall clock.
func (l *lab) set(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shift += by
}

func (l *lab) want(what, want string) {
	l.t.Helper()
	if got := l.heard(); got != want {
		l.t.Errorf("%s: asked %q, want %q", what, got, want)
	}
}

type meter struct{ *lab }

func (m meter) Add(name string, n int, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[strings.Join(append([]string{name}, labels...), " ")] += n
}

func (m meter) Observe(name string, d time.Duration, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[fmt.Sprint(name, " ", d.Round(time.Minute))]++
}
