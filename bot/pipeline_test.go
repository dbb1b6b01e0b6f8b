package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// deadLetters are those in the store, oldest first.
func deadLetters(t *testing.T, s Store) (letters []deadLetter) {
	t.Helper()
	found, err := s.Scan(t.Context(), deadPrefix, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		l, err := read[deadLetter](e)
		if err != nil {
			t.Fatal(err)
		}
		letters = append(letters, l)
	}
	return letters
}

// A request that fails is tried five times, with pauses that grow; then it is a dead letter, and one message tells of it.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		var tried []time.Time
		b := testBot(t, f, p, command("fail", func(context.Context, *Turn) (Reply, error) {
			tried = append(tried, time.Now())
			return Reply{}, errors.New("token=s3cret")
		}))
		b.run(t, f, request(Ask, "1", "fail"))
		time.Sleep(time.Hour)
		if len(tried) != attemptsAtMost {
			t.Fatalf("tried %d times, want %d", len(tried), attemptsAtMost)
		}
		for i := 2; i < len(tried); i++ {
			if before, now := tried[i-1].Sub(tried[i-2]), tried[i].Sub(tried[i-1]); now <= before {
				t.Errorf("pause %d is %v after one of %v", i, now, before)
			}
		}
		if got := p.all(); len(got) != 1 || !strings.Contains(got[0], "Something went wrong on my side, and nothing was changed") || strings.Contains(got[0], "s3cret") {
			t.Errorf("shown %q, want one apology", got)
		}
		letters := deadLetters(t, b.Store)
		if len(letters) != 1 || letters[0].Attempts != attemptsAtMost || letters[0].Request.Text != "fail" {
			t.Errorf("dead letters %+v", letters)
		}
		if err := forgetDays(t.Context(), b.Store, time.Now().AddDate(0, 0, deadDays+1)); err != nil {
			t.Fatal(err)
		}
		for key := range b.Store.(*memStore).data {
			t.Errorf("%s is left", key)
		}
	})
}

// A turn that ends the process is counted before it begins: in the end it is given up.
func TestPoisonIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		tried := 0
		b := testBot(t, f, p, command("kill", func(ctx context.Context, _ *Turn) (Reply, error) {
			tried++
			<-ctx.Done() // as if the process had ended here
			return Reply{}, ctx.Err()
		}))
		b.Grace = time.Second
		for i := range 10 {
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- b.Run(ctx) }()
			if i == 0 {
				f.requests <- request(Ask, "1", "kill")
				<-f.accepted
			}
			synctest.Wait()
			stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if tried != attemptsAtMost {
			t.Errorf("tried %d times, want %d", tried, attemptsAtMost)
		}
		if got := p.all(); len(got) != 1 || !strings.Contains(got[0], "Something went wrong") {
			t.Errorf("shown %q, want one apology", got)
		}
	})
}

// An answer that may or may not have been shown is looked for, and adopted or posted again: it is shown once.
func TestAnswerLost(t *testing.T) {
	for _, lost := range []bool{true, false} {
		t.Run(fmt.Sprintf("shown=%v", lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFeed()
				p := &places{fails: map[string]error{"C1": failed(Ambiguous)}, lost: lost}
				b := testBot(t, f, p, command("say", echo))
				b.Point = func(string) {
					if !lost && time.Now().Second() >= 20 { // the bubble's clock begins at midnight
						p.mu.Lock()
						delete(p.fails, "C1")
						p.mu.Unlock()
					}
				}
				b.run(t, f, request(Ask, "1", "say hello"))
				if got, want := p.all(), []string{"C1/1 say|hello|"}; !slices.Equal(got, want) {
					t.Errorf("shown %q, want %q", got, want)
				}
			})
		})
	}
}

