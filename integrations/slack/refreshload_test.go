package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sandbox "shipmate/sandbox/slack"
)

// A refreshed is what became of a load of messages while sockets were refreshed.
type refreshed struct {
	gap                 time.Duration // for which no socket was open
	said, lost, doubled int
	again               int           // messages that came more than once
	slowest             time.Duration // from saying to taking
}

// refreshes has n sockets refreshed, the oldest at a time and each once both are open, with a pause between them, while somebody writes five
// times as often.
func refreshes(t testing.TB, w *world, n int, pause time.Duration) (r refreshed) {
	t.Helper()
	said := map[string]time.Time{}
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	load.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			said[w.say(eng, "", fmt.Sprint(i))] = time.Now()
			time.Sleep(pause / 5)
		}
	})
	for range n {
		for len(w.sockets()) < 2 {
			time.Sleep(pause / 5)
		}
		w.control("disconnect", map[string]any{"reason": "refresh_requested", "socket": w.sockets()[0]})
		time.Sleep(pause)
	}
	cancel()
	load.Wait()
	for until := time.Now().Add(30 * time.Second); len(w.taken.all()) < len(said) && time.Now().Before(until); {
		time.Sleep(pause / 5)
	}
	r.said = len(said)
	all := w.taken.all()
	ids := map[string]bool{}
	for _, q := range all {
		ids[q.ID] = true
		r.slowest = max(r.slowest, w.taken.at[q.ID].Sub(said[q.ID]))
	}
	for id := range said {
		switch n := w.taken.times(id); {
		case n == 0:
			r.lost++
		case n > 1:
			r.again++
		}
	}
	r.doubled = len(all) - len(ids)
	r.gap = w.gap()
	return r
}

// gap is for how long the workspace had no socket for events, after the first was open.
func (w *world) gap() (gap time.Duration) {
	answer := httptest.NewRecorder()
	w.slack.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/control/slack/log", nil))
	var log struct{ Calls []sandbox.Call }
	if err := json.Unmarshal(answer.Body.Bytes(), &log); err != nil {
		w.t.Fatal(err)
	}
	open := map[string]bool{}
	var since time.Time // there is none
	for _, c := range log.Calls {
		switch c.Method {
		case "socket.open":
			if len(open) == 0 && !since.IsZero() {
				gap += c.Time.Sub(since)
			}
			open[c.Socket] = true
		case "socket.disconnect", "socket.close":
			if open[c.Socket] {
				delete(open, c.Socket)
				since = c.Time
			}
		}
	}
	return gap
}

// quickRefreshes lifts the bound on opens, so that a hundred refreshes need not take ten minutes; everything else is as it is.
func quickRefreshes(c *Client) {
	c.opens.most = 1 << 20
	c.times.stable, c.times.stagger = 0, 0
}

func TestRefreshesUnderLoad(t *testing.T) {
	t.Parallel()
	t.Run("fault 04 a hundred refreshes under load: no gap, nothing lost, nothing doubled", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, sandbox.Options{NoLimits: true}, Options{})
			w.run() // with its own bounds: ten opens in a minute
			time.Sleep(time.Minute)
			r := refreshes(t, w, 100, 3500*time.Millisecond)
			if r.gap != 0 || r.lost != 0 || r.doubled != 0 || r.said < 200 {
				t.Errorf("got %+v, want no gap, nothing lost and nothing doubled", r)
			}
		})
	})
}

// BenchmarkRefreshes reports what a hundred refreshes under load come to: the gap without a socket, lost and doubled messages.
func BenchmarkRefreshes(b *testing.B) {
	for b.Loop() {
		w := newSpace(b, sandbox.Options{NoLimits: true}, Options{})
		quickRefreshes(w.client)
		w.run()
		r := refreshes(b, w, 100, 10*time.Millisecond)
		b.ReportMetric(float64(r.gap.Microseconds())/1000, "gap-ms")
		b.ReportMetric(float64(r.lost), "lost")
		b.ReportMetric(float64(r.doubled), "doubled")
		b.ReportMetric(float64(r.again), "redelivered")
		b.ReportMetric(float64(r.said), "messages")
		b.ReportMetric(float64(r.slowest.Microseconds())/1000, "slowest-ms")
	}
}
