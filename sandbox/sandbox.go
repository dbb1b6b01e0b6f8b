// Package sandbox is a Slack workspace and a GitHub repository on this machine: one HTTP server on loopback that speaks
// Slack's Web API and Socket Mode, GitHub's REST API over a real git repository, and shows both on a web page. A bot that
// is pointed at it cannot tell it from the real services, so it serves both as a place to try a bot in and as its test
// bench. It shares no code with the bot it tests.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"shipmate/sandbox/github"
	"shipmate/sandbox/page"
	"shipmate/sandbox/slack"
)

// shutdownGrace is how long Close waits for requests that are being answered.
const shutdownGrace = 2 * time.Second

// Options configures a Server. The zero value serves the repository in the current folder on a free port and keeps nothing.
type Options struct {
	Addr     string // listen address, host:port; "" means 127.0.0.1:0. The host must be a loopback address or localhost.
	Repo     string // path of a git clone: a work tree, a .git folder or a bare repository; "" means "."
	Name     string // owner/name the repository is shown under; "" takes it from remote.origin.url, else local/<folder>
	Data     string // folder for what survives a restart, created when missing; "" keeps everything in memory
	NoLimits bool   // switches off Slack's and GitHub's rate limits, for benchmarks
	// AckTimeout and RetryAfter are the timing of Slack's deliveries, as in slack.Options; zero and nil are Slack's own.
	AckTimeout time.Duration
	RetryAfter []time.Duration
	Log        *slog.Logger // nil discards
}

// ErrAddressInUse is wrapped by the error of Start when another program listens on the address.
var ErrAddressInUse = errors.New("is in use")

// Access is what a bot needs to use the sandbox in place of Slack and GitHub. The tokens are constants that only the sandbox
// accepts.
type Access struct {
	SlackAPIURL   string // ends in /api/
	SlackAppToken string // xapp-…, for Socket Mode
	SlackBotToken string // xoxb-…
	GitHubBaseURL string // ends in /api/v3/
	GitHubToken   string // ghp_…
	GitHubLogin   string // the account the token belongs to, such as shipmate[bot]
	Repo          string // owner/name
}

// A Server is a running sandbox. Its methods may be called from several goroutines.
type Server struct {
	url    string
	http   *http.Server
	slack  *slack.Workspace
	github *github.Server

	streams    context.Context // ends when the server closes, and with it every event stream
	endStreams context.CancelFunc
	served     chan struct{} // closed when the server no longer accepts requests
	serveErr   error         // why it stopped; read after served
	close      func() error  // runs once
}

// Start listens on o.Addr and serves until ctx ends or Close is called. It returns as soon as requests are answered. Errors
// say what to do: an address that is in use or not loopback, a path that is no git repository, a damaged data file.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + listener.Addr().String(), served: make(chan struct{})}
	if err := s.open(o); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.streams, s.endStreams = context.WithCancel(context.Background())
	s.close = sync.OnceValue(s.shutdown)
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	go func() { // ends when the listener is closed
		defer close(s.served)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.serveErr = fmt.Errorf("sandbox stopped: %w", err)
		}
	}()
	context.AfterFunc(ctx, func() {
		if err := s.Close(); err != nil {
			o.Log.Error("sandbox: close", "error", err)
		}
	})
	return s, nil
}

// open makes the two sides of the sandbox.
func (s *Server) open(o Options) error {
	var slackFile, githubFile string
	if o.Data != "" {
		if err := os.MkdirAll(o.Data, 0o700); err != nil {
			return fmt.Errorf("data folder %s cannot be made (%w); choose another with --data", o.Data, err)
		}
		slackFile, githubFile = filepath.Join(o.Data, "workspace.json"), filepath.Join(o.Data, "github.json")
	}
	var err error
	// The workspace goes first: it refuses a folder that another sandbox uses, before anything there is written.
	s.slack, err = slack.New(slack.Options{Data: slackFile, NoLimits: o.NoLimits, AckTimeout: o.AckTimeout, RetryAfter: o.RetryAfter, LinkHosts: []string{strings.TrimPrefix(s.url, "http://")}, Log: o.Log})
	if err != nil {
		return err
	}
	s.github, err = github.New(github.Options{
		Repo: o.Repo, Name: o.Name, Data: githubFile, NoLimits: o.NoLimits, Log: o.Log, BaseURL: s.URL,
	})
	if err != nil {
		return errors.Join(err, s.slack.Close())
	}
	return nil
}

// URL is where the page is, such as http://127.0.0.1:8137, without a slash at its end.
func (s *Server) URL() string { return s.url }

// Access returns what a bot needs to connect.
func (s *Server) Access() Access {
	return Access{
		SlackAPIURL:   s.url + "/api/",
		SlackAppToken: slack.AppToken,
		SlackBotToken: slack.BotToken,
		GitHubBaseURL: s.url + "/api/v3/",
		GitHubToken:   github.BotToken(),
		GitHubLogin:   github.BotLogin,
		Repo:          s.github.Repository(),
	}
}

// AppKey returns the private key, in PEM, of the GitHub App that the sandbox has beside the bot's account: github.AppID.
func (s *Server) AppKey() (string, error) { return s.github.AppKey() }

// Wait returns when the server no longer accepts requests: nil after Close or the end of Start's context, else why it broke.
func (s *Server) Wait() error {
	<-s.served
	return s.serveErr
}

// Close ends event streams and sockets, lets running requests finish for up to two seconds, and writes what is not yet on
// disk. Further calls return what the first returned.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutdown() error {
	s.endStreams()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close() // whoever still waits after the grace period is cut off
	}
	<-s.served
	return errors.Join(err, s.slack.Close(), s.github.Close())
}

// handler puts the parts on one server and guards all of them.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	s.slack.Register(mux)
	gh := s.github.Handler()
	mux.Handle("/api/v3/", gh)
	mux.Handle("/api/graphql", gh)
	mux.Handle("/control/github/", gh)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/", page.Handler())
	return guard(s.endingStreams(mux))
}

// endingStreams ends requests for event streams when the server closes; all others may finish.
func (s *Server) endingStreams(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/control/") && strings.HasSuffix(r.URL.Path, "/events") {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(s.streams, cancel)()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// guard refuses requests under a name that is not this machine's own (DNS rebinding) and requests that a page from elsewhere
// makes (cross-site request forgery). Programs, which send neither an Origin nor Sec-Fetch headers, pass.
func guard(next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(hostname(r.Host)) {
			http.Error(w, "the sandbox only answers on this machine's own address", http.StatusForbidden)
			return
		}
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			http.Error(w, "the sandbox does not answer other sites", http.StatusForbidden)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// hostname takes the port off a Host header.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// isLoopback reports whether a host name or address can only mean this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// listen opens the address, or says what is wrong with it.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q is not host:port, such as 127.0.0.1:8137", addr)
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("address %s is not on loopback; the sandbox has no passwords, so it only listens on 127.0.0.1, ::1 or localhost", addr)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s %w; choose another with --addr", addr, ErrAddressInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (%w); choose another with --addr", addr, err)
	}
	return listener, nil
}
