package slack

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
	sandbox "shipmate/sandbox/slack"
)

// never is a workspace that does not repeat deliveries, as Slack now and then does not.
func never() sandbox.Options { return sandbox.Options{RetryAfter: []time.Duration{}} }

func TestMentionsOfAnOutage(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"fault 05 no socket for ten minutes and no retries: the scan finds everything once": never(),
		"fault 05 no socket for ten minutes: what is found and comes again is taken once":   {RetryAfter: []time.Duration{0, time.Minute, 20 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				meter := &tally{}
				w := newSpace(t, o, Options{Positions: &heardUntil{}, Meter: meter})
				w.run()
				time.Sleep(time.Minute)
				before := w.say(eng, "", "@shipmate before")
				root := strings.TrimPrefix(before, messageID(sandbox.TeamID, eng, ""))
				time.Sleep(time.Minute)
				group := w.control("channel", map[string]any{"name": "three", "is_mpim": true, "members": []string{sandbox.AdaID, sandbox.BotUserID}})["channel"].(string)

				w.space.Inject(sandbox.Fault{Method: openMethod, Status: http.StatusServiceUnavailable, Times: -1})
				w.control("disconnect", map[string]any{"reason": "refresh_requested"})
				ids := []string{before, w.say(eng, "", "@shipmate one"), w.say(dm, "", "two"), w.say(eng, root, "@shipmate three"), w.say(group, "", "@shipmate four")}
				time.Sleep(5 * time.Minute)
				ids = append(ids, w.say(eng, root, "@shipmate five"), w.say(eng, "", "chatter"))
				time.Sleep(5 * time.Minute)
				w.space.ClearFaults()

				time.Sleep(time.Hour)
				w.taken.want(t, ids...)
				if o.RetryAfter == nil || len(o.RetryAfter) > 0 {
					return
				}
				if got := meter.of("catchup_recovered_total", "source", "slack"); got != 6 || w.client.Stats().Recovered != 6 {
					t.Errorf("%d recovered, want 6", got)
				}
				if strings.Contains(w.log.String(), "the sockets are replaced") {
					t.Error("the sockets were blamed for the outage")
				}
			})
		})
	}
}

func TestSilentSocketsAreFoundOut(t *testing.T) {
	t.Parallel()
	t.Run("fault 08 alive but silent: what is missed is found and the sockets are replaced", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.run()
			time.Sleep(30 * time.Minute)
			for _, id := range w.sockets() {
				w.space.InjectSocket(sandbox.SocketFault{What: sandbox.FaultSwallow, Socket: id, Times: -1})
			}
			opens := w.client.Stats().Opens
			missed := []string{w.say(eng, "", "@shipmate missed"), w.say(dm, "", "missed")}
			time.Sleep(12 * time.Minute)
			w.taken.want(t, missed...)
			if got := w.client.Stats().Opens; got != opens+2 {
				t.Errorf("%d sockets opened, want two new ones", got-opens)
			}
			heard := w.say(eng, "", "@shipmate again")
			time.Sleep(time.Second)
			w.taken.want(t, append(missed, heard)...)
		})
	})
	t.Run("fault 08 quiet and well: nothing is done", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.run()
			time.Sleep(11 * time.Hour)
			if s := w.client.Stats(); s.Opens != 2 || s.Recovered != 0 || s.Sockets != 2 {
				t.Errorf("got %+v, want the first two sockets and nothing found", s)
			}
		})
	})
	t.Run("fault 08 what the bot refused itself is no reason to replace sockets", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.taken.refuse = func(r bot.Request) error {
				if r.Found {
					return nil
				}
				return errors.New("the disk is full")
			}
			w.run()
			time.Sleep(30 * time.Minute)
			id := w.say(eng, "", "@shipmate hello")
			time.Sleep(12 * time.Minute)
			w.taken.want(t, id)
			if n := w.client.Stats().Opens; n != 2 {
				t.Errorf("%d sockets were opened, want two", n)
			}
		})
	})
	t.Run("fault 08 chatter that was not for the bot then is not for it later", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.taken.refuse = func(r bot.Request) error { // as the pipeline does with what nobody wants, until it is wanted
				if r.Kind == bot.Message && !r.Found {
					return bot.ErrKnown
				}
				return nil
			}
			w.run()
			time.Sleep(12 * time.Minute)
			w.say(eng, "", "yes")
			time.Sleep(30 * time.Minute)
			w.taken.want(t)
		})
	})
}

