package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// A bench is a stand-in workspace with a Client connected to it.
type bench struct {
	t      *testing.T
	server *httptest.Server
	client *Client
	log    *logBuffer
	got    chan bot.Request
	stop   func() error // ends Run and returns what it returned
}

// fast are intervals with which a test need not wait, and that a slow machine keeps.
func fast() times {
	t := defaultTimes()
	t.ping, t.silence, t.backoff, t.maxWait = 50*time.Millisecond, 20*time.Second, 10*time.Millisecond, 100*time.Millisecond
	t.status = time.Millisecond
	t.accept = time.Minute // a slow machine is no reason to refuse
	return t
}

// newClient makes a Client for the server with the sandbox's tokens.
func newClient(t *testing.T, base string, o Options) (*Client, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	o.APIURL, o.AppToken, o.BotToken = base+"/api/", sandbox.AppToken, sandbox.BotToken
	if o.Sockets == 0 {
		o.Sockets = 1 // what a test plays on one socket is not to come on another
	}
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.times = fast()
	t.Cleanup(func() { c.Close() })
	return c, log
}

// newWorkspace serves a stand-in workspace.
func newWorkspace(t *testing.T, o sandbox.Options) *httptest.Server {
	t.Helper()
	w, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.Handler())
	t.Cleanup(func() {
		w.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// connect starts a workspace and a Client that is connected to it.
func connect(t *testing.T, o sandbox.Options) *bench {
	t.Helper()
	b := &bench{t: t, server: newWorkspace(t, o), got: make(chan bot.Request, 100)}
	b.client, b.log = newClient(t, b.server.URL, Options{Roles: Roles{Viewer: []string{"members"}}})
	b.run(func(_ context.Context, r bot.Request) error { b.got <- r; return nil })
	return b
}

// run starts the Client and waits until it is connected.
func (b *bench) run(accept func(context.Context, bot.Request) error) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.client.Run(ctx, accept) }()
	b.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	b.t.Cleanup(func() { b.stop() })
	wait(b.t, "a connection", func() bool { return b.client.Stats().Sockets == 1 })
}

// wait polls until what is so.
func wait(t *testing.T, what string, so func() bool) {
	t.Helper()
	until := time.Now().Add(60 * time.Second)
	for !so() {
		if time.Now().After(until) {
			t.Fatalf("no %s in time", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// next returns the next request.
func (b *bench) next() bot.Request {
	b.t.Helper()
	select {
	case r := <-b.got:
		return r
	case <-time.After(60 * time.Second):
		b.t.Fatal("no request in time")
		return bot.Request{}
	}
}

// control plays somebody in the workspace and returns the answer.
func (b *bench) control(deed string, in map[string]any) map[string]any {
	b.t.Helper()
	return control(b.t, b.server, deed, in)
}

func control(t *testing.T, server *httptest.Server, deed string, in map[string]any) map[string]any {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(server.URL+"/control/slack/"+deed, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, resp)
}

func decode(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", resp.Request.URL.Path, out["error"])
	}
	return out
}

// A shown message is what the workspace has of one.
type shown struct {
	TS       string            `json:"ts"`
	ThreadTS string            `json:"thread_ts"`
	BotID    string            `json:"bot_id"`
	Text     string            `json:"text"`
	Blocks   json.RawMessage   `json:"blocks"`
	Metadata map[string]any    `json:"metadata"`
	Edited   map[string]string `json:"edited"`
}

// messages lists a channel, or a thread with its parent, oldest first.
func messages(t *testing.T, server *httptest.Server, channel, thread string) []shown {
	t.Helper()
	q := url.Values{"channel": {channel}}
	if thread != "" {
		q.Set("thread_ts", thread)
	}
	resp, err := http.Get(server.URL + "/control/slack/messages?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(decode(t, resp)["messages"])
	if err != nil {
		t.Fatal(err)
	}
	var out []shown
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A logged call is one line of the workspace's log.
type logged struct {
	Method  string `json:"method"`
	OK      bool   `json:"ok"`
	Error   string `json:"error"`
	EventID string `json:"event_id"`
	Kind    string `json:"kind"`
	Retry   int    `json:"retry"`
}

// calls returns the workspace's log of one method, oldest first.
func calls(t *testing.T, server *httptest.Server, method string) []logged {
	t.Helper()
	resp, err := http.Get(server.URL + "/control/slack/log?method=" + method)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(decode(t, resp)["calls"])
	if err != nil {
		t.Fatal(err)
	}
	var out []logged
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A logBuffer collects log lines.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
