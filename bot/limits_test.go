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

// One person gets so many answers within a minute and is told once; others, the clock and what was delivered twice do not count.
func TestPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo))
		b.PerMinute = 2
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		ask := func(who, text string) {
			r := request(Ask, text, "say "+text)
			r.From.ID = who
			f.requests <- r
			if err := <-f.accepted; err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		for _, text := range []string{"1", "1", "2", "3", "4", "5"} {
			ask("U1", text)
		}
		ask("U2", "6")
		time.Sleep(time.Minute)
		ask("U1", "7")
		ask("U1", "4") // what was not carried out then is not carried out now
		stop()
		<-done
		var got []string
		for _, s := range p.all() {
			got = append(got, cut(s, 25))
		}
		want := []string{"C1/1 say|1|", "C1/2 say|2|", "C1/3 You have asked me 2…", "C1/6 say|6|", "C1/7 say|7|"}
		if !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

// A person's slash command over the limit is not announced in the channel.
func TestPerMinuteUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo))
		b.PerMinute = 1
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 2 {
			f.requests <- unseen(fmt.Sprint("s", i), "say a")
			<-f.accepted
			synctest.Wait()
		}
		stop()
		<-done
		if got := p.all(); len(got) != 3 || !strings.HasPrefix(got[2], "U1/ You have asked") {
			t.Errorf("shown %q", got)
		}
	})
}

// The fuller the bot is, the less it takes on: chatter goes first, then what a person can repeat, then questions; never edits.
func TestShedding(t *testing.T) {
	kinds := map[string]Request{"message": request(Message, "1", "x"), "ask": request(Ask, "1", "say x"), "click": request(Click, "1", "say x"),
		"tick": request(Tick, "1", "say x"), "slash": unseen("1", "say x"), "deletion": deletion(request(Ask, "9", "x"))}
	for _, test := range []struct {
		used    float64
		refused []string
	}{
		{0.79, nil}, {0.8, []string{"message"}}, {0.9, []string{"click", "message", "slash", "tick"}},
		{1, []string{"ask", "click", "message", "slash", "tick"}},
	} {
		b := testBot(t, newFeed(), &places{}, command("say", echo))
		b.Used = func() float64 { return test.used }
		p := newPipeline(b, t.Context())
		var refused []string
		for name, r := range kinds {
			if err := p.accept(t.Context(), r); errors.Is(err, ErrBusy) {
				refused = append(refused, name)
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.close()
		if slices.Sort(refused); !slices.Equal(refused, test.refused) {
			t.Errorf("%.2f full: refused %q, want %q", test.used, refused, test.refused)
		}
	}
}

// What the clock asks never takes all the turns from people.
func TestPeopleGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo), command("work", func(context.Context, *Turn) (Reply, error) {
			time.Sleep(time.Hour)
			return Reply{}, nil
		}))
		b.TurnTime = 2 * time.Hour
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 2 * turnsAtOnce {
			f.requests <- request(Tick, fmt.Sprint("t", i), "work")
			<-f.accepted
		}
		time.Sleep(time.Second)
		f.requests <- request(Ask, "1", "say a")
		<-f.accepted
		time.Sleep(time.Second)
		if got := p.all(); !slices.Equal(got, []string{"C1/1 say|a|"}) {
			t.Errorf("shown %q after a second", got)
		}
		stop()
		<-done
	})
}

// While many requests are being accepted a handler lets them go first, but not for long.
func TestAcceptingGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		ran := make(chan time.Time, 1)
		b := testBot(t, f, p, command("say", func(context.Context, *Turn) (Reply, error) { ran <- time.Now(); return Reply{Title: "x"}, nil }))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		synctest.Wait()
		for text, wait := range map[string]time.Duration{"say 1": rushWait, "say 2": 0} {
			b.pipeline.Load().accepting.Store(map[bool]int64{true: rush + 1}[wait > 0])
			asked := time.Now()
			f.requests <- request(Ask, text, text)
			<-f.accepted
			if got := (<-ran).Sub(asked); got != wait {
				t.Errorf("%s ran after %v, want %v", text, got, wait)
			}
		}
		stop()
		<-done
	})
}
