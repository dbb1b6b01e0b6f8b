package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shipmate/bot"
)

// most is how many of the times are within any stretch of time.
func most(times []time.Time, per time.Duration) (n int) {
	for i := range times {
		for j := i; j < len(times) && times[j].Sub(times[i]) < per; j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// For three hours there is always more to write than may be. No limit is passed, as much is written as may be, and nobody waits for long.
func TestWritesKeepLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Millisecond, writeLimits()) // so that the limits are what holds
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour-time.Second)
		defer cancel()
		var mu sync.Mutex
		var written []time.Time
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for ctx.Err() == nil {
					began := time.Now()
					err := p.do(ctx, answering, func() error {
						mu.Lock()
						defer mu.Unlock()
						written = append(written, time.Now())
						return nil
					})
					if waited := time.Since(began); waited > longestLine {
						t.Errorf("waited for %v", waited)
					}
					if busy, ok := errors.AsType[*BusyError](err); ok {
						if outcome, after := busy.Outcome(); outcome != bot.NotShown || after <= 0 || after > time.Hour {
							t.Fatalf("outcome %v after %v", outcome, after)
						}
						_ = sleep(ctx, min(time.Until(busy.Until), 10*time.Minute))
					}
				}
			})
		}
		wg.Wait()
		if m, h := most(written, time.Minute), most(written, time.Hour); m != 80 || h != 500 || len(written) != 1500 {
			t.Errorf("%d writes in 3 hours, at most %d in a minute and %d in an hour; want 1500, 80, 500", len(written), m, h)
		}
	})
}

// With the usual pace the 61st write in a line would wait for a minute: what cannot be soon is refused at once, and what is in line is written.
func TestWritesAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Second, writeLimits())
		began := time.Now()
		var mu sync.Mutex
		var done, refused []time.Duration
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				err := p.do(t.Context(), answering, func() error { return nil })
				mu.Lock()
				defer mu.Unlock()
				if busy, ok := errors.AsType[*BusyError](err); ok {
					if until := busy.Until.Sub(began); until < longestLine || until > time.Minute+time.Second {
						t.Errorf("refused until %v", until)
					}
					refused = append(refused, time.Since(began))
					return
				}
				done = append(done, time.Since(began))
			})
			synctest.Wait()
		}
		wg.Wait()
		if len(done) != 31 || done[30] != longestLine || len(refused) != 29 || refused[28] != 0 {
			t.Errorf("written after %v, refused after %v; want the first 31, a second apart, and the rest at once", done, refused)
		}
	})
}

// A write that hangs holds up the others for half a minute, and then they are told so.
func TestWritesBehindOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, release := newPacer(time.Second, nil), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { _ = p.do(t.Context(), telling, func() error { <-release; return nil }) })
		synctest.Wait()
		began := time.Now()
		err := p.do(t.Context(), answering, func() error { return errors.New("written") })
		if busy, ok := errors.AsType[*BusyError](err); !ok || time.Since(began) != longestLine || time.Until(busy.Until) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
		close(release)
		wg.Wait()
		if err := p.do(t.Context(), answering, func() error { return nil }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// Answers go before what nobody waits for, also when that came first; within each, the first to come goes first.
func TestAnswersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Second, nil)
		var order []string
		var wg sync.WaitGroup
		write := func(name string, u urgency) {
			wg.Go(func() { _ = p.do(t.Context(), u, func() error { order = append(order, name); return nil }) })
			synctest.Wait()
		}
		write("first", telling)
		for i := range 3 {
			write(fmt.Sprint("digest ", i), telling)
		}
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if err := p.do(ctx, answering, func() error { order = append(order, "cancelled"); return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		})
		for i := range 2 {
			write(fmt.Sprint("answer ", i), answering)
		}
		cancel()
		wg.Wait()
		if want := []string{"first", "answer 0", "answer 1", "digest 0", "digest 1", "digest 2"}; !slices.Equal(order, want) {
			t.Errorf("written in the order %q, want %q", order, want)
		}
	})
}

// Comments, edits and reactions of a client share the queue; the bot learns when a comment that does not fit may be written.
func TestPostsShareOneQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var written []time.Time
		c, err := New(Options{Token: testToken, Login: "shipmate[bot]", Repos: []string{"octo/widgets"}, MarkerKey: []byte(testKey)})
		if err != nil {
			t.Fatal(err)
		}
		c.wire("octo").next = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				if r.URL.Path == "/repos/octo/widgets" {
					return reply(r, 200, `{"id":77}`), nil
				}
				return reply(r, 200, `[]`), nil
			}
			mu.Lock()
			defer mu.Unlock()
			written = append(written, time.Now())
			return reply(r, 201, `{"id":900}`), nil
		})
		p := NewPoster(c)
		var busy *BusyError
		posted := 0
		for i := 0; busy == nil && i < 1000; i++ {
			to := place(i+1, "5")
			r := bot.Reply{Title: "Hello"}
			if i%2 == 1 {
				r = bot.Reply{Unknown: true} // becomes a reaction
			}
			_, err := p.Post(t.Context(), to, "", fmt.Sprint(i), r)
			var ok bool
			if busy, ok = errors.AsType[*BusyError](err); err != nil && !ok {
				t.Fatal(err)
			}
			posted++
		}
		if m := most(written, time.Minute); len(written) != 500 || posted != 501 || m > 60 {
			t.Errorf("%d writes, at most %d in a minute", len(written), m)
		}
		if o, after := busy.Outcome(); o != bot.NotShown || after < 30*time.Minute || after > time.Hour {
			t.Errorf("outcome %v after %v, want when the first of the hour's writes is an hour old", o, after)
		}
		time.Sleep(time.Until(busy.Until))
		if _, err := p.Post(t.Context(), place(9, "5"), "", "again", bot.Reply{Title: "Hello"}); err != nil {
			t.Errorf("when it may be written: %v", err)
		}
	})
}

// A comment that answers somebody goes before one that nobody asked for on GitHub, such as a digest.
func TestAnswersGoBeforeDigests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{Token: testToken, Login: "shipmate[bot]", Repos: []string{"octo/widgets"}, MarkerKey: []byte(testKey)})
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		c.wire("octo").next = roundTripper(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.Method == http.MethodPost:
				order = append(order, r.URL.Path) // one at a time
				return reply(r, 201, `{"id":900}`), nil
			case r.URL.Path == "/repos/octo/widgets":
				return reply(r, 200, `{"id":77}`), nil
			}
			return reply(r, 200, `[]`), nil
		})
		p := NewPoster(c)
		var wg sync.WaitGroup
		for i, asked := range []string{"", "", "", "5", "r6"} {
			wg.Go(func() {
				if _, err := p.Post(t.Context(), place(i+1, asked), "", fmt.Sprint(i), bot.Reply{Title: "Hello"}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		var want []string
		for _, pull := range []int{1, 4, 5, 2, 3} {
			want = append(want, fmt.Sprintf("/repos/octo/widgets/issues/%d/comments", pull))
		}
		if !slices.Equal(order, want) {
			t.Errorf("written in the order %q, want %q", order, want)
		}
	})
}
