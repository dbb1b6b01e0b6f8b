package github

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// A burst of deliveries is taken, each in its turn; when the store is stuck, the answer comes before GitHub stops waiting for it.
func TestWebhookBurst(t *testing.T) {
	for store, want := range map[time.Duration]int{100 * time.Millisecond: 202, time.Hour: 503} {
		synctest.Test(t, func(t *testing.T) {
			client, err := New(Options{Token: testToken, Repos: []string{"octo/widgets"}, Login: "shipmate[bot]"})
			if err != nil {
				t.Fatal(err)
			}
			h := newWebhook(t, client, nil).handler(func(ctx context.Context, r bot.Request) error {
				return sleep(ctx, store)
			})
			var deliveries sync.WaitGroup
			for i := range 200 {
				deliveries.Go(func() {
					c, began := &thread{}, time.Now()
					at := time.Now().UTC().Format(time.RFC3339)
					c.add(i+1, 0, "/shipmate risk", obj{"created_at": at, "updated_at": at})
					got := respond(h, deliver(plain().event, "g", told(c.comments[0], nil))).StatusCode
					if took := time.Since(began); got != want || took > 9*time.Second {
						t.Errorf("answered %d after %v, want %d", got, took, want)
					}
				})
			}
			deliveries.Wait()
		})
	}
}

// What may be longer than any comment is taken one at a time, so that nobody can fill the memory.
func TestWebhookOfUnusualSize(t *testing.T) {
	t.Parallel()
	c, e := &thread{}, &ear{}
	c.add(1, 5, "/shipmate risk", nil)
	r := &receiver{newWebhook(t, newFake(t).client(t, nil), nil), e.accept, make(chan struct{}, 1), make(chan struct{})} // another is under way
	for name, tt := range map[string]struct {
		pad    int
		length int64 // that is told; 0: as it is
		want   int
	}{"usual": {0, 0, 202}, "long": {2 << 20, 0, 503}, "unknown": {0, -1, 503}} {
		req := deliver(plain().event, "g", told(c.comments[0], obj{"pad": strings.Repeat("x", tt.pad)}))
		req.ContentLength = cmp.Or(tt.length, req.ContentLength)
		if got := respond(r, req).StatusCode; got != tt.want {
			t.Errorf("%s: answered %d, want %d", name, got, tt.want)
		}
	}
}

// The end waits for the delivery under way, and the listener is gone afterwards.
func TestWebhookEnds(t *testing.T) {
	t.Parallel()
	c, e := &thread{}, &ear{}
	c.add(1, 5, "/shipmate risk", nil)
	client := newFake(t).client(t, nil)
	under, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- newWebhook(t, client, nil).Run(ctx, func(ctx context.Context, r bot.Request) error {
			close(under)
			<-release
			return errors.Join(ctx.Err(), e.accept(ctx, r))
		})
	}()
	eventually(t, "webhooks are heard", func() bool { return client.Stats().Webhook.Addr != "" })
	url := "http://" + client.Stats().Webhook.Addr + defaultPath
	var wg sync.WaitGroup
	wg.Go(func() {
		r := deliver(plain().event, "g", told(c.comments[0], nil))
		out, _ := http.NewRequest(http.MethodPost, url, r.Body)
		out.Header = r.Header
		resp, err := http.DefaultClient.Do(out)
		if err != nil || resp.StatusCode != http.StatusAccepted {
			t.Errorf("answered %v, %v", resp, err)
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	})
	<-under
	cancel()
	eventually(t, "nobody new is listened to", func() bool {
		conn, err := net.Dial("tcp", client.Stats().Webhook.Addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-done:
		t.Errorf("Run: %v, with a delivery under way", err)
	default:
	}
	close(release)
	wg.Wait()
	if err := <-done; err != nil || len(e.heard) != 1 {
		t.Errorf("Run: %v, heard %d", err, len(e.heard))
	}
	if _, err := http.Get(url); err == nil {
		t.Error("somebody listens still")
	}
	if err := newWebhook(t, client, func(o *WebhookOptions) { o.Listen = "127.0.0.1:99999" }).Run(t.Context(), e.accept); err == nil || !strings.Contains(err.Error(), "choose another address") {
		t.Errorf("Run: %v, want what to do", err)
	}
	if s := client.Stats().Webhook; time.Since(s.Event) > time.Hour || s.Refused != 0 {
		t.Errorf("stats %+v", s)
	}
}
