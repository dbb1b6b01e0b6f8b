package github

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hooks is a repository's webhook, served as GitHub documents it: what failed is not sent again unless it is asked for.
type hooks struct {
	mu         sync.Mutex
	deliveries []obj                 // the newest first
	answers    []int                 // to what is delivered again, in turn; then 202
	deliver    func(guid string) int // instead of answers
	asked      []string              // GUIDs
	slow       bool                  // what is asked for does not come yet
}

const hookID = 7

// add adds a delivery of a comment, seconds after start, which was answered with status; 0 means that nobody answered.
func (h *hooks) add(guid string, at, status int, changes obj) {
	d := obj{
		"id": 1000 + len(h.deliveries), "guid": guid, "delivered_at": stamp(at), "redelivery": false, "duration": 0.2, "status": "OK",
		"status_code": status, "event": "issue_comment", "action": "created", "repository_id": 77,
	}
	maps.Copy(d, changes)
	h.deliveries = slices.Insert(h.deliveries, 0, d)
}

func (h *hooks) serve(f *fake) {
	path := fmt.Sprintf("/repos/octo/widgets/hooks/%d/deliveries", hookID)
	f.handle("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		at := atoi(strings.TrimPrefix(r.URL.Query().Get("cursor"), "v1_"))
		end := min(len(h.deliveries), at+atoi(r.URL.Query().Get("per_page")))
		if end < len(h.deliveries) {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3%s?per_page=100&cursor=v1_%d>; rel="next"`, f.URL, path, end))
		}
		data, _ := json.Marshal(slices.Concat([]obj{}, h.deliveries[at:end]))
		answerWith(w, 200, string(data))
	})
	for id := 1000; id < 1400; id++ {
		f.handle(fmt.Sprintf("POST %s/%d/attempts", path, id), func(w http.ResponseWriter, _ *http.Request) {
			h.again(id)
			answerWith(w, http.StatusAccepted, "{}")
		})
	}
}

// again delivers once more, under the same GUID.
func (h *hooks) again(id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.deliveries {
		if d["id"] != id {
			continue
		}
		if h.slow {
			h.asked = append(h.asked, d["guid"].(string))
			return
		}
		guid, status := d["guid"].(string), http.StatusAccepted
		if len(h.answers) > 0 {
			status, h.answers = h.answers[0], h.answers[1:]
		}
		if h.deliver != nil {
			status = h.deliver(guid)
		}
		h.asked = append(h.asked, guid)
		h.add(guid, int(time.Since(start)/time.Second), status, obj{"redelivery": true})
		return
	}
}

func (h *hooks) wanted() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	asked := h.asked
	h.asked = nil
	return asked
}

// newReconciler makes one that looks at what was delivered from second 0 on.
func newReconciler(t *testing.T, f *fake) *reconciler {
	t.Helper()
	r := newWebhook(t, f.client(t, nil), func(o *WebhookOptions) { o.Hooks = map[string]int64{"Octo/Widgets": hookID} }).reconciler("octo/widgets")
	r.since = start
	return r
}

// Only what never arrived is asked for again, the oldest first; what is no new comment is not; what fails for good is given up.
func TestRedeliver(t *testing.T) {
	t.Parallel()
	f, h := newFake(t), &hooks{answers: []int{503, 202, 503, 503}}
	h.serve(f)
	h.add("before", -5, 503, nil)
	h.add("arrived", 1, 202, nil)
	h.add("failed", 2, 502, obj{"status": "failed to connect to host"})
	h.add("later", 3, 503, nil)
	h.add("lost", 4, 0, obj{"status": "timed out", "event": "pull_request_review_comment"})
	h.add("later", 5, 202, obj{"redelivery": true})
	h.add("edited", 6, 503, obj{"action": "edited"})
	h.add("push", 7, 503, obj{"event": "push", "action": nil})
	h.add("going on", 8, 0, obj{"status": "pending"})
	r := newReconciler(t, f)
	for i, want := range []string{"failed,lost", "failed", "failed", "", ""} {
		if err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(h.wanted(), ","); got != want {
			t.Errorf("look %d: asked for %q, want %q", i, got, want)
		}
	}
}

// A great many are asked for over several looks, page by page; none is asked for twice.
func TestRedeliverMany(t *testing.T) {
	t.Parallel()
	f, h := newFake(t), &hooks{}
	h.serve(f)
	for i := range 120 {
		h.add(fmt.Sprint("guid-", i), 1+i, 503, nil)
	}
	r := newReconciler(t, f)
	var got []string
	for range 4 {
		if err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
		got = append(got, h.wanted()...)
	}
	if len(got) != 120 || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 120 || r.since.Equal(start) {
		t.Errorf("asked for %d, since %v", len(got), r.since)
	}
}

// Without permission it says so once and ends; a failure that passes does not end it; the number is found by the address.
func TestRedeliverRuns(t *testing.T) {
	t.Parallel()
	f, h := newFake(t), &hooks{}
	h.serve(f)
	h.add("failed", 2, 502, nil)
	f.json("GET /repos/octo/widgets/hooks", []obj{
		{"id": 6, "config": obj{"url": "https://elsewhere.example.com/"}}, {"id": hookID, "config": obj{"url": "https://bot.example.com/github/webhook"}},
	})
	find := func(url string) *reconciler {
		return newWebhook(t, f.client(t, nil), func(o *WebhookOptions) { o.URL = url }).reconciler("octo/widgets")
	}
	r := find("https://bot.example.com/github/webhook")
	r.since = start
	if err := r.step(t.Context()); err != nil || r.hook != hookID || !slices.Equal(h.wanted(), []string{"failed"}) {
		t.Errorf("step: %v, hook %d", err, r.hook)
	}
	find("https://bot.example.com/other").run(t.Context(), time.Hour) // ends
	for _, code := range []int{403, 404} {
		f.status(fmt.Sprintf("GET /repos/octo/widgets/hooks/%d/deliveries", hookID), code, nil, `{"message":"Not Found"}`)
		newReconciler(t, f).run(t.Context(), time.Hour) // ends
	}
}

// What was asked for and is on its way is not asked for again.
func TestRedeliverOnItsWay(t *testing.T) {
	t.Parallel()
	f, h := newFake(t), &hooks{slow: true}
	h.serve(f)
	h.add("failed", int(time.Since(start)/time.Second), 503, nil) // just now
	r := newReconciler(t, f)
	for i, want := range []int{1, 0} {
		if err := r.step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.wanted(); len(got) != want {
			t.Errorf("look %d: asked for %q", i, got)
		}
	}
}

// One that GitHub no longer has is left, and the others are asked for.
func TestRedeliverOfExpired(t *testing.T) {
	t.Parallel()
	f, h := newFake(t), &hooks{}
	h.serve(f)
	h.add("expired", 1, 503, nil)
	h.add("failed", 2, 503, nil)
	f.status(fmt.Sprintf("POST /repos/octo/widgets/hooks/%d/deliveries/1000/attempts", hookID), 422, nil, `{"message":"too old"}`)
	r := newReconciler(t, f)
	if err := r.step(t.Context()); err != nil || !slices.Equal(h.wanted(), []string{"failed"}) {
		t.Errorf("step: %v", err)
	}
	if err := r.step(t.Context()); err != nil || len(h.wanted()) != 0 {
		t.Errorf("second step: %v", err)
	}
}

// A server that fails for a while is asked again at the next look.
func TestRedeliverSurvivesFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client, err := New(Options{Token: testToken, Repos: []string{"octo/widgets"}, Pace: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		client.wire("octo").next = roundTripper(func(r *http.Request) (*http.Response, error) {
			if calls++; calls < 3 {
				return reply(r, 500, "{}"), nil
			}
			return reply(r, 403, "{}"), nil // ends it
		})
		w := newWebhook(t, client, func(o *WebhookOptions) { o.Hooks = map[string]int64{"octo/widgets": hookID} })
		began := time.Now()
		w.redeliver(t.Context())
		if took := time.Since(began); calls != 3 || took < 2*w.o.Every || took > 3*w.o.Every {
			t.Errorf("%d calls in %v", calls, took)
		}
		time.Sleep(requestTimeout) // go-github leaves the timers of failed requests
	})
}
