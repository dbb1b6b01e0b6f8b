package github

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSourceEndsWithContext(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	c.serve(f)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- NewSource(f.client(t, nil), &memoryCursors{}).Run(ctx, e.accept) }()
	eventually(t, "asked for comments", func() bool { return count(f.log(), "/issues/comments") > 0 })
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v, want nil at the end", err)
	}
}

// A revoked token ends the source, other failures do not; they are logged once.
func TestSourceWithoutToken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("GET /repos/octo/widgets", 401, nil, `{"message":"Bad credentials"}`)
	err := NewSource(f.client(t, nil), &memoryCursors{}).Run(t.Context(), (&ear{}).accept)
	if n := len(f.log()); status(err) != 401 || n < tokenTries || n > 2*tokenTries {
		t.Errorf("Run: %v, want that the token is not accepted after %d tries", err, tokenTries)
	}
}

func TestSourceSurvivesFailures(t *testing.T) {
	t.Parallel()
	f, c, e := newFake(t), &thread{}, &ear{}
	f.status("GET /repos/octo/widgets/issues/comments", 502, nil, "")
	cursors := &memoryCursors{saved: map[string]Cursor{"octo/widgets": {Since: start}}}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = NewSource(f.client(t, nil), cursors).Run(ctx, e.accept) })
	eventually(t, "failed twice", func() bool { return count(f.snapshotLog(), "/issues/comments") >= 2 })
	c.add(1, 1, "/shipmate risk", nil)
	c.serve(f)
	eventually(t, "heard the command", func() bool { return slices.Equal(e.texts(), []string{"risk"}) })
}

func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Second, nil)
		begin := time.Now()
		var at []time.Duration
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_ = p.do(t.Context(), answering, func() error {
					mu.Lock()
					defer mu.Unlock()
					at = append(at, time.Since(begin))
					time.Sleep(200 * time.Millisecond)
					return nil
				})
			})
		}
		wg.Wait()
		if want := []time.Duration{0, 1200 * time.Millisecond, 2400 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("writes began at %v, want %v", at, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.do(ctx, answering, func() error { t.Error("written after the end"); return nil }); err == nil {
			t.Error("no error for a write that was not done")
		}
		if err := p.do(t.Context(), answering, func() error { return nil }); err != nil {
			t.Errorf("the turn was lost: %v", err)
		}
	})
}

// A slow answer to who the bot is holds up nobody who does not ask for it.
func TestSlowLoginHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	asked, release := make(chan struct{}), make(chan struct{})
	f.handle("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		answerWith(w, 200, `{"login":"ada"}`)
	})
	c := f.client(t, func(o *Options) { o.Login = "" })
	login := make(chan string, 1)
	go func() {
		name, _ := c.Login(context.Background())
		login <- name
	}()
	<-asked
	read := make(chan error, 1)
	go func() {
		_, err := c.repository(context.Background(), "octo", "widgets")
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Error("the repository waits for the login")
	}
	close(release)
	if got := <-login; got != "ada" {
		t.Errorf("login %q, want ada", got)
	}
}
