package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// board is a Poster that keeps what is shown.
type board struct {
	mu    sync.Mutex
	shown []string // "ref title", in the order of posting; edits in place
	seen  int
}

func (b *board) Post(_ context.Context, _ Place, ref, _ string, r Reply) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ref == "" {
		ref = fmt.Sprint(len(b.shown) + 1)
		b.shown = append(b.shown, "")
	}
	var i int
	fmt.Sscan(ref, &i)
	b.shown[i-1] = ref + " " + r.Title
	return ref, nil
}

func (b *board) Find(context.Context, Place, string) (string, bool, error) { return "", false, nil }

func (b *board) Working(context.Context, Place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen++
}

func (b *board) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.shown)
}

// titles are what is shown, sorted.
func (b *board) titles() (titles []string) {
	for _, s := range b.all() {
		_, title, _ := strings.Cut(s, " ")
		titles = append(titles, title)
	}
	slices.Sort(titles)
	return titles
}

// feed is a Source that delivers what is sent to it.
type feed struct {
	requests chan Request
	accepted chan error
}

func newFeed() feed { return feed{make(chan Request), make(chan error, 100)} }

func (f feed) Run(ctx context.Context, accept func(context.Context, Request) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-f.requests:
			f.accepted <- accept(ctx, r)
		}
	}
}

func testBot(t *testing.T, f feed, p Poster, commands ...Command) *Bot {
	t.Helper()
	r, err := NewRouter("shipmate", everybody(Viewer), slog.New(slog.DiscardHandler), commands...)
	if err != nil {
		t.Fatal(err)
	}
	return &Bot{Router: r, Sources: []Source{f}, Posters: map[Surface]Poster{Slack: p, GitHub: p}, Store: newMemStore(), Log: slog.New(slog.DiscardHandler)}
}

func command(name string, f HandlerFunc) Command {
	return Command{Name: name, Summary: name, Role: Viewer, Handler: f}
}

func TestBotAnswersOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		b := testBot(t, f, p, command("say", echo))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for range 3 {
			f.requests <- request(Ask, "1", "say hello")
		}
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got, want := p.all(), []string{"1 say|hello|"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

func TestConversationsInOrderAndSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		var mu sync.Mutex
		running, most := map[string]int{}, 0
		b := testBot(t, f, p, command("work", func(ctx context.Context, tt *Turn) (Reply, error) {
			mu.Lock()
			running[tt.ReplyTo.Thread]++
			if running[tt.ReplyTo.Thread] > 1 {
				t.Error("two turns of one conversation at once")
			}
			total := 0
			for _, n := range running {
				total += n
			}
			most = max(most, total)
			mu.Unlock()
			time.Sleep(time.Second) // of the bubble's clock
			mu.Lock()
			running[tt.ReplyTo.Thread]--
			mu.Unlock()
			return Reply{Title: tt.ReplyTo.Thread + "." + tt.Args}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for i := range 3 {
			for thread := range 4 {
				f.requests <- request(Ask, fmt.Sprint(thread), fmt.Sprintf("work %d", i))
			}
		}
		time.Sleep(time.Minute)
		stop()
		<-done
		if most != 4 {
			t.Errorf("%d turns at once, want 4: one for each conversation", most)
		}
		for thread := range 4 {
			var order []string
			for _, s := range p.all() {
				if _, title, _ := strings.Cut(s, " "); strings.HasPrefix(title, fmt.Sprint(thread, ".")) {
					order = append(order, title)
				}
			}
			if !slices.IsSorted(order) || len(order) != 3 {
				t.Errorf("thread %d answered %q", thread, order)
			}
		}
	})
}

func TestEndingFinishesTurns(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		want  string
	}{
		"in time":  {5 * time.Second, "1 done"},
		"too long": {time.Hour, ""}, // it stays in the store for the next run
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, p := newFeed(), &board{}
				b := testBot(t, f, p, command("work", func(ctx context.Context, _ *Turn) (Reply, error) {
					select {
					case <-time.After(test.takes):
						return Reply{Title: "done"}, nil
					case <-ctx.Done():
						return Reply{}, ctx.Err()
					}
				}))
				b.TurnTime = 2 * time.Hour
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- b.Run(ctx) }()
				f.requests <- request(Ask, "1", "work")
				synctest.Wait()
				start := time.Now()
				stop()
				<-done
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("ended after %v", took)
				}
				if got := strings.Join(p.all(), ""); got != test.want {
					t.Errorf("shown %q, want %q", got, test.want)
				}
				test.takes = 0
				b.run(t, f)
				if got := p.all(); !slices.Equal(got, []string{"1 done"}) {
					t.Errorf("after the next run: shown %q", got)
				}
			})
		})
	}
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	f, p := newFeed(), &board{}
	b := testBot(t, f, p,
		command("panic", func(context.Context, *Turn) (Reply, error) { panic("token=s3cret") }),
		command("fail", func(context.Context, *Turn) (Reply, error) { return Reply{}, errors.New("token=s3cret") }),
		command("slow", func(ctx context.Context, _ *Turn) (Reply, error) { return Reply{}, context.DeadlineExceeded }),
		command("mistake", func(context.Context, *Turn) (Reply, error) {
			return Reply{}, fmt.Errorf("reading: %w", &UserError{Text: "No such thing."})
		}),
		command("ok", echo),
	)
	for text, want := range map[string]string{
		"panic": "Something went wrong", "fail": "Something went wrong", "slow": "That took too long", "mistake": "No such thing.", "ok": "ok||",
	} {
		got, err := b.Turn(t.Context(), request(Ask, "1", text), nil)
		if (err == nil) != (text == "ok") || !strings.HasPrefix(got.Title, want) || strings.Contains(got.Title, "s3cret") {
			t.Errorf("%s: got %q, want %q", text, got.Title, want)
		}
	}
	b.Store.(*memStore).err = errors.New("disk full")
	if got, _ := b.Turn(t.Context(), request(Ask, "1", "ok"), nil); !strings.HasPrefix(got.Title, "Something went wrong") {
		t.Errorf("with a full disk: got %q: a reply must not be shown when its memory was not kept", got.Title)
	}
}