// A new installation answers nothing of the past; a restart nothing older than a day, and nothing twice.
func TestWhereTheScanBegins(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		heard time.Duration // ago; 0: never
		want  []string
	}{
		"never":         {0, nil},
		"an hour ago":   {time.Hour, []string{"half an hour"}},
		"a day ago":     {23 * time.Hour, []string{"ten hours", "half an hour"}},
		"a week ago":    {7 * 24 * time.Hour, []string{"ten hours", "half an hour"}},
		"in the future": {-time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &heardUntil{}
				w := newSpace(t, never(), Options{Positions: store})
				ids := map[string]string{}
				ids["two days"] = w.say(eng, "", "@shipmate two days")
				time.Sleep(38 * time.Hour)
				ids["ten hours"] = w.say(eng, "", "@shipmate ten hours")
				time.Sleep(9*time.Hour + 30*time.Minute)
				ids["half an hour"] = w.say(eng, "", "@shipmate half an hour")
				time.Sleep(30 * time.Minute)
				if tt.heard != 0 {
					store.t = time.Now().Add(-tt.heard)
				}
				stop, _ := w.run()
				time.Sleep(15 * time.Minute)
				var want []string
				for _, one := range tt.want {
					want = append(want, ids[one])
				}
				w.taken.want(t, want...)
				if err := stop(); err != nil {
					t.Errorf("Run: %v", err)
				}
				if age := time.Since(store.t); age > 16*time.Minute || store.saved > 3 {
					t.Errorf("the position is %v old and was saved %d times", age, store.saved)
				}
			})
		})
	}
}

// What goes wrong in a scan does not lose what was missed, and is no storm.
func TestScanFailures(t *testing.T) {
	t.Parallel()
	t.Run("fault 17 an error of the server: again after a minute, from the same position", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.run()
			time.Sleep(15 * time.Minute)
			w.space.Inject(sandbox.Fault{Method: openMethod, Status: http.StatusServiceUnavailable, Times: -1})
			w.control("disconnect", map[string]any{"reason": "refresh_requested"})
			id := w.say(eng, "", "@shipmate hello")
			time.Sleep(time.Minute)
			w.space.ClearFaults()
			w.space.Inject(sandbox.Fault{Method: "conversations.history", Status: http.StatusBadGateway, Times: 5})
			time.Sleep(3 * time.Minute)
			w.taken.want(t, id)
		})
	})
	t.Run("fault 15 the bot is busy: the scan waits", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var busy atomic.Bool
			busy.Store(true)
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.taken.refuse = func(bot.Request) error {
				if busy.Load() {
					return bot.ErrBusy
				}
				return nil
			}
			w.run()
			time.Sleep(15 * time.Minute)
			ids := []string{w.say(eng, "", "@shipmate hello"), w.say(dm, "", "hello")}
			time.Sleep(time.Hour)
			busy.Store(false)
			time.Sleep(time.Minute)
			w.taken.want(t, ids...)
		})
	})
	t.Run("fault 23 a revoked bot token ends Run", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			_, done := w.run()
			time.Sleep(5 * time.Minute)
			w.space.Inject(sandbox.Fault{Error: "token_revoked", Times: -1})
			began := time.Now()
			if err := <-done; code(err) != "token_revoked" || !isFatal(err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one fatal token_revoked", err)
			}
			if took := time.Since(began); took > 11*time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	})
	t.Run("fault 06 sockets that come and go: at most one scan a minute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newSpace(t, never(), Options{Positions: &heardUntil{}})
			w.run()
			for range 120 {
				time.Sleep(10 * time.Second)
				w.control("disconnect", map[string]any{"reason": "refresh_requested"})
			}
			if n := w.calls("users.conversations"); n > 21*len(conversationTypes) || n < 5*len(conversationTypes) {
				t.Errorf("%d calls of users.conversations in twenty minutes", n)
			}
		})
	})
}
