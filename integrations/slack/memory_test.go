package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// A world is a Slack in memory with a Client that keeps its real times. Call newWorld inside a synctest bubble.
type world struct {
	t       testing.TB
	slack   http.Handler
	space   *sandbox.Workspace // nil of a script
	client  *Client
	log     *logBuffer
	taken   *taken
	another func() *Client // of the same app, in another process
}

// newWorld serves h in memory and makes a Client of it, which is not running yet.
func newWorld(t testing.TB, h http.Handler, o Options) *world {
	t.Helper()
	wire := newWire()
	server := &httptest.Server{Listener: wire, Config: &http.Server{Handler: h}}
	server.Start()
	t.Cleanup(server.Close)
	log := &logBuffer{}
	w := &world{t: t, slack: h, log: log, taken: newTaken()}
	o.APIURL, o.AppToken, o.BotToken = server.URL+"/api/", sandbox.AppToken, sandbox.BotToken
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.another = func() *Client {
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		c.http.DialContext, c.dialer.NetDialContext = wire.dial, wire.dial
		t.Cleanup(func() { c.Close() })
		return c
	}
	w.client = w.another()
	return w
}

// newSpace is a world with the stand-in workspace in it.
func newSpace(t testing.TB, so sandbox.Options, o Options) *world {
	t.Helper()
	laterThan2000()
	space, err := sandbox.New(so)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, space.Handler(), o)
	w.space = space
	t.Cleanup(func() { space.Close() })
	return w
}

// run starts the Client; stop ends it and returns what Run returned. Run's end is in done as well.
func (w *world) run() (stop func() error, done <-chan error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 2)
	go func() {
		err := w.client.Run(ctx, w.taken.accept)
		ended <- err
		ended <- err
	}()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	w.t.Cleanup(func() { stop() })
	return stop, ended
}

// control plays somebody in the workspace.
func (w *world) control(deed string, in map[string]any) map[string]any {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ask(httptest.NewRequest(http.MethodPost, "http://127.0.0.1:1/control/slack/"+deed, bytes.NewReader(body)))
}

func (w *world) ask(r *http.Request) map[string]any {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.slack.ServeHTTP(answer, r)
	var out map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil || answer.Code != http.StatusOK {
		w.t.Fatalf("%s: %d %s", r.URL.Path, answer.Code, answer.Body)
	}
	return out
}

// say has somebody write and returns the ID of the request that it should become.
func (w *world) say(channel, thread, text string) (id string) {
	w.t.Helper()
	ts := w.control("say", map[string]any{"channel": channel, "thread_ts": thread, "text": text})["ts"].(string)
	return messageID(sandbox.TeamID, channel, ts)
}

// sockets are the IDs of the open sockets.
func (w *world) sockets() (ids []string) {
	w.t.Helper()
	state := w.ask(httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/control/slack/state", nil))
	for _, id := range state["sockets"].([]any) {
		ids = append(ids, id.(string))
	}
	return ids
}

// calls counts the entries of one method in the workspace's log.
func (w *world) calls(method string) int {
	w.t.Helper()
	return len(w.ask(httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/control/slack/log?method="+method, nil))["calls"].([]any))
}

// taken is an accept that knows what it took, as the pipeline does, and what became of it.
type taken struct {
	mu       sync.Mutex
	known    map[string]bool
	requests []bot.Request        // each once
	at       map[string]time.Time // when it was taken
	came     map[string]int
	refuse   func(bot.Request) error     // nil: takes everything
	wait     func(context.Context) error // before anything is taken; nil: at once
}

func newTaken() *taken {
	return &taken{known: map[string]bool{}, came: map[string]int{}, at: map[string]time.Time{}}
}

func (a *taken) accept(ctx context.Context, r bot.Request) error {
	if a.wait != nil {
		if err := a.wait(ctx); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came[r.ID]++
	if a.refuse != nil {
		if err := a.refuse(r); err != nil {
			return err
		}
	}
	if a.known[r.ID] || r.Alias != "" && a.known[r.Alias] {
		if r.Found {
			return bot.ErrKnown
		}
		return nil
	}
	for _, name := range []string{r.ID, r.Alias, r.Of} {
		a.known[name] = name != ""
	}
	a.requests, a.at[r.ID] = append(a.requests, r), time.Now()
	return nil
}

// all are the requests that were taken.
func (a *taken) all() []bot.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// times is how often the request was delivered.
func (a *taken) times(id string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.came[id]
}

// want checks which requests were taken, each once, in any order.
func (a *taken) want(t *testing.T, ids ...string) {
	t.Helper()
	var got []string
	for _, r := range a.all() {
		got = append(got, r.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("taken were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(ids, "\n"))
	}
}

// heardUntil is a positionStore in memory.
type heardUntil struct {
	mu    sync.Mutex
	t     time.Time
	saved int
	fail  error
}

func (h *heardUntil) Load(context.Context) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.t, h.fail
}

func (h *heardUntil) Save(_ context.Context, t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.t, h.saved = t, h.saved+1
	return h.fail
}

// A tally is a bot.Meter that counts.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (m *tally) Add(name string, n int, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == nil {
		m.count = map[string]int{}
	}
	m.count[fmt.Sprint(name, labels)] += n
}

func (m *tally) Observe(name string, _ time.Duration, labels ...string) { m.Add(name, 1, labels...) }

func (m *tally) of(name string, labels ...string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count[fmt.Sprint(name, labels)]
}

// quietSocket greets and says nothing more.
func quietSocket(_ int, conn *websocket.Conn) {
	say(conn, hello)
	acks(conn, nil)
}

// laterThan2000 moves a bubble's clock, which begins in 2000, past the time of what the stand-in workspace begins with.
func laterThan2000() {
	if time.Now().Year() == 2000 {
		time.Sleep(time.Until(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	}
}
