// Package slack is a Slack workspace on this machine: the Web API, Socket Mode, uploads, response URLs and incoming
// webhooks, as a bot written against the real thing sees them, with the same timestamps, errors and limits. A control API
// plays the people in it. It shares no code with any Slack client, so a bot and a client can be tested against it.
package slack

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// The fixed identity of the stand-in workspace and of the one app installed in it. The tokens are built from two halves
// so that secret scanners do not take them for real ones; nothing but the stand-in accepts them.
const (
	TeamID    = "T0SANDBOX" // the workspace
	AppID     = "A0SHIPMATE"
	BotID     = "B0SHIPMATE"
	BotUserID = "U0SHIPMATE"
	AdaID     = "U0ADA" // the person the page speaks for

	AppToken = "xapp" + "-1-A0SHIPMATE-sandbox" // for apps.connections.open
	BotToken = "xoxb" + "-sandbox-U0SHIPMATE"   // for every other method

	// WebhookPath is the incoming webhook of the workspace; it posts into #incidents.
	WebhookPath = "/services/" + TeamID + "/" + webhookBotID + "/sandbox"
)

// Options configures a Workspace. The zero value is a workspace kept in memory, with Slack's limits and timing.
type Options struct {
	// Data is the path of the file that keeps messages, reactions, files and undelivered events over a restart.
	// It is created when missing, with a lock file beside it. Empty keeps everything in memory.
	Data string
	// NoLimits switches off rate limiting, for benchmarks.
	NoLimits bool
	// Scopes are the OAuth scopes of the bot token; nil grants every scope the stand-in knows.
	Scopes []string
	// AckTimeout is how long an envelope may stay unacknowledged; zero means Slack's 3 seconds.
	AckTimeout time.Duration
	// RetryAfter holds the waits before each further delivery of an unacknowledged event, counted from the moment the
	// delivery before it timed out; nil means Slack's: at once, one minute, five minutes. An empty slice never retries.
	RetryAfter []time.Duration
	// PingEvery is the interval of WebSocket pings; zero means 5 seconds.
	PingEvery time.Duration
	// LinkHosts are the hosts, with the port if there is one, that the app has registered: of links to them it is told.
	LinkHosts []string
	// Log receives what the stand-in has to say about itself; nil discards it.
	Log *slog.Logger
}

// A Workspace is one running Slack workspace. Its methods may be called from several goroutines.
type Workspace struct {
	opts     Options
	log      *slog.Logger
	methods  map[string]method
	calls    *callLog
	stream   *broadcaster
	hub      *hub
	faults   faults
	journal  *journal // nil keeps nothing
	limits   *limiter // nil does not limit
	composer composer

	closing sync.Once
	quit    chan struct{} // closed when closing begins
	closed  error         // what closing met

	mu        sync.Mutex // guards everything below
	users     []*user
	groups    []userGroup
	channels  []*channel
	byID      map[string]*channel
	views     map[string]*view
	homes     map[string]*view // by user id
	triggers  map[string]trigger
	responses map[string]*responseURL
	uploads   map[string]*file // by upload ticket
	files     map[string]*file // by id
	ephemeral map[string]*ephemeral
	status    map[string]*time.Timer // running assistant statuses, by channel and thread
}

// New opens a workspace with its seeded people and channels and whatever o.Data holds. A file that is damaged or was not
// written by a Workspace is an error that names it; it is left as it is.
func New(o Options) (*Workspace, error) {
	o.AckTimeout = cmp.Or(o.AckTimeout, 3*time.Second)
	o.PingEvery = cmp.Or(o.PingEvery, 5*time.Second)
	if o.RetryAfter == nil {
		o.RetryAfter = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if o.Scopes == nil {
		o.Scopes = allScopes()
	}
	w := &Workspace{
		opts:      o,
		log:       cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		methods:   apiMethods(),
		quit:      make(chan struct{}),
		calls:     newCallLog(maxLogEntries),
		stream:    newBroadcaster(),
		composer:  newComposer(),
		byID:      map[string]*channel{},
		views:     map[string]*view{},
		homes:     map[string]*view{},
		triggers:  map[string]trigger{},
		responses: map[string]*responseURL{},
		uploads:   map[string]*file{},
		files:     map[string]*file{},
		ephemeral: map[string]*ephemeral{},
		status:    map[string]*time.Timer{},
	}
	if !o.NoLimits {
		w.limits = newLimiter()
	}
	w.seed()
	w.hub = newHub(o, w.calls, w.socketsChanged)
	if o.Data != "" {
		if err := w.open(o.Data); err != nil {
			return nil, fmt.Errorf("slack workspace: %w", err)
		}
	}
	return w, nil
}

// Handler serves the whole workspace: see Register for the paths.
func (w *Workspace) Handler() http.Handler {
	mux := http.NewServeMux()
	w.Register(mux)
	return mux
}

// Register adds the workspace to mux: the Web API below /api/, Socket Mode at /link/, uploads below /upload/, downloads
// below /files-pri/, response URLs below /response/, incoming webhooks below /services/ and the control API below
// /control/slack/. The control API does not check who is calling: the server around it must refuse foreign hosts and origins.
func (w *Workspace) Register(mux *http.ServeMux) {
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("GET /link/{$}", w.serveLink)
	mux.HandleFunc("POST /upload/v1/{ticket}", w.serveUpload)
	mux.HandleFunc("GET /files-pri/{id}/{name}", w.serveDownload)
	mux.HandleFunc("POST /response/{id}", w.serveResponseURL)
	mux.HandleFunc("POST /services/{team}/{bot}/{secret}", w.serveWebhook)
	w.registerControl(mux)
}

// Close ends every socket and event stream and writes what is not yet on disk. Its error also tells of changes that could not
// be saved earlier. The workspace must not be used afterwards; closing it again does nothing and returns the same error.
func (w *Workspace) Close() error {
	w.closing.Do(func() { w.closed = w.shutdown() })
	return w.closed
}

func (w *Workspace) shutdown() error {
	close(w.quit)
	w.hub.close()
	w.stream.close()
	w.mu.Lock()
	for _, t := range w.status {
		t.Stop()
	}
	w.mu.Unlock()
	if w.journal == nil {
		return nil
	}
	if err := w.journal.close(); err != nil {
		return fmt.Errorf("close slack workspace: %w", err)
	}
	return nil
}
