package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// edit is what comes when somebody changes the message of r.
func edit(r Request, text string) Request {
	r.Of, r.ID, r.Kind, r.Text = r.ID, r.ID+"/edit/"+text, Edited, text
	return r
}

func deletion(r Request) Request {
	r.Of, r.ID, r.Kind, r.Text = r.ID, r.ID+"/deleted", Deleted, ""
	return r
}

// scene runs a bot whose command "slow" takes twenty seconds and shows an interim reply, while play feeds it; it returns what is shown in the end.
func scene(t *testing.T, play func(accept func(...Request))) []string {
	var shown []string
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo), command("slow", func(_ context.Context, tt *Turn) (Reply, error) {
			tt.Show(Reply{Title: "working on " + tt.Args})
			time.Sleep(20 * time.Second)
			return Reply{Title: "slow " + tt.Args}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		play(func(requests ...Request) {
			for _, r := range requests {
				f.requests <- r
				if err := <-f.accepted; err != nil {
					t.Error(err)
				}
			}
			time.Sleep(5 * time.Second)
		})
		time.Sleep(time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := b.pipeline.Load().waiting.Load(); n != 0 {
			t.Errorf("%d requests are counted as waiting in the end", n)
		}
		shown = p.all()
	})
	return shown
}

func TestEditsAndDeletions(t *testing.T) {
	first, second := request(Ask, "1", "slow a"), request(Ask, "1", "say b")
	mention := second
	mention.ID, mention.Of, mention.Text = second.ID+"/mention", second.ID, "say c"
	chatter := second
	chatter.Kind = Message
	for name, test := range map[string]struct {
		play func(accept func(...Request))
		want []string
	}{
		"fault 27 edited before": {
			func(accept func(...Request)) { accept(first, second); accept(edit(second, "say c")) },
			[]string{"C1/1 slow a", "C1/1 say|c|"},
		},
		"fault 27 edited while it is worked on": {
			func(accept func(...Request)) { accept(first); accept(edit(first, "slow b")) },
			[]string{"C1/1 slow b"},
		},
		"fault 27 edited after": {
			func(accept func(...Request)) { accept(second); accept(edit(second, "say c")) },
			[]string{"C1/1 say|b|"},
		},
		"fault 27 the edit adds the mention": {
			func(accept func(...Request)) { accept(chatter); accept(mention, mention); accept(second) },
			[]string{"C1/1 say|c|"},
		},
		"fault 27 the edit adds the mention before": {
			func(accept func(...Request)) { accept(first, chatter); accept(mention, mention, second) },
			[]string{"C1/1 slow a", "C1/1 say|c|"},
		},
		"fault 27 edited again after the edit that adds the mention": {
			func(accept func(...Request)) {
				accept(first, chatter)
				accept(mention)
				accept(edit(second, "say d"))
			},
			[]string{"C1/1 slow a", "C1/1 say|d|"},
		},
		"fault 28 deleted after the edit that adds the mention": {
			func(accept func(...Request)) {
				accept(first, chatter)
				accept(mention)
				accept(deletion(second))
			},
			[]string{"C1/1 slow a"},
		},
		"fault 28 deleted before": {
			func(accept func(...Request)) { accept(first, second); accept(deletion(second)) },
			[]string{"C1/1 slow a"},
		},
		"fault 28 deleted while it is worked on": {
			func(accept func(...Request)) { accept(first); accept(deletion(first)) },
			[]string{"C1/1 The question was deleted, so I stopped."},
		},
		"fault 28 deleted after": {
			func(accept func(...Request)) { accept(second); accept(deletion(second)) },
			[]string{"C1/1 say|b|"},
		},
		"fault 28 the deletion comes first": {
			func(accept func(...Request)) { accept(deletion(second)); accept(second) },
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scene(t, test.play); !slices.Equal(got, test.want) {
				t.Errorf("shown %q, want %q", got, test.want)
			}
		})
	}
}

// fault 12: the same happening under another name is not taken again.
func TestAlias(t *testing.T) {
	once, twin := request(Ask, "1", "say a"), request(Ask, "1", "say b")
	once.Alias, twin.Alias = "cmid/1", "cmid/1"
	if got := scene(t, func(accept func(...Request)) { accept(once, twin) }); !slices.Equal(got, []string{"C1/1 say|a|"}) {
		t.Errorf("shown %q", got)
	}
}

// What a scan finds is taken when it is new; what is not is told apart.
func TestFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		delivered := request(Ask, "1", "say a")
		found, chatter := delivered, request(Message, "2", "lunch?")
		found.Found, chatter.Found = true, true
		fresh := request(Ask, "3", "say c")
		fresh.Found = true
		for _, step := range []struct {
			r    Request
			want error
		}{{delivered, nil}, {delivered, nil}, {found, ErrKnown}, {chatter, ErrKnown}, {fresh, nil}, {fresh, ErrKnown}} {
			f.requests <- step.r
			if err := <-f.accepted; err != step.want {
				t.Errorf("%s: got %v, want %v", step.r.Text, err, step.want)
			}
		}
		synctest.Wait()
		stop()
		<-done
		if got, want := strings.Join(slices.Sorted(slices.Values(p.all())), ";"), "C1/1 say|a|;C1/3 say|c|"; got != want {
			t.Errorf("shown %q, want %q", got, want)
		}
	})
}
