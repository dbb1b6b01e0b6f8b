package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"shipmate/state"
)

// freeAddress is an address on this machine that nobody listens on now.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(t testing.TB, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(data)
}

// TestSeenFromOutside asks a bot how it is, from its start to its loss of Slack, and for what it counted.
func TestSeenFromOutside(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	cfg.Listen = freeAddress(t)
	cfg.GitHub.Webhook = WebhookConfig{Listen: freeAddress(t), Path: "/github/webhook", Secrets: []Secret{{name: "env:S", value: strings.Repeat("s", 20)}}}
	a := assembled(t, cfg)
	_, ended := a.start(t)
	at := "http://" + cfg.Listen
	wait(t, "readiness", func() bool { status, _ := get(t, at+"/readyz"); return status == http.StatusOK })
	if got := do(t, "health", "--ready", "--addr", cfg.Listen); !strings.Contains(got, "slack    ok") {
		t.Errorf("health --ready says %q", got)
	}

	tr.call("github/webhook", map[string]string{"url": "http://" + cfg.GitHub.Webhook.Listen + "/github/webhook", "secret": strings.Repeat("s", 20)}, nil)
	tr.expect("@shipmate summarize #1", "rim white space")
	tr.expect("@shipmate nonsense", "I do not know")
	tr.call("github/comment", map[string]any{"number": 1, "body": "/shipmate risk"}, nil)
	var metrics string
	wait(t, "a webhook's request", func() bool {
		_, metrics = get(t, at+"/metrics")
		return strings.Contains(metrics, `shipmate_webhook_deliveries_total{outcome="taken"}`)
	})
	readable(t, metrics)
	for _, name := range []string{
		"slack_connected", "slack_last_ping_age_seconds", "last_event_age_seconds", "events_received_total", "events_duplicate_total", "ack_latency_seconds_bucket",
		"inbox_depth", "inbox_oldest_age_seconds", "handler_duration_seconds_bucket", "effects_total", "dlq_depth", "store_commit_seconds_bucket", "store_bytes",
		"store_free_pages", "build_info", "resident_memory_bytes",
	} {
		if !strings.Contains(metrics, "\nshipmate_"+name+"{") && !strings.Contains(metrics, "\nshipmate_"+name+" ") {
			t.Errorf("no metric %s", name)
		}
	}

	tr.call("slack/disconnect", map[string]string{"reason": "link_disabled"}, nil)
	if err := ended(); err == nil || !strings.Contains(err.Error(), "Socket Mode is switched off") {
		t.Errorf("without Socket Mode the bot ended with %v", err)
	}
	knownKeys(t, a.db)
}

// knownKeys holds the keys that a bot has left against the list in package state.
func knownKeys(t *testing.T, db state.Store) {
	t.Helper()
	text, err := os.ReadFile("state/state.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^//\t([a-z]+/)|; ([a-z]+/)<`).FindAllStringSubmatch(string(text), -1) {
		known[m[1]+m[2]] = true
	}
	items, err := db.Scan(t.Context(), "", "", 10_000)
	if err != nil || len(items) < 10 {
		t.Fatalf("%d keys, %v", len(items), err)
	}
	for _, i := range items {
		if prefix, _, _ := strings.Cut(i.Key, "/"); !known[prefix+"/"] {
			t.Errorf("the key %s is not in the list of package state", i.Key)
		}
	}
}

// TestNotReady tells apart a bot that never heard Slack from one that can answer.
func TestNotReady(t *testing.T) {
	t.Parallel()
	stand := newStand(t, gitRepo(t))
	tr := &trial{t: t, url: stand.URL()}
	tr.call("slack/socketfault", map[string]any{"what": "refuse", "times": -1}, nil)
	cfg := sandboxConfig(stand.Access(), t.TempDir())
	a := assembled(t, cfg)
	stop, _ := a.start(t)
	r := a.ready(t.Context())
	text, err := json.Marshal(r)
	if err != nil || r.Ready || !strings.Contains(string(text), "no socket was opened yet") {
		t.Errorf("got %s, %v", text, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// What is measured is bounded, and no label can break a line.
func TestMeter(t *testing.T) {
	t.Parallel()
	m := newMeter()
	m.Add("x_total", 2, "kind", "a\"b\nc")
	m.Observe("y_seconds", 30*time.Millisecond)
	for i := range 2 * seriesAtMost {
		m.Add("z_total", 1, "i", strconv.Itoa(i))
	}
	var out strings.Builder
	m.set.WritePrometheus(&out)
	for _, want := range []string{`shipmate_x_total{kind="a\"b c"} 2`, `shipmate_y_seconds_bucket{le="0.025"} 0`, `shipmate_y_seconds_bucket{le="0.05"} 1`} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("no %s in\n%.500s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\nshipmate_z_total"); n != seriesAtMost+1 || !strings.Contains(out.String(), `shipmate_z_total{i="other"} `) {
		t.Errorf("%d series, and those are not counted that are too many", n)
	}
}
