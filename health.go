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
	probeTime  = 10 * time.Second // for the committer to commit once: a slow disk is not a dead program
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

// commit makes a commit that changes nothing: to delete what is not there is one as any other, and no limit refuses it.
func (a *app) commit(ctx context.Context) error {
	return apply(ctx, a.db, state.Op{Key: "probe/alive"})
}

// alive proves that the committer commits. What is full is not better after a restart: that is for ready to say.
func (a *app) alive(ctx context.Context) error {
	if err := a.commit(ctx); err != nil && !errors.Is(err, state.ErrFull) {
		return fmt.Errorf("the data file takes no writes: %w: see the log, and restart me if this stays", err)
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
	ok, detail := a.takesWrites(ctx)
	add("data", ok, detail)
	ok, detail = a.hearsSlack()
	add("slack", ok, detail)
	add("github", true, a.readsGitHub(time.Now()))
	add("audit", true, a.audit.failing())
	if a.ending.Load() {
		add("program", false, "it is ending: what was begun is finished, nothing more is taken on")
	}
	return r
}

// takesWrites reports whether the data file can be written and has room.
func (a *app) takesWrites(ctx context.Context) (ok bool, detail string) {
	err := a.commit(ctx)
	used, limit := a.db.Usage()
	switch {
	case err != nil:
		return false, fmt.Sprintf("the data file takes no writes: %v", err)
	case limit > 0 && used >= limit:
		return false, fmt.Sprintf("all %d bytes of the data file are used, so nothing is taken on: %s", limit, makeRoom)
	case limit > 0 && float64(used) >= 0.8*float64(limit):
		return true, fmt.Sprintf("%d of %d bytes of the data file are used, so less is taken on: %s", used, limit, makeRoom)
	}
	return true, ""
}

// makeRoom is what somebody can do about a full data file.
const makeRoom = "drop dead letters (shipmate dead list), and see the log for what does not get done"

// hearsSlack reports whether a socket is open that shows life.
func (a *app) hearsSlack() (ok bool, detail string) {
	s := a.slack.Stats()
	for _, silence := range s.Silence {
		if silence < silentFor {
			return true, ""
		}
	}
	if s.LastSign.IsZero() {
		return false, "no socket was opened yet: see the log for Slack's answer, and check the app token"
	}
	return false, fmt.Sprintf("no socket has shown life for %s: see the log for why it cannot be opened", time.Since(s.LastSign).Round(time.Second))
}

// readsGitHub says what cannot be read there; "" when everything can. It keeps nobody from being answered in Slack, so it is only told.
func (a *app) readsGitHub(now time.Time) string {
	s := a.github.Stats()
	for _, l := range s.Lists {
		if !l.FailingSince.IsZero() && now.Sub(l.FailingSince) > failingFor {
			return fmt.Sprintf("the comments of %s cannot be read since %s: see the log, and check the token's access to the repository",
				l.Repo, l.FailingSince.UTC().Format(time.RFC3339))
		}
	}
	if s.Limit.Until.Sub(now) > probeTime {
		return fmt.Sprintf("GitHub's limit lets me ask nothing until %s", s.Limit.Until.UTC().Format(time.RFC3339))
	}
	return ""
}

// serveHealth answers GET /healthz, /readyz and /metrics at the configured address until ctx ends.
func (a *app) serveHealth(ctx context.Context) error {
	listener, err := net.Listen("tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("health check: %w: choose another address under listen, or \"\" for none", err)
	}
	server := &http.Server{Handler: a.healthHandler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 3 * probeTime, IdleTimeout: time.Minute}
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
			ctx, cancel := context.WithTimeout(cmd.Context(), probeTime+time.Second)
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
