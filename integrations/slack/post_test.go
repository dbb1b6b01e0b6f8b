package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"shipmate/bot"
)

// A call is repeated after a 429, and after nothing else: a lost answer may belong to a message that was posted.
func TestOnlyRateLimitsAreRetried(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	posts := 0
	c := answer(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch posts++; posts {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.000001"}`)
		default:
			panic(http.ErrAbortHandler)
		}
	})
	to := bot.Place{Channel: "C1"}
	if ref, err := c.Post(t.Context(), to, "", "k", bot.Reply{Title: "x"}); err != nil || ref != "1.000001" {
		t.Fatalf("after a 429: got %q, %v", ref, err)
	}
	if _, err := c.Post(t.Context(), to, "", "k", bot.Reply{Title: "x"}); err == nil {
		t.Fatal("a lost answer is no success")
	}
	mu.Lock()
	defer mu.Unlock()
	if posts != 3 {
		t.Errorf("got %d calls, want 3: one limited, one good, one lost", posts)
	}
}

// What is posted never asks Slack to make anything of the text, and refused blocks are sent once more as text.
func TestPostedForm(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var forms []url.Values
	c := answer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		r.ParseForm()
		forms = append(forms, r.Form)
		if r.Form.Get("blocks") != "[]" {
			io.WriteString(w, `{"ok":false,"error":"invalid_blocks"}`)
			return
		}
		io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1.000001"}`)
	})
	r := bot.Reply{Title: "<!channel> *x*", Blocks: bot.Blocks{bot.P(bot.Text("body & more"))}, Next: []bot.Action{{Label: "Help", Text: "help"}}}
	for _, ref := range []string{"", "1.000001"} {
		if _, err := c.Post(t.Context(), bot.Place{Channel: "C1", Thread: "0.000001"}, ref, "k", r); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(forms) != 4 {
		t.Fatalf("got %d calls, want each post and edit twice", len(forms))
	}
	for i, f := range forms {
		for k, want := range map[string]string{"parse": "none", "link_names": "false", "unfurl_links": "false", "unfurl_media": "false", "mrkdwn": "false"} {
			if f.Get(k) != want {
				t.Errorf("call %d: got %s %q, want %q", i, k, f.Get(k), want)
			}
		}
		var meta struct {
			Type    string         `json:"event_type"`
			Payload map[string]any `json:"event_payload"`
		}
		if err := json.Unmarshal([]byte(f.Get("metadata")), &meta); err != nil || meta.Type != metadataType || meta.Payload["key"] != "k" {
			t.Errorf("call %d: got metadata %q", i, f.Get("metadata"))
		}
	}
	if got, want := forms[1].Get("text"), "&lt;!channel&gt; *x*\nbody &amp; more\nYou can ask: help"; got != want {
		t.Errorf("got plain text %q, want %q", got, want)
	}
	if forms[0].Get("thread_ts") != "0.000001" || forms[2].Get("ts") != "1.000001" {
		t.Errorf("got thread %q and edited message %q", forms[0].Get("thread_ts"), forms[2].Get("ts"))
	}
}

// The token is in every call and is for one host: a redirect is not followed.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	followed := make(chan string, 10)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { followed <- r.URL.Path }))
	t.Cleanup(elsewhere.Close)
	c := answer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	})
	if _, err := c.Post(t.Context(), bot.Place{Channel: "C1"}, "", "k", bot.Reply{Title: "x"}); err == nil {
		t.Error("a redirect is no success")
	}
	if len(followed) != 0 {
		t.Errorf("%s was sent elsewhere", <-followed)
	}
}
