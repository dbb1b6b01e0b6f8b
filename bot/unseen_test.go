package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// places is a Poster that keeps where things are shown, and fails as told.
type places struct {
	mu    sync.Mutex
	fails map[string]error // by channel
	lost  bool             // what fails is shown all the same, and fails once
	shown []string         // "channel/thread text"
	keys  map[string]string
}

func (p *places) Post(_ context.Context, to Place, ref, key string, r Reply) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.fails[to.Channel]
	if err != nil && !p.lost {
		return "", err
	}
	text := to.Channel + "/" + to.Thread + " " + strings.TrimSpace(PlainText(r, true))
	if ref != "" {
		var n int
		fmt.Sscanf(ref, "ts%d", &n)
		p.shown[n-1] = text
	} else {
		p.shown = append(p.shown, text)
		ref = fmt.Sprint("ts", len(p.shown))
	}
	if p.keys == nil {
		p.keys = map[string]string{}
	}
	p.keys[to.Channel+key] = ref
	if err != nil {
		delete(p.fails, to.Channel) // once
		return "", err
	}
	return ref, nil
}

func (p *places) Find(_ context.Context, to Place, key string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ref, found := p.keys[to.Channel+key]
	return ref, found, nil
}

func (p *places) Working(context.Context, Place) {}

// unseen is a slash command of ada's in a channel.
func unseen(id, text string) Request {
	return Request{ID: id, Kind: Ask, From: Actor{Surface: Slack, ID: "U1", Name: "ada"}, ReplyTo: Place{Surface: Slack, Channel: "C1"}, Unseen: true, Text: text}
}

// failed is an error of a Poster.
type failed Outcome

func (f failed) Error() string                     { return "not shown" }
func (f failed) Outcome() (Outcome, time.Duration) { return Outcome(f), 0 }

// run lets a bot answer requests, one after the other where they wait for each other.
func (b *Bot) run(t *testing.T, f feed, requests ...Request) {
	t.Helper()
	b.runAt(t, f, time.Minute, requests...)
}

// runAt is run with another pause behind each request.
func (b *Bot) runAt(t *testing.T, f feed, pause time.Duration, requests ...Request) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	for _, r := range requests {
		f.requests <- r
		if err := <-f.accepted; err != nil {
			t.Error(err)
		}
		time.Sleep(pause) // of the bubble's clock
	}
	time.Sleep(time.Minute)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestUnseenQuestionIsAnnounced(t *testing.T) {
	refused := failed(Refused)
	const excuse = "U1/ You asked: say hello\nI could not write in the channel where you asked that, so I answer here. " +
		`If I am not in that channel, type "/invite @shipmate" there.`
	for name, test := range map[string]struct {
		text string
		role Role
		p    *places
		want []string
	}{
		"announced":             {"say hello", Viewer, &places{}, []string{"C1/ @ada asked: say hello", "C1/ts1 say|hello|"}},
		"stranger's text":       {"say\n\u202ehello\x00", Viewer, &places{}, []string{"C1/ @ada asked: say hello", "C1/ts1 say|hello|"}},
		"long":                  {"say " + strings.Repeat("x", 600), Viewer, &places{}, []string{"C1/ @ada asked: say " + strings.Repeat("x", 495) + "…", "C1/ts1 say|" + strings.Repeat("x", 600) + "|"}},
		"nothing asked":         {"", Viewer, &places{}, []string{"C1/ @ada asked for help", "C1/ts1 I am shipmate. This is what you can ask me"}},
		"may not":               {"say hello", Nobody, &places{}, []string{`U1/ You may not use "say" here`}},
		"not understood":        {"sya hello", Viewer, &places{}, []string{`U1/ I do not know "sya". Did you mean "say hello"?`}},
		"bot is not there":      {"say hello", Viewer, &places{fails: map[string]error{"C1": refused}}, []string{excuse, "U1/ say|hello|"}},
		"nowhere":               {"say hello", Viewer, &places{fails: map[string]error{"C1": refused, "U1": refused}}, nil},
		"shown, answer lost":    {"say hello", Viewer, &places{fails: map[string]error{"C1": errors.New("EOF")}, lost: true}, []string{"C1/ @ada asked: say hello", "C1/ts1 say|hello|"}},
		"a handler that panics": {"panic", Viewer, &places{}, []string{"C1/ @ada asked: panic", "C1/ts1 Something went wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, p := newFeed(), test.p
				b := testBot(t, f, p, command("say", echo), command("panic", func(context.Context, *Turn) (Reply, error) { panic("x") }))
				b.Router.access = everybody(test.role)
				b.run(t, f, unseen("1", test.text))
				if len(p.shown) != len(test.want) {
					t.Fatalf("shown %q, want %q", p.shown, test.want)
				}
				for i, want := range test.want {
					if !strings.HasPrefix(p.shown[i], want) {
						t.Errorf("shown %q, want %q", p.shown[i], want)
					}
				}
			})
		})
	}
}

// Two unseen questions in one channel do not wait for each other; what follows in the thread of one waits for its answer and knows it.
func TestUnseenQuestionsAndWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		first := make(chan struct{})
		b := testBot(t, f, p, Command{Name: "say", Summary: "say", Role: Viewer, Follows: func(r Request) bool { return r.Text == "more" },
			Handler: HandlerFunc(func(ctx context.Context, tt *Turn) (Reply, error) {
				if tt.Args == "about slow" {
					<-first
				}
				return echo(ctx, tt)
			})})
		follow := Request{ID: "3", Kind: Message, From: Actor{Surface: Slack, ID: "U1"}, ReplyTo: Place{Surface: Slack, Channel: "C1", Thread: "ts1"}, Text: "more"}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for _, r := range []Request{unseen("1", "say about slow"), unseen("2", "say about quick"), follow} {
			f.requests <- r
			synctest.Wait()
		}
		close(first)
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := []string{"C1/ @ada asked: say about slow", "C1/ @ada asked: say about quick", "C1/ts2 say|about quick|", "C1/ts1 say|about slow|", "C1/ts1 say|more|slow"}
		if got := p.all(); !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}

func (p *places) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.shown)
}

// A request that found its place while the bot was ending is answered by the next run.
func TestAnnouncedWhileEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo))
		ctx, stop := context.WithCancel(t.Context())
		b.Point = func(name string) {
			if name == "after post" {
				stop()
				time.Sleep(time.Second) // of the bubble's clock: the bot is ending by then
			}
		}
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		f.requests <- unseen("1", "say hello")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got, want := p.all(), []string{"C1/ @ada asked: say hello"}; !slices.Equal(got, want) {
			t.Errorf("shown %q, want %q", got, want)
		}
		b.Point = nil
		b.run(t, f)
		if got, want := p.all(), []string{"C1/ @ada asked: say hello", "C1/ts1 say|hello|"}; !slices.Equal(got, want) {
			t.Errorf("after the next run: shown %q, want %q", got, want)
		}
	})
}
