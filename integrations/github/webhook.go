package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"shipmate/bot"
)

// WebhookOptions configure a Webhook. Listen and Secrets are what it needs.
type WebhookOptions struct {
	// Listen is the address that deliveries come to, such as "127.0.0.1:8139". It speaks plain HTTP: what is between it and GitHub speaks TLS.
	Listen string
	// Path is what the webhook's address ends in. Empty means "/github/webhook".
	Path string
	// Secrets are what GitHub signs deliveries with: one, or two while the old one is being replaced; each of at least 16 bytes.
	Secrets []string
	// Hooks are the numbers of the webhooks, by "owner/name", for finding deliveries that failed. A repository without one is looked up by URL.
	Hooks map[string]int64
	// URL is the webhooks' address as GitHub knows it, by which their numbers are looked up. With neither a number nor URL nothing that failed
	// is delivered again.
	URL string
	// Every is how often failed deliveries are looked for. 0 means 5 minutes.
	Every time.Duration
}

const (
	defaultPath   = "/github/webhook"
	minSecret     = 16
	maxSecrets    = 2
	defaultEvery  = 5 * time.Minute
	maxDelivery   = 25 << 20        // bytes; GitHub sends no more
	usualDelivery = 1 << 20         // bytes; with a comment of the greatest length it has a third of that
	maxUnderWay   = 16              // deliveries at a time; others wait a little, and then are to be sent again
	waitTime      = 2 * time.Second // of a delivery for its turn
	readTime      = 7 * time.Second // until it has come in
	answerTime    = 9 * time.Second // until it is answered; GitHub waits for ten
	endTime       = 10 * time.Second
	replayTime    = 48 * time.Hour // the bot knows for longer what it has taken, so what is younger is not taken twice
)

// A Webhook hears the same commands as a Source, as soon as GitHub delivers them. It is a bot.Source to be used beside the other, which hears
// what is not delivered, and asks less often while deliveries come.
//
// Only what GitHub has signed with the secret is read. A delivery is answered with success once its commands are durable; GitHub does not send
// again by itself what was not, so failed deliveries are looked for and asked for again, where the token may manage webhooks.
type Webhook struct {
	c *Client
	o WebhookOptions
}

// NewWebhook makes the listener for a client's repositories. What is wrong with the options is an error that names the option.
func NewWebhook(c *Client, o WebhookOptions) (*Webhook, error) {
	o.Path, o.Every = cmp.Or(o.Path, defaultPath), cmp.Or(o.Every, defaultEvery)
	if len(o.Secrets) == 0 || len(o.Secrets) > maxSecrets {
		return nil, fmt.Errorf("github webhook secrets: %d are given: one is needed, or two while the old one is being replaced", len(o.Secrets))
	}
	for _, s := range o.Secrets {
		if len(s) < minSecret {
			return nil, fmt.Errorf("github webhook secrets: one has %d bytes, at least %d are needed", len(s), minSecret)
		}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return nil, fmt.Errorf("github webhook listen: %q is no address such as 127.0.0.1:8139", o.Listen)
	}
	if !strings.HasPrefix(o.Path, "/") || strings.ContainsAny(o.Path, "?#{} ") {
		return nil, fmt.Errorf("github webhook path: %q is no path such as %s", o.Path, defaultPath)
	}
	if o.Every < 0 {
		return nil, errors.New("github webhook: the time between two looks for failed deliveries cannot be negative")
	}
	for name := range o.Hooks {
		owner, repo, _ := strings.Cut(name, "/")
		if _, _, err := c.allowed(owner, repo); err != nil {
			return nil, fmt.Errorf("github webhook hooks: %q is none of the repositories that are read", name)
		}
	}
	return &Webhook{c: c, o: o}, nil
}

// Run serves until ctx ends, and then answers what it is being told. It returns an error when the address cannot be listened on.
func (w *Webhook) Run(ctx context.Context, accept func(context.Context, bot.Request) error) error {
	listener, err := net.Listen("tcp", w.o.Listen)
	if err != nil {
		return fmt.Errorf("github webhook: %w: choose another address to listen on", err)
	}
	w.c.intake.hook(func(s *WebhookStats) { s.Addr = listener.Addr().String() })
	w.c.log.Info("webhooks are heard", "addr", listener.Addr().String(), "path", w.o.Path)
	server := &http.Server{
		Handler: w.handler(accept), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: readTime, WriteTimeout: answerTime + time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(w.c.log.Handler(), slog.LevelDebug),
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { w.redeliver(ctx) })
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }() // ends with Shutdown or Close below
	select {
	case err := <-served:
		return fmt.Errorf("github webhook: %w", err)
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer stop()
	if err := server.Shutdown(grace); err != nil {
		w.c.log.Warn("webhooks under way are dropped", "err", err)
		_ = server.Close()
	}
	<-served
	return nil
}
