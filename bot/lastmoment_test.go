package bot

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// slowLink is a Poster whose messages wait before they are sent, and are on their way for a while after that.
type slowLink struct {
	places
	sent  time.Time // zero: nothing was
	fails bool      // once it is sent; else it waits for the end of ctx
	posts int
}

func (p *slowLink) Post(ctx context.Context, to Place, ref, key string, r Reply) (string, error) {
	p.mu.Lock()
	p.posts++
	p.mu.Unlock()
	if ref != "" {
		return p.places.Post(ctx, to, ref, key, r)
	}
	time.Sleep(45 * time.Second) // for the channel's turn
	p.mu.Lock()
	p.sent = time.Now()
	p.mu.Unlock()
	if p.fails {
		return "", failed(Ambiguous)
	}
	<-ctx.Done()
	return "", failed(Ambiguous)
}

func (p *slowLink) Find(context.Context, Place, string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return "ts1", !p.sent.IsZero() && time.Since(p.sent) > 3*time.Second, nil
}

// What was sent off in the last moment of a run that died, an answer that was planned long before or an interim reply, is given time to arrive by
// the next one: found and edited, not said again.
func TestSentInTheLastMoment(t *testing.T) {
	for name, interim := range map[string]bool{"answer": false, "interim reply": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, p := newFeed(), &slowLink{}
				p.shown = []string{"on its way"}
				b := testBot(t, f, p, command("work", func(_ context.Context, tt *Turn) (Reply, error) {
					if interim {
						tt.Show(Reply{Title: "working"})
					}
					return Reply{Title: "done"}, nil
				}))
				b.Grace = time.Nanosecond
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- b.Run(ctx) }()
				f.requests <- request(Ask, "1", "work")
				<-f.accepted
				time.Sleep(45*time.Second + time.Millisecond)
				stop()
				<-done
				b.run(t, f)
				if got := p.all(); p.posts != 2 || !slices.Equal(got, []string{"C1/1 done"}) {
					t.Errorf("shown %q with %d calls, want the message found and edited", got, p.posts)
				}
			})
		})
	}
}

// An interim reply that is on its way when nobody knows whether it was sent is given the time to arrive, however long the bot has run.
func TestInterimOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &slowLink{fails: true}
		p.shown = []string{"on its way"}
		b := testBot(t, f, p, command("work", func(_ context.Context, tt *Turn) (Reply, error) {
			tt.Show(Reply{Title: "working"})
			return Reply{Title: "done"}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(time.Hour)
		f.requests <- request(Ask, "1", "work")
		<-f.accepted
		time.Sleep(2 * time.Minute)
		if got := p.all(); p.posts != 2 || !slices.Equal(got, []string{"C1/1 done"}) {
			t.Errorf("shown %q with %d calls, want the message found and edited", got, p.posts)
		}
		stop()
		<-done
	})
}
