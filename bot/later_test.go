package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A reminder is asked when its time has come, also when the bot was not running then; a later one takes its place.
func TestReminders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo), command("remind", func(_ context.Context, tt *Turn) (Reply, error) {
			after, text, _ := strings.Cut(tt.Args, " ")
			r := Reminder{Key: "only", Text: text}
			if d, err := time.ParseDuration(after); err == nil {
				r.At = time.Now().Add(d)
			}
			return Reply{Later: []Reminder{r}, Subject: "#7"}, nil
		}))
		begun := time.Now()
		b.run(t, f, request(Ask, "1", "remind 10m say early"), request(Ask, "1", "remind 20m say late"), request(Ask, "2", "remind 5m say never"),
			request(Ask, "2", "remind off"))
		if got := p.all(); len(got) != 0 {
			t.Fatalf("shown %q before its time", got)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(time.Until(begun.Add(20 * time.Minute)))
		if got := p.all(); len(got) != 0 {
			t.Fatalf("shown %q before its time", got)
		}
		time.Sleep(time.Minute + time.Second)
		if got := p.all(); !slices.Equal(got, []string{"C1/1 say|late|"}) {
			t.Errorf("shown %q", got)
		}
		stop()
		<-done
		for key := range b.Store.(*memStore).data {
			if isRow(key, laterPrefix) || isRow(key, alarmPrefix) {
				t.Errorf("%s is left", key)
			}
		}
	})
}

// at counts in which conversations the bot is seen to be working.
type at struct {
	*places
	working []string
}

func (a *at) Working(_ context.Context, to Place) { a.working = append(a.working, to.Conversation()) }

// Nobody waits for what a reminder asks, so nobody is shown that it is worked on.
func TestRemindersWorkUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &at{places: &places{}}
		left := 3
		b := testBot(t, f, p, command("again", func(context.Context, *Turn) (Reply, error) {
			if left--; left < 0 {
				return Reply{}, nil
			}
			return Reply{Later: []Reminder{{Key: "a", At: time.Now().Add(time.Minute), Text: "again"}}}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		f.requests <- request(Ask, "1", "again")
		time.Sleep(10 * time.Minute)
		stop()
		<-done
		if left >= 0 || len(p.working) != 1 {
			t.Errorf("%d left, seen at work %q, want once", left, p.working)
		}
	})
}

// A reminder outlives a surface that cannot tell for a while what whoever asked may do.
func TestRemindersOutliveUnknownPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		var asked atomic.Int64
		var away, lost atomic.Bool
		b := testBot(t, f, p, command("again", func(context.Context, *Turn) (Reply, error) {
			asked.Add(1)
			return Reply{Later: []Reminder{{Key: "a", At: time.Now().Add(time.Minute), Text: "again"}}}, nil
		}))
		b.Router.access[Slack] = func(context.Context, Request) (Role, error) {
			switch {
			case away.Load():
				return Nobody, errors.New("away")
			case lost.Load():
				return Nobody, nil
			}
			return Viewer, nil
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		f.requests <- request(Ask, "1", "again")
		time.Sleep(90 * time.Second)
		away.Store(true)
		time.Sleep(3 * time.Hour)
		if got := p.all(); asked.Load() != 2 || len(got) != 0 {
			t.Errorf("asked %d times, said %q", asked.Load(), got)
		}
		away.Store(false)
		time.Sleep(15 * time.Minute)
		if asked.Load() < 3 {
			t.Error("the reminder is gone")
		}
		lost.Store(true)
		time.Sleep(15 * time.Minute)
		if got := p.all(); len(got) != 1 || !strings.Contains(got[0], "I have stopped") {
			t.Errorf("said %q when whoever asked lost the role", got)
		}
		stop()
		<-done
	})
}

