package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// A refreshing is what came of many refreshes under load.
type refreshing struct {
	without time.Duration // without a socket, by the workspace's own record
	lost    int           // mentions that were not taken

	mentions int
}

// calls reads the workspace's record.
func (b *bench) calls(method string) (calls []sandbox.Call) {
	b.t.Helper()
	resp, err := http.Get(b.server.URL + "/control/slack/log?method=" + method)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct{ Calls []sandbox.Call }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		b.t.Fatal(err)
	}
	return got.Calls
}

// socketID names the i-th open socket, the oldest first.
func (b *bench) socketID(i int) string {
	b.t.Helper()
	var id string
	wait(b.t, "a socket", func() bool {
		closed := map[string]bool{}
		for _, c := range b.calls("socket.close") {
			closed[c.Socket] = true
		}
		for _, c := range b.calls("socket.disconnect") {
			closed[c.Socket] = true
		}
		var open []string
		for _, c := range b.calls("socket.open") {
			if !closed[c.Socket] {
				open = append(open, c.Socket)
			}
		}
		if len(open) > i {
			id = open[i]
		}
		return id != ""
	})
	return id
}

// refresh has Slack ask for a fresh socket n times while mentions come without a pause.
func refresh(t *testing.T, n int) (r refreshing) {
	b, a := faulty(t, sandbox.Options{}, func(t *times) { t.stable = 0 })
	ctx, stop := context.WithCancel(t.Context())
	said := make(chan int)
	go func() { // ends with ctx
		i := 0
		for ; ctx.Err() == nil; i++ {
			b.control("say", map[string]any{"channel": eng, "text": fmt.Sprintf("<@%s> ask %d", sandbox.BotUserID, i)})
		}
		said <- i
	}()
	began := time.Now()
	for range n {
		opens := len(b.calls("socket.open"))
		b.control("disconnect", map[string]any{"reason": "refresh_requested", "socket": b.socketID(0)})
		wait(t, "the next socket", func() bool { return len(b.calls("socket.open")) > opens })
	}
	stop()
	total := <-said
	wait(t, "the mentions", func() bool { return len(a.taken()) >= total })
	a.expect(t, total)
	r.mentions, r.lost = total, total-len(a.taken())
	r.without = b.without(began)
	return r
}

// without is how long no socket was open since a time.
func (b *bench) without(since time.Time) (sum time.Duration) {
	type change struct {
		at time.Time
		by int
	}
	var changes []change
	gone := map[string]bool{}
	for _, method := range []string{"socket.open", "socket.disconnect", "socket.close"} {
		for _, c := range b.calls(method) {
			switch {
			case method == "socket.open":
				changes = append(changes, change{c.Time, 1})
			case !gone[c.Socket]:
				gone[c.Socket] = true
				changes = append(changes, change{c.Time, -1})
			}
		}
	}
	open, last := 0, time.Time{}
	for len(changes) > 0 {
		first := 0
		for i := range changes {
			if changes[i].at.Before(changes[first].at) {
				first = i
			}
		}
		c := changes[first]
		changes = append(changes[:first], changes[first+1:]...)
		if open == 0 && last.After(since) {
			sum += c.at.Sub(last)
		}
		open += c.by
		last = c.at
	}
	return sum
}

// BenchmarkTooManyWebsockets counts the sockets that are opened within a minute while Slack says of each that there are too many. Run it with
// -benchtime 1x.
func BenchmarkTooManyWebsockets(b *testing.B) {
	w, err := sandbox.New(sandbox.Options{NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	w.InjectSocket(sandbox.SocketFault{What: sandbox.FaultRefuse, Times: -1})
	c, err := New(Options{APIURL: server.URL + "/api/", AppToken: sandbox.AppToken, BotToken: sandbox.BotToken})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		ctx, stop := context.WithTimeout(b.Context(), time.Minute)
		if err := c.Run(ctx, func(context.Context, bot.Request) error { return nil }); err != nil {
			b.Error(err)
		}
		stop()
	}
	resp, err := http.Get(server.URL + "/control/slack/log?method=apps.connections.open")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct{ Calls []sandbox.Call }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(got.Calls)), "opens/min")
}
