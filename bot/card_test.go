package bot

import (
	"context"
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
