package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"shipmate/sandbox"
)

const (
	channel  = "C0ENG"
	channels = 20                     // that a burst may be spread over
	patience = 7 * time.Minute        // after which something that does not come is given up: Slack delivers for the last time after six
	settled  = 40 * time.Second       // without a new answer: then nothing more comes. Shipmate looks for a lost post for 30 seconds.
	look     = 200 * time.Millisecond // between two looks at the sandbox: reading its log takes time from the bots
)

// A world is a sandbox and a bot in it.
type world struct {
	b     *testing.B
	c     contestant
	more  []string // channels beside the first
	dir   string
	env   []string
	stand *sandbox.Server
	bot   *exec.Cmd
}

// A mention is a question and when it was asked.
type mention struct {
	thread string // its channel and its timestamp
	at     time.Time
}

// A call is an entry of the sandbox's log.
type call struct {
	Time     time.Time
	Method   string
	OK       bool
	Channel  string
	TS       string
	ThreadTS string `json:"thread_ts"`
	Socket   string
	Retry    int
	MS       float64
}

// startWorld starts both. In a hurry, what is not acknowledged within a second is delivered again soon, instead of after Slack's minutes.
func startWorld(b *testing.B, c contestant, hurry bool) *world {
	b.Helper()
	repo, dir := b.TempDir(), b.TempDir()
	if out, err := exec.Command("git", "init", "-q", repo).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	o := sandbox.Options{Repo: repo, Name: "octo/widgets", NoLimits: true}
	if hurry {
		o.AckTimeout, o.RetryAfter = time.Second, slices.Repeat([]time.Duration{100 * time.Millisecond}, 1000)
	}
	stand, err := sandbox.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	a := stand.Access()
	w := &world{b: b, c: c, dir: dir, stand: stand, env: configure(b, dir, a.SlackAPIURL, a.GitHubBaseURL, a.SlackAppToken, a.SlackBotToken, a.GitHubToken)}
	for i := range channels {
		var made struct{ Channel string }
		if err := w.post("channel", map[string]any{"name": fmt.Sprintf("burst-%d", i), "members": []string{"U0ADA", "U0SHIPMATE"}}, &made); err != nil {
			b.Fatal(err)
		}
		w.more = append(w.more, made.Channel)
	}
	w.startBot()
	return w
}

// startBot starts the bot and waits until its sockets are open.
func (w *world) startBot() {
	w.b.Helper()
	w.bot = w.c.command(w.dir)
	w.bot.Env, w.bot.Stderr = w.env, os.Stderr
	if err := w.bot.Start(); err != nil {
		w.b.Fatal(err)
	}
	process := w.bot.Process
	w.b.Cleanup(func() { _ = process.Kill() }) // should the benchmark end before it
	w.until("the bot's sockets", func() bool { return len(w.sockets()) >= w.c.sockets })
}

// killBot ends the bot without a warning.
func (w *world) killBot() {
	_ = w.bot.Process.Kill()
	_ = w.bot.Wait()
}

func (w *world) end() {
	w.killBot()
	if err := w.stand.Close(); err != nil {
		w.b.Error(err)
	}
}

func (w *world) sockets() []string {
	var state struct{ Sockets []string }
	w.get("state", &state)
	return state.Sockets
}

// until waits for a condition.
func (w *world) until(what string, holds func() bool) {
	w.b.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(look) {
		if time.Now().After(deadline) {
			w.b.Fatalf("waited in vain for %s", what)
		}
	}
}

func (w *world) get(path string, out any) {
	w.b.Helper()
	resp, err := http.Get(w.stand.URL() + "/control/slack/" + path)
	if err != nil {
		w.b.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		w.b.Fatalf("%s: %v", path, err)
	}
}

// post calls the control API; it may be called from any goroutine.
func (w *world) post(path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	resp, err := http.Post(w.stand.URL()+"/control/slack/"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s %w", path, resp.Status, got, err)
	}
	return json.Unmarshal(got, out)
}

// say mentions the bot.
func (w *world) say(channel string) (mention, error) {
	m := mention{at: time.Now()}
	var out struct{ TS string }
	err := w.post("say", map[string]string{"channel": channel, "text": "@shipmate help"}, &out)
	m.thread = channel + out.TS
	return m, err
}

// calls lists the sandbox's log, of one method or of all.
func (w *world) calls(method string) []call {
	var out struct{ Calls []call }
	w.get("log?method="+method, &out)
	return out.Calls
}

// answers are the times at which the bot's answers stood in each thread, first one first.
func (w *world) answers() map[string][]time.Time {
	threads := map[string][]time.Time{}
	for _, c := range w.calls("chat.postMessage") {
		if c.OK {
			thread := c.Channel + c.ThreadTS
			threads[thread] = append(threads[thread], c.Time.Add(time.Duration(c.MS*float64(time.Millisecond))))
		}
	}
	return threads
}

// answered waits until all mentions have an answer and returns how long each took, in the order of their length.
func (w *world) answered(list []mention) []time.Duration {
	w.b.Helper()
	var threads map[string][]time.Time
	w.until("answers", func() bool {
		threads = w.answers()
		return !slices.ContainsFunc(list, func(m mention) bool { return len(threads[m.thread]) == 0 })
	})
	took := make([]time.Duration, len(list))
	for i, m := range list {
		took[i] = threads[m.thread][0].Sub(m.at)
	}
	slices.Sort(took)
	return took
}

// shout says n mentions, in the channels in turn, as fast as eight people can.
func (w *world) shout(n int, channels ...string) []mention {
	w.b.Helper()
	list := make([]mention, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range next {
				var err error
				if list[i], err = w.say(channels[i%len(channels)]); err != nil {
					w.b.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return list
}
