package slack

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// taker accepts requests as the bot does: each happening once, by any of its names.
type taker struct {
	mu    sync.Mutex
	known map[string]bool
	texts []string // of what was new and asked, in order
	came  int
	fail  func(bot.Request) error // nil: nothing fails
}

func (a *taker) accept(_ context.Context, r bot.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came++
	if a.fail != nil {
		if err := a.fail(r); err != nil {
			return err
		}
	}
	if a.known == nil {
		a.known = map[string]bool{}
	}
	if a.known[r.ID] || r.Alias != "" && a.known[r.Alias] || r.Kind != bot.Ask {
		if r.Found {
			return bot.ErrKnown
		}
		return nil
	}
	a.known[r.ID], a.known[r.Alias], a.known[r.Of] = true, true, true
	a.texts = append(a.texts, r.Text)
	return nil
}

func (a *taker) taken() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.texts...)
}

// positions is a positionStore in memory.
type positions struct {
	mu sync.Mutex
	t  time.Time
}

func (p *positions) Load(context.Context) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.t, nil
}

func (p *positions) Save(_ context.Context, t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t = t
	return nil
}

// faulty is a workspace in which unacknowledged events come again soon, and a client with two sockets.
func faulty(t *testing.T, o sandbox.Options, change func(*times)) (*bench, *taker) {
	t.Helper()
	if o.AckTimeout == 0 {
		o.AckTimeout = 300 * time.Millisecond
	}
	if o.RetryAfter == nil {
		for range 200 {
			o.RetryAfter = append(o.RetryAfter, 50*time.Millisecond)
		}
	}
	o.NoLimits = true
	b, a := &bench{t: t, server: newWorkspace(t, o)}, &taker{}
	b.client, b.log = newClient(t, b.server.URL, Options{Sockets: 2, Positions: &positions{}, Roles: Roles{Viewer: []string{"members"}}})
	tt := &b.client.times
	tt.stagger, tt.accept, tt.soonest, tt.settle, tt.margin, tt.tier = 10*time.Millisecond, 250*time.Millisecond, 10*time.Millisecond, 0, 0, -1
	b.client.opens.most = 1000 // which is tested by itself
	if change != nil {
		change(tt)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.client.Run(ctx, a.accept) }()
	b.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { b.stop() })
	wait(t, "connections", func() bool { return b.client.Stats().Sockets == 2 })
	return b, a
}

// mentions says so many things to the bot, each in a thread of its own.
func (b *bench) mentions(n int) {
	b.t.Helper()
	for i := range n {
		b.control("say", map[string]any{"channel": eng, "text": fmt.Sprintf("<@%s> ask %d", sandbox.BotUserID, i)})
	}
}

// expect waits until the mentions are taken, and checks that each was once.
func (a *taker) expect(t *testing.T, n int) {
	t.Helper()
	wait(t, fmt.Sprintf("%d mentions taken", n), func() bool { return len(a.taken()) >= n })
	seen := map[string]bool{}
	for _, text := range a.taken() {
		if seen[text] {
			t.Errorf("%q was taken twice", text)
		}
		seen[text] = true
	}
}

// Whatever goes wrong on the sockets, every mention is taken, and once.
func TestSocketFaults(t *testing.T) {
	t.Parallel()
	fault := func(what string, more ...any) map[string]any {
		f := map[string]any{"what": what, "times": 5}
		for i := 0; i+1 < len(more); i += 2 {
			f[more[i].(string)] = more[i+1]
		}
		return f
	}
	for name, f := range map[string]map[string]any{
		"fault 01 the socket drops before the acknowledgement is written": fault("cut"),
		"fault 02 the socket drops when the acknowledgement comes":        fault("cut_at_ack"),
		"fault 03 the acknowledgement is lost":                            fault("drop_ack"),
		"fault 09 half a frame":                                           fault("truncate"),
		"fault 12 four times the same envelope":                           fault("duplicate", "count", 4),
		"fault 12 four envelopes of the same event":                       fault("duplicate", "count", 4, "fresh", true),
		"fault 12 out of order":                                           fault("hold", "count", 3),
		"fault 12 attempt 0 again":                                        fault("attempt", "count", 0),
		"fault 13 only as a retry":                                        fault("attempt", "count", 1),
		"fault 15 late":                                                   fault("delay", "delay_ms", 400),
		"fault 15 swallowed, and sent again":                              fault("swallow"),
		"fault 06 not greeted":                                            fault("no_hello"),
		"fault 06 closed after the greeting":                              fault("hello_close"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, a := faulty(t, sandbox.Options{}, func(t *times) { t.reconnect = time.Second })
			b.control("socketfault", f)
			if strings.Contains(name, "06") {
				b.control("disconnect", map[string]any{"reason": "refresh_requested"})
			}
			b.mentions(20)
			a.expect(t, 20)
		})
	}
}

