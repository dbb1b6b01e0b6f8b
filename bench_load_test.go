package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/sandbox"
)

// runningApp starts a sandbox and a bot that is connected to it.
func runningApp(b *testing.B) (stand *sandbox.Server, stop func() error) {
	b.Helper()
	stand = newStand(b, repoOf30Files(b))
	a := assembled(b, sandboxConfig(stand.Access(), b.TempDir()))
	stop, _ = a.start(b)
	if !a.connected(b.Context()) {
		b.Fatal("not connected")
	}
	return stand, stop
}

// acknowledgements are how long each envelope waited for its acknowledgement, by the workspace's own record, shortest first.
func acknowledgements(b *testing.B, url string) (took []time.Duration) {
	b.Helper()
	read := func(method string) map[string]time.Time {
		resp, err := http.Get(url + "/control/slack/log?method=" + method)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		var got struct {
			Calls []struct {
				Time       time.Time
				EnvelopeID string `json:"envelope_id"`
				OK         bool
			}
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			b.Fatal(err)
		}
		at := map[string]time.Time{}
		for _, c := range got.Calls {
			if c.OK {
				at[c.EnvelopeID] = c.Time
			}
		}
		return at
	}
	acked := read("envelope.ack")
	for id, sent := range read("envelope.send") {
		if ack, ok := acked[id]; ok {
			took = append(took, ack.Sub(sent))
		}
	}
	slices.Sort(took)
	return took
}

// BenchmarkAcknowledge is the time from an envelope to its acknowledgement, which comes when the request is on disk: 100 mentions a second for ten
// seconds, and 1,000 at once. Each mention is answered with help, and comes as two events. Run it with -benchtime 1x.
func BenchmarkAcknowledge(b *testing.B) {
	for name, every := range map[string]time.Duration{"100-a-second": 10 * time.Millisecond, "burst-of-1000": 0} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				stand, stop := runningApp(b)
				say(b, stand.URL(), 1000, every)
				var took []time.Duration
				for deadline := time.Now().Add(time.Minute); len(took) < 2000 && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
					took = acknowledgements(b, stand.URL())
				}
				if err := stop(); err != nil {
					b.Error(err)
				}
				b.ReportMetric(float64(len(took)), "acknowledged")
				b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
				b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
				b.ReportMetric(ms(took[len(took)-1]), "max-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// say says so many mentions, one every so often, or all at once, from 50 at a time.
func say(b *testing.B, url string, n int, every time.Duration) {
	var saying sync.WaitGroup
	slots := make(chan struct{}, 50)
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		slots <- struct{}{}
		saying.Go(func() {
			defer func() { <-slots }()
			post(b, url+"/control/slack/say", map[string]string{"channel": "C0ENG", "text": "@shipmate help"})
		})
	}
	saying.Wait()
}

// BenchmarkSoak is the memory of the bot, a binary of its own, under 50 mentions a second for twenty seconds, or as long as SHIPMATE_SOAK says; and how
// many of them were answered, by the bot's own count, which a minute later is all. Run it with -benchtime 1x.
func BenchmarkSoak(b *testing.B) {
	long := 20 * time.Second
	if d, err := time.ParseDuration(os.Getenv("SHIPMATE_SOAK")); err == nil {
		long = d
	}
	binary := builtProgram(b)
	stand, err := sandbox.Start(b.Context(), sandbox.Options{Repo: repoOf30Files(b), NoLimits: true})
	if err != nil {
		b.Fatal(err)
	}
	defer stand.Close()
	folder := b.TempDir()
	config, listen := benchConfig(b, stand, folder)
	for b.Loop() {
		var logged bytes.Buffer
		cmd := exec.Command(binary, "run", "--config", config)
		cmd.Stderr = &logged
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		most, ended := 0.0, make(chan struct{})
		go func() { // ends with the mentions
			say(b, stand.URL(), int(50*long.Seconds()), 20*time.Millisecond)
			close(ended)
		}()
		for running := true; running; {
			select {
			case <-ended:
				running = false
			case <-time.After(200 * time.Millisecond):
				most = max(most, memoryOf(cmd.Process.Pid))
			}
		}
		answered := 0.0
		for deadline := time.Now().Add(time.Minute); answered < 50*long.Seconds() && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			answered = measured(b, listen, `effects_total{kind="reply",outcome="shown"}`)
			most = max(most, memoryOf(cmd.Process.Pid))
		}
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b.Errorf("%v\n%s", err, logged.String())
		}
		b.ReportMetric(most, "most-MB")
		b.ReportMetric(50*long.Seconds(), "mentions")
		b.ReportMetric(answered, "answered")
	}
	b.ReportMetric(0, "ns/op")
}

// measured is what a running bot has measured under the name of a series; 0 when it has not.
func measured(b *testing.B, listen, series string) (value float64) {
	_, text := get(b, "http://"+listen+"/metrics")
	if _, rest, found := strings.Cut(text, "\n"+metricPrefix+series+" "); found {
		if _, err := fmt.Sscan(rest, &value); err != nil {
			b.Error(err)
		}
	}
	return value
}
