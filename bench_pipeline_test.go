package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
)

// hand is a source that hands over requests as fast as they are accepted, in as many conversations as it is told, and a poster that takes a reply at
// once: what is left is the pipeline and the data file.
type hand struct {
	requests      int
	conversations int
	at            time.Duration // between two requests; 0: all at once

	mu       sync.Mutex
	answered int
	done     chan struct{}
	accepts  []time.Duration
}

func (h *hand) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	var sending sync.WaitGroup
	start := time.Now()
	slots := make(chan struct{}, 1000)
	for i := range h.requests {
		if wait := time.Until(start.Add(time.Duration(i) * h.at)); wait > 0 {
			time.Sleep(wait)
		}
		slots <- struct{}{}
		sending.Go(func() {
			defer func() { <-slots }()
			conversation := fmt.Sprint(i % h.conversations)
			r := bot.Request{
				ID: fmt.Sprintf("hand/%d/%d", start.UnixNano(), i), Kind: bot.Ask, From: bot.Actor{Surface: bot.Slack, ID: "U" + conversation}, Text: "say hello",
				ReplyTo: bot.Place{Surface: bot.Slack, Channel: "C1", Thread: conversation}, Time: time.Now(),
			}
			began := time.Now()
			for accept(ctx, r) != nil && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			took := time.Since(began)
			h.mu.Lock()
			h.accepts = append(h.accepts, took)
			h.mu.Unlock()
		})
	}
	sending.Wait()
	<-ctx.Done()
	return nil
}

func (h *hand) Post(context.Context, bot.Place, string, string, bot.Reply) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.answered++; h.answered == h.requests {
		close(h.done)
	}
	return "1", nil
}

func (h *hand) Find(context.Context, bot.Place, string) (string, bool, error) { return "", false, nil }
func (h *hand) Working(context.Context, bot.Place)                            {}

// life runs a bot over the real data file until all of h's requests are answered.
func (h *hand) life(b *testing.B) time.Duration {
	b.Helper()
	db, err := openData(b.Context(), b.TempDir(), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	everybody := func(context.Context, bot.Request) (bot.Role, error) { return bot.Viewer, nil }
	router, err := bot.NewRouter("shipmate", map[bot.Surface]bot.Access{bot.Slack: everybody}, slog.New(slog.DiscardHandler), bot.Command{
		Name: "say", Summary: "says", Role: bot.Viewer, Handler: bot.HandlerFunc(func(_ context.Context, t *bot.Turn) (bot.Reply, error) {
			return bot.Reply{Title: t.Args, Subject: "octo/widgets#1"}, nil
		}),
	})
	if err != nil {
		b.Fatal(err)
	}
	h.done = make(chan struct{})
	shipmate := &bot.Bot{
		Router: router, Sources: []bot.Source{h}, Posters: map[bot.Surface]bot.Poster{bot.Slack: h}, Store: store{db},
		Log: slog.New(slog.DiscardHandler), Audited: true,
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- shipmate.Run(ctx) }()
	<-h.done
	took := time.Since(start)
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	return took
}

// BenchmarkLifeCycles is how many requests a second are accepted, worked on, answered and done with, all of it durable, by the number of
// conversations that they belong to. Run it with -benchtime 1x.
func BenchmarkLifeCycles(b *testing.B) {
	for _, n := range []int{1, 10, 200, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				h := &hand{requests: min(20000, 2000*n), conversations: n}
				took := h.life(b)
				b.ReportMetric(float64(h.requests)/took.Seconds(), "cycles/s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
