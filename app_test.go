package main

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"shipmate/sandbox"
)

// newStand starts a sandbox over a repository, without rate limits, until the test ends.
func newStand(t testing.TB, repo string) *sandbox.Server {
	t.Helper()
	stand, err := sandbox.Start(t.Context(), sandbox.Options{Repo: repo, NoLimits: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stand.Close() })
	return stand
}

// assembled is the bot of a configuration; it is closed when the test ends.
func assembled(t testing.TB, cfg Config) *app {
	t.Helper()
	a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

// start runs the bot until stop is called, or the test ends. Both stop and ended wait for the end, and return what the bot ended with.
func (a *app) start(t testing.TB) (stop, ended func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	ended = sync.OnceValue(func() error { return <-done })
	stop = func() error { cancel(); return ended() }
	t.Cleanup(func() { _ = stop() }) // whoever wants to know has asked
	return stop, ended
}