// Frames that make no sense end a socket at the most, and nothing is lost.
func TestFramesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]map[string]any{
		"fault 09 binary":               {"kind": "binary", "text": "\x00\x01"},
		"fault 09 continuation":         {"kind": "continuation", "text": "x"},
		"fault 09 truncated":            {"kind": "truncated", "text": `{"type":"hello"}`},
		"fault 09 ten empty in a row":   {"text": "", "times": 10},
		"fault 10 malformed":            {"text": `{"type":"events_api","envelope_id":"x","payload":{`},
		"fault 10 of an unknown type":   {"text": `{"type":"surprise","envelope_id":"x","payload":{}}`},
		"fault 10 without envelope_id":  {"text": `{"type":"events_api","payload":{}}`},
		"fault 10 the payload a number": {"text": `{"type":"events_api","envelope_id":"x","payload":7}`},
		"fault 11 20 MB":                {"text": `{"type":"events_api"`, "size": 20 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, a := faulty(t, sandbox.Options{}, nil)
			b.control("raw", f)
			b.mentions(5)
			a.expect(t, 5)
		})
	}
}

// fault 04: one socket after the other is refreshed, again and again, under load: there is always one, and nothing is lost or taken twice.
// SHIPMATE_REFRESHES is how often.
func TestRefreshes(t *testing.T) {
	t.Parallel()
	n := 10
	if given, err := strconv.Atoi(os.Getenv("SHIPMATE_REFRESHES")); err == nil {
		n = given
	}
	r := refresh(t, n)
	t.Logf("%d refreshes, %d mentions: %v without a socket, %d lost", n, r.mentions, r.without, r.lost)
	if r.without > 0 || r.lost > 0 {
		t.Errorf("%v without a socket, %d mentions lost", r.without, r.lost)
	}
}

// fault 05: what was said while no socket could be opened, and was not delivered afterwards, is found.
func TestNoSocketForLong(t *testing.T) {
	t.Parallel()
	b, a := faulty(t, sandbox.Options{AckTimeout: 50 * time.Millisecond, RetryAfter: []time.Duration{time.Millisecond}}, nil)
	b.control("socketfault", map[string]any{"what": "refuse", "times": -1, "for_ms": 1000})
	b.control("disconnect", map[string]any{"reason": "too_many_websockets"})
	wait(t, "end of the sockets", func() bool { return b.client.Stats().Sockets == 0 })
	b.mentions(10)
	a.expect(t, 10)
	wait(t, "count of what was found", func() bool { return b.client.Stats().Recovered > 0 })
}

// fault 06: where Slack has too many sockets, one is enough, and the other is not fought for.
func TestTooManySockets(t *testing.T) {
	t.Parallel()
	b, a := faulty(t, sandbox.Options{}, nil)
	b.control("socketfault", map[string]any{"what": "refuse", "times": -1})
	opens := b.client.opens.count()
	b.control("disconnect", map[string]any{"reason": "too_many_websockets", "socket": b.socketID(1)})
	b.mentions(5)
	a.expect(t, 5)
	if n := b.client.opens.count() - opens; n > 2 {
		t.Errorf("%d sockets were opened beside the one that works", n)
	}
}

// fault 07: a socket that shows no sign of life is replaced.
func TestHalfOpenSocket(t *testing.T) {
	t.Parallel()
	b, a := faulty(t, sandbox.Options{}, func(t *times) { t.silence = 500 * time.Millisecond })
	b.control("socketfault", map[string]any{"what": "silence", "socket": b.socketID(0)})
	b.control("socketfault", map[string]any{"what": "silence", "socket": b.socketID(1)})
	b.mentions(5)
	a.expect(t, 5)
}

// fault 08: sockets that look well and deliver nothing are found out, and replaced.
func TestAliveButSilent(t *testing.T) {
	t.Parallel()
	b, a := faulty(t, sandbox.Options{AckTimeout: 10 * time.Millisecond, RetryAfter: []time.Duration{time.Millisecond}}, func(t *times) { t.scan = 50 * time.Millisecond })
	scanned := len(b.calls("conversations.history"))
	wait(t, "a look while the sockets are open", func() bool { return len(b.calls("conversations.history")) > scanned+20 })
	b.control("socketfault", map[string]any{"what": "swallow", "times": -1})
	b.mentions(5)
	a.expect(t, 5)
	wait(t, "new sockets", func() bool {
		return strings.Contains(b.log.String(), "the sockets are replaced") && b.client.Stats().Reconnects > 0
	})
}

// The opens of all sockets together are within the budget, however they are asked for.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := budget{most: opensPerMinute}
	now := time.Unix(1_700_000_000, 0)
	var past []time.Time
	for range 10_000 { // two and a half minutes of asking without a pause
		if b.take(now, 0) <= 0 {
			past = append(past, now)
		}
		now = now.Add(15 * time.Millisecond)
	}
	for i := range past {
		if j := i + opensPerMinute; j < len(past) && past[j].Sub(past[i]) < time.Minute {
			t.Errorf("more than %d within a minute of %v", opensPerMinute, past[i])
		}
	}
	if len(past) != 3*opensPerMinute {
		t.Errorf("%d opens, want the whole budget of three minutes", len(past))
	}
}
