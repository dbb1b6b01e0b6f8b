package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"shipmate/state"
)

const (
	silentFor  = 35 * time.Second // without a sign of life, after which a socket counts as dead
	failingFor = 10 * time.Minute // of GitHub, before it is worth a word
	probeTime  = 2 * time.Second
)

// A reason is one thing that was looked at.
type reason struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // what is wrong and what to do, or what is worth knowing
}

// readiness is what GET /readyz answers.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []reason `json:"reasons"`
}

// alive proves that the data file takes writes.
func (a *app) alive(ctx context.Context) error {
	if err := apply(ctx, a.db, state.Op{Key: "probe/alive", Value: []byte("1")}); err != nil {
		return fmt.Errorf("the data file takes no writes: %w", err)
	}
	return nil
}

// ready looks at everything that the bot needs to answer.
func (a *app) ready(ctx context.Context) readiness {
	r := readiness{Ready: true}
	add := func(check string, ok bool, detail string) {
		r.Ready = r.Ready && ok
		r.Reasons = append(r.Reasons, reason{check, ok, detail})
	}
	if err := a.alive(ctx); err != nil {
		add("data", false, err.Error())
	} else if used, limit := a.db.Usage(); limit > 0 && float64(used) >= 0.8*float64(limit) {
		add("data", used < limit, fmt.Sprintf("%d of %d bytes are used: less and less is taken on; see shipmate dead list", used, limit))
	} else {
		add("data", true, "")
	}
	ok, detail := a.hearsSlack()
	add("slack", ok, detail)
	add("github", true, a.readsGitHub())
	if ctx.Err() == nil && a.ending.Load() {
		add("program", false, "it is ending")
	}
	return r
}

// hearsSlack reports whether a socket is open that shows life.
func (a *app) hearsSlack() (ok bool, detail string) {
	s := a.slack.Stats()
	for _, silence := range s.Silence {
		if silence < silentFor {
			return true, ""
		}
	}
	if s.LastSign.IsZero() {
		return false, "no socket was opened yet: see the log for Slack's answer"
	}
	return false, fmt.Sprintf("no socket has shown life for %s: see the log for why it cannot be opened", time.Since(s.LastSign).Round(time.Second))
}

// readsGitHub says what cannot be read there; "" when everything can. It keeps nobody from being answered in Slack, so it is only told.
func (a *app) readsGitHub() string {
	for _, l := range a.github.Stats().Lists {
		if !l.FailingSince.IsZero() && time.Since(l.FailingSince) > failingFor {
			return fmt.Sprintf("the comments of %s cannot be read since %s: see the log", l.Repo, l.FailingSince.UTC().Format(time.RFC3339))
		}
	}
	return ""
}

// serveHealth answers GET /healthz, /readyz and /metrics at the configured address until ctx ends.
func (a *app) serveHealth(ctx context.Context) error {
	listener, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("health check: %w: choose another address under listen, or \"\" for none", err)
	}
	server := &http.Server{Handler: a.healthHandler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (a *app) healthHandler() http.Handler {
	mux := http.NewServeMux()
	probe := func(f func(context.Context, http.ResponseWriter)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), probeTime)
			defer cancel()
			f(ctx, w)
		}
	}
	mux.HandleFunc("GET /healthz", probe(func(ctx context.Context, w http.ResponseWriter) {
		if err := a.alive(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}))
	mux.HandleFunc("GET /readyz", probe(func(ctx context.Context, w http.ResponseWriter) {
		r := a.ready(ctx)
		w.Header().Set("Content-Type", "application/json")
		if !r.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(r) // whoever asked has left otherwise
	}))
	mux.HandleFunc("GET /metrics", probe(func(ctx context.Context, w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		a.writeMetrics(ctx, w)
	}))
	return mux
}

// healthCommand asks a running Shipmate on this machine whether it is well: containers have no curl.
func (p program) healthCommand() *cobra.Command {
	var address string
	var ready bool
	cmd := &cobra.Command{
		Use: "health", Short: "asks the running Shipmate whether it is well", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 2*probeTime)
			defer cancel()
			path := "/healthz"
			if ready {
				path = "/readyz"
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cmp.Or(address, defaultConfig().Listen)+path, nil)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return fmt.Errorf("no answer: %w", err)
			}
			defer resp.Body.Close()
			var r readiness
			if ready && json.NewDecoder(resp.Body).Decode(&r) == nil {
				for _, one := range r.Reasons {
					fmt.Fprintf(p.out, "%-8s %-4v %s\n", one.Check, map[bool]string{true: "ok", false: "not"}[one.OK], one.Detail)
				}
			}
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("not well: %s", resp.Status)
			}
			if !ready {
				_, err = fmt.Fprintln(p.out, "ok")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&address, "addr", "", "the `address` under listen in config.yaml (default 127.0.0.1:8138)")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it hears Slack and can answer, with reasons")
	return cmd
}