// What goes wrong with a follow-up question is told like with any other; a listener, whom nobody asked, keeps it to itself.
func TestWhoIsToldWhatGoesWrong(t *testing.T) {
	fails := func(_ context.Context, tt *Turn) (Reply, error) {
		if tt.Kind == Ask {
			return Reply{Title: "first answer"}, nil
		}
		return Reply{}, &UserError{Text: "No such file."}
	}
	f := newFeed()
	b := testBot(t, f, &board{},
		Command{Name: "files", Summary: "files", Role: Viewer, Handler: HandlerFunc(fails), Follows: func(r Request) bool { return r.Text == "files nowhere.go" }},
		Command{Name: "alerts", Summary: "alerts", Role: Viewer, Handler: HandlerFunc(fails), Hears: func(r Request) bool { return r.Text == "ALERT" }})
	for _, test := range []struct {
		req  Request
		want string
	}{
		{request(Ask, "1", "files"), "first answer"},
		{request(Message, "1", "files nowhere.go"), "No such file."},
		{request(Message, "1", "ALERT"), ""},
		{request(Message, "2", "files nowhere.go"), ""},
	} {
		if got, _ := b.Turn(t.Context(), test.req, nil); got.Title != test.want {
			t.Errorf("%s %q in thread %s: got %q, want %q", test.req.Kind, test.req.Text, test.req.ReplyTo.Thread, got.Title, test.want)
		}
	}
}

func TestInterimIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		b := testBot(t, f, p, command("work", func(_ context.Context, tt *Turn) (Reply, error) {
			tt.Show(Reply{Title: "reading"})
			if got := p.all(); !slices.Equal(got, []string{"1 reading"}) {
				t.Errorf("interim: shown %q", got)
			}
			return Reply{Title: "done"}, nil
		}))
		b.run(t, f, request(Ask, "1", "work"))
		if got, want := p.all(), []string{"1 done"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
		if p.seen != 1 {
			t.Errorf("marked as seen %d times, want once", p.seen)
		}
	})
}

func TestCards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &board{}
		n := 0
		b := testBot(t, f, p, command("card", func(context.Context, *Turn) (Reply, error) {
			n++
			return Reply{Title: fmt.Sprint("card ", n), Card: "c", Also: []Post{{To: Place{Surface: Slack, Channel: "C2"}, Reply: Reply{Title: "also", Card: "a"}}}}, nil
		}), command("say", echo))
		again := request(Ask, "1", "card")
		again.ID = "again"
		b.run(t, f, request(Ask, "1", "card"), again, request(Ask, "2", "card"))
		if got, want := p.titles(), []string{"also", "card 2", "card 3"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
		// A pull request's page has one message of the bot, whatever it was asked.
		page := Request{ID: "1", Kind: Ask, From: Actor{Surface: Slack}, ReplyTo: Place{Surface: GitHub, Channel: "o/r", Thread: "7"}, Text: "say a"}
		b.run(t, f, page)
		page.ID, page.Text = "2", "say b"
		b.run(t, f, page)
		if got, want := p.titles(), []string{"also", "card 2", "card 3", "say|b|"}; !slices.Equal(got, want) {
			t.Errorf("on the page: shown %q, want %q", got, want)
		}
	})
}

func TestInboxIsBounded(t *testing.T) {
	b := testBot(t, newFeed(), &board{}, command("say", echo))
	p := newPipeline(b, t.Context())
	p.waiting.Store(waitingAtMost)
	if err := p.accept(t.Context(), request(Ask, "1", "say a")); !errors.Is(err, ErrBusy) {
		t.Errorf("with a full inbox: %v, want ErrBusy", err)
	}
	p.close()
	if err := p.accept(t.Context(), request(Ask, "1", "late")); !errors.Is(err, errClosing) {
		t.Errorf("after the end: got %v", err)
	}
}

func TestSourceFailureEndsTheBot(t *testing.T) {
	b := testBot(t, newFeed(), &board{})
	b.Sources = append(b.Sources, failing{})
	if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "token revoked") {
		t.Errorf("got %v, want the source's error", err)
	}
}

type failing struct{}

func (failing) Run(context.Context, func(context.Context, Request) error) error {
	return errors.New("token revoked")
}