// A reminder outlives a turn that fails again and again: nobody waits for it, so nobody is told, and it is asked again later.
func TestRemindersOutliveFailingTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		var asked, broken atomic.Int64
		b := testBot(t, f, p, command("again", func(context.Context, *Turn) (Reply, error) {
			if broken.Load() > 0 {
				return Reply{}, errors.New("broken")
			}
			asked.Add(1)
			return Reply{Later: []Reminder{{Key: "a", At: time.Now().Add(time.Minute), Text: "again"}}}, nil
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		f.requests <- request(Ask, "1", "again")
		time.Sleep(90 * time.Second)
		broken.Store(1)
		time.Sleep(3 * time.Hour)
		broken.Store(0)
		before := asked.Load()
		time.Sleep(30 * time.Minute)
		if got := p.all(); len(got) != 0 || asked.Load() == before {
			t.Errorf("said %q, and was asked %d times after it was mended", got, asked.Load()-before)
		}
		stop()
		<-done
		if letters := deadLetters(t, b.Store); len(letters) != 0 {
			t.Errorf("dead letters %+v", letters)
		}
	})
}

// workshop is a Doer that does things once.
type workshop struct {
	did   []string
	fails error
	lost  bool // what fails is done all the same
}

func (w *workshop) Do(_ context.Context, e Effect) (json.RawMessage, error) {
	err := w.fails
	if err == nil || w.lost {
		w.did = append(w.did, e.Key)
	}
	if w.lost {
		w.fails = nil
	}
	return json.RawMessage(fmt.Sprintf(`{"made":%q}`, e.Key)), err
}

func (w *workshop) Find(_ context.Context, e Effect) (json.RawMessage, bool, error) {
	return json.RawMessage(`"found"`), slices.Contains(w.did, e.Key), nil
}

