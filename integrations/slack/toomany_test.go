package slack

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

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
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(c.Stats().Opens), "opens/min")
}