// Where nobody can look whether an answer is shown, it is posted again after the second look's time, and not held back for a day.
func TestLookingIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		p := &blind{places{fails: map[string]error{"C1": failed(Ambiguous)}}}
		b := testBot(t, f, p, command("say", echo))
		b.Point = func(name string) {
			if name == "before find" {
				p.mu.Lock()
				delete(p.fails, "C1")
				p.mu.Unlock()
			}
		}
		b.run(t, f, request(Ask, "1", "say hello"))
		if got, want := p.all(), []string{"C1/1 say|hello|"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

// blind is a Poster that may not look.
type blind struct{ places }

func (*blind) Find(context.Context, Place, string) (string, bool, error) {
	return "", false, failed(Refused)
}

// What Slack or GitHub refuse for good is a dead letter and holds up nothing.
func TestRefusedReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		p := &places{fails: map[string]error{"C1": failed(Refused)}}
		b := testBot(t, f, p, command("say", echo))
		b.run(t, f, request(Ask, "1", "say hello"))
		letters := deadLetters(t, b.Store)
		if len(letters) != 1 || letters[0].Reply == nil || letters[0].Attempts != 1 {
			t.Errorf("dead letters %+v", letters)
		}
		delete(p.fails, "C1")
		b.run(t, f, request(Ask, "1", "say again"))
		if got, want := p.all(), []string{"C1/1 say|again|"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

// A source learns that the store does not take a request; it does not acknowledge, and the request comes again.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo))
		store := b.Store.(*memStore)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		store.mu.Lock()
		store.err = errors.New("disk full")
		store.mu.Unlock()
		f.requests <- request(Ask, "1", "say hello")
		if err := <-f.accepted; err == nil {
			t.Error("accepted although nothing was stored")
		}
		store.mu.Lock()
		store.err = nil
		store.mu.Unlock()
		f.requests <- request(Ask, "1", "say hello")
		if err := <-f.accepted; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got, want := p.all(), []string{"C1/1 say|hello|"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

// What people write to each other never reaches the store.
func TestUnwantedMessagesAreNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		follows := Command{Name: "say", Summary: "say", Role: Viewer, Handler: HandlerFunc(echo), Follows: func(r Request) bool { return r.Text == "more" }}
		b := testBot(t, f, p, follows)
		var stored []string
		b.Point = func(name string) {
			if name == "before accept" {
				stored = append(stored, name)
			}
		}
		b.run(t, f, request(Message, "1", "secret"), request(Message, "1", "more"), request(Ask, "1", "say hello"), request(Message, "1", "thanks"),
			request(Message, "2", "more"))
		if len(stored) != 1 {
			t.Errorf("%d requests were stored, want the question only", len(stored))
		}
		follow := request(Message, "1", "more")
		follow.ID = "later"
		b.run(t, f, follow)
		if len(stored) != 2 || len(p.all()) != 2 {
			t.Errorf("%d stored, shown %q; want the follow-up, too", len(stored), p.all())
		}
	})
}

// A text that would not fit into the store is cut, not refused: it would come again and again.
func TestHugeTextIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", func(_ context.Context, tt *Turn) (Reply, error) {
			return Reply{Title: fmt.Sprint(len(tt.Text) > 10_000)}, nil
		}))
		b.run(t, f, request(Ask, "1", "say "+strings.Repeat("\x00", 100_000)))
		if got, want := p.all(), []string{"C1/1 true"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
		if n := len(storable(strings.Repeat("\x00", 100_000))); n > longestText/6 {
			t.Errorf("%d bytes are stored", n)
		}
	})
}

// What the store does not take does not count as waiting: else a full disk would leave the bot busy for ever.
func TestRefusedByTheStoreIsNotWaiting(t *testing.T) {
	b := testBot(t, newFeed(), &places{}, command("say", echo))
	store := b.Store.(*memStore)
	store.err = errors.New("disk full")
	p := newPipeline(b, t.Context())
	if err := p.accept(t.Context(), request(Ask, "1", "say a")); err == nil {
		t.Error("accepted although nothing was stored")
	}
	if n := p.waiting.Load(); n != 0 {
		t.Errorf("%d requests wait, want none", n)
	}
	p.close()
}

// Requests that found another place, by an announcement or in a direct message, are counted like others, and gone when they are answered.
func TestWaitingIsCounted(t *testing.T) {
	for name, fails := range map[string]map[string]error{"announced": nil, "bot is not there": {"C1": failed(Refused)}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := testBot(t, newFeed(), &places{fails: fails}, command("say", echo))
				b.Looks = [2]time.Duration{firstLook, secondLook}
				p := newPipeline(b, t.Context())
				for _, r := range []Request{unseen("1", "say hello"), unseen("2", "frobnicate"), request(Ask, "3", "say a")} {
					if err := p.accept(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Minute)
				if n := p.waiting.Load(); n != 0 {
					t.Errorf("%d requests wait after all were answered", n)
				}
				p.close()
			})
		})
	}
}
