package bolt

import (
	"slices"
	"strings"
	"sync"
	"time"
)

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// warmUp has the bot answer a few mentions that do not count.
func (w *world) warmUp() { w.answered(w.shout(20, append(w.more, channel)...)) }

// latency reports the median and the 99th percentile of sorted times.
func (w *world) latency(name string, took []time.Duration) {
	w.b.ReportMetric(ms(took[len(took)/2]), name+"-p50-ms")
	w.b.ReportMetric(ms(took[len(took)*99/100]), name+"-p99-ms")
}

// sequence says n mentions, each once the one before is answered.
func (w *world) sequence(n int) []time.Duration {
	w.b.Helper()
	list := make([]mention, n)
	for i := range list {
		var err error
		if list[i], err = w.say(channel); err != nil {
			w.b.Fatal(err)
		}
		for deadline := time.Now().Add(patience); w.replies(list[i]) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				w.b.Fatal("waited in vain for an answer")
			}
		}
	}
	return w.answered(list)
}

// replies counts the messages in the thread of a mention.
func (w *world) replies(m mention) int {
	var out struct{ Messages []struct{ TS string } }
	w.get("messages?channel="+channel+"&thread_ts="+strings.TrimPrefix(m.thread, channel), &out)
	return len(out.Messages) - 1
}

// openLoop says n mentions at a steady pace, whether or not they are answered.
func (w *world) openLoop(n int, every time.Duration) []time.Duration {
	w.b.Helper()
	list := make([]mention, n)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
		wg.Go(func() {
			var err error
			if list[i], err = w.say(channel); err != nil {
				w.b.Error(err)
			}
		})
	}
	wg.Wait()
	return w.answered(list)
}

// burst says n mentions at once, in one or several channels.
func (w *world) burst(name string, n int, channels ...string) {
	w.b.Helper()
	start := time.Now()
	list := w.shout(n, channels...)
	took := w.answered(list)
	threads := w.answers()
	var last time.Time
	for _, m := range list {
		if at := threads[m.thread][0]; at.After(last) {
			last = at
		}
	}
	again := 0
	for _, c := range w.calls("envelope.send") {
		if c.Retry > 0 && c.Time.After(start) {
			again++
		}
	}
	w.b.ReportMetric(float64(again), name+"-redelivered")
	w.b.ReportMetric(float64(n)/last.Sub(start).Seconds(), name+"/s")
	w.b.ReportMetric(ms(took[n/2]), name+"-p50-ms")
}

// refresh has Slack renew each socket in turn, and then all together, and reports the longest time without a greeted socket.
func (w *world) refresh() {
	w.b.Helper()
	before := w.sockets()
	start := time.Now()
	for _, id := range before {
		w.renew(id)
	}
	w.b.ReportMetric(ms(w.gap(start, before)), "refresh-ms")
	before = w.sockets()
	start = time.Now()
	w.renew("")
	w.b.ReportMetric(ms(w.gap(start, before)), "refresh-all-ms")
}

// renew asks one socket, or all, to go, and waits until as many are open as before.
func (w *world) renew(id string) {
	w.b.Helper()
	old := w.sockets()
	var out struct{ Sockets int }
	if err := w.post("disconnect", map[string]string{"reason": "refresh_requested", "socket": id}, &out); err != nil || out.Sockets == 0 {
		w.b.Fatalf("%d sockets were told, %v", out.Sockets, err)
	}
	w.until("new sockets", func() bool {
		now := w.sockets()
		kept := slices.ContainsFunc(now, func(one string) bool { return one == id || id == "" && slices.Contains(old, one) })
		return len(now) >= w.c.sockets && !kept
	})
}

// gap is the longest time since then, when these sockets were open, in which no greeted one was.
func (w *world) gap(since time.Time, sockets []string) (longest time.Duration) {
	open := map[string]bool{}
	for _, id := range sockets {
		open[id] = true
	}
	var gone time.Time // when the last one went
	for _, c := range w.calls("") {
		switch {
		case c.Time.Before(since):
		case c.Method == "socket.open":
			if len(open) == 0 {
				longest = max(longest, c.Time.Sub(gone))
			}
			open[c.Socket] = true
		case c.Method == "socket.disconnect" || c.Method == "socket.close":
			if open[c.Socket] && len(open) == 1 {
				gone = c.Time
			}
			delete(open, c.Socket)
		}
	}
	return longest
}

// kill shouts n mentions, kills the bot when some are answered and starts it again, and reports what was never answered, what was answered more than
// once, and when the last answer came.
func (w *world) kill(n, when int) {
	w.b.Helper()
	before := len(w.answers())
	var list []mention
	shouted := make(chan struct{})
	go func() {
		defer close(shouted)
		list = w.shout(n, channel)
	}()
	w.until("some answers", func() bool { return len(w.answers()) >= before+when })
	w.killBot()
	killed := time.Now()
	w.startBot()
	<-shouted
	threads := w.settle(list)
	lost, twice, last := 0, 0, killed
	for _, m := range list {
		answers := threads[m.thread]
		switch len(answers) {
		case 0:
			lost++
		case 1:
		default:
			twice++
		}
		for _, at := range answers {
			if at.After(last) {
				last = at
			}
		}
	}
	w.b.ReportMetric(float64(lost), "lost")
	w.b.ReportMetric(float64(twice), "doubled")
	w.b.ReportMetric(last.Sub(killed).Seconds(), "recovered-s")
}

// settle waits until every mention is answered and nothing is said twice any more, or until no answer has come for a while.
func (w *world) settle(list []mention) map[string][]time.Time {
	w.b.Helper()
	total, since := -1, time.Now()
	for {
		threads := w.answers()
		n, open := 0, 0
		for _, m := range list {
			n += len(threads[m.thread])
			if len(threads[m.thread]) == 0 {
				open++
			}
		}
		if n != total {
			total, since = n, time.Now()
		}
		if quiet := time.Since(since); quiet > settled || open == 0 && quiet > settled/8 {
			return threads
		}
		time.Sleep(look)
	}
}
