package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// BenchmarkLostAnswers asks 1,000 questions while Slack takes every posting and loses its answer, and counts what stands in each thread when nothing
// more comes: one message is right. Run it with -benchtime 1x.
func BenchmarkLostAnswers(b *testing.B) {
	const questions, want = 1000, 0.999
	var once, never, several int
	var took []time.Duration
	for b.Loop() {
		once, never, several, took = 0, 0, 0, nil
		for _, n := range askWithLostAnswers(b, questions, &took) {
			switch n {
			case 0:
				never++
			case 1:
				once++
			default:
				several++
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(once)*100/questions, "once-%")
	b.ReportMetric(float64(never), "never")
	b.ReportMetric(float64(several), "several")
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	if float64(once) < want*questions {
		b.Errorf("%d of %d questions have exactly one answer, want %.1f %%", once, questions, want*100)
	}
}

// askWithLostAnswers returns how many messages of the bot stand in each thread in the end, and adds to took how long the first one took each time.
func askWithLostAnswers(b *testing.B, questions int, took *[]time.Duration) []int {
	b.Helper()
	stand := newStand(b, repoOf30Files(b))
	a := assembled(b, sandboxConfig(stand.Access(), b.TempDir()))
	a.bot.Looks = [2]time.Duration{100 * time.Millisecond, 4 * time.Second}
	stop, _ := a.start(b)
	if !a.connected(b.Context()) {
		b.Fatal("not connected")
	}
	post(b, stand.URL()+"/control/slack/fault", map[string]any{"method": "chat.postMessage", "after": true, "times": -1})
	for range questions {
		post(b, stand.URL()+"/control/slack/say", map[string]string{"channel": "C0ENG", "text": "@shipmate help"})
	}
	counts := whenQuiet(b, stand.URL(), questions, took)
	if err := stop(); err != nil {
		b.Error(err)
	}
	return counts
}

// whenQuiet waits until the bot has called nothing for a while, and returns how many messages of the bot stand in each thread.
func whenQuiet(b *testing.B, url string, questions int, took *[]time.Duration) []int {
	b.Helper()
	for last := time.Now(); time.Since(last) < 10*time.Second; time.Sleep(200 * time.Millisecond) { // more than twice what the bot waits before it posts again
		var log struct{ Calls []struct{ Time time.Time } }
		fetch(b, url+"/control/slack/log", &log)
		last = log.Calls[len(log.Calls)-1].Time
	}
	var list struct {
		Messages []struct {
			TS    string
			BotID string `json:"bot_id"`
		}
	}
	fetch(b, url+"/control/slack/messages?channel=C0ENG&limit="+fmt.Sprint(questions), &list)
	var counts []int
	for _, m := range list.Messages {
		if m.BotID != "" {
			b.Error("an answer stands outside of its thread")
		}
		n, first := answersIn(b, url, m.TS)
		counts = append(counts, n)
		if n > 0 {
			*took = append(*took, first-secondsOf(b, m.TS))
		}
	}
	if len(counts) != questions {
		b.Errorf("%d questions stand in the channel, want %d", len(counts), questions)
	}
	return counts
}

// answersIn counts the bot's messages in a thread; first is when the first one was posted, counted from 1970.
func answersIn(b *testing.B, url, thread string) (n int, first time.Duration) {
	b.Helper()
	var list struct {
		Messages []struct {
			TS    string
			BotID string `json:"bot_id"`
		}
	}
	fetch(b, url+"/control/slack/messages?channel=C0ENG&thread_ts="+thread, &list)
	for _, m := range list.Messages {
		if m.BotID == "" {
			continue
		}
		if n++; n == 1 {
			first = secondsOf(b, m.TS)
		}
	}
	return n, first
}

// secondsOf reads a message's timestamp, which is seconds since 1970.
func secondsOf(b *testing.B, ts string) time.Duration {
	b.Helper()
	d, err := time.ParseDuration(ts + "s")
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func fetch(b *testing.B, url string, out any) {
	b.Helper()
	resp, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		b.Fatalf("%s: %v", url, err)
	}
}