func TestEffects(t *testing.T) {
	for name, test := range map[string]struct {
		w     workshop
		did   int
		shown string
		dead  int
	}{
		"done":              {workshop{}, 1, `done: {"result":{"made":"K"}}`, 0},
		"done, answer lost": {workshop{fails: failed(Ambiguous), lost: true}, 1, `done: {"result":"found"}`, 0},
		"refused":           {workshop{fails: failed(Refused)}, 0, `done: {"err":"not shown"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, p, w := newFeed(), &places{}, test.w
				b := testBot(t, f, p, command("make", func(_ context.Context, tt *Turn) (Reply, error) {
					if tt.Kind == Done {
						return Reply{Title: "done: " + tt.Data}, nil
					}
					return Reply{Title: "making", Do: []Effect{{Kind: "thing", Key: "K", Then: "make"}}}, nil
				}))
				b.Doers = map[string]Doer{"thing": &w}
				b.Audited = true
				b.run(t, f, request(Ask, "1", "make"))
				if want := []string{"C1/1 making", "C1/1 " + test.shown}; !slices.Equal(p.all(), want) {
					t.Errorf("shown %q, want %q", p.all(), want)
				}
				if len(w.did) != test.did || len(deadLetters(t, b.Store)) != test.dead {
					t.Errorf("did %q, dead letters %+v", w.did, deadLetters(t, b.Store))
				}
			})
		})
	}
}

// An effect asked for on GitHub is done, though the place has a message of the bot.
func TestEffectBesideAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p, w := newFeed(), &places{}, &workshop{}
		b := testBot(t, f, p, command("make", func(context.Context, *Turn) (Reply, error) {
			return Reply{Title: "making", Do: []Effect{{Kind: "thing"}}}, nil
		}))
		b.Router.access[GitHub] = b.Router.access[Slack]
		b.Doers = map[string]Doer{"thing": w}
		var asked []Request
		for _, text := range []string{"make 1", "make 2"} {
			r := request(Ask, "7", text)
			r.From.Surface, r.ReplyTo.Surface = GitHub, GitHub
			asked = append(asked, r)
		}
		b.run(t, f, asked...)
		if len(w.did) != 2 {
			t.Errorf("did %q, want both", w.did)
		}
	})
}

// A request and its apology that were both given up are two letters; what is done with them is written down.
func TestLettersOfOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{fails: map[string]error{"C1": failed(Refused)}}
		b := testBot(t, f, p, command("work", func(context.Context, *Turn) (Reply, error) { return Reply{}, errors.New("broken") }))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		f.requests <- request(Ask, "1", "work")
		<-f.accepted
		time.Sleep(time.Hour)
		stop()
		<-done
		letters, err := DeadLetters(t.Context(), b.Store)
		if err != nil || len(letters) != 2 || letters[0].ID == letters[1].ID {
			t.Fatalf("letters %+v, %v: want the request and the apology", letters, err)
		}
		for i, deal := range []func(context.Context, Store, string) (DeadLetter, error){RetryDead, DropDead} {
			if _, err := deal(t.Context(), b.Store, letters[i].ID); err != nil {
				t.Error(err)
			}
		}
		records, err := b.Store.Scan(t.Context(), AuditPrefix, "", 10)
		if err != nil || len(records) != 2 {
			t.Errorf("%d records, %v, want one for each", len(records), err)
		}
	})
}

func TestDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		broken := true
		b := testBot(t, f, p, command("work", func(context.Context, *Turn) (Reply, error) {
			if broken {
				return Reply{}, errors.New("broken")
			}
			return Reply{Title: "worked"}, nil
		}))
		b.Audited = true
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		for _, thread := range []string{"1", "2"} {
			f.requests <- request(Ask, thread, "work")
			<-f.accepted
		}
		time.Sleep(time.Hour)
		letters, err := DeadLetters(t.Context(), b.Store)
		if err != nil || len(letters) != 2 || letters[0].Request == nil || letters[0].Err != "broken" {
			t.Fatalf("got %+v, %v", letters, err)
		}
		if _, err := b.RetryDead(t.Context(), "nothing"); !errors.Is(err, ErrNoLetter) {
			t.Errorf("got %v, want ErrNoLetter", err)
		}
		broken = false
		if _, err := b.RetryDead(t.Context(), letters[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := DropDead(t.Context(), b.Store, letters[1].ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := p.all(); !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, "worked") }) || len(got) != 2 {
			t.Errorf("shown %q: want the apology replaced by the answer, and the other left", got)
		}
		stats, err := b.Stats(t.Context())
		if err != nil || stats != (Stats{}) {
			t.Errorf("got %+v, %v", stats, err)
		}
		stop()
		<-done
	})
}

// What is decided and done is written down, without what anybody wrote.
func TestAuditRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo), Command{Name: "deploy", Summary: "deploys", Role: Admin, Handler: HandlerFunc(echo)})
		b.Audited = true
		b.run(t, f, request(Ask, "1", "say secret"), request(Ask, "2", "deploy secret"), request(Message, "3", "secret"))
		entries, err := b.Store.Scan(t.Context(), AuditPrefix, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			r, err := read[AuditRecord](e)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(e.Value), "secret") {
				t.Errorf("the text stands in %s", e.Value)
			}
			got = append(got, strings.Join([]string{r.Event, r.Outcome, r.Command, r.Reason, r.Thread, r.Actor}, " "))
		}
		want := []string{"decision allowed say viewer 1 U1", "reply shown   1 ", "decision refused deploy role 2 U1", "reply shown   2 "}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// fault 60: what somebody may no longer do when its time has come is refused then.
func TestRoleIsCheckedWhenItIsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := newFeed(), &places{}
		b := testBot(t, f, p, command("say", echo), command("remind", func(_ context.Context, tt *Turn) (Reply, error) {
			return Reply{Later: []Reminder{{Key: "k", At: time.Now().Add(10 * time.Minute), Text: "say hello"}}}, nil
		}))
		role := Viewer
		b.Router.access = map[Surface]Access{Slack: func(context.Context, Request) (Role, error) { return role, nil }}
		b.run(t, f, request(Ask, "1", "remind"))
		role = Nobody
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(time.Hour)
		stop()
		<-done
		if got := p.all(); len(got) != 1 || !strings.Contains(got[0], "I have stopped \"say hello\"") {
			t.Errorf("shown %q, want a refusal", got)
		}
	})
}
