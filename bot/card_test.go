package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// slowPoster takes a second for each message and counts them.
type slowPoster struct {
	places
	posts int
}

func (p *slowPoster) Post(ctx context.Context, to Place, ref, key string, r Reply) (string, error) {
	p.mu.Lock()
	p.posts++
	p.mu.Unlock()
	time.Sleep(time.Second)
	return p.places.Post(ctx, to, ref, key, r)
}

// Of the edits of a card that wait, only the last is made.
func TestEditsOfACardAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &slowPoster{}
		b := testBot(t, f, p, command("card", func(_ context.Context, tt *Turn) (Reply, error) {
			return Reply{Also: []Post{{To: Place{Surface: Slack, Channel: "C9"}, Reply: Reply{Title: tt.Args, Card: "live"}}}}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 10 {
			f.requests <- request(Ask, fmt.Sprint(i), fmt.Sprintf("card %d", i))
			<-f.accepted
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		stop()
		<-done
		if got := p.all(); !slices.Equal(got, []string{"C9/ 9"}) || p.posts > 3 {
			t.Errorf("shown %q by %d posts, want the last by at most 3", got, p.posts)
		}
	})
}

// paced is a Poster that lets a message an hour into the channel C1.
type paced struct{ places }

func (p *paced) Pace(ctx context.Context, to Place) error {
	if to.Channel != "C1" {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Hour):
	}
	return ctx.Err()
}

// Each message waits once, whether it is noted as begun when it is planned or when its turn comes.
func TestMessagesWaitOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &counting{}
		b := testBot(t, f, p, command("say", echo))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 2 * begunAtOnce {
			f.requests <- request(Ask, fmt.Sprint(i), "say hello")
			<-f.accepted
		}
		time.Sleep(time.Hour)
		stop()
		<-done
		if len(p.all()) != 2*begunAtOnce || p.waits != 2*begunAtOnce {
			t.Errorf("%d messages waited %d times", len(p.all()), p.waits)
		}
	})
}

// counting is a Poster that counts how often it is waited for, a second each time.
type counting struct {
	places
	waits int
}

func (p *counting) Pace(context.Context, Place) error {
	p.mu.Lock()
	p.waits++
	p.mu.Unlock()
	time.Sleep(time.Second)
	return nil
}

// A channel in which messages have to wait holds up no other, and what waits there is not noted as begun.
func TestBusyChannelHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &paced{}
		b := testBot(t, f, p, command("say", echo))
		b.Grace = time.Second
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 4 * postsAtOnce {
			f.requests <- request(Ask, fmt.Sprint(i), "say hello")
			<-f.accepted
		}
		other := request(Ask, "1", "say here")
		other.ReplyTo.Channel = "C2"
		f.requests <- other
		<-f.accepted
		time.Sleep(time.Second)
		if got := p.all(); !slices.Equal(got, []string{"C2/1 say|here|"}) {
			t.Errorf("shown %q", got)
		}
		begun := 0
		rows, err := b.Store.Scan(ctx, outPrefix, "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rows {
			if row, err := read[outRow](e); err != nil || !row.Since.IsZero() {
				begun++
			}
		}
		if len(rows) != 4*postsAtOnce || begun > begunAtOnce+turnsAtOnce {
			t.Errorf("%d of %d rows are noted as begun, want at most about %d", begun, len(rows), begunAtOnce)
		}
		stop()
		<-done
	})
}

// What is to be asked under a post is asked once, in its thread: also when nobody knows at first whether the post is shown, and not when it is edited.
func TestAskedUnderAPost(t *testing.T) {
	for name, p := range map[string]*places{
		"shown":              {},
		"shown, answer lost": {fails: map[string]error{"C2": errors.New("EOF")}, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFeed()
				b := testBot(t, f, p, command("post", func(_ context.Context, tt *Turn) (Reply, error) {
					return Reply{Also: []Post{{
						To: Place{Surface: Slack, Channel: "C2"}, Reply: Reply{Title: tt.Args, Card: "one", Subject: "thing"}, Then: "under " + tt.Args,
					}}}, nil
				}), command("under", func(_ context.Context, tt *Turn) (Reply, error) {
					return Reply{Title: fmt.Sprint(tt.Kind, " ", tt.Subject, " ", tt.Args, " by ", tt.From.ID)}, nil
				}))
				b.run(t, f, request(Ask, "1", "post first"), request(Ask, "2", "post second"))
				if want := []string{"C2/ second", "C2/ts1 tick thing first by U1"}; !slices.Equal(p.shown, want) {
					t.Errorf("shown %q, want %q", p.shown, want)
				}
			})
		})
	}
}

// Where the post may not be shown, nothing is asked, and nobody is told.
func TestAskedUnderNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{fails: map[string]error{"C2": failed(Refused)}}
		b := testBot(t, f, p, command("post", func(context.Context, *Turn) (Reply, error) {
			return Reply{Also: []Post{{To: Place{Surface: Slack, Channel: "C2"}, Reply: Reply{Title: "x"}, Then: "post"}}}, nil
		}))
		b.run(t, f, request(Ask, "1", "post"))
		if len(p.shown) > 0 {
			t.Errorf("shown %q", p.shown)
		}
	})
}
